"""The learned furniture on disk: the version in force in `current.parquet`, and every version there was beside it.

Reads and writes records; what is learned and what it decides is known in `extractors.furniture` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.records import FurnitureBlock
from warehouse.errors import WarehouseError
from warehouse.files import FileSpec, read_footer, write_parquet
from warehouse.layout import Warehouse
from warehouse.rows import storable
from warehouse.schema import FURNITURE_SCHEMA, SCHEMA_VERSION

FURNITURE_SPEC = FileSpec(
    schema=FURNITURE_SCHEMA,
    wide_columns=("sample",),
    sized_column="sample",
    group_bytes=64 * 2**20,
    group_rows=50_000,
)
_FIELDS = tuple(field.name for field in fields(FurnitureBlock))


@dataclass(frozen=True, slots=True)
class StoredFurniture:
    """The furniture in force, sorted by site and block; without a version when nothing was ever learned."""

    version: str | None = None
    learned_at: datetime | None = None
    blocks: tuple[FurnitureBlock, ...] = ()


def read_furniture(warehouse: Warehouse) -> StoredFurniture:
    """Return the furniture in force. Raises WarehouseError when its file is broken: guessing would change texts."""
    path = warehouse.current_furniture_file
    try:
        footer = read_footer(path)
    except FileNotFoundError:
        return StoredFurniture()
    try:
        rows = pq.read_table(path, columns=list(_FIELDS), partitioning=None).to_pylist() if footer else None
    except (OSError, pa.ArrowException) as error:
        raise WarehouseError(f"cannot read {path}: {error}") from error
    if footer is None or rows is None or footer["num_rows"] != footer.get("row_count"):
        raise WarehouseError(f"{path} is damaged: delete it and learn again, or copy another version over it")
    learned_at = footer.get("learned_at")
    return StoredFurniture(
        version=footer.get("furniture_version") or None,
        learned_at=datetime.fromisoformat(learned_at) if learned_at else None,
        blocks=tuple(FurnitureBlock(**row) for row in rows),
    )


def write_furniture(warehouse: Warehouse, version: str, blocks: Sequence[FurnitureBlock], learned_at: datetime) -> None:
    """Put a version of the furniture in force, after writing it under its own name: `furniture/<version>.parquet`.

    Pages are milled by the one or by the other, never by half of one. Raises WarehouseError when the disk refuses.
    """
    rows = [_row(block) for block in sorted(blocks, key=lambda block: (block.site, block.block_id))]
    footer = _footer(len(rows)) | {"furniture_version": version, "learned_at": learned_at.isoformat()}
    for target in (version_file(warehouse, version), warehouse.current_furniture_file):
        write_parquet(warehouse, target, rows, FURNITURE_SPEC, footer)


def version_file(warehouse: Warehouse, version: str) -> Path:
    """Return the path under which a version is kept."""
    return warehouse.furniture / f"{version}.parquet"


def ensure_furniture_file(warehouse: Warehouse) -> None:
    """Write a file without rows unless there is one: the view `furniture` takes its columns from it."""
    path = warehouse.current_furniture_file
    if not path.is_file():
        write_parquet(warehouse, path, [], FURNITURE_SPEC, _footer(0))


def _footer(row_count: int) -> dict[str, str]:
    return {"schema_version": SCHEMA_VERSION, "layer": "furniture", "row_count": str(row_count)}


def _row(block: FurnitureBlock) -> dict[str, Any]:
    return {name: getattr(block, name) for name in _FIELDS} | {"sample": storable(block.sample)}
