"""Judge pages in worker processes, each page with a deadline and a memory limit.

A page that hangs, crashes its process or eats the memory becomes a rejection; its neighbours live. What judging is
stands in `extractors.judge`; which pages and where the outcomes go is the caller's business.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from extractors.judge import JudgeOptions, judge_page, reject_page
from extractors.records import Outcome, RawPage, RejectReason

# A worker is replaced after so many pages: what a C library may leak stays small.
_PAGES_PER_WORKER = 5_000
_MIB = 1024 * 1024

Judge = Callable[[RawPage, JudgeOptions], Outcome]


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


_worker_options: JudgeOptions | None = None
_worker_judge: Judge = judge_page


def _start_worker(options: JudgeOptions, judge: Judge, memory_mb: int) -> None:
    """Set up a worker process: the rules once, a cap on its memory, Ctrl-C left to the parent."""
    global _worker_options, _worker_judge
    _worker_options, _worker_judge = options, judge
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, ValueError):  # where the system has no such limit, the deadline is what is left
        cap = _address_space() + memory_mb * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Return the bytes of address space that this process has already (Linux; elsewhere a generous guess)."""
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    return 1024 * _MIB


def _judge_in_worker(page: RawPage) -> Outcome:
    assert _worker_options is not None
    try:
        return _worker_judge(page, _worker_options)
    except MemoryError:
        return reject_page(page, RejectReason.OUT_OF_MEMORY, "the page needs more memory than a page may have")


class PagePool:
    """A pool of processes that judge pages; a context manager. Several threads may use one pool at a time."""

    def __init__(self, options: JudgeOptions, settings: PoolSettings, judge: Judge = judge_page) -> None:
        self._options = options
        self._settings = settings
        self._judge = judge
        self._pool: Any = None
        if settings.workers:
            # Forking a process that runs threads may deadlock; a fork server also replaces a lost worker fast.
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["extractors.judge"])
            self._pool = ProcessPool(
                max_workers=settings.workers,
                max_tasks=_PAGES_PER_WORKER,
                initializer=_start_worker,
                initargs=(options, judge, settings.page_memory_mb),
                context=context,
            )

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the workers: after what they were given in good times, at once when an error is passing."""
        if self._pool is not None:
            if kind is None:
                self._pool.close()
            else:
                self._pool.stop()
            self._pool.join()

    def judge_pages(self, pages: Iterable[RawPage]) -> Iterator[tuple[RawPage, Outcome]]:
        """Yield each page with its outcome, in order, holding only a few pages for each worker in memory."""
        if self._pool is None:
            for page in pages:
                yield page, self._judge(page, self._options)
            return
        waiting: deque[tuple[RawPage, Any]] = deque()
        for page in pages:
            future = self._pool.schedule(_judge_in_worker, args=(page,), timeout=self._settings.page_seconds)
            waiting.append((page, future))
            if len(waiting) > 2 * self._settings.workers:
                yield self._collect(*waiting.popleft())
        while waiting:
            yield self._collect(*waiting.popleft())

    def _collect(self, page: RawPage, future: Any) -> tuple[RawPage, Outcome]:
        try:
            return page, future.result()
        except FutureTimeoutError:
            reason, detail = RejectReason.TIMED_OUT, f"not done after {self._settings.page_seconds:g} seconds"
        except ProcessExpired as expired:
            reason, detail = RejectReason.CRASHED, f"the worker process died ({_death(expired.exitcode)})"
        except MemoryError:
            reason, detail = RejectReason.OUT_OF_MEMORY, "the outcome needs more memory than a page may have"
        return page, reject_page(page, reason, detail)


def _death(exitcode: int | None) -> str:
    if exitcode is None:
        return "unknown"
    if exitcode < 0:
        with suppress(ValueError):
            return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"
