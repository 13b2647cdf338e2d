"""Dates as pages write them, read into UTC, and the choice of a page's publication date among several.

No clock: what is missing from a date is never filled in from today, and "too late" is a given limit. Which tags hold
dates is decided here; how they are collected is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from extractors.metadata.date_parser import ParsedDate, parse_date
from extractors.metadata.page_parts import PageParts
from extractors.metadata.values import clean_text
from extractors.records import DatePrecision

# Where a byline's date stands, and how it looks: three parts, of which one is a year; names of months in any script.
_LINE_TAGS = ("p", "span", "div", "i", "em", "small", "font", "b", "strong", "td", "h4", "h5", "h6", "li", "dd")
_LINE_ELEMENTS = 400
_DATE_LINE = re.compile(
    r"(?:[^\W\d_]{2,12}[,.]? )?(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d"
    r"|\d{1,2}(?:\.|st|nd|rd|th)? (?:de |d['’])?[^\W\d_]{3,12}\.?,? (?:de )?(?:19|20)\d\d"
    r"|[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?, (?:19|20)\d\d)(?:,? (?:at |um )?\d{1,2}[:.]\d\d.{0,12})?"
)
_PUBLISHED_METAS = (
    "article:published_time",
    "article:first_published_time",
    "og:article:published_time",
    "og:published_time",
    "article:published",
    "article.published",
    "article:published:time",
    "itemprop:datepublished",
    "itemprop:datepublished datecreated",
    "itemprop:datecreated datepublished",
    "datepublished",
    "og:datepublished",
    "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "sailthru.date",
    "shareaholic:article_published_time",
    "published_time_telegram",
    "article_date_original",
    "citation_publication_date",
    "citation_online_date",
    "citation_date",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "dc:date",
    "prism.publicationdate",
    "publication_date",
    "publish_date",
    "publish-date",
    "published-date",
    "publisheddate",
    "published_at",
    "published",
    "pubdate",
    "pub_date",
    "date-pub",
    "pdate",
    "og:publish_date",
    "originalpublicationdate",
    "displaydate",
    "date.release",
    "itemprop:datecreated",
    "datecreated",
    "date",
)
_MODIFIED_METAS = (
    "article:modified_time",
    "og:article:modified_time",
    "og:modified_time",
    "article:modified",
    "article.updated",
    "itemprop:datemodified",
    "datemodified",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "date.modified",
    "article_date_updated",
    "last-modified",
    "lastmodifieddate",
    "modified-date",
    "updated-date",
)
_URL_DAY = re.compile(r"[/_.-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
_TIME_PUBLISHED = re.compile(r"publish|pubdate|entry-date|posted|dt-published|created")
_TIME_MODIFIED = re.compile(r"modif|updated|update-")
_FINENESS = {precision: rank for rank, precision in enumerate(DatePrecision)}


@dataclass(frozen=True, slots=True)
class Published:
    """A publication date: the moment in UTC, what of it was stated, the words, and the place they were found in."""

    at: datetime
    precision: DatePrecision
    raw: str
    source: str


@dataclass(frozen=True, slots=True)
class DateLimits:
    """How dates of one page are read: the latest moment believed, and whether 3/4/2026 is the third of April."""

    latest: datetime | None = None
    day_first: bool = True

    def parse(self, raw: str | None) -> ParsedDate | None:
        """Read one date within these limits."""
        return parse_date(raw, self.latest, day_first=self.day_first)


def choose_published(stated: Iterable[tuple[str | None, str]], limits: DateLimits) -> Published | None:
    """Return the first of the stated dates, (raw, source), that can be read.

    One that gives only the day yields to a later one that gives the time of about the same day.
    """
    best: Published | None = None
    for raw, source in stated:
        parsed = limits.parse(raw)
        if parsed is None or raw is None:
            continue
        found = Published(parsed.at, parsed.precision, (clean_text(raw) or raw)[:100], source)
        is_same_day = best is not None and abs((found.at - best.at).total_seconds()) <= 129_600
        if best is None or (is_same_day and _FINENESS[found.precision] < _FINENESS[best.precision]):
            best = found
        if best.precision in {DatePrecision.SECOND, DatePrecision.MINUTE}:
            return best
    return best


def choose_moment(raws: Iterable[str | None], limits: DateLimits) -> datetime | None:
    """Return the first of some dates that can be read."""
    return next((parsed.at for raw in raws if (parsed := limits.parse(raw))), None)


def published_in_tags(parts: PageParts) -> Iterator[tuple[str, str]]:
    """Yield the publication dates that meta tags and microdata state, with the tag's name."""
    for name in _PUBLISHED_METAS:
        for raw in parts.metas.get(name, ()):
            yield raw, f"meta:{name.removeprefix('itemprop:')}"
    for raw in parts.itemprops.get("datepublished", ())[:1]:
        yield raw, "itemprop:datepublished"


def modified_in_tags(parts: PageParts) -> Iterator[str]:
    """Yield the modification dates that meta tags, microdata and `<time>` state."""
    yield from parts.meta(*_MODIFIED_METAS)
    yield from parts.itemprops.get("datemodified", ())[:1]
    yield from (tag.stamp or tag.shown for tag in parts.times if _TIME_MODIFIED.search(tag.label) and not tag.is_aside)


def published_in_times(parts: PageParts) -> Iterator[tuple[str, str]]:
    """Yield the dates of `<time>` elements that may be the page's: one labelled so, the first below the title."""
    own = [tag for tag in parts.times if not tag.is_aside]
    labelled = [tag for tag in own if _TIME_PUBLISHED.search(tag.label) and not _TIME_MODIFIED.search(tag.label)]
    near = [tag for tag in own if tag.is_after_heading and not _TIME_MODIFIED.search(tag.label)]
    alone = parts.times if len(parts.times) == 1 else ()
    for tag in [*labelled[:1], *near[:1], *alone]:
        for raw in (tag.stamp, tag.shown):
            if raw:
                yield raw, "time"


def published_in_lines(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the date lines near the top of a page: elements that hold a date with day, month and year and no more."""
    for count, element in enumerate(tree.iter(*_LINE_TAGS)):
        if count >= _LINE_ELEMENTS:
            return
        line = clean_text(element.text)
        if line and _DATE_LINE.fullmatch(line):
            yield line, "text"


def published_in_url(url: str | None) -> str | None:
    """Return the day that a URL's path names (/2026/11/22/), as an ISO date; None when it names none."""
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return None
    found = _URL_DAY.search(path)
    return "-".join(found.groups()) if found else None


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
