"""Records to rows: totals, texts that UTF-8 cannot hold, and the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warehouse_samples import VERSIONS, make_article, make_page, make_rejected, raw_pages, sha256

from extractors.records import Kind, Metadata, Removal, rebuild_extracted
from warehouse.layout import BatchRef
from warehouse.rows import pages_row, raw_page, raw_row, storable
from warehouse.schema import PAGES_SCHEMA, RAW_SCHEMA

REF = BatchRef(date(2026, 11, 22), "samples-0123456789abcdef")


def through_arrow(cells, schema):
    (row,) = pa.Table.from_pylist([cells], schema=schema).to_pylist()
    return row


@given(raw_pages)
def test_a_raw_page_survives_its_row(page):
    """A page comes back from its row in Arrow as the same value."""
    assert raw_page(through_arrow(raw_row(page), RAW_SCHEMA)) == page


@pytest.mark.parametrize("outcome", [make_article(), make_rejected()], ids=["article", "rejected"])
def test_a_row_has_every_column(outcome):
    """An outcome fills exactly the columns of the schema, and none that must not be null is."""
    row = pages_row(make_page(), outcome, REF, VERSIONS)
    assert set(row.cells) == set(PAGES_SCHEMA.names)
    assert [field.name for field in PAGES_SCHEMA if not field.nullable and row.cells[field.name] is None] == []


def test_an_article_row():
    """An article's row tells its text, its metadata in UTC, its lengths, and where it comes from."""
    cells = through_arrow(pages_row(make_page(), make_article(), REF, VERSIONS).cells, PAGES_SCHEMA)
    assert cells["status"] == "article"
    assert cells["reject_reason"] is None
    assert cells["text"] == "Flour is ground."
    assert (cells["extracted_chars"], cells["kept_chars"]) == (28, 16)
    assert cells["published_at"] == datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
    assert cells["authors"] == ["A. Miller", "B. Baker"]
    assert cells["url"] == "https://www.mill.example/a"
    assert cells["batch_id"] == REF.batch_id
    assert (cells["extractor_version"], cells["rules_version"]) == ("1.0", "r1")


def test_a_rejected_row():
    """A rejection's row has a reason and a detail, and keeps what was found out before, what is left of the text too."""
    rejected = replace(make_rejected(), text="Stub", extracted_chars=4, metadata=Metadata(title="A stub"))
    cells = through_arrow(pages_row(make_page(), rejected, REF, VERSIONS).cells, PAGES_SCHEMA)
    assert (cells["status"], cells["reject_reason"], cells["reject_detail"]) == (
        "rejected",
        "too_short",
        "4 characters",
    )
    assert (cells["title"], cells["text"], cells["text_sha256"]) == ("A stub", "Stub", None)
    assert (cells["extracted_chars"], cells["kept_chars"]) == (4, 4)


def test_lone_surrogates_are_replaced_one_for_one():
    """A text that UTF-8 cannot hold keeps its length, and its hash is that of what is stored."""
    article = make_article("a\udcffb\ud83d\ude00c", cut="cut \ud800. ")
    page = replace(make_page(url="https://mill.example/\udcff"), headers=(("x\udc80", "y\udc81"),))
    cells = through_arrow(pages_row(page, article, REF, VERSIONS).cells, PAGES_SCHEMA)
    assert cells["text"] == "a\ufffdb\ufffd\ufffdc"
    assert cells["text_sha256"] == sha256(cells["text"].encode())
    assert cells["removals"][0]["text"] == "cut \ufffd. "
    assert cells["url"] == "https://mill.example/\ufffd"
    assert raw_page(through_arrow(raw_row(page), RAW_SCHEMA)).headers == (("x\ufffd", "y\ufffd"),)


@given(st.text(st.characters()))
def test_storable_keeps_length_and_encodes(text):
    """Whatever a string holds, its storable form is as long and can be encoded."""
    stored = storable(text)
    assert len(stored) == len(text)
    stored.encode("utf-8")


@pytest.mark.parametrize("outcome", [make_article(), make_rejected()], ids=["article", "rejected"])
def test_a_ledger_that_does_not_add_up_is_refused(outcome):
    """An outcome whose kept and removed characters are not the extracted ones makes no row."""
    with pytest.raises(ValueError, match="ledger does not add up"):
        pages_row(make_page(), replace(outcome, extracted_chars=27), REF, VERSIONS)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (datetime(2026, 1, 2, 3, 4), datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), None),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), None),
    ],
    ids=["no zone", "before year 1", "after year 9999"],
)
def test_odd_dates_do_not_stop_a_row(written, stored):
    """A date without a zone is UTC, and one that UTC cannot hold is absent."""
    article = replace(make_article(), metadata=Metadata(published_at=written))
    assert pages_row(make_page(), article, REF, VERSIONS).cells["published_at"] == stored


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.booleans()), max_size=8))
def test_kept_and_removed_rebuild_the_extracted_text(pieces):
    """However a text is cut, text and removals of the stored row rebuild it to the letter."""
    extracted = "".join(piece for piece, _ in pieces)
    removals, offset = [], 0
    for piece, is_cut in pieces:
        if is_cut:
            removals.append(Removal(offset, piece, Kind.RELATED, "related.more", "leads away", 0.5))
        offset += len(piece)
    kept = "".join(piece for piece, is_cut in pieces if not is_cut)
    article = replace(make_article(kept, cut=""), removals=tuple(reversed(removals)), extracted_chars=len(extracted))
    cells = through_arrow(pages_row(make_page(), article, REF, VERSIONS).cells, PAGES_SCHEMA)
    assert [cut["offset"] for cut in cells["removals"]] == sorted(cut["offset"] for cut in cells["removals"])
    assert rebuild_extracted(cells["text"], tuple(Removal(**cut) for cut in cells["removals"])) == extracted
