"""From the spool into the warehouse: raw batches first, then the log of fetching, and only then the spool goes.

Killed anywhere in between, the next run does the same again and writes the same files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from extractors.identity import Capture, make_raw_page
from extractors.records import Hints, RawPage
from flows.batching import BatchLimits
from flows.fetching.messages import FetchResult
from flows.fetching.spool import Spool
from flows.fetching.tasks import FetchTask, queued_row
from flows.milling import LandedBatch
from flows.sources.http_message import parse_content_type
from warehouse.batches import write_raw_batch
from warehouse.fetches import DropReason, FetchOutcome, FetchRow, hint_cells, hints_of, write_fetches
from warehouse.layout import Warehouse, batch_ref_of, fetch_date_of

BATCH_LABEL = "fetch"
"""Batches of fetched pages are named after it: a run has hundreds of sources, and a few pages of each."""


def spool_row(spool: Spool, row: FetchRow, result: FetchResult | None = None) -> None:
    """Append a row to the spool, with the page that came, if any. Raises WarehouseError."""
    header: dict[str, Any] = {"row": _row_cells(row)}
    if result is None:
        spool.append(header)
    else:
        spool.append(header | {"headers": result.headers}, result.body)


def spool_queued(spool: Spool, tasks: Sequence[FetchTask], run_id: str, now: datetime) -> None:
    """Append, as one record, that these URLs are to be fetched. Raises WarehouseError."""
    queued = [(task.url, task.source, task.found_in, _hint_cells(task.hints)) for task in tasks]
    spool.append({"queued": queued, "run_id": run_id, "recorded_at": now.isoformat()})


def land_spool(warehouse: Warehouse, spool: Spool, limits: BatchLimits) -> list[LandedBatch]:
    """Land all of a spool, delete it, and return the raw batches. Raises WarehouseError; the spool stays then."""
    landed: list[LandedBatch] = []
    rows: list[FetchRow] = []
    for batch in _batches(_entries(spool), limits):
        if batch.pages:
            ref = batch_ref_of(BATCH_LABEL, list(batch.pages.values()))
            is_new = write_raw_batch(warehouse, ref, list(batch.pages.values()))
            landed.append(LandedBatch(ref, len(batch.pages), 0, is_new))
            rows += [replace(row, batch_id=ref.batch_id) for row in batch.stored]
        rows += batch.others
    write_fetches(warehouse, spool.name, _without_superseded(rows))
    spool.remove()
    return landed


@dataclass(slots=True)
class _Batch:
    pages: dict[str, RawPage]
    stored: list[FetchRow]
    others: list[FetchRow]
    body_bytes: int = 0


def _entries(spool: Spool) -> Iterator[tuple[FetchRow, RawPage | None]]:
    for header, body in spool.records():
        if "queued" in header:
            run_id, now = header["run_id"], datetime.fromisoformat(header["recorded_at"])
            for url, source, found_in, hints in header["queued"]:
                yield queued_row(FetchTask(url, source, found_in, hints_of(hints)), run_id, now), None
            continue
        row = _row_of(header["row"])
        yield row, _page_of(row, header["headers"], body) if "headers" in header else None


def _batches(entries: Iterable[tuple[FetchRow, RawPage | None]], limits: BatchLimits) -> Iterator[_Batch]:
    """Yield the entries in batches of one UTC date each, in the order of the spool."""
    by_date: dict[date, _Batch] = {}
    others: list[FetchRow] = []
    for row, page in entries:
        if page is None:
            others.append(row)
            continue
        fetch_date = fetch_date_of(page)
        batch = by_date.setdefault(fetch_date, _Batch({}, [], []))
        # Two addresses may lead to one page at one moment: that is one capture.
        batch.pages.setdefault(page.page_id, page)
        batch.stored.append(replace(row, page_id=page.page_id))
        batch.body_bytes += len(page.body)
        if len(batch.pages) >= limits.pages or batch.body_bytes >= limits.body_bytes:
            yield by_date.pop(fetch_date)
    yield from by_date.values()
    yield _Batch({}, [], others)


def _without_superseded(rows: list[FetchRow]) -> list[FetchRow]:
    """Leave out that a URL was queued where the same file says what became of it."""
    decided = {row.url for row in rows if row.outcome is not FetchOutcome.QUEUED or row.failure_class}
    return [
        row for row in rows if row.outcome is not FetchOutcome.QUEUED or row.failure_class or row.url not in decided
    ]


def _page_of(row: FetchRow, headers: list[list[str]], body: bytes) -> RawPage:
    pairs = tuple((name, value) for name, value in headers)
    declared = next((value for name, value in pairs if name.lower() == "content-type"), None)
    media_type, charset = parse_content_type(declared)
    capture = Capture(
        url=row.final_url,
        fetched_at=row.recorded_at,
        source=row.source,
        locator=row.url,
        http_status=row.http_status,
        media_type=media_type,
        http_charset=charset,
        headers=pairs,
        hints=row.hints,
    )
    return make_raw_page(body, capture)


_FIELDS = tuple(part.name for part in fields(FetchRow))
_values_of = attrgetter(*_FIELDS)
_NO_HINTS = Hints()
_TIMES = ("recorded_at", "next_try_at", "host_paused_until")


def _row_cells(row: FetchRow) -> dict[str, Any]:
    """Return a row as JSON takes it, without what is absent."""
    named = zip(_FIELDS, _values_of(row), strict=True)
    cells: dict[str, Any] = {name: value for name, value in named if value is not None}
    for name in _TIMES:
        if name in cells:
            cells[name] = cells[name].isoformat()
    cells["hints"] = _hint_cells(row.hints)
    return cells


def _hint_cells(hints: Hints) -> dict[str, Any]:
    if hints == _NO_HINTS:
        return {}
    return {name: value for name, value in hint_cells(hints).items() if value}


def _row_of(cells: dict[str, Any]) -> FetchRow:
    """Return the row that `_row_cells` was given."""
    changed: dict[str, Any] = {name: datetime.fromisoformat(cells[name]) for name in _TIMES if name in cells}
    changed["outcome"] = FetchOutcome(cells["outcome"])
    changed["redirects"] = tuple((url, status) for url, status in cells.get("redirects", ()))
    changed["hints"] = hints_of(cells["hints"])
    if "drop_reason" in cells:
        changed["drop_reason"] = DropReason(cells["drop_reason"])
    return FetchRow(**cells | changed)
