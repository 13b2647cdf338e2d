"""Feeds and sitemaps as sites build them, and a web of them in memory, for the tests of discovery."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime

from flows.discovery.discover import discover
from flows.discovery.filters import UrlFilters
from flows.discovery.listing import Listing, ListingKind
from flows.discovery.report import DiscoveryReport
from flows.discovery.sources_file import Source
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchResult

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SITE = "https://www.harbourpost.example"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
SITEMAP_NS = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def item(link, title="The weir is mended", date="Sun, 22 Nov 2026 10:00:00 +0100", more=""):
    """Return an item of RSS."""
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate>{more}</item>"


def rss(*items):
    """Return a feed as a content system writes it, namespaces and all."""
    return (
        f'{XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f'<channel><title>Harbour Post</title><link>{SITE}/</link><atom:link href="{SITE}/rss" rel="self"/>'
        f"<language>en-GB</language>{''.join(items)}</channel></rss>"
    ).encode()


def urlset(*entries):
    """Return a sitemap of (address, inner XML) pairs, or of addresses alone."""
    pairs = [entry if isinstance(entry, tuple) else (entry, "") for entry in entries]
    urls = "".join(f"<url><loc>{loc}</loc>{more}</url>" for loc, more in pairs)
    return f"{XML}<urlset {SITEMAP_NS}>{urls}</urlset>".encode()


def index(*sitemaps):
    """Return a sitemap index of (address, lastmod or None) pairs."""
    parts = (
        f"<sitemap><loc>{loc}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>" for loc, day in sitemaps
    )
    return f"{XML}<sitemapindex {SITEMAP_NS}>{''.join(parts)}</sitemapindex>".encode()


class Web:
    """A web of fixed answers: bodies, statuses or failures by URL, with the log of what was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.log = []

    async def fetch(self, url):
        """Answer, and write it into the log."""
        self.log.append(url)
        await asyncio.sleep(0)
        answer = self.answers.get(url, FailureClass.NOT_FOUND)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, FailureClass):
            return FetchResult(url, url, NOON, status=404, failure=Failure(answer, f"it failed: {answer}"))
        headers = (("Content-Type", "application/xml"),)
        return FetchResult(url, url, NOON, status=200, headers=headers, body=answer)


def source(name="harbour-post", **fields):
    """Return a source."""
    return Source(name=name, **fields)


def run_discovery(answers, *sources, most=None, **filters):
    """Discover in a web of answers; the candidates, the report and the web. `most` closes the iterator after so many."""
    web = Web(answers)
    report = DiscoveryReport()

    async def collect():
        found = []
        stream = discover(sources, web.fetch, UrlFilters.of(**filters), report)
        async for candidate in stream:
            found.append(candidate)
            if len(found) == most:
                await stream.aclose()
                break
        return found

    return asyncio.run(asyncio.wait_for(collect(), 120)), report, web


def parse_or_die(body, _url, _charset):
    """Parse nothing; on a word die as a parser might."""
    if body.startswith(b"exit"):
        os._exit(3)
    if body.startswith(b"kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if body.startswith(b"eat"):
        bytearray(3 * 2**30)
    return Listing(ListingKind.RSS)
