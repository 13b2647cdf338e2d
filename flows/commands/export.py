"""`gristmill export`: pages of the raw layer, in forms that other tools read."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import RunFailedError, UserError

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def export() -> None:
    """Write pages of the raw layer in forms that other tools read."""


@export.command(epilog="What stands in the archive, and how it is read back: docs/sources.md.")
@warehouse_option
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="File to write: .warc.gz (each record compressed) or .warc; - for standard output.")  # fmt: skip
@click.option("--site", "sites", multiple=True, metavar="DOMAIN", help="Only pages of this site; may be repeated.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Only captures of this URL; may be repeated.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only pages of this source; may be repeated.")
@click.option("--since", type=_DAY, metavar="DATE", help="Only pages fetched on this UTC date or later.")
@click.option("--until", type=_DAY, metavar="DATE", help="Only pages fetched on this UTC date or earlier.")
@click.option("--where", metavar="SQL", help="Only pages whose row in page_versions fulfils this condition.")
def warc(warehouse: str, output: Path, **options: Any) -> None:
    """Write pages as a WARC/1.1 archive; `gristmill ingest` reads the same pages back from it.

    \b
    gristmill export warc -o all.warc.gz
    gristmill export warc -o harbour.warc.gz --site harbourpost.example --since 2026-10-01
    gristmill export warc -o german.warc.gz --where "language = 'de' and status = 'article'"
    """
    from flows.commands.sql import open_warehouse
    from flows.export.selection import Selection, select_pages
    from warehouse.errors import QueryError, WarehouseError

    place = open_warehouse(warehouse)
    days = {name: options[name].date() if options[name] else None for name in ("since", "until")}
    selection = Selection(
        sites=frozenset(site.lower() for site in options["sites"]),
        urls=frozenset(options["urls"]),
        sources=frozenset(options["sources"]),
        where=options["where"],
        **days,
    )
    try:
        counts = _write(select_pages(place, selection), output)
    except QueryError as error:
        raise UserError(f"--where: {error}") from error
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RunFailedError(f"cannot write {output}: {error.strerror or error}") from error
    click.echo(f"{counts.page_count} pages, {counts.body_bytes / 1e6:.1f} MB of content", err=True)


def _write(pages: Any, output: Path) -> Any:
    """Write the archive whole or not at all: beside its place first."""
    from importlib.metadata import version

    from flows.export.warc import write_warc

    now = datetime.now(UTC)
    about = {"software": f"gristmill/{version('gristmill')}", "format": "WARC File Format 1.1"}
    if str(output) == "-":
        if sys.stdout.isatty():
            raise UserError("an archive is not for a terminal: name a file with --output, or use a pipe")
        return write_warc(pages, sys.stdout.buffer, about, now, is_gzipped=True)
    staged = output.with_name(f".{output.name}.part")
    try:
        with staged.open("wb") as file:
            counts = write_warc(pages, file, about, now, is_gzipped=output.suffix.lower() == ".gz")
        staged.replace(output)
    finally:
        staged.unlink(missing_ok=True)
    return counts
