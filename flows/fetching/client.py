"""One request, one answer: the only place that talks HTTP. Whatever goes wrong comes back as a failure with a class.

Neither robots.txt nor any pace is known here, and redirects are answers like others: see `flows.fetching.fetcher`.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import LineTooLong
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDictProxy
from yarl import URL

from extractors.records import RejectReason
from flows.fetching.connect import AddressRefusedError, PortRefusedError, make_connector
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchRequest, FetchResult
from flows.fetching.retry_after import parse_retry_after
from flows.fetching.settings import ClientSettings
from flows.sources.codings import undo_codings

_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_PAGES = ("image/", "audio/", "video/", "font/")
# Undoing a coding of less takes about a millisecond: not worth a thread.
_THREAD_BYTES = 256 * 1024
_MOST_URL_CHARS = 8192


class _RefusedError(Exception):
    """The answer is not taken; carries the failure, and what of the body had come."""

    def __init__(self, failure: Failure, body: bytes = b"") -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.body = body


class Client:
    """An HTTP client for public addresses; an asynchronous context manager."""

    def __init__(
        self, settings: ClientSettings, resolver: AbstractResolver | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        settings = self._settings
        resolver = self._resolver or ThreadedResolver()
        self._session = aiohttp.ClientSession(
            connector=make_connector(settings.addresses, resolver, settings.connection_count),
            headers=_HEADERS | {"User-Agent": settings.user_agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=settings.total_seconds, sock_connect=settings.connect_seconds, sock_read=settings.idle_seconds
            ),
            auto_decompress=False,
            trust_env=False,
        )
        # Waiting for one of the connections would count as time that the server takes.
        self._places = asyncio.Semaphore(settings.connection_count)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        assert self._session is not None
        await self._session.close()

    async def get(self, request: FetchRequest) -> FetchResult:
        """Send one GET and return what came of it; only a defect of ours is raised.

        A redirect comes back with its status and without a failure.
        """
        async with self._places:
            sent_at = datetime.now(UTC)
            try:
                return await self._get(request, sent_at)
            except _RefusedError as refused:
                failure, body = refused.failure, refused.body
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                failure, body = failure_of(error), b""
        return FetchResult(request.url, request.url, sent_at, body=body, failure=failure)

    async def _get(self, request: FetchRequest, sent_at: datetime) -> FetchResult:
        assert self._session is not None
        url = _checked_url(request.url)
        limit = request.max_bytes or self._settings.max_bytes
        tls = self._tls if self._tls is not None else True
        async with self._session.get(url, headers=_conditions(request), allow_redirects=False, ssl=tls) as response:
            status, headers = response.status, response.headers
            failure = failure_of_status(status, headers, sent_at)
            is_not_modified = status == 304
            body, wire_bytes = b"", 0
            if failure is None and status == 200:
                try:
                    body, wire_bytes = await _read_page(response, limit)
                except _RefusedError as refused:
                    failure, body = refused.failure, refused.body
        return FetchResult(
            url=request.url,
            final_url=request.url,
            fetched_at=sent_at,
            status=status,
            headers=tuple((storable(name), storable(value)) for name, value in headers.items()),
            body=body,
            wire_bytes=wire_bytes,
            etag=headers.get("ETag") or (request.etag if is_not_modified else None),
            last_modified=headers.get("Last-Modified") or (request.last_modified if is_not_modified else None),
            failure=failure,
        )


def storable(text: str) -> str:
    """Return a header's text as it can be stored: aiohttp makes lone surrogates of bytes that are no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def is_redirect(result: FetchResult) -> bool:
    """Tell whether an answer points elsewhere."""
    return result.failure is None and result.status in _REDIRECTS


def _conditions(request: FetchRequest) -> dict[str, str]:
    headers = {}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.last_modified:
        headers["If-Modified-Since"] = request.last_modified
    return headers


def _checked_url(text: str) -> URL:
    """Return the URL to ask for. Raises _RefusedError when it is none that a page can have."""
    try:
        parts = urlsplit(text)
        url = URL(text).with_fragment(None)
        is_web = parts.scheme.lower() in {"http", "https"} and bool(url.host) and url.port is not None
    except ValueError as error:
        raise _RefusedError(Failure(FailureClass.BAD_URL, f"no URL: {_line(error)}")) from None
    if not is_web:
        raise _RefusedError(Failure(FailureClass.BAD_URL, "only http and https URLs with a host are fetched"))
    if url.user is not None or url.password is not None:
        raise _RefusedError(Failure(FailureClass.BAD_URL, "a URL with a user's name or password is not fetched"))
    if len(text) > _MOST_URL_CHARS:
        raise _RefusedError(Failure(FailureClass.BAD_URL, f"longer than {_MOST_URL_CHARS:,} characters"))
    return url


