"""Which pages of the raw layer: chosen by what the raw layer itself knows, or by a condition on the views.

Pages are read batch by batch; a batch without a page that is wanted is not read but for its narrow columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.identity import site_of
from extractors.records import RawPage
from warehouse.batches import read_raw_batch
from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.errors import WarehouseError
from warehouse.layout import BatchRef, Warehouse
from warehouse.query import run_query


@dataclass(frozen=True, slots=True)
class Selection:
    """What to choose; what is left out does not narrow the choice.

    `since` and `until` are UTC dates of fetching, both included. `where` is an SQL condition on the view
    `page_versions`: it finds pages that were milled.
    """

    sites: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None
    where: str | None = None


def select_pages(warehouse: Warehouse, selection: Selection) -> Iterator[RawPage]:
    """Yield the pages that are wanted, each capture once, in order of date, batch and place in the batch.

    Raises QueryError for a condition that is no SQL, WarehouseError when the warehouse cannot be read.
    """
    allowed = _allowed_ids(warehouse, selection.where) if selection.where else None
    done: set[str] = set()
    for ref in warehouse.list_batches("raw"):
        if (selection.since and ref.fetch_date < selection.since) or (
            selection.until and ref.fetch_date > selection.until
        ):
            continue
        wanted = _wanted_ids(warehouse, ref, selection) - done
        if allowed is not None:
            wanted &= allowed
        if not wanted:
            continue
        done |= wanted
        yield from (page for page in read_raw_batch(warehouse, ref) if page.page_id in wanted)


def _wanted_ids(warehouse: Warehouse, ref: BatchRef, selection: Selection) -> set[str]:
    path = warehouse.raw_file(ref)
    try:
        table = pq.read_table(path, columns=["page_id", "url", "source"], partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise WarehouseError(f"cannot read raw batch {path}: {error}") from error
    rows = zip(*(table[name].to_pylist() for name in ("page_id", "url", "source")), strict=True)
    return {
        page_id
        for page_id, url, source in rows
        if (not selection.urls or url in selection.urls)
        and (not selection.sources or source in selection.sources)
        and (not selection.sites or site_of(url) in selection.sites)
    }


def _allowed_ids(warehouse: Warehouse, where: str) -> set[str]:
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        result = run_query(connection, f"select page_id from page_versions where ({where}\n)")  # noqa: S608 - the user's own SQL, on a read-only connection
        return {row[0] for row in result.rows()}
