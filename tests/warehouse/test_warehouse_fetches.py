"""The log of fetching: rows as written, and what the views and the bulk questions make of them."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warehouse_samples import land, make_article, make_page

from extractors.records import Hints
from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.fetch_log import due_urls, known_urls, paused_hosts
from warehouse.fetches import DropReason, FetchOutcome, FetchRow, write_fetches
from warehouse.layout import Warehouse
from warehouse.schema import FETCHES_SCHEMA, child_fields, description_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MILL = "https://mill.example/a"


def row(outcome=FetchOutcome.STORED, *, url=MILL, minutes=0, **changed):
    """Return a row of the log, so many minutes past noon."""
    moment = NOON + timedelta(minutes=minutes)
    given = {"source": "mill", "host": "mill.example", "run_id": "r1"} | changed
    return FetchRow(url=url, recorded_at=moment, outcome=outcome, **given)


@pytest.fixture
def warehouse(tmp_path):
    """Return a warehouse with a catalogue."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    return warehouse


def ask(warehouse, sql):
    with connect_readonly(warehouse) as connection:
        return connection.execute(sql).fetchall()


def test_columns_are_the_fields_of_a_row():
    """Every field of FetchRow is a column of the log, and nothing else is."""
    assert set(FETCHES_SCHEMA.names) == {part.name for part in fields(FetchRow)}


def test_every_column_is_described_and_no_list_is_null():
    """Each column says what it holds; lists are empty, never null."""
    every = [part for column in FETCHES_SCHEMA for part in (column, *child_fields(column))]
    assert [part.name for part in every if not description_of(part).endswith(".")] == []
    assert [part.name for part in every if pa.types.is_list(part.type) and part.nullable] == []


def test_rows_come_back_as_written(warehouse):
    """Every column of a row is in the file, redirects and hints too, and a row is filed under its own UTC date."""
    hints = Hints(title="The weir", authors=("A. Miller",), language="en")
    full = row(
        final_url="https://mill.example/b", redirects=((MILL, 301),), http_status=200, etag='"1"', body_bytes=7,
        wire_bytes=5, page_id="p", batch_id="b", hints=hints,
    )  # fmt: skip
    write_fetches(warehouse, "run-0", [full, row(minutes=12 * 60)])
    (back,) = pq.read_table(warehouse.fetches_file(NOON.date(), "run-0"), partitioning=None).to_pylist()
    assert back["redirects"] == [{"url": MILL, "status": 301}]
    assert (back["hints"]["title"], back["hints"]["authors"]) == ("The weir", ["A. Miller"])
    assert (back["recorded_at"], back["etag"], back["page_id"]) == (NOON, '"1"', "p")
    assert warehouse.fetches_file(NOON.date() + timedelta(days=1), "run-0").is_file()
    assert ask(warehouse, "select count(*), count(distinct fetch_date) from fetches") == [(2, 2)]


def test_lone_surrogates_are_stored_as_replacement(warehouse):
    """Text that UTF-8 cannot hold does not stop a run."""
    write_fetches(warehouse, "run-0", [row(failure_detail="caf\udce9")])
    assert ask(warehouse, "select failure_detail from fetches") == [("caf\ufffd",)]


def test_the_newest_row_is_the_state(warehouse):
    """A page that was stored and then failed is failed, and keeps its validators and the time it was stored."""
    write_fetches(warehouse, "a", [row(FetchOutcome.QUEUED), row(minutes=1, etag='"1"')])
    write_fetches(warehouse, "b", [row(FetchOutcome.FAILED, minutes=2, try_count=1, failure_class="dns_failed")])
    sql = "select outcome, etag, stored_at, try_count from fetch_state"
    assert ask(warehouse, sql) == [("failed", '"1"', NOON + timedelta(minutes=1), 1)]


def test_queued_and_decided_at_one_moment(warehouse):
    """Of two rows of one moment, that which says what became of the URL counts."""
    write_fetches(warehouse, "a", [row(FetchOutcome.STORED), row(FetchOutcome.QUEUED)])
    assert ask(warehouse, "select outcome from fetch_state") == [("stored",)]


@pytest.mark.parametrize(
    ("then", "seen"),
    [
        ([], [("failed", "dns_failed", 2)]),
        ([row(FetchOutcome.STORED, minutes=5)], []),
        ([row(FetchOutcome.NOT_MODIFIED, minutes=5)], []),
        (
            [
                row(
                    FetchOutcome.DROPPED,
                    minutes=5,
                    drop_reason=DropReason.USER,
                    failure_class="dns_failed",
                    try_count=2,
                )
            ],
            [("dropped", "dns_failed", 2)],
        ),
    ],
    ids=["failed", "stored since", "unchanged since", "given up"],
)
def test_failures_are_those_not_stored_since(warehouse, then, seen):
    """`fetch_failures` shows what still fails and what was given up, and forgets what was stored since."""
    first = row(FetchOutcome.FAILED, failure_class="dns_failed", try_count=1)
    second = row(FetchOutcome.FAILED, minutes=1, failure_class="dns_failed", try_count=2)
    write_fetches(warehouse, "a", [first, second, *then])
    assert ask(warehouse, "select outcome, failure_class, try_count from fetch_failures") == seen


def test_known_urls(warehouse):
    """What is asked of many URLs at once: their state, and whether the page is there under another address."""
    write_fetches(warehouse, "a", [row(final_url="https://mill.example/moved", etag='"1"', hints=Hints(title="T"))])
    land(warehouse, [(make_page(1, url="https://archive.example/x"), make_article())])
    wanted = [MILL, "https://mill.example/moved", "https://archive.example/x", "https://mill.example/new"]
    known = known_urls(warehouse, wanted)
    assert set(known.states) == {MILL}
    assert (known.states[MILL].etag, known.states[MILL].hints.title) == ('"1"', "T")
    assert known.elsewhere == {"https://mill.example/moved", "https://archive.example/x"}
    assert known_urls(warehouse, []).states == {}


def test_what_is_due(warehouse):
    """Queued and failed URLs are due when their time has come, for the sources that are asked for; others never."""
    later = NOON + timedelta(hours=1)
    rows = [
        row(FetchOutcome.QUEUED, url="https://mill.example/1"),
        row(FetchOutcome.FAILED, url="https://mill.example/2", next_try_at=later),
        row(FetchOutcome.SKIPPED, url="https://mill.example/3", next_try_at=later + timedelta(seconds=1)),
        row(FetchOutcome.DROPPED, url="https://mill.example/4"),
        row(FetchOutcome.STORED, url="https://mill.example/5"),
        row(FetchOutcome.QUEUED, url="https://quay.example/6", source="quay"),
    ]
    write_fetches(warehouse, "a", rows)
    assert [state.url[-1] for state in due_urls(warehouse, later, ["mill"])] == ["1", "2"]
    assert [state.url[-1] for state in due_urls(warehouse, NOON, ["mill", "quay"])] == ["1", "6"]


def test_paused_hosts(warehouse):
    """A host that asked for a pause is known until it is over."""
    until = NOON + timedelta(hours=1)
    later = row(FetchOutcome.FAILED, failure_class="too_many_requests", next_try_at=until + timedelta(days=7))
    write_fetches(warehouse, "a", [row(FetchOutcome.QUEUED, host_paused_until=until), later])
    assert paused_hosts(warehouse, NOON) == {"mill.example": until}
    assert paused_hosts(warehouse, until) == {}
