"""Write the outputs that were scored, for scoring elsewhere: `page_id`, `form`, `text`, one row an output."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

_ROWS = 256
SCHEMA = pa.schema(
    [
        pa.field("page_id", pa.string(), nullable=False),
        pa.field("form", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)


class PredictionWriter:
    """A context manager that writes a Parquet file in the order given; the file appears only when it is whole.

    A rejected page has an empty text; the text of a dump comes without its title line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._rows: list[dict[str, str]] = []
        self._writer: Any = None

    def __enter__(self) -> Self:
        """Open the file beside its final place. Raises OSError where nothing can be written."""
        self._writer = pq.ParquetWriter(self._partial, SCHEMA, compression="zstd")
        return self

    def add(self, page_id: str, form: str, text: str) -> None:
        """Take one output."""
        # A lone surrogate, which broken HTML can carry, has no UTF-8.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        self._rows.append({"page_id": page_id, "form": form, "text": clean})
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Move the file into place; after an error leave nothing behind."""
        try:
            if kind is None:
                self._flush()
            self._writer.close()
            if kind is None:
                self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)
