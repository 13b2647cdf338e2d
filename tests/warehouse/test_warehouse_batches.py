"""Batches: what goes in comes out, what is landed twice is landed once, and the state is in the footer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warehouse_samples import (
    NOON,
    VERSIONS,
    land,
    make_article,
    make_page,
    make_rejected,
    raw_pages,
    snapshot,
)

from extractors.records import Versions
from warehouse import batches
from warehouse.batches import PagesState, pages_state, read_raw_batch, write_pages_batch, write_raw_batch
from warehouse.errors import WarehouseError
from warehouse.files import read_footer, write_parquet
from warehouse.layout import BatchRef, Warehouse, batch_ref_of, rows_sha256
from warehouse.rows import pages_row
from warehouse.schema import PAGES_SCHEMA, RAW_SCHEMA, SCHEMA_VERSION

JUDGED = [
    (make_page(1, url="https://zeta.example/1"), make_article(site="zeta.example")),
    (make_page(2, url="https://alpha.example/2"), make_rejected(site="alpha.example")),
    (make_page(3, url="https://alpha.example/1"), make_article(site="alpha.example")),
    (make_page(4, url=None), make_article(site=None)),
]
PAGES = [page for page, _ in JUDGED]


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "data")


@settings(max_examples=30, deadline=None)
@given(st.lists(raw_pages, min_size=1, max_size=5, unique_by=lambda page: page.page_id))
def test_pages_survive_the_disk(pages):
    """Pages come back from the raw layer as the same values in the same order."""
    pages = [replace(page, fetched_at=NOON + timedelta(minutes=i)) for i, page in enumerate(pages)]
    with TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder))
        ref = batch_ref_of("x", pages)
        assert write_raw_batch(warehouse, ref, pages)
        assert list(read_raw_batch(warehouse, ref)) == pages


def test_raw_row_groups_bound_what_a_reader_holds(warehouse):
    """Large bodies are spread over row groups, so that a reader never holds more than one of them."""
    pages = [make_page(i, body=bytes([i]) * 7 * 2**20) for i in range(5)]
    ref = batch_ref_of("x", pages)
    write_raw_batch(warehouse, ref, pages)
    metadata = pq.read_metadata(warehouse.raw_file(ref))
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [2, 2, 1]
    assert [page.page_id for page in read_raw_batch(warehouse, ref)] == [page.page_id for page in pages]


def test_raw_is_written_once(warehouse):
    """A batch that is there is left alone; one that is broken is written again, to the same bytes."""
    ref = batch_ref_of("x", PAGES)
    assert write_raw_batch(warehouse, ref, PAGES)
    before, inode = snapshot(warehouse.root), warehouse.raw_file(ref).stat().st_ino
    assert not write_raw_batch(warehouse, ref, PAGES)
    assert warehouse.raw_file(ref).stat().st_ino == inode
    warehouse.raw_file(ref).write_bytes(b"PAR1 half a file")
    assert write_raw_batch(warehouse, ref, PAGES)
    assert snapshot(warehouse.root) == before


@pytest.mark.parametrize(
    ("ref", "pages", "message"),
    [
        (batch_ref_of("x", PAGES), PAGES[:2], "not named after"),
        (batch_ref_of("x", [PAGES[0]] * 2), [PAGES[0]] * 2, "a page twice"),
        (replace(batch_ref_of("x", PAGES), fetch_date=(NOON + timedelta(days=1)).date()), PAGES, "not fetched on"),
    ],
    ids=["other pages", "page twice", "other day"],
)
def test_raw_refuses_what_is_not_the_batch(warehouse, ref, pages, message):
    """Pages that the name does not stand for, a page twice, or another day's page land nothing."""
    with pytest.raises(ValueError, match=message):
        write_raw_batch(warehouse, ref, pages)
    assert snapshot(warehouse.root) == {}


def test_landing_twice_adds_nothing(warehouse):
    """A second run of the same batch leaves the same files with the same bytes."""
    land(warehouse, JUDGED)
    before = snapshot(warehouse.root)
    land(warehouse, JUDGED)
    assert snapshot(warehouse.root) == before
    assert len(before) == 2


def test_pages_are_sorted(warehouse):
    """Rows lie by site, url and page_id, whatever order they came in, and those without a site come first."""
    ref = land(warehouse, JUDGED)
    urls = pq.ParquetFile(warehouse.pages_file(ref)).read().column("url").to_pylist()
    assert urls == [None, "https://alpha.example/1", "https://alpha.example/2", "https://zeta.example/1"]


def test_order_of_rows_does_not_change_the_file(warehouse):
    """Workers may finish in any order: the file is the same."""
    ref = land(warehouse, JUDGED)
    before = snapshot(warehouse.root)
    rows = [pages_row(page, outcome, ref, VERSIONS) for page, outcome in reversed(JUDGED)]
    write_pages_batch(warehouse, ref, rows, VERSIONS)
    assert snapshot(warehouse.root) == before


