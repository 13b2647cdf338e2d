"""A run of fetching, from candidates to rows: who is fetched, what is kept of it, and when a host is left alone.

Without Prefect, without a command line: `flows.fetch` starts it beside the mill. Where candidates come from is handed
in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.discovery.candidates import Candidate
from flows.fetching.errors import FailureClass
from flows.fetching.fetcher import PoliteFetcher
from flows.fetching.frontier import Frontier
from flows.fetching.intake import Choice, Wanted, chosen
from flows.fetching.messages import FetchRequest, FetchResult
from flows.fetching.politeness import Paces
from flows.fetching.report import FetchReport
from flows.fetching.settings import PolitenessRules, RetryPolicy
from flows.fetching.store import Store
from flows.fetching.tasks import FetchTask, left_row, row_of, task_of_candidate, task_of_state
from warehouse.fetch_log import Known, due_urls, known_urls, paused_hosts
from warehouse.fetches import FetchOutcome, FetchRow
from warehouse.layout import Warehouse

# So many failures of a host in a row, and its other URLs are left to a later run: each would cost a time limit.
_MOST_STRIKES = 3
_MOST_OPEN = 100_000
_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a run is to fetch. `sources` are those whose URLs of earlier runs are due; `wants` filters these."""

    warehouse: Warehouse
    run_id: str
    sources: Sequence[str] = ()
    limit: int | None = None
    wanted: Wanted = Wanted.NEW
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    wants: Callable[[str], bool] = lambda _url: True


