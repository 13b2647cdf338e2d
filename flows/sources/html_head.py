"""The URL that a saved HTML page states of itself, from its first bytes. Pure; other metadata is not read here."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

HEAD_BYTES = 256 * 1024

_TAG = re.compile(r"<(link|meta)\b([^<>]{0,4096})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z][\w:.-]{0,63})\s{0,16}=\s{0,16}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_NOT_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL)


def parse_declared_url(head: bytes, base_url: str | None) -> str | None:
    """Return the URL of `<link rel=canonical>`, else of `og:url`, else None.

    A relative one is joined to `base_url` when there is one, and passed over otherwise. Never raises; looks at the
    first 256 KiB only.
    """
    # Attribute names and URLs are ASCII in every encoding that pages use but UTF-16 and UTF-32, whose zeros go.
    text = _NOT_MARKUP.sub(" ", head[:HEAD_BYTES].replace(b"\x00", b"").decode("utf-8", "replace"))
    canonical = open_graph = None
    for tag in _TAG.finditer(text):
        attributes = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(tag[2])}
        if tag[1].lower() == "link":
            if "canonical" in attributes.get("rel", "").lower().split():
                canonical = canonical or _absolute(attributes.get("href", ""), base_url)
        elif attributes.get("property", attributes.get("name", "")).strip().lower() == "og:url":
            open_graph = open_graph or _absolute(attributes.get("content", ""), base_url)
        if canonical:
            return canonical
    return open_graph


def _absolute(value: str, base_url: str | None) -> str | None:
    url = html.unescape(value).strip()
    try:
        if url and base_url:
            url = urljoin(base_url, url)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in {"http", "https"} and parts.netloc else None
