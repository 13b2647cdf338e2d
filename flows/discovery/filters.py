"""Which entries of a listing are worth fetching as articles: by their address and their dates. Pure functions.

Precision comes first: what is wrongly fetched costs one request, what is wrongly dropped is lost. Every drop has a
reason from a closed list, and discovery counts them by source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from flows.discovery.listing import Entry

_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|pdf|mp[34]|m4[av]|mov|avi|wmv|webm|ogg|oga|ogv|wav|flac|aac|m3u8?|"
    r"zip|gz|tgz|tar|rar|7z|exe|dmg|apk|iso|docx?|xlsx?|pptx?|odt|ods|epub|mobi|csv|ics|vcf|css|js|mjs|json|xml|rss|"
    r"atom|rdf|woff2?|ttf|eot)",
    re.IGNORECASE,
)
_INDEX_FILE = re.compile(r"(?:index|home|default)(?:\.[a-z]{2,5})?")
_STRONG_LISTING = re.compile(
    r"tags?|schlagworte?|etiquetas?|mots?-cles?|authors?|auteurs?|autor|autor[ei]s?|autoren|contributors?|profile|page|"
    r"seite|pagina|search|suche|recherche|buscar|cerca|feed|rss"
)
_WEAK_LISTING = re.compile(
    r"category|categor(?:ies|ie|ia|ias)|kategorien?|topics?|thema|themen|themes?|temas?|sections?|rubrik|rubriken|"
    r"rubriques?|archiv|archives?"
)
_SERVICE = re.compile(
    r"about|about-us|contact|contact-us|kontakt|contacto|contatti|impressum|imprint|privacy|privacy-policy|datenschutz|"
    r"terms|terms-of-use|agb|cookies|cookie-policy|login|sign-?in|register|sign-?up|subscribe|newsletters?|search|suche|"
    r"sitemap|archiv|archives?|tags|topics|authors|jobs|careers|advertise"
)
_ARTICLE_SLUG = re.compile(r"(?:[^-]+-){4,}[^-]+|.*\d{5,}.*|.+\.(?:s?html?|php|aspx?|jsp)")
_DATE_ARCHIVE = re.compile(r"(?:/[a-z][a-z-]{0,20})?/(?:19|20)\d\d(?:/\d{1,2}){0,2}/?")
_DATE_IN_PATH = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<sep>[/._-]?)(?P<m>\d\d)(?P=sep)(?P<d>\d\d)(?!\d)")


class DropReason(StrEnum):
    """Why an entry of a listing is no candidate."""

    NOT_WEB = "no web address"
    OTHER_SITE = "another site"
    NOT_A_PAGE = "no page by its file type"
    LISTING = "a list of pages"
    EXCLUDED = "excluded"
    NOT_INCLUDED = "not included"
    TOO_OLD = "too old"
    REPEATED = "named before"


@dataclass(frozen=True, slots=True)
class UrlFilters:
    """Which addresses are wanted: regular expressions, searched in the canonical URL, and how old a page may be.

    Without `include` all are. `since` is compared with the newest date that a listing gives a page, else with the date
    in its address; a page without any date is wanted. What `include` matches is never taken for a list of pages.
    """

    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    since: datetime | None = None

    @classmethod
    def of(cls, include: Iterable[str] = (), exclude: Iterable[str] = (), since: datetime | None = None) -> UrlFilters:
        """Compile patterns. Raises ValueError, in one line, for one that is no regular expression."""
        return cls(tuple(map(_compiled, include)), tuple(map(_compiled, exclude)), since)

    def drop_reason(self, url: str) -> DropReason | None:
        """Tell why the patterns do not want a URL; None when they do."""
        if any(pattern.search(url) for pattern in self.exclude):
            return DropReason.EXCLUDED
        if self.include and not any(pattern.search(url) for pattern in self.include):
            return DropReason.NOT_INCLUDED
        return None


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


def address_drop_reason(url: str) -> DropReason | None:
    """Tell by a canonical URL alone why it is no article: its file type, or the front page. None if it may be one."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    if _NO_PAGE.fullmatch(last[max(last.rfind("."), 0) :]):
        return DropReason.NOT_A_PAGE
    is_front = parts.path == "/" or (parts.path.count("/") == 1 and _INDEX_FILE.fullmatch(last.lower()))
    return DropReason.LISTING if is_front and not parts.query else None


def is_listing_url(url: str) -> bool:
    """Tell by a canonical URL alone that it lists pages: tags, authors, categories, archives by date, service pages.

    Only plain cases count: what is wrongly fetched costs one request, what is wrongly dropped is lost.
    """
    path = urlsplit(url).path.lower()
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        return not urlsplit(url).query
    if _DATE_ARCHIVE.fullmatch(path) or (len(segments) == 1 and _SERVICE.fullmatch(segments[0])):
        return True
    for at, segment in enumerate(segments[:-1]):
        following = len(segments) - at - 1
        if _STRONG_LISTING.fullmatch(segment) and following <= 1:
            return True
        if _WEAK_LISTING.fullmatch(segment) and following <= 1 and not _ARTICLE_SLUG.fullmatch(segments[-1]):
            return True
    # /tag/elections/page/3
    return len(segments) > 2 and segments[-2] in {"page", "seite", "pagina"} and segments[-1].isdigit()


def is_older(entry: Entry, since: datetime) -> bool:
    """Tell that a page is older than `since`: by the newest date that its listing gives, else by that in its address.

    A date in an address is a day long. A page that gives no date is not older.
    """
    moments = [moment for moment in (entry.published_at, entry.modified_at) if moment]
    if moments:
        # A date without a time is the day's first second.
        newest = max(moments)
        return (newest + timedelta(days=1) if newest.time() == time() else newest) < since
    day = _date_in(entry.url)
    return day is not None and datetime.combine(day, time(), UTC) + timedelta(days=1) < since


def _date_in(url: str) -> date | None:
    found = _DATE_IN_PATH.search(urlsplit(url).path)
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])) if found else None
    except ValueError:
        return None
