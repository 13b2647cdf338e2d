"""`gristmill fetch`: the edge between a user and a run of fetching. Parses, announces, reports."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click

from flows.commands.options import (
    allow_network_option,
    contact_option,
    sources_option,
    tag_option,
    warehouse_option,
)
from flows.exits import Exit, RunFailedError, UserError


@click.command(
    epilog="Without a SOURCE all that the sources file enables are looked at. robots.txt and the pace of each host are "
    "always minded. See docs/fetching.md."
)
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@warehouse_option
@sources_option
@tag_option
@contact_option
@click.option("--url", "urls", multiple=True, metavar="URL", help="Fetch this page, and no sources; may be repeated.")
@click.option("--urls", "urls_file", type=click.Path(allow_dash=True, dir_okay=False), metavar="FILE",
              help="Fetch the pages of this list, one URL a line, and no sources; - for standard input.")  # fmt: skip
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="Only pages of this date or later, where a listing or the URL gives a date.")  # fmt: skip
@click.option("--include", multiple=True, metavar="REGEX", help="Only URLs in which one of these is found.")
@click.option("--exclude", multiple=True, metavar="REGEX", help="No URLs in which one of these is found.")
@click.option("--limit", type=click.IntRange(min=1), help="Most pages to fetch.")
@click.option("--delay", "delay_seconds", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="Least seconds between two requests to a host; more where it asks for more.")  # fmt: skip
@click.option("--connections", type=click.IntRange(1, 1000), default=64, show_default=True,
              help="Most requests at a time, over all hosts.")  # fmt: skip
@click.option("--recheck", "is_recheck", is_flag=True,
              help="Ask again for pages that were fetched; unchanged ones cost a 304.")  # fmt: skip
@click.option("--honour-opt-outs", "honours_opt_out", is_flag=True,
              help="Leave alone what is reserved against text mining and AI training.")  # fmt: skip
@click.option("--drop", "drops", multiple=True, metavar="URL", help="Give this URL up, fetch nothing; may be repeated.")
@click.option("--no-extract", is_flag=True, help="Only fetch; a later run without this extracts.")
@click.option("--workers", type=click.IntRange(min=0), help="Worker processes [default: one a processor].")
@allow_network_option
@click.option(
    "--inline", is_flag=True, help="Run without Prefect: the same work, started at once, with no run history."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines for machines.")
def fetch(*, drops: tuple[str, ...], inline: bool, as_json: bool, **options: Any) -> None:
    """Fetch new pages of sources, politely, then extract them.

    \b
    gristmill fetch --contact mailto:you@your-domain.org
    gristmill fetch harbour-post --since 2026-11-01 --limit 200
    gristmill fetch --url https://site.example/story
    """
    if drops:
        _drop(drops, options["warehouse"])
        return
    with _list_in_a_file(options["urls_file"]) as options["urls_file"]:
        parameters = _parameters(options)
        summary = _run(parameters, inline=inline, as_json=as_json)
    if summary.fetched.problems:
        raise click.exceptions.Exit(Exit.FAILED)


def _parameters(options: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from flows.fetching.parameters import FetchParameters

    path, since = options.pop("sources_path"), options.pop("since")
    if (options["urls"] or options["urls_file"]) and options["sources"]:
        raise click.UsageError("give either SOURCEs, or URLs with --url and --urls", click.get_current_context())
    options["is_extracting"] = not options.pop("no_extract")
    try:
        return FetchParameters(sources_file=str(path), since=since.date() if since else None, **options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


@contextmanager
def _list_in_a_file(path: str | None) -> Iterator[str | None]:
    """Give the list a path: standard input can be read once, and only here."""
    if path != "-":
        yield str(Path(path).expanduser().absolute()) if path else None
        return
    with NamedTemporaryFile(prefix="gristmill-urls-", suffix=".txt") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield file.name


def _drop(urls: tuple[str, ...], root: str) -> None:
    from flows.discovery.urls import canonical_url
    from flows.fetch import BY_HAND
    from flows.fetching.dropping import drop_urls
    from warehouse.errors import WarehouseError
    from warehouse.layout import Warehouse

    names = [canonical_url(url) or url for url in urls]
    try:
        new_count = drop_urls(Warehouse(Path(root).expanduser().absolute()), names, BY_HAND)
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    click.echo(f"{len(names)} URLs given up, {new_count} of them not known before")


def _run(parameters: Any, *, inline: bool, as_json: bool) -> Any:
    from flows.discovery.sources_file import SourcesFileError
    from flows.fetch import fetch_inline
    from flows.fetching.parameters import FetchSetupError
    from flows.fetching.progress import FetchCounting, FetchJson, FetchLines, FetchTerminal, set_fetch_reporter
    from flows.fetching.summary import print_fetch_summary
    from flows.pool import PoolError
    from warehouse.errors import WarehouseError

    started = time.monotonic()
    try:
        # A mistake shows before Prefect is started for it.
        parameters.check()
        if not inline:
            from flows.prefect_setup import prepare_server

            prepare_server(quiet=as_json)
        reporter = FetchJson() if as_json else FetchTerminal() if sys.stderr.isatty() else FetchLines()
        set_fetch_reporter(reporter)
        try:
            if inline:
                summary = fetch_inline(parameters, reporter)
            else:
                from flows.deployed import fetch as fetch_flow

                summary = fetch_flow(parameters)
        finally:
            reporter.close()
            set_fetch_reporter(FetchCounting())
    except (FetchSetupError, SourcesFileError) as error:
        raise UserError(str(error)) from error
    except (WarehouseError, PoolError) as error:
        raise RunFailedError(str(error)) from error
    print_fetch_summary(summary, reporter, parameters, time.monotonic() - started)
    return summary
