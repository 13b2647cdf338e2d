"""How many pages a source may hold, for a progress bar: cheap, from sizes and footers, and no promise."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

# Means over CC-NEWS archives and tables of pages: compressed bytes of one HTML page, and plain ones.
_PACKED_PAGE_BYTES = 25_000
_PLAIN_PAGE_BYTES = 120_000
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
    if name.endswith((".warc.gz", ".warc.zst", ".jsonl.gz", ".jsonl.zst")):
        return max(1, size // _PACKED_PAGE_BYTES)
    if name.endswith((".warc", ".jsonl", ".ndjson")):
        return max(1, size // _PLAIN_PAGE_BYTES)
    return 1
