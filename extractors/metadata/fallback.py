"""trafilatura's own search for metadata, for the fields that a page's tags do not state. The only use of it here.

Slow (5 to 10 ms a field): call what is missing, nothing else. Each call is total, since a page must not fail for the
sake of its author.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from htmldate import find_date
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_title

_Found = TypeVar("_Found")

# htmldate takes today for a missing limit, which would make a page's date depend on when it is read.
_MIN_DATE = "1995-01-01"
_NO_LIMIT = "2100-01-01"


def find_title(tree: HtmlElement) -> str | None:
    """Return the title that trafilatura finds in headings and classes."""
    return _tried(lambda: extract_title(tree))


def find_author(tree: HtmlElement) -> str | None:
    """Return the byline that trafilatura finds by class names; several names are joined by semicolons."""
    return _tried(lambda: extract_author(tree))


def find_published(tree: HtmlElement, url: str | None, latest: datetime | None) -> str | None:
    """Return the day that htmldate finds, as an ISO date, not after `latest`."""
    limit = latest.date().isoformat() if latest else _NO_LIMIT
    return _tried(
        lambda: find_date(
            tree,
            extensive_search=False,
            original_date=True,
            url=url or "",
            min_date=_MIN_DATE,
            max_date=limit,
        )
    )


def _tried(search: Callable[[], _Found | None]) -> _Found | None:
    try:
        return search()
    except Exception:  # noqa: BLE001  # a library's search over arbitrary pages: whatever it raises, the field is missing
        return None
