"""The metadata of a page: each field from the first place that states it, in one order for all pages.

This module only puts together what the modules of the single fields find. No clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml.html import HtmlElement

from extractors.language import choose_language, parse_language
from extractors.metadata import dates, fallback
from extractors.metadata.authors import authors_in_byline, authors_in_tags, parse_authors
from extractors.metadata.dates import DateLimits, Published
from extractors.metadata.json_ld import LinkedData, read_linked_data
from extractors.metadata.links import absolute_url, choose_canonical, choose_image, choose_license
from extractors.metadata.page_parts import PageParts, collect_parts
from extractors.metadata.paywall import say_paywalled
from extractors.metadata.titles import choose_sitename, choose_title, is_sane
from extractors.metadata.topics import choose_description, list_categories, list_tags
from extractors.metadata.values import clean_text, first_text, unique_texts
from extractors.records import Hints, Metadata

_DAY_FIRST_ENGLISH = frozenset(
    {"en-gb", "en-au", "en-nz", "en-ie", "en-in", "en-za", "en-sg", "en-my", "en-ke", "en-ng"}
)


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known of a page beside its tree.

    `text_sample` is some of the article's text, to tell its language by. `latest` is the latest publication moment
    believed (tz-aware; a day after the fetch, say); None believes any.
    """

    url: str | None = None
    hints: Hints = field(default_factory=Hints)
    text_sample: str = ""
    latest: datetime | None = None


def extract_metadata(tree: HtmlElement, page: PageContext) -> Metadata:
    """Return what a page says of itself. The tree is not changed; total on any tree.

    A field that no tag states is filled from the hints, then (title, authors, date) by trafilatura's search.
    """
    parts = collect_parts(tree)
    shown = first_text([*parts.meta("og:title"), *parts.headings[:1], *parts.titles[:1]])
    data = read_linked_data(parts.scripts, page.url, shown)
    # Without the sample: the language is chosen once, below, with what the page declares.
    hinted = metadata_from_hints(page.hints, page.latest)
    sitename = choose_sitename(parts, data) or hinted.sitename
    limits = DateLimits(page.latest, day_first=_is_day_first(parts.html_lang))
    published = _published(tree, parts, data, page, limits)
    declared = _declared_language(parts, data) or parse_language(page.hints.language)
    return Metadata(
        title=choose_title(parts, data, sitename) or hinted.title or _searched_title(tree, sitename),
        authors=_authors(tree, parts, data, sitename) or hinted.authors,
        description=choose_description(parts, data) or hinted.description,
        sitename=sitename,
        categories=list_categories(parts, data) or hinted.categories,
        tags=list_tags(parts, data) or hinted.tags,
        language=choose_language(declared, page.text_sample),
        image_url=choose_image(parts, data, page.url) or hinted.image_url,
        license=choose_license(parts, data) or hinted.license,
        canonical_url=choose_canonical(parts, page.url),
        published_at=published.at if published else None,
        published_raw=published.raw if published else None,
        published_precision=published.precision if published else None,
        published_source=published.source if published else None,
        modified_at=dates.choose_moment([*data.modified, *dates.modified_in_tags(parts)], limits) or hinted.modified_at,
        is_paywalled=say_paywalled(parts, data),
    )


def metadata_from_hints(hints: Hints, latest: datetime | None = None, text_sample: str = "") -> Metadata:
    """Return the metadata of a page that has no tree: what came beside its content, and its text's language."""
    limits = DateLimits(latest)
    metadata = Metadata(
        title=clean_text(hints.title),
        authors=parse_authors(hints.authors, hints.sitename),
        description=clean_text(hints.description),
        sitename=clean_text(hints.sitename),
        categories=unique_texts(hints.categories),
        tags=unique_texts(hints.tags),
        language=choose_language(parse_language(hints.language), text_sample),
        image_url=absolute_url(None, hints.image_url),
        license=clean_text(hints.license),
        modified_at=dates.choose_moment([hints.modified_raw], limits),
    )
    published = dates.choose_published([(hints.published_raw, "hint")], limits)
    if published is None:
        return metadata
    return replace(
        metadata,
        published_at=published.at,
        published_raw=published.raw,
        published_precision=published.precision,
        published_source=published.source,
    )


def _published(
    tree: HtmlElement, parts: PageParts, data: LinkedData, page: PageContext, limits: DateLimits
) -> Published | None:
    stated: Iterable[tuple[str | None, str]] = [
        *((raw, "json-ld") for raw in data.published),
        *dates.published_in_tags(parts),
        *dates.published_in_times(parts),
        (page.hints.published_raw, "hint"),
        (dates.published_in_url(page.url), "url"),
    ]
    return (
        dates.choose_published(stated, limits)
        or dates.choose_published(dates.published_in_lines(tree), limits)
        or dates.choose_published([(fallback.find_published(tree, page.url, page.latest), "htmldate")], limits)
    )


def _authors(tree: HtmlElement, parts: PageParts, data: LinkedData, sitename: str | None) -> tuple[str, ...]:
    return (
        parse_authors(data.authors, sitename)
        or authors_in_tags(parts, sitename)
        or authors_in_byline(fallback.find_author(tree), sitename)
    )


def _searched_title(tree: HtmlElement, sitename: str | None) -> str | None:
    title = clean_text(fallback.find_title(tree))
    return title if is_sane(title, sitename) else None


def _declared_language(parts: PageParts, data: LinkedData) -> str | None:
    labels = [
        parts.html_lang,
        *data.languages[:1],
        *parts.meta(
            "content-language", "dc.language", "dcterms.language", "language", "itemprop:inlanguage", "og:locale"
        ),
    ]
    return next((language for label in labels if (language := parse_language(label))), None)


def _is_day_first(html_lang: str | None) -> bool:
    label = (html_lang or "").strip().lower().replace("_", "-")
    return not label.startswith("en") or label in _DAY_FIRST_ENGLISH
