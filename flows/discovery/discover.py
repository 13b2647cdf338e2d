"""The loop of discovery: sources are read side by side, and what they list becomes candidates.

Whatever is fetched goes through the function that is handed in, which keeps the promises to hosts (pace, robots.txt,
addresses). What was fetched in earlier runs is not known here. No page and no site stops the loop: what could not be
read is told and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from flows.discovery.candidates import Candidate
from flows.discovery.choosing import Chooser
from flows.discovery.filters import DropReason, UrlFilters
from flows.discovery.parsing import ListingParser
from flows.discovery.reading import Fetch, SourceReader
from flows.discovery.report import DiscoveryProblem, DiscoveryReport
from flows.discovery.sources_file import Source

_SOURCES_AT_ONCE = 32
# So many candidates wait for whoever fetches them; then reading listings waits too.
_WAITING = 2_000
# Entries that are judged before whatever else runs on the event loop has its turn: some 5 ms.
_ENTRIES_AT_ONCE = 100


async def discover(
    sources: Sequence[Source],
    fetch: Fetch,
    filters: UrlFilters,
    report: DiscoveryReport,
    on_problem: Callable[[DiscoveryProblem], None] = lambda _: None,
) -> AsyncGenerator[Candidate]:
    """Yield what the sources list, each URL once, as soon as a listing is read.

    Closing the iterator (`aclose`) stops the reading. `report` is filled on the way; `on_problem` is told of each
    problem as it happens. Raises what `fetch` raises.
    """
    queue: asyncio.Queue[Candidate | None] = asyncio.Queue(_WAITING)
    run = _Run(filters, report, queue)
    reading = asyncio.create_task(_read_all(run, sources, fetch, on_problem))
    try:
        while candidate := await queue.get():
            yield candidate
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the sources of a run share: every URL once, whoever lists it."""

    filters: UrlFilters
    report: DiscoveryReport
    queue: asyncio.Queue[Candidate | None]
    seen: set[str] = field(default_factory=set)


async def _read_all(
    run: _Run, sources: Sequence[Source], fetch: Fetch, on_problem: Callable[[DiscoveryProblem], None]
) -> None:
    gate = asyncio.Semaphore(_SOURCES_AT_ONCE)

    async def read(reader: SourceReader) -> None:
        async with gate:
            await _read_source(run, reader)

    try:
        async with ListingParser() as parser, asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(read(SourceReader(source, fetch, parser, run.report, on_problem)))
    except ExceptionGroup as group_of_errors:
        await run.queue.put(None)
        raise group_of_errors.exceptions[0] from None
    await run.queue.put(None)


async def _read_source(run: _Run, reader: SourceReader) -> None:
    chooser = Chooser.of(reader.source, run.filters)
    counts = run.report.of(reader.source.name)
    async for found_in, listing in reader.listings(run.filters.since):
        for number, entry in enumerate(listing.entries):
            if number % _ENTRIES_AT_ONCE == 0:
                await asyncio.sleep(0)
            chosen = chooser.choose(entry, listing.kind, found_in)
            if isinstance(chosen, Candidate) and chosen.url in run.seen:
                chosen = DropReason.REPEATED
            if isinstance(chosen, DropReason):
                counts.dropped[chosen] += 1
                continue
            run.seen.add(chosen.url)
            counts.candidate_count += 1
            await run.queue.put(chosen)
