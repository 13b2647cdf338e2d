"""Results of queries as text or Parquet: each format streams, but for the table, which needs all widths first.

Times with a zone are always shown in UTC. Nothing is queried or configured here.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from rich.cells import cell_len, set_cell_size

from warehouse.query import QueryResult

_TABLE_ROWS = 1000
# Shorter texts show nothing that could be read; the table then becomes a list of fields.
_LEAST_TEXT_WIDTH = 10
# Values that say something else when they are cut short; texts, lists and structs only say less.
_WHOLE_TYPES = re.compile(r"BOOLEAN$|DATE$|TIME")
_EXPLANATION = ("explain_key", "explain_value")
_NUMBER_TYPES = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|U?INTEGER$|FLOAT$|DOUBLE$|DECIMAL")
# What a terminal would obey, and what would break a row; pages may hold any of it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def write_table(result: QueryResult, out: TextIO, width: int = 120) -> None:
    """Write a table for a terminal of `width` characters: long texts are shortened, line breaks become spaces.

    Numbers and times are never shortened, floats are rounded. With more columns than fit, each row becomes a list of
    its fields. Shows the first 1,000 rows, and says so.
    """
    rows = result.rows()
    if result.columns == _EXPLANATION:
        out.writelines(f"{row[1]}\n" for row in rows)
        return
    shown = [[_plain(value) for value in row] for row in islice(rows, _TABLE_ROWS)]
    more = next(rows, None) is not None
    rows.close()
    lines = _table_lines(result, shown, width) or _field_lines(result, shown, width)
    out.writelines(f"{line}\n" for line in lines)
    note = f"the first {len(shown):,} rows; another format gives all" if more else f"rows: {len(shown):,}"
    out.write(f"({note})\n")


def _table_lines(result: QueryResult, rows: list[list[str]], width: int) -> list[str] | None:
    """Return the lines of the table; None when it does not fit, even with names in several lines and short texts."""
    names = [_CONTROL.sub(" ", name) for name in result.columns]
    numeric = [_NUMBER_TYPES.match(kind) is not None for kind in result.types]
    whole = [
        is_number or _WHOLE_TYPES.match(kind) is not None for is_number, kind in zip(numeric, result.types, strict=True)
    ]
    for heads, may_cut in (([[name] for name in names], False), ([_folded(name) for name in names], True)):
        # A cell wider than the terminal is cut anyway: measuring its first characters is enough.
        columns = zip(*rows, strict=True) if rows else ([] for _ in names)
        cells = zip(heads, columns, strict=True)
        widths = [max(1, *(cell_len(cell[:width]) for cell in (*head, *column))) for head, column in cells]
        least = [
            size if is_whole else min(size, _LEAST_TEXT_WIDTH) for size, is_whole in zip(widths, whole, strict=True)
        ]
        room = width - 3 * len(widths) - 1
        if sum(least if may_cut else widths) <= room:
            return list(_drawn(heads, rows, _fitted(widths, least, room), numeric))
    return None


def _folded(name: str) -> list[str]:
    """Return a name in lines that end after its underscores."""
    return re.findall(r"[^_]*_+|[^_]+$", name) or [name]


def _fitted(widths: list[int], least: list[int], room: int) -> list[int]:
    """Return the widths, the widest made narrower, but none than its least, until all of them fit into the room."""
    fitted = list(widths)
    while sum(fitted) > room:
        widest = max((size, index) for index, size in enumerate(fitted) if size > least[index])
        fitted[widest[1]] -= 1
    return fitted


def _drawn(heads: list[list[str]], rows: list[list[str]], widths: list[int], numeric: list[bool]) -> Iterator[str]:
    depth = max(map(len, heads))
    header = [list(line) for line in zip(*([""] * (depth - len(head)) + head for head in heads), strict=True)]
    for left, middle, right in (("╭", "┬", "╮"), ("├", "┼", "┤"), ("╰", "┴", "╯")):
        yield left + middle.join("─" * (size + 2) for size in widths) + right
        for cells in {"╭": header, "├": rows}.get(left, []):
            fitted = [_cut(*cell) for cell in zip(cells, widths, numeric, strict=True)]
            yield f"│ {' │ '.join(fitted)} │"


def _cut(cell: str, size: int, is_number: bool) -> str:  # noqa: FBT001 - zipped, never written out
    """Return a cell filled up or shortened to `size` places of a terminal, where some signs take two."""
    if cell_len(cell[: size + 1]) > size:
        return set_cell_size(cell[:size], size - 1) + "…"
    return " " * (size - cell_len(cell)) + cell if is_number else set_cell_size(cell, size)


def _field_lines(result: QueryResult, rows: list[list[str]], width: int) -> Iterator[str]:
    name_width = max(map(len, result.columns))
    for number, row in enumerate(rows, 1):
        yield f"─ row {number} ─"
        for name, cell in zip(result.columns, row, strict=True):
            yield _cut(f"{name:>{name_width}} │ {cell}", width, is_number=False).rstrip()


def write_csv(result: QueryResult, out: TextIO) -> None:
    """Write comma-separated values with a header; NULL is an empty field, lists and structs are JSON."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([_cell(value) for value in row] for row in result.rows())


