"""Tell of a run of fetching: one line a host with its rate and its waiting time, beside what the mill tells.

Shows what is counted in `flows.fetching.report`; decides nothing.
"""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from flows.fetching.report import FetchReport, HostCounts
from flows.milling import Reporter
from flows.progress import Counting, JsonReporter, LineReporter, problem_line
from flows.sources.options import SourceProblem
from warehouse.fetches import FetchOutcome

_HOSTS_SHOWN = 12
_SECONDS_BETWEEN_LINES = 10.0


class FetchReporter(Reporter, Protocol):
    """Who is told of a run of fetching, beside its milling."""

    def fetching(self, report: FetchReport) -> None:
        """Tell how far the fetching is; called every second, and at the end."""


def host_line(host: str, counts: HostCounts, now: float) -> str:
    """Return `quay.example  120 done, 2 failed, 0.9/s, 40 waiting, next in 0.8 s`."""
    failed = counts.outcomes[FetchOutcome.FAILED] + counts.outcomes[FetchOutcome.DROPPED]
    seconds = max(now - counts.started_at, 1e-3) if counts.started_at else 0.0
    parts = [f"{counts.done_count:,} done"]
    if failed:
        parts.append(f"{failed:,} failed")
    if seconds > 1:
        parts.append(f"{counts.done_count / seconds:.1f}/s")
    if counts.waiting_count:
        parts.append(f"{counts.waiting_count:,} waiting")
    if counts.waiting_count and counts.pause_seconds:
        parts.append(f"next in {counts.pause_seconds:.1f} s")
    return f"{host}  {', '.join(parts)}"


def busiest(report: FetchReport) -> list[tuple[str, HostCounts]]:
    """Return the hosts that there is still something to do at, the longest queue first."""
    hosts = [(host, counts) for host, counts in report.hosts.items() if counts.waiting_count]
    return sorted(hosts, key=lambda item: (-item[1].waiting_count, item[0]))


def sum_line(report: FetchReport) -> str:
    """Return `240 stored, 12 unchanged, 3 failed, 40 waiting at 5 hosts`."""
    waiting = [counts.waiting_count for counts in report.hosts.values() if counts.waiting_count]
    names = {
        FetchOutcome.STORED: "stored",
        FetchOutcome.NOT_MODIFIED: "unchanged",
        FetchOutcome.FAILED: "failed",
        FetchOutcome.SKIPPED: "skipped",
        FetchOutcome.DROPPED: "given up",
    }
    parts = [f"{report.count(outcome):,} {name}" for outcome, name in names.items() if report.count(outcome)]
    if waiting:
        parts.append(f"{sum(waiting):,} waiting at {len(waiting):,} hosts")
    if report.later_count:
        parts.append(f"{report.later_count:,} to be tried again")
    return ", ".join(parts) or "reading the sources"


class FetchCounting(Counting):
    """Counts, and shows nothing."""

    def fetching(self, report: FetchReport) -> None:
        """Pass over how far the fetching is."""


class FetchTerminal(Counting):
    """A block of lines on standard error that is drawn anew every second."""

    def __init__(self) -> None:
        super().__init__()
        self._live = Live(console=Console(stderr=True), transient=True, auto_refresh=False)
        self._live.start()

    def fetching(self, report: FetchReport) -> None:
        """Draw the hosts that there is most to do at, and the sums."""
        now = time.monotonic()
        shown = busiest(report)[:_HOSTS_SHOWN]
        lines = [host_line(host, counts, now) for host, counts in shown]
        lines.append(f"Fetched: {sum_line(report)}")
        if self.done_count:
            lines.append(f"Milled:  {self.state_line()}")
        with self.lock:
            self._live.update(Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines)), refresh=True)

    def problem(self, problem: SourceProblem) -> None:
        """Print a problem above the block."""
        self._live.console.print(problem_line(problem), style="yellow", markup=False, highlight=False)

    def close(self) -> None:
        """Take the block away."""
        self._live.stop()


class FetchLines(LineReporter):
    """Plain lines on standard error every ten seconds, for logs: one for each host that did something since."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at = time.monotonic()
        self._told: dict[str, int] = {}

    def fetching(self, report: FetchReport) -> None:
        """Print what the hosts did when the last lines are some time ago."""
        now = time.monotonic()
        if now - self._told_at < _SECONDS_BETWEEN_LINES:
            return
        self._told_at = now
        for host, counts in sorted(report.hosts.items()):
            if counts.done_count != self._told.get(host, 0):
                self._told[host] = counts.done_count
                self._print(host_line(host, counts, now))
        self._print(f"Fetched: {sum_line(report)}")


class FetchJson(JsonReporter):
    """One JSON object a line on standard output."""

    def fetching(self, report: FetchReport) -> None:
        """Pass over how far the fetching is: the summary says it in the end."""


_current: FetchReporter = FetchCounting()


def current_fetch_reporter() -> FetchReporter:
    """Return the reporter of this process: what the command has set up, else one that only counts."""
    return _current


def set_fetch_reporter(reporter: FetchReporter) -> None:
    """Make a reporter the one that flows of this process report to."""
    global _current  # noqa: PLW0603 - one process, one reporter
    _current = reporter
