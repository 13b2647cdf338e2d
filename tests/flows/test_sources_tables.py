"""Parquet and JSON tables as streams of pages: rows in, pages out."""

from __future__ import annotations

import gzip
import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.records import Hints, RawPage, RejectReason
from flows.sources.columns import DEFAULTS, EITHER
from flows.sources.options import ColumnNames, SourceError, SourceOptions, SourceProblem
from flows.sources.read import read_source

PAGE = "<html><body><p>High water at six.</p></body></html>"
FILE_TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read(path, **options) -> list[RawPage | SourceProblem]:
    os.utime(path, (FILE_TIME.timestamp(), FILE_TIME.timestamp()))
    return list(read_source(str(path), SourceOptions(**options)))


def read_parquet(tmp_path, table: pa.Table | list[dict], **options) -> list[RawPage | SourceProblem]:
    table = table if isinstance(table, pa.Table) else pa.Table.from_pylist(table)
    pq.write_table(table, tmp_path / "pages.parquet")
    return read(tmp_path / "pages.parquet", **options)


def read_lines(tmp_path, *lines: object, **options) -> list[RawPage | SourceProblem]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (tmp_path / "pages.jsonl").write_text(text)
    return read(tmp_path / "pages.jsonl", **options)


KNOWN = {
    "trafilatura": (
        {
            "title": "Tides", "author": "A. Ferrywoman; B. Lock", "hostname": "harbour.example", "date": "2026-03-04",
            "categories": "Sea;Ships", "tags": "tide, ferry", "fingerprint": "0", "id": None, "license": "CC-BY",
            "comments": "First!", "raw_text": "High water.", "text": "High water at six.", "language": "en",
            "image": "https://harbour.example/i.jpg", "pagetype": "article", "source": "https://harbour.example/a",
            "source-hostname": "Harbour News", "excerpt": "When to sail.",
        },
        "https://harbour.example/a", FILE_TIME,
        Hints(
            title="Tides", authors=("A. Ferrywoman", "B. Lock"), published_raw="2026-03-04", description="When to sail.",
            sitename="Harbour News", language="en", image_url="https://harbour.example/i.jpg", license="CC-BY",
            categories=("Sea", "Ships"), tags=("tide", "ferry"),
        ),
    ),
    "datatrove": (
        {
            "text": "High water at six.", "id": "1",
            "metadata": {"url": "https://harbour.example/a", "date": "2026-03-04T05:06:07Z", "language": "en"},
        },
        "https://harbour.example/a", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), Hints(language="en"),
    ),
    "Common Crawl tables": (
        {
            "text": "High water at six.", "id": "1", "dump": "CC-2026-10", "url": "https://harbour.example/a",
            "date": "2026-03-04T05:06:07Z",
        },
        "https://harbour.example/a", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), Hints(),
    ),
    "news-please": (
        {
            "authors": ["A. Ferrywoman"], "date_download": "2026-03-04 05:06:07+00:00", "date_modify": None,
            "date_publish": "2026-03-03 10:00:00", "description": "When to sail.", "filename": "a.json",
            "image_url": None, "language": "en", "source_domain": "harbour.example", "title": "Tides",
            "maintext": "High water at six.", "url": "https://harbour.example/a",
        },
        "https://harbour.example/a", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        Hints(
            title="Tides", authors=("A. Ferrywoman",), published_raw="2026-03-03 10:00:00", description="When to sail.",
            language="en",
        ),
    ),
    "cc_news": (
        {
            "title": "Tides", "text": "High water at six.", "domain": "harbour.example", "date": "2026-03-03 10:00:00",
            "description": "", "url": "https://harbour.example/a", "image_url": "",
        },
        "https://harbour.example/a", FILE_TIME, Hints(title="Tides", published_raw="2026-03-03 10:00:00"),
    ),
    "fundus": (
        {
            "title": "Tides", "authors": ["A. Ferrywoman"], "publishing_date": "2026-03-03T10:00:00+01:00",
            "topics": ["Sea"], "plaintext": "High water at six.",
            "html": {"requested_url": "https://harbour.example/r", "crawl_date": "2026-03-04T05:06:07+00:00"},
        },
        "https://harbour.example/r", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        Hints(title="Tides", authors=("A. Ferrywoman",), published_raw="2026-03-03T10:00:00+01:00", tags=("Sea",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "form", [read_parquet, lambda tmp_path, rows: read_lines(tmp_path, *rows)], ids=["parquet", "json"]
)
@pytest.mark.parametrize("name", KNOWN)
def test_known_tables_need_no_options(tmp_path, form, name):
    """The tables of common tools are read with their addresses, times and metadata."""
    row, url, fetched_at, hints = KNOWN[name]
    (page,) = form(tmp_path, [row])
    assert (page.body, page.media_type, page.http_charset) == (b"High water at six.", "text/plain", "utf-8")
    assert (page.url, page.fetched_at, page.hints) == (url, fetched_at, hints)


def test_html_wins_over_text_unless_text_is_named(tmp_path):
    """With both columns there HTML is taken, as stored; an option takes the text instead."""
    rows = [{"page_id": "1", "html": PAGE.encode("latin-1"), "text": "Gold.", "title": "Tides"}]
    (page,) = read_parquet(tmp_path, rows)
    assert (page.body, page.media_type, page.http_charset) == (PAGE.encode(), "text/html", None)
    (page,) = read_parquet(tmp_path, rows, columns=ColumnNames(text="text"))
    assert (page.body, page.media_type, page.hints.title) == (b"Gold.", "text/plain", "Tides")


@pytest.mark.parametrize(
    ("row", "media_type", "body"),
    [
        ({"content": PAGE}, "text/html", PAGE),
        ({"content": "Words."}, "text/plain", "Words."),
        ({"content": PAGE, "text": "Words."}, "text/html", PAGE),
        ({"content": "Other.", "text": "Words."}, "text/plain", "Words."),
        ({"text": PAGE}, "text/html", PAGE),
        ({"html": None, "text": "Words."}, "text/plain", "Words."),
        ({"HTML": PAGE}, "text/html", PAGE),
        ({"html": {"content": PAGE}}, "text/html", PAGE),
        ({"html": None}, None, ""),
        ({"text": ""}, None, ""),
    ],
)
def test_the_value_decides_where_the_name_does_not(tmp_path, row, media_type, body):
    """A column that may hold either is looked at; a row without content is still a page."""
    (page,) = read_lines(tmp_path, row)
    assert (page.media_type, page.body.decode()) == (media_type, body)


def test_columns_are_named_by_options(tmp_path):
    """Any column can be named, also one inside another, and is then believed."""
    names = ColumnNames(html="doc.raw", url="where", fetched_at="seen", title="t", authors="w", tags="k")
    row = {
        "doc": {"raw": "just words"},
        "where": "urn:x",
        "seen": 1_772_600_000_000,
        "t": "T",
        "w": "X",
        "k": ["a"],
        "title": "no",
    }
    for form in (
        lambda: read_parquet(tmp_path, [row], columns=names),
        lambda: read_lines(tmp_path, row, columns=names),
    ):
        (page,) = form()
        assert (page.body, page.media_type, page.url) == (b"just words", "text/html", "urn:x")
        assert page.fetched_at == datetime.fromtimestamp(1_772_600_000, UTC)
        assert (page.hints.title, page.hints.authors, page.hints.tags) == ("T", ("X",), ("a",))


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-04T05:06:07Z",
        "2026-03-04 05:06:07",
        "20260304050607",
        "Wed, 04 Mar 2026 06:06:07 +0100",
        1_772_600_767,
        "1",
    ],
)
def test_fetch_times_are_read_as_written(tmp_path, value):
    """A crawl date in any usual form is taken; one that says nothing leaves the file's time."""
    (page,) = read_lines(tmp_path, {"text": "a", "crawl_date": value})
    assert page.fetched_at == (FILE_TIME if value == "1" else datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))


