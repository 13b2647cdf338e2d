"""Where a run keeps what it receives: in its spool at once, in the warehouse as soon as there is enough.

Called from the event loop; batches are written in one thread beside it, and told of as they land.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self

from flows.batching import BatchLimits
from flows.fetching.landing import land_spool, spool_queued, spool_row
from flows.fetching.messages import FetchResult
from flows.fetching.settings import SpoolLimits
from flows.fetching.spool import Spool, create_spool, take_orphans
from flows.fetching.tasks import FetchTask
from flows.milling import LandedBatch
from warehouse.fetches import FetchOutcome, FetchRow
from warehouse.layout import Warehouse

# Rows without a page are small; a sitemap may bring 50,000 at once.
_MOST_ROWS = 20_000


class Store:
    """The spool of one run; a context manager that lands what is left when it ends, whatever made it end."""

    def __init__(
        self, warehouse: Warehouse, run_id: str, limits: SpoolLimits, on_landed: Callable[[LandedBatch], None]
    ) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._limits = limits
        self._batch_limits = BatchLimits(pages=limits.pages, body_bytes=limits.body_bytes)
        self._on_landed = on_landed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="land")
        self._landings: list[Future[None]] = []
        self._spool: Spool | None = None
        self._page_count = 0
        self._row_count = 0
        self._began_at = 0.0
        self._number = 0

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Land what is left. Raises WarehouseError when the disk refuses; the spool stays for the next run then."""
        self.rotate()
        self._thread.shutdown(wait=True)
        if kind is None:
            self.check()

    def add(self, row: FetchRow, result: FetchResult | None = None) -> None:
        """Keep a row, and the page that came with it. Raises WarehouseError when the disk refuses."""
        is_page = row.outcome is FetchOutcome.STORED and result is not None
        spool_row(self._open(), row, result if is_page else None)
        self._page_count += is_page
        self._row_count += 1
        self._rotate_if_full()

    def add_queued(self, tasks: Sequence[FetchTask], now: datetime) -> None:
        """Keep what is to be fetched, all or none of it. Raises WarehouseError when the disk refuses."""
        if tasks:
            spool_queued(self._open(), tasks, self._run_id, now)
            self._row_count += len(tasks)
            self._rotate_if_full()

    def _open(self) -> Spool:
        if self._spool is None:
            self._spool = create_spool(self._warehouse.spool, f"{self._run_id}-{self._number:05}")
            self._number += 1
            self._page_count, self._row_count, self._began_at = 0, 0, time.monotonic()
        return self._spool

    def _rotate_if_full(self) -> None:
        assert self._spool is not None
        is_large = self._spool.byte_count >= self._limits.body_bytes
        if self._page_count >= self._limits.pages or self._row_count >= _MOST_ROWS or is_large:
            self.rotate()

    def rotate_if_old(self) -> None:
        """Land what has waited long enough. Raises WarehouseError when an earlier landing failed."""
        self.check()
        if self._spool is not None and time.monotonic() - self._began_at >= self._limits.seconds:
            self.rotate()

    def rotate(self) -> None:
        """Hand the spool over to be landed; what comes next goes into a new one."""
        if self._spool is not None:
            self._landings.append(self._thread.submit(self._land, self._spool))
            self._spool = None

    def recover(self) -> int:
        """Land what runs that were killed left behind; return how many records. Raises WarehouseError."""
        count = 0
        for spool in take_orphans(self._warehouse.spool):
            count += sum(1 for _ in spool.records())
            self._land(spool)
        return count

    def check(self) -> None:
        """Raise the error of a landing that failed."""
        while self._landings and self._landings[0].done():
            self._landings.pop(0).result()

    def _land(self, spool: Spool) -> None:
        try:
            landed = land_spool(self._warehouse, spool, self._batch_limits)
        except BaseException:
            spool.release()
            raise
        for batch in landed:
            self._on_landed(batch)
