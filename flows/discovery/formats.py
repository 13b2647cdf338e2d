"""What a body is: which format of feed or sitemap, told from its bytes, gzip undone first. Pure functions.

Neither the name nor the declared type is believed: feeds come as text/html, sitemaps as .xml.gz that is not gzip.
"""

from __future__ import annotations

import re

from extractors.records import RejectReason
from flows.discovery.feeds import parse_feed, parse_json_feed
from flows.discovery.listing import Listing, ListingError
from flows.discovery.sitemaps import parse_sitemap, parse_url_list
from flows.sources.codings import undo_codings

MAX_LISTING_BYTES = 64 * 1024 * 1024
"""Most bytes of a listing, once unpacked: the sitemap protocol allows 50 MB."""

_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 4096
_SITEMAP = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:urlset|sitemapindex)\b")
_FEED = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(?:rss|feed|RDF|channel)\b", re.IGNORECASE)
# Written by programs that hold text as UTF-16 and send it as UTF-8.
_FALSE_UTF16 = re.compile(rb"(<\?xml[^>]{0,100}?encoding=[\"'])utf-?16[lb]?e?(?=[\"'])", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def parse_listing(body: bytes, url: str, charset: str | None = None) -> Listing:
    """Read a body as whatever listing it is: feed, sitemap, index or list of URLs.

    `url` is where it came from, `charset` that of the HTTP header. Raises ListingError when it is none of them.
    """
    body = _unpacked(body)
    stripped = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not stripped:
        raise ListingError("empty")
    if stripped[:1] in {b"{", b"["}:
        return parse_json_feed(body, url)
    # In UTF-16 every other byte is zero.
    head = stripped[:_HEAD_BYTES].replace(b"\x00", b"")
    if b"\x00" not in stripped[:_HEAD_BYTES]:
        body = _FALSE_UTF16.sub(rb"\1utf-8", body, count=1)
    sitemap, feed, page = _SITEMAP.search(head), _FEED.search(head), _HTML.search(head)
    if sitemap and not (feed and feed.start() < sitemap.start()):
        return parse_sitemap(body, url)
    if page and not feed:
        raise ListingError("an HTML page, neither feed nor sitemap")
    if head.startswith(b"<") or feed:
        return parse_feed(body, url, charset)
    listed = parse_url_list(body.decode("utf-8", "replace"))
    if not listed.entries:
        raise ListingError("neither feed nor sitemap nor list of URLs")
    return listed


def _unpacked(body: bytes) -> bytes:
    """Undo gzip, twice if need be: some servers pack what is packed. Raises ListingError."""
    for _ in range(2):
        if not body.startswith(_GZIP):
            break
        decoded = undo_codings(body, "", "gzip", MAX_LISTING_BYTES)
        if decoded.defect is RejectReason.TOO_LARGE:
            raise ListingError(f"more than {MAX_LISTING_BYTES:,} bytes once unpacked")
        if decoded.defect is not None:
            raise ListingError(f"broken gzip: {decoded.detail}")
        body = decoded.body
    if len(body) > MAX_LISTING_BYTES:
        raise ListingError(f"{len(body):,} bytes; the limit is {MAX_LISTING_BYTES:,}")
    return body