def test_rows_in_are_pages_out(tmp_path):
    """Every row of every row group is a page, in order, with its number, whatever is null in it."""
    rows = [
        {"html": None if n % 7 == 0 else f"{PAGE}{n}", "url": None if n % 5 == 0 else f"https://e.example/{n}"}
        for n in range(250)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pages.parquet", row_group_size=60)
    pages = read(tmp_path / "pages.parquet")
    assert [p.locator for p in pages] == [f"pages.parquet#row={n}" for n in range(250)]
    assert [p.body.decode() or None for p in pages] == [row["html"] for row in rows]
    assert [p.url for p in pages] == [row["url"] for row in rows]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (pa.timestamp("ns"), 1_772_600_767_123_456_789, "2026-03-04T05:06:07.123456"),
        (pa.timestamp("s", "Europe/Berlin"), 1_772_600_767, "2026-03-04T06:06:07+01:00"),
        (pa.date32(), date(2026, 3, 4), "2026-03-04"),
        (pa.large_string(), "4 March", "4 March"),
        (pa.timestamp("us"), 2**62, None),
        (pa.list_(pa.string()), ["x"], None),
    ],
)
def test_dates_of_any_type_are_kept_as_written(tmp_path, kind, value, expected):
    """A timestamp becomes ISO 8601, a text stays, and what Python cannot hold costs no page."""
    table = pa.table({"text": ["a"], "published": pa.array([value], kind)})
    (page,) = read_parquet(tmp_path, table)
    assert page.hints.published_raw == expected


