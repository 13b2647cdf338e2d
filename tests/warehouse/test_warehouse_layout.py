"""Where batches are, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouse_samples import NOON, make_page, raw_pages

from extractors.records import Hints, RejectReason
from warehouse.layout import BatchRef, Warehouse, batch_id_of, batch_ref_of, rows_sha256, slug_of

SAMPLES = [make_page(1), make_page(2, url=None, body=b"two")]


def test_a_batch_has_one_file_in_each_layer():
    """The files of a batch carry its name, in the partition of its date, in both layers."""
    warehouse, ref = Warehouse(Path("data")), BatchRef(date(2026, 11, 22), "feed-0123456789abcdef")
    assert warehouse.raw_file(ref) == Path("data/raw/fetch_date=2026-11-22/feed-0123456789abcdef.parquet")
    assert warehouse.pages_file(ref) == Path("data/pages/fetch_date=2026-11-22/feed-0123456789abcdef.parquet")


def test_staging_is_outside_of_the_layers():
    """Half-written files are never below a folder that readers glob."""
    warehouse = Warehouse(Path("data"))
    assert warehouse.staging.parent == warehouse.root
    assert warehouse.staging not in {warehouse.raw, warehouse.pages}


def test_list_batches_knows_only_batches(tmp_path):
    """Batches come back by date and id; the schema file, strangers and impossible dates do not."""
    warehouse = Warehouse(tmp_path)
    later = BatchRef(date(2026, 11, 22), "a-0123456789abcdef")
    earlier = BatchRef(date(2026, 11, 21), "b-0123456789abcdef")
    strangers = [warehouse.schema_file, warehouse.pages / "fetch_date=2026-13-01" / "c-0123456789abcdef.parquet"]
    strangers += [warehouse.pages / "fetch_date=2026-11-22" / "notes.parquet"]
    for path in [warehouse.pages_file(later), warehouse.pages_file(earlier), *strangers]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert warehouse.list_batches("pages") == [earlier, later]
    assert warehouse.list_batches("raw") == []


def test_same_pages_same_batch():
    """The same pages in the same order give the same id, whatever the zone that their time is written in."""
    moved = [replace(page, fetched_at=page.fetched_at.astimezone(timezone(timedelta(hours=5)))) for page in SAMPLES]
    assert batch_ref_of("Feed: hourly", SAMPLES) == batch_ref_of("Feed: hourly", moved)


def test_batch_id_is_pinned():
    """The id is a promise to warehouses on disk: another value here means that every batch is ingested anew."""
    assert batch_id_of("Feed: hourly", SAMPLES) == "feed-hourly-3a1209615377d93d"


@pytest.mark.parametrize(
    "change",
    [
        {"page_id": "0" * 32},
        {"url": "https://www.mill.example/b"},
        {"url": None},
        {"fetched_at": NOON + timedelta(microseconds=1)},
        {"source": "other"},
        {"locator": "other"},
        {"raw_sha256": "0" * 64},
        {"http_status": 404},
        {"media_type": None},
        {"http_charset": "latin-1"},
        {"headers": ()},
        {"headers": (("a", "b"),)},
        {"defect": RejectReason.TOO_LARGE},
        {"defect_detail": ""},
        {"hints": Hints()},
        {"hints": Hints(title="Hinted", authors=("A. Miller", ""))},
    ],
    ids=str,
)
def test_any_change_of_a_page_changes_the_batch(change):
    """Whatever the raw row holds is part of the batch's name, so rows that differ never share a file."""
    assert rows_sha256([replace(SAMPLES[0], **change), SAMPLES[1]]) != rows_sha256(SAMPLES)


def test_order_and_number_of_pages_change_the_batch():
    """A batch is a sequence: reordered, shortened or doubled it is another one."""
    first, second = SAMPLES
    found = {rows_sha256(pages) for pages in ([first, second], [second, first], [first], [first, first], [])}
    assert len(found) == 5


@given(st.lists(raw_pages, max_size=3))
def test_hash_is_a_function_of_the_pages(pages):
    """Equal pages hash alike, and a page more hashes otherwise."""
    copies = [replace(page) for page in pages]
    assert rows_sha256(pages) == rows_sha256(copies)
    assert rows_sha256(pages) != rows_sha256([*copies, make_page(7)])


def test_a_lone_surrogate_has_a_name_too():
    """A URL that is no valid Unicode does not stop a batch from being named."""
    assert batch_id_of("x", [make_page(1, url="https://mill.example/\udcff")]).startswith("x-")


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("cc-news", "cc-news"),
        ("Zürich / Früh__news", "zurich-fruh-news"),
        ("../../etc", "etc"),
        ("новости", "batch"),
        ("", "batch"),
        ("x" * 300, "x" * 64),
        ("a" * 63 + " tail", "a" * 63),
    ],
)
def test_slug(label, slug):
    """A slug is safe in a file name, whatever the label holds."""
    assert slug_of(label) == slug


def test_partition_is_the_utc_date():
    """A page fetched late in the evening west of Greenwich belongs to the next UTC day."""
    page = make_page(at=datetime(2026, 11, 21, 22, 0, tzinfo=timezone(timedelta(hours=-5))))
    assert batch_ref_of("x", [page]).fetch_date == date(2026, 11, 22)


@pytest.mark.parametrize(
    "pages", [[], [make_page(at=NOON), make_page(at=datetime(2026, 11, 23, tzinfo=UTC))]], ids=["none", "two days"]
)
def test_a_batch_is_of_one_day(pages):
    """No pages, or pages of two days, form no batch."""
    with pytest.raises(ValueError, match="one UTC date"):
        batch_ref_of("x", pages)
