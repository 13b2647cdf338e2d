"""Batches: every page in exactly one, or counted as a duplicate; bounded; the same for the same stream."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from extractors.records import RawPage
from flows.batching import BatchLimits, batch_pages
from warehouse.layout import fetch_date_of

_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def page(name, day=0, size=10, source="mill"):
    return RawPage(
        page_id=name,
        url=None,
        fetched_at=_NOON + timedelta(days=day),
        source=source,
        locator=name,
        body=b"x" * size,
        raw_sha256="",
    )


pages = st.builds(
    page,
    name=st.integers(0, 12).map(str),
    day=st.integers(0, 2),
    size=st.sampled_from([0, 1, 30, 90]),
    source=st.sampled_from(["mill", "weir"]),
)
limits = st.builds(BatchLimits, pages=st.integers(1, 6), body_bytes=st.integers(1, 200), open_bytes=st.integers(1, 300))


@given(st.lists(pages, max_size=40), limits)
def test_no_page_is_lost(stream, limits):
    """Every page is in a batch or counted as a duplicate of one that its batch holds."""
    batches = list(batch_pages(stream, limits))
    assert sum(len(batch.pages) + batch.duplicate_count for batch in batches) == len(stream)
    kept = Counter((p.source, fetch_date_of(p), p.page_id) for batch in batches for p in batch.pages)
    assert set(kept) == {(p.source, fetch_date_of(p), p.page_id) for p in stream}


@given(st.lists(pages, max_size=40), limits)
def test_batches_are_bounded_and_of_one_kind(stream, limits):
    """A batch has pages of one source and one date, each once, and is no larger than the page that filled it makes it."""
    for batch in batch_pages(stream, limits):
        assert batch.pages
        assert len({(p.source, fetch_date_of(p)) for p in batch.pages}) == 1
        assert len({p.page_id for p in batch.pages}) == len(batch.pages) <= limits.pages
        assert sum(len(p.body) for p in batch.pages[:-1]) < limits.body_bytes


@given(st.lists(pages, max_size=40), limits)
def test_same_stream_same_batches(stream, limits):
    """Cutting the same stream again gives the same batches in the same order."""
    assert list(batch_pages(stream, limits)) == list(batch_pages(iter(stream), limits))


def test_open_batches_are_bounded_together():
    """When the pages of many days are open at once, the fullest batch is closed before the memory goes."""
    taken = []

    def stream():
        for number in range(30):
            taken.append(number)
            yield page(str(number), day=number, size=90)

    first = next(batch_pages(stream(), BatchLimits(pages=500, body_bytes=1000, open_bytes=300)))
    assert len(first.pages) == 1
    assert len(taken) == 4


def test_a_duplicate_is_counted_where_it_is_left_out():
    """The same capture twice is one page and one duplicate."""
    (batch,) = batch_pages([page("a"), page("a"), page("b")], BatchLimits())
    assert ([p.page_id for p in batch.pages], batch.duplicate_count) == (["a", "b"], 1)