async def _read_page(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, int]:
    """Return the body with its coding undone, and how many bytes were sent. Raises _RefusedError."""
    media_type = response.headers.get("Content-Type", "").strip().lower()
    if media_type.startswith(_NO_PAGES):
        raise _RefusedError(Failure(FailureClass.WRONG_TYPE, f"declared as {media_type[:100]}"))
    sent = await _read_sent(response, limit)
    coding = response.headers.get("Content-Encoding", "")
    if not coding:
        return sent, len(sent)
    if len(sent) < _THREAD_BYTES:
        decoded = undo_codings(sent, "", coding, limit)
    else:
        decoded = await asyncio.to_thread(undo_codings, sent, "", coding, limit)
    if decoded.defect is RejectReason.TOO_LARGE:
        raise _RefusedError(Failure(FailureClass.BODY_TOO_LARGE, decoded.detail or ""), decoded.body)
    if decoded.defect is not None:
        raise _RefusedError(Failure(FailureClass.BAD_CODING, decoded.detail or ""))
    return decoded.body, len(sent)


async def _read_sent(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body as sent. Raises _RefusedError as soon as it is known to be larger than `limit` bytes."""
    too_large = Failure(FailureClass.BODY_TOO_LARGE, f"more than {limit:,} bytes")
    if (response.content_length or 0) > limit:
        raise _RefusedError(too_large)
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise _RefusedError(too_large, b"".join(parts)[:limit])
    return b"".join(parts)


def failure_of_status(status: int, headers: CIMultiDictProxy[str], now: datetime) -> Failure | None:
    """Return what a status means when it brings neither a page, nor a redirect, nor the word that nothing changed."""
    if status in _REDIRECTS or status in {200, 304}:
        return None
    retry_after = parse_retry_after(headers.get("Retry-After"), now)
    return Failure(_class_of_status(status), f"HTTP {status}", retry_after)


def _class_of_status(status: int) -> FailureClass:
    known = {
        404: FailureClass.NOT_FOUND,
        410: FailureClass.GONE,
        408: FailureClass.SERVER_ERROR,
        425: FailureClass.SERVER_ERROR,
        429: FailureClass.TOO_MANY_REQUESTS,
    }
    if status in known:
        return known[status]
    if 400 <= status < 500:
        return FailureClass.CLIENT_ERROR
    return FailureClass.SERVER_ERROR if status >= 500 else FailureClass.BAD_STATUS


# The first that fits counts: the narrower classes of exceptions stand before those that they derive from.
_OF_EXCEPTION: tuple[tuple[type[BaseException], FailureClass], ...] = (
    (AddressRefusedError, FailureClass.ADDRESS_REFUSED),
    (PortRefusedError, FailureClass.PORT_REFUSED),
    (aiohttp.InvalidURL, FailureClass.BAD_URL),
    (aiohttp.NonHttpUrlClientError, FailureClass.BAD_URL),
    (aiohttp.ClientConnectorDNSError, FailureClass.DNS_FAILED),
    (aiohttp.ClientSSLError, FailureClass.TLS_FAILED),
    (ssl.SSLError, FailureClass.TLS_FAILED),
    (aiohttp.ConnectionTimeoutError, FailureClass.CONNECT_TIMED_OUT),
    (aiohttp.SocketTimeoutError, FailureClass.IDLE_TIMED_OUT),
    (asyncio.TimeoutError, FailureClass.TOTAL_TIMED_OUT),
    (aiohttp.ClientConnectorError, FailureClass.CONNECT_FAILED),
    (aiohttp.ClientPayloadError, FailureClass.INCOMPLETE_BODY),
    (aiohttp.ServerDisconnectedError, FailureClass.DISCONNECTED),
    (LineTooLong, FailureClass.HEADERS_TOO_LARGE),
    (aiohttp.ClientResponseError, FailureClass.BAD_HTTP),
    (UnicodeError, FailureClass.BAD_URL),
    (OSError, FailureClass.DISCONNECTED),
)


def failure_of(error: BaseException) -> Failure:
    """Return the class of an exception of the network; what it was raised from is looked at first."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and len(chain) < 5:
        chain.append(cause)
    inner = getattr(error, "os_error", None)
    decisive = [
        part for part in (inner, *chain) if isinstance(part, AddressRefusedError | PortRefusedError | LineTooLong)
    ]
    for candidate in (*decisive, error):
        for kind, failure_class in _OF_EXCEPTION:
            if isinstance(candidate, kind):
                return Failure(failure_class, _line(candidate))
    return Failure(FailureClass.BAD_HTTP, _line(error))


def _line(error: BaseException) -> str:
    """Return an exception's words in one short line."""
    words = " ".join(str(error).split())
    return storable(words or type(error).__name__)[:300]
