"""Listings are parsed beside the event loop: small ones in a thread, large ones in a process with a deadline.

A feed of 50,000 entries takes 14 seconds, and a hostile one minutes: neither may hold up what is being fetched.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import threading
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from flows.discovery.formats import parse_listing
from flows.discovery.listing import Listing, ListingError

# The worst of this size that was found, one element with 18,000 attributes, takes 4 seconds.
_SMALL_BYTES = 256 * 1024
_MEMORY_BYTES = 2 * 2**30


class ListingParser:
    """Parses bodies as listings; an async context manager, so that its processes end with it."""

    def __init__(self, seconds: float = 120.0, workers: int = 2) -> None:
        self._seconds = seconds
        self._workers = workers
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()

    async def __aenter__(self) -> Self:
        """Return the parser; processes start when one is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes at once: whoever leaves waits for nothing."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(self._pool.join)

    async def parse(self, body: bytes, url: str, charset: str | None = None) -> Listing:
        """Parse a body. Raises ListingError when it is no listing, or takes more than its share of time or memory."""
        if len(body) <= _SMALL_BYTES and not body.startswith(b"\x1f\x8b"):
            return await asyncio.to_thread(parse_totally, body, url, charset)
        future = self._running_pool().schedule(parse_totally, args=(body, url, charset), timeout=self._seconds)
        try:
            listing: Listing = await asyncio.wrap_future(future)
        except (FutureTimeoutError, TimeoutError):
            raise ListingError(f"not parsed after {self._seconds:g} seconds ({len(body):,} bytes)") from None
        except ProcessExpired as death:
            raise ListingError(f"the process that parsed it died (exit code {death.exitcode})") from None
        return listing

    def _running_pool(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                # Forking a process that runs threads may deadlock.
                context = multiprocessing.get_context("forkserver")
                self._pool = ProcessPool(max_workers=self._workers, initializer=_limit_memory, context=context)
            return self._pool


def parse_totally(body: bytes, url: str, charset: str | None) -> Listing:
    """Parse a body as `parse_listing` does; whatever else a parser raises becomes a ListingError with its type."""
    try:
        return parse_listing(body, url, charset)
    except ListingError:
        raise
    except Exception as error:  # noqa: BLE001 - parsers raise anything on hostile documents
        raise ListingError(f"cannot be parsed: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from None


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
