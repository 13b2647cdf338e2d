"""Files, folders and globs: which files are read, in what order, as what, under which name."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime

import pytest

from extractors.records import RawPage, RejectReason
from flows.sources.html_head import parse_declared_url
from flows.sources.options import SourceError, SourceOptions, SourceProblem
from flows.sources.read import FileKind, detect_kind, read_source

PAGE = b"<!doctype html><html><head><title>Tide tables</title></head><body><p>High water at six.</p></body></html>"


def read(spec, **options) -> list[RawPage | SourceProblem]:
    return list(read_source(str(spec), SourceOptions(**options)))


def page_of(path, **options) -> RawPage:
    (item,) = read(path, **options)
    assert isinstance(item, RawPage)
    return item


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "harbour"
    (root / "b").mkdir(parents=True)
    for name, data in {
        "b/two.html": PAGE,
        "b.html": PAGE + b"<!-- b -->",
        "a.txt": b"Tide tables\nHigh water at six.\n",
        "empty.html": b"",
        "noise.html": bytes(range(256)) * 4,
        ".hidden.html": PAGE,
        "story.html.gz": gzip.compress(PAGE),
        "story.html.gz.meta.json": b'{"url": "https://harbour.example/story"}',
        "package.json": b'{"name": "tides", "version": "1"}',
        "rows.data": b'{"text": "One.", "url": "https://harbour.example/1"}\n{"text": "Two."}\n',
    }.items():
        (root / name).write_bytes(data)
    (root / ".git").mkdir()
    (root / ".git" / "page.html").write_bytes(PAGE)
    return root


def test_a_mixed_folder_is_read_whole_and_in_order(folder):
    """Every regular file that is not hidden gives its pages, sorted by path, whatever it is."""
    items = read(folder)
    assert [(i.locator, i.media_type) for i in items] == [
        ("a.txt", "text/plain"),
        ("b.html", "text/html"),
        ("b/two.html", "text/html"),
        ("empty.html", None),
        ("noise.html", None),
        ("package.json", "application/json"),
        ("rows.data#line=1", "text/plain"),
        ("rows.data#line=2", "text/plain"),
        ("story.html.gz", "text/html"),
    ]
    assert {i.source for i in items} == {"harbour"}
    assert items[-1].body == PAGE
    assert items[-1].url == "https://harbour.example/story"


def test_a_glob_reads_the_files_it_matches_once(folder):
    """A recursive glob, which matches folders and their files, gives each file once, named from its fixed part."""
    assert [i.locator for i in read(f"{folder}/**/*.html")] == ["b.html", "b/two.html", "empty.html", "noise.html"]
    assert len({i.locator for i in read(f"{folder}/**")}) == len(read(f"{folder}/**")) == 9
    assert {i.source for i in read(f"{folder}/*.txt")} == {"harbour"}


def test_a_name_with_wildcard_characters_is_a_name_first(tmp_path):
    """A file whose name looks like a glob is read as itself."""
    (tmp_path / "page[1].html").write_bytes(PAGE)
    assert page_of(tmp_path / "page[1].html").locator == "page[1].html"


@pytest.mark.parametrize("name", ["absent.html", "absent/*.html"])
def test_a_source_that_is_not_there_is_an_error_at_once(tmp_path, name):
    """A missing path or an empty glob raises before the stream is begun, in one line."""
    with pytest.raises(SourceError) as error:
        read_source(str(tmp_path / name), SourceOptions())
    assert "\n" not in str(error.value)


def test_a_pipe_is_no_source(tmp_path):
    """Something that is neither file nor folder is refused, and skipped inside a folder."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        read(tmp_path / "pipe")
    assert read(tmp_path) == []


def test_links_in_a_circle_are_entered_once(folder):
    """A link back to the folder itself does not loop; a link to nothing is reported."""
    before = len(read(folder))
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "missing")
    items = read(folder)
    problems = [i for i in items if isinstance(i, SourceProblem)]
    assert [p.locator for p in problems] == ["nowhere"]
    assert len(items) == before + 1


def test_a_file_that_vanishes_is_reported_and_the_rest_read(folder):
    """A file removed between listing and reading costs itself alone."""
    stream = read_source(str(folder), SourceOptions())
    next(stream)
    (folder / "b.html").unlink()
    rest = list(stream)
    assert [i.locator for i in rest if isinstance(i, SourceProblem)] == ["b.html"]
    assert len(rest) == 8


