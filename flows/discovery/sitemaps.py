"""Sitemaps: sets of URLs, news sitemaps, indexes, plain lists, and the Sitemap lines of robots.txt. Pure functions.

lxml reads them, with no entity expanded, nothing loaded from elsewhere and its limits on depth and size kept:
ultimate-sitemap-parser took 15 times as long for 50,000 URLs, and keeps of an index neither dates nor children
without fetching them itself.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree
from protego import Protego

from flows.discovery.listing import (
    Entry,
    Listing,
    ListingError,
    ListingKind,
    SubSitemap,
    is_cut_off,
    number_ampersands,
    parse_moment,
    plain_title,
)
from flows.discovery.urls import joined

_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ROOT = re.compile(rb"<(?:\?xml|(?:[A-Za-z_][\w.-]{0,40}:)?(?:urlset|sitemapindex)\b)")
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_ROBOTS_BYTES = 512 * 1024


def parse_sitemap(body: bytes, url: str) -> Listing:
    """Read a sitemap or a sitemap index, whole or damaged; `url` is where it came from.

    Raises ListingError for anything else.
    """
    try:
        return _read(_whole_elements(body), url)
    except etree.XMLSyntaxError as error:
        trouble = f"not well-formed ({' '.join(str(error.msg).split())[:200]})"
    try:
        listing = _read(_recovered_elements(_repaired(body)), url)
    except etree.XMLSyntaxError:
        raise ListingError(f"no sitemap: {trouble}") from None
    entries, sitemaps = listing.entries, listing.sitemaps
    if is_cut_off(body, (b"urlset", b"sitemapindex")):
        entries, sitemaps, trouble = entries[:-1], sitemaps[:-1], f"breaks off: {trouble}"
    if not entries and not sitemaps:
        raise ListingError(f"no sitemap: {trouble}")
    return replace(listing, entries=entries, sitemaps=sitemaps, trouble=trouble)


def _repaired(body: bytes) -> bytes:
    """Return the document from its beginning on, without what recovery would take the wrong way."""
    root = _ROOT.search(body)
    # Only where a byte is a character: in UTF-16 this would tear characters apart.
    if root is None:
        return body
    return number_ampersands(_NOT_XML.sub(b"", body[root.start() :]))


def _read(elements: Iterator[Any], url: str) -> Listing:
    """Read elements, the first of which is the root; those of `<url>` and `<sitemap>` count."""
    kind = _kind_of(_name(next(elements)))
    entries: list[Entry] = []
    sitemaps: list[SubSitemap] = []
    unusable = 0
    for element in elements:
        found = _entry(element, url) if _name(element) == "url" else _sub_sitemap(element, url)
        if isinstance(found, Entry):
            entries.append(found)
        elif found:
            sitemaps.append(found)
        else:
            unusable += 1
    return Listing(kind, tuple(entries), tuple(sitemaps), unusable_count=unusable)


def _kind_of(root: str) -> ListingKind:
    if root not in {"urlset", "sitemapindex"}:
        raise ListingError(f"no sitemap: a document of <{root[:40]}>")
    return ListingKind.SITEMAP_INDEX if root == "sitemapindex" else ListingKind.SITEMAP


def _whole_elements(body: bytes) -> Iterator[Any]:
    """Yield the root as it opens, then each entry as it is read, and forget it."""
    is_first = True
    for event, element in etree.iterparse(io.BytesIO(body), events=("start", "end"), **_SAFE):
        if is_first:
            is_first = False
            yield element
        elif event == "end" and _name(element) in {"url", "sitemap"}:
            yield element
            _forget(element)


def _recovered_elements(body: bytes) -> Iterator[Any]:
    """Yield the root and each entry of a document that is not well-formed: whole, since elements may be left open."""
    root = etree.fromstring(body, etree.XMLParser(recover=True, **_SAFE))
    if root is None:
        raise ListingError("no sitemap: no element in it")
    yield root
    yield from root.iter("{*}url", "{*}sitemap")


def _forget(element: Any) -> None:
    """Free what was read: a sitemap of 50 MB would be a tree of ten times that."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _text(element: Any) -> str | None:
    # An entity inside is left unexpanded, and the text before it would be another address.
    return (element.text or "").strip() or None if len(element) == 0 else None


def _children(element: Any) -> dict[str, str | None]:
    """Return the texts of an element's own children by name, the first of each name."""
    found: dict[str, str | None] = {}
    for child in element:
        found.setdefault(_name(child), _text(child))
    return found


def _entry(element: Any, base: str) -> Entry | None:
    own = _children(element)
    address = joined(base, own.get("loc"))
    if address is None:
        return None
    news: dict[str, str | None] = {}
    for child in element:
        if _name(child) == "news":
            news = _children(child)
            for grandchild in child:
                if _name(grandchild) == "publication":
                    news |= {"language": _children(grandchild).get("language")}
            break
    return Entry(
        url=address,
        title=plain_title(news.get("title")),
        published_at=parse_moment(news.get("publication_date")),
        modified_at=parse_moment(own.get("lastmod")),
        language=news.get("language"),
    )


def _sub_sitemap(element: Any, base: str) -> SubSitemap | None:
    own = _children(element)
    address = joined(base, own.get("loc"))
    return SubSitemap(address, parse_moment(own.get("lastmod"))) if address else None


def parse_url_list(text: str) -> Listing:
    """Read a list of URLs, one a line; blank lines and those that begin with `#` are passed over.

    A line that is no address counts as unusable.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    urls = [line for line in named if re.match(r"https?://\S+$", line, re.IGNORECASE)]
    return Listing(ListingKind.URL_LIST, tuple(Entry(url) for url in urls), unusable_count=len(named) - len(urls))


def parse_robots_sitemaps(body: bytes, url: str) -> tuple[str, ...]:
    """Return the addresses in the Sitemap lines of a robots.txt, each once, in order."""
    robots = Protego.parse(body[:_ROBOTS_BYTES].decode("utf-8-sig", "replace"))
    addresses = (joined(url, line) for line in robots.sitemaps)
    return tuple(dict.fromkeys(address for address in addresses if address))
