# ruff: noqa: PLC0415 - Prefect is imported after its settings are settled
"""The Prefect flow of fetching: the same work as inline, its batches as task runs."""

from __future__ import annotations

import os

import pytest
from fetch_samples import ask, site_server

from flows.fetch import FetchSummary
from flows.fetching.parameters import FetchParameters
from flows.prefect_setup import apply_defaults
from warehouse.fetches import FetchOutcome

# Its fixture is dear: under xdist's loadgroup one process runs them all.
pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def prefect_server():
    """Run a Prefect server on a database of its own."""
    apply_defaults(os.environ)
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_fetches_and_extracts(tmp_path):
    """One flow run fetches, and has a task run for each batch that landed."""
    from prefect.client.orchestration import get_client

    from flows.deployed import fetch

    with site_server() as server:
        urls = tuple(server.url("127.0.0.1", f"/{number}") for number in range(5))
        parameters = FetchParameters(
            urls=urls, warehouse=str(tmp_path / "data"), delay_seconds=0, workers=1, allow_networks=("127.0.0.0/8",)
        )
        summary = fetch(parameters)
    assert isinstance(summary, FetchSummary)
    assert summary.fetched.count(FetchOutcome.STORED) == summary.milled.article_count == 5
    with get_client(sync_client=True) as client:
        (flow_run,) = client.read_flow_runs()
        (task_run,) = client.read_task_runs()
    assert flow_run.name == f"fetch {urls[0]}, {urls[1]} and 3 more"
    assert flow_run.state.name == task_run.state.name == "Completed"
    assert ask(parameters.open_warehouse(), "select count(*) from articles") == [(5,)]


@pytest.mark.usefixtures("prefect_server")
def test_a_list_of_100000_goes_to_the_flow_by_its_path(tmp_path):
    """Prefect takes no parameters beyond half a megabyte: a list is named, and read where it is fetched."""
    from flows.deployed import fetch

    with site_server() as server:
        lines = [server.url("127.0.0.1", f"/{number}") for number in range(100_000)]
        (tmp_path / "list.txt").write_text("\n".join(lines))
        summary = fetch(
            FetchParameters(
                urls_file=str(tmp_path / "list.txt"), limit=3, warehouse=str(tmp_path / "data"), delay_seconds=0,
                is_extracting=False, allow_networks=("127.0.0.0/8",),
            )
        )  # fmt: skip
    assert summary.fetched.count(FetchOutcome.STORED) == 3