def test_a_file_that_cannot_be_opened_is_reported(folder, monkeypatch):
    """A file without permission costs itself in a folder, and is an error when it was the one named."""
    refused = folder / "b.html"
    original = type(refused).open

    def open_unless_refused(path, *args, **kwargs):
        if path == refused:
            raise PermissionError(13, "Permission denied", str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(type(refused), "open", open_unless_refused)
    (problem,) = [i for i in read(folder) if isinstance(i, SourceProblem)]
    assert (problem.locator, problem.message) == ("b.html", "cannot be read: Permission denied")
    with pytest.raises(SourceError, match="Permission denied"):
        read(refused)


def test_odd_file_names_stay_readable(tmp_path):
    """A name that is no UTF-8 is read, shown with question marks, and encoded byte by byte in the URL."""
    name = os.fsdecode(b"caf\xe9 1.html")
    (tmp_path / name).write_bytes(PAGE)
    page = page_of(tmp_path / name, base_url="https://harbour.example/old/")
    assert page.locator == page.source == "caf? 1.html"
    assert page.url == "https://harbour.example/old/caf%E9%201.html"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("a.txt", PAGE, "text/html"),
        ("a.txt", b"How to write <p>, <div> and <span> elements\nA guide.", "text/plain"),
        ("a.html", b"Words first, then <b>markup</b>.", "text/html"),
        ("a.html", b"Words only, saved under a wrong name.", "text/plain"),
        ("a", PAGE, "text/html"),
        ("a.html", b"%PDF-1.7 and so on", None),
        ("a.html", "\ufeff<html><p>wide</p></html>".encode("utf-16-le"), "text/html"),
    ],
)
def test_the_type_is_told_by_the_bytes(tmp_path, name, body, expected):
    """A name is heard only where the bytes allow both HTML and text."""
    (tmp_path / name).write_bytes(body)
    page = page_of(tmp_path / name)
    assert (page.media_type, page.body) == (expected, body)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", FileKind.WARC),
        (b"PAR1\x15\x04", FileKind.PARQUET),
        (b'{"text": "a"}', FileKind.JSON),
        (b'\xef\xbb\xbf [\n  {"te', FileKind.JSON),
        (b"{ }", FileKind.JSON),
        (b"{curly} opening of a text", FileKind.LOOSE),
        (b"[1] a footnote", FileKind.LOOSE),
        (b"<html>", FileKind.LOOSE),
        (b"", FileKind.LOOSE),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(head, kind):
    """Each kind of source is known by how it begins."""
    assert detect_kind(head) is kind


def test_a_body_beyond_the_limit_is_cut(tmp_path):
    """A loose file larger than the limit is a row with the defect, also when it was small in its compressed form."""
    for name, data in (("a.html", b"x" * 2000), ("a.html.gz", gzip.compress(b"x" * 2000))):
        (tmp_path / name).write_bytes(data)
        page = page_of(tmp_path / name, max_body_bytes=1000)
        assert (page.body, page.defect) == (b"x" * 1000, RejectReason.TOO_LARGE)
    (tmp_path / "b.html").write_bytes(b"x" * 1000)
    assert page_of(tmp_path / "b.html", max_body_bytes=1000).defect is None


def test_a_truncated_gzip_file_is_a_row_with_a_defect(tmp_path):
    """What could be decompressed is kept, and the row says that the file ends early."""
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(PAGE)[:-10])
    page = page_of(tmp_path / "a.html.gz")
    assert page.defect is RejectReason.UNDECODABLE
    assert "the file ends" in page.defect_detail
    assert PAGE.startswith(page.body)


def test_the_fetch_time_is_the_files_time_in_whole_seconds(tmp_path):
    """Without a sidecar the modification time stands for the fetch."""
    (tmp_path / "a.html").write_bytes(PAGE)
    os.utime(tmp_path / "a.html", (1_700_000_000.9, 1_700_000_000.9))
    assert page_of(tmp_path / "a.html").fetched_at == datetime.fromtimestamp(1_700_000_000, UTC)


CANONICAL = b'<link rel="canonical" href="https://harbour.example/c?a=1&amp;b=2">'
OPEN_GRAPH = b"<meta content='https://harbour.example/og' property='og:url'>"


