"""The pace of each host: how many requests at once, how far apart, and the pauses that a server asks for.

Times here are monotonic seconds of the event loop; nothing is fetched, and nothing is known of URLs.
"""

from __future__ import annotations

import asyncio
import random

from flows.fetching.settings import Politeness, PolitenessRules


class HostPausedError(Exception):
    """The host is to be left alone for longer than anybody here would wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the host is left alone for {seconds:,.0f} s more")
        self.seconds = seconds


class HostPace:
    """The turns of one host: whoever wants to send it a request waits for one."""

    def __init__(self, politeness: Politeness, chance: random.Random) -> None:
        self.delay_seconds = politeness.delay_seconds
        self._politeness = politeness
        self._chance = chance
        self._places = asyncio.Semaphore(max(1, politeness.concurrency))
        self._next_at = 0.0
        self.waited_seconds = 0.0

    @property
    def pause_seconds(self) -> float:
        """How long from now the host is to be left alone."""
        return max(0.0, self._next_at - asyncio.get_running_loop().time())

    def ask_for(self, delay_seconds: float | None) -> None:
        """Make the pause between requests at least as long as the host asks for."""
        self.delay_seconds = max(self.delay_seconds, delay_seconds or 0.0)

    def pause(self, seconds: float) -> None:
        """Leave the host alone for so long from now."""
        self._next_at = max(self._next_at, asyncio.get_running_loop().time() + seconds)

    async def take_turn(self, patience_seconds: float) -> None:
        """Wait for a turn, which is held until `end_turn`: while the request is on its way.

        Raises HostPausedError, without waiting, when the pause is longer than the patience; there is no turn then.
        """
        await self._places.acquire()
        try:
            await self._wait(patience_seconds)
        except BaseException:
            self._places.release()
            raise
        # Set before the request too: others of a host that takes several at once are to keep their distance.
        self.pause(self._next_delay())

    def end_turn(self) -> None:
        """Let the next one have its turn, once the delay has passed."""
        if self._politeness.concurrency <= 1:
            self.pause(self._next_delay())
        self._places.release()

    async def _wait(self, patience_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        # A pause may grow while it is waited for.
        while (seconds := self._next_at - loop.time()) > 0:
            if seconds > patience_seconds:
                raise HostPausedError(seconds)
            self.waited_seconds += seconds
            await asyncio.sleep(seconds)

    def _next_delay(self) -> float:
        return self.delay_seconds * (1 + self._politeness.jitter * self._chance.random())


class Paces:
    """The paces of all hosts of a run."""

    def __init__(self, rules: PolitenessRules) -> None:
        self._rules = rules
        # Spreads requests, protects nothing.
        self._chance = random.Random()  # noqa: S311
        self._paces: dict[str, HostPace] = {}

    def of_host(self, host: str) -> HostPace:
        """Return the pace of a host, new when it is asked for the first time."""
        pace = self._paces.get(host)
        if pace is None:
            pace = self._paces[host] = HostPace(self._rules.of_host(host), self._chance)
        return pace
