"""Whole runs: repeated, forced, killed, refused by the disk, with sources that fail."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest
from flow_samples import command, environment, hashes, html_page, mtimes, write_corpus

from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from flows.sources.options import SourceError
from warehouse.errors import WarehouseError

# Its fixture is dear: under xdist's loadgroup one process runs them all.
pytestmark = pytest.mark.xdist_group("ingest")

PAGES = 60


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Write some pages of two days, one of them empty."""
    return write_corpus(tmp_path_factory.mktemp("ingest") / "corpus", PAGES, empty=7)


def ingest(*sources, to, **options):
    parameters = IngestParameters(
        sources=[str(source) for source in sources], warehouse=str(to), **{"workers": 2, "batch_pages": 10} | options
    )
    return ingest_inline(parameters, Counting())


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    """Ingest the corpus without any trouble: the warehouse, and the report of the run."""
    root = tmp_path_factory.mktemp("undisturbed") / "data"
    return root, ingest(corpus, to=root)


def test_pages_in_are_articles_and_rejections(undisturbed):
    """Every page is an article or a rejection with its reason, and every batch was written."""
    _, report = undisturbed
    assert report.page_count == PAGES == report.article_count + report.rejected_count
    assert report.rejected == {"empty": 1}
    assert report.batch_count == report.written_batch_count == 6
    assert report.removed["newsletter"] == PAGES - 1


def test_a_second_run_writes_nothing(corpus, undisturbed):
    """The same sources again: same counts, and no file is touched."""
    root, report = undisturbed
    before = mtimes(root)
    again = ingest(corpus, to=root)
    assert mtimes(root) == before
    assert (again.page_count, again.article_count, again.rejected) == (PAGES, report.article_count, report.rejected)
    assert (again.batch_count, again.written_batch_count) == (6, 0)


def test_force_and_more_workers_give_the_same_bytes(corpus, undisturbed, tmp_path):
    """How many processes judged, and how often, leaves no trace in the files."""
    root, _ = undisturbed
    report = ingest(corpus, to=tmp_path / "data", workers=0)
    assert report.written_batch_count == 6
    assert hashes(tmp_path / "data") == hashes(root)
    assert ingest(corpus, to=tmp_path / "data", workers=1, is_forced=True).written_batch_count == 6
    assert hashes(tmp_path / "data") == hashes(root)


def test_new_pages_alone_are_written(corpus, undisturbed, tmp_path):
    """A second source adds its own batches and leaves those of the first as they are."""
    ingest(corpus, to=tmp_path / "data")
    more = write_corpus(tmp_path / "more", 3, days=1)
    before = mtimes(tmp_path / "data")
    report = ingest(corpus, more, to=tmp_path / "data")
    assert report.written_batch_count == 1
    after = mtimes(tmp_path / "data")
    assert {name: after[name] for name in before} == before
    assert hashes(undisturbed[0]).items() <= hashes(tmp_path / "data").items()


def kill_after(corpus, root, seconds):
    """Start the command, kill it and its workers some seconds after its first file; say whether it was at work."""
    line = command("ingest", "--inline", corpus, "-w", root, "--workers", 1, "--batch-pages", 10)
    with subprocess.Popen(
        line, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while process.poll() is None and not (root / "raw").exists():
            time.sleep(0.02)
        time.sleep(seconds)
        was_alive = process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    return was_alive


def test_killed_runs_are_completed_by_the_next(corpus, undisturbed, tmp_path):
    """Runs killed at any moment leave whole files, and the next gives the very files of an undisturbed run."""
    whole = hashes(undisturbed[0])
    moments = random.Random(20261122)
    kills = 0
    for number in range(4):
        root = tmp_path / f"data-{number}"
        kills += kill_after(corpus, root, moments.uniform(0, 1.5))
        left = hashes(root)
        assert left.items() <= whole.items()
        report = ingest(corpus, to=root)
        assert report.page_count == PAGES
        assert hashes(root) == whole
    assert kills >= 2


def test_left_overs_in_staging_do_no_harm(corpus, undisturbed, tmp_path):
    """Half-written files of dead runs are neither read nor in the way."""
    staging = tmp_path / "data" / ".staging"
    staging.mkdir(parents=True)
    (staging / "corpus-0000000000000000.parquet.1.abcd").write_bytes(b"PAR1 and then nothing")
    assert ingest(corpus, to=tmp_path / "data").page_count == PAGES
    assert hashes(tmp_path / "data") == hashes(undisturbed[0])


@pytest.mark.parametrize("refused", ["raw", "pages"])
def test_a_disk_that_refuses_ends_the_run(corpus, tmp_path, refused):
    """Where a layer cannot be written the run ends with an error that names the path, and does not hang."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / refused).write_text("no folder")
    with pytest.raises(WarehouseError, match=str(tmp_path / "data")) as raised:
        ingest(corpus, to=tmp_path / "data")
    assert "\n" not in str(raised.value)


def test_a_disk_that_refuses_later_keeps_what_landed(corpus, undisturbed, tmp_path):
    """When one day's folder cannot be made, what was landed before stays, and mending it completes the warehouse."""
    whole = hashes(undisturbed[0])
    day = max(name.split("/")[1] for name in whole)
    blocked = tmp_path / "data" / "pages" / day
    blocked.parent.mkdir(parents=True)
    blocked.write_text("no folder")
    with pytest.raises(WarehouseError, match=day):
        ingest(corpus, to=tmp_path / "data")
    assert hashes(tmp_path / "data").items() <= whole.items() | {(f"pages/{day}", "")}
    blocked.unlink()
    ingest(corpus, to=tmp_path / "data")
    assert hashes(tmp_path / "data") == whole


def test_a_source_that_fails_does_not_take_the_others(corpus, undisturbed, tmp_path):
    """A source that does not exist is a problem in the report; those before and after it land whole."""
    more = tmp_path / "more.html"
    more.write_text(html_page("more"), encoding="utf-8")
    report = ingest(corpus, tmp_path / "nowhere", more, to=tmp_path / "data")
    assert [problem.message for problem in report.problems] == [
        f"{tmp_path / 'nowhere'} does not exist: check the path"
    ]
    assert report.page_count == PAGES + 1
    assert hashes(undisturbed[0]).items() <= hashes(tmp_path / "data").items()


def test_a_lone_source_that_fails_is_an_error(tmp_path):
    """There is nothing to report on when the one source cannot be read."""
    with pytest.raises(SourceError, match="does not exist"):
        ingest(tmp_path / "nowhere", to=tmp_path / "data")
