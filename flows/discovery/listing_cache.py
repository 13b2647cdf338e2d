"""Feeds and sitemaps kept on disk, so that one that has not changed costs a 304 and no bytes.

Only listings are kept here, and only as a cache: what is lost is fetched again. On a 304 the kept body is given back,
so a listing is always whole: pages that an earlier run did not get to, or that other filters now want, are in it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flows.discovery.formats import MAX_LISTING_BYTES
from flows.fetching.messages import FetchRequest, FetchResult

ConditionalFetch = Callable[[FetchRequest], Awaitable[FetchResult]]
ListingFetch = Callable[[str], Awaitable[FetchResult]]


def cached_listings(fetch: ConditionalFetch, folder: Path) -> ListingFetch:
    """Return a fetch for listings that asks conditionally and never answers with a 304.

    `folder` is made when it is needed. A disk that refuses costs the cache and nothing else.
    """

    async def fetch_listing(url: str) -> FetchResult:
        path = folder / f"{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.gz"
        kept = _read(path, url)
        request = FetchRequest(
            url,
            etag=kept.etag if kept else None,
            last_modified=kept.last_modified if kept else None,
            max_bytes=MAX_LISTING_BYTES,
        )
        result = await fetch(request)
        if result.is_not_modified and kept:
            return replace(kept, fetched_at=result.fetched_at, redirects=result.redirects)
        if result.failure is None and result.status == 200 and (result.etag or result.last_modified):
            _write(path, result)
        return result

    return fetch_listing


def _read(path: Path, url: str) -> FetchResult | None:
    """Return what is kept of a listing; None when nothing is, or it is damaged."""
    try:
        head, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
        kept = json.loads(head)
        if kept["url"] != url:
            return None
        return FetchResult(
            url=url,
            final_url=kept["final_url"],
            fetched_at=datetime.fromisoformat(kept["fetched_at"]),
            status=200,
            headers=(("Content-Type", kept["content_type"]),),
            body=body,
            etag=kept["etag"],
            last_modified=kept["last_modified"],
        )
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, result: FetchResult) -> None:
    head = {
        "url": result.url,
        "final_url": result.final_url,
        "fetched_at": result.fetched_at.isoformat(),
        "content_type": result.header("content-type"),
        "etag": result.etag,
        "last_modified": result.last_modified,
    }
    staged = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            staged.write_bytes(gzip.compress(json.dumps(head).encode() + b"\n" + result.body, 5))
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
