"""What the views show: newest captures, rejections, cuts, sites, and where filters reach."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest
from warehouse_samples import NOON, land, make_article, make_page, make_rejected

from extractors.records import Metadata, RejectReason, Versions
from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.layout import Warehouse

A, B, C = (f"https://www.mill.example/{name}" for name in "abc")
DAY = timedelta(days=1)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path)


def ask(warehouse, sql):
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        return connection.execute(sql).fetchall()


def land_days(warehouse, *days):
    """Land one batch a day, from pairs of a page's URL and what was made of it."""
    for number, judged in enumerate(days):
        pages = [
            make_page(i, url=url, at=NOON + number * DAY, body=bytes([number, i])) for i, (url, _) in enumerate(judged)
        ]
        land(warehouse, list(zip(pages, (outcome for _, outcome in judged), strict=True)))


def test_articles_are_the_newest_of_each_page(warehouse):
    """Of several articles of one URL the newest is shown; the others stay in page_versions."""
    land_days(warehouse, [(A, make_article("old")), (B, make_article("b"))], [(A, make_article("new"))])
    assert ask(warehouse, "select url, text from articles order by url") == [(A, "new"), (B, "b")]
    assert ask(warehouse, "select url, text from page_versions order by all") == [(A, "new"), (A, "old"), (B, "b")]


def test_ties_are_broken_by_page_id(warehouse):
    """Two captures of one URL at one time: the greater page_id wins, so that the answer never changes."""
    pages = [make_page(i, body=bytes([i])) for i in range(6)]
    land(warehouse, [(page, make_article(page.page_id)) for page in pages])
    assert ask(warehouse, "select page_id, text from articles") == [(max(page.page_id for page in pages),) * 2]


def test_pages_without_a_url_are_known_by_their_id(warehouse):
    """Pages without a URL do not crowd each other out."""
    land_days(warehouse, [(None, make_article("one")), (None, make_article("two"))], [(None, make_article("three"))])
    assert ask(warehouse, "select text from articles order by text") == [("one",), ("three",), ("two",)]


def test_a_rejection_does_not_take_the_article_away(warehouse):
    """A page with an article and a newer rejection is in both views; with a newer article it is in articles only."""
    gone = make_rejected(reason=RejectReason.HTTP_ERROR)
    land_days(warehouse, [(A, make_article("a")), (B, make_rejected()), (C, gone)], [(A, gone), (B, make_article("b"))])
    assert ask(warehouse, "select url, text from articles order by url") == [(A, "a"), (B, "b")]
    assert ask(warehouse, "select url, reject_reason from rejections order by url") == [
        (A, "http_error"),
        (C, "http_error"),
    ]


def test_a_row_in_two_files_counts_once(warehouse):
    """While files are merged a row may be in two of them: every view but page_rows shows it once."""
    ref = land(warehouse, [(make_page(1), make_article()), (make_page(2, url=B), make_rejected())])
    shutil.copy(warehouse.pages_file(ref), warehouse.pages_file(ref).with_name("zzz-0123456789abcdef.parquet"))
    counts = {
        view: ask(warehouse, f"select count(*) from {view}")[0][0]
        for view in ("page_rows", "page_versions", "articles", "rejections", "removals")
    }
    assert counts == {"page_rows": 4, "page_versions": 2, "articles": 1, "rejections": 1, "removals": 1}
    assert ask(warehouse, "select page_count, article_count, rejected_count from sites") == [(2, 1, 1)]


def test_a_page_of_two_batches_counts_once(warehouse):
    """The same capture ingested in two different batches is one page."""
    page, other = make_page(1), make_page(2, url=B)
    land(warehouse, [(page, make_article())])
    land(warehouse, [(page, make_article()), (other, make_article())], versions=Versions("1.0", "r2"))
    assert ask(warehouse, "select count(*) from page_versions") == [(2,)]


def test_removals_are_one_row_a_span(warehouse):
    """The cuts of the articles and rejections shown, in order, with their lengths; those of older captures are not."""
    plea = make_article().removals
    only_plea = replace(make_rejected(reason=RejectReason.ONLY_BOILERPLATE), removals=plea, extracted_chars=12)
    land_days(warehouse, [(A, make_article(cut="Old plea. "))], [(A, make_article(cut="New plea. ")), (B, only_plea)])
    sql = 'select url, status, removal_index, "offset", kind, rule_id, reason, confidence, text, removed_chars from removals'
    common = ("donation", "donation.plea", "asks for money", 0.9)
    assert ask(warehouse, f"{sql} order by url") == [
        (A, "article", 1, 0, *common, "New plea. ", 10),
        (B, "rejected", 1, 0, *common, "Donate now. ", 12),
    ]


def test_sites(warehouse):
    """A site's row counts its pages by their newest capture and measures its articles."""
    bare = replace(make_article("x" * 30, cut="y" * 10), metadata=Metadata())
    land_days(
        warehouse, [(A, make_rejected()), (B, make_article("x" * 10, cut="y" * 10))], [(A, bare), (C, make_rejected())]
    )
    land(warehouse, [(make_page(9, url=None), make_article("z", cut="", site=None))])
    rows = ask(warehouse, "from sites order by site nulls last")
    assert rows[0] == (
        *("mill.example", 3, 2, 1, 2 / 3),
        *(20.0, pytest.approx(20 / 60), 1, 1),
        *(NOON, NOON + DAY),
    )
    assert rows[1][:7] == (None, 1, 1, 0, 1.0, 1.0, 0.0)


def test_a_site_without_articles_has_no_measures(warehouse):
    """Where nothing was kept there is no length and no share, and no division by zero."""
    land_days(warehouse, [(A, make_rejected())])
    assert ask(warehouse, "select yield, median_kept_chars, share_removed from sites") == [(0.0, None, None)]


def test_batches(warehouse):
    """Each batch has a row with its versions and counts."""
    land_days(warehouse, [(A, make_article()), (B, make_rejected())])
    sql = "select fetch_date, extractor_version, rules_version, page_count, article_count, rejected_count from batches"
    assert ask(warehouse, sql) == [(date(2026, 11, 22), "1.0", "r1", 2, 1, 1)]


@pytest.mark.parametrize("view", ["page_versions", "articles", "rejections"])
def test_a_url_reaches_the_scans(warehouse, view):
    """A filter on the URL is a filter of the scan that chooses, and a join filter of the scan that reads."""
    land_days(warehouse, [(A, make_article())])
    plan = ask(warehouse, f"explain (format json) select text from {view} where url = '{A}'")[0][1]
    assert plan.count('"Function": "READ_PARQUET"') == 2
    assert f"url = '{A}'" in plan


@pytest.mark.parametrize("view", ["page_versions", "articles", "rejections"])
def test_a_date_prunes_files(warehouse, view):
    """A filter on the partition keeps the scan that reads the texts to the files of that day."""
    land_days(warehouse, [(A, make_article())], [(B, make_article())])
    plan = ask(warehouse, f"explain select text from {view} where fetch_date = date '2026-11-23'")[0][1]
    assert re.search(r"Scanning Files:\s+1/3", plan)
    assert "union_by_name" not in plan


def test_newest_is_chosen_before_filters(warehouse):
    """Asking articles for the day of an older capture does not bring the older capture back."""
    land_days(warehouse, [(A, make_article("old"))], [(A, make_article("new"))])
    assert ask(warehouse, "select text from articles where fetch_date = date '2026-11-22'") == []
