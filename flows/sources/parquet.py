"""Parquet files as rows, a small batch at a time, with only the columns that a page may need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.records import RawPage
from flows.sources.columns import TableReader, lower_keys, parse_row
from flows.sources.files import SourceFile
from flows.sources.options import SourceError, SourceOptions, SourceProblem

# Pages are large: 32 rows of half a megabyte are 16 MB at a time.
_BATCH_ROWS = 32
_BUFFER_BYTES = 1024 * 1024


def read_parquet(file: SourceFile, options: SourceOptions) -> Iterator[RawPage | SourceProblem]:
    """Read every row as one page, in order; `#row=N` counts from 0, as DuckDB's `file_row_number` does.

    A row group that cannot be read is reported and the next one tried. Raises SourceError for a file that is not
    Parquet or has no column of content.
    """
    reader = TableReader(file, options.columns, options.max_body_bytes)
    otherwise = file.modified_at()
    try:
        opened = pq.ParquetFile(file.path, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except pa.ArrowException as error:
        raise SourceError(f"{file.locator} cannot be read as Parquet: {_one_line(error)}") from None
    with opened as parquet:
        wanted = _wanted_columns(parquet.schema_arrow, reader)
        first_row = 0
        for group in range(parquet.num_row_groups):
            row = first_row
            first_row += parquet.metadata.row_group(group).num_rows
            try:
                for batch in parquet.iter_batches(
                    batch_size=_BATCH_ROWS, row_groups=[group], columns=wanted, use_threads=False
                ):
                    for values in _rows(batch):
                        yield parse_row(values, f"#row={row}", reader, otherwise)
                        row += 1
            except (pa.ArrowException, OSError) as error:
                yield file.problem(f"rows {row} to {first_row - 1} cannot be read: {_one_line(error)}", f"#row={row}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _wanted_columns(schema: pa.Schema, reader: TableReader) -> list[str]:
    """Return the columns of the file that any field may come from. Raises SourceError when none holds content."""
    shape = {name.lower(): _shape(schema.field(i).type) for i, name in reversed(list(enumerate(schema.names)))}
    if not reader.has_content(shape):
        wanted = " or ".join(reader.content_paths()[:2])
        raise SourceError(
            f"{reader.file.locator} has no column of HTML or text ({wanted}): "
            f"name one with --column html=NAME or --column text=NAME; it has {', '.join(schema.names)}"
        )
    starts = {part.lower() for path in reader.all_paths() for part in (path, path.partition(".")[0])}
    return [name for name in schema.names if name.lower() in starts]


def _shape(kind: pa.DataType) -> dict[str, Any] | None:
    """Return the names inside a nested type, so that a schema can be asked like a row."""
    if not pa.types.is_struct(kind):
        return None
    return {kind.field(i).name.lower(): _shape(kind.field(i).type) for i in range(kind.num_fields)}


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    columns = [_values(column) for column in batch.columns]
    for row in range(batch.num_rows):
        yield lower_keys({name: values[row] for name, values in zip(batch.schema.names, columns, strict=True)})


def _values(column: pa.Array[Any]) -> list[Any]:
    """Return a column as Python values; one that Python cannot hold becomes text where it can, else None."""
    if pa.types.is_timestamp(column.type):  # nanoseconds do not fit a datetime
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        return [_value(scalar) for scalar in column]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, pa.ArrowException):
        if pa.types.is_string(scalar.type) or pa.types.is_large_string(scalar.type):
            return scalar.as_buffer().to_pybytes()  # a string column that holds other bytes than UTF-8
        return None
