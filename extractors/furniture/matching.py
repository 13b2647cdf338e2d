"""What was learned, ready for use: is this block furniture of this site? One look-up a block.

Learning is in `extractors.furniture.learning`; what a match is worth is decided in `extractors.strip`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from extractors.furniture.edges import mark_beside, mark_edges
from extractors.furniture.lines import block_key, is_short_line
from extractors.records import FurnitureBlock


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of one block; of `site_group_count` different articles `group_count` hold it."""

    block_id: str
    group_count: int
    site_group_count: int
    is_edge_bound: bool


@dataclass(frozen=True, slots=True)
class SiteFurniture:
    """The furniture of one site by `block_id`. `version` stands for all that decides on a page of it."""

    version: str
    blocks: dict[str, Learned]

    def match(self, texts: Sequence[str]) -> list[Learned | None]:
        """Return for each block of a text what is known of it, None where it is no furniture.

        A block bound to the edges counts only there, or beside a block that counts.
        """
        found = [self.blocks.get(key) if (key := block_key(text)) else None for text in texts]
        bound = [learned is not None and learned.is_edge_bound for learned in found]
        if not any(bound):
            return found
        edges = mark_edges([learned is not None for learned in found], [is_short_line(text) for text in texts])
        counts = [
            learned is not None and (not learned.is_edge_bound or edges[index]) for index, learned in enumerate(found)
        ]
        for _block in found:
            grown = [
                counted or (is_bound and beside)
                for counted, is_bound, beside in zip(counts, bound, mark_beside(counts), strict=True)
            ]
            if grown == counts:
                break
            counts = grown
        return [learned if counted else None for learned, counted in zip(found, counts, strict=True)]


@dataclass(frozen=True, slots=True)
class FurnitureSet:
    """The furniture of all sites, but for vetoed blocks. `version` stands for the whole of it, vetoes included."""

    version: str | None = None
    sites: dict[str, SiteFurniture] = field(default_factory=dict)

    def for_site(self, site: str | None) -> SiteFurniture | None:
        """Return the furniture of a site, None where nothing is known."""
        return self.sites.get(site) if site is not None else None

    @property
    def site_versions(self) -> Mapping[str, str]:
        """The version of each site's furniture."""
        return MappingProxyType({site: furniture.version for site, furniture in self.sites.items()})


def furniture_set_of(blocks: Iterable[FurnitureBlock]) -> FurnitureSet:
    """Return blocks ready for use. The order of the blocks makes no difference."""
    ordered = sorted(blocks, key=lambda block: (block.site, block.block_id))
    by_site: dict[str, list[FurnitureBlock]] = {}
    for block in ordered:
        if not block.is_vetoed:
            by_site.setdefault(block.site, []).append(block)
    sites = {
        site: SiteFurniture(
            version_of(found),
            {
                block.block_id: Learned(
                    block.block_id, block.group_count, block.site_group_count, is_edge_bound=block.is_edge_bound
                )
                for block in found
            },
        )
        for site, found in by_site.items()
    }
    return FurnitureSet(version_of(ordered) if ordered else None, sites)


def version_of(blocks: Iterable[FurnitureBlock]) -> str:
    """Return 12 hex digits that stand for what the blocks decide: not for their dates, page counts or samples."""
    digest = hashlib.sha256()
    for block in sorted(blocks, key=lambda block: (block.site, block.block_id)):
        counts = f"{block.group_count}/{block.site_group_count}"
        digest.update(
            f"{block.site}\0{block.block_id}\0{counts}\0{block.is_edge_bound:d}{block.is_vetoed:d}\n".encode()
        )
    return digest.hexdigest()[:12]
