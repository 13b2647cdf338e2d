"""What a page's HTML says of each line of its text: links, names of boxes, tags, a second extractor's word.

One byte a line, gathered while the HTML is there and recorded with the page, so that the strip stage can be run again
without it. What a mark counts for is decided in `extractors.strip`. Pure functions of tree and texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from extractors.identity import site_of
from extractors.line_key import line_key


class LinkShare(IntEnum):
    """How much of a line is links to other pages: bits 0-1. WHOLE: all of it, and to pages of the same site."""

    NONE = 0
    SOME = 1
    MOST = 2
    WHOLE = 3


class LineTag(IntEnum):
    """What kind of element a line stands in: bits 4-6. UNKNOWN: the line is found nowhere in the page."""

    UNKNOWN = 0
    PARAGRAPH = 1
    HEADING = 2
    LIST_ENTRY = 3
    QUOTATION = 4
    TABLE_CELL = 5
    CAPTION = 6
    OTHER = 7


@dataclass(frozen=True, slots=True)
class LineMark:
    """The mark of one line, read. `in_second`: a second extractor takes the line for the article's too."""

    link: LinkShare = LinkShare.NONE
    in_second: bool = False
    in_furniture: bool = False
    tag: LineTag = LineTag.UNKNOWN

    def to_byte(self) -> int:
        """Return the mark as it is recorded."""
        return self.link | self.in_second << 2 | self.in_furniture << 3 | self.tag << 4

    @classmethod
    def from_byte(cls, byte: int) -> LineMark:
        """Return the mark that a recorded byte stands for."""
        return cls(LinkShare(byte & 3), bool(byte & 4), bool(byte & 8), LineTag(byte >> 4 & 7))


_TAGS = {
    "p": LineTag.PARAGRAPH,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), LineTag.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), LineTag.LIST_ENTRY),
    "blockquote": LineTag.QUOTATION,
    **dict.fromkeys(("td", "th"), LineTag.TABLE_CELL),
    **dict.fromkeys(("figcaption", "caption"), LineTag.CAPTION),
    **dict.fromkeys(("div", "section", "article", "aside", "main", "pre", "address", "summary", "body", "center"),
                    LineTag.OTHER),
}  # fmt: skip
# What says more of a paragraph inside it than that it is one.
_TELLING = {LineTag.LIST_ENTRY, LineTag.QUOTATION, LineTag.TABLE_CELL, LineTag.CAPTION}
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "select", "textarea", "button"})
_FIND_OWN_URL = etree.XPath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content")
_BREAKS = frozenset({"br", "hr", "ul", "ol", "dl", "table", "tr", "tbody", "figure", "header", "footer", "nav", "form"})
_NEAREST = 3
_DEEPEST_INLINE = 60
# A box that holds this share of the text is the article, whatever it is called.
_ARTICLE_SHARE = 0.34
# What an extractor puts before a line, and the white space of the page.
_BULLETS = "-•*|· \t\r\n\f\u00a0"
_MOST = 0.5
_ALL = 0.95
_NAMED_BY = ("class", "id", "data-testid", "role")
_NAME_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Of what is so named on gold pages next to nothing belongs to the article. Not here: "social", "share", "paywall",
# "comment" and "tags", which name the article's own boxes as often.
FURNITURE_NAMES = frozenset(
    {
        "author", "bio", "cta", "disclaimer", "more", "newsletter", "newsletters", "partner", "partners", "promo",
        "promotion", "recommendations", "recommended", "related", "republication", "republish", "signup", "subscribe",
        "tagline", "trending",
    }
)  # fmt: skip
# A line this long is looked for inside of the second extractor's lines too, for as long as that costs little.
_LEAST_PART = 24
_MOST_SEARCHED = 20_000_000


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of the page where a line of the text stands."""

    element: HtmlElement
    link: LinkShare


def mark_lines(tree: HtmlElement, text: str, second_text: str) -> bytes:
    """Return one byte for each non-blank line of `text`, in order: `LineMark.to_byte` says which bit is which.

    `tree` is the page that the text was extracted from and is left as it was. A line that stands in several places is
    marked with what holds in all of them.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    keys = [line_key(line) for line in lines]
    places = _find_places(tree, {key: _opening(line) for key, line in zip(keys, lines, strict=True) if key})
    boxes = _Boxes(keys, places)
    second = _Second(second_text)
    marks: dict[str, int] = {}
    for key in keys:
        if key not in marks:
            found = places.get(key, [])
            mark = LineMark(
                link=min((place.link for place in found), default=LinkShare.NONE),
                in_second=bool(key) and second.has(key),
                in_furniture=bool(found) and all(boxes.in_furniture(place.element) for place in found),
                tag=_tag(found[0].element) if found else LineTag.UNKNOWN,
            )
            marks[key] = mark.to_byte()
    return bytes(marks[key] for key in keys)


