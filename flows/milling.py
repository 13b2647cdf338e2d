"""What a run does to batches, without Prefect: land raw pages, judge them, land their rows, count everything.

The flows call these functions, `--inline` calls the very same. Sources are read in `flows.sources`, pages are judged in
`flows.pool`, files are written in `warehouse`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from extractors.judge import JudgeOptions
from extractors.records import Article, Outcome, RawPage
from flows.batching import BatchLimits, batch_pages
from flows.pool import PagePool
from flows.sources.options import SourceOptions, SourceProblem
from flows.sources.read import read_source
from warehouse.batches import (
    PagesState,
    count_outcomes,
    pages_state,
    read_raw_batch,
    write_pages_batch,
    write_raw_batch,
)
from warehouse.layout import BatchRef, Warehouse, batch_ref_of
from warehouse.rows import pages_row

# Batches that are landed, but whose rows are not yet: enough to keep the workers busy while one is being written.
_IN_FLIGHT = 3


@dataclass(frozen=True, slots=True)
class LandedBatch:
    """A batch in the raw layer; `is_new` tells whether this run wrote it."""

    ref: BatchRef
    page_count: int
    duplicate_count: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of one batch: its pages are its articles and its rejections, by reason; spans cut, by kind."""

    ref: BatchRef
    page_count: int
    article_count: int
    rejected: Counter[str]
    removed: Counter[str]
    is_written: bool


@dataclass(slots=True)
class RunReport:
    """The sum of a run."""

    page_count: int = 0
    article_count: int = 0
    duplicate_count: int = 0
    batch_count: int = 0
    written_batch_count: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    problems: list[SourceProblem] = field(default_factory=list)

    def add(self, report: BatchReport) -> None:
        """Count one batch in."""
        self.batch_count += 1
        self.written_batch_count += report.is_written
        self.page_count += report.page_count
        self.article_count += report.article_count
        self.rejected += report.rejected
        self.removed += report.removed

    @property
    def rejected_count(self) -> int:
        """How many pages yielded no article."""
        return self.rejected.total()

    @property
    def rejected_share(self) -> float:
        """Rejections among all pages, 0 to 1."""
        return self.rejected_count / self.page_count if self.page_count else 0.0


class Reporter(Protocol):
    """Who is told of the run's progress. Called from several threads."""

    def landed(self, batch: LandedBatch) -> None:
        """Tell of a batch in the raw layer."""

    def judged(self, outcome: Outcome) -> None:
        """Tell of one page."""

    def milled(self, report: BatchReport) -> None:
        """Tell of a batch whose rows are in the pages layer."""

    def problem(self, problem: SourceProblem) -> None:
        """Tell of something in a source that could not be read."""


class Future(Protocol):
    """What a submitted batch is waited for with: the standard library's futures and Prefect's both have it."""

    def result(self) -> BatchReport:
        """Wait, and return the report of the batch."""


@dataclass(frozen=True, slots=True)
class Mill:
    """Everything that milling a batch needs beside its name."""

    warehouse: Warehouse
    pool: PagePool
    options: JudgeOptions
    reporter: Reporter
    is_forced: bool = False

    def mill_batch(self, ref: BatchRef) -> BatchReport:
        """Judge the pages of a raw batch and land their rows; leave a batch alone that is current.

        Raises WarehouseError when the batch cannot be read or written, and lands nothing then.
        """
        versions, furniture = self.options.versions, self.options.furniture.site_versions
        if not self.is_forced and pages_state(self.warehouse, ref, versions, furniture) is PagesState.CURRENT:
            return self._report_current(ref)
        rejected: Counter[str] = Counter()
        removed: Counter[str] = Counter()
        rows = []
        for page, outcome in self.pool.judge_pages(read_raw_batch(self.warehouse, ref)):
            if not isinstance(outcome, Article):
                rejected[outcome.reason.value] += 1
            removed.update(removal.kind.value for removal in outcome.removals)
            rows.append(pages_row(page, outcome, ref, self.options.versions_for(outcome.site)))
            self.reporter.judged(outcome)
        write_pages_batch(self.warehouse, ref, rows, versions)
        report = BatchReport(ref, len(rows), len(rows) - rejected.total(), rejected, removed, is_written=True)
        self.reporter.milled(report)
        return report

    def _report_current(self, ref: BatchRef) -> BatchReport:
        counts = count_outcomes(self.warehouse, ref)
        articles = counts.pop("article", 0)
        report = BatchReport(ref, articles + counts.total(), articles, counts, Counter(), is_written=False)
        self.reporter.milled(report)
        return report


def land_source(
    warehouse: Warehouse,
    spec: str,
    options: SourceOptions,
    limits: BatchLimits,
    on_problem: Callable[[SourceProblem], None],
) -> Iterator[LandedBatch]:
    """Read a source and land its pages in the raw layer, batch by batch; tell of problems on the way.

    Raises SourceError when the source cannot be read at all, WarehouseError when the disk refuses.
    """
    for batch in batch_pages(_pages(read_source(spec, options), on_problem), limits):
        ref = batch_ref_of(batch.pages[0].source, batch.pages)
        is_new = write_raw_batch(warehouse, ref, batch.pages)
        yield LandedBatch(ref, len(batch.pages), batch.duplicate_count, is_new)


def _pages(stream: Iterable[RawPage | SourceProblem], on_problem: Callable[[SourceProblem], None]) -> Iterator[RawPage]:
    for item in stream:
        if isinstance(item, SourceProblem):
            on_problem(item)
        else:
            yield item


def run_batches(batches: Iterable[LandedBatch], submit: Callable[[BatchRef], Future], report: RunReport) -> RunReport:
    """Mill batches as they land, a few at a time, and add them up in `report`.

    Raises AssertionError when pages in are not articles and rejections out: that would be our own defect.
    """
    waiting: deque[Future] = deque()
    landed_pages = 0
    for batch in batches:
        landed_pages += batch.page_count
        report.duplicate_count += batch.duplicate_count
        waiting.append(submit(batch.ref))
        if len(waiting) >= _IN_FLIGHT:
            report.add(waiting.popleft().result())
    while waiting:
        report.add(waiting.popleft().result())
    if not landed_pages == report.page_count == report.article_count + report.rejected_count:
        raise AssertionError(f"{landed_pages} pages in, but {report.article_count} + {report.rejected_count} out")
    return report
