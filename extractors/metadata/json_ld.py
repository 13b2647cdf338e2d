"""JSON-LD: scripts parsed however sloppy they are, and the node that describes the article of the page.

Only shapes are known here (which node, which string in it); what a date, an author or a title may be is the business
of their own modules. Total: depth, size and cycles are bounded.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from extractors.metadata.values import compare_key

Node = dict[str, Any]

_MAX_SCRIPT_CHARS = 1_000_000
_MAX_NODES = 5_000
_MAX_DEPTH = 20
_SALVAGED_CHARS = 100_000

_WRAPPER = re.compile(r"<!--|-->|(?://\s*)?<!\[CDATA\[|(?://\s*)?\]\]>|^\s*/\*.*?\*/", re.DOTALL)
_COMMENT_LINE = re.compile(r"^\s*//[^\n]*$", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_STRING = r'"((?:[^"\\]|\\.){0,2000})"'
_SALVAGED = {
    key: re.compile(rf'"{key}"\s*:\s*{_STRING}')
    for key in ("headline", "datePublished", "dateModified", "isAccessibleForFree", "inLanguage", "articleSection")
}
_SALVAGED_AUTHOR = re.compile(rf'"author"\s*:\s*[\[{{\s]*(?:"@type"\s*:\s*"Person"\s*,\s*)?(?:"name"\s*:\s*)?{_STRING}')
_ARTICLE_TYPE = re.compile(r"(?:Article|BlogPosting|Report|Posting|Review|Recipe|CreativeWork|Analysis|Essay|Chapter)$")
_PAGE_TYPES = frozenset({"WebPage", "ItemPage", "VideoObject", "Event", "Book", "FAQPage", "HowTo", "CollectionPage"})
# Keys whose nodes are other works than the page's own.
_OTHER_WORKS = frozenset({
    "about", "acceptedAnswer", "blogPost", "citation", "comment", "hasPart", "isBasedOn", "isPartOf", "itemListElement",
    "liveBlogUpdate", "mentions", "relatedLink", "review", "significantLink", "subjectOf", "suggestedAnswer",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What the JSON-LD of a page says of its article: strings as written, in order; empty where it says nothing."""

    headlines: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    sitenames: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    is_free: bool | None = None


@dataclass(slots=True)
class _Found:
    """A node with the place it was found in."""

    node: Node
    depth: int
    is_other: bool
    types: frozenset[str] = field(default_factory=frozenset)


def read_linked_data(scripts: Iterable[str], url: str | None, title: str | None) -> LinkedData:
    """Return what the JSON-LD scripts of a page say of its article. Total: what cannot be parsed says nothing.

    `url` and `title` tell the article's own node from those of other articles on the page.
    """
    found = list(_walk([value for script in scripts for value in parse_script(script)]))
    by_id: dict[str, Node] = {}
    for item in found:
        name = item.node.get("@id")
        if isinstance(name, str) and len(item.node) > len(by_id.get(name, ())):
            by_id[name] = item.node
    node = _choose(found, url, title)
    pages = [item.node for item in found if "WebPage" in item.types and not item.is_other]
    sites = [item.node for item in found if "WebSite" in item.types]
    if node is None:
        return LinkedData(sitenames=tuple(_names(sites, by_id)))
    return _describe(node, pages, sites, by_id)


def parse_script(script: str) -> list[Any]:
    """Return the values that a JSON-LD script holds; what is broken is repaired, or its main strings salvaged."""
    text = script.strip().lstrip("\ufeff").rstrip(";")
    if len(text) > _MAX_SCRIPT_CHARS:
        return _salvage(text)
    for repaired in _repairs(text):
        try:
            return [json.loads(repaired, strict=False)]
        except RecursionError:
            return []
        except ValueError as error:
            if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
                values = _several(repaired)
                if values:
                    return values
    return _salvage(text)


def _repairs(text: str) -> Iterator[str]:
    yield text
    bare = _WRAPPER.sub("", text).strip().rstrip(";")
    yield bare
    if "&quot;" in bare or "&#34;" in bare:
        bare = html.unescape(bare)
        yield bare
    yield _TRAILING_COMMA.sub(r"\1", _COMMENT_LINE.sub("", bare))


def _several(text: str) -> list[Any]:
    """Parse values written one after another."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = 0
    while at < len(text) and len(values) < 20:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
    return values


def _salvage(text: str) -> list[Any]:
    """Take the main strings out of a script that is no JSON (an unescaped quote is enough), if it is an article's."""
    head = text[:_SALVAGED_CHARS]
    if not re.search(r'"@type"\s*:\s*\[?\s*"[A-Za-z]*(?:Article|Posting|Report)"', head):
        return []
    node: Node = {"@type": "Article"}
    for key, pattern in _SALVAGED.items():
        found = pattern.search(head)
        if found:
            node[key] = _unquote(found.group(1))
    author = _SALVAGED_AUTHOR.search(head)
    if author and not author.group(1).startswith(("@", "http", "Organization")):
        node["author"] = _unquote(author.group(1))
    return [node]


def _unquote(inside: str) -> str:
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return inside


