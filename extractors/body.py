"""Find the article's body in an HTML page: trafilatura first, a second try for what it drops, and a reason otherwise.

The only place that calls trafilatura's extraction. Metadata are in `extractors.metadata`, what is cut afterwards in
`extractors.strip`. Pure functions of the HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import trafilatura
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura.utils import load_html

from extractors.records import RejectReason

# Deeper than this, lxml's parser drops what it cannot nest and trafilatura returns nothing.
_DEEP = 250
# A first result shorter than this may be the rest of a page that broke off in an unclosed comment.
_BROKEN_OFF_CHARS = 200


@dataclass(frozen=True, slots=True)
class Body:
    """The extracted text, one block a line, and which extractor gave it; `comments` only when asked for."""

    text: str
    source: str
    comments: str | None = None


@dataclass(frozen=True, slots=True)
class NoBody:
    """Why a page has no body."""

    reason: RejectReason
    detail: str


def parse_html(html: str) -> HtmlElement | None:
    """Return the parsed page, or None when nothing in it parses as HTML."""
    return load_html(html)


def extract_body(html: str, tree: HtmlElement | None, *, with_comments: bool = False) -> Body | NoBody:
    """Return the article's body, or why there is none. Total: never raises on content.

    `tree` is `parse_html(html)` and is left as it was. Readers' comments are never part of the text; they come apart
    when `with_comments` asks for them, at the cost of a second extraction.
    """
    problems: list[str] = []
    text = _by_trafilatura(tree, problems) if tree is not None else ""
    source = "trafilatura"
    if len(text) < _BROKEN_OFF_CHARS:
        second, second_source = _second_try(html, text, problems)
        if second:
            text, source = second, second_source
    if not text.strip():
        return _reason(html, tree, problems)
    comments = _comments(tree) if with_comments and tree is not None else None
    return Body(text=text, source=source, comments=comments)


def _by_trafilatura(tree: HtmlElement | str, problems: list[str]) -> str:
    try:
        document = trafilatura.bare_extraction(tree, include_comments=False)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a page does to the library is the page's rejection
        problems.append(f"{type(error).__name__}: {error}"[:300])
        return ""
    return (getattr(document, "text", None) or "") if document is not None else ""


def _second_try(html: str, first: str, problems: list[str]) -> tuple[str, str]:
    """Try again what trafilatura drops silently: unclosed comments, deep nesting, one giant paragraph."""
    repaired = close_comments(html)
    if repaired is not html:
        tree = parse_html(repaired)
        text = _by_trafilatura(tree, problems) if tree is not None else ""
        if len(text) > len(first):
            return text, "trafilatura+repair"
    if first.strip():
        return "", ""
    try:
        text = extract_plain_text(
            repaired, main_content=True, preserve_formatting=True, comments=False, alt_texts=False
        )
    except Exception as error:  # noqa: BLE001 - as above
        problems.append(f"{type(error).__name__}: {error}"[:300])
        return "", ""
    return _tidy(text), "resiliparse"


def close_comments(html: str) -> str:
    """Return the page with the opening of a never-closed comment taken out, else the very same string."""
    start = html.rfind("<!--")
    if start < 0 or html.find("-->", start) >= 0:
        return html
    return html[:start] + html[start + 4 :]


def _tidy(text: str) -> str:
    """Return text with one block a line: no outer blanks, no empty lines."""
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def _comments(tree: HtmlElement) -> str | None:
    try:
        document = trafilatura.bare_extraction(tree, include_comments=True)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the article is there already; without its comments it still counts
        return None
    return (getattr(document, "comments", None) or None) if document is not None else None


def _reason(html: str, tree: HtmlElement | None, problems: list[str]) -> NoBody:
    if problems:
        return NoBody(RejectReason.EXTRACTOR_ERROR, "; ".join(problems))
    if tree is None:
        return NoBody(RejectReason.NOT_HTML, "nothing in it parses as HTML")
    depth = nesting_depth(html)
    if depth > _DEEP:
        return NoBody(RejectReason.TOO_DEEP, f"elements nested {depth} deep")
    visible = len(" ".join(tree.text_content().split()))
    return NoBody(RejectReason.NO_BODY, f"no article text found among {visible} visible characters")


_NESTING_TAG = re.compile(
    r"<(/?)(?:div|span|table|tr|td|tbody|section|article|ul|ol|li|font|b|i|em|p)\b", re.IGNORECASE
)


def nesting_depth(html: str) -> int:
    """Return how deep a page's `div`, `span`, `table` and the like are nested: an estimate from the tags alone."""
    depth = deepest = 0
    for tag in _NESTING_TAG.finditer(html):
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest
