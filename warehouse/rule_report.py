"""What each rule removed, and on how many pages the user's rules of sites found something: SQL over the views.

Only counts; which rules there are, and which of them look stale, is judged in `flows.rule_report`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

_SAMPLE_CHARS = 300


@dataclass(frozen=True, slots=True)
class RuleYield:
    """What one rule cut on the newest capture of each page."""

    rule_id: str
    kind: str
    cut_count: int
    page_count: int
    site_count: int
    removed_chars: int
    mean_confidence: float
    last_fetched_at: datetime
    sample: str


@dataclass(frozen=True, slots=True)
class PageCount:
    """Pages of the last days of the warehouse, and of all the time before."""

    recent: int = 0
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class SiteRuleCount:
    """On how many pages a rule of a site matched anything, matched text of the article, and was stopped."""

    matched: PageCount = PageCount()
    took: PageCount = PageCount()
    stopped: PageCount = PageCount()


def read_rule_yields(
    connection: duckdb.DuckDBPyConnection, since: date | None = None, rule_glob: str = "*"
) -> list[RuleYield]:
    """Return what each rule cut, those that cut most first; `since` leaves out pages fetched before that UTC date.

    `rule_glob` chooses rule ids as a shell would choose names.
    """
    rows = connection.execute(
        f"""
        select
            rule_id, min(kind), count(*), count(distinct page_id), count(distinct site), sum(removed_chars),
            avg(confidence), max(fetched_at),
            left(trim(arg_min(text, {{'page_id': page_id, 'at': "offset"}}), ' \n\t'), {_SAMPLE_CHARS})
        from removals
        where rule_id glob ? and fetch_date >= ?
        group by rule_id
        order by count(*) desc, rule_id
        """,  # noqa: S608 - a number of ours
        [rule_glob, since or date.min],
    ).fetchall()
    return [RuleYield(*row) for row in rows]


_PAGES = """
    with pages as (
        select page_id, coalesce(url, canonical_url) as url, fetched_at, site_rule_lines, removals
        from (from articles union all by name from rejections)
        -- A page that was never read (an error, no HTML) says nothing of a rule.
        where ends_with(rules_version, '+sites-' || $version) and form is not null
    ),
    dated as (select *, fetched_at > (select max(fetched_at) from pages) - $recent as is_recent from pages)
"""


def read_page_counts(
    connection: duckdb.DuckDBPyConnection, version: str, recent: timedelta
) -> Iterator[tuple[str, PageCount]]:
    """Yield each host with its pages that were judged by this version of the user's rules.

    Recent are those fetched within `recent` of the last of all these pages.
    """
    rows = connection.execute(
        f"""{_PAGES}
        select
            coalesce(regexp_extract(lower(url), '^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:?#]+)', 1), ''),
            count(*) filter (is_recent), count(*) filter (not is_recent)
        from dated group by 1 order by 1
        """,  # noqa: S608 - a text of ours
        {"version": version, "recent": recent},
    ).fetchall()
    for host, recent_count, earlier_count in rows:
        yield host, PageCount(recent_count, earlier_count)


def read_site_rule_counts(
    connection: duckdb.DuckDBPyConnection, version: str, recent: timedelta
) -> dict[str, SiteRuleCount]:
    """Return for each rule of a site what it did on the pages that were judged by this version of the user's rules."""
    rows = connection.execute(
        f"""{_PAGES},
        marks as (
            select page_id, is_recent, unnest(site_rule_lines) as mark from dated
        ),
        cuts as (
            select page_id, is_recent, unnest(removals) as cut from dated
        ),
        signs as (
            -- A body that counts has no line of its own: all of the text is its.
            select page_id, is_recent, mark.rule_id as rule_id,
                mark.line is not null or ends_with(mark.rule_id, '.body') as is_text, mark.is_stopped as is_stopped
            from marks
            union all
            select page_id, is_recent, cut.rule_id, true, false from cuts where starts_with(cut.rule_id, 'site.')
        ),
        per_page as (
            select rule_id, page_id, is_recent,
                bool_or(is_text and not is_stopped) as took, bool_or(is_stopped) as stopped
            from signs group by rule_id, page_id, is_recent
        )
        select
            rule_id,
            count(*) filter (is_recent), count(*) filter (not is_recent),
            count(*) filter (is_recent and took), count(*) filter (not is_recent and took),
            count(*) filter (is_recent and stopped), count(*) filter (not is_recent and stopped)
        from per_page group by rule_id
        """,  # noqa: S608 - a text of ours
        {"version": version, "recent": recent},
    ).fetchall()
    return {row[0]: SiteRuleCount(PageCount(*row[1:3]), PageCount(*row[3:5]), PageCount(*row[5:7])) for row in rows}
