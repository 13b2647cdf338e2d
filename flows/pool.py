"""Judge pages in worker processes, each page with a deadline and a memory limit.

A page that hangs, crashes its process or eats the memory becomes a rejection; its neighbours live. What judging is
stands in `extractors.judge`, what runs inside a worker in `flows.pool_worker`; which pages and where the outcomes go
is the caller's business.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from extractors.judge import JudgeOptions, judge_page, reject_page
from extractors.records import Outcome, RawPage, Rejected, RejectReason
from flows.pool_worker import OUT_OF_MEMORY_EXIT, Judge, WorkerSetup, judge_in_worker, judge_totally, start_worker

__all__ = ["Judge", "PagePool", "PoolError", "PoolSettings"]

# A worker is replaced after so many pages: what a C library may leak stays small.
_PAGES_PER_WORKER = 5_000
# How often a thread that waits for a page looks whether the pool still lives.
_LOOK_SECONDS = 0.25
# So many broken pools without one page judged between them: it is the machine, not the pages.
_MOST_BREAKS = 6


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How pages are judged: processes (0: in this one, without limits), seconds and memory (MiB) for each page."""

    workers: int = 0
    page_seconds: float = 60.0
    page_memory_mb: int = 1024

    @staticmethod
    def default_workers() -> int:
        """Return one worker for each processor that this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class PoolError(Exception):
    """Pages cannot be judged at all: the workers die at once, or the run was stopped. The message is one line."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A page on its way through a worker, and the pool that it was given to."""

    page: RawPage
    future: Any
    pool: ProcessPool


class PagePool:
    """A pool of processes that judge pages; a context manager. Several threads may use one pool at a time."""

    def __init__(self, options: JudgeOptions, settings: PoolSettings, judge: Judge = judge_page) -> None:
        self._options = options
        self._settings = settings
        self._judge = judge
        self._lock = threading.Lock()
        self._is_stopped = False
        self._break_count = 0
        self._pool = self._start() if settings.workers else None

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the workers: after what they were given in good times, at once when an error is passing."""
        with self._lock:
            self._is_stopped = True
        if self._pool is not None:
            if kind is None:
                self._pool.close()  # type: ignore[no-untyped-call]
            else:
                self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    def judge_pages(self, pages: Iterable[RawPage]) -> Iterator[tuple[RawPage, Outcome]]:
        """Yield each page with its outcome, in order, holding only a few pages for each worker in memory.

        Raises PoolError when the workers cannot be kept running, or when another thread stops the pool.
        """
        if self._settings.workers == 0:
            for page in pages:
                yield page, judge_totally(page, self._options, self._judge)
            return
        waiting: deque[_Pending] = deque()
        for page in pages:
            waiting.append(self._submit(page))
            if len(waiting) > 2 * self._settings.workers:
                yield self._collect(waiting.popleft())
        while waiting:
            yield self._collect(waiting.popleft())

    def _start(self) -> ProcessPool:
        # Forking a process that runs threads may deadlock; a fork server also replaces a lost worker fast.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["flows.pool_preload"])
        return ProcessPool(
            max_workers=self._settings.workers,
            max_tasks=_PAGES_PER_WORKER,
            initializer=start_worker,
            initargs=(WorkerSetup.of(self._options), self._judge, self._settings.page_memory_mb),
            context=context,
        )

    def _submit(self, page: RawPage) -> _Pending:
        with self._lock:
            if self._is_stopped or self._pool is None:
                raise PoolError("the run was stopped")
            if not self._pool.active:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()
                self._pool = self._start()
            future = self._pool.schedule(judge_in_worker, args=(page,), timeout=self._settings.page_seconds)
            return _Pending(page, future, self._pool)

    def _collect(self, pending: _Pending) -> tuple[RawPage, Outcome]:
        """Wait for a page's outcome; a page that a broken pool lost is given to a new one, once."""
        page = pending.page
        for _attempt in range(2):
            try:
                outcome = self._wait(pending)
            except FutureTimeoutError:
                detail = f"not done after {self._settings.page_seconds:g} seconds"
                return page, reject_page(page, RejectReason.TIMED_OUT, detail)
            except ProcessExpired as expired:
                return page, _reject_death(page, expired.exitcode)
            except BrokenProcessPool:
                self._count_break()
                pending = self._submit(page)
            else:
                self._break_count = 0
                return page, outcome
        return page, reject_page(page, RejectReason.CRASHED, "the worker processes were lost with it, twice")

    def _wait(self, pending: _Pending) -> Outcome:
        """Return the outcome. Raises BrokenProcessPool when it will never come: a pool forgets what it stopped with."""
        # Before this page at most the two windows of pages that two threads keep waiting.
        patience = time.monotonic() + 6 * self._settings.page_seconds + 30
        while True:
            try:
                outcome: Outcome = pending.future.result(timeout=_LOOK_SECONDS)
            except FutureTimeoutError:
                if pending.future.done():
                    return pending.future.result()  # type: ignore[no-any-return]
            else:
                return outcome
            if not pending.pool.active or time.monotonic() > patience:
                raise BrokenProcessPool(f"page {pending.page.page_id} was lost")

    def _count_break(self) -> None:
        self._break_count += 1
        if self._break_count > _MOST_BREAKS:
            raise PoolError("the worker processes die as soon as they start: is there memory for them? (--workers 1)")


def _reject_death(page: RawPage, exitcode: int | None) -> Rejected:
    if exitcode == OUT_OF_MEMORY_EXIT:
        return reject_page(page, RejectReason.OUT_OF_MEMORY, "the page needs more memory than a page may have")
    return reject_page(page, RejectReason.CRASHED, f"the worker process died ({_death(exitcode)})")


def _death(exitcode: int | None) -> str:
    if exitcode is None:
        return "unknown"
    if exitcode < 0:
        with suppress(ValueError):
            return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"
