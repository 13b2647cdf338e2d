"""One request, one answer: the only place that talks HTTP. Whatever goes wrong comes back as a failure with a class.

Neither robots.txt nor any pace is known here, and redirects are answers like others: see `flows.fetching.fetcher`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import LineTooLong
from aiohttp.resolver import ThreadedResolver
from multidict import CIMultiDictProxy
from yarl import URL

from extractors.records import RejectReason
from flows.discovery.urls import is_plain_url
from flows.fetching.connect import AddressRefusedError, PortRefusedError, make_connector
from flows.fetching.deadlines import Deadlines, Flight
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchRequest, FetchResult
from flows.fetching.retry_after import parse_retry_after
from flows.fetching.settings import ClientSettings
from flows.sources.codings import undo_codings
from warehouse.rows import storable

_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_PAGES = ("image/", "audio/", "video/", "font/")
# Undoing a coding of less takes about a millisecond: not worth a thread.
_THREAD_BYTES = 256 * 1024
_MOST_URL_CHARS = 8192
# Policies on content fill more than aiohttp's 8 KiB on some news sites.
_MOST_HEADER_BYTES = 64 * 1024
_MOST_HEADERS = 256
# Names after IDNA, and addresses; an underscore is against the standard, and found.
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%[\w.-]+)?")


class _RefusedError(Exception):
    """The answer is not taken; carries the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


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
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_seconds),
            auto_decompress=False,
            max_line_size=_MOST_HEADER_BYTES,
            max_field_size=_MOST_HEADER_BYTES,
            max_headers=_MOST_HEADERS,
            trust_env=False,
        )
        # Connecting is part of what comes before the answer, and has its own limit besides.
        before_answer = settings.connect_seconds + settings.idle_seconds
        self._deadlines = Deadlines(before_answer, settings.idle_seconds, settings.total_seconds)
        # Waiting for one of the connections would count as time that the server takes.
        self._places = asyncio.Semaphore(settings.connection_count)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        assert self._session is not None
        self._deadlines.close()
        await self._session.close()

    async def get(self, request: FetchRequest) -> FetchResult:
        """Send one GET and return what came of it; only a defect of ours is raised.

        A redirect comes back with its status and without a failure.
        """
        async with self._places:
            sent_at = datetime.now(UTC)
            flight = self._deadlines.begin()
            try:
                return await self._get(request, sent_at, flight)
            except asyncio.CancelledError:
                if not flight.is_stopped() or flight.failure is None:
                    raise
                failure = flight.failure
            except _RefusedError as refused:
                failure = refused.failure
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                failure = failure_of(error)
            finally:
                self._deadlines.end(flight)
        return FetchResult(request.url, request.url, sent_at, failure=failure)

    async def _get(self, request: FetchRequest, sent_at: datetime, flight: Flight) -> FetchResult:
        assert self._session is not None
        url = _checked_url(request.url)
        tls = self._tls if self._tls is not None else True
        async with self._session.get(url, headers=_conditions(request), allow_redirects=False, ssl=tls) as response:
            self._deadlines.moved(flight)
            status, headers = response.status, response.headers
            is_not_modified = status == 304 and bool(request.etag or request.last_modified)
            failure = None if is_not_modified else failure_of_status(status, headers, sent_at)
            body, wire_bytes = b"", 0
            if failure is None and status == 200:
                try:
                    body, wire_bytes = await self._read_page(response, request, flight)
                except _RefusedError as refused:
                    failure = refused.failure
        return FetchResult(
            url=request.url,
            final_url=request.url,
            fetched_at=sent_at,
            status=status,
            headers=_stored_headers(headers),
            body=body,
            wire_bytes=wire_bytes,
            etag=headers.get("ETag") or (request.etag if is_not_modified else None),
            last_modified=headers.get("Last-Modified") or (request.last_modified if is_not_modified else None),
            failure=failure,
        )

    async def _read_page(
        self, response: aiohttp.ClientResponse, request: FetchRequest, flight: Flight
    ) -> tuple[bytes, int]:
        """Return the body with its coding undone, and how many bytes were sent. Raises _RefusedError."""
        limit = request.max_bytes or self._settings.max_bytes
        media_type = response.headers.get("Content-Type", "").strip().lower()
        if media_type.startswith(_NO_PAGES):
            raise _RefusedError(Failure(FailureClass.WRONG_TYPE, f"declared as {media_type[:100]}"))
        sent = await self._read_sent(response, flight, limit, is_cut=request.is_cut)
        coding = response.headers.get("Content-Encoding", "")
        if not coding:
            return sent, len(sent)
        if len(sent) < _THREAD_BYTES:
            decoded = undo_codings(sent, "", coding, limit)
        else:
            decoded = await asyncio.to_thread(undo_codings, sent, "", coding, limit)
        if decoded.defect is RejectReason.TOO_LARGE and not request.is_cut:
            raise _RefusedError(Failure(FailureClass.BODY_TOO_LARGE, decoded.detail or ""))
        if decoded.defect is RejectReason.UNDECODABLE:
            raise _RefusedError(Failure(FailureClass.BAD_CODING, decoded.detail or ""))
        return decoded.body, len(sent)

    async def _read_sent(self, response: aiohttp.ClientResponse, flight: Flight, limit: int, *, is_cut: bool) -> bytes:
        """Return the body as sent. Raises _RefusedError as soon as it is known to be larger than `limit` bytes."""
        if (response.content_length or 0) > limit and not is_cut:
            raise _too_large(limit)
        content = response.content
        parts: list[bytes] = []
        size = 0
        while part := await content.readany():
            self._deadlines.moved(flight)
            parts.append(part)
            size += len(part)
            if size > limit:
                if is_cut:
                    return b"".join(parts)[:limit]
                raise _too_large(limit)
        return parts[0] if len(parts) == 1 else b"".join(parts)


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


