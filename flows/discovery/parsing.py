"""Listings are parsed beside the event loop: small ones in a thread, large ones in a process with a deadline.

A feed of 50,000 entries takes 14 seconds, and a hostile one minutes: neither may hold up what is being fetched.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from flows.discovery.formats import parse_listing
from flows.discovery.listing import Listing, ListingError

# The worst of this size that was found, one element with 18,000 attributes, takes 4 seconds.
_SMALL_BYTES = 256 * 1024
_MEMORY_BYTES = 2 * 2**30
# How often it is looked whether the processes still live.
_LOOK_SECONDS = 0.5


Parse = Callable[[bytes, str, str | None], Listing]


class ListingParser:
    """Parses bodies as listings; an async context manager, so that its processes end with it."""

    def __init__(self, seconds: float = 120.0, workers: int = 2, parse: Parse | None = None) -> None:
        self._seconds = seconds
        self._workers = workers
        self._parse = parse or parse_totally
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> Self:
        """Return the parser; processes start when one is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes at once: whoever leaves waits for nothing."""
        if self._pool is not None:
            await asyncio.to_thread(_end, self._pool)

    async def parse(self, body: bytes, url: str, charset: str | None = None) -> Listing:
        """Parse a body. Raises ListingError when it is no listing, or takes more than its share of time or memory."""
        if len(body) <= _SMALL_BYTES and not body.startswith(b"\x1f\x8b"):
            return await asyncio.to_thread(self._parse, body, url, charset)
        pool = self._running_pool()
        future = pool.schedule(self._parse, args=(body, url, charset), timeout=self._seconds)
        try:
            return await _result(future, pool)
        except FutureTimeoutError:
            raise ListingError(f"not parsed after {self._seconds:g} seconds ({len(body):,} bytes)") from None
        except (ProcessExpired, BrokenProcessPool, MemoryError):
            raise ListingError("the process that parsed it died") from None

    def _running_pool(self) -> ProcessPool:
        if self._pool is not None and not self._pool.active:
            _end(self._pool)
            self._pool = None
        if self._pool is None:
            # Forking a process that runs threads may deadlock; the fork server is the pages' pool's, with its modules.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(max_workers=self._workers, initializer=_limit_memory, context=context)
        return self._pool


async def _result(future: Any, pool: ProcessPool) -> Listing:
    """Wait for a listing. Raises BrokenProcessPool when it will never come: a pool forgets what it stopped with."""
    waiting = asyncio.wrap_future(future)
    while not (await asyncio.wait([waiting], timeout=_LOOK_SECONDS))[0]:
        if not pool.active:
            waiting.cancel()
            raise BrokenProcessPool
    listing: Listing = waiting.result()
    return listing


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


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
