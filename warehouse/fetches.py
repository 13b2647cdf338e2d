"""The log of fetching on disk: rows written once, and what they say of URLs.

Records and files only. When a URL is tried again and when it is given up is decided in `flows.fetching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from extractors.records import Hints
from warehouse.files import FileSpec, read_footer, write_parquet
from warehouse.layout import Warehouse
from warehouse.rows import storable
from warehouse.schema import FETCHES_SCHEMA, FETCHES_SCHEMA_VERSION

FETCHES_SPEC = FileSpec(
    schema=FETCHES_SCHEMA,
    wide_columns=("failure_detail", "hints.description"),
    sized_column="url",
    group_bytes=64 * 2**20,
    group_rows=50_000,
    bloom_columns=("url",),
)


class FetchOutcome(StrEnum):
    """What became of a URL: the closed list."""

    QUEUED = "queued"
    STORED = "stored"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"
    SKIPPED = "skipped"
    DROPPED = "dropped"


class DropReason(StrEnum):
    """Why a URL was given up: the closed list."""

    PERMANENT = "permanent"
    TRIES_EXHAUSTED = "tries_exhausted"
    USER = "user"


@dataclass(frozen=True, slots=True)
class FetchRow:
    """What became of a URL at one moment: a row of FETCHES_SCHEMA. Times are in UTC."""

    url: str
    source: str
    host: str
    recorded_at: datetime
    outcome: FetchOutcome
    run_id: str
    found_in: str | None = None
    final_url: str | None = None
    redirects: tuple[tuple[str, int], ...] = ()
    http_status: int | None = None
    failure_class: str | None = None
    failure_detail: str | None = None
    is_transient: bool | None = None
    drop_reason: DropReason | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_bytes: int | None = None
    wire_bytes: int | None = None
    page_id: str | None = None
    batch_id: str | None = None
    try_count: int = 0
    next_try_at: datetime | None = None
    host_paused_until: datetime | None = None
    hints: Hints = field(default_factory=Hints)

    @property
    def fetch_date(self) -> date:
        """The partition of the row."""
        return self.recorded_at.astimezone(UTC).date()


def write_fetches(warehouse: Warehouse, name: str, rows: Sequence[FetchRow]) -> None:
    """Land rows in the log, one file for each UTC date, replacing files of this name. Raises WarehouseError."""
    by_date: dict[date, list[FetchRow]] = {}
    for row in rows:
        by_date.setdefault(row.fetch_date, []).append(row)
    for fetch_date, of_date in by_date.items():
        ordered = sorted(of_date, key=lambda row: (row.host, row.url, row.recorded_at))
        cells = [_cells(row) for row in ordered]
        write_parquet(warehouse, warehouse.fetches_file(fetch_date, name), cells, FETCHES_SPEC, _footer(len(cells)))


def ensure_fetches_schema_file(warehouse: Warehouse) -> None:
    """Write the file without rows unless it is there: DuckDB takes the columns of the log from it, the first."""
    try:
        footer = read_footer(warehouse.fetches_schema_file)
    except FileNotFoundError:
        footer = None
    if footer is None or footer.get("schema_version") != FETCHES_SCHEMA_VERSION:
        write_parquet(warehouse, warehouse.fetches_schema_file, [], FETCHES_SPEC, _footer(0))


def _footer(row_count: int) -> dict[str, str]:
    return {"schema_version": FETCHES_SCHEMA_VERSION, "layer": "fetches", "row_count": str(row_count)}


_HINT_NAMES = tuple(part.name for part in fields(Hints))


def _cells(row: FetchRow) -> dict[str, Any]:
    cells: dict[str, Any] = {name: _cell(getattr(row, name)) for name in _ROW_NAMES}
    cells["redirects"] = [{"url": storable(url), "status": status} for url, status in row.redirects]
    cells["hints"] = hint_cells(row.hints)
    return cells


_ROW_NAMES = tuple(part.name for part in fields(FetchRow) if part.name not in {"redirects", "hints"})


def hint_cells(hints: Hints) -> dict[str, Any]:
    """Return hints by name, as JSON and pyarrow take them."""
    return {name: _cell(getattr(hints, name)) for name in _HINT_NAMES}


def hints_of(cells: Mapping[str, Any]) -> Hints:
    """Return hints from what `hint_cells` made of them."""
    named: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in cells.items()}
    return Hints(**named)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, tuple):
        return [_cell(part) for part in value]
    return value
