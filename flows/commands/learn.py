"""`gristmill learn`: learn the blocks that sites repeat, and say what came and went."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import RunFailedError

_MOST_SHOWN = 10
_SAMPLE_CHARS = 90


@click.command(epilog="What is cut, and what is left alone although it repeats: docs/furniture.md.")
@warehouse_option
@click.option("--site", metavar="DOMAIN", help="Learn of this site only, e.g. harbourpost.example.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="Read only pages fetched on this UTC date or later.")  # fmt: skip
@click.option("--min-groups", type=click.IntRange(min=2), default=3, show_default=True,
              help="Different articles that must hold a block; copies of one story count once.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def learn(warehouse: str, site: str | None, since: datetime | None, min_groups: int, *, as_json: bool) -> None:
    """Learn the blocks that each site repeats on different articles; later ingests cut them.

    Pages that are in the warehouse already change when they are ingested again: a batch with a page of a site of
    which something else was learned is no longer up to date.

    \b
    gristmill learn
    gristmill learn --site harbourpost.example --since 2026-10-01
    gristmill furniture list
    """
    from flows.commands.sql import open_warehouse
    from flows.learning import learn_warehouse
    from flows.parameters import LearnParameters
    from warehouse.errors import WarehouseError

    place = open_warehouse(warehouse)
    day = since.date() if since else None
    parameters = LearnParameters(
        warehouse=str(place.root), site=site.lower() if site else None, since=day, min_groups=min_groups
    )
    try:
        report = learn_warehouse(place, parameters, datetime.now(UTC))
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    if as_json:
        click.echo(json.dumps(_as_json(report)))
    else:
        _print(report, "" if warehouse == "data" else f" -w {warehouse}")


def _as_json(report: Any) -> dict[str, Any]:
    return {
        "sites_read": report.sites_read,
        "articles_read": report.articles_read,
        "block_count": len(report.blocks),
        "site_count": len({block.site for block in report.blocks}),
        "new_count": len(report.new),
        "gone_count": len(report.gone),
        "furniture_version": report.version,
        "is_written": report.is_written,
    }


def _print(report: Any, where: str) -> None:
    sites = len({block.site for block in report.blocks})
    click.echo(f"Read {report.articles_read} articles of {report.sites_read} sites.")
    click.echo(f"{len(report.blocks)} blocks of {sites} sites: {len(report.new)} new, {len(report.gone)} gone.")
    for sign, blocks in (("+", report.new), ("-", report.gone)):
        for block in blocks[:_MOST_SHOWN]:
            counts = f"{block.group_count}/{block.site_group_count}"
            sample = " ".join(block.sample.split())[:_SAMPLE_CHARS]
            click.echo(f"  {sign} {block.site}  {block.block_id[:8]}  {counts}  {sample}")
        if len(blocks) > _MOST_SHOWN:
            click.echo(f"  {sign} and {len(blocks) - _MOST_SHOWN} more: gristmill furniture list{where}")
    if not report.new and not report.gone:
        click.echo("Nothing changed.")
    else:
        click.echo("Batches with pages of these sites are stale: ingest their sources again to apply it.")
        click.echo(f"Look at it:    gristmill furniture list{where}")
        click.echo(f"Not furniture? gristmill furniture veto{where} HASH")
