"""What a feed, a sitemap or a list of URLs says, whatever its format: entries, further sitemaps, and what was wrong.

Values, and the reading of single dates and titles. The formats are in `feeds` and `sitemaps`; addresses are here as the
listing writes them, joined to its own address, and become canonical in `urls`.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from extractors.metadata.date_parser import parse_date

_TITLE_CHARS = 500
# Markup and entities make a title longer than it reads; what is cut here is never shown.
_TITLE_SOURCE_CHARS = 4_000
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")

_CDATA = rb"<!\[CDATA\[.*?\]\]>"
_NUMBER = rb"#\d{1,7};|#[xX][0-9a-fA-F]{1,6};"
_BARE = re.compile(_CDATA + rb"|&(?!" + _NUMBER + rb"|[a-zA-Z][a-zA-Z0-9]{0,31};)", re.DOTALL)
_NOT_BY_NUMBER = re.compile(_CDATA + rb"|&(?:amp|lt|gt|quot|apos);|&(?!" + _NUMBER + rb")", re.DOTALL)
_NUMBERS = {
    b"&": b"&#38;",
    b"&amp;": b"&#38;",
    b"&lt;": b"&#60;",
    b"&gt;": b"&#62;",
    b"&quot;": b"&#34;",
    b"&apos;": b"&#39;",
}


class ListingKind(StrEnum):
    """What a listing is."""

    RSS = "RSS"
    ATOM = "Atom"
    JSON_FEED = "JSON Feed"
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap index"
    URL_LIST = "URL list"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page that a listing names. `url` is absolute; times are in UTC, None where the listing is silent."""

    url: str
    title: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SubSitemap:
    """A sitemap that an index names."""

    url: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing that was read. `trouble` says in one line what was wrong with it, where it was read all the same.

    `unusable_count` is the number of entries that name no address.
    """

    kind: ListingKind
    entries: tuple[Entry, ...] = ()
    sitemaps: tuple[SubSitemap, ...] = ()
    trouble: str | None = None
    unusable_count: int = 0


class ListingError(Exception):
    """What was fetched is no listing, or cannot be read as one. The message is one line."""


def parse_moment(raw: str | None) -> datetime | None:
    """Read a date as listings write it, into UTC; one without a zone is taken as UTC.

    None for what is no date. Dates before 1990 are none: they are the zero of somebody's clock.
    """
    parsed = parse_date(raw)
    return parsed.at if parsed else None


def plain_title(raw: object) -> str | None:
    """Return a title in one line without markup and entities, at most 500 characters; None where nothing is left."""
    if not isinstance(raw, str):
        return None
    text = html.unescape(_MARKUP.sub("", raw[:_TITLE_SOURCE_CHARS]))
    return " ".join(text.split())[:_TITLE_CHARS] or None


def is_cut_off(body: bytes, roots: tuple[bytes, ...]) -> bool:
    """Tell that an XML document ends before its root element does: its last entry may be half an address."""
    tail = body[-2_000:].replace(b"\x00", b"").lower()
    return not any(re.search(rb"</(?:[\w.-]{1,40}:)?" + root + rb"\s*>", tail) for root in roots)


def escape_ampersands(body: bytes) -> bytes:
    """Return a document in which each ampersand that begins no reference is written as one; HTML's entities are some.

    Parsers that recover make other addresses of them: `?a=1&b=2` becomes `?a=1=2`, and `&copy=` a sign. CDATA stays as
    it is, and so does what is not ASCII-compatible.
    """
    if _is_wide(body):
        return body
    return _BARE.sub(lambda found: b"&amp;" if found.group() == b"&" else found.group(), body)


def number_ampersands(body: bytes) -> bytes:
    """Return a document in which XML's own references stand as numbers, and every other ampersand as one.

    libxml2's recovery drops even `&amp;` once it has met an error, and keeps `&#38;`. CDATA stays as it is, and so does
    what is not ASCII-compatible.
    """
    if _is_wide(body):
        return body
    return _NOT_BY_NUMBER.sub(lambda found: _NUMBERS.get(found.group(), found.group()), body)


def _is_wide(body: bytes) -> bool:
    return b"\x00" in body[:100]
