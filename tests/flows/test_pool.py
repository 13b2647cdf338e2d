"""The pool of worker processes: what a bad page does costs that page alone."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

import pytest
from pool_judges import judge_by_word, page_saying

from extractors.judge import JudgeOptions
from extractors.records import RejectReason
from extractors.strip.rules import parse_rules
from flows.pool import PagePool, PoolError, PoolSettings
from flows.pool_worker import WorkerSetup

# Its fixture is dear: under xdist's loadgroup one process runs them all.
pytestmark = pytest.mark.xdist_group("pool")

OPTIONS = JudgeOptions(rules=parse_rules({}))
SETTINGS = PoolSettings(workers=2, page_seconds=2, page_memory_mb=256)


@pytest.fixture(scope="module")
def pool():
    """One pool for all tests that leave it whole."""
    with PagePool(OPTIONS, SETTINGS, judge_by_word) as pool:
        yield pool


def judged(pool, words):
    return [(page.locator, outcome) for page, outcome in pool.judge_pages(map(page_saying, words, range(len(words))))]


@pytest.mark.parametrize(
    ("word", "reason", "detail"),
    [
        ("hang", RejectReason.TIMED_OUT, "not done after 2 seconds"),
        ("stubborn", RejectReason.TIMED_OUT, "not done after 2 seconds"),
        ("segfault", RejectReason.CRASHED, "SIGSEGV"),
        ("killed", RejectReason.CRASHED, "SIGKILL"),
        ("exit", RejectReason.CRASHED, "exit code 3"),
        ("sys-exit", RejectReason.EXTRACTOR_ERROR, "SystemExit: 4"),
        ("allocate", RejectReason.OUT_OF_MEMORY, "more memory than a page may have"),
        ("raise", RejectReason.EXTRACTOR_ERROR, "LookupError: a defect of our own"),
        ("unpicklable", RejectReason.EXTRACTOR_ERROR, "LocalError: no other process knows this class"),
        ("recurse", RejectReason.EXTRACTOR_ERROR, "RecursionError"),
    ],
)
def test_a_bad_page_costs_only_itself(pool, word, reason, detail):
    """A page that hangs, dies, raises or eats memory is rejected for it; its neighbours are judged, order is kept."""
    words = ["a", "b", word, "c", "d", "e"]
    outcomes = judged(pool, words)
    assert [locator for locator, _ in outcomes] == [str(number) for number in range(len(words))]
    for (_, outcome), said in zip(outcomes, words, strict=True):
        if said == word:
            assert outcome.reason is reason
            assert detail in outcome.detail
        else:
            assert outcome.reason is RejectReason.TOO_SHORT
            assert outcome.detail.startswith(f"{said} by ")


def test_all_pages_bad(pool):
    """Bad pages alone, more than the pool has workers, end the run no sooner than good ones."""
    words = ["exit", "segfault", "raise"] * 4
    reasons = [outcome.reason for _, outcome in judged(pool, words)]
    crashed, error = RejectReason.CRASHED, RejectReason.EXTRACTOR_ERROR
    assert reasons == [crashed, crashed, error] * 4


def test_threads_share_a_pool(pool):
    """Three threads at once each get the outcomes of their own pages, in order, crashes and all."""
    words = {name: [f"{name}{i}" if i != 3 else "exit" for i in range(12)] for name in "xyz"}
    with ThreadPoolExecutor(3) as threads:
        outcomes = dict(zip(words, threads.map(lambda name: judged(pool, words[name]), words), strict=True))
    for name, found in outcomes.items():
        said = [outcome.detail.split(" by ")[0] for _, outcome in found if outcome.reason is RejectReason.TOO_SHORT]
        assert said == [word for word in words[name] if word != "exit"]
        assert found[3][1].reason is RejectReason.CRASHED


def test_only_a_few_pages_are_held(pool):
    """The stream is read a few pages ahead for each worker, and no further."""
    taken = []

    def stream():
        for number in range(100):
            taken.append(number)
            yield page_saying("good", number)

    first = list(islice(pool.judge_pages(stream()), 3))
    assert len(first) == 3
    assert len(taken) <= 3 + 2 * SETTINGS.workers + 1


def test_a_worker_lost_between_pages_loses_none(pool):
    """Workers killed while they wait, as by a system short of memory, cost no page."""
    workers = {int(outcome.detail.rsplit(" ", 1)[1]) for _, outcome in judged(pool, ["a"] * 12)}
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    outcomes = judged(pool, ["b"] * 12)
    assert [outcome.detail.split(" by ")[0] for _, outcome in outcomes] == ["b"] * 12


def test_without_workers():
    """With no workers pages are judged in this process, and a page that raises is rejected for it all the same."""
    with PagePool(OPTIONS, PoolSettings(workers=0), judge_by_word) as pool:
        outcomes = [outcome for _, outcome in judged(pool, ["a", "raise", "b"])]
    assert [outcome.reason for outcome in outcomes] == [
        RejectReason.TOO_SHORT,
        RejectReason.EXTRACTOR_ERROR,
        RejectReason.TOO_SHORT,
    ]
    assert outcomes[0].detail == f"a by {os.getpid()}"


def test_stopping_frees_the_threads_that_wait():
    """When the run fails in one thread, those that wait for pages are told so instead of waiting for ever."""
    failed = []

    def wait(pool):
        try:
            judged(pool, ["hang"] * 8)
        except PoolError as error:
            failed.append(str(error))

    settings = PoolSettings(workers=1, page_seconds=600)
    with suppress(KeyboardInterrupt), PagePool(OPTIONS, settings, judge_by_word) as pool:
        thread = threading.Thread(target=wait, args=(pool,), daemon=True)
        thread.start()
        time.sleep(1)
        raise KeyboardInterrupt
    thread.join(timeout=20)
    assert failed == ["the run was stopped"]


def _cannot_start(*_):
    raise OSError("no room")


def test_workers_that_cannot_start_are_no_fault_of_pages(monkeypatch):
    """Workers that die before their first page end the run with one line, instead of rejecting every page."""
    monkeypatch.setattr("flows.pool.start_worker", _cannot_start)
    with (
        pytest.raises(PoolError, match="die as soon as they start"),
        PagePool(OPTIONS, SETTINGS, judge_by_word) as pool,
    ):
        judged(pool, ["a"] * 20)


def test_options_reach_the_workers():
    """Options are rebuilt from the rules that a process has when they are the packaged ones, else from the bytes."""
    own = JudgeOptions(rules=parse_rules({}), with_comments=True)
    unpacked = WorkerSetup.of(own).unpack()
    assert (unpacked.versions, unpacked.with_comments) == (own.versions, True)
    packaged = JudgeOptions()
    assert WorkerSetup.of(packaged).unpack().rules is packaged.rules
