"""What becomes of a site's furniture when it is learned again: vetoes stay, and nothing changes for nothing.

Pure functions of what was known and what was learned now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from extractors.records import FurnitureBlock


def merge_learned(
    known: Sequence[FurnitureBlock], learned: Sequence[FurnitureBlock], since: date | None = None
) -> tuple[FurnitureBlock, ...]:
    """Return the furniture of one site: what was learned now, with what must be kept of what was known.

    Kept are vetoes, with or without their block, and blocks last seen before `since`, whose pages were not read. Where
    the same blocks were learned again the counts stay as they were: one more article would otherwise make all pages
    of the site stale.
    """
    by_id = {block.block_id: block for block in known}
    vetoed = {block.block_id for block in known if block.is_vetoed}
    found = {block.block_id: replace(block, is_vetoed=block.block_id in vetoed) for block in learned}
    for block in known:
        was_not_read = since is not None and block.last_seen_date < since
        if block.block_id not in found and (block.is_vetoed or was_not_read):
            found[block.block_id] = block
    if _decisions(found.values()) == _decisions(known):
        found = {key: _seen_again(by_id[key], block) for key, block in found.items()}
    return tuple(found[key] for key in sorted(found))


def _decisions(blocks: Iterable[FurnitureBlock]) -> set[tuple[str, bool]]:
    return {(block.block_id, block.is_edge_bound) for block in blocks}


def _seen_again(known: FurnitureBlock, learned: FurnitureBlock) -> FurnitureBlock:
    return replace(
        known,
        page_count=learned.page_count,
        first_seen_date=min(known.first_seen_date, learned.first_seen_date),
        last_seen_date=max(known.last_seen_date, learned.last_seen_date),
    )
