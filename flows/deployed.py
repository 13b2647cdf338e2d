"""The Prefect flows: the same runs, with a name, a history and a place in the UI. Batches are tasks, never pages.

Only wiring: what a run does is in `flows.ingest` and `flows.milling`.
"""

from __future__ import annotations

from pathlib import PurePath

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.fetch import FetchSummary, run_fetch
from flows.fetching.parameters import FetchParameters
from flows.fetching.progress import current_fetch_reporter
from flows.ingest import BATCH_THREADS, run_ingest
from flows.milling import BatchReport, Mill, RunReport
from flows.parameters import IngestParameters
from flows.progress import current_reporter
from warehouse.layout import BatchRef


@task(task_run_name="mill {ref.batch_id}", cache_policy=NO_CACHE, persist_result=False, retries=1)
def mill_batch(mill: Mill, ref: BatchRef) -> BatchReport:
    """Mill one batch; one line of log. A retry starts the batch anew and lands the same file."""
    report = mill.mill_batch(ref)
    get_run_logger().info("%s: %d pages, %d articles", ref.batch_id, report.page_count, report.article_count)
    return report


def _run_name() -> str:
    """Return `ingest crawl, archive.warc.gz and 3 more`."""
    sources = flow_run.parameters["parameters"].sources
    names = [PurePath(source).name or source for source in sources]
    return f"ingest {', '.join(names[:2])}" + (f" and {len(names) - 2} more" if len(names) > 2 else "")


@flow(name="ingest", flow_run_name=_run_name, persist_result=False,
      task_runner=ThreadPoolTaskRunner(max_workers=BATCH_THREADS))  # type: ignore[arg-type]  # fmt: skip
def ingest(parameters: IngestParameters) -> RunReport:
    """Ingest sources: read, land raw, judge, land rows."""
    return run_ingest(parameters, current_reporter(), mill_batch.submit)


def _fetch_name() -> str:
    """Return `fetch harbour-post, mill-news and 3 more`, or `fetch` for all sources."""
    parameters = flow_run.parameters["parameters"]
    listed = (PurePath(parameters.urls_file).name,) if parameters.urls_file else ()
    names = list(parameters.sources or (*parameters.urls, *listed))
    return f"fetch {', '.join(names[:2])}".strip() + (f" and {len(names) - 2} more" if len(names) > 2 else "")


@flow(name="fetch", flow_run_name=_fetch_name, persist_result=False,
      task_runner=ThreadPoolTaskRunner(max_workers=BATCH_THREADS))  # type: ignore[arg-type]  # fmt: skip
def fetch(parameters: FetchParameters) -> FetchSummary:
    """Fetch new pages of sources, then judge each batch as it lands."""
    return run_fetch(parameters, current_fetch_reporter(), mill_batch.submit)