@pytest.mark.parametrize(
    "pick", [slice(1, None), [0, 1, 2, 3, 3], [0, 0, 1, 2], []], ids=["one short", "one too many", "one twice", "none"]
)
def test_pages_in_are_rows_out(warehouse, pick):
    """Unless there is exactly one row for every raw page, nothing is landed and the old file stays."""
    ref = land(warehouse, JUDGED)
    before = snapshot(warehouse.root)
    rows = [pages_row(page, outcome, ref, VERSIONS) for page, outcome in JUDGED]
    picked = rows[pick] if isinstance(pick, slice) else [rows[i] for i in pick]
    with pytest.raises(ValueError, match="4 raw pages"):
        write_pages_batch(warehouse, ref, picked, VERSIONS)
    assert snapshot(warehouse.root) == before


def test_pages_without_their_raw_batch_are_refused(warehouse):
    """A derivation of nothing is an error that says what to do."""
    ref = batch_ref_of("x", PAGES)
    with pytest.raises(WarehouseError, match="ingest its source again"):
        write_pages_batch(warehouse, ref, [], VERSIONS)


def test_a_missing_raw_batch_cannot_be_read(warehouse):
    """Reading a batch that is not there is a WarehouseError, not a traceback of Arrow."""
    with pytest.raises(WarehouseError, match="cannot read raw batch"):
        list(read_raw_batch(warehouse, batch_ref_of("x", PAGES)))


def test_footers_name_what_the_files_are_made_of(warehouse):
    """Both footers name schema, batch and rows; that of the pages also the versions and the raw rows."""
    ref = land(warehouse, JUDGED)
    common = {
        "schema_version": SCHEMA_VERSION,
        "batch_id": ref.batch_id,
        "fetch_date": "2026-11-22",
        "row_count": "4",
        "num_rows": "4",
    }
    digest = rows_sha256(PAGES)
    assert read_footer(warehouse.raw_file(ref)) == common | {"layer": "raw", "rows_sha256": digest}
    versions = {"extractor_version": "1.0", "rules_version": "r1", "furniture_version": ""}
    versions["sites"] = '["alpha.example", "zeta.example"]'
    assert read_footer(warehouse.pages_file(ref)) == common | versions | {"layer": "pages", "raw_rows_sha256": digest}


def test_state_follows_the_versions(warehouse):
    """A batch is missing, then current; for other versions it is stale until it is written again."""
    ref = batch_ref_of("samples", PAGES)
    assert pages_state(warehouse, ref, VERSIONS) is PagesState.MISSING
    land(warehouse, JUDGED)
    newer = Versions("1.0", "r2")
    assert pages_state(warehouse, ref, VERSIONS) is PagesState.CURRENT
    assert pages_state(warehouse, ref, newer) is PagesState.STALE
    assert pages_state(warehouse, ref, Versions("1.1", "r1")) is PagesState.STALE
    land(warehouse, JUDGED, versions=newer)
    assert pages_state(warehouse, ref, newer) is PagesState.CURRENT


def test_state_follows_the_schema(warehouse, monkeypatch):
    """A file of an earlier schema is stale although the versions are the same."""
    ref = land(warehouse, JUDGED)
    monkeypatch.setattr(batches, "SCHEMA_VERSION", "later")
    assert pages_state(warehouse, ref, VERSIONS) is PagesState.STALE


def test_state_follows_the_raw_rows(warehouse):
    """Pages made from other raw rows than those under the same name are stale."""
    ref = land(warehouse, JUDGED)
    footer = read_footer(warehouse.raw_file(ref)) | {"rows_sha256": "0" * 64}
    rows = pq.ParquetFile(warehouse.raw_file(ref)).read().to_pylist()
    write_parquet(warehouse, warehouse.raw_file(ref), rows, batches.RAW_SPEC, footer)
    assert pages_state(warehouse, ref, VERSIONS) is PagesState.STALE


def test_state_of_a_broken_file(warehouse):
    """A file that is not whole is unreadable, not stale, so that it can be reported."""
    ref = land(warehouse, JUDGED)
    warehouse.pages_file(ref).write_bytes(warehouse.pages_file(ref).read_bytes()[:-10])
    assert pages_state(warehouse, ref, VERSIONS) is PagesState.UNREADABLE


def test_files_have_the_schema_to_the_letter(warehouse):
    """The files carry the schema with its descriptions, so that every reader sees the same columns."""
    ref = land(warehouse, JUDGED)
    for path, schema in [(warehouse.raw_file(ref), RAW_SCHEMA), (warehouse.pages_file(ref), PAGES_SCHEMA)]:
        assert pq.read_schema(path).remove_metadata().equals(schema, check_metadata=True)


def test_other_readers_see_the_partition(warehouse):
    """An Arrow dataset over the folder has every row and the date of the partition."""
    land(warehouse, JUDGED)
    partitioning = ds.partitioning(pa.schema([("fetch_date", pa.date32())]), flavor="hive")
    table = ds.dataset(warehouse.pages, partitioning=partitioning).to_table(columns=["fetch_date", "status"])
    assert set(table.column("fetch_date").to_pylist()) == {NOON.date()}
    assert sorted(table.column("status").to_pylist()) == ["article", "article", "article", "rejected"]


def test_list_batches_finds_what_was_landed(warehouse):
    """What was landed is listed in both layers."""
    ref = land(warehouse, JUDGED)
    assert warehouse.list_batches("raw") == warehouse.list_batches("pages") == [ref]
    assert isinstance(ref, BatchRef)
