"""How many pages a source may hold, for a progress bar: cheap, from footers and first bytes, and no promise."""

from __future__ import annotations

import glob
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

# What is read of an archive to see how many bytes a page takes in it.
_SAMPLE_BYTES = 256 * 1024
# Where a sample tells nothing: the mean of compressed bytes of one HTML page over news archives.
_PACKED_PAGE_BYTES = 25_000
# What each page of an archive shows once, by the end of the file's name without its compression.
_MARKS = {".warc": b"\nWARC-Type: response", ".jsonl": b"\n", ".ndjson": b"\n"}
_MOST_FILES = 200_000


def estimate_pages(specs: Sequence[str]) -> int | None:
    """Return about how many pages the sources hold; None when they are too many files to look at."""
    total = 0
    for count, path in enumerate(path for spec in specs for path in _files(spec)):
        if count > _MOST_FILES:
            return None
        total += _pages_in(path)
    return total or None


def _files(spec: str) -> Iterator[Path]:
    paths = [Path(spec)] if Path(spec).exists() else [Path(found) for found in glob.glob(spec, recursive=True)]  # noqa: PTH207 - the user's own pattern
    for path in paths:
        if path.is_dir():
            yield from (inner for inner in path.rglob("*") if inner.is_file())
        else:
            yield path


def _pages_in(path: Path) -> int:
    name = path.name.lower()
    if name.startswith(".") or name.endswith(".meta.json"):
        return 0
    try:
        size = path.stat().st_size
        if name.endswith((".parquet", ".pq")):
            return int(pq.read_metadata(path).num_rows)
    except (OSError, ValueError):  # pyarrow's errors for a file that is no Parquet are ValueErrors
        return 1
    mark = _MARKS.get(Path(name.removesuffix(".gz").removesuffix(".zst")).suffix)
    if mark is None:
        return 1
    try:
        seen, taken = _sample(path, name)
    except (OSError, zlib.error):
        return 1
    page_bytes = taken / seen.count(mark) if mark in seen else _PACKED_PAGE_BYTES
    return max(1, round(size / page_bytes))


def _sample(path: Path, name: str) -> tuple[bytes, int]:
    """Return the first bytes of a file, decompressed if it is .gz, and how many bytes of the file they are."""
    with path.open("rb") as file:
        packed = file.read(_SAMPLE_BYTES)
    if not name.endswith(".gz"):
        return (b"" if name.endswith(".zst") else packed), len(packed)
    parts, rest = [], packed
    while rest:
        # A limit, since 256 KiB may unpack to 256 MiB; a mark sits at the beginning of its member.
        member = zlib.decompressobj(wbits=31)
        parts.append(member.decompress(rest, 64 * _SAMPLE_BYTES))
        if not member.eof:
            break
        rest = member.unused_data
    return b"".join(parts), len(packed)
