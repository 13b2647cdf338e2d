"""The URLs of a run, by host: each host's own workers take them in turn, and hosts never wait for each other.

Knows nothing of what a fetch is: a task is given to a function, and that is all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from flows.fetching.tasks import FetchTask


class Frontier:
    """Tasks that wait, are worked on, or come back later. Ends when there are none and none can come any more."""

    def __init__(self, work: Callable[[FetchTask], Awaitable[None]], concurrency_of: Callable[[str], int]) -> None:
        self._work = work
        self._concurrency_of = concurrency_of
        self._queues: dict[str, deque[FetchTask]] = {}
        self._workers: dict[str, int] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._later: set[asyncio.TimerHandle] = set()
        self._open_count = 0
        self._error: BaseException | None = None
        self._changed = asyncio.Event()

    @property
    def open_count(self) -> int:
        """Tasks that are not done: waiting, being worked on, or to come back."""
        return self._open_count

    def waiting_count(self, host: str) -> int:
        """Return how many tasks of a host wait for a worker."""
        return len(self._queues.get(host, ()))

    @property
    def later_count(self) -> int:
        """Tasks that come back later."""
        return len(self._later)

    def add(self, task: FetchTask) -> None:
        """Add a task to the end of its host's queue."""
        self._open_count += 1
        self._enqueue(task)

    def add_later(self, task: FetchTask, seconds: float) -> None:
        """Add a task after some seconds; until then it counts as not done."""
        self._open_count += 1

        def enqueue() -> None:
            self._later.discard(handle)
            self._enqueue(task)

        handle = asyncio.get_running_loop().call_later(seconds, enqueue)
        self._later.add(handle)

    def take_all(self, host: str) -> list[FetchTask]:
        """Take the waiting tasks of a host out, and return them: nobody works on them any more."""
        tasks = list(self._queues.pop(host, ()))
        self._done(len(tasks))
        return tasks

    async def drained(self) -> None:
        """Wait until every task is done. Raises what a worker raised, at once."""
        while self._open_count and self._error is None:
            self._changed.clear()
            await self._changed.wait()
        self.check()

    def check(self) -> None:
        """Raise what a worker raised, if one did."""
        if self._error is not None:
            raise self._error

    async def stop(self) -> None:
        """Cancel every worker, and wait for them to be gone."""
        for handle in self._later:
            handle.cancel()
        running = list(self._running)
        for worker in running:
            worker.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _enqueue(self, task: FetchTask) -> None:
        host = task.host
        self._queues.setdefault(host, deque()).append(task)
        if self._workers.get(host, 0) < self._concurrency_of(host):
            self._workers[host] = self._workers.get(host, 0) + 1
            worker = asyncio.get_running_loop().create_task(self._run_worker(host))
            self._running.add(worker)
            worker.add_done_callback(self._running.discard)

    async def _run_worker(self, host: str) -> None:
        try:
            while queue := self._queues.get(host):
                await self._work(queue.popleft())
                self._done(1)
            self._queues.pop(host, None)
        except Exception as error:  # noqa: BLE001 - carried over to whoever waits for the run
            self._error = error
            self._changed.set()
        finally:
            self._workers[host] -= 1

    def _done(self, count: int) -> None:
        self._open_count -= count
        if not self._open_count:
            self._changed.set()
