"""WARC out and in again: every kind of page, other readers, selections, the command."""

from __future__ import annotations

import hashlib
import io
import string
from datetime import UTC, date, datetime

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from flow_samples import call, hashes, run, write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from extractors.identity import Capture, make_raw_page
from extractors.records import Hints, RejectReason
from flows.export.selection import Selection, select_pages
from flows.export.warc import page_uri, write_warc
from flows.sources.options import SourceOptions
from flows.sources.read import read_source
from warehouse.batches import write_raw_batch
from warehouse.errors import QueryError
from warehouse.layout import Warehouse, batch_ref_of

NOON = datetime(2026, 11, 5, 12, 0, 0, 123456, tzinfo=UTC)
PAGE = b"<!doctype html><html><head><title>The weir</title></head><body><p>It is mended.</p></body></html>"


def page(body=PAGE, **fields):
    """Return a page as a server sent it."""
    known = {
        "url": "https://mill.example/weir",
        "fetched_at": NOON,
        "source": "mill",
        "locator": "weir.html",
        "http_status": 200,
        "media_type": "text/html",
        "http_charset": "utf-8",
        "headers": (("Content-Type", "text/html; charset=utf-8"), ("ETag", '"1"')),
    }
    return make_raw_page(body, Capture(**(known | fields)))


