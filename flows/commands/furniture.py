"""`gristmill furniture`: what was learned of sites, as a list and in full, and a person's veto."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import RunFailedError

# Narrower than this, the table would lose its columns.
_LEAST_WIDTH = 72
_LEAST_HASH = 4


@click.group()
def furniture() -> None:
    """Show the blocks that `gristmill learn` found, and veto those that are no furniture."""


@furniture.command("list")
@warehouse_option
@click.option("--site", metavar="DOMAIN", help="List this site only.")
def list_blocks(warehouse: str, site: str | None) -> None:
    """List the learned blocks: on how many of a site's different articles each stands, when last, and how it begins."""
    stored = _read(warehouse)
    blocks = [block for block in stored.blocks if site is None or block.site == site.lower()]
    if not blocks:
        of = f" of {site}" if site else ""
        click.echo(f"Nothing is learned{of}. To learn: gristmill learn{_where(warehouse)}")
        return
    _print_table(blocks)
    click.echo(f"{len(blocks)} blocks; version {stored.version}, learned {stored.learned_at:%Y-%m-%d %H:%M}Z")


@furniture.command()
@warehouse_option
@click.argument("what", metavar="SITE|HASH")
def show(warehouse: str, what: str) -> None:
    """Show learned blocks in full: all of a SITE, or those whose HASH begins so."""
    for number, block in enumerate(_find(_read(warehouse).blocks, what)):
        if number:
            click.echo()
        place = "at the edges of a text, and beside other furniture" if block.is_edge_bound else "wherever it stands"
        state = "vetoed: never cut" if block.is_vetoed else f"cut {place}"
        click.echo(f"{block.block_id}  {block.site}  (rule furniture.{block.block_id[:8]})")
        click.echo(f"  on {block.group_count} of {block.site_group_count} different articles, {block.page_count} pages")
        click.echo(f"  fetched {block.first_seen_date} to {block.last_seen_date}; {state}")
        for line in block.sample.split("\n"):
            click.echo(f"  | {line}")


@furniture.command()
@warehouse_option
@click.argument("hashes", metavar="HASH...", nargs=-1, required=True)
@click.option("--undo", "is_undone", is_flag=True, help="Take the veto back.")
def veto(warehouse: str, hashes: tuple[str, ...], *, is_undone: bool) -> None:
    """Say that blocks are no furniture: they are never cut again, also when they are learned again.

    HASH is a block's hash in `gristmill furniture list`, or the beginning of one.
    """
    from flows.commands.sql import open_warehouse
    from flows.learning import veto_blocks
    from warehouse.errors import WarehouseError

    stored = _read(warehouse)
    wanted = [block.block_id for hash_ in hashes for block in _find_hash(stored.blocks, hash_)]
    try:
        changed = veto_blocks(open_warehouse(warehouse), wanted, datetime.now(UTC), is_undone=is_undone)
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    word = "no longer vetoed" if is_undone else "vetoed"
    for block in changed:
        click.echo(f"{block.block_id[:8]}  {block.site}: {word}")
    if not changed:
        click.echo(f"Nothing changed: already {'without a veto' if is_undone else 'vetoed'}.")


def _read(warehouse: str) -> Any:
    from flows.commands.sql import open_warehouse
    from warehouse.errors import WarehouseError
    from warehouse.furniture import read_furniture

    try:
        return read_furniture(open_warehouse(warehouse))
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error


def _where(warehouse: str) -> str:
    return "" if warehouse == "data" else f" -w {warehouse}"


def _find(blocks: Any, what: str) -> list[Any]:
    """Return the blocks of a site, else those whose hash begins so."""
    of_site = [block for block in blocks if block.site == what.lower()]
    return of_site or _find_hash(blocks, what)


def _find_hash(blocks: Any, start: str) -> list[Any]:
    wanted = start.lower().removeprefix("furniture.")
    found = [block for block in blocks if block.block_id.startswith(wanted)] if len(wanted) >= _LEAST_HASH else []
    if not found:
        raise click.UsageError(f"nothing is learned under {start!r}; see: gristmill furniture list")
    return found


def _print_table(blocks: Any) -> None:
    import shutil

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # Names and numbers never give way; the sample takes what is left.
    for name, least in (("hash", 8), ("site", 18), ("articles", 8), ("last seen", 10)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=least)
    table.add_column("begins", no_wrap=True, overflow="ellipsis", ratio=1)
    for block in blocks:
        counts = f"{block.group_count}/{block.site_group_count}"
        sample = ("[vetoed] " if block.is_vetoed else "") + " ".join(block.sample.split())
        row = (block.block_id[:8], block.site, counts, f"{block.last_seen_date}", sample)
        table.add_row(*map(Text, row), style="dim" if block.is_vetoed else "")
    width = max(_LEAST_WIDTH, shutil.get_terminal_size((140, 40)).columns)
    Console(highlight=False, width=width).print(table)
