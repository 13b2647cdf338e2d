"""The closing summary of a run, for people and for machines."""

from __future__ import annotations

import shlex
from collections import Counter

import click

from flows.milling import RunReport
from flows.parameters import IngestParameters
from flows.progress import Counting, JsonReporter


def print_summary(report: RunReport, reporter: Counting, parameters: IngestParameters, seconds: float) -> None:
    """Print what a run did: to standard output, as text or as the last JSON line."""
    if isinstance(reporter, JsonReporter):
        reporter.emit(
            "summary", page_count=report.page_count, article_count=report.article_count,
            rejected=dict(report.rejected), removed=dict(report.removed), duplicate_count=report.duplicate_count,
            batch_count=report.batch_count, written_batch_count=report.written_batch_count,
            problem_count=len(report.problems), seconds=round(seconds, 3),
        )  # fmt: skip
        return
    for line in summary_lines(report, parameters, seconds, reporter.rate):
        click.echo(line)


def summary_lines(report: RunReport, parameters: IngestParameters, seconds: float, rate: float) -> list[str]:
    """Return the summary as lines; `rate` is in pages a second, the start of Prefect and of the workers left out."""
    current = report.batch_count - report.written_batch_count
    sums = f"{report.page_count} pages = {report.article_count} articles + {report.rejected_count} rejected"
    lines = [
        f"{sums}, in {seconds:.1f} s ({rate:.0f} pages/s)",
        f"{report.batch_count} batches: {report.written_batch_count} written, {current} already up to date",
    ]
    if report.rejected:
        lines.append(f"Rejected: {_counts(report.rejected)}")
    if report.removed:
        lines.append(f"Removed:  {_counts(report.removed)}")
    if report.duplicate_count:
        lines.append(f"Left out: {report.duplicate_count} captures that their batch held already")
    if report.problems:
        lines.append(f"Problems: {len(report.problems)} in the sources, listed above")
    where = "" if parameters.warehouse == "data" else f" -w {shlex.quote(parameters.warehouse)}"
    query = "select site, page_count, article_count, share_removed from sites"
    lines.append(f'Next:     gristmill sql{where} "{query}"')
    return lines


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