def _find_places(tree: HtmlElement, wanted: Mapping[str, str]) -> dict[str, list[_Place]]:
    """Return the places of the wanted lines, given with what they begin with; most lines of a page are menus."""
    places: dict[str, list[_Place]] = {}
    site = _own_site(tree)
    openings = set(wanted.values())
    for element in tree.iter(*_TAGS):
        lines: list[list[_Piece]] = [[]]
        _read(element, lines, None, 0)
        for pieces in lines:
            if not pieces or _opening(pieces[0][0]) not in openings:
                continue
            key = line_key("".join([piece for piece, _href in pieces]))
            if key in wanted:
                places.setdefault(key, []).append(_Place(element, _link_share(element, pieces, len(key), site)))
    return places


def _opening(text: str) -> str:
    """Return what a line begins with: one or two characters, whatever white space follows."""
    return text.lstrip(_BULLETS)[:2].rstrip().lower()


# A piece of a line, and the other page that it leads to, if any.
_Piece = tuple[str, str | None]


def _read(element: HtmlElement, lines: list[list[_Piece]], href: str | None, depth: int) -> None:
    """Add the lines that stand directly in a block: its text and inline elements, parted by blocks and breaks.

    The blocks inside of it are left out: each is read by itself, so that a page costs what it is long.
    """
    text = element.text
    if text and not text.isspace():
        lines[-1].append((text, href))
    for child in element:
        tag = child.tag
        if tag in _TAGS or tag in _BREAKS:
            if lines[-1]:
                lines.append([])
        elif tag not in _SILENT and isinstance(tag, str) and depth < _DEEPEST_INLINE:
            _read(child, lines, href or (_leads_to(child) if tag == "a" else None), depth + 1)
        tail = child.tail
        if tail and not tail.isspace():
            lines[-1].append((tail, href))


def _leads_to(anchor: HtmlElement) -> str | None:
    """Return where a link leads; None for one within the page."""
    href = (anchor.get("href") or "").strip()
    return href if href and not href.startswith("#") else None


def _link_share(element: HtmlElement, pieces: list[_Piece], chars: int, site: str | None) -> LinkShare:
    around = next((href for near in _near(element) if near.tag == "a" and (href := _leads_to(near))), None)
    linked = chars if around else sum(len(line_key(piece)) for piece, href in pieces if href)
    if not linked:
        return LinkShare.NONE
    if linked < _MOST * chars:
        return LinkShare.SOME
    targets = {around} if around else {href for _piece, href in pieces if href}
    is_own = linked >= _ALL * chars and all(_is_of(site, href) for href in targets)
    return LinkShare.WHOLE if is_own else LinkShare.MOST


def _is_of(site: str | None, href: str) -> bool:
    """Tell whether a link leads to the page's own site, as far as that is known."""
    if href.startswith("//"):
        href = f"https:{href}"
    return site is None or "://" not in href or site_of(href) == site


def _own_site(tree: HtmlElement) -> str | None:
    """Return the site that the page says it is of."""
    named = cast("list[str]", _FIND_OWN_URL(tree))
    return site_of(named[0]) if named else None


def _near(element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and its nearest ancestors."""
    yield element
    yield from islice(element.iterancestors(), _NEAREST)


def _tag(element: HtmlElement) -> LineTag:
    for near in _near(element):
        tag = _TAGS.get(near.tag, LineTag.OTHER)
        if tag in _TELLING:
            return tag
    return _TAGS[element.tag]


class _Boxes:
    """The boxes around the places of a text, and which of them are furniture by their name and their size."""

    def __init__(self, keys: list[str], places: dict[str, list[_Place]]) -> None:
        self._named: dict[HtmlElement, bool] = {}
        self._most = _ARTICLE_SHARE * sum(len(key) for key in keys)
        self._chars: Counter[HtmlElement] = Counter()
        for key, found in places.items():
            for box in {box for place in found for box in _near(place.element) if self._is_named(box)}:
                self._chars[box] += len(key)

    def in_furniture(self, element: HtmlElement) -> bool:
        return any(self._named[box] and self._chars[box] < self._most for box in _near(element))

    def _is_named(self, box: HtmlElement) -> bool:
        if box not in self._named:
            self._named[box] = is_furniture_name(box)
        return self._named[box]


def is_furniture_name(element: HtmlElement) -> bool:
    """Tell whether an element's class, id, test id or role holds a word that boxes beside an article are named by."""
    for attribute in _NAMED_BY:
        name = element.get(attribute)
        if name and any(token.lower() in FURNITURE_NAMES for token in _NAME_TOKEN.findall(name)):
            return True
    return False


class _Second:
    """The second extractor's lines, by their letters."""

    def __init__(self, text: str) -> None:
        self._lines = {line_key(line) for line in text.split("\n")}
        self._whole = line_key(text)
        self._budget = _MOST_SEARCHED

    def has(self, key: str) -> bool:
        """Tell whether a line, or a long line's letters inside of others, are in the second text."""
        if key in self._lines:
            return True
        if len(key) < _LEAST_PART or self._budget < 0:
            return False
        self._budget -= len(self._whole)
        return key in self._whole
