"""WARC archives as pages: which records are HTML, and what their headers say. The framing is in `warc_records`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from extractors.identity import Capture, make_raw_page
from extractors.records import RawPage, RejectReason
from extractors.sniff import Content, sniff_content
from flows.export.page_note import NOTE_TYPE, PageNote, parse_note
from flows.sources.codings import Decoded, undo_codings
from flows.sources.files import SourceFile
from flows.sources.http_message import HttpMessage, parse_content_type, parse_http
from flows.sources.options import SourceOptions, SourceProblem
from flows.sources.streams import read_pieces
from flows.sources.warc_records import WarcRecord, WarcTrouble, read_records

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Types that servers send when they do not know: the bytes decide.
_VAGUE_TYPES = frozenset(
    {"text/plain", "application/octet-stream", "application/unknown", "text/xml", "application/xml"}
)
_PLAIN_DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_HTTP_HEADER_ROOM = 64 * 1024


def read_warc(file: SourceFile, options: SourceOptions) -> Iterator[RawPage | SourceProblem]:
    """Read the HTML pages of an archive: response records, and resource records of type text/html.

    Other records and other types are passed over. Errors of HTTP with an HTML body are pages with their status. A page
    that `gristmill export` wrote, of whatever type, is read back as it was.
    """
    otherwise = file.modified_at()
    note: tuple[str, PageNote] | None = None
    for item in read_records(read_pieces(file.path), options.max_body_bytes + _HTTP_HEADER_ROOM):
        if isinstance(item, WarcTrouble):
            yield file.problem(item.message, item.place)
            continue
        kind = item.headers.get("warc-type", "").lower()
        if kind == "metadata":
            note = _note_of(item)
            continue
        if kind == "response" and not item.headers.get("content-type", "").lower().startswith("text/dns"):
            message = parse_http(item.block)
        elif kind == "resource":
            message = HttpMessage(None, (), item.block)
        else:
            continue
        page = note[1].page_of(message.body, options.label) if note and note[0] == _id_of(item, "record-id") else None
        page = page or _page_of(file, item, message, options.max_body_bytes, otherwise)
        note = None
        if page:
            yield page


def _note_of(record: WarcRecord) -> tuple[str, PageNote] | None:
    """Return the id of the record that a note of ours speaks of, and the note."""
    note = parse_note(record.block) if record.headers.get("content-type") == NOTE_TYPE else None
    return (_id_of(record, "refers-to"), note) if note else None


def _id_of(record: WarcRecord, field: str) -> str:
    return record.headers.get(f"warc-{field}", "").strip("<> ")


def _page_of(
    file: SourceFile, record: WarcRecord, message: HttpMessage, limit: int, otherwise: datetime
) -> RawPage | None:
    """Return the page of a record, or None when it is not HTML."""
    if message.status is None:
        declared = record.headers.get("content-type") if record.headers.get("warc-type") == "resource" else None
    else:
        declared = message.header("content-type")
    media_type, charset = parse_content_type(declared)
    decoded = undo_codings(message.body, message.header("transfer-encoding"), message.header("content-encoding"), limit)
    if media_type not in HTML_TYPES:
        if not _is_html(media_type, decoded.body):
            return None
        media_type = "text/html"
    if record.is_cut and decoded.defect is not RejectReason.TOO_LARGE:
        size = record.headers.get("content-length")
        decoded = Decoded(decoded.body, RejectReason.TOO_LARGE, f"a record of {size} bytes, the limit is {limit:,}")
    capture = Capture(
        url=_target(record),
        fetched_at=_warc_date(record) or otherwise,
        source=file.label,
        locator=file.locator + record.place,
        http_status=message.status,
        media_type=media_type,
        http_charset=charset,
        headers=message.headers,
        defect=decoded.defect,
        defect_detail=decoded.detail,
    )
    return make_raw_page(decoded.body, capture)


def _is_html(media_type: str | None, body: bytes) -> bool:
    """Tell HTML under a type that is absent or wrong.

    A vague type leaves it to the bytes. Against a definite one (a script, JSON) only a document that opens as one
    counts: scripts and feeds are full of HTML elements.
    """
    if media_type is None or media_type in _VAGUE_TYPES:
        return sniff_content(body, "text/plain" if media_type == "text/plain" else None) is Content.HTML
    return _PLAIN_DOCUMENT.match(body) is not None


def _target(record: WarcRecord) -> str | None:
    # Early writers put the URI in angle brackets, as the first WARC standard's grammar had it.
    return record.headers.get("warc-target-uri", "").strip().strip("<>").strip() or None


def _warc_date(record: WarcRecord) -> datetime | None:
    try:
        when = datetime.fromisoformat(record.headers.get("warc-date", ""))
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