def _stored_headers(headers: CIMultiDictProxy[str]) -> tuple[tuple[str, str], ...]:
    """Return headers that can be written down: what was not UTF-8 in them came as lone surrogates."""
    pairs = tuple(headers.items())
    if all(value.isascii() and name.isascii() for name, value in pairs):
        return pairs
    return tuple((storable(name), storable(value)) for name, value in pairs)


def _checked_url(text: str) -> URL:
    """Return the URL to ask for. Raises _RefusedError when it is none that a page can have."""
    if is_plain_url(text):
        return URL(text, encoded=True)
    try:
        url = URL(text)
        is_web = url.scheme in {"http", "https"} and bool(url.host) and url.port is not None
    except ValueError as error:
        raise _RefusedError(Failure(FailureClass.BAD_URL, f"no URL: {_line(error)}")) from None
    if is_web and not _HOST.fullmatch(url.raw_host or ""):
        raise _RefusedError(Failure(FailureClass.BAD_URL, f"no host name: {(url.host or '')[:100]!r}"))
    if not is_web:
        raise _RefusedError(Failure(FailureClass.BAD_URL, "only http and https URLs with a host are fetched"))
    if url.user is not None or url.password is not None:
        raise _RefusedError(Failure(FailureClass.BAD_URL, "a URL with a user's name or password is not fetched"))
    if len(text) > _MOST_URL_CHARS:
        raise _RefusedError(Failure(FailureClass.BAD_URL, f"longer than {_MOST_URL_CHARS:,} characters"))
    return url.with_fragment(None) if url.raw_fragment else url


def _too_large(limit: int) -> _RefusedError:
    return _RefusedError(Failure(FailureClass.BODY_TOO_LARGE, f"more than {limit:,} bytes"))


def failure_of_status(status: int, headers: CIMultiDictProxy[str], now: datetime) -> Failure | None:
    """Return what a status means when it brings neither a page nor a redirect."""
    if status in _REDIRECTS or status == 200:
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


# Where aiohttp's words say less than ours.
_PLAIN_WORDS = {
    FailureClass.INCOMPLETE_BODY: "the answer ended before its declared end",
}


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
                return Failure(failure_class, _PLAIN_WORDS.get(failure_class) or _line(candidate))
    return Failure(FailureClass.BAD_HTTP, _line(error))


def _line(error: BaseException) -> str:
    """Return an exception's words in one short line."""
    words = " ".join(str(error).split())
    return storable(words or type(error).__name__)[:300]
