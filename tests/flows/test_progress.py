"""What a run tells while it runs: counts that add up, no empty lines, forecasts only when there is something to go by."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date

import pytest
from pool_judges import page_saying

from extractors.judge import reject_page
from extractors.records import RejectReason
from flows import progress
from flows.milling import BatchReport, LandedBatch
from flows.progress import Counting, LineReporter, TerminalReporter, problem_line
from flows.sources.options import SourceProblem
from warehouse.layout import BatchRef

REF = BatchRef(date(2026, 11, 22), "mill-0123456789abcdef")


class Clock:
    """Stands in for the clock."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """Put a clock in that stands still until it is told otherwise."""
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


def rejected():
    return reject_page(page_saying("x"), RejectReason.EMPTY, "")


def landed(pages):
    return LandedBatch(REF, pages, 0, is_new=True)


def test_the_clock_starts_with_the_first_batch(clock):
    """The time before the first batch, when Prefect starts, is no part of the rate."""
    counting = Counting(expected_pages=100)
    clock.now += 15
    counting.landed(landed(50))
    clock.now += 10
    for _ in range(20):
        counting.judged(rejected())
    assert counting.rate == pytest.approx(2.0)
    assert counting.state_line() == "20 of ~100 pages, 2.0/s, 0 articles, 20 rejected, 0:40 left"


def test_no_forecast_from_nothing(clock):
    """A time left needs an estimate, some seconds and some pages; without pages there is no rate either."""
    counting = Counting(expected_pages=100)
    assert counting.state_line() == "0 of ~100 pages"
    counting.landed(landed(50))
    for seconds, pages, is_told in ((1, 30, False), (9, 0, True)):
        clock.now += seconds
        for _ in range(pages):
            counting.judged(rejected())
        assert ("left" in counting.state_line()) is is_told
    slow, blind = Counting(expected_pages=100), Counting()
    for other, pages in ((slow, 2), (blind, 30)):
        other.landed(landed(50))
        clock.now += 9
        for _ in range(pages):
            other.judged(rejected())
        assert "left" not in other.state_line()


def test_an_estimate_gives_way_to_what_has_landed():
    """When more pages have landed than were expected, no more than all are done."""
    counting = Counting(expected_pages=3)
    counting.landed(landed(50))
    assert counting.total == 50


def test_current_batches_count_once():
    """Pages of a batch that was current are counted with it; those of a written one were counted before."""
    counting = Counting()
    counting.milled(BatchReport(REF, 5, 4, Counter(empty=1), Counter(), is_written=False))
    counting.milled(BatchReport(REF, 5, 4, Counter(empty=1), Counter(), is_written=True))
    assert (counting.article_count, counting.rejected_count) == (4, 1)


def test_a_log_gets_a_line_now_and_then(clock):
    """A log gets no line while nothing is done, then one every five seconds at most, and problems at once."""
    out = io.StringIO()
    reporter = LineReporter(10, out)
    clock.now += 60
    reporter.landed(landed(10))
    assert out.getvalue() == ""
    for _ in range(4):
        clock.now += 2
        reporter.judged(rejected())
    reporter.problem(SourceProblem("crawl", "a.warc#offset=7", "cut off"))
    assert out.getvalue().splitlines() == [
        "1 of ~10 pages, 0.5/s, 0 articles, 1 rejected",
        "4 of ~10 pages, 0.5/s, 0 articles, 4 rejected",
        "! crawl a.warc#offset=7: cut off",
    ]


def test_a_problem_without_a_place_is_its_message():
    """The problem of a whole source does not name it twice."""
    assert problem_line(SourceProblem("x", "", "x does not exist")) == "! x does not exist"


@pytest.mark.parametrize("columns", ["60", "80", "140"])
def test_the_bar_fits_a_terminal(monkeypatch, capsys, columns):
    """On a terminal of any usual width the bar and its words stay on one line."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    reporter = TerminalReporter(12_345)
    reporter.landed(landed(500))
    for _ in range(3):
        reporter.judged(rejected())
    lines = reporter._progress.console.render_lines(reporter._progress.get_renderable())
    reporter.close()
    capsys.readouterr()
    text = ["".join(segment.text for segment in line).rstrip() for line in lines]
    assert [line for line in text if line] == text[:1]
    assert "3 of ~12,345 pages" in text[0]
