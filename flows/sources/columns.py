"""Rows of tables as pages: which column holds what, and one row turned into one page. Pure functions on plain values.

`DEFAULTS` is the truth that docs/sources.md shows. Files are read in `parquet.py` and `json_rows.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from extractors.identity import Capture, make_raw_page
from extractors.records import Hints, RawPage, RejectReason
from extractors.sniff import Content, sniff_content
from flows.sources.files import SourceFile, printable
from flows.sources.options import ColumnNames

Row = Mapping[str, Any]

# In order of preference; upper and lower case do not matter, a dot leads into a nested column.
DEFAULTS: dict[str, tuple[str, ...]] = {
    "html": ("html", "raw_html", "html_content", "content_html", "page_html", "body_html", "html.content"),
    "text": ("text", "maintext", "plaintext", "plain_text", "article_text", "clean_text", "content_text", "raw_text"),
    "url": (
        "url", "page_url", "source_url", "article_url", "uri", "target_uri", "warc_target_uri", "link", "source",
        "metadata.url", "metadata.source_url", "html.responded_url", "html.requested_url",
    ),
    "fetched_at": (
        "fetched_at", "date_download", "crawled_at", "crawl_date", "crawl_time", "downloaded_at", "scraped_at",
        "retrieved_at", "fetch_time", "warc_date", "metadata.fetched_at", "metadata.date_download",
        "metadata.crawl_date", "metadata.warc_date", "metadata.date", "html.crawl_date",
    ),
    "http_status": ("http_status", "status_code", "http_status_code", "metadata.http_status"),
    "title": ("title", "headline", "metadata.title"),
    "authors": ("authors", "author", "byline", "creator", "metadata.authors", "metadata.author"),
    "published": (
        "published", "published_at", "date_publish", "publishing_date", "published_date", "publish_date",
        "date_published", "datepublished", "publication_date", "pub_date", "pubdate", "date",
        "metadata.published", "metadata.date_publish", "metadata.published_date",
    ),
    "modified": ("modified", "modified_at", "date_modify", "date_modified", "datemodified", "updated_at", "updated"),
    "description": ("description", "excerpt", "summary", "standfirst", "metadata.description"),
    "sitename": ("sitename", "site_name", "source-hostname", "publisher", "metadata.sitename"),
    "language": ("language", "lang", "metadata.language"),
    "image_url": ("image_url", "image", "top_image", "metadata.image"),
    "license": ("license", "licence", "metadata.license"),
    "categories": ("categories", "category", "section", "metadata.categories"),
    "tags": ("tags", "keywords", "topics", "metadata.tags"),
}  # fmt: skip
# Hold HTML in some tables and text in others: the value decides.
EITHER = ("content", "body", "page", "document", "raw_content")


@dataclass(frozen=True, slots=True)
class TableReader:
    """What is needed to turn the rows of one file into pages: the file, the names, the size limit in bytes."""

    file: SourceFile
    names: ColumnNames
    max_body_bytes: int

    def paths(self, field: str) -> tuple[str, ...]:
        """Return the columns to look for a field in: the one that the user named, or the defaults."""
        named: str | None = getattr(self.names, field)
        return (named,) if named else DEFAULTS[field]

    def content_paths(self) -> tuple[str, ...]:
        """Return the columns that content may come from."""
        if self.names.html or self.names.text:
            return tuple(name for name in (self.names.html, self.names.text) if name)
        return DEFAULTS["html"] + EITHER + DEFAULTS["text"]

    def all_paths(self) -> tuple[str, ...]:
        """Return every column that may be looked at."""
        named = (path for field in fields(self.names) for path in self.paths(field.name))
        return (*named, *self.content_paths(), "dump")

    def has_content(self, row: Row) -> bool:
        """Tell whether a row has a column for content, even an empty one."""
        return any(has_path(row, path) for path in self.content_paths())


def lower_keys(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with its column names in lower case; of two that become one, the first wins."""
    lowered: dict[str, Any] = {}
    for key, value in row.items():
        lowered.setdefault(str(key).lower(), value)
    return lowered


def has_path(row: Row, path: str) -> bool:
    """Tell whether a row (keys in lower case) has a column."""
    key = path.lower()
    outer, _, inner = key.partition(".")
    return key in row or bool(inner and isinstance(row.get(outer), Mapping) and has_path(lower_keys(row[outer]), inner))


def _lookup(row: Row, path: str) -> Any:
    key = path.lower()
    if key in row:
        return row[key]
    outer, _, inner = key.partition(".")
    nested = row.get(outer) if inner else None
    return _lookup(lower_keys(nested), inner) if isinstance(nested, Mapping) else None


