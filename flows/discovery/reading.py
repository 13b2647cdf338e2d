"""The listings of one source, fetched and parsed one after the other: feeds, sitemaps with those they name, lists.

What becomes of their entries is in `flows.discovery.choosing`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

from extractors.identity import site_of
from flows.discovery.listing import Listing, ListingError, ListingKind, SubSitemap
from flows.discovery.parsing import ListingParser
from flows.discovery.report import DiscoveryProblem, DiscoveryReport
from flows.discovery.sitemaps import parse_robots_sitemaps, parse_url_list
from flows.discovery.sources_file import Source, is_web
from flows.fetching.messages import FetchResult
from flows.sources.http_message import parse_content_type

Fetch = Callable[[str], Awaitable[FetchResult]]

# An index in an index is against the protocol and found all the same; deeper is a trap.
_INDEX_DEPTH = 3
_SITEMAPS = frozenset({ListingKind.SITEMAP, ListingKind.SITEMAP_INDEX})


def robots_url(source: Source) -> str:
    """Return the address of the robots.txt of a source's homepage."""
    return urljoin(source.homepage or "", "/robots.txt")


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads one source. `report` is filled on the way, `tell` is called with what could not be read."""

    source: Source
    fetch: Fetch
    parser: ListingParser
    report: DiscoveryReport
    tell: Callable[[DiscoveryProblem], None]

    async def listings(self, since: datetime | None = None) -> AsyncIterator[tuple[str, Listing]]:
        """Yield each listing of the source that can be read, with its address or the path of its file.

        Sitemaps that their index dates before `since` are not fetched; of the others the newest come first.
        """
        async for found in self._web_listings(since):
            yield found
        for path in (Path(place) for place in self.source.url_lists if not is_web(place)):
            listing = await self._read_file(path)
            if listing:
                yield path.name, listing

    async def _web_listings(self, since: datetime | None) -> AsyncIterator[tuple[str, Listing]]:
        first = (*self.source.listing_urls, *await self.robots_sitemaps())
        waiting = deque((url, 0) for url in first)
        known = set(first)
        sitemap_count = 0
        while waiting:
            url, depth = waiting.popleft()
            if depth and sitemap_count >= self.source.max_sitemaps:
                self._problem(url, f"this sitemap and {len(waiting)} more are not read: max_sitemaps", is_lost=False)
                return
            listing = await self.read(url)
            if listing is None:
                continue
            yield url, listing
            sitemap_count += listing.kind in _SITEMAPS
            for child in self._wanted_children(listing.sitemaps, url, since):
                if child.url not in known and depth < _INDEX_DEPTH:
                    known.add(child.url)
                    waiting.append((child.url, depth + 1))

    def _wanted_children(
        self, sitemaps: Iterable[SubSitemap], index_url: str, since: datetime | None
    ) -> list[SubSitemap]:
        """Return the sitemaps of an index that are worth fetching, the newest first, those without a date before."""
        wanted = []
        own_sites = {site_of(index_url), *(site_of(f"https://{host}/") for host in self.source.sites)}
        for sitemap in sitemaps:
            if site_of(sitemap.url) not in own_sites:
                self._problem(index_url, f"names a sitemap of another site: {sitemap.url[:200]}", is_lost=False)
            elif since and sitemap.modified_at and sitemap.modified_at + timedelta(days=1) < since:
                self.report.of(self.source.name).old_sitemap_count += 1
            else:
                wanted.append(sitemap)
        dated = [(sitemap.modified_at, sitemap) for sitemap in wanted if sitemap.modified_at]
        dated.sort(key=lambda pair: pair[0], reverse=True)
        return [sitemap for sitemap in wanted if sitemap.modified_at is None] + [sitemap for _, sitemap in dated]

    async def robots_sitemaps(self) -> tuple[str, ...]:
        """Return the sitemaps that the robots.txt of the source's homepage names, where the source asks for them."""
        if not self.source.sitemaps_from_robots:
            return ()
        url = robots_url(self.source)
        result = await self.fetch(url)
        if result.failure is not None:
            self._problem(url, result.failure.detail, is_transient=result.failure.is_transient)
            return ()
        sitemaps = parse_robots_sitemaps(result.body, url)
        if not sitemaps:
            self._problem(url, "names no sitemap")
        return sitemaps

    async def read(self, url: str) -> Listing | None:
        """Fetch and parse one listing; None when that failed, which is told, or when nothing is new."""
        result = await self.fetch(url)
        if result.failure is not None:
            self._problem(url, result.failure.detail, is_transient=result.failure.is_transient)
            return None
        if result.is_not_modified:
            return None
        _, charset = parse_content_type(result.header("content-type"))
        try:
            listing = await self.parser.parse(result.body, result.final_url, charset)
        except ListingError as error:
            self._problem(url, str(error))
            return None
        return self._counted(url, listing)

    async def _read_file(self, path: Path) -> Listing | None:
        try:
            text = await asyncio.to_thread(path.read_text, encoding="utf-8-sig", errors="replace")
        except OSError as error:
            self._problem(path.name, f"cannot be read: {error.strerror or error}")
            return None
        return self._counted(path.name, parse_url_list(text))

    def _counted(self, found_in: str, listing: Listing) -> Listing:
        counts = self.report.of(self.source.name)
        counts.listing_count += 1
        counts.entry_count += len(listing.entries)
        counts.unusable_count += listing.unusable_count
        if listing.trouble:
            self._problem(found_in, listing.trouble, is_lost=False)
        elif listing.unusable_count:
            self._problem(found_in, f"{listing.unusable_count} entries name no address", is_lost=False)
        return listing

    def _problem(self, found_in: str, message: str, *, is_lost: bool = True, is_transient: bool = False) -> None:
        self.report.of(self.source.name).lost_listing_count += is_lost
        problem = DiscoveryProblem(self.source.name, found_in, message, is_lost, is_transient)
        self.report.problems.append(problem)
        self.tell(problem)
