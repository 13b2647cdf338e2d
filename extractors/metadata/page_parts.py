"""What of a page can hold metadata, collected in one pass over its tree: tags and attributes, not yet understood.

The modules of the single fields read from here and never walk the tree themselves. Nothing here changes the tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

_MAX_ITEMS = 2_000
_MAX_ITEMPROPS = 200
_ITEMPROPS = etree.XPath(
    "//*[@itemprop and not(self::meta) and not(self::link)]"
    "[contains('|datePublished|dateModified|author|isAccessibleForFree|',"
    " concat('|', normalize-space(@itemprop), '|'))]",
    smart_strings=False,
)
_ASIDE = re.compile(
    r"related|comment|sidebar|recommend|teaser|more-|footer|widget|popular|trending|ticker", re.IGNORECASE
)
_TAGS = ("meta", "link", "script", "title", "h1", "time", "a")


@dataclass(frozen=True, slots=True)
class TimeTag:
    """A `<time>` element: what it says to machines, what it shows, and where it stands."""

    stamp: str | None
    shown: str
    label: str
    is_after_heading: bool
    is_aside: bool


@dataclass(frozen=True, slots=True)
class PageParts:
    """The metadata-bearing parts of a page. Keys are lower-case; values are as written, in the page's order."""

    metas: dict[str, tuple[str, ...]]
    links: tuple[tuple[str, str], ...]
    scripts: tuple[str, ...]
    itemprops: dict[str, tuple[str, ...]]
    anchors: tuple[tuple[str, str, str], ...]
    times: tuple[TimeTag, ...]
    titles: tuple[str, ...]
    headings: tuple[str, ...]
    html_lang: str | None

    def meta(self, *names: str) -> list[str]:
        """Return the contents of the named meta tags, in the order of the names."""
        return [content for name in names for content in self.metas.get(name, ())]


def collect_parts(tree: HtmlElement) -> PageParts:
    """Collect what may hold metadata from a whole page."""
    root = tree.getroottree().getroot()
    collector = _Collector()
    for element in root.iter(*_TAGS):
        collector.take(element)
    for element in cast("list[HtmlElement]", _ITEMPROPS(root))[:_MAX_ITEMPROPS]:
        collector.take_itemprop(element)
    return PageParts(
        metas={name: tuple(values) for name, values in collector.metas.items()},
        links=tuple(collector.links),
        scripts=tuple(collector.scripts),
        itemprops={name: tuple(values) for name, values in collector.itemprops.items()},
        anchors=tuple(collector.anchors),
        times=tuple(collector.times),
        titles=tuple(collector.titles),
        headings=tuple(collector.headings),
        html_lang=root.get("lang") or root.get("xml:lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
    )


def text_of(element: HtmlElement, limit: int = 1_000) -> str:
    """Return the first `limit` characters of an element's text, its pieces set apart by spaces."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        pieces.append(str(piece))
        size += len(piece)
        if size >= limit:
            break
    return " ".join(" ".join(pieces).split())[:limit]


class _Collector:
    """Grows the parts while the tree is walked."""

    def __init__(self) -> None:
        self.metas: dict[str, list[str]] = {}
        self.links: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.itemprops: dict[str, list[str]] = {}
        self.anchors: list[tuple[str, str, str]] = []
        self.times: list[TimeTag] = []
        self.titles: list[str] = []
        self.headings: list[str] = []

    def take(self, element: HtmlElement) -> None:
        """Take what one of the collected elements holds."""
        match element.tag:
            case "meta":
                self._take_meta(element)
            case "link" | "a":
                self._take_link(element)
            case "script":
                if "ld+json" in (element.get("type") or "").lower() and element.text:
                    self.scripts.append(element.text)
            case "time":
                self._take_time(element)
            case "title" | "h1":
                self._take_title(element)

    def _take_title(self, element: HtmlElement) -> None:
        parent = element.getparent()
        if element.tag == "h1":
            self.headings.append(text_of(element))
        elif parent is None or parent.tag in {"head", "html", "body"}:
            # An SVG image has titles too.
            self.titles.append(text_of(element))

    def _take_link(self, element: HtmlElement) -> None:
        rel = (element.get("rel") or "").lower()
        if element.tag == "link":
            if len(self.links) < _MAX_ITEMS:
                self.links.append((rel, element.get("href") or ""))
        elif rel and any(word in rel for word in ("author", "tag", "license")) and len(self.anchors) < _MAX_ITEMS:
            self.anchors.append((rel, element.get("href") or "", text_of(element, 200)))

    def _take_meta(self, element: HtmlElement) -> None:
        content = element.get("content") or element.get("value")
        if not content or len(self.metas) >= _MAX_ITEMS:
            return
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            for name in (element.get(attribute) or "").lower().split(","):
                if name.strip():
                    prefix = "itemprop:" if attribute == "itemprop" else ""
                    self.metas.setdefault(prefix + name.strip(), []).append(content)

    def _take_time(self, element: HtmlElement) -> None:
        if len(self.times) >= 200:
            return
        label = " ".join(element.get(a) or "" for a in ("itemprop", "class", "id", "pubdate")).lower()
        if element.get("pubdate") is not None:
            label += " pubdate"
        self.times.append(
            TimeTag(
                stamp=element.get("datetime") or element.get("content"),
                shown=text_of(element, 200),
                label=label,
                is_after_heading=bool(self.headings),
                is_aside=_is_aside(element),
            )
        )

    def take_itemprop(self, element: HtmlElement) -> None:
        """Take the value of a microdata property: the stamp, the name inside, or the text."""
        value = element.get("content") or element.get("datetime")
        if not value:
            name = element.find(".//*[@itemprop='name']") if element.get("itemscope") is not None else None
            source = element if name is None else name
            value = source.get("content") or text_of(source, 300)
        for prop in (element.get("itemprop") or "").lower().split():
            if value:
                self.itemprops.setdefault(prop, []).append(value)


def _is_aside(element: HtmlElement) -> bool:
    """Tell whether an element stands in a part of the page that speaks of other pages."""
    for ancestor in element.iterancestors():
        if ancestor.tag in {"nav", "aside", "footer"}:
            return True
        if ancestor.tag in {"article", "main", "body"}:
            return False
        if _ASIDE.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False
