"""`gristmill sources`: what the sources file holds, and whether it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from flows.commands.options import allow_network_option, contact_option, sources_option, tag_option
from flows.exits import Exit, UserError

# Narrower than this, the table would lose its columns.
_LEAST_WIDTH = 80
_WIDEST = 28


@click.group()
def sources() -> None:
    """List the sources to fetch from, and check that they answer."""


@sources.command("list")
@sources_option
@tag_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_sources(sources_path: Path, tags: tuple[str, ...], *, as_json: bool) -> None:
    """List the sources of the file: language, what they are read from, tags.

    \b
    gristmill sources list
    gristmill sources list --tag science
    """
    file = read_sources(sources_path)
    wanted = [source for source in file.sources if not tags or set(tags) & set(source.tags)]
    if as_json:
        for source in wanted:
            click.echo(source.model_dump_json(exclude_defaults=True))
        return
    rows = [
        (source.name, source.language or "", _listings(source), _state(source), source.title or "") for source in wanted
    ]
    _print_table(("name", "language", "read from", "tags", "title"), rows)
    enabled = sum(source.is_enabled for source in wanted)
    click.echo(f"{len(wanted)} sources, {enabled} enabled, in {sources_path}")


@sources.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@sources_option
@tag_option
@contact_option
@click.option("--delay", "delay_seconds", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="Least seconds between two requests to a host; more where it asks for more.")  # fmt: skip
@allow_network_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, as they answer.")
def check(names: tuple[str, ...], sources_path: Path, tags: tuple[str, ...], *, as_json: bool, **options: Any) -> None:
    """Ask the listings of sources whether they answer; exit code 3 when one does not.

    Each feed, sitemap and robots.txt is fetched once, as politely as ever; pages are not.

    \b
    gristmill sources check --contact mailto:you@your-domain.org
    gristmill sources check harbour-post
    """
    import asyncio

    chosen = choose_sources(read_sources(sources_path), names, tags)
    checks = asyncio.run(_check(chosen, sources_path, options, _print_json if as_json else lambda _: None))
    if not as_json:
        order = {source.name: place for place, source in enumerate(chosen)}
        _print_checks(sorted(checks, key=lambda found: order[found.source]))
    if not all(found.is_ok for found in checks):
        raise click.exceptions.Exit(Exit.FAILED)


async def _check(chosen: Any, path: Path, options: dict[str, Any], tell: Callable[[Any], None]) -> list[Any]:
    from pydantic import ValidationError

    from flows.discovery.check import check_sources
    from flows.discovery.formats import MAX_LISTING_BYTES
    from flows.fetching.messages import FetchRequest
    from flows.fetching.parameters import FetchParameters, FetchSetupError
    from flows.fetching.session import polite_fetcher

    try:
        parameters = FetchParameters(sources_file=str(path), **options)
        settings, rules = parameters.client_settings(), parameters.politeness_rules(chosen)
    except FetchSetupError as error:
        raise UserError(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    checks = []
    async with polite_fetcher(settings, rules) as fetcher:
        async for found in check_sources(
            chosen, lambda url: fetcher.fetch(FetchRequest(url, max_bytes=MAX_LISTING_BYTES))
        ):
            checks.append(found)
            tell(found)
    return checks


def _print_json(found: Any) -> None:
    import json
    from dataclasses import asdict

    newest = found.newest_at.isoformat() if found.newest_at else None
    click.echo(json.dumps(asdict(found) | {"newest_at": newest}, ensure_ascii=False))


def _print_checks(checks: Sequence[Any]) -> None:
    _print_table(("source", "answer", "pages wanted", "newest (UTC)", "listing"), [_row(found) for found in checks])
    for found in checks:
        if found.trouble:
            click.echo(f"{found.url}: {found.trouble}")
    failed = sum(not found.is_ok for found in checks)
    click.echo(f"{len(checks)} listings: {len(checks) - failed} answer, {failed} do not")


def _row(found: Any) -> tuple[str, ...]:
    if not found.is_ok:
        return found.source, "FAILED", "", "", found.url
    is_index = found.sitemap_count > 0
    amount = f"{found.sitemap_count} sitemaps" if is_index else f"{found.wanted_count} of {found.entry_count}"
    newest = f"{found.newest_at:%Y-%m-%d %H:%M}" if found.newest_at else ""
    return found.source, found.kind + (", damaged" if found.trouble else ""), amount, newest, found.url


def read_sources(path: Path) -> Any:
    """Return the sources file; a mistake in it is the user's, exit code 2."""
    from flows.discovery.sources_file import SourcesFileError, read_sources_file

    try:
        return read_sources_file(path)
    except SourcesFileError as error:
        raise UserError(str(error)) from error


def choose_sources(file: Any, names: tuple[str, ...], tags: tuple[str, ...]) -> Any:
    """Return the sources that a user named, else those that are enabled; exit code 2 where there are none."""
    from flows.discovery.sources_file import SourcesFileError

    try:
        chosen = file.choose(names, tags)
    except SourcesFileError as error:
        raise UserError(f"{error}; see: gristmill sources list") from error
    if not chosen:
        raise UserError("no source is chosen; see: gristmill sources list")
    return chosen


def _listings(source: Any) -> str:
    counts = {
        "feed": len(source.feeds),
        "sitemap": len(source.sitemaps),
        "list": len(source.url_lists),
        "robots.txt": int(source.sitemaps_from_robots),
    }
    return ", ".join(f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count)


def _state(source: Any) -> str:
    return ("" if source.is_enabled else "[off] ") + " ".join(source.tags)


def _print_table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    import shutil

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(names[:-1]):
        # The last column gives way first.
        widest = max(len(cells[place]) for cells in (names, *rows))
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=min(widest, _WIDEST))
    table.add_column(names[-1], no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*map(Text, row))
    width = max(_LEAST_WIDTH, shutil.get_terminal_size((140, 40)).columns)
    Console(highlight=False, width=width).print(table)
