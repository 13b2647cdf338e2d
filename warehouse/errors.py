"""What stops a run when the warehouse is not as it should be. A bad page never does: it is a row."""

from __future__ import annotations


class WarehouseError(Exception):
    """The warehouse cannot be read or written as asked. The message is one line that says what to do."""


class QueryError(Exception):
    """A statement that DuckDB refused. The message is one line."""
