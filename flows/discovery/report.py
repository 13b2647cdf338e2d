"""What a discovery tells of itself: counts by source, and everything that went wrong. Values only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from flows.discovery.filters import DropReason


@dataclass(frozen=True, slots=True)
class DiscoveryProblem:
    """A listing that could not be read (`is_lost`), or was read with something wrong. `message` is one line.

    `is_transient`: another run may have more luck.
    """

    source: str
    found_in: str
    message: str
    is_lost: bool = True
    is_transient: bool = False


@dataclass(slots=True)
class SourceCounts:
    """What a source gave: its listings, their entries, and of these the candidates and the others by reason.

    Entries are candidates, dropped, or unusable for they name no address. `old_sitemap_count` is the number of
    sitemaps that were not read because their index dates them before what is wanted.
    """

    listing_count: int = 0
    lost_listing_count: int = 0
    old_sitemap_count: int = 0
    entry_count: int = 0
    unusable_count: int = 0
    candidate_count: int = 0
    dropped: Counter[DropReason] = field(default_factory=Counter)


@dataclass(slots=True)
class DiscoveryReport:
    """The sum of a discovery, by source."""

    sources: dict[str, SourceCounts] = field(default_factory=dict)
    problems: list[DiscoveryProblem] = field(default_factory=list)

    def of(self, source: str) -> SourceCounts:
        """Return the counts of a source."""
        return self.sources.setdefault(source, SourceCounts())
