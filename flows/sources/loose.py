"""Loose files as pages: saved HTML, plain-text dumps, and every other file, one page each.

A file that is no page at all is a row too: what is wrong with it is for the extractors to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import quote

from extractors.identity import Capture, make_raw_page
from extractors.records import RawPage, RejectReason
from extractors.sniff import Content, sniff_content
from flows.sources.files import SourceFile
from flows.sources.html_head import parse_declared_url
from flows.sources.http_message import parse_content_type
from flows.sources.options import SourceOptions, SourceProblem
from flows.sources.sidecar import Sidecar, read_sidecar
from flows.sources.streams import Damage, read_prefix

_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml", ".mhtml")
_PACKED_SUFFIXES = (".gz", ".zst")


def read_loose(file: SourceFile, options: SourceOptions) -> Iterator[RawPage | SourceProblem]:
    """Read one file as one page, its sidecar first. A broken sidecar is reported and the page read without it."""
    sidecar, problem = read_sidecar(file)
    if problem:
        yield problem
    limit = options.max_body_bytes
    body, damage = read_prefix(file.path, limit + 1)
    defect, detail = _defect(len(body), limit, damage)
    body = body[:limit]
    media_type, charset = parse_content_type(sidecar.declared_type())
    media_type = media_type or _media_type(file.path.name, body)
    capture = Capture(
        url=_url(file, sidecar, body if media_type != "text/plain" else b"", options),
        fetched_at=sidecar.fetch_time() or file.modified_at(),
        source=file.label,
        locator=file.locator,
        http_status=sidecar.http_status,
        media_type=media_type,
        http_charset=charset,
        headers=sidecar.header_list(),
        defect=defect,
        defect_detail=detail,
        hints=sidecar.hints(),
    )
    yield make_raw_page(body, capture)


def _defect(size: int, limit: int, damage: Damage | None) -> tuple[RejectReason | None, str | None]:
    if size > limit:
        return RejectReason.TOO_LARGE, f"more than {limit:,} bytes"
    if damage:
        return RejectReason.UNDECODABLE, damage.detail
    return None, None


def _media_type(name: str, body: bytes) -> str | None:
    """Tell the type from the bytes; the file's name is heard only where they allow both HTML and text."""
    opinion = None
    stem = PurePosixPath(name.lower())
    suffix = PurePosixPath(stem.stem).suffix if stem.suffix in _PACKED_SUFFIXES else stem.suffix
    if suffix in _HTML_SUFFIXES and b"<" in body:
        opinion = "text/html"
    elif suffix in {".txt", ".text", ".md"}:
        opinion = "text/plain"
    elif suffix == ".json":
        return "application/json"  # a table of pages never gets here
    return {Content.HTML: "text/html", Content.TEXT: "text/plain"}.get(sniff_content(body, opinion))


def _url(file: SourceFile, sidecar: Sidecar, head: bytes, options: SourceOptions) -> str | None:
    """Return the URL: by the sidecar, the page itself, or the base URL and the relative path."""
    stated = sidecar.page_url() or parse_declared_url(head, options.base_url)
    if stated or not options.base_url:
        return stated
    return f"{options.base_url.rstrip('/')}/{quote(os.fsencode(file.relative))}"
