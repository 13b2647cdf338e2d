"""Names that follow from content: the id of a page's capture, and the site that a URL belongs to.

Pure functions of their arguments; nothing here looks at the network (the public suffix list is shipped with `tld`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from tld import get_tld

from extractors.records import Hints, RawPage, RejectReason


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def page_id_of(url: str | None, fetched_at: datetime, raw_sha256: str) -> str:
    """Return the id of one capture of one page: 32 hex digits.

    The same URL, time and bytes give the same id in every batch, so a page read twice is one page. A page without a
    URL is known by its bytes alone: a copied file keeps its id although its time changed.
    """
    key = f"{url}\n{fetched_at.isoformat()}\n{raw_sha256}" if url else f"\n\n{raw_sha256}"
    return sha256_hex(key.encode("utf-8", "surrogatepass"))[:32]


_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


@lru_cache(maxsize=4096)
def _site_of_host(host: str) -> str:
    found = get_tld(f"https://{host}", as_object=True, fail_silently=True, search_private=True)
    domain = getattr(found, "fld", None)
    if isinstance(domain, str):
        return domain
    # The list's own rule for a suffix that it does not know: the last label is the suffix.
    return host if _ADDRESS.fullmatch(host) else ".".join(host.split(".")[-2:])


def site_of(url: str | None) -> str | None:
    """Return the site of a URL: its registrable domain, in lower case, by the public suffix list.

    Private suffixes count (each `*.github.io` is a site of its own). An address or a
    single name (`localhost`) is its own site. None for a URL without a host.
    """
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return _site_of_host(host.rstrip(".").lower()) if host else None


@dataclass(frozen=True, slots=True)
class Capture:
    """Where and when a page was got, and how its body is declared: what `make_raw_page` needs beside the bytes."""

    url: str | None
    fetched_at: datetime
    source: str
    locator: str
    http_status: int | None = None
    media_type: str | None = None
    http_charset: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    defect: RejectReason | None = None
    defect_detail: str | None = None
    hints: Hints = field(default_factory=Hints)


def make_raw_page(body: bytes, capture: Capture) -> RawPage:
    """Return the raw page of a body and its capture, with its id and hash filled in."""
    digest = sha256_hex(body)
    return RawPage(
        page_id=page_id_of(capture.url, capture.fetched_at, digest),
        body=body,
        raw_sha256=digest,
        url=capture.url,
        fetched_at=capture.fetched_at,
        source=capture.source,
        locator=capture.locator,
        http_status=capture.http_status,
        media_type=capture.media_type,
        http_charset=capture.http_charset,
        headers=capture.headers,
        defect=capture.defect,
        defect_detail=capture.defect_detail,
        hints=capture.hints,
    )