@pytest.mark.parametrize(
    ("head", "base", "expected"),
    [
        (CANONICAL, None, "https://harbour.example/c?a=1&b=2"),
        (OPEN_GRAPH + CANONICAL, None, "https://harbour.example/c?a=1&b=2"),
        (OPEN_GRAPH, None, "https://harbour.example/og"),
        (b"<LINK HREF=https://harbour.example/c REL='nofollow Canonical' />", None, "https://harbour.example/c"),
        (b"<link\n href = ' https://harbour.example/c '\n rel=canonical>", None, "https://harbour.example/c"),
        (b'<link rel=canonical href="/c">', None, None),
        (b'<link rel=canonical href="/c">', "https://harbour.example/old/", "https://harbour.example/c"),
        (b'<link rel=canonical href="">' + OPEN_GRAPH, None, "https://harbour.example/og"),
        (b"<!-- " + CANONICAL + b" -->", None, None),
        (b"<script>var a = '" + CANONICAL.replace(b"'", b"") + b"'</script>", None, None),
        (b'<link rel=canonical href="javascript:alert(1)">', None, None),
        (b'<link rel=canonical href="http://[bad">', "https://harbour.example/", None),
        (b'<link rel=alternate href="https://harbour.example/de">', None, None),
        (b" " * 300_000 + CANONICAL, None, None),
        (CANONICAL.decode().encode("utf-16"), None, "https://harbour.example/c?a=1&b=2"),
        (b"<link " * 50_000, None, None),
        (b"<!--" * 60_000 + b"<script" * 1000, None, None),
        (b"<meta " + b"a=" * 100_000, None, None),
    ],
)
def test_the_page_states_its_own_url(head, base, expected):
    """Canonical link, then og:url, in any order and quoting, relative only with a base; never an error."""
    assert parse_declared_url(head, base) == expected


def test_a_base_url_gives_an_address_by_path(folder):
    """Pages that state no address get one from the base URL and their relative path."""
    urls = {i.locator: i.url for i in read(folder, base_url="https://harbour.example/archive")}
    assert urls["b/two.html"] == "https://harbour.example/archive/b/two.html"
    assert urls["story.html.gz"] == "https://harbour.example/story"


def write_with_sidecar(folder, sidecar, body: bytes = PAGE):
    (folder / "a.html").write_bytes(body)
    text = sidecar if isinstance(sidecar, str) else json.dumps(sidecar)
    (folder / "a.html.meta.json").write_text(text)


def test_a_sidecar_says_where_and_when(tmp_path):
    """Every key of a sidecar reaches the page, before what the page says of itself."""
    write_with_sidecar(
        tmp_path,
        {
            "url": " https://harbour.example/a ",
            "fetched_at": "2026-03-04T05:06:07+01:00",
            "http_status": 410,
            "content_type": "application/xhtml+xml; charset=windows-1252",
            "headers": {"X-Cache": "hit", "Link": ["one", "two"]},
            "title": "Tides",
            "authors": ["A. Ferrywoman", ""],
            "published": "4 March",
            "tags": ["sea"],
        },
        CANONICAL + PAGE,
    )
    (page,) = read(tmp_path)
    assert page.url == "https://harbour.example/a"
    assert page.fetched_at == datetime(2026, 3, 4, 4, 6, 7, tzinfo=UTC)
    assert (page.http_status, page.media_type, page.http_charset) == (410, "application/xhtml+xml", "windows-1252")
    assert page.headers == (("X-Cache", "hit"), ("Link", "one"), ("Link", "two"))
    assert (page.hints.title, page.hints.authors, page.hints.published_raw) == ("Tides", ("A. Ferrywoman",), "4 March")
    assert page.hints.tags == ("sea",)


@pytest.mark.parametrize(
    ("sidecar", "key"),
    [
        ({"adress": "https://harbour.example/a"}, "adress"),
        ({"url": 7}, "url"),
        ({"http_status": "200"}, "http_status"),
        ({"http_status": 9000}, "http_status"),
        ({"fetched_at": "yesterday"}, "fetched_at"),
        ({"headers": {"A": 1}}, "headers.A"),
        ("{not json", "JSON"),
        ("[]", "object"),
    ],
)
def test_a_broken_sidecar_is_reported_and_the_page_read(tmp_path, sidecar, key):
    """The report names the file and the key; the page comes without the sidecar."""
    write_with_sidecar(tmp_path, sidecar)
    problem, page = read(tmp_path)
    assert problem.locator == "a.html.meta.json"
    assert key in problem.message
    assert (page.body, page.url) == (PAGE, None)


def test_no_name_of_the_machine_is_kept(folder):
    """Labels and locators are relative, also where the source was named by its full path or as the folder itself."""
    for item in [*read(folder), *read(f"{folder}/."), *read(f"{folder}/*.html"), page_of(folder / "a.txt")]:
        assert item.source in {"harbour", "a.txt"}
        assert not item.locator.startswith(("/", ".."))
    assert {i.source for i in read(folder, label="tides")} == {"tides"}
