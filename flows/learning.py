"""A learning run, without Prefect: read the articles of each site, learn its furniture, put a new version in force.

How furniture is told is in `extractors.furniture`, where it is kept in `warehouse.furniture`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from extractors.furniture.learning import learn_site
from extractors.furniture.matching import version_of
from extractors.furniture.pages import SitePage
from extractors.furniture.relearning import merge_learned
from extractors.records import FurnitureBlock, rebuild_extracted
from flows.parameters import LearnParameters
from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.furniture import StoredFurniture, read_furniture, write_furniture
from warehouse.layout import Warehouse
from warehouse.site_texts import SiteArticle, read_site_articles


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What a learning run found. `new` and `gone` are the blocks that came and went, vetoed ones left out."""

    sites_read: int
    articles_read: int
    version: str | None
    is_written: bool
    blocks: tuple[FurnitureBlock, ...]
    new: tuple[FurnitureBlock, ...]
    gone: tuple[FurnitureBlock, ...]


def learn_warehouse(
    warehouse: Warehouse, parameters: LearnParameters, now: datetime, tick: Callable[[str], None] = lambda _site: None
) -> LearnReport:
    """Learn from the articles in the pages layer and put the result in force, if it is another than before.

    Sites that were not read keep what was learned of them. `tick` is told of each site. Raises WarehouseError.
    """
    before = read_furniture(warehouse)
    found = _by_site(before.blocks)
    sites = articles = 0
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        limits = (parameters.site, parameters.since, parameters.min_groups)
        for site, pages in read_site_articles(connection, *limits):
            learned = learn_site(site, [_site_page(page) for page in pages], parameters.min_groups)
            found[site] = list(merge_learned(found.get(site, ()), learned, parameters.since))
            sites += 1
            articles += len(pages)
            tick(site)
    after = [block for site in sorted(found) for block in found[site]]
    version, is_written = _put_in_force(warehouse, before, after, now)
    was, now_known = _active(before.blocks), _active(after)
    return LearnReport(
        sites_read=sites,
        articles_read=articles,
        version=version,
        is_written=is_written,
        blocks=tuple(now_known.values()),
        new=tuple(block for key, block in now_known.items() if key not in was),
        gone=tuple(block for key, block in was.items() if key not in now_known),
    )


def veto_blocks(
    warehouse: Warehouse, block_ids: Sequence[str], now: datetime, *, is_undone: bool = False
) -> tuple[FurnitureBlock, ...]:
    """Veto the learned blocks whose ids begin so, on every site, or take that back; return those that changed.

    Raises WarehouseError when the furniture cannot be read or written.
    """
    before = read_furniture(warehouse)
    after = [
        replace(block, is_vetoed=not is_undone) if block.block_id.startswith(tuple(block_ids)) else block
        for block in before.blocks
    ]
    _put_in_force(warehouse, before, after, now)
    return tuple(block for old, block in zip(before.blocks, after, strict=True) if old != block)


def _put_in_force(
    warehouse: Warehouse, before: StoredFurniture, after: Sequence[FurnitureBlock], now: datetime
) -> tuple[str | None, bool]:
    if tuple(after) == before.blocks:
        return before.version, False
    version = version_of(after)
    # Dates that moved on alone make no other version: it is as old as its decisions.
    learned_at = before.learned_at if version == before.version and before.learned_at else now
    write_furniture(warehouse, version, after, learned_at)
    return version, True


def _site_page(article: SiteArticle) -> SitePage:
    return SitePage(article.page_id, article.fetch_date, rebuild_extracted(article.text, article.removals))


def _by_site(blocks: Sequence[FurnitureBlock]) -> dict[str, list[FurnitureBlock]]:
    found: dict[str, list[FurnitureBlock]] = {}
    for block in blocks:
        found.setdefault(block.site, []).append(block)
    return found


def _active(blocks: Sequence[FurnitureBlock]) -> dict[tuple[str, str], FurnitureBlock]:
    return {(block.site, block.block_id): block for block in blocks if not block.is_vetoed}
