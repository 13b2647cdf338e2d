"""Pages as a WARC/1.1 archive, through warcio: what other tools read, and `gristmill ingest` reads back as it was.

Which pages, and where the archive goes, is decided elsewhere. The same pages give the same bytes, but for the date in
the `warcinfo` record.
"""

from __future__ import annotations

import io
import re
import string
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import quote

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extractors.records import RawPage, RejectReason
from flows.export.page_note import NOTE_TYPE, PageNote

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
# They describe the wire, and the body is stored as it was once these were undone.
_OF_THE_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(slots=True)
class ExportCounts:
    """How many pages were written, and how many bytes their bodies have."""

    page_count: int = 0
    body_bytes: int = 0


def write_warc(
    pages: Iterable[RawPage], out: BinaryIO, about: dict[str, str], now: datetime, *, is_gzipped: bool
) -> ExportCounts:
    """Write pages as an archive, each record its own gzip member when it is gzipped. `about` goes to `warcinfo`.

    A page with an HTTP status is a `response`; a page that no server sent, a `resource`. Before each stands a
    `metadata` record with what the standard has no field for.
    """
    writer = WARCWriter(out, gzip=is_gzipped, warc_version="1.1")
    info = writer.create_warcinfo_record(None, about)
    info.rec_headers.replace_header("WARC-Date", _warc_date(now))
    writer.write_record(info)
    counts = ExportCounts()
    for page in pages:
        for record in _records(writer, page):
            writer.write_record(record)
        counts.page_count += 1
        counts.body_bytes += len(page.body)
    return counts


def _records(writer: Any, page: RawPage) -> list[Any]:
    uri = page_uri(page)
    page_record_id = _record_id(page, "page")
    date = _warc_date(page.fetched_at)
    headers = {"WARC-Record-ID": page_record_id, "WARC-Date": date}
    if page.defect is RejectReason.TOO_LARGE:
        headers["WARC-Truncated"] = "length"
    kind = "resource" if page.http_status is None else "response"
    body_record = writer.create_warc_record(
        uri,
        kind,
        payload=io.BytesIO(page.body),
        length=len(page.body),
        http_headers=None if page.http_status is None else _http_headers(page, page.http_status),
        warc_content_type=_content_type(page) if page.http_status is None else "",
        warc_headers_dict=headers,
    )
    note = PageNote.of(page).to_json()
    note_record = writer.create_warc_record(
        uri,
        "metadata",
        payload=io.BytesIO(note),
        length=len(note),
        warc_content_type=NOTE_TYPE,
        warc_headers_dict={
            "WARC-Record-ID": _record_id(page, "note"),
            "WARC-Refers-To": page_record_id,
            "WARC-Date": date,
        },
    )
    return [note_record, body_record]


def page_uri(page: RawPage) -> str:
    """Return what names a page in an archive: its URL, in ASCII; for a page without one, a URN of its id."""
    if not page.url:
        return f"urn:uuid:{uuid.UUID(page.page_id)}"
    return quote(page.url, safe=string.punctuation, errors="replace")


def _record_id(page: RawPage, role: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.UUID(page.page_id), role)}>"


def _warc_date(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _http_headers(page: RawPage, status: int) -> StatusAndHeaders:
    headers = []
    # A body that could not be decoded is stored as it was sent.
    renamed = _OF_THE_WIRE - {"content-encoding"} if page.defect is RejectReason.UNDECODABLE else _OF_THE_WIRE
    for name, value in page.headers:
        if _HEADER_NAME.fullmatch(name):
            shown = f"X-Archive-Orig-{name}" if name.lower() in renamed else name
            headers.append((shown, _LINE_BREAKS.sub(" ", value).encode("utf-8", "replace").decode("utf-8")))
    if not any(name.lower() == "content-type" for name, _ in headers) and page.media_type:
        headers.append(("Content-Type", _content_type(page)))
    headers.append(("Content-Length", str(len(page.body))))
    return StatusAndHeaders(f"{status} {_phrase(status)}".strip(), headers, protocol="HTTP/1.1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _content_type(page: RawPage) -> str:
    essence = page.media_type or "application/octet-stream"
    charset = f"; charset={page.http_charset}" if page.http_charset else ""
    return _LINE_BREAKS.sub(" ", f"{essence}{charset}")
