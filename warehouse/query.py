"""Running a user's SQL: statements that read, and nothing else.

The connection comes from `warehouse.catalogue`; how a result is printed is in `warehouse.output`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.errors import QueryError

_ROWS_AT_ONCE = 1000
# PIVOT comes apart into several statements; SET changes the session only.
_READING = frozenset({"SELECT", "MULTI", "SET"})
_EXPLAIN = re.compile(r"\s*explain(\s+analyze)?(\s*\([^)]*\))?\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a statement gives: its columns at once, and its rows as they are read.

    `types` are DuckDB's names of the columns' types. Rows are computed anew each time they are asked for, and one
    reading must end before the connection is used for another.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    connection: duckdb.DuckDBPyConnection
    statement: str

    def rows(self) -> Generator[tuple[Any, ...]]:
        """Yield the rows as Python values, holding a thousand at a time. Raises QueryError when the statement fails."""
        with _one_line_errors():
            self.connection.execute(self.statement)
            try:
                while rows := self.connection.fetchmany(_ROWS_AT_ONCE):
                    yield from rows
            finally:
                self.connection.abort()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as Arrow batches, at least one, so that an empty result has a schema. Raises QueryError."""
        with _one_line_errors():
            reader = self.connection.sql(self.statement).to_arrow_reader(_ROWS_AT_ONCE)
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader


def run_query(connection: duckdb.DuckDBPyConnection, sql: str) -> QueryResult:
    """Check SQL, run all of its statements but the last, and return the last one's result, not yet read.

    Raises QueryError, in one line, for SQL that is wrong or empty, and for a statement that does more than read:
    nothing of the SQL has been run then.
    """
    statements = _statements(connection, sql)
    if not statements:
        raise QueryError("no SQL statement given")
    with _one_line_errors():
        for statement in statements[:-1]:
            connection.execute(statement).fetchall()
        relation = connection.sql(statements[-1])
        types = tuple(str(kind) for kind in relation.types)
        return QueryResult(tuple(relation.columns), types, connection, statements[-1])


def _statements(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """Return the SQL's statements; raise QueryError unless all of them only read."""
    try:
        statements = connection.extract_statements(sql)
        kinds = [statement.type.name for statement in statements]
    except duckdb.Error as error:
        raise QueryError(_one_line(error)) from error
    except ValueError as error:  # a kind that DuckDB parses and its Python client has no name for; none of them reads
        raise QueryError("only statements that read are allowed here") from error
    for statement, kind in zip(statements, kinds, strict=True):
        if kind == "EXPLAIN":
            # EXPLAIN ANALYZE runs what it explains, a COPY too.
            _statements(connection, _EXPLAIN.sub("", statement.query, count=1))
        elif kind not in _READING:
            raise QueryError(f"{kind.replace('_', ' ')} is not allowed here: only statements that read are")
    return [statement.query for statement in statements]


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise QueryError(_one_line(error)) from error


def _one_line(error: Exception) -> str:
    """Return DuckDB's message without the excerpt of the statement, in one line."""
    return " ".join(str(error).split("\n\nLINE ")[0].split())
