"""Gold files: what kind a Parquet file is, told by its columns, and its rows one at a time.

Reading only; how an output compares with its gold is in the scoring modules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Pages are large: 16 rows of half a megabyte are 8 MB at a time.
_BATCH_ROWS = 16
_PLAIN_NEEDED = ("html", "text")
_PLAIN_MORE = ("page_id", "url", "title", "comments", "must_contain", "must_not_contain")
_CASE_NEEDED = ("case_id", "dump_text", "html", "gold_text", "injected")
_CASE_MORE = ("part", "url", "near_duplicate_of")


class GoldError(ValueError):
    """A gold file that cannot be used; the message is one line that names the file and what is wrong."""


class GoldKind(StrEnum):
    """What a gold file holds: whole pages with their text, or texts with known blocks put in."""

    PLAIN = "plain"
    INJECTED = "injected"


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A file that was found usable. `columns` are those to read."""

    path: Path
    kind: GoldKind
    columns: tuple[str, ...]
    row_count: int

    @property
    def name(self) -> str:
        """The set's name: the file's, without its ending."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class GoldPage:
    """One page as received, its article's text, and what else is known of it."""

    page_id: str
    url: str | None
    title: str | None
    html: bytes
    text: str
    comments: str
    must_contain: tuple[str, ...]
    must_not_contain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InjectedBlock:
    """A block that was put into a text. `is_glued`: without white space to one of its neighbours."""

    text: str
    kind: str
    is_glued: bool
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class GoldCase:
    """An article's own text, and the same with blocks put in: as HTML, and as a dump that opens with its title line."""

    case_id: str
    part: str
    url: str | None
    dump_text: str
    html: bytes
    gold_text: str
    blocks: tuple[InjectedBlock, ...]
    near_duplicate_of: str | None


def open_gold(path: Path) -> GoldFile:
    """Look at a file's columns. Raises GoldError when it is not Parquet or lacks a necessary column."""
    try:
        with pq.ParquetFile(path) as parquet:
            names, row_count = set(parquet.schema_arrow.names), parquet.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        raise GoldError(f"{path} cannot be read as Parquet: {' '.join(str(error).split())[:200]}") from None
    is_case = "gold_text" in names or "injected" in names
    needed, more = (_CASE_NEEDED, _CASE_MORE) if is_case else (_PLAIN_NEEDED, _PLAIN_MORE)
    missing = [name for name in needed if name not in names]
    if missing:
        raise GoldError(
            f"{path} has no column {' and no column '.join(missing)}: gold pages need {', '.join(_PLAIN_NEEDED)}; "
            f"injected cases need {', '.join(_CASE_NEEDED)}"
        )
    kind = GoldKind.INJECTED if is_case else GoldKind.PLAIN
    return GoldFile(path, kind, tuple(name for name in needed + more if name in names), row_count)


def read_gold_pages(file: GoldFile) -> Iterator[GoldPage]:
    """Read a plain gold file, in order. A page without an id is known by its row, counted from 0."""
    for number, row in enumerate(_rows(file)):
        yield GoldPage(
            page_id=row.get("page_id") or f"row-{number}",
            url=row.get("url"),
            title=row.get("title"),
            html=_bytes(row["html"]),
            text=row["text"] or "",
            comments=row.get("comments") or "",
            must_contain=_strings(row.get("must_contain")),
            must_not_contain=_strings(row.get("must_not_contain")),
        )


def read_gold_cases(file: GoldFile, publishers: Mapping[str, str]) -> Iterator[GoldCase]:
    """Read a file of injected cases, in order. `publishers`: from a block's text to who published it."""
    for number, row in enumerate(_rows(file)):
        blocks = tuple(_block(entry, publishers) for entry in row["injected"] or ())
        yield GoldCase(
            case_id=row["case_id"] or f"row-{number}",
            part=row.get("part") or ("injected" if blocks else "clean"),
            url=row.get("url"),
            dump_text=row["dump_text"] or "",
            html=_bytes(row["html"]),
            gold_text=row["gold_text"] or "",
            blocks=blocks,
            near_duplicate_of=row.get("near_duplicate_of"),
        )


def read_publishers(file: GoldFile) -> dict[str, str]:
    """Read `blocks.jsonl` beside a gold file: from a block's text to its publisher. Empty where there is none."""
    path = file.path.with_name("blocks.jsonl")
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines if line.strip()]
        return {entry["text"]: entry["publisher"] for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        raise GoldError(
            f"{path}: each line must be a JSON object with text and publisher ({type(error).__name__})"
        ) from None


def _rows(file: GoldFile) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(file.path, pre_buffer=False) as parquet:
            for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=list(file.columns), use_threads=False):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise GoldError(f"{file.path} is damaged: {' '.join(str(error).split())[:200]}") from None


def _block(entry: Mapping[str, Any], publishers: Mapping[str, str]) -> InjectedBlock:
    text = entry.get("text") or ""
    return InjectedBlock(text, entry.get("kind") or "unknown", bool(entry.get("glued")), publishers.get(text))


def _bytes(content: bytes | str | None) -> bytes:
    return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content or b""


def _strings(values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if value)
