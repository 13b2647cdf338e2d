"""The time limits of requests, looked at for all of them together: timers of their own cost each page 0.03 ms.

Limits only: what a request is, and what becomes of one that is stopped, is known in `flows.fetching.client`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flows.fetching.errors import Failure, FailureClass

# So many times within the shortest limit the requests are looked at: none is stopped more than a tenth too late.
_LOOKS = 10
_MOST_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(slots=True, eq=False)
class Flight:
    """A request on its way. `moved_at` is when something last came of it; `failure` is set once a limit stopped it.

    Times are those of the event loop, in seconds.
    """

    task: asyncio.Task[object]
    started_at: float
    moved_at: float
    idle_seconds: float
    failure: Failure | None = None

    def is_stopped(self) -> bool:
        """Tell whether it was a limit that cancelled the task, and nobody else did; the cancellation is taken back."""
        return self.failure is not None and self.task.uncancel() == 0


class Deadlines:
    """Watches over requests: each has so long for its answer to begin, then between any two parts, and in all."""

    def __init__(self, answer_seconds: float, idle_seconds: float, total_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        self._idle_seconds = idle_seconds
        self._total_seconds = total_seconds
        shortest = min(answer_seconds, idle_seconds, total_seconds)
        self._seconds_between_looks = min(_MOST_SECONDS_BETWEEN_LOOKS, shortest / _LOOKS)
        self._loop = asyncio.get_running_loop()
        self._flights: set[Flight] = set()
        self._next_look: asyncio.TimerHandle | None = None

    def begin(self) -> Flight:
        """Watch over the request that the current task sends, until `end`; a limit cancels the task."""
        task = asyncio.current_task()
        assert task is not None
        now = self._loop.time()
        flight = Flight(task, now, now, self._answer_seconds)
        self._flights.add(flight)
        if self._next_look is None:
            self._next_look = self._loop.call_later(self._seconds_between_looks, self._look)
        return flight

    def moved(self, flight: Flight) -> None:
        """Note that the answer has begun, or that a part of it came."""
        flight.moved_at = self._loop.time()
        flight.idle_seconds = self._idle_seconds

    def end(self, flight: Flight) -> None:
        """Watch over a request no longer."""
        self._flights.discard(flight)

    def close(self) -> None:
        """Look no more."""
        if self._next_look is not None:
            self._next_look.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        for flight in self._flights:
            if flight.failure is None and (failure := self._failure(flight, now)):
                flight.failure = failure
                flight.task.cancel()
        again = self._loop.call_later(self._seconds_between_looks, self._look) if self._flights else None
        self._next_look = again

    def _failure(self, flight: Flight, now: float) -> Failure | None:
        if now - flight.moved_at > flight.idle_seconds:
            return Failure(FailureClass.IDLE_TIMED_OUT, f"nothing came for {flight.idle_seconds:g} s")
        if now - flight.started_at > self._total_seconds:
            return Failure(FailureClass.TOTAL_TIMED_OUT, f"not done after {self._total_seconds:g} s")
        return None