def test_strings_that_are_no_utf8_are_kept_as_bytes(tmp_path):
    """A string column with other bytes in it, as careless writers make them, keeps the bytes."""
    data = pa.array([b"<html>caf\xe9", b"<html>tea"], pa.binary()).view(pa.string())
    pages = read_parquet(tmp_path, pa.table({"html": data}))
    assert [p.body for p in pages] == [b"<html>caf\xe9", b"<html>tea"]


def test_a_table_without_content_is_an_error_or_a_problem(tmp_path):
    """Alone it is an error that says what to do; in a folder a problem beside the other files."""
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "t.parquet")
    with pytest.raises(SourceError, match=r"no column of HTML or text.*--column html=NAME.*it has a, b"):
        read(tmp_path / "t.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    items = read(tmp_path)
    assert [i.locator for i in items if isinstance(i, SourceProblem)] == ["broken.parquet", "t.parquet"]
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' * 30)
    with pytest.raises(SourceError, match="no JSON object with HTML or text"):
        read(tmp_path / "t.jsonl")


def test_a_damaged_row_group_costs_itself_alone(tmp_path):
    """Rows of the other row groups are read with their own numbers."""
    path = tmp_path / "pages.parquet"
    table = pa.table({"text": [os.urandom(400).hex() for _ in range(30)]})
    pq.write_table(table, path, row_group_size=10, use_dictionary=False, compression="zstd")
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    middle = column.data_page_offset + column.total_compressed_size // 2
    data[column.data_page_offset : middle] = b"\xff" * (middle - column.data_page_offset)
    path.write_bytes(data)
    items = read(path)
    assert [i.locator for i in items if isinstance(i, SourceProblem)] == ["pages.parquet#row=10"]
    assert [i.locator[18:] for i in items if isinstance(i, RawPage)] == [str(n) for n in (*range(10), *range(20, 30))]


@pytest.mark.parametrize("bad", ["{broken}", '"words"', "[1]", '{"a": ' * 50_000, "{" + '"a":' + "9" * 5000 + "}"])
def test_a_bad_line_costs_itself_alone(tmp_path, bad):
    """A line that is no object is reported by its number and the others are read; blank lines are nothing."""
    for lines in ((bad, {"text": "a"}, "", {"text": "b"}), ({"text": "a"}, bad, {"text": "b"})):
        items = read_lines(tmp_path, *lines)
        assert [i.body for i in items if isinstance(i, RawPage)] == [b"a", b"b"]
        (problem,) = [i for i in items if isinstance(i, SourceProblem)]
        assert problem.locator == f"pages.jsonl#line={lines.index(bad) + 1}"


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        ('{"text": "a"}', ["a"]),
        ('{\n  "text": "a",\n  "metadata": {\n    "url": "x"\n  }\n}\n', ["a"]),
        ('[{"text": "a"}, {"text": "b"}]', ["a", "b"]),
        ('\ufeff[\n {"text": "a"},\n {"text": "b"}\n]\n', ["a", "b"]),
        ('{"text": "a"}{"text": "b"}', ["a", "b"]),
        (
            json.dumps([{"text": "x" * 70_000 + str(n)} for n in range(9)], indent=1),
            ["x" * 70_000 + str(n) for n in range(9)],
        ),
    ],
)
def test_a_json_document_is_a_table_too(tmp_path, text, bodies):
    """One object, several, or an array of them, however they are laid out."""
    (tmp_path / "pages.json").write_text(text)
    assert [p.body.decode() for p in read(tmp_path / "pages.json")] == bodies