def _walk(values: list[Any]) -> Iterator[_Found]:
    """Yield the nodes of all values, outer before inner, within the bounds."""
    queue: list[tuple[Any, int, bool]] = [(value, 0, False) for value in values]
    seen = at = 0
    while at < len(queue) and seen < _MAX_NODES:
        value, depth, is_other = queue[at]
        at += 1
        if depth > _MAX_DEPTH:
            continue
        if isinstance(value, list):
            queue.extend((inner, depth + 1, is_other) for inner in value[:_MAX_NODES] if isinstance(inner, dict | list))
        elif isinstance(value, dict):
            seen += 1
            yield _Found(value, depth, is_other, frozenset(_types(value)))
            for key, inner in value.items():
                if isinstance(inner, dict | list):
                    queue.append((inner, depth + 1, is_other or key in _OTHER_WORKS))


def _types(node: Node) -> Iterator[str]:
    for name in texts(node.get("@type") or node.get("type")):
        yield name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _choose(found: list[_Found], url: str | None, title: str | None) -> Node | None:
    """Choose the node that describes the page's own article, else the one that describes the page."""
    best: Node | None = None
    best_score = 0.0
    title_key = compare_key(title)
    for item in found:
        if any(_ARTICLE_TYPE.search(name) for name in item.types):
            score = 4.0
        elif item.types & _PAGE_TYPES:
            score = 1.0
        else:
            continue
        node = item.node
        headline = compare_key(next(texts(node.get("headline") or node.get("name")), None))
        score += 4 * bool(headline and title_key and (headline in title_key or title_key in headline))
        score += 4 * bool(url and _speaks_of(node, url))
        score += bool(node.get("datePublished")) + bool(node.get("author")) + bool(headline)
        score -= 6 * item.is_other + 0.1 * item.depth
        if score > best_score:
            best, best_score = node, score
    return best


def _speaks_of(node: Node, url: str) -> bool:
    page = _bare_url(url)
    named = (*texts(node.get("url")), *texts(node.get("mainEntityOfPage")), *texts(node.get("@id")))
    return bool(page) and any(_bare_url(name) == page for name in named)


def _bare_url(url: str) -> str:
    return re.sub(r"^https?://(?:www\.)?|[?#].*$", "", url.strip()).rstrip("/").casefold()


def _describe(node: Node, pages: list[Node], sites: list[Node], by_id: dict[str, Node]) -> LinkedData:
    either = [node, *(page for page in pages[:1] if page is not node)]
    publisher = _named(node.get("publisher") or node.get("sourceOrganization"), by_id)
    return LinkedData(
        headlines=tuple(_strings([node], "headline", "name")),
        authors=tuple(_named(node.get("author") or node.get("creator"), by_id)),
        published=tuple(_strings(either, "datePublished", "dateCreated", "uploadDate")),
        modified=tuple(_strings(either, "dateModified")),
        sitenames=(*_names(sites, by_id), *publisher),
        descriptions=tuple(_strings(either, "description", "abstract")),
        images=tuple(image for part in either for image in _urls(part.get("image") or part.get("thumbnailUrl"), by_id)),
        sections=tuple(_strings([node], "articleSection")),
        keywords=tuple(_strings([node], "keywords")),
        languages=tuple(_strings([*either, *sites[:1]], "inLanguage")),
        licenses=tuple(_strings(either, "license")),
        is_free=_is_free(either),
    )


def _strings(nodes: list[Node], *keys: str) -> Iterator[str]:
    for key in keys:
        for node in nodes:
            yield from texts(node.get(key))


def texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the strings of a value: itself, those of a list, or what a node has for a name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif depth > 4:
        return
    elif isinstance(value, list):
        for inner in value[:100]:
            yield from texts(inner, depth + 1)
    elif isinstance(value, dict):
        for key in ("@value", "name", "alternateName", "url", "@id"):
            if value.get(key):
                yield from texts(value[key], depth + 1)
                return


def _named(value: Any, by_id: dict[str, Node], depth: int = 0) -> list[str]:
    """Return the names of people or bodies; a reference by id is followed once."""
    if isinstance(value, list) and depth < 4:
        return [name for inner in value[:50] for name in _named(inner, by_id, depth + 1)]
    if isinstance(value, dict):
        node = value
        name = value.get("@id")
        if "name" not in node and isinstance(name, str):
            node = by_id.get(name, node)
        parts = [part for key in ("givenName", "familyName") for part in texts(node.get(key))]
        return list(texts(node.get("name"))) or ([" ".join(parts)] if parts else [])
    return [value] if isinstance(value, str) else []


def _names(nodes: list[Node], by_id: dict[str, Node]) -> list[str]:
    return [name for node in nodes for name in _named(node, by_id)[:1]]


def _urls(value: Any, by_id: dict[str, Node], depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 4:
        for inner in value[:10]:
            yield from _urls(inner, by_id, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        name = value.get("@id")
        node = by_id.get(name, value) if isinstance(name, str) else value
        for key in ("url", "contentUrl"):
            yield from _urls(node.get(key), by_id, depth + 4)


def _is_free(nodes: list[Node]) -> bool | None:
    """Tell whether the article can be read without paying, where it says so; a locked part makes it locked."""
    for node in nodes:
        parts = node.get("hasPart")
        for part in (node, *(parts if isinstance(parts, list) else [parts])):
            if isinstance(part, dict) and str(part.get("isAccessibleForFree")).strip().lower() in {"false", "no", "0"}:
                return False
        if str(node.get("isAccessibleForFree")).strip().lower() in {"true", "yes", "1"}:
            return True
    return None
