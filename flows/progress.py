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
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from extractors.records import Article, Outcome
from flows.milling import BatchReport, LandedBatch, Reporter
from flows.sources.options import SourceProblem

_SECONDS_BETWEEN_LINES = 5.0


class Counting:
    """What every reporter counts: pages read, articles, rejections, and the clock."""

    def __init__(self, expected_pages: int | None = None) -> None:
        self.expected_pages = expected_pages
        self.landed_count = 0
        self.article_count = 0
        self.rejected_count = 0
        self.started = time.monotonic()
        self.lock = threading.RLock()

    @property
    def done_count(self) -> int:
        """Pages that have their row, or will have it when their batch lands."""
        return self.article_count + self.rejected_count

    @property
    def rate(self) -> float:
        """Pages a second since the start."""
        return self.done_count / max(time.monotonic() - self.started, 1e-6)

    def landed(self, batch: LandedBatch) -> None:
        """Count the pages of a batch in the raw layer."""
        with self.lock:
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
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn(
                "{task.fields[rate]:.0f} pages/s  {task.fields[articles]} articles  {task.fields[rejected]} rejected"
            ),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar = self._progress.add_task("Milling", total=expected_pages, rate=0.0, articles=0, rejected=0)
        self._progress.start()

    def changed(self) -> None:
        """Move the bar."""
        total = None if self.expected_pages is None else max(self.expected_pages, self.landed_count)
        self._progress.update(
            self._bar, completed=self.done_count, total=total, rate=self.rate, articles=self.article_count,
            rejected=self.rejected_count,
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
        self._last = self.started

    def changed(self) -> None:
        """Print a line when the last one is some seconds old."""
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        left = ""
        if self.expected_pages and self.rate:
            seconds = max(0, self.expected_pages - self.done_count) / self.rate
            left = f", about {seconds:.0f} s left"
        self._print(
            f"{self.done_count} pages, {self.rate:.0f}/s, {self.article_count} articles, "
            f"{self.rejected_count} rejected{left}"
        )

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
    return f"! {problem.source} {problem.locator}: {problem.message}"


_current: Reporter = Counting()


def current_reporter() -> Reporter:
    """Return the reporter of this process: what the command has set up, else one that only counts."""
    return _current


def set_reporter(reporter: Reporter) -> None:
    """Make a reporter the one that flows of this process report to."""
    global _current  # noqa: PLW0603 - one process, one reporter
    _current = reporter
