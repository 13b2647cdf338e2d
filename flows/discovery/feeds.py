"""Feeds: RSS and Atom through feedparser, JSON Feed as its specification has it. Pure functions on bytes.

feedparser was chosen over two faster parsers because it reads what they lose: of 33 damaged feeds the others dropped
entries, or made other addresses of those with a bare ampersand. It takes 0.3 ms an entry, and on some hostile documents
minutes: what calls it gives it a deadline (`flows.discovery.parsing`).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax import SAXException, SAXParseException

import feedparser

from flows.discovery.listing import (
    Entry,
    Listing,
    ListingError,
    ListingKind,
    escape_ampersands,
    is_cut_off,
    parse_moment,
    plain_title,
)
from flows.discovery.urls import joined


def parse_feed(body: bytes, url: str, charset: str | None = None) -> Listing:
    """Read a feed in RSS (all versions, RDF too) or Atom, whole or damaged.

    `url` is where it came from: relative links are joined to it, or to the document's own base. `charset` is that of
    the HTTP header. Raises ListingError for anything that is no feed.
    """
    parsed = _parsed(body, url, charset)
    error = parsed.get("bozo_exception") if parsed.bozo else None
    trouble = f"not well-formed ({_said(error)})" if isinstance(error, SAXException) else None
    if trouble:
        repaired = escape_ampersands(body)
        parsed = _parsed(repaired, url, charset) if repaired != body else parsed
    version = str(parsed.get("version") or "")
    if not version and not parsed.entries:
        raise ListingError("no feed: neither RSS nor Atom")
    language = _text(parsed.feed.get("language"))
    entries = tuple(_feed_entries(parsed.entries, url, language))
    if trouble and is_cut_off(body, (b"rss", b"feed", b"rdf")):
        entries, trouble = entries[:-1], f"breaks off: {trouble}"
    kind = ListingKind.ATOM if version.startswith("atom") else ListingKind.RSS
    return Listing(kind, entries, trouble=trouble, unusable_count=len(parsed.entries) - len(entries))


def _parsed(body: bytes, url: str, charset: str | None) -> Any:
    # As a stream: given bytes, feedparser first tries to open a file of that name.
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={
            "content-location": url,
            "content-type": f"application/xml; charset={charset}" if charset else "application/xml",
        },
        sanitize_html=False,
        resolve_relative_uris=True,
    )


def _feed_entries(items: list[Mapping[str, Any]], url: str, language: str | None) -> Iterator[Entry]:
    for item in items:
        # A plain dict: feedparser's own answers for a date that is absent with another one.
        fields = dict(item)
        address = joined(url, _text(fields.get("feedburner_origlink")) or _text(fields.get("link")))
        if address is None:
            continue
        details = fields.get("title_detail") or {}
        yield Entry(
            url=address,
            title=plain_title(fields.get("title")),
            published_at=parse_moment(_text(fields.get("published"))),
            modified_at=parse_moment(_text(fields.get("updated"))),
            language=_text(details.get("language")) or language,
        )


def parse_json_feed(body: bytes, url: str) -> Listing:
    """Read a JSON Feed, version 1 or 1.1. Raises ListingError for anything else."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ListingError(f"no feed: broken JSON ({_one_line(error)})") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ListingError("no feed: JSON without the list `items` of a JSON Feed")
    language = _text(feed.get("language"))
    entries = tuple(_json_entries(feed["items"], url, language))
    is_declared = "jsonfeed.org/version/" in str(feed.get("version"))
    return Listing(
        ListingKind.JSON_FEED,
        entries,
        trouble=None if is_declared else "does not say that it is a JSON Feed",
        unusable_count=len(feed["items"]) - len(entries),
    )


def _json_entries(items: list[Any], url: str, language: str | None) -> Iterator[Entry]:
    for item in items:
        if not isinstance(item, dict):
            continue
        own_id = _text(item.get("id")) or ""
        # The id of an item is its permanent address, by the specification ideally a URL.
        link = _text(item.get("url")) or (own_id if own_id.startswith(("http://", "https://")) else None)
        address = joined(url, link or _text(item.get("external_url")))
        if address is not None:
            yield Entry(
                url=address,
                title=plain_title(item.get("title")),
                published_at=parse_moment(_text(item.get("date_published"))),
                modified_at=parse_moment(_text(item.get("date_modified"))),
                language=_text(item.get("language")) or language,
            )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _said(error: SAXException) -> str:
    if not isinstance(error, SAXParseException):
        return _one_line(error)
    return f"line {error.getLineNumber()}, column {error.getColumnNumber()}: {_one_line(error.getMessage())}"


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