class FetchRun:
    """One run on one fetcher and one store. `report` is filled on the way."""

    def __init__(
        self, plan: FetchPlan, fetcher: PoliteFetcher, paces: Paces, store: Store, report: FetchReport
    ) -> None:
        self._plan = plan
        self._fetcher = fetcher
        self._paces = paces
        self._store = store
        self._report = report
        self._strikes: dict[str, int] = {}
        self._taken: set[str] = set()
        self._is_stopping = False

    async def run(
        self,
        candidates: AsyncGenerator[Candidate],
        rules: PolitenessRules,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Fetch what is due and what is new, to the end. `on_tick` is called every second.

        Raises WarehouseError when the disk refuses.
        """
        await self._keep_pauses()
        self._frontier = Frontier(self._work, lambda host: rules.of_host(host).concurrency)
        housekeeping = asyncio.create_task(self._keep_house(on_tick))
        intake = asyncio.create_task(self._take_in(candidates))
        try:
            await _first_error(intake, housekeeping)
            await _first_error(asyncio.create_task(self._frontier.drained()), housekeeping)
        finally:
            self._is_stopping = True
            for task in (intake, housekeeping):
                task.cancel()
            await asyncio.gather(intake, housekeeping, return_exceptions=True)
            await self._frontier.stop()
            self._look_at_hosts()

    async def _keep_pauses(self) -> None:
        """Go on with the pauses that hosts asked earlier runs for."""
        now = datetime.now(UTC)
        for host, until in (await asyncio.to_thread(paused_hosts, self._plan.warehouse, now)).items():
            self._paces.of_host(host).pause((until - now).total_seconds())

    async def _keep_house(self, on_tick: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            self._frontier.check()
            self._store.rotate_if_old()
            self._look_at_hosts()
            on_tick()

    def _look_at_hosts(self) -> None:
        self._report.later_count = self._frontier.later_count
        for host, counts in self._report.hosts.items():
            pace = self._paces.of_host(host)
            counts.waiting_count = self._frontier.waiting_count(host)
            counts.waited_seconds, counts.pause_seconds = pace.waited_seconds, pace.pause_seconds

    async def _take_in(self, candidates: AsyncGenerator[Candidate]) -> None:
        """Fill the frontier: first what earlier runs left, then what the sources name."""
        plan = self._plan
        if plan.sources:
            due = await asyncio.to_thread(lambda: list(due_urls(plan.warehouse, datetime.now(UTC), plan.sources)))
            for state in due:
                if plan.wants(state.url) and not self._is_full():
                    self._take(task_of_state(state))

        async def know(urls: Sequence[str]) -> Known:
            return await asyncio.to_thread(known_urls, plan.warehouse, urls)

        async with aclosing(chosen(self._counted(candidates), know, self._on_seen, plan.wanted)) as lists:
            async for choices in lists:
                self._take_choices(choices)
                if self._is_full():
                    break
                while self._frontier.open_count > _MOST_OPEN:  # noqa: ASYNC110 - a look a second will do
                    await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    def _take_choices(self, choices: Sequence[Choice]) -> None:
        """Take tasks up to the limit; those that are new are on record before any of them is fetched."""
        new, tasks = [], []
        for choice in choices:
            task = task_of_candidate(choice.candidate, choice.state)
            if self._is_full():
                break
            if task.url in self._taken:
                continue
            self._taken.add(task.url)
            tasks.append(task)
            if choice.state is None:
                new.append(task)
        self._store.add_queued(new, datetime.now(UTC))
        for task in tasks:
            self._take(task)

    async def _counted(self, candidates: AsyncGenerator[Candidate]) -> AsyncGenerator[Candidate]:
        async with aclosing(candidates):
            async for candidate in candidates:
                self._report.of_source(candidate.source).found_count += 1
                yield candidate

    def _on_seen(self, candidate: Candidate) -> None:
        self._report.of_source(candidate.source).seen_count += 1

    def _is_full(self) -> bool:
        return self._plan.limit is not None and len(self._taken) >= self._plan.limit

    def _take(self, task: FetchTask) -> None:
        self._taken.add(task.url)
        self._report.of_host(task.host)
        self._frontier.add(task)

    async def _work(self, task: FetchTask) -> None:
        """Fetch one URL, keep what came, and decide what follows from it for the URL and for its host."""
        counts = self._report.of_host(task.host)
        counts.started_at = counts.started_at or time.monotonic()
        result = await self._fetcher.fetch(FetchRequest(task.url, task.etag, task.last_modified))
        row = row_of(task, result, self._plan.run_id, self._plan.retries, datetime.now(UTC))
        self._store.add(row, result)
        if result.failure is None:
            self._strikes.pop(task.host, None)
        elif self._is_tried_again(task, result, row):
            self._report.retry_count += 1
            return
        self._report.add(row)

    def _is_tried_again(self, task: FetchTask, result: FetchResult, row: FetchRow) -> bool:
        """Draw the conclusions of a failure for its host; tell whether this run tries the URL once more."""
        assert result.failure is not None
        kind = result.failure.kind
        self._strikes[task.host] = self._strikes.get(task.host, 0) + 1 if kind.is_of_host else 0
        is_paused = kind in {FailureClass.HOST_PAUSED, FailureClass.HOST_BUSY}
        if is_paused or self._strikes[task.host] >= _MOST_STRIKES:
            self._leave_host(task.host, result, row)
        if row.outcome is not FetchOutcome.FAILED or row.next_try_at is None:
            return False
        pause = (row.next_try_at - datetime.now(UTC)).total_seconds()
        if kind is FailureClass.TOO_MANY_REQUESTS:
            # Without a Retry-After the host is to be left alone all the same; with one, the fetcher has seen to it.
            self._paces.of_host(task.host).pause(self._plan.retries.pause_after(1).total_seconds())
        if pause > self._plan.retries.in_run_seconds or self._is_stopping:
            return False
        self._frontier.add_later(task.after_failure(), pause)
        return True

    def _leave_host(self, host: str, result: FetchResult, row: FetchRow) -> None:
        """Leave what waits of a host to a later run, as rows that say why and until when."""
        assert result.failure is not None
        for task in self._frontier.take_all(host):
            left = left_row(task, self._plan.run_id, datetime.now(UTC), result.failure, row.next_try_at)
            self._store.add(left)
            self._report.add(left)


async def _first_error(task: asyncio.Task[None], watched: asyncio.Task[None]) -> None:
    """Wait for a task; end early when the other, which never ends by itself, fails. Raises what either raised."""
    try:
        await asyncio.wait({task, watched}, return_when=asyncio.FIRST_COMPLETED)
        if watched.done():
            watched.result()
        await task
    finally:
        task.cancel()
