"""Questions to the log of fetching: what is known of URLs, what is due, which hosts asked for a pause.

All in bulk: one query for thousands of URLs. Nothing is written here (see `warehouse.fetches`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from extractors.records import Hints
from warehouse.catalogue import connect_readonly, view_source
from warehouse.errors import WarehouseError
from warehouse.fetches import FetchOutcome, hints_of
from warehouse.layout import Warehouse

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class UrlState:
    """What is known of a URL. `answered_at` is when its page last came or was said to be unchanged."""

    url: str
    source: str
    found_in: str | None
    outcome: FetchOutcome
    recorded_at: datetime
    try_count: int
    next_try_at: datetime | None
    answered_at: datetime | None
    etag: str | None
    last_modified: str | None
    hints: Hints


_STATE_COLUMNS = tuple(part.name for part in fields(UrlState))
_STATE_LIST = ", ".join(_STATE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse knows of some URLs: their state, and those of which it has the page from elsewhere.

    Elsewhere is another address that redirected there, or an archive that was ingested.
    """

    states: Mapping[str, UrlState]
    elsewhere: frozenset[str]


def known_urls(warehouse: Warehouse, urls: Sequence[str]) -> Known:
    """Return what is known of these URLs; the catalogue must be current. Raises WarehouseError."""
    if not urls:
        return Known({}, frozenset())
    # The view's own SQL over the rows of these URLs only: aggregating the whole log for some would not scale.
    states_sql = f"""
        with fetches as (select * from main.fetches where url in (select url from wanted))
        select {_STATE_LIST} from ({view_source("fetch_state")})
    """  # noqa: S608 - both texts are ours
    elsewhere_sql = """
        select final_url from main.fetches where outcome = 'stored' and final_url in (select url from wanted)
        union select url from page_rows where url in (select url from wanted)
    """
    with _reading(warehouse) as connection:
        connection.register("wanted", pa.table({"url": pa.array(urls, pa.string())}))
        states = {state.url: state for state in map(_state, connection.execute(states_sql).fetchall())}
        elsewhere = frozenset(str(row[0]) for row in connection.execute(elsewhere_sql).fetchall())
    return Known(states, elsewhere)


def due_urls(warehouse: Warehouse, now: datetime, sources: Iterable[str]) -> Iterator[UrlState]:
    """Yield the URLs of these sources that are to be tried by `now`, those first that wait longest.

    They were queued by a run that did not get to them, or failed, or were not allowed when they were last looked at.
    Raises WarehouseError.
    """
    sql = f"""
        select {_STATE_LIST} from fetch_state
        where outcome in ('queued', 'failed', 'skipped') and (next_try_at is null or next_try_at <= $now)
            and source in (select unnest($sources))
        order by recorded_at, url
    """  # noqa: S608 - the columns are ours
    with _reading(warehouse) as connection:
        cursor = connection.execute(sql, {"now": now, "sources": list(sources)})
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from map(_state, rows)


def paused_hosts(warehouse: Warehouse, now: datetime) -> dict[str, datetime]:
    """Return the hosts that asked to be left alone, and until when. Raises WarehouseError."""
    sql = """
        select host, max(host_paused_until) from fetches where host_paused_until > $now group by host
    """
    with _reading(warehouse) as connection:
        return {str(host): until for host, until in connection.execute(sql, {"now": now}).fetchall()}


@contextmanager
def _reading(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with connect_readonly(warehouse) as connection:
            yield connection
    except duckdb.Error as error:
        raise WarehouseError(f"cannot read the log of fetching: {str(error).splitlines()[0]}") from error


def _state(row: tuple[Any, ...]) -> UrlState:
    cells = dict(zip(_STATE_COLUMNS, row, strict=True))
    return UrlState(**cells | {"outcome": FetchOutcome(cells["outcome"]), "hints": hints_of(cells["hints"])})
