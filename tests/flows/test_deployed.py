# ruff: noqa: PLC0415 - Prefect is imported after its settings are settled
"""The Prefect flow: the same work as inline, recorded as one task run a batch under readable names."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from flow_samples import command, environment, hashes, write_corpus

from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.prefect_setup import apply_defaults
from flows.progress import Counting, set_reporter
from warehouse.errors import WarehouseError

# Its fixture is dear: under xdist's loadgroup one process runs them all.
pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture(scope="module")
def server():
    """Run a Prefect server on a database of its own."""
    apply_defaults(os.environ)
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Write twenty pages of two days."""
    return write_corpus(tmp_path_factory.mktemp("deployed") / "corpus", 20)


def parameters_for(corpus, root, **options):
    options = {"workers": 1, "batch_pages": 5} | options
    return IngestParameters(sources=[str(corpus)], warehouse=str(root), **options)


@pytest.fixture(scope="module")
def recorded(server, corpus, tmp_path_factory):  # noqa: ARG001 - the flow runs on it
    """Run the flow once: the warehouse, its report, and what the server recorded."""
    from prefect.client.orchestration import get_client

    from flows.deployed import ingest

    root = tmp_path_factory.mktemp("flow") / "data"
    set_reporter(counting := Counting())
    report = ingest(parameters_for(corpus, root))
    with get_client(sync_client=True) as client:
        (flow_run,) = client.read_flow_runs()
        task_runs = client.read_task_runs()
    return root, report, counting, flow_run, task_runs


def test_same_files_as_inline(recorded, corpus, tmp_path):
    """The flow and --inline give the same warehouse, to the byte, and the same report."""
    root, report, counting, _, _ = recorded
    inline = ingest_inline(parameters_for(corpus, tmp_path / "data"), Counting())
    assert hashes(root) == hashes(tmp_path / "data")
    assert report == inline
    assert counting.done_count == 20


def test_one_task_run_a_batch(recorded):
    """Batches are tasks, never pages, and each is named after its batch."""
    root, report, _, _, task_runs = recorded
    assert report.batch_count == 4
    batches = {path.stem for path in (root / "raw").glob("*/*.parquet")}
    assert sorted(run.name for run in task_runs) == sorted(f"mill {name}" for name in batches)
    assert {run.state.name for run in task_runs} == {"Completed"}


def test_readable_run_name(recorded):
    """The run is named after what it ingests, not after two random words."""
    _, _, _, flow_run, _ = recorded
    assert flow_run.name == "ingest corpus"
    assert flow_run.state.name == "Completed"


@pytest.mark.usefixtures("server")
def test_an_error_of_the_warehouse_comes_through(corpus, tmp_path):
    """What stops an inline run stops the flow with the same error."""
    from flows.deployed import ingest

    day = "fetch_date=2026-11-05"
    (tmp_path / "data" / "pages").mkdir(parents=True)
    (tmp_path / "data" / "pages" / day).write_text("no folder")
    set_reporter(Counting())
    with pytest.raises(WarehouseError, match=day):
        ingest(parameters_for(corpus, tmp_path / "data"))


def test_ctrl_c_reaches_the_run_and_not_its_server(tmp_path):
    """Ctrl-C under a temporary server: exit code 130 in seconds, one line, no traceback."""
    corpus = write_corpus(tmp_path / "corpus", 2000)
    line = command("ingest", corpus, "-w", tmp_path / "data", "--workers", 1, "--batch-pages", 20)
    env = environment(PREFECT_HOME=str(tmp_path / "prefect"))
    with subprocess.Popen(
        line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while process.poll() is None and not list((tmp_path / "data").glob("pages/*2026*/*.parquet")):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of them
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    said = [text for text in err.splitlines() if text and " pages, " not in text]
    assert said[:1] == ["Starting Prefect ..."]
    assert "temporary Prefect server" in said[1]
    assert said[2:] == ["Stopped. What has landed stays; run the same command again to go on."]
