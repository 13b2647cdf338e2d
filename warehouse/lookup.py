"""Find pages by what a person knows of them: a URL, a page_id, a part of a title."""

from __future__ import annotations

from typing import Any

import duckdb

from warehouse.errors import WarehouseError

_COLUMNS = (
    "page_id, url, source, locator, status, reject_reason, reject_detail, title, authors, language, encoding, "
    "body_source, published_at, fetched_at, text, removals, extracted_chars, kept_chars"
)
# From exact to loose; the first that finds anything counts.
_CONDITIONS = (
    "page_id = $page",
    "url = $page",
    "canonical_url = $page or rtrim(url, '/') = rtrim($page, '/')",
    "starts_with(page_id, lower($page)) and length($page) >= 6",
    "locator = $page or source || '/' || locator = $page",
    "contains(lower(title), lower($page))",
)
_MOST = 50


def find_pages(connection: duckdb.DuckDBPyConnection, page: str) -> list[dict[str, Any]]:
    """Return the newest capture of each page that is meant, as rows by column name; at most 50.

    Raises WarehouseError when the warehouse cannot be read.
    """
    for condition in _CONDITIONS:
        sql = f"""
            select {_COLUMNS} from page_versions where {condition}
            qualify row_number() over (partition by coalesce(url, page_id) order by fetched_at desc, page_id) = 1
            order by fetched_at desc, page_id limit {_MOST}
        """  # noqa: S608 - the conditions are ours, the value is a parameter
        try:
            cursor = connection.execute(sql, {"page": page})
            rows = cursor.fetchall()
        except duckdb.Error as error:
            raise WarehouseError(f"cannot search the warehouse: {str(error).splitlines()[0]}") from error
        if rows:
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows]
    return []
