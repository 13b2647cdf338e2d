"""Fetch: pages from the web into the raw layer, and from there to one row per page; inline or as a Prefect flow.

Reads like a table of contents; the work is in `flows.fetching` and `flows.milling`. Prefect is imported only where a
flow is asked for.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flows.discovery.candidates import Candidate
from flows.discovery.discover import discover
from flows.discovery.listing_cache import cached_listings
from flows.discovery.report import DiscoveryProblem
from flows.discovery.sources_file import Source
from flows.discovery.urls import canonical_url
from flows.fetching.background import BackgroundFetch
from flows.fetching.fetcher import PoliteFetcher
from flows.fetching.host_locks import HostLocks
from flows.fetching.intake import Wanted
from flows.fetching.landing import BATCH_LABEL
from flows.fetching.parameters import FetchParameters
from flows.fetching.politeness import Paces
from flows.fetching.progress import FetchReporter
from flows.fetching.report import FetchReport
from flows.fetching.run import FetchPlan, FetchRun
from flows.fetching.session import polite_fetcher
from flows.fetching.store import Store
from flows.ingest import BATCH_THREADS, Submit
from flows.milling import LandedBatch, Mill, RunReport, run_batches
from flows.pool import PagePool
from flows.sources.options import SourceProblem
from warehouse.batches import unmilled_batches
from warehouse.catalogue import refresh_catalogue
from warehouse.layout import BatchRef

BY_HAND = "by-hand"
"""The source of pages that a person named."""


@dataclass(slots=True)
class FetchSummary:
    """The sum of a run: of its fetching, and of milling what landed."""

    fetched: FetchReport = field(default_factory=FetchReport)
    milled: RunReport = field(default_factory=RunReport)


def fetch_inline(parameters: FetchParameters, reporter: FetchReporter) -> FetchSummary:
    """Fetch in this process, without Prefect. Raises what `run_fetch` raises."""
    with ThreadPoolExecutor(BATCH_THREADS, thread_name_prefix="mill") as threads:
        return run_fetch(parameters, reporter, lambda mill, ref: threads.submit(mill.mill_batch, ref))


def run_fetch(parameters: FetchParameters, reporter: FetchReporter, submit: Submit) -> FetchSummary:
    """Fetch, and mill each batch as it lands wherever `submit` puts it; first what earlier runs left unmilled.

    Raises FetchSetupError and SourcesFileError before anything is fetched, WarehouseError or PoolError later.
    """
    job = FetchJob.of(parameters, reporter)
    summary = FetchSummary(job.report)
    refresh_catalogue(parameters.open_warehouse())
    if parameters.is_extracting:
        options = parameters.judge_options()
        with PagePool(options, parameters.pool_settings()) as pool, BackgroundFetch(job.run) as fetching:
            mill = Mill(parameters.open_warehouse(), pool, options, reporter)
            batches = _unmilled_first(parameters, fetching, reporter)
            run_batches(batches, lambda ref: submit(mill, ref), summary.milled)
    else:
        with BackgroundFetch(job.run) as fetching:
            summary.milled.batch_count = sum(1 for _ in fetching)
    reporter.fetching(job.report)
    return summary


def _unmilled_first(
    parameters: FetchParameters, fetching: BackgroundFetch, reporter: FetchReporter
) -> Iterator[LandedBatch]:
    given: set[BatchRef] = set()
    for ref, page_count in unmilled_batches(parameters.open_warehouse(), f"{BATCH_LABEL}-"):
        given.add(ref)
        yield LandedBatch(ref, page_count, 0, is_new=False)
    for batch in fetching:
        # One that a killed run had written, and that was landed again with what it left.
        if batch.ref not in given:
            reporter.landed(batch)
            yield batch


@dataclass(frozen=True, slots=True)
class FetchJob:
    """Everything that fetching needs, settled before it starts: mistakes of the user show here."""

    parameters: FetchParameters
    sources: tuple[Source, ...]
    plan: FetchPlan
    reporter: FetchReporter
    report: FetchReport

    @classmethod
    def of(cls, parameters: FetchParameters, reporter: FetchReporter) -> FetchJob:
        """Settle a job. Raises FetchSetupError or SourcesFileError."""
        parameters.check()
        sources = parameters.read_sources()
        wanted = Wanted.KNOWN_TOO if parameters.is_recheck else Wanted.NEW
        filters = parameters.url_filters()
        plan = FetchPlan(
            warehouse=parameters.open_warehouse(),
            run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            sources=tuple(source.name for source in sources),
            limit=parameters.limit,
            wanted=Wanted.ALL if parameters.names_pages else wanted,
            retries=parameters.retry_policy(),
            wants=lambda url: filters.drop_reason(url) is None,
        )
        return cls(parameters, sources, plan, reporter, FetchReport())

    async def run(self, on_landed: Callable[[LandedBatch], None]) -> None:
        """Land what killed runs left, then fetch to the end; `on_landed` is told of every batch."""
        parameters, plan = self.parameters, self.plan
        rules = parameters.politeness_rules(self.sources)
        paces = Paces(rules)
        with (
            HostLocks(plan.warehouse.spool / "hosts.lock") as locks,
            Store(plan.warehouse, plan.run_id, parameters.spool_limits(), on_landed) as store,
        ):
            self.report.recovered_count = await asyncio.to_thread(store.recover)
            settings = parameters.client_settings()
            async with polite_fetcher(settings, rules, claim=locks.claim, paces=paces) as fetcher:
                run = FetchRun(plan, fetcher, paces, store, self.report)
                await run.run(self._candidates(fetcher), rules, lambda: self.reporter.fetching(self.report))

    async def _candidates(self, fetcher: PoliteFetcher) -> AsyncGenerator[Candidate]:
        if self.parameters.names_pages:
            for url in self.parameters.named_urls():
                yield Candidate(canonical_url(url) or url, BY_HAND, "")
            return
        found = discover(
            self.sources,
            cached_listings(fetcher.fetch, self.plan.warehouse.root / ".listings"),
            self.parameters.url_filters(),
            self.report.discovery,
            self._on_problem,
        )
        async with aclosing(found) as candidates:
            async for candidate in candidates:
                yield candidate

    def _on_problem(self, problem: DiscoveryProblem) -> None:
        message = problem.message if problem.is_lost else f"read, but {problem.message}"
        told = SourceProblem(problem.source, problem.found_in, message)
        if problem.is_lost:
            self.report.problems.append(told)
        self.reporter.problem(told)
