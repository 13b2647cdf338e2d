"""Parquet files, written whole or not at all, with the settings that the layers share.

A file is written in the staging folder and moved into place by one atomic replace, so a reader sees the old file or
the new one, and a killed writer leaves nothing but a stray staging file. What the rows mean is not known here.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.layout import Warehouse

Row = Mapping[str, Any]

_KEY_PREFIX = "gristmill."
# Of the row groups without a url, one in a hundred is read in vain.
_BLOOM_FPP = 0.01


@dataclass(frozen=True, slots=True)
class FileSpec:
    """How the rows of a layer are laid out in a file.

    `wide_columns` (dotted paths) are too long for dictionaries and statistics. A row group ends after `group_rows`
    rows, and before the values of `sized_column` pass `group_bytes` (their `len`); one row alone may be larger.
    """

    schema: pa.Schema
    wide_columns: tuple[str, ...]
    sized_column: str
    group_bytes: int
    group_rows: int
    bloom_columns: tuple[str, ...] = ()


def write_parquet(
    warehouse: Warehouse, target: Path, rows: Sequence[Row], spec: FileSpec, footer: Mapping[str, str]
) -> None:
    """Write rows to `target` and put it in place atomically, replacing what is there.

    `footer` goes to the key-value metadata, each key behind `gristmill.`. The same rows, spec and footer give the same
    bytes. Raises WarehouseError when the disk refuses, and pyarrow.ArrowInvalid when a row does not fit the schema;
    nothing is landed then.
    """
    schema = spec.schema.with_metadata({f"{_KEY_PREFIX}{key}": value for key, value in footer.items()})
    with replacing(warehouse, target) as staged, staged.open("wb") as sink:
        with pq.ParquetWriter(sink, schema, **_settings(spec, len(rows))) as writer:
            for group in _row_groups(rows, spec):
                writer.write_table(pa.Table.from_pylist(group, schema=schema), row_group_size=len(group) or None)
        sink.flush()
        os.fsync(sink.fileno())


@contextmanager
def replacing(warehouse: Warehouse, target: Path) -> Iterator[Path]:
    """Hand out a staging path; when the block ends well, move the file there to `target` atomically and durably.

    When the block raises, the staging file is deleted and `target` is as before. Raises WarehouseError for an OSError.
    """
    # The process and a random part: two writers of one batch never share a staging file.
    staged = warehouse.staging / f"{target.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        staged.parent.mkdir(parents=True, exist_ok=True)
        yield staged
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)
        for folder in (target.parent, target.parent.parent):
            _sync_folder(folder)
    except BaseException as error:
        with suppress(OSError):
            staged.unlink()
        if isinstance(error, OSError):
            raise WarehouseError(f"cannot write {target}: {error.strerror or error}") from error
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _row_groups(rows: Sequence[Row], spec: FileSpec) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        width = len(row[spec.sized_column] or b"")
        if group and (len(group) >= spec.group_rows or size + width > spec.group_bytes):
            yield group
            group, size = [], 0
        group.append(row)
        size += width
    yield group  # also when there are no rows: a file without row groups is refused by some readers


def _settings(spec: FileSpec, row_count: int) -> dict[str, Any]:
    """Return the writer's settings: what FileSpec says, and what was measured best for lookups by url and site."""
    narrow = [path for path in leaf_paths(spec.schema) if path not in spec.wide_columns]
    bloom = {"ndv": max(1, min(row_count, spec.group_rows)), "fpp": _BLOOM_FPP}
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": narrow,
        "write_statistics": narrow,
        "bloom_filter_options": dict.fromkeys(spec.bloom_columns, bloom) or None,
    }


def leaf_paths(schema: pa.Schema) -> list[str]:
    """Return the dotted Parquet paths of a schema's leaf columns, in order."""
    return [path for field in schema for path in _leaf_paths(field, field.name)]


def _leaf_paths(field: pa.Field[Any], path: str) -> Iterator[str]:
    if pa.types.is_list(field.type):
        yield from _leaf_paths(field.type.value_field, f"{path}.list.element")
    elif pa.types.is_struct(field.type):
        for child in field.type:
            yield from _leaf_paths(child, f"{path}.{child.name}")
    else:
        yield path


def read_footer(path: Path) -> dict[str, str] | None:
    """Return what `write_parquet` put into a footer, and `num_rows`; None when the file is no whole Parquet file.

    Reads the last kilobytes only. Raises FileNotFoundError when there is no file, and WarehouseError when the disk
    refuses.
    """
    try:
        metadata = pq.read_metadata(path)
    except FileNotFoundError:
        raise
    except pa.ArrowInvalid:
        return None
    except OSError as error:
        # Arrow reports a corrupt footer as an OSError without a number.
        if error.errno is None:
            return None
        raise WarehouseError(f"cannot read {path}: {os.strerror(error.errno)}") from error
    pairs = (metadata.metadata or {}).items()
    found = {key.decode(): value.decode() for key, value in pairs if key.startswith(_KEY_PREFIX.encode())}
    return {key.removeprefix(_KEY_PREFIX): value for key, value in found.items()} | {"num_rows": str(metadata.num_rows)}


def clear_staging(warehouse: Warehouse, older_than: timedelta, now: datetime) -> int:
    """Delete the staging files that dead runs left, last written more than `older_than` before `now`; return how many.

    Nothing reads them: this only gives back the space.
    """
    cleared = 0
    for path in warehouse.staging.glob("*"):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if now - written > older_than:
                path.unlink()
                cleared += 1
        except FileNotFoundError:  # its writer has just moved it into place
            continue
    return cleared