def parse_row(row: Row, place: str, reader: TableReader, otherwise: datetime) -> RawPage:
    """Turn one row into one page, whatever is in it; `otherwise` is the fetch time of a row that has none.

    `row` has lower-case keys. Text is encoded as UTF-8. A row without content is a page with an empty body.
    """
    body, media_type, charset = _content(row, reader)
    limit = reader.max_body_bytes
    is_too_large = len(body) > limit
    capture = Capture(
        url=_url(row, reader),
        fetched_at=_fetched_at(row, reader) or otherwise,
        source=reader.file.label,
        locator=reader.file.locator + place,
        http_status=_http_status(row, reader),
        media_type=media_type,
        http_charset=charset,
        defect=RejectReason.TOO_LARGE if is_too_large else None,
        defect_detail=f"{len(body):,} bytes, the limit is {limit:,}" if is_too_large else None,
        hints=_hints(row, reader),
    )
    return make_raw_page(body[:limit], capture)


def _content(row: Row, reader: TableReader) -> tuple[bytes, str | None, str | None]:
    """Return body, media type and charset. Columns that the user named are believed; others are looked at."""
    names = reader.names
    candidates: list[tuple[str, bool | None]]  # True: HTML, False: text, None: the value decides
    if names.html or names.text:
        candidates = [(path, path == names.html) for path in reader.content_paths()]
    else:
        candidates = [(path, True) for path in DEFAULTS["html"]]
        candidates += [(path, None) for path in (*EITHER, *DEFAULTS["text"])]
    fallback: tuple[bytes, str | None, str | None] | None = None
    for path, is_html in candidates:
        value = _lookup(row, path)
        if not value or not isinstance(value, str | bytes):
            continue
        body, charset = (value, None) if isinstance(value, bytes) else (value.encode("utf-8", "replace"), "utf-8")
        if is_html or (is_html is None and sniff_content(body, "text/plain") is Content.HTML):
            return body, "text/html", charset
        if fallback is None or path == "text":  # a column called text is surer than one called content
            fallback = body, "text/plain", charset
    return fallback or (b"", None, None)


def _text(value: Any) -> str | None:
    """Return a value as clean text, None for nothing."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return printable(str(value)).strip() or None


def _texts(value: Any, separators: str) -> tuple[str, ...]:
    """Return a list of texts: from a list (of texts, or of objects with a name), or a text with separators."""
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str | bytes):
        text = _text(value) or ""
        separator = next((s for s in separators if s in text), None)
        value = text.split(separator) if separator else [text]
    if not isinstance(value, Iterable):
        return ()
    named = (item.get("name") if isinstance(item, Mapping) else item for item in value)
    return tuple(text for text in map(_text, named) if text)


def _first_text(row: Row, paths: tuple[str, ...]) -> str | None:
    return next((text for text in (_text(_lookup(row, path)) for path in paths) if text), None)


def _first_texts(row: Row, paths: tuple[str, ...], separators: str) -> tuple[str, ...]:
    return next((texts for texts in (_texts(_lookup(row, path), separators) for path in paths) if texts), ())


def _url(row: Row, reader: TableReader) -> str | None:
    for path in reader.paths("url"):
        url = _text(_lookup(row, path))
        # Columns called link or source hold all kinds of things.
        if url and (path not in {"link", "source", "uri"} or url.lower().startswith(("http://", "https://"))):
            return url
    return None


def _http_status(row: Row, reader: TableReader) -> int | None:
    text = _first_text(row, reader.paths("http_status"))
    return int(text) if text and len(text) == 3 and text.isascii() and text.isdigit() and text >= "100" else None


def _date_is_fetch(row: Row) -> bool:
    """Tell whether `date` is the time of the crawl: so in tables made from Common Crawl, which name their `dump`."""
    return "dump" in row


def _fetched_at(row: Row, reader: TableReader) -> datetime | None:
    paths = reader.paths("fetched_at")
    if not reader.names.fetched_at and _date_is_fetch(row):
        paths = (*paths, "date")
    return next((when for when in (_when(_lookup(row, path)) for path in paths) if when), None)


def _when(value: Any) -> datetime | None:
    """Return a moment in UTC from a timestamp, a written date or seconds since 1970; None when it is none of them."""
    try:
        when = _parse_when(value)
        if when is None:
            return None
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _parse_when(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)  # milliseconds from 1973 on
    text = _text(value)
    return _parse_written(text) if text else None


def _parse_written(text: str) -> datetime:
    """Parse ISO 8601, the 14 digits of web archives, or the date format of e-mail. Raises ValueError."""
    if len(text) == 14 and text.isascii() and text.isdigit():
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _hints(row: Row, reader: TableReader) -> Hints:
    published = reader.paths("published")
    if not reader.names.published and _date_is_fetch(row):
        published = tuple(path for path in published if path != "date")
    return Hints(
        title=_first_text(row, reader.paths("title")),
        authors=_first_texts(row, reader.paths("authors"), ";"),
        published_raw=_first_text(row, published),
        modified_raw=_first_text(row, reader.paths("modified")),
        description=_first_text(row, reader.paths("description")),
        sitename=_first_text(row, reader.paths("sitename")),
        language=_first_text(row, reader.paths("language")),
        image_url=_first_text(row, reader.paths("image_url")),
        license=_first_text(row, reader.paths("license")),
        categories=_first_texts(row, reader.paths("categories"), ";,"),
        tags=_first_texts(row, reader.paths("tags"), ";,"),
    )
