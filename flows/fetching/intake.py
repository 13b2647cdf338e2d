"""From candidates to tasks: what is new, what is due, what may have changed; all else was fetched before.

The warehouse is asked about thousands of URLs at a time. Nothing is fetched here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from flows.discovery.candidates import Candidate
from warehouse.fetch_log import Known, UrlState
from warehouse.fetches import FetchOutcome

_CHUNK = 2_000
# So long a first candidate waits for company: short beside any pause between requests.
_COMPANY_SECONDS = 0.1
# A page that its listing calls changed is fetched again at most once in this time: many call all of theirs changed.
_RECHECK_AFTER = timedelta(days=1)

_WAITING = frozenset({FetchOutcome.QUEUED, FetchOutcome.FAILED, FetchOutcome.SKIPPED})


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that is to be fetched, and what is known of it."""

    candidate: Candidate
    state: UrlState | None


class Wanted(StrEnum):
    """Which candidates a run wants.

    NEW: those that were not fetched, and whose time has come. KNOWN_TOO: also those that were, which costs a 304 where
    nothing has changed. ALL: whatever became of them, for a person asks for them.
    """

    NEW = "new"
    KNOWN_TOO = "known_too"
    ALL = "all"


def choose(candidate: Candidate, known: Known, now: datetime, wanted: Wanted) -> Choice | None:
    """Return the choice to fetch a candidate; None when it was fetched, was given up, or its time has not come."""
    state = known.states.get(candidate.url)
    if wanted is Wanted.ALL:
        return Choice(candidate, state)
    if state is None:
        return None if candidate.url in known.elsewhere else Choice(candidate, None)
    if state.outcome in _WAITING:
        is_due = state.next_try_at is None or state.next_try_at <= now
        return Choice(candidate, state) if is_due else None
    if state.outcome is FetchOutcome.DROPPED:
        return None
    return Choice(candidate, state) if wanted is Wanted.KNOWN_TOO or _has_changed(candidate, state, now) else None


def _has_changed(candidate: Candidate, state: UrlState, now: datetime) -> bool:
    fetched_at = state.answered_at or state.recorded_at
    return (
        candidate.modified_at is not None and candidate.modified_at > fetched_at and now - fetched_at > _RECHECK_AFTER
    )


async def chunks(candidates: AsyncGenerator[Candidate]) -> AsyncGenerator[list[Candidate]]:
    """Yield candidates in lists: as many as are there, but none waits long for others."""
    queue: asyncio.Queue[Candidate | None] = asyncio.Queue(_CHUNK)

    async def pull() -> None:
        try:
            async for candidate in candidates:
                await queue.put(candidate)
        finally:
            with suppress(asyncio.QueueFull):
                queue.put_nowait(None)

    pulling = asyncio.ensure_future(pull())
    try:
        is_open = True
        while is_open:
            chunk, is_open = await _next_chunk(queue, pulling)
            if chunk:
                yield chunk
        await pulling
    finally:
        pulling.cancel()
        await asyncio.gather(pulling, return_exceptions=True)
        await candidates.aclose()


async def _next_chunk(
    queue: asyncio.Queue[Candidate | None], pulling: asyncio.Future[None]
) -> tuple[list[Candidate], bool]:
    """Return the next candidates, and whether there may be more."""
    chunk: list[Candidate] = []
    while not queue.empty() or not pulling.done():
        if queue.empty() and chunk:
            await asyncio.sleep(_COMPANY_SECONDS)
            if queue.empty():
                return chunk, True
        item = await queue.get()
        if item is None:
            return chunk, False
        chunk.append(item)
        if len(chunk) >= _CHUNK:
            return chunk, True
    return chunk, False


async def chosen(
    candidates: AsyncGenerator[Candidate],
    know: Callable[[Sequence[str]], Awaitable[Known]],
    on_seen: Callable[[Candidate], None],
    wanted: Wanted,
) -> AsyncGenerator[list[Choice]]:
    """Yield those candidates that are to be fetched, some at a time; tell of the others.

    Closes the candidates when it is closed.
    """
    async with aclosing(chunks(candidates)) as lists:
        async for chunk in lists:
            known = await know([candidate.url for candidate in chunk])
            now = datetime.now(UTC)
            choices = []
            for candidate in chunk:
                choice = choose(candidate, known, now, wanted)
                if choice is None:
                    on_seen(candidate)
                else:
                    choices.append(choice)
            yield choices