def test_a_json_document_that_breaks_off_keeps_what_came(tmp_path):
    """Elements before the break are pages, the break is reported."""
    (tmp_path / "pages.json").write_text('[{"text": "a"},\n 7, {"text": "b"},\n {"text": "c')
    items = read(tmp_path / "pages.json")
    assert [i.body for i in items if isinstance(i, RawPage)] == [b"a", b"b"]
    assert [i.locator for i in items if isinstance(i, SourceProblem)] == ["pages.json#record=2", "pages.json#record=4"]


def test_compressed_lines_are_read_and_a_cut_reported(tmp_path):
    """A gzip file of lines gives the whole lines before its cut, and the cut."""
    data = gzip.compress(b"".join(b'{"text": "%d %s"}\n' % (n, os.urandom(20).hex().encode()) for n in range(400)))
    (tmp_path / "pages.jsonl.gz").write_bytes(data)
    assert len(read(tmp_path / "pages.jsonl.gz")) == 400
    (tmp_path / "pages.jsonl.gz").write_bytes(data[: len(data) // 2])
    *pages, problem = read(tmp_path / "pages.jsonl.gz")
    assert [p.body.split()[0] for p in pages] == [b"%d" % n for n in range(len(pages))]
    assert len(pages) > 100
    assert "the file ends" in problem.message


def test_content_beyond_the_limit_is_cut(tmp_path):
    """A long value is cut and marked; a line far longer than any allowed value is reported."""
    lines = [{"text": "x" * 2000}, {"text": "y" * 1_200_000}, {"text": "z"}]
    items = read_lines(tmp_path, *lines, max_body_bytes=1000)
    assert [(len(i.body), i.defect) for i in items if isinstance(i, RawPage)] == [
        (1000, RejectReason.TOO_LARGE),
        (1, None),
    ]
    assert [i.locator for i in items if isinstance(i, SourceProblem)] == ["pages.jsonl#line=2"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=[])), min_size=1, max_size=8), st.booleans())
def test_any_strings_survive_json(tmp_path, texts, escaped):
    """Lines of arbitrary strings, lone surrogates among them, come out as bodies of the same words."""
    lines = [json.dumps({"text": text, "title": text}, ensure_ascii=escaped) for text in texts]
    (tmp_path / "pages.jsonl").write_bytes("\n".join(lines).encode("utf-8", "replace"))
    pages = read(tmp_path / "pages.jsonl", columns=ColumnNames(text="text"))
    assert [p.body for p in pages] == [text.encode("utf-8", "replace") for text in texts]
    assert [p.hints.title for p in pages] == [
        text.encode("utf-8", "replace").decode().strip() or None for text in texts
    ]


def test_the_documentation_lists_every_default_column():
    """The table of docs/sources.md is the table of the code, in the same order."""
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    documented = {
        row[1]: tuple(re.findall(r"`([^`]+)`", row[2]))
        for row in re.finditer(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    }
    assert {field: documented.get(field) for field in DEFAULTS} == DEFAULTS
    assert documented["either"] == EITHER
