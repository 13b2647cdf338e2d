"""`gristmill explain`: an article with every cut in its place, coloured by kind, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from extractors.records import Kind, Removal, rebuild_extracted
from flows.commands.options import warehouse_option
from flows.exits import RunFailedError, UserError

# Kinds that ask for something are warm, those of the page's machinery cold.
_STYLES = {
    Kind.DONATION: "red",
    Kind.SUBSCRIBE: "magenta",
    Kind.REGISTRATION: "bright_magenta",
    Kind.NEWSLETTER: "yellow",
    Kind.COMMENTS: "blue",
    Kind.SHARE_FOLLOW: "cyan",
    Kind.RELATED: "green",
    Kind.APP_PROMO: "bright_yellow",
    Kind.COOKIE_CONSENT: "bright_black",
    Kind.AD_LABEL: "bright_black",
    Kind.AUTHOR_CONTACT: "bright_blue",
    Kind.COPYRIGHT: "bright_black",
    Kind.UPDATE_NOTE: "bright_cyan",
    Kind.REPEATED_TITLE: "bright_black",
    Kind.SITE_FURNITURE: "bright_green",
}

_MOST_LISTED = 20


@click.command()
@click.argument("page", metavar="PAGE")
@warehouse_option
@click.option("--ledger", "ledger_only", is_flag=True, help="Print only the table of cuts.")
@click.option("--color/--no-color", "color", default=None, help="Force colours on or off [default: as the terminal].")
def explain(page: str, warehouse: str, *, ledger_only: bool, color: bool | None) -> None:
    """Show a page's text with its cuts in place, coloured by kind, and why each was made.

    PAGE is its URL, its page_id (or the beginning of one), its file's name, or a part of its title.

    \b
    gristmill explain https://www.harbourpost.example/2026/11/02/ferry
    """
    from rich.console import Console

    row = _find(page, warehouse)
    console = Console(force_terminal=color, no_color=None if color is None else not color, highlight=False)
    _print_head(console, row)
    removals = tuple(Removal(kind=Kind(cut.pop("kind")), **cut) for cut in row["removals"])
    if row["text"] is None and not removals:
        return
    if not ledger_only:
        _print_text(console, row["text"] or "", removals)
    _print_ledger(console, removals)


def _find(page: str, warehouse: str) -> dict[str, Any]:
    """Return the newest capture that is meant, as a dict of the columns that are shown."""
    from flows.commands.sql import open_warehouse
    from warehouse.catalogue import connect_readonly, refresh_catalogue
    from warehouse.errors import WarehouseError
    from warehouse.lookup import find_pages

    place = open_warehouse(warehouse)
    try:
        refresh_catalogue(place)
        with connect_readonly(place) as connection:
            found = find_pages(connection, page)
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    if not found:
        raise UserError(f"no page with the URL, page_id, file name or title {page!r} in {place.root}")
    if len(found) > 1:
        raise UserError(f"several pages match; name one:\n{_listed(found)}")
    return found[0]


def _listed(found: Sequence[dict[str, Any]]) -> str:
    lines = [
        f"  {row['page_id']}  {row['url'] or row['locator']}  {row['title'] or ''}" for row in found[:_MOST_LISTED]
    ]
    if len(found) > _MOST_LISTED:
        lines.append("  ... and more")
    return "\n".join(lines)


def _print_head(console: Any, row: dict[str, Any]) -> None:
    from rich.text import Text

    console.print(Text(row["title"] or "(no title)", style="bold"))
    where = row["url"] or f"{row['source']}/{row['locator']}"
    facts = [where, f"page_id {row['page_id']}"]
    if row["published_at"]:
        facts.append(f"published {row['published_at']:%Y-%m-%d %H:%M}Z")
    if row["authors"]:
        facts.append("by " + ", ".join(row["authors"]))
    facts.append(f"{row['language'] or 'language unknown'}, {row['encoding']}, by {row['body_source']}")
    if row["status"] == "rejected":
        facts.append(f"REJECTED: {row['reject_reason']} ({row['reject_detail']})")
    share = 1 - row["kept_chars"] / row["extracted_chars"] if row["extracted_chars"] else 0
    facts.append(f"{row['kept_chars']} of {row['extracted_chars']} characters kept, {share:.0%} cut")
    for fact in facts:
        console.print(Text(fact, style="dim"))
    console.print()


def _print_text(console: Any, kept: str, removals: Sequence[Removal]) -> None:
    """Print the extracted text, what was kept as it is, what was cut struck through in the colour of its kind."""
    from rich.text import Text

    extracted = rebuild_extracted(kept, tuple(removals))
    out = Text()
    position = 0
    for number, removal in enumerate(removals, 1):
        out.append(extracted[position : removal.offset])
        body = removal.text.strip("\n")
        lead = removal.text[: len(removal.text) - len(removal.text.lstrip("\n"))]
        trail = removal.text[len(lead) + len(body) :]
        out.append(lead)
        out.append(f"[{number} {removal.kind}: ", style=f"bold {_STYLES[removal.kind]}")
        out.append(body, style=f"strike {_STYLES[removal.kind]}")
        out.append("]", style=f"bold {_STYLES[removal.kind]}")
        out.append(trail)
        position = removal.offset + len(removal.text)
    out.append(extracted[position:])
    console.print(out, soft_wrap=not console.is_terminal)
    console.print()


def _print_ledger(console: Any, removals: Sequence[Removal]) -> None:
    from rich.text import Text

    if not removals:
        console.print(Text("Nothing was cut.", style="dim"))
    for number, removal in enumerate(removals, 1):
        line = Text(f"{number:>3}  ")
        line.append(f"{removal.kind:<15}", style=_STYLES[removal.kind])
        line.append(f"{removal.confidence:.2f}  {removal.rule_id}: {removal.reason}")
        console.print(line, soft_wrap=True)
