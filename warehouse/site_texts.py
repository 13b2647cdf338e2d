"""The newest articles of sites, to learn from: a few sites at a time, so that memory stays bounded.

Reads through the views; what is learned from the texts is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import duckdb

from extractors.records import Kind, Removal
from warehouse.errors import WarehouseError

# Newer pages say more of what a site repeats today; more of them add nothing.
MOST_PAGES = 2000
# A text this long is a book or a log, and as evidence worth no more than a page.
_MOST_CHARS = 200_000
# So many characters of text are held at a time: some tens of megabytes.
_CHARS_AT_ONCE = 20_000_000

_ARTICLES = f"""
    from articles
    where site is not null and extracted_chars <= {_MOST_CHARS}
        and ($site is null or site = $site) and ($since is null or fetch_date >= $since)
"""
_SIZES = f"""
    select site, count(*) as page_count, sum(extracted_chars) as chars {_ARTICLES}
    group by site having count(*) >= $least order by site
"""
# The pages are chosen on narrow columns first, so that texts are read only of the chosen.
_TEXTS = f"""
    with chosen as (
        select page_id {_ARTICLES} and site in (select unnest($sites))
        qualify row_number() over (partition by site order by fetched_at desc, page_id) <= {MOST_PAGES}
    )
    select site, page_id, fetch_date, text, removals
    from articles join chosen using (page_id)
    where site in (select unnest($sites))
    order by site, page_id
"""  # noqa: S608 - our own words, the values are parameters


@dataclass(frozen=True, slots=True)
class SiteArticle:
    """An article's kept text and its ledger, which together rebuild the text as it was extracted."""

    page_id: str
    fetch_date: date
    text: str
    removals: tuple[Removal, ...]


def read_site_articles(
    connection: duckdb.DuckDBPyConnection, site: str | None = None, since: date | None = None, least: int = 1
) -> Iterator[tuple[str, list[SiteArticle]]]:
    """Yield each site, by name, with its newest articles, at most 2,000; only sites that have `least` of them.

    `site` limits it to one, `since` to pages fetched on that UTC date or later. Raises WarehouseError when the
    warehouse cannot be read.
    """
    try:
        limits = {"site": site, "since": since}
        sizes = connection.execute(_SIZES, limits | {"least": least}).fetchall()
        for sites in _portions(sizes):
            rows = connection.execute(_TEXTS, limits | {"sites": sites}).fetchall()
            for name, group in groupby(rows, key=lambda row: str(row[0])):
                yield name, [_article(row[1:]) for row in group]
    except duckdb.Error as error:
        raise WarehouseError(f"cannot read the articles: {str(error).splitlines()[0]}") from error


def _portions(sizes: list[tuple[str, int, int]]) -> Iterator[list[str]]:
    """Yield runs of sites whose chosen articles hold some 20 million characters, one large site alone more."""
    portion: list[str] = []
    held = 0.0
    for site, page_count, chars in sizes:
        expected = chars * min(1.0, MOST_PAGES / page_count)
        if portion and held + expected > _CHARS_AT_ONCE:
            yield portion
            portion, held = [], 0.0
        portion.append(site)
        held += expected
    if portion:
        yield portion


def _article(row: tuple[str, date, str, list[dict[str, object]]]) -> SiteArticle:
    page_id, fetch_date, text, cuts = row
    removals = tuple(Removal(kind=Kind(str(cut.pop("kind"))), **cut) for cut in cuts)  # type: ignore[arg-type]
    return SiteArticle(page_id, fetch_date, text, removals)
