"""What discovery hands on: a page that a source names, with what the source says of it.

Only the value lives here. Where candidates come from is in `flows.discovery.discover`; whether one was fetched before
is asked of the warehouse, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page worth fetching.

    `url` is canonical (see `flows.discovery.urls`): the address to fetch, and the name of the page. `source` is the
    name in the sources file, `found_in` the address of the feed or sitemap, or the path of the list, that names the
    page. The rest is what that one says of it; times are in UTC, and `language` is that of the entry, else of the
    source.
    """

    url: str
    source: str
    found_in: str
    title: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
