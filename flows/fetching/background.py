"""Fetching in a thread with an event loop of its own, while the main thread mills what has landed.

Only the passing over of batches and errors: what is fetched is in `flows.fetching.run`.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from flows.milling import LandedBatch

Job = Callable[[Callable[[LandedBatch], None]], Awaitable[None]]


class BackgroundFetch:
    """A context manager whose iteration gives the batches as they land, and ends with the job.

    What the job raises is raised there. Leaving the block early stops the job; what it received has landed then.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._landed: queue.SimpleQueue[LandedBatch | None] = queue.SimpleQueue()
        self._error: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="fetch")

    def __enter__(self) -> Self:
        """Start the job."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the job if it is still at work, and wait for it."""
        # The loop is closed when the job is done already.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()

    def __iter__(self) -> Iterator[LandedBatch]:
        """Yield batches until the job is done. Raises what it raised."""
        while (batch := self._landed.get()) is not None:
            yield batch
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits
            self._error = error
        finally:
            self._landed.put(None)

    async def _main(self) -> None:
        self._task = asyncio.current_task()
        await self._job(self._landed.put)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
