"""Addresses in a page's metadata: its canonical URL, its lead image, its licence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from extractors.metadata.json_ld import LinkedData
from extractors.metadata.page_parts import PageParts
from extractors.metadata.values import clean_text, first_text

_IMAGE_METAS = (
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "itemprop:image",
    "image",
)
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-nd|-sa)?)/(?P<version>\d\.\d)|publicdomain/(?P<free>zero|mark)/\d\.\d)",
    re.IGNORECASE,
)


def absolute_url(base: str | None, link: str | None) -> str | None:
    """Return a link resolved against the page's URL; None when it is not http(s) or no URL at all."""
    text = clean_text(link)
    if not text or len(text) > 2_000:
        return None
    try:
        joined = urljoin(base or "", text)
        parts = urlsplit(joined)
        # An impossible port or IPv6 address only shows when asked for.
        usable = parts.scheme in {"http", "https"} and parts.hostname is not None and (parts.port or 1) > 0
    except ValueError:
        return None
    return joined.replace(" ", "%20") if usable else None


def choose_canonical(parts: PageParts, url: str | None) -> str | None:
    """Return the URL that the page gives as its own.

    A canonical link or og:url to the front page is a template's mistake unless the page is the front page.
    """
    stated = [href for rel, href in parts.links if "canonical" in rel.split()] + parts.meta("og:url")
    for link in stated:
        resolved = absolute_url(url, link)
        if resolved and (not _is_front(resolved) or url is None or _is_front(url)):
            return resolved
    return None


def choose_image(parts: PageParts, data: LinkedData, url: str | None) -> str | None:
    """Return the URL of the page's lead image."""
    linked = [href for rel, href in parts.links if "image_src" in rel.split()]
    return _first_url([*parts.meta(*_IMAGE_METAS), *data.images, *linked], url)


def choose_license(parts: PageParts, data: LinkedData) -> str | None:
    """Return the licence: "CC BY-SA 4.0" for Creative Commons, else the URL or the words of the page."""
    linked = [
        *(href for rel, href in parts.links if "license" in rel.split()),
        *(href or text for rel, href, text in parts.anchors if "license" in rel.split()),
        *data.licenses,
        *parts.meta("dcterms.license", "dcterms.rights", "dc.rights"),
    ]
    for link in linked:
        found = _CREATIVE_COMMONS.search(link)
        if found:
            if found["free"]:
                return "CC0 1.0" if found["free"].lower() == "zero" else "Public Domain"
            return f"CC {found['kind'].upper()} {found['version']}"
    text = first_text(linked)
    return text if text and len(text) <= 300 else None


def _first_url(links: Iterable[str], base: str | None) -> str | None:
    return next((url for link in links if (url := absolute_url(base, link))), None)


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query
