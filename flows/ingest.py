"""Ingest: raw pages in, one row per page. The run itself, inline or as a Prefect flow.

Reads like a table of contents; the work is in `flows.milling`. Prefect is imported only where a flow is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from flows.milling import Future, LandedBatch, Mill, Reporter, RunReport, land_source, run_batches
from flows.parameters import IngestParameters
from flows.pool import PagePool
from flows.sources.options import SourceError, SourceProblem
from warehouse.catalogue import refresh_catalogue
from warehouse.layout import BatchRef

# Two batches at a time: while the rows of one are written, the workers have the next.
BATCH_THREADS = 2

Submit = Callable[[Mill, BatchRef], Future]


def ingest_inline(parameters: IngestParameters, reporter: Reporter) -> RunReport:
    """Ingest in this process, without Prefect. Raises SourceError, WarehouseError or PoolError."""
    with ThreadPoolExecutor(BATCH_THREADS, thread_name_prefix="mill") as threads:
        return run_ingest(parameters, reporter, lambda mill, ref: threads.submit(mill.mill_batch, ref))


def run_ingest(parameters: IngestParameters, reporter: Reporter, submit: Submit) -> RunReport:
    """Land the sources, mill the batches wherever `submit` puts them, and bring the views up to date.

    A source that cannot be read is a problem in the report, and the others are landed; it raises SourceError when it
    is the only one and gave nothing.
    """
    warehouse = parameters.open_warehouse()
    options = parameters.judge_options()
    report = RunReport()
    refresh_catalogue(warehouse)
    with PagePool(options, parameters.pool_settings()) as pool:
        mill = Mill(warehouse, pool, options, reporter, is_forced=parameters.is_forced)
        run_batches(_land_all(parameters, reporter, report), lambda ref: submit(mill, ref), report)
    return report


def _land_all(parameters: IngestParameters, reporter: Reporter, report: RunReport) -> Iterator[LandedBatch]:
    warehouse, options, limits = parameters.open_warehouse(), parameters.source_options(), parameters.batch_limits()

    def on_problem(problem: SourceProblem) -> None:
        report.problems.append(problem)
        reporter.problem(problem)

    landed_count = 0
    for spec in parameters.sources:
        try:
            for landed in land_source(warehouse, spec, options, limits, on_problem):
                landed_count += 1
                reporter.landed(landed)
                yield landed
        except SourceError as error:
            if landed_count == 0 and len(parameters.sources) == 1:
                raise
            on_problem(SourceProblem(source=spec, locator="", message=str(error)))
