"""Milling without processes: what is written, what is left alone, what is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from flow_samples import hashes, html_page, mtimes, write_corpus

from extractors.judge import JudgeOptions
from extractors.records import Versions
from flows.batching import BatchLimits
from flows.milling import BatchReport, LandedBatch, Mill, RunReport, land_source, run_batches
from flows.pool import PagePool, PoolSettings
from flows.progress import Counting
from flows.sources.options import SourceOptions
from warehouse.batches import PagesState, pages_state
from warehouse.layout import Warehouse

OPTIONS = JudgeOptions()


class Done:
    """A future whose work was done when it was submitted."""

    def __init__(self, report):
        self._report = report

    def result(self):
        """Return the report."""
        return self._report


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    """Land the raw batches of a small folder, one page of it empty."""
    base = tmp_path_factory.mktemp("milling")
    corpus = write_corpus(base / "corpus", 8, empty=3)
    problems = []
    batches = list(
        land_source(Warehouse(base / "data"), str(corpus), SourceOptions(), BatchLimits(pages=3), problems.append)
    )
    assert problems == []
    return Warehouse(base / "data"), batches


def mill(warehouse, reporter=None, **changes):
    pool = PagePool(OPTIONS, PoolSettings(workers=0))
    return Mill(warehouse, pool, OPTIONS, reporter or Counting(), **changes)


def test_landing_tells_what_is_new(landed):
    """Landing the same folder again finds every batch there and writes none."""
    warehouse, batches = landed
    assert all(batch.is_new for batch in batches)
    corpus = warehouse.root.parent / "corpus"
    again = list(land_source(warehouse, str(corpus), SourceOptions(), BatchLimits(pages=3), pytest.fail))
    assert again == [replace(batch, is_new=False) for batch in batches]


def test_a_batch_is_written_once(landed):
    """A current batch is counted from its file and not written; the counts are those of the run that wrote it."""
    warehouse, batches = landed
    first = [mill(warehouse).mill_batch(batch.ref) for batch in batches]
    before = mtimes(warehouse.root)
    second = [mill(warehouse).mill_batch(batch.ref) for batch in batches]
    assert mtimes(warehouse.root) == before
    assert {report.is_written for report in second} == {False}
    assert [(r.page_count, r.article_count, r.rejected) for r in first] == [
        (r.page_count, r.article_count, r.rejected) for r in second
    ]
    assert sum((report.rejected for report in first), Counter()) == {"empty": 1}


def test_force_writes_the_same_bytes_anew(landed):
    """With force a current batch is judged and written again, to the same bytes."""
    warehouse, batches = landed
    mill(warehouse).mill_batch(batches[0].ref)
    before, times = hashes(warehouse.root), mtimes(warehouse.root)
    assert mill(warehouse, is_forced=True).mill_batch(batches[0].ref).is_written
    assert hashes(warehouse.root) == before
    assert mtimes(warehouse.root) != times


def test_other_versions_are_milled_again(landed):
    """A batch that other rules made is stale, and is milled without being told to."""
    warehouse, batches = landed
    ref = batches[1].ref
    mill(warehouse).mill_batch(ref)
    assert pages_state(warehouse, ref, OPTIONS.versions) is PagesState.CURRENT
    assert pages_state(warehouse, ref, Versions("other", OPTIONS.versions.rules_version)) is PagesState.STALE
    with_comments = replace(OPTIONS, with_comments=True)
    pool = PagePool(with_comments, PoolSettings(workers=0))
    assert Mill(warehouse, pool, with_comments, Counting()).mill_batch(ref).is_written


def test_reporters_hear_of_every_page_once(landed):
    """Whether pages are judged or were current, a reporter ends with every one of them counted."""
    warehouse, batches = landed
    counting = Counting()
    for batch in batches:
        counting.landed(batch)
        mill(warehouse, counting, is_forced=batch is batches[0]).mill_batch(batch.ref)
    assert counting.landed_count == counting.done_count == 8
    assert counting.rejected_count == 1


def test_pages_in_must_be_pages_out(landed):
    """A batch whose report misses a page stops the run: the books are balanced or closed."""
    _, batches = landed

    def lose_one(ref):
        return Done(BatchReport(ref, 2, 2, Counter(), Counter(), is_written=True))

    with pytest.raises(AssertionError, match="3 pages in, but 2"):
        run_batches([LandedBatch(batches[0].ref, 3, 0, is_new=True)], lose_one, RunReport())


def test_few_batches_wait(landed):
    """Landing runs only a few batches ahead of milling."""
    _, batches = landed
    taken, done = [], []

    class Slow(Done):
        def result(self):
            done.append(1)
            assert len(taken) - len(done) <= 3
            return super().result()

    def stream():
        for _ in range(12):
            taken.append(1)
            yield LandedBatch(batches[0].ref, 1, 1, is_new=True)

    report = run_batches(
        stream(), lambda ref: Slow(BatchReport(ref, 1, 1, Counter(), Counter(), is_written=True)), RunReport()
    )
    assert (report.batch_count, report.article_count, report.duplicate_count, report.rejected_share) == (12, 12, 12, 0)


def test_page_with_everything_cut_is_no_article(tmp_path):
    """A folder of one page that holds an appeal alone gives a rejection, and the share of rejections says so."""
    page = html_page(0, paragraphs=0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.html").write_text(page, encoding="utf-8")
    warehouse = Warehouse(tmp_path / "data")
    batches = land_source(warehouse, str(tmp_path / "in"), SourceOptions(), BatchLimits(), pytest.fail)
    report = run_batches(batches, lambda ref: Done(mill(warehouse).mill_batch(ref)), RunReport())
    assert (report.page_count, report.article_count, report.rejected_share) == (1, 0, 1.0)
