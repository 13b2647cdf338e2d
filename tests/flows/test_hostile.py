"""Pages that no reader would wish on a machine, among good ones: a row and a reason each, neighbours whole."""

from __future__ import annotations

import json
import random

import pytest
from flow_samples import html_page

from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from warehouse.catalogue import connect_readonly

# Its fixture is dear: under xdist's loadgroup one process runs them all.
pytestmark = pytest.mark.xdist_group("hostile")

_HEAD = b"<!doctype html><html><head><title>Hostile</title></head><body>"
_TEXT = b"<p>The miller opened the sluice at dawn and the wheel began to turn, slowly at first, then faster.</p>"
# A good page takes a twentieth of a second, the deepest of those that can be saved one: the rest is for a busy machine.
_PAGE_SECONDS = 12


def nested_json(depth):
    return b'{"@type":"Article","headline":"Deep","x":' + b'{"x":' * depth + b"1" + b"}" * depth + b"}"


def hostile_pages():
    """Return the pages by name; what each is to come to stands in EXPECTED."""
    noise = random.Random(20261122).randbytes(60_000)
    sentence = b"The barge came up the river with the grain of three farms aboard. "
    return {
        "20-megabytes.html": _HEAD + _TEXT * (20 * 1024 * 1024 // len(_TEXT)),
        "5000-divs.html": _HEAD + b"<div>" * 5000 + _TEXT * 20 + b"</div>" * 5000,
        "200000-brs.html": _HEAD + b"<p>" + b"wheel<br>" * 200_000 + b"</p>",
        "random-bytes.html": noise,
        "empty.html": b"",
        "blank.html": b" \r\n\t " * 500,
        "one-paragraph.html": _HEAD + b"<p>" + sentence * (10 * 1024 * 1024 // len(sentence)) + b"</p>",
        "unclosed-comment.html": _HEAD + _TEXT + b"<!-- never closed " + _TEXT * 20,
        "many-unclosed.html": _HEAD + b"<!-- " * 20_000 + _TEXT * 20,
        "nul-bytes.html": _HEAD + _TEXT.replace(b"miller", b"miller\0") * 10,
        "50000-rows.html": _HEAD + b"<table>" + b"<tr><td>a</td><td>b</td></tr>" * 50_000 + b"</table>",
        "surrogates.html": _HEAD + b"<p>" + b"\xed\xa0\x80 broken &#xD800; &#xDFFF; " + sentence * 8 + b"</p>",
        "deep-json-ld.html": _HEAD
        + b'<script type="application/ld+json">'
        + nested_json(20_000)
        + b"</script>"
        + _TEXT * 8,
        "100000-links.html": _HEAD + b'<a href="/a">weir</a> ' * 100_000,
        "many-attributes.html": _HEAD + b"<p " + b"".join(b"a%d=1 " % n for n in range(2_000)) + b">" + _TEXT * 8,
        "png.html": b"\x89PNG\r\n\x1a\n" + noise[:1000],
    }


# What a page must come to; None: an article or a rejection, as the library has it, but a row.
EXPECTED = {
    "20-megabytes.html": "too_large",
    "random-bytes.html": "wrong_type",
    "empty.html": "empty",
    "blank.html": "empty",
    "png.html": "wrong_type",
    "5000-divs.html": "article",
    "unclosed-comment.html": "article",
    "nul-bytes.html": "article",
    "surrogates.html": "article",
    "deep-json-ld.html": "article",
    "many-attributes.html": "article",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Ingest the hostile pages in one batch with good ones between them: the rows by file name, and the report."""
    base = tmp_path_factory.mktemp("hostile")
    folder = base / "pages"
    folder.mkdir()
    for number, (name, body) in enumerate(hostile_pages().items()):
        (folder / name).write_bytes(body)
        meta = {"url": f"https://hostile.example/{name}", "fetched_at": "2026-11-22T12:00:00Z"}
        (folder / f"{name}.meta.json").write_text(json.dumps(meta))
        good = folder / f"{name[0]}-good-{number}.html"
        good.write_text(html_page(f"good-{number}"), encoding="utf-8")
        meta = {"url": f"https://good.example/{number}", "fetched_at": "2026-11-22T12:00:00Z"}
        (folder / f"{good.name}.meta.json").write_text(json.dumps(meta))
    parameters = IngestParameters(
        sources=[str(folder)], warehouse=str(base / "data"), workers=2, page_seconds=_PAGE_SECONDS, page_memory_mb=512
    )
    report = ingest_inline(parameters, Counting())
    with connect_readonly(parameters.open_warehouse()) as connection:
        found = connection.execute("select locator, status, reject_reason, reject_detail, text from page_versions")
        return {name: rest for name, *rest in found.fetchall()}, report


def test_every_page_has_its_row(rows):
    """The run ends, and pages in are rows out."""
    found, report = rows
    assert report.problems == []
    assert len(found) == report.page_count == 2 * len(hostile_pages())
    assert report.page_count == report.article_count + report.rejected_count


@pytest.mark.parametrize("name", list(hostile_pages()))
def test_each_hostile_page_has_a_reason(rows, name):
    """What is no article says why; what can be saved is saved."""
    status, reason, detail, _ = rows[0][name]
    assert status == "article" or detail
    if name in EXPECTED:
        assert (reason or status) == EXPECTED[name], detail


def test_neighbours_are_whole(rows):
    """The good pages are articles with all of their paragraphs."""
    good = {name: row for name, row in rows[0].items() if "-good-" in name}
    assert len(good) == len(hostile_pages())
    for status, _, _, text in good.values():
        assert status == "article"
        assert text.count("\n") >= 3


def test_rescued_text_is_there(rows):
    """A page that deep nesting or a comment hides from the first extractor comes with its text, not with a stub."""
    for name in ("5000-divs.html", "unclosed-comment.html"):
        assert rows[0][name][3].count("opened the sluice at dawn") >= 20
