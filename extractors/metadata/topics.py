"""Categories, tags and the description: what a page says it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from extractors.metadata.json_ld import LinkedData
from extractors.metadata.page_parts import PageParts
from extractors.metadata.values import clean_text, first_text, unique_texts

_DESCRIPTION_METAS = (
    "og:description",
    "description",
    "itemprop:description",
    "dc.description",
    "dcterms.description",
    "twitter:description",
)
_SECTION_METAS = (
    "article:section",
    "parsely-section",
    "og:article:section",
    "itemprop:articlesection",
    "cxenseparse:recs:category",
)
_LISTED_METAS = (
    "news_keywords",
    "keywords",
    "parsely-tags",
    "sailthru.tags",
    "citation_keywords",
    "dcterms.subject",
    "dc.subject",
)
# Ids and namespaces of the publisher's own systems.
_INTERNAL = re.compile(
    r"^\s*(?:[0-9a-f]{8}-[0-9a-f-]{27}$|(?:category|nlp[\w ]*|tag|section|type|id)\s*:)|^\s*_", re.IGNORECASE
)


def choose_description(parts: PageParts, data: LinkedData) -> str | None:
    """Return the page's summary of itself."""
    return first_text([*parts.meta(*_DESCRIPTION_METAS), *data.descriptions])


def list_categories(parts: PageParts, data: LinkedData) -> tuple[str, ...]:
    """Return the sections that the article is filed under."""
    stated = unique_texts([*data.sections, *parts.meta(*_SECTION_METAS)], limit=10)
    return stated or unique_texts((text for rel, _, text in parts.anchors if "category" in rel.split()), limit=10)


def list_tags(parts: PageParts, data: LinkedData) -> tuple[str, ...]:
    """Return the tags and keywords, each once."""
    metas = parts.meta("article:tag", "og:article:tag", *_LISTED_METAS)
    stated = [tag for tag in _split([*metas, *data.keywords]) if not _INTERNAL.search(tag)]
    linked = (text for rel, _, text in parts.anchors if "tag" in rel.split() and "category" not in rel.split())
    return unique_texts(stated) or unique_texts(linked, limit=20)


def _split(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from re.split(r"[,;，、]", clean_text(value) or "")
