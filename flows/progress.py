"""Tell of a run's progress: a bar for a terminal, plain lines for a log, JSON lines for a machine.

Counts and prints; decides nothing. All methods may be called from several threads.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from extractors.records import Article, Outcome
from flows.milling import BatchReport, LandedBatch, Reporter
from flows.sources.options import SourceProblem

_SECONDS_BETWEEN_LINES = 5.0
# A rate over less than this is noise, and a time left from it a lie: the workers are just starting.
_SECONDS_BEFORE_FORECAST = 3.0
_PAGES_BEFORE_FORECAST = 20


class Counting:
    """What every reporter counts: pages read, articles, rejections, and the time since the first batch landed."""

    def __init__(self, expected_pages: int | None = None) -> None:
        self.expected_pages = expected_pages
        self.landed_count = 0
        self.article_count = 0
        self.rejected_count = 0
        self.started: float | None = None
        self.lock = threading.RLock()

    @property
    def done_count(self) -> int:
        """Pages that have their row, or will have it when their batch lands."""
        return self.article_count + self.rejected_count

    @property
    def seconds(self) -> float:
        """Time since the first batch landed: the start of Prefect is no part of it."""
        return 0.0 if self.started is None else time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Pages a second since the first batch landed."""
        return self.done_count / max(self.seconds, 1e-3)

    @property
    def total(self) -> int | None:
        """Pages to expect: as estimated, or more when more have landed already."""
        return None if self.expected_pages is None else max(self.expected_pages, self.landed_count)

    def state_line(self) -> str:
        """Return `120 of ~400 pages, 35/s, 110 articles, 10 rejected, 0:08 left`."""
        of = f" of ~{self.total:,}" if self.total else ""
        parts = [f"{self.done_count:,}{of} pages"]
        if self.done_count:
            rate = f"{self.rate:.0f}/s" if self.rate >= 9.5 else f"{self.rate:.1f}/s"
            parts += [rate, f"{self.article_count:,} articles", f"{self.rejected_count:,} rejected"]
        if self.total and self.done_count >= _PAGES_BEFORE_FORECAST and self.seconds >= _SECONDS_BEFORE_FORECAST:
            parts.append(f"{_clock((self.total - self.done_count) / self.rate)} left")
        return ", ".join(parts)

    def landed(self, batch: LandedBatch) -> None:
        """Count the pages of a batch in the raw layer."""
        with self.lock:
            if self.started is None:
                self.started = time.monotonic()
            self.landed_count += batch.page_count
            self.changed()

    def judged(self, outcome: Outcome) -> None:
        """Count one page."""
        with self.lock:
            if isinstance(outcome, Article):
                self.article_count += 1
            else:
                self.rejected_count += 1
            self.changed()

    def milled(self, report: BatchReport) -> None:
        """Count the pages of a batch that was current already; the others were counted one by one."""
        with self.lock:
            if not report.is_written:
                self.article_count += report.article_count
                self.rejected_count += report.rejected.total()
            self.changed()

    def problem(self, problem: SourceProblem) -> None:
        """Pass over a problem; the closing summary lists them."""

    def changed(self) -> None:
        """Show the new state; nothing here."""

    def close(self) -> None:
        """Take down what is shown; nothing here."""


class TerminalReporter(Counting):
    """A progress bar on standard error."""

    def __init__(self, expected_pages: int | None = None) -> None:
        super().__init__(expected_pages)
        self._progress = Progress(
            BarColumn(bar_width=24), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
        )
        self._bar = self._progress.add_task("Reading the first pages", total=None)
        self._progress.start()

    def changed(self) -> None:
        """Move the bar."""
        self._progress.update(
            self._bar, completed=self.done_count, total=self.total if self.done_count else None,
            description=self.state_line() if self.done_count else f"{self.landed_count:,} pages read, starting workers",
        )  # fmt: skip

    def problem(self, problem: SourceProblem) -> None:
        """Print a problem above the bar."""
        self._progress.console.print(problem_line(problem), style="yellow", markup=False, highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()


class LineReporter(Counting):
    """A plain line on standard error every few seconds, for logs."""

    def __init__(self, expected_pages: int | None = None, stream: IO[str] | None = None) -> None:
        super().__init__(expected_pages)
        self._stream = stream or sys.stderr
        self._last = time.monotonic()

    def changed(self) -> None:
        """Print a line when the last one is some seconds old."""
        now = time.monotonic()
        if self.done_count and now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            self._print(self.state_line())

    def problem(self, problem: SourceProblem) -> None:
        """Print a problem."""
        self._print(problem_line(problem))

    def _print(self, line: str) -> None:
        with self.lock:
            print(line, file=self._stream, flush=True)


class JsonReporter(Counting):
    """One JSON object a line on standard output for each batch and problem; the summary is the last."""

    def milled(self, report: BatchReport) -> None:
        """Print a batch."""
        super().milled(report)
        self.emit(
            "batch", fetch_date=report.ref.fetch_date.isoformat(), batch_id=report.ref.batch_id,
            page_count=report.page_count, article_count=report.article_count, rejected=dict(report.rejected),
            removed=dict(report.removed), is_written=report.is_written,
        )  # fmt: skip

    def problem(self, problem: SourceProblem) -> None:
        """Print a problem."""
        self.emit("problem", **asdict(problem))

    def emit(self, event: str, **fields: Any) -> None:
        """Print one event."""
        with self.lock:
            print(json.dumps({"event": event, **fields}, ensure_ascii=False), flush=True)


def problem_line(problem: SourceProblem) -> str:
    """Return a problem as a line for people."""
    place = f"{problem.source} {problem.locator}: " if problem.locator else ""
    return f"! {place}{problem.message}"


def _clock(seconds: float) -> str:
    """Return seconds as 0:08, 12:34 or 1:02:03."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


_current: Reporter = Counting()


def current_reporter() -> Reporter:
    """Return the reporter of this process: what the command has set up, else one that only counts."""
    return _current


def set_reporter(reporter: Reporter) -> None:
    """Make a reporter the one that flows of this process report to."""
    global _current  # noqa: PLW0603 - one process, one reporter
    _current = reporter
