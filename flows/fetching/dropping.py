"""Giving URLs up by a person's word: a row for each, and no request."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from flows.fetching.tasks import FetchTask, dropped_row, task_of_state
from warehouse.catalogue import refresh_catalogue
from warehouse.fetch_log import known_urls
from warehouse.fetches import write_fetches
from warehouse.layout import Warehouse


def drop_urls(warehouse: Warehouse, urls: Sequence[str], source: str) -> int:
    """Record that these URLs are given up; return how many of them the log had not known. Raises WarehouseError.

    Pages that are stored stay. A URL that the log does not know is entered under `source`, so that no run fetches it.
    """
    refresh_catalogue(warehouse)
    states = known_urls(warehouse, urls).states
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    tasks = [task_of_state(states[url]) if url in states else FetchTask(url, source) for url in dict.fromkeys(urls)]
    write_fetches(warehouse, f"{run_id}-drop", [dropped_row(task, run_id, now) for task in tasks])
    return sum(task.url not in states for task in tasks)
