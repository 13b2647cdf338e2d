"""The sample pages, run through the whole of `gristmill ingest --inline`: what a careful reader expects of each."""

import json
import tomllib
from pathlib import Path

import pytest

from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from warehouse.catalogue import connect_readonly

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds"
EXPECTED = tomllib.loads((SEEDS / "expected.toml").read_text(encoding="utf-8"))["page"]


def _squeeze(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Ingest all samples once, and return their rows by URL and by file name."""
    root = tmp_path_factory.mktemp("samples") / "data"
    sources = [str(SEEDS / name) for name in ("pages", "dumps", "sample.warc.gz")]
    report = ingest_inline(IngestParameters(sources=sources, warehouse=str(root), workers=2), Counting())
    assert not report.problems
    with connect_readonly(IngestParameters(sources=sources, warehouse=str(root)).open_warehouse()) as connection:
        found = connection.execute("select * from page_versions").fetchall()
        names = [column[0] for column in connection.description]
    table = [dict(zip(names, row, strict=True)) for row in found]
    by_key = {row["url"]: row for row in table if row["url"]}
    by_key.update({f"{row['source']}/{row['locator']}": row for row in table})
    return by_key


def _row(rows, expected):
    """Return the row of a sample; what came through the archive is known by its sidecar's URL."""
    if expected["file"] in rows:
        return rows[expected["file"]]
    sidecar = json.loads((SEEDS / f"{expected['file']}.meta.json").read_text(encoding="utf-8"))
    return rows[sidecar["url"]]


# What is known to fall short, and why. Strict: a page that gets better must leave this list.
SHORT_OF_KEEPS = {
    "pages/press-release-tram-cells.html": "the extractor drops a list of facts",
}
SHORT_OF_CUTS = {
    "pages/press-release-tram-cells.html": "a name above a press contact shows nothing by itself",
    "pages/obituary-oldstyle.html": "a table layout without paragraphs comes out as one line",
    "pages/pl-grzyb-rekord.html": "a table layout without paragraphs comes out as one line",
    "pages/chess-final-glued.html": "a plain paragraph at the top of the appeal reads like reporting",
    "pages/pt-br-biblioteca-barco.html": "a reader's comment that the extractor takes for text",
    "make_archive/apple-press.html": "a site's own box without tell-tale words: to be learned by repetition",
    "make_archive/school-clock.html": "as above",
    "make_archive/weir-eels.html": "as above",
}


def _params(pages, short):
    return [
        pytest.param(
            page,
            id=page["file"],
            marks=[pytest.mark.xfail(reason=short[page["file"]], strict=True)] if page["file"] in short else [],
        )
        for page in pages
    ]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda page: page["file"])
def test_status(rows, expected):
    """Each page is an article or a rejection, with the reason where one is certain."""
    row = _row(rows, expected)
    assert row["status"] == expected["status"], (row["reject_reason"], row["reject_detail"])
    if "reject_reason" in expected:
        assert row["reject_reason"] == expected["reject_reason"]


ARTICLES = [page for page in EXPECTED if page["status"] == "article"]


@pytest.mark.parametrize("expected", _params(ARTICLES, SHORT_OF_KEEPS))
def test_keeps(rows, expected):
    """Every sentence of the article is there to the letter."""
    text = _squeeze(_row(rows, expected)["text"] or "")
    assert [phrase for phrase in expected["keeps"] if _squeeze(phrase) not in text] == []


@pytest.mark.parametrize("expected", _params(ARTICLES, SHORT_OF_CUTS))
def test_cuts(rows, expected):
    """None of the furniture is left."""
    text = _squeeze(_row(rows, expected)["text"] or "")
    assert [phrase for phrase in expected.get("cuts", []) if _squeeze(phrase) in text] == []


@pytest.mark.parametrize("expected", ARTICLES, ids=lambda page: page["file"])
def test_metadata(rows, expected):
    """Title, language, date and paywall are what the page says."""
    row = _row(rows, expected)
    assert _squeeze(row["title"]) == _squeeze(expected["title"])
    for field in ("language", "is_paywalled"):
        if field in expected:
            assert row[field] == expected[field], field
    if "published_at" in expected:
        assert row["published_at"] is not None
        stated = str(expected["published_at"])
        assert row["published_at"].isoformat().replace("+00:00", "Z").startswith(stated.removesuffix("Z"))
