"""Files: whole or not at all, the same bytes every time, and what their footers say."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from warehouse_samples import snapshot

from warehouse.errors import WarehouseError
from warehouse.files import FileSpec, clear_staging, leaf_paths, read_footer, replacing, write_parquet
from warehouse.layout import Warehouse
from warehouse.schema import PAGES_SCHEMA

SCHEMA = pa.schema([pa.field("url", pa.string(), nullable=False), pa.field("body", pa.binary())])
SPEC = FileSpec(
    SCHEMA, wide_columns=("body",), sized_column="body", group_bytes=10, group_rows=3, bloom_columns=("url",)
)


def rows_of(*widths):
    return [{"url": f"https://mill.example/{i}", "body": b"x" * width} for i, width in enumerate(widths)]


@pytest.mark.parametrize(
    ("widths", "groups"),
    [([], [0]), ([1, 1, 1, 1], [3, 1]), ([6, 4, 1], [2, 1]), ([6, 6], [1, 1]), ([50, 1, 50], [1, 1, 1])],
    ids=["no rows", "by rows", "by bytes", "before the bound", "a giant alone"],
)
def test_row_groups_are_bounded(tmp_path, widths, groups):
    """A row group ends at its number of rows or before its bytes; a row that is larger stands alone."""
    target = tmp_path / "pages" / "x.parquet"
    write_parquet(Warehouse(tmp_path), target, rows_of(*widths), SPEC, {})
    metadata = pq.read_metadata(target)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == groups
    assert pq.ParquetFile(target).read().to_pylist() == rows_of(*widths)


def test_same_rows_same_bytes(tmp_path):
    """Writing the same rows twice, even elsewhere, gives the same bytes, and leaves nothing in staging."""
    for folder in ("one", "two", "two"):
        write_parquet(
            Warehouse(tmp_path / folder), tmp_path / folder / "x.parquet", rows_of(1, 2, 3, 4), SPEC, {"a": "1"}
        )
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    assert list(snapshot(tmp_path / "one")) == ["x.parquet"]


def test_footer_tells_what_was_put_in(tmp_path):
    """The footer comes back without our prefix, with the number of rows beside it."""
    write_parquet(Warehouse(tmp_path), tmp_path / "x.parquet", rows_of(1, 2), SPEC, {"batch_id": "ß"})
    assert read_footer(tmp_path / "x.parquet") == {"batch_id": "ß", "num_rows": "2"}


def test_settings_of_a_file(tmp_path):
    """Columns are zstd, wide ones without statistics, and the url has a bloom filter."""
    write_parquet(Warehouse(tmp_path), tmp_path / "x.parquet", rows_of(1, 2), SPEC, {})
    url, body = (pq.read_metadata(tmp_path / "x.parquet").row_group(0).column(i) for i in range(2))
    assert (url.compression, body.compression) == ("ZSTD", "ZSTD")
    assert (url.is_stats_set, body.is_stats_set) == (True, False)
    assert (url.bloom_filter_offset is not None, body.bloom_filter_offset is not None) == (True, False)


def test_leaf_paths_are_those_of_parquet(tmp_path):
    """The dotted paths that the settings use are the ones that Parquet gives to the columns."""
    pq.write_table(PAGES_SCHEMA.empty_table(), tmp_path / "x.parquet")
    schema = pq.read_metadata(tmp_path / "x.parquet").schema
    assert leaf_paths(PAGES_SCHEMA) == [schema.column(i).path for i in range(len(schema))]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 500, b"PAR1" + b"x" * 500 + b"PAR1"])
def test_a_broken_file_has_no_footer(tmp_path, content):
    """A file that is cut off, empty or something else has no footer; it is no error to look."""
    (tmp_path / "x.parquet").write_bytes(content)
    assert read_footer(tmp_path / "x.parquet") is None


def test_a_truncated_file_has_no_footer(tmp_path):
    """A whole file that loses its last byte is broken."""
    write_parquet(Warehouse(tmp_path), tmp_path / "x.parquet", rows_of(1, 2), SPEC, {})
    whole = (tmp_path / "x.parquet").read_bytes()
    (tmp_path / "x.parquet").write_bytes(whole[:-1])
    assert read_footer(tmp_path / "x.parquet") is None


def test_a_missing_file_is_told_apart(tmp_path):
    """No file is not a broken file."""
    with pytest.raises(FileNotFoundError):
        read_footer(tmp_path / "x.parquet")


def test_a_row_that_does_not_fit_lands_nothing(tmp_path):
    """A null where the schema allows none leaves the old file in place and the staging folder empty."""
    write_parquet(Warehouse(tmp_path), tmp_path / "x.parquet", rows_of(1), SPEC, {})
    before = snapshot(tmp_path)
    with pytest.raises(pa.ArrowInvalid, match="url"):
        write_parquet(Warehouse(tmp_path), tmp_path / "x.parquet", [{"url": None, "body": b""}], SPEC, {})
    assert snapshot(tmp_path) == before


def test_a_block_that_is_interrupted_lands_nothing(tmp_path):
    """Ctrl-C while a file is written leaves no file and no staging file."""

    def interrupted():
        with replacing(Warehouse(tmp_path), tmp_path / "x.parquet") as staged:
            staged.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert snapshot(tmp_path) == {}


def test_a_disk_that_refuses_is_one_clear_line(tmp_path):
    """A file where the folder should be is a WarehouseError that names the target."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(WarehouseError, match=r"cannot write .*x\.parquet: Not a directory"):
        write_parquet(Warehouse(tmp_path / "data"), tmp_path / "data" / "x.parquet", rows_of(1), SPEC, {})


def test_clear_staging_takes_only_what_is_old(tmp_path):
    """What dead runs left goes after a while; what may still be written stays; no folder is fine."""
    warehouse = Warehouse(tmp_path)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert clear_staging(warehouse, timedelta(hours=1), now) == 0
    warehouse.staging.mkdir()
    for name, age in [("old", 61), ("young", 59)]:
        (warehouse.staging / name).touch()
        moment = (now - timedelta(minutes=age)).timestamp()
        os.utime(warehouse.staging / name, (moment, moment))
    assert clear_staging(warehouse, timedelta(hours=1), now) == 1
    assert [path.name for path in warehouse.staging.iterdir()] == ["young"]
