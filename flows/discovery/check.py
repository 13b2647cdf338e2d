"""Do the sources answer: each listing fetched and read once, without going into what it lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.discovery.candidates import Candidate
from flows.discovery.choosing import Chooser
from flows.discovery.filters import UrlFilters
from flows.discovery.listing import Listing
from flows.discovery.parsing import ListingParser
from flows.discovery.reading import Fetch, SourceReader, robots_url
from flows.discovery.report import DiscoveryReport
from flows.discovery.sources_file import Source

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class ListingCheck:
    """What one listing answered. `trouble` is what was wrong, in one line; `is_ok` says that it could be read.

    `wanted_count` is how many of its entries are candidates by the rules of the source; `sitemap_count` how many
    further sitemaps it names; `newest_at` the newest date that it gives to a page.
    """

    source: str
    url: str
    is_ok: bool
    kind: str | None = None
    entry_count: int = 0
    wanted_count: int = 0
    sitemap_count: int = 0
    newest_at: datetime | None = None
    trouble: str | None = None


async def check_sources(sources: Sequence[Source], fetch: Fetch) -> AsyncIterator[ListingCheck]:
    """Yield a check of every listing on the web that the sources name, as they answer."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def check(source: Source, parser: ListingParser) -> list[ListingCheck]:
        async with gate:
            return [found async for found in _check_source(source, fetch, parser)]

    async with ListingParser() as parser:
        tasks = [asyncio.create_task(check(source, parser)) for source in sources]
        try:
            for done in asyncio.as_completed(tasks):
                for found in await done:
                    yield found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _check_source(source: Source, fetch: Fetch, parser: ListingParser) -> AsyncIterator[ListingCheck]:
    report = DiscoveryReport()
    reader = SourceReader(source, fetch, parser, report, lambda _problem: None)
    if source.sitemaps_from_robots:
        url = robots_url(source)
        sitemaps = await reader.robots_sitemaps()
        trouble = _trouble(report, url)
        yield ListingCheck(source.name, url, bool(sitemaps), "robots.txt", sitemap_count=len(sitemaps), trouble=trouble)
    for url in source.listing_urls:
        listing = await reader.read(url)
        trouble = _trouble(report, url)
        if listing is None:
            yield ListingCheck(source.name, url, is_ok=False, trouble=trouble)
        else:
            yield _found(source, url, listing, trouble)


def _found(source: Source, url: str, listing: Listing, trouble: str | None) -> ListingCheck:
    chooser = Chooser.of(source, UrlFilters())
    chosen = [chooser.choose(entry, listing.kind, url) for entry in listing.entries]
    moments = [moment for entry in listing.entries for moment in (entry.published_at, entry.modified_at) if moment]
    return ListingCheck(
        source=source.name,
        url=url,
        is_ok=True,
        kind=listing.kind.value,
        entry_count=len(listing.entries),
        wanted_count=sum(isinstance(one, Candidate) for one in chosen),
        sitemap_count=len(listing.sitemaps),
        newest_at=max(moments, default=None),
        trouble=trouble,
    )


def _trouble(report: DiscoveryReport, url: str) -> str | None:
    return next((problem.message for problem in report.problems if problem.found_in == url), None)
