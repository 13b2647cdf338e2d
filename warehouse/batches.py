"""Batches of the two layers: written once or rewritten whole, read as a stream, judged current or stale by the footer.

The raw layer is written once; `pages/<batch>` is a function of `raw/<batch>` and the versions, all of which its footer
names. The flows decide what to do with a state; nothing here extracts or knows of Prefect.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.records import RawPage, Versions
from warehouse.errors import WarehouseError
from warehouse.files import FileSpec, read_footer, write_parquet
from warehouse.layout import BatchRef, Warehouse, fetch_date_of, rows_sha256
from warehouse.rows import PagesRow, raw_page, raw_row
from warehouse.schema import PAGES_SCHEMA, RAW_SCHEMA, SCHEMA_VERSION

RAW_SPEC = FileSpec(
    schema=RAW_SCHEMA,
    wide_columns=("body",),
    sized_column="body",
    # A reader holds one row group: bounded, since a body may be of 20 MB and a batch of many pages.
    group_bytes=16 * 2**20,
    group_rows=500,
)
PAGES_SPEC = FileSpec(
    schema=PAGES_SCHEMA,
    wide_columns=("text", "comments_text", "removals.list.element.text"),
    sized_column="text",
    group_bytes=256 * 2**20,
    group_rows=8000,
    # `explain` looks a page up by either.
    bloom_columns=("url", "page_id"),
)


class PagesState(StrEnum):
    """What the pages layer holds for a batch: nothing, an old derivation, the one asked for, or a broken file."""

    MISSING = "missing"
    STALE = "stale"
    CURRENT = "current"
    UNREADABLE = "unreadable"


def write_raw_batch(warehouse: Warehouse, ref: BatchRef, pages: Sequence[RawPage]) -> bool:
    """Land a batch in the raw layer; True when it was written, False when it was there already, whole.

    Raises ValueError when the pages are not the ones that `ref` names (see `layout.batch_ref_of`), when two have the
    same `page_id`, or when one was fetched on another UTC date; WarehouseError when the disk refuses.
    """
    digest = rows_sha256(pages)
    if not ref.batch_id.endswith(f"-{digest[:16]}"):
        raise ValueError(f"batch {ref.batch_id} is not named after these pages")
    if len({page.page_id for page in pages}) != len(pages):
        raise ValueError(f"batch {ref.batch_id} holds a page twice")
    if any(fetch_date_of(page) != ref.fetch_date for page in pages):
        raise ValueError(f"batch {ref.batch_id} holds a page that was not fetched on {ref.fetch_date}")
    target = warehouse.raw_file(ref)
    if _whole_footer(target) is not None:
        return False
    footer = _footer("raw", ref, len(pages)) | {"rows_sha256": digest}
    write_parquet(warehouse, target, [raw_row(page) for page in pages], RAW_SPEC, footer)
    return True


def unmilled_batches(warehouse: Warehouse, prefix: str) -> Iterator[tuple[BatchRef, int]]:
    """Yield the raw batches of this prefix that the pages layer has nothing of, with the number of their pages."""
    milled = set(warehouse.list_batches("pages"))
    for ref in warehouse.list_batches("raw"):
        if ref.batch_id.startswith(prefix) and ref not in milled:
            footer = _whole_footer(warehouse.raw_file(ref))
            if footer is not None:
                yield ref, int(footer["num_rows"])


def read_raw_batch(warehouse: Warehouse, ref: BatchRef) -> Iterator[RawPage]:
    """Yield the pages of a raw batch in the order in which they were written, holding one row group in memory.

    Raises WarehouseError when the batch is missing or cannot be read.
    """
    path = warehouse.raw_file(ref)
    try:
        with pq.ParquetFile(path) as file:
            for index in range(file.num_row_groups):
                for row in file.read_row_group(index, use_threads=False).to_pylist():
                    yield raw_page(row)
    except (OSError, pa.ArrowInvalid) as error:
        raise WarehouseError(f"cannot read raw batch {path}: {error}") from error


def write_pages_batch(warehouse: Warehouse, ref: BatchRef, rows: Sequence[PagesRow], versions: Versions) -> None:
    """Land the rows of a batch in the pages layer, replacing what is there. Rows are sorted by site, url, page_id.

    The footer lists the sites of the rows, with one version for what had been learned of them.
    Raises ValueError, and lands nothing, when the rows are not exactly one for each page of the raw batch;
    WarehouseError when there is no whole raw batch, or the disk refuses.
    """
    raw_footer = _whole_footer(warehouse.raw_file(ref))
    if raw_footer is None:
        raise WarehouseError(f"no whole raw batch at {warehouse.raw_file(ref)}: ingest its source again")
    _require_same_pages(_raw_page_ids(warehouse, ref), [row.page_id for row in rows])
    sites = {row.site: str(row.cells["furniture_version"] or "") for row in rows if row.site is not None}
    footer = _footer("pages", ref, len(rows)) | _derivation(raw_footer, versions)
    footer |= {"sites": json.dumps(sorted(sites)), "furniture_version": furniture_version_of(sites, sites)}
    ordered = sorted(rows, key=lambda row: (row.site or "", row.url or "", row.page_id))
    write_parquet(warehouse, warehouse.pages_file(ref), [row.cells for row in ordered], PAGES_SPEC, footer)


def pages_state(
    warehouse: Warehouse, ref: BatchRef, versions: Versions, furniture: Mapping[str, str] | None = None
) -> PagesState:
    """Tell whether the pages layer holds what these versions make of the raw batch, by the footers alone.

    `furniture` holds the version of each site's furniture: of these, only the sites of the batch count. Stale means
    made by other versions, under another schema, or from other raw rows.
    """
    try:
        footer = read_footer(warehouse.pages_file(ref))
    except FileNotFoundError:
        return PagesState.MISSING
    if footer is None or footer["num_rows"] != footer.get("row_count"):
        return PagesState.UNREADABLE
    raw_footer = _whole_footer(warehouse.raw_file(ref)) or {}
    asked = {"schema_version": SCHEMA_VERSION} | _derivation(raw_footer, versions)
    asked["furniture_version"] = furniture_version_of(json.loads(footer.get("sites", "[]")), furniture or {})
    return PagesState.CURRENT if asked.items() <= footer.items() else PagesState.STALE


def furniture_version_of(sites: Iterable[str], versions: Mapping[str, str]) -> str:
    """Return one version for what was learned of some sites: 12 hex digits, empty when it was nothing of any.

    What is learned of a site leaves the batches alone that hold no page of it.
    """
    known = sorted((site, versions[site]) for site in sites if versions.get(site))
    return hashlib.sha256(repr(known).encode()).hexdigest()[:12] if known else ""


def count_outcomes(warehouse: Warehouse, ref: BatchRef) -> Counter[str]:
    """Return how many rows of a pages batch are articles (`article`) and how many were rejected, by reason.

    Raises WarehouseError when the batch is missing or cannot be read.
    """
    path = warehouse.pages_file(ref)
    try:
        with pq.ParquetFile(path) as file:
            columns = file.read(columns=["status", "reject_reason"])
    except (OSError, pa.ArrowInvalid) as error:
        raise WarehouseError(f"cannot read pages batch {path}: {error}") from error
    pairs = zip(columns["status"].to_pylist(), columns["reject_reason"].to_pylist(), strict=True)
    return Counter(str(reason or status) for status, reason in pairs)


def _footer(layer: str, ref: BatchRef, row_count: int) -> dict[str, str]:
    return {
        "schema_version": SCHEMA_VERSION,
        "layer": layer,
        "batch_id": ref.batch_id,
        "fetch_date": ref.fetch_date.isoformat(),
        "row_count": str(row_count),
    }


def _derivation(raw_footer: Mapping[str, str], versions: Versions) -> dict[str, str]:
    """Return what a pages file is a function of."""
    return {
        "extractor_version": versions.extractor_version,
        "rules_version": versions.rules_version,
        "raw_rows_sha256": raw_footer.get("rows_sha256", ""),
    }


def _whole_footer(path: Path) -> dict[str, str] | None:
    """Return the footer of a file that is there and whole, else None."""
    try:
        footer = read_footer(path)
    except FileNotFoundError:
        return None
    return footer if footer and footer["num_rows"] == footer.get("row_count") else None


def _raw_page_ids(warehouse: Warehouse, ref: BatchRef) -> list[str]:
    with pq.ParquetFile(warehouse.raw_file(ref)) as file:
        return [str(page_id) for page_id in file.read(columns=["page_id"]).column("page_id").to_pylist()]


def _require_same_pages(raw_ids: Sequence[str], row_ids: Sequence[str]) -> None:
    raw, rows = Counter(raw_ids), Counter(row_ids)
    if raw != rows:
        raise ValueError(
            f"{raw.total()} raw pages but {rows.total()} rows: "
            f"{(raw - rows).total()} pages without a row, {(rows - raw).total()} rows too many"
        )
