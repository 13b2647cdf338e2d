"""The closing summary of a run of fetching, for people and for machines."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

import click

from flows.fetch import FetchSummary
from flows.fetching.parameters import FetchParameters
from flows.fetching.report import FetchReport
from flows.progress import JsonReporter
from warehouse.fetches import FetchOutcome

_COLUMNS = (
    ("stored", FetchOutcome.STORED),
    ("unchanged", FetchOutcome.NOT_MODIFIED),
    ("failed", FetchOutcome.FAILED),
    ("skipped", FetchOutcome.SKIPPED),
    ("given up", FetchOutcome.DROPPED),
    ("left", FetchOutcome.QUEUED),
)


def print_fetch_summary(summary: FetchSummary, reporter: object, parameters: FetchParameters, seconds: float) -> None:
    """Print what a run did: to standard output, as text or as JSON lines, the last of them the sums."""
    if isinstance(reporter, JsonReporter):
        _emit(summary, reporter, seconds)
        return
    for line in summary_lines(summary, parameters, seconds):
        click.echo(line)


def summary_lines(summary: FetchSummary, parameters: FetchParameters, seconds: float) -> Iterator[str]:
    """Yield the summary as lines: the sums, a table of the sources, what failed, what was milled."""
    report, milled = summary.fetched, summary.milled
    parts = [f"{report.count(outcome):,} {name}" for name, outcome in _COLUMNS if report.count(outcome)]
    size = f"{report.wire_bytes / 1e6:,.1f} MB in {seconds:.1f} s"
    yield f"{', '.join(parts) or 'Nothing new'} ({size})"
    if report.recovered_count:
        yield f"Recovered: {report.recovered_count:,} records that an earlier run had received and not landed"
    yield from _table(report)
    if report.retry_count:
        yield f"Retries:  {report.retry_count}"
    if report.failures:
        yield f"Failures: {_counts(report.failures)}"
    if parameters.is_extracting:
        yield f"{milled.page_count} pages = {milled.article_count} articles + {milled.rejected_count} rejected"
        if milled.rejected:
            yield f"Rejected: {_counts(milled.rejected)}"
    if report.problems:
        yield f"Problems: {len(report.problems)} in the sources, listed above"
    where = "" if parameters.warehouse == "data" else f" -w {shlex.quote(parameters.warehouse)}"
    asks = "from fetch_failures" if report.failures else "select url, title from articles order by fetched_at desc"
    yield f'Next:     gristmill sql{where} "{asks}"'


def _table(report: FetchReport) -> Iterator[str]:
    """Yield a line for each source, under the names of the columns that hold anything; then why URLs were left out."""
    used = [(name, outcome) for name, outcome in _COLUMNS if report.count(outcome)]
    sources = sorted(report.sources.keys() | report.discovery.sources.keys())
    left_out = {source: report.left_out(source) for source in sources}
    rows = [("source", "left out", "found", "known", *(name for name, _ in used))]
    for source in sources:
        counts = report.of_source(source)
        cells = (left_out[source].total(), counts.found_count, counts.seen_count)
        rows.append((source, *(f"{cell:,}" for cell in (*cells, *(counts.outcomes[outcome] for _, outcome in used)))))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows if sources else ():
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        why = f"  left out: {_counts(left_out[row[0]])}" if left_out.get(row[0]) else ""
        yield f"  {row[0].ljust(widths[0])}  {'  '.join(numbers)}{why}"
    reasons = sum(left_out.values(), Counter[str]())
    if reasons:
        yield f"Left out: {_counts(reasons)}"


def _emit(summary: FetchSummary, reporter: JsonReporter, seconds: float) -> None:
    report, milled = summary.fetched, summary.milled
    for name in sorted(report.sources.keys() | report.discovery.sources.keys()):
        counts = report.of_source(name)
        reporter.emit(
            "source", source=name, found_count=counts.found_count, seen_count=counts.seen_count,
            outcomes=dict(counts.outcomes), left_out=dict(report.left_out(name)),
        )  # fmt: skip
    reporter.emit(
        "summary", outcomes={outcome.value: report.count(outcome) for _, outcome in _COLUMNS},
        failures=dict(report.failures), body_bytes=report.body_bytes, wire_bytes=report.wire_bytes,
        recovered_count=report.recovered_count, retry_count=report.retry_count,
        page_count=milled.page_count, article_count=milled.article_count,
        rejected=dict(milled.rejected), problem_count=len(report.problems), seconds=round(seconds, 3),
    )  # fmt: skip


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
