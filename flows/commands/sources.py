"""`gristmill sources`: what the sources file holds, and whether it answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from flows.commands.options import sources_option, tag_option
from flows.exits import UserError

# Narrower than this, the table would lose its columns.
_LEAST_WIDTH = 80


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
    for name in names[:-1]:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    table.add_column(names[-1], no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*map(Text, row))
    width = max(_LEAST_WIDTH, shutil.get_terminal_size((140, 40)).columns)
    Console(highlight=False, width=width).print(table)