def write_json(result: QueryResult, out: TextIO) -> None:
    """Write one JSON array of objects, an object a line."""
    separator = "[\n"
    for line in _json_lines(result):
        out.write(separator + line)
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_jsonl(result: QueryResult, out: TextIO) -> None:
    """Write JSON Lines: one object a row."""
    out.writelines(f"{line}\n" for line in _json_lines(result))


def _json_lines(result: QueryResult) -> Iterator[str]:
    names = _told_apart(result.columns)
    for row in result.rows():
        values = (_jsonable(value) for value in row)
        yield json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False, allow_nan=False)


def _told_apart(columns: tuple[str, ...]) -> list[str]:
    """Return the names with a number behind each that came before: an object cannot hold a name twice."""
    names: list[str] = []
    for name in columns:
        numbered = (f"{name}_{number}" for number in count(1))
        names.append(next(one for one in chain([name], numbered) if one not in names))
    return names


def write_markdown(result: QueryResult, out: TextIO) -> None:
    """Write a Markdown table; pipes are escaped and line breaks become `<br>`."""
    rule = ["--:" if _NUMBER_TYPES.match(kind) else "---" for kind in result.types]
    out.writelines(f"| {' | '.join(cells)} |\n" for cells in ([_markdown(name) for name in result.columns], rule))
    out.writelines(f"| {' | '.join(_markdown(_cell(value)) for value in row)} |\n" for row in result.rows())


def write_parquet(result: QueryResult, target: Path | BinaryIO) -> None:
    """Write a Parquet file, zstd-compressed, to a path or a binary stream, keeping the columns' types."""
    batches = result.batches()
    first = next(batches)
    with pq.ParquetWriter(target, first.schema, compression="zstd") as writer:
        writer.write_table(pa.Table.from_batches([first]))
        for batch in batches:
            writer.write_batch(batch)


TEXT_WRITERS: dict[str, Callable[[QueryResult, TextIO], None]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "markdown": write_markdown,
}
"""The formats that are text, by name. `parquet`, which is not, is `write_parquet`."""


def _iso(moment: datetime) -> str:
    """Return a time as ISO 8601; one with a zone in UTC, ending in Z."""
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _jsonable(value: Any) -> Any:  # noqa: PLR0911 - one line per type is the plainest table
    """Return a value of DuckDB as JSON can hold it: what JSON lacks becomes a string, and NaN and infinity null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(_jsonable(key)): _jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    return str(value)


def _cell(value: Any) -> str:
    """Return a value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal | timedelta):
        return str(value)
    plain = _jsonable(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    """Return a value for a table: in one line, a float with four decimals, or four significant digits below one."""
    if isinstance(value, float) and math.isfinite(value):
        value = round(value, 4) if abs(value) >= 1 else float(f"{value:.4g}")
    return "NULL" if value is None else _CONTROL.sub(" ", _cell(value))


def _markdown(text: str) -> str:
    lines = text.replace("\\", "\\\\").replace("|", "\\|").splitlines()
    return "<br>".join(_CONTROL.sub(" ", line) for line in lines)
