"""Cut a stream of pages into batches: one UTC date each, bounded in pages and bytes, the same for the same stream.

Nothing here reads a source or writes a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from extractors.records import RawPage
from warehouse.layout import fetch_date_of


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """When a batch is full, and how many bytes all open batches may hold together."""

    pages: int = 500
    body_bytes: int = 32 * 1024 * 1024
    open_bytes: int = 96 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PageBatch:
    """The pages of one batch, and how many captures were left out because the batch held them already."""

    pages: tuple[RawPage, ...]
    duplicate_count: int


@dataclass(slots=True)
class _Open:
    pages: list[RawPage] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    body_bytes: int = 0
    duplicates: int = 0

    def close(self) -> PageBatch:
        return PageBatch(tuple(self.pages), self.duplicates)


def batch_pages(pages: Iterable[RawPage], limits: BatchLimits) -> Iterator[PageBatch]:
    """Yield the pages of a stream in batches, each of one source and one UTC date of fetching.

    The same stream always gives the same batches. A page that a batch holds already (same id) is counted and left
    out: it is the same capture twice.
    """
    open_batches: dict[tuple[str, date], _Open] = {}
    held = 0
    for page in pages:
        key = (page.source, fetch_date_of(page))
        batch = open_batches.setdefault(key, _Open())
        if page.page_id in batch.ids:
            batch.duplicates += 1
            continue
        batch.pages.append(page)
        batch.ids.add(page.page_id)
        batch.body_bytes += len(page.body)
        held += len(page.body)
        if len(batch.pages) >= limits.pages or batch.body_bytes >= limits.body_bytes:
            held -= batch.body_bytes
            yield open_batches.pop(key).close()
        elif held >= limits.open_bytes:
            fullest = max(open_batches, key=lambda name: open_batches[name].body_bytes)
            held -= open_batches[fullest].body_bytes
            yield open_batches.pop(fullest).close()
    for batch in open_batches.values():
        yield batch.close()
