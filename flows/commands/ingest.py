"""`gristmill ingest`: the edge between a user and a run. Parses, announces, reports; the run is in `flows.ingest`."""

from __future__ import annotations

import re
import sys
import time
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import Exit, RunFailedError


class Share(click.ParamType[float]):
    """A share, as `5%` or `0.05`."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share between 0 and 1."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", str(value).strip())
        share = float(found.group(1)) / (100 if found.group(2) else 1) if found else -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is no share; write 5% or 0.05", param, ctx)
        return share


class Column(click.ParamType[tuple[str, str]]):
    """A column of a table, as `html=raw_html`."""

    name = "field=column"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return field and column."""
        if isinstance(value, tuple):
            return value
        from dataclasses import fields

        from flows.sources.options import ColumnNames

        known = [entry.name for entry in fields(ColumnNames)]
        field, equals, column = str(value).partition("=")
        if not equals or not column or field not in known:
            self.fail(f"{value!r}: write FIELD=COLUMN, FIELD being one of {', '.join(known)}", param, ctx)
        return field, column


@click.command(
    epilog="Sources are told by what they hold: HTML files, plain-text dumps (title in the first line), WARC, Parquet "
    "and JSON Lines with a column of HTML or text, or folders of all these; plain, .gz or .zst. See docs/sources.md."
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@warehouse_option
@click.option("--label", metavar="NAME", help="Name of the source in every row, instead of its file name.")
@click.option("--base-url", metavar="URL", help="Give loose files without a URL one, by their relative path.")
@click.option("--column", "columns", type=Column(), multiple=True,
              help="Which column of a table holds what: --column html=raw --column url=link.")  # fmt: skip
@click.option("--comments", "with_comments", is_flag=True, help="Keep readers' comments in the column comments_text.")
@click.option("--site-rules", metavar="DIR", envvar="GRISTMILL_SITE_RULES", show_envvar=True,
              help="Folder of your own rules of sites [default: site_rules, where it is there].")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=0), help="Worker processes [default: one a processor].")
@click.option("--page-timeout", "page_seconds", type=click.FloatRange(min=0, min_open=True), default=60.0,
              show_default=True, help="Seconds that a page may take.")  # fmt: skip
@click.option("--page-memory", "page_memory_mb", type=click.IntRange(min=64), default=1024, show_default=True,
              help="MiB of memory that a page may take.")  # fmt: skip
@click.option("--batch-pages", type=click.IntRange(min=1), default=500, show_default=True,
              help="Most pages in a batch, the unit of work and of storage.")  # fmt: skip
@click.option("--force", "is_forced", is_flag=True, help="Extract batches again whose rows are current.")
@click.option("--max-rejected", type=Share(), default=1.0, metavar="SHARE",
              help="Exit with 1 when a larger share of pages is rejected, e.g. 5%.")  # fmt: skip
@click.option(
    "--inline", is_flag=True, help="Run without Prefect: the same work, started at once, with no run history."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines for machines.")
def ingest(max_rejected: float, *, inline: bool, as_json: bool, **options: Any) -> None:
    """Read pages from SOURCEs, extract and strip them, and land one row per page in the warehouse.

    \b
    gristmill ingest saved-pages/
    gristmill ingest CC-NEWS-20260314.warc.gz --max-rejected 20%
    gristmill ingest dump.parquet --column html=raw_html --column url=link
    """
    from flows.parameters import IngestParameters

    options["columns"] = dict(options["columns"])
    options["sources"] = list(options["sources"])
    parameters = IngestParameters(**options)
    report = _run(parameters, inline=inline, as_json=as_json)
    if report.problems:
        raise click.exceptions.Exit(Exit.FAILED)
    if report.rejected_share > max_rejected:
        click.echo(f"{report.rejected_share:.1%} of the pages were rejected; {max_rejected:.1%} are allowed.", err=True)
        raise click.exceptions.Exit(Exit.REJECTED)


def _run(parameters: Any, *, inline: bool, as_json: bool) -> Any:
    from flows.ingest import ingest_inline
    from flows.pool import PoolError
    from flows.progress import JsonReporter, LineReporter, TerminalReporter, set_reporter
    from flows.sources.estimate import estimate_pages
    from flows.sources.options import SourceError
    from warehouse.errors import WarehouseError

    started = time.monotonic()
    if not inline:
        from flows.prefect_setup import prepare_server

        prepare_server(quiet=as_json)
    expected = estimate_pages(parameters.sources)
    kind = JsonReporter if as_json else TerminalReporter if sys.stderr.isatty() else LineReporter
    reporter = kind(expected)
    set_reporter(reporter)
    try:
        if inline:
            report = ingest_inline(parameters, reporter)
        else:
            from flows.deployed import ingest as ingest_flow

            report = ingest_flow(parameters)
    except (SourceError, WarehouseError, PoolError) as error:
        raise RunFailedError(str(error)) from error
    finally:
        reporter.close()
    from flows.summary import print_summary

    print_summary(report, reporter, parameters, time.monotonic() - started)
    return report