KINDS = {
    "as sent": page(),
    "encoded on the wire": page(
        headers=(("Content-Encoding", "gzip"), ("transfer-encoding", "chunked"), ("Content-Length", "3"), ("X", "1")),
    ),
    "an error with a page": page(http_status=404),
    "a status that nobody knows": page(http_status=799),
    "not HTML": page(b"%PDF-1.7 ...", media_type="application/pdf"),
    "empty": page(b""),
    "two headers of a name": page(headers=(("Link", "a"), ("Link", "b"))),
    "headers beyond ASCII": page(headers=(("X-Title", "caf\u00e9 \u4e2d"), ("X-Fold", "a\r\n b"), ("bad name:", "x"))),
    "a dump of text": page(b"A title\nA text.\n", http_status=None, media_type="text/plain", headers=()),
    "without URL": page(url=None, http_status=None, headers=()),
    "a URL beyond ASCII": page(url="https://m\u00fchle.example/wehr gebaut?q=\u00e4\n#x"),
    "without a type": page(media_type=None, http_charset=None, headers=()),
    "cut at the limit": page(defect=RejectReason.TOO_LARGE, defect_detail="40,000,000 bytes"),
    "undecodable": page(
        b"\x1f\x8bnot gzip", headers=(("Content-Encoding", "gzip"),), defect=RejectReason.UNDECODABLE, defect_detail="?"
    ),
    "with hints": page(hints=Hints(title="T\u00edtulo", authors=("A", "B"), language="es", tags=("x",))),
    "looks like a record": page(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 5\r\n\r\nhello"),
    "at midnight": page(fetched_at=datetime(2026, 11, 5, tzinfo=UTC)),
}


def archive(pages, *, is_gzipped=True):
    """Return pages as the bytes of an archive."""
    out = io.BytesIO()
    write_warc(pages, out, {"software": "gristmill/test"}, NOON, is_gzipped=is_gzipped)
    return out.getvalue()


def read_back(data, folder, **options):
    """Read an archive as `gristmill ingest` does."""
    path = folder / "out.warc"
    path.write_bytes(data)
    return list(read_source(str(path), SourceOptions(**options)))


@pytest.mark.parametrize("is_gzipped", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_of_every_kind(tmp_path, kind, is_gzipped):
    """A page written and read is the same page, in every field, whatever it is."""
    assert read_back(archive([KINDS[kind]], is_gzipped=is_gzipped), tmp_path) == [KINDS[kind]]


def test_round_trip_of_all_together(tmp_path):
    """Pages come back in their order, and a label given to ingest names them all."""
    pages = list(KINDS.values())
    assert read_back(archive(pages), tmp_path) == pages
    assert {one.source for one in read_back(archive(pages), tmp_path, label="mirror")} == {"mirror"}


TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = st.text(string.printable + "\u00e4\u4e2d\x00", max_size=40)
ANY_PAGE = st.fixed_dictionaries(
    {
        "body": st.binary(max_size=300),
        "url": st.none() | TEXT.filter(bool),
        "http_status": st.none() | st.integers(100, 599),
        "headers": st.lists(st.tuples(VALUES, VALUES), max_size=4).map(tuple),
        "hints": st.builds(Hints, title=st.none() | TEXT, authors=st.lists(TEXT, max_size=3).map(tuple)),
        "locator": TEXT,
    }
)


@settings(max_examples=60, deadline=None)
@given(ANY_PAGE)
def test_round_trip_of_anything(tmp_path_factory, fields):
    """Whatever bytes and words a page is made of, it comes back the same."""
    one = page(**fields)
    assert read_back(archive([one]), tmp_path_factory.mktemp("any")) == [one]


def test_other_readers(tmp_path):
    """Warcio and FastWARC read the archive: standard records, right digests, bodies that need no decoding."""
    pages = list(KINDS.values())
    path = tmp_path / "out.warc.gz"
    path.write_bytes(archive(pages))
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            assert record.rec_headers.protocol == "WARC/1.1"
            if record.rec_type in {"response", "resource"}:
                found.append((record.rec_headers.get_header("WARC-Target-URI"), record.raw_stream.read()))
    assert found == [(page_uri(one), one.body) for one in pages]
    with path.open("rb") as file:
        fast = [record.reader.read() for record in FastIterator(file) if record.headers["WARC-Type"] in {"response", "resource"}]  # fmt: skip
    assert fast == [one.body for one in pages]
    checker = Checker(type("Options", (), {"inputs": [str(path)], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0


def records_of(one):
    """Return the records of a page's archive by type."""
    return {record.rec_type: record for record in ArchiveIterator(io.BytesIO(archive([one])))}


def test_headers_of_the_wire_are_renamed():
    """A stored body is not encoded any more, and no header says that it is; its length is the one that it has."""
    headers = records_of(KINDS["encoded on the wire"])["response"].http_headers.headers
    assert ("X-Archive-Orig-Content-Encoding", "gzip") in headers
    assert [value for name, value in headers if name.lower() == "content-length"] == [str(len(PAGE))]
    assert not {"content-encoding", "transfer-encoding"} & {name.lower() for name, _ in headers}
    undecodable = records_of(KINDS["undecodable"])["response"].http_headers.headers
    assert ("Content-Encoding", "gzip") in undecodable


def test_fields_of_the_standard():
    """A page without a URL has a URN, a cut one says so, a note refers to its page, times keep their microseconds."""
    without = records_of(KINDS["without URL"])
    assert without["resource"].rec_headers.get_header("WARC-Target-URI").startswith("urn:uuid:")
    assert records_of(KINDS["cut at the limit"])["response"].rec_headers.get_header("WARC-Truncated") == "length"
    records = records_of(page())
    page_id = records["response"].rec_headers.get_header("WARC-Record-ID")
    assert records["metadata"].rec_headers.get_header("WARC-Refers-To") == page_id
    assert records["response"].rec_headers.get_header("WARC-Date") == "2026-11-05T12:00:00.123456Z"
    assert "warcinfo" in records


def test_a_note_of_another_body_is_not_believed(tmp_path):
    """Where somebody changed the page, or its record, the archive is read as any other."""
    data = archive([page()], is_gzipped=False).replace(b"It is mended.", b"It is flooded")
    (found,) = read_back(data, tmp_path)
    assert b"flooded" in found.body
    assert (found.source, found.locator.partition("#")[0]) == ("out.warc", "out.warc")
    data = archive([page()], is_gzipped=False).replace(b"WARC-Refers-To: <urn:uuid:", b"WARC-Refers-To: <urn:uuix:")
    (found,) = read_back(data, tmp_path)
    assert found.source == "out.warc"


def warehouse_of(folder, *pages):
    """Land each page as a batch of its own."""
    warehouse = Warehouse(folder)
    for one in pages:
        write_raw_batch(warehouse, batch_ref_of(one.source, [one]), [one])
    return warehouse


A = page(url="https://mill.example/a", source="one")
B = page(url="https://www.mill.example/b", source="two")
C = page(url="https://weir.example/c", source="two", fetched_at=datetime(2026, 11, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), [A, B, C]),
        (Selection(sites=frozenset({"mill.example"})), [A, B]),
        (Selection(sources=frozenset({"two"})), [B, C]),
        (Selection(urls=frozenset({B.url, C.url})), [B, C]),
        (Selection(since=date(2026, 11, 6)), [C]),
        (Selection(until=date(2026, 11, 5)), [A, B]),
        (Selection(sites=frozenset({"mill.example"}), sources=frozenset({"two"})), [B]),
        (Selection(sites=frozenset({"nowhere.example"})), []),
    ],
)
def test_selections(tmp_path, selection, wanted):
    """What is chosen is what every condition names; pages need not be milled."""
    found = list(select_pages(warehouse_of(tmp_path, A, B, C), selection))
    assert sorted(found, key=lambda one: one.url[-1]) == wanted


def test_each_capture_once(tmp_path):
    """A capture that two batches hold is written once."""
    warehouse = warehouse_of(tmp_path, A, B)
    write_raw_batch(warehouse, batch_ref_of("two", [B, A]), [B, A])
    assert sorted(one.page_id for one in select_pages(warehouse, Selection())) == sorted([A.page_id, B.page_id])


def test_a_condition_that_is_no_sql(tmp_path):
    """A condition is SQL that reads; what is not is told."""
    warehouse = warehouse_of(tmp_path, A)
    for where in ("title like", "1) union select page_id from nowhere --", "true); drop view articles; --"):
        with pytest.raises(QueryError):
            list(select_pages(warehouse, Selection(where=where)))


@pytest.fixture(scope="module")
def milled(tmp_path_factory):
    """Ingest a small corpus, one page of it empty; the warehouse."""
    folder = tmp_path_factory.mktemp("milled")
    write_corpus(folder / "pages", 5, empty=2)
    done = run("ingest", folder / "pages", "-w", folder / "data", "--inline", "--workers", "0")
    assert done.returncode == 0
    return folder / "data"


def test_command_round_trip(capsys, tmp_path, milled):
    """A warehouse exported and ingested into a new one gives the same files, to the byte."""
    code, out, err = call(capsys, "export", "warc", "-w", milled, "-o", tmp_path / "all.warc.gz")
    assert (code, out) == (0, "")
    assert err.startswith("5 pages, ")
    assert [path.name for path in tmp_path.iterdir()] == ["all.warc.gz"]
    arguments = ("ingest", tmp_path / "all.warc.gz", "-w", tmp_path / "data", "--inline", "--workers", "0")
    assert call(capsys, *arguments)[0] == 0
    assert hashes(tmp_path / "data") == hashes(milled)


def test_command_selects_by_sql(capsys, tmp_path, milled):
    """A condition over the views chooses articles alone, and a plain name gives a plain archive."""
    target = tmp_path / "articles.warc"
    code, _, err = call(capsys, "export", "warc", "-w", milled, "-o", target, "--where", "status = 'article'")
    assert code == 0
    assert err.startswith("4 pages, ")
    assert target.read_bytes().startswith(b"WARC/1.1\r\n")


def test_command_mistakes(capsys, tmp_path, milled):
    """A mistake is one line, and leaves what was there before."""
    target = tmp_path / "out.warc.gz"
    target.write_bytes(b"before")
    code, _, err = call(capsys, "export", "warc", "-w", milled, "-o", target, "--where", "nonsense = 3")
    assert code == 2
    assert err.startswith("Error: --where: ")
    assert err.count("\n") == 1
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.warc.gz"]
    code, _, err = call(capsys, "export", "warc", "-w", milled, "-o", tmp_path / "no" / "where.warc.gz")
    assert code == 3
    assert "cannot write" in err
    assert call(capsys, "export", "warc", "-w", tmp_path / "nothing", "-o", target)[0] == 3
    assert call(capsys, "export", "warc", "-w", milled)[0] == 2


def test_same_pages_same_bytes():
    """Two exports of the same pages differ in the record about the archive alone."""
    one, other = (archive(KINDS.values(), is_gzipped=False) for _ in range(2))
    first = one.index(b"WARC/1.1", 8)
    digests = [hashlib.sha256(data[data.index(b"WARC/1.1", 8) :]).hexdigest() for data in (one, other)]
    assert digests[0] == digests[1]
    assert first < 1_000
