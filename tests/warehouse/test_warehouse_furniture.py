"""Furniture on disk, the view of it, staleness by site, and the articles that it is learned from."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from warehouse_samples import NOON, VERSIONS, land, make_article, make_page, make_rejected, snapshot

from extractors.records import FurnitureBlock, rebuild_extracted
from warehouse import site_texts
from warehouse.batches import PagesState, furniture_version_of, pages_state
from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.errors import WarehouseError
from warehouse.files import read_footer
from warehouse.furniture import StoredFurniture, read_furniture, version_file, write_furniture
from warehouse.layout import Warehouse
from warehouse.schema import FURNITURE_SCHEMA
from warehouse.site_texts import read_site_articles

LEARNED_AT = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
BLOCK = FurnitureBlock(
    site="mill.example", block_id="0123456789abcdef", group_count=5, site_group_count=7, page_count=6,
    is_edge_bound=True, first_seen_date=date(2026, 11, 1), last_seen_date=date(2026, 11, 9), sample="Ground here since the flood",
)  # fmt: skip


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "data")


def test_columns_are_the_fields_of_a_block():
    """Every field of a learned block is a column, in the same order."""
    assert FURNITURE_SCHEMA.names == [field.name for field in fields(FurnitureBlock)]


def test_what_is_written_is_read_and_every_version_stays(warehouse):
    """The last version written is in force; the ones before lie beside it, to the byte."""
    assert read_furniture(warehouse) == StoredFurniture()
    other = replace(BLOCK, site="alpha.example", is_vetoed=True)
    write_furniture(warehouse, "v1", [BLOCK, other], LEARNED_AT)
    assert read_furniture(warehouse) == StoredFurniture("v1", LEARNED_AT, (other, BLOCK))
    before = version_file(warehouse, "v1").read_bytes()
    write_furniture(warehouse, "v2", [], LEARNED_AT + timedelta(days=1))
    assert read_furniture(warehouse) == StoredFurniture("v2", LEARNED_AT + timedelta(days=1), ())
    assert version_file(warehouse, "v1").read_bytes() == before
    assert set(snapshot(warehouse.furniture)) == {"v1.parquet", "v2.parquet", "current.parquet"}


def test_a_broken_file_is_an_error(warehouse):
    """Furniture that cannot be read is never taken for none: pages would come out otherwise."""
    write_furniture(warehouse, "v1", [BLOCK], LEARNED_AT)
    warehouse.current_furniture_file.write_bytes(b"PAR1 half a file")
    with pytest.raises(WarehouseError, match="damaged"):
        read_furniture(warehouse)


def test_the_view_shows_what_is_in_force(warehouse):
    """The view is empty before anything is learned, and follows each version without a refresh."""
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        assert connection.execute("from furniture").fetchall() == []
    assert read_furniture(warehouse) == StoredFurniture()
    write_furniture(warehouse, "v1", [BLOCK], LEARNED_AT)
    assert not refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        rows = connection.execute("select site, rule_id, round(share, 2), is_vetoed, sample from furniture").fetchall()
    assert rows == [("mill.example", "furniture.01234567", 0.71, False, BLOCK.sample)]


def test_a_batch_is_stale_for_its_own_sites_only(warehouse):
    """What is learned of a site makes the batches stale that hold a page of it, and no other."""
    mine = land(warehouse, [(make_page(1), make_article())], label="mine")
    other = land(
        warehouse, [(make_page(2, url="https://zeta.example/2"), make_article(site="zeta.example"))], label="other"
    )
    learned = {"mill.example": "f1"}
    assert pages_state(warehouse, mine, VERSIONS, learned) is PagesState.STALE
    assert pages_state(warehouse, other, VERSIONS, learned) is PagesState.CURRENT
    versions = replace(VERSIONS, furniture_version="f1")
    land(warehouse, [(make_page(1), make_article())], label="mine", versions=versions)
    assert pages_state(warehouse, mine, VERSIONS, learned) is PagesState.CURRENT
    assert pages_state(warehouse, mine, VERSIONS, learned | {"zeta.example": "f9"}) is PagesState.CURRENT
    assert pages_state(warehouse, mine, VERSIONS, {"mill.example": "f2"}) is PagesState.STALE
    assert pages_state(warehouse, mine, VERSIONS, {}) is PagesState.STALE, "vetoed again"


def test_the_footer_lists_the_sites(warehouse):
    """The sites of a batch, rejections included, and one version for all that was learned of them."""
    judged = [
        (make_page(1), make_article()),
        (make_page(2, url="https://zeta.example/2"), make_rejected(site="zeta.example")),
        (make_page(3, url=None), make_article(site=None)),
    ]
    footer = read_footer(warehouse.pages_file(land(warehouse, judged)))
    assert json.loads(footer["sites"]) == ["mill.example", "zeta.example"]
    assert footer["furniture_version"] == ""
    assert furniture_version_of(["b", "a", "c"], {"a": "1", "b": "2"}) == furniture_version_of(
        "ab", {"b": "2", "a": "1"}
    )
    assert furniture_version_of("a", {"b": "1"}) == furniture_version_of([], {"b": "1"}) == ""


def learnable(warehouse, **limits):
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        return dict(read_site_articles(connection, **limits))


def test_articles_come_by_site_with_their_ledger(warehouse):
    """Each site comes with its newest captures, whose extracted text can be rebuilt; rejections and siteless pages do not."""
    old = make_page(1, at=NOON - timedelta(days=2), body=b"old")
    land(warehouse, [(old, make_article("Old flour."))], label="old")
    land(
        warehouse,
        [
            (make_page(2, body=b"new"), make_article("New flour.")),
            (make_page(3, url="https://www.mill.example/b"), make_article("More flour.", cut="")),
            (make_page(4, url="https://www.mill.example/c"), make_rejected()),
            (make_page(5, url=None), make_article(site=None)),
            (make_page(6, url="https://zeta.example/2"), make_article(site="zeta.example")),
        ],
    )
    found = learnable(warehouse, least=1)
    assert set(found) == {"mill.example", "zeta.example"}
    rebuilt = {rebuild_extracted(page.text, page.removals) for page in found["mill.example"]}
    assert rebuilt == {"Donate now. New flour.", "More flour."}
    assert {page.fetch_date for page in found["mill.example"]} == {NOON.date()}
    assert set(learnable(warehouse, least=2)) == {"mill.example"}
    assert set(learnable(warehouse, site="zeta.example")) == {"zeta.example"}
    assert learnable(warehouse, since=NOON.date() + timedelta(days=1)) == {}


def test_a_site_gives_its_newest_pages_and_sites_come_in_portions(warehouse, monkeypatch):
    """A large site gives the newest of its articles, and no more sites are read at a time than the memory is for."""
    for day in range(4):
        pages = [
            (make_page(day, url=f"https://{name}.example/{day}", at=NOON - timedelta(days=day)), make_article(f"{name} {day}", site=f"{name}.example"))
            for name in ("alpha", "zeta")
        ]  # fmt: skip
        land(warehouse, pages, label=f"day {day}")
    whole = learnable(warehouse)
    assert [len(pages) for pages in whole.values()] == [4, 4]
    monkeypatch.setattr(site_texts, "_CHARS_AT_ONCE", 1)
    assert learnable(warehouse) == whole
    assert list(site_texts._portions([("a", 1, 5), ("b", 1, 5)])) == [["a"], ["b"]]
    monkeypatch.setattr(site_texts, "_TEXTS", site_texts._TEXTS.replace(f"<= {site_texts.MOST_PAGES}", "<= 2"))
    assert {page.text for page in learnable(warehouse)["alpha.example"]} == {"alpha 0", "alpha 1"}
