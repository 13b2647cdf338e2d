"""Where things are in a warehouse, and what batches are called.

Paths and names only: nothing here opens a file, beyond listing folders.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from extractors.records import RawPage

Layer = Literal["raw", "pages"]

_BATCH_FILE = re.compile(r"(?P<batch_id>[a-z0-9][a-z0-9-]*-[0-9a-f]{16})\.parquet")
_PARTITION = re.compile(r"fetch_date=(?P<fetch_date>\d{4}-\d{2}-\d{2})")
# With the hash, the suffix and the staging suffix this stays far below the 255 bytes of a file name.
_SLUG_CHARS = 64


@dataclass(frozen=True, slots=True, order=True)
class BatchRef:
    """The name of a batch: the UTC date that its pages were fetched on, and its id within that date."""

    fetch_date: date
    batch_id: str


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse on a local disk, known by its root folder, which need not exist yet."""

    root: Path

    @property
    def raw(self) -> Path:
        """Folder of the raw layer."""
        return self.root / "raw"

    @property
    def pages(self) -> Path:
        """Folder of the pages layer."""
        return self.root / "pages"

    @property
    def furniture(self) -> Path:
        """Folder of the learned per-site furniture."""
        return self.root / "furniture"

    @property
    def current_furniture_file(self) -> Path:
        """The learned furniture that is in force; beside it lies every version there was, by its name."""
        return self.furniture / "current.parquet"

    @property
    def fetches(self) -> Path:
        """Folder of the log of fetching: a row for whatever became of a URL."""
        return self.root / "fetches"

    @property
    def fetches_schema_file(self) -> Path:
        """Parquet file without rows that gives an empty log of fetching its columns, and sorts before the others."""
        return self.fetches / "fetch_date=1970-01-01" / "schema.parquet"

    @property
    def spool(self) -> Path:
        """Folder of what was received and is not in a batch yet; outside the layers, and never cleared like staging."""
        return self.root / ".spool"

    @property
    def catalogue(self) -> Path:
        """The DuckDB file that holds the views."""
        return self.root / "gristmill.duckdb"

    @property
    def staging(self) -> Path:
        """Folder for half-written files: beside the layers, since a reader's `**` would look into it inside them."""
        return self.root / ".staging"

    @property
    def schema_file(self) -> Path:
        """Parquet file without rows that gives an empty pages layer its columns, and sorts before every batch."""
        return self.pages / "fetch_date=1970-01-01" / "schema.parquet"

    def raw_file(self, ref: BatchRef) -> Path:
        """Return the path of a batch in the raw layer."""
        return self._file(self.raw, ref)

    def pages_file(self, ref: BatchRef) -> Path:
        """Return the path of a batch in the pages layer."""
        return self._file(self.pages, ref)

    def fetches_file(self, fetch_date: date, name: str) -> Path:
        """Return the path of one file of the log of fetching; `name` is that of the spool that it was made from."""
        return self.fetches / f"fetch_date={fetch_date.isoformat()}" / f"{name}.parquet"

    @staticmethod
    def _file(layer: Path, ref: BatchRef) -> Path:
        return layer / f"fetch_date={ref.fetch_date.isoformat()}" / f"{ref.batch_id}.parquet"

    def list_batches(self, layer: Layer) -> list[BatchRef]:
        """Return the batches of a layer by date and id. Files that are not named like a batch are passed over."""
        paths = (self.root / layer).glob("fetch_date=*/*.parquet")
        return sorted(ref for ref in map(_ref_of, paths) if ref)


def _ref_of(path: Path) -> BatchRef | None:
    partition = _PARTITION.fullmatch(path.parent.name)
    name = _BATCH_FILE.fullmatch(path.name)
    if not partition or not name:
        return None
    try:
        return BatchRef(date.fromisoformat(partition["fetch_date"]), name["batch_id"])
    except ValueError:  # shaped like a date, and none
        return None


def _stable(value: object) -> object:
    """Return a value as JSON can write it, always in the same way; absent fields of records are left out."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if is_dataclass(value):
        # Leaving out what is absent keeps old batches' names when a record gains an optional field.
        pairs = [(f.name, getattr(value, f.name)) for f in fields(value) if f.name != "body"]
        return {name: _stable(part) for name, part in pairs if part is not None and part != ()}
    return value


def rows_sha256(pages: Iterable[RawPage]) -> str:
    """Return the SHA-256 of the pages in order, as 64 hex digits: every field, the body through its `raw_sha256`."""
    digest = hashlib.sha256()
    for page in pages:
        # JSON without line breaks, so that no two sequences of pages give the same bytes; ASCII takes lone surrogates.
        digest.update(json.dumps(_stable(page), sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n")
    return digest.hexdigest()


def slug_of(label: str) -> str:
    """Return a label as lower-case ASCII letters, digits and hyphens: 1 to 64 of them, `batch` if none are left."""
    ascii_label = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_label.lower())[:_SLUG_CHARS].strip("-")
    return slug or "batch"


def batch_id_of(label: str, pages: Sequence[RawPage]) -> str:
    """Return the id of a batch: the label's slug, and 16 hex digits that stand for the pages in this order.

    The same pages in the same order always get the same id; other pages, another one.
    """
    return f"{slug_of(label)}-{rows_sha256(pages)[:16]}"


def fetch_date_of(page: RawPage) -> date:
    """Return the partition that a page belongs to: the date of `fetched_at` in UTC."""
    return page.fetched_at.astimezone(UTC).date()


def batch_ref_of(label: str, pages: Sequence[RawPage]) -> BatchRef:
    """Return the name of the batch that these pages form.

    Raises ValueError when there are no pages, or when they were fetched on different UTC dates.
    """
    dates = {fetch_date_of(page) for page in pages}
    if len(dates) != 1:
        raise ValueError(f"a batch holds the pages of one UTC date, not of {len(dates)}")
    return BatchRef(dates.pop(), batch_id_of(label, pages))
