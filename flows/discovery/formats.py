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
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]{1,40})[\"']")
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
        body, charset = _sound_utf8(_FALSE_UTF16.sub(rb"\1utf-8", body, count=1), charset)
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


def _sound_utf8(body: bytes, charset: str | None) -> tuple[bytes, str | None]:
    """Return a document that is meant to be UTF-8 as UTF-8, with the charset to go by; any other as it is.

    Where a few bytes are wrong, or all those beyond ASCII are, parsers guess an encoding for the whole document, and by
    other guesses on other machines. What is UTF-8 and says so is, whatever a server's default header claims.
    """
    declared = _DECLARED.search(body[:_HEAD_BYTES])
    if declared and declared.group(1).lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        return body, charset
    text = body.decode("utf-8", "replace")
    wrong_count = text.count("\ufffd")
    if wrong_count == 0:
        return body, None
    if charset and charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        return body, charset
    right_count = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return (text if wrong_count <= right_count else body.decode("cp1252", "replace")).encode(), None


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
