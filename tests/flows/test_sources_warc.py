"""WARC archives, written by warcio or by hand, as streams of pages."""

from __future__ import annotations

import gzip
import io
import zlib
from datetime import UTC, datetime

import brotli
import pytest
from fastwarc.stream_io import ZstdWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extractors.records import RawPage, RejectReason
from flows.sources.options import SourceOptions, SourceProblem
from flows.sources.read import read_source

BODY = b"<!doctype html><html><body><p>The ferry sails at nine, %d.</p></body></html>"


def zstd(data: bytes) -> bytes:
    out = io.BytesIO()
    writer = ZstdWriter(out)
    writer.write(data)
    writer.close()
    return out.getvalue()


def raw_record(
    payload: bytes, kind: str = "response", content_type: str = "application/http; msgtype=response", **fields: str
) -> bytes:
    """Return a record written by hand; `fields` replace or add named fields (with _ for -), None leaves one out."""
    named = {
        "WARC-Type": kind,
        "WARC-Target-URI": "https://harbour.example/ferry",
        "WARC-Date": "2026-03-04T05:06:07Z",
        "Content-Type": content_type,
        "Content-Length": str(len(payload)),
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value is not None)
    return b"WARC/1.1\r\n" + head.encode() + b"\r\n" + payload + b"\r\n\r\n"


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def archive(count: int = 4, *, per_record: bool = False) -> list[bytes]:
    """Return the records of an archive as warcio writes them, one item each."""
    records = []
    for number in range(count):
        out = io.BytesIO()
        writer = WARCWriter(out, gzip=per_record)
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=ISO-8859-1")], protocol="HTTP/1.1")
        uri = f"https://harbour.example/{number}"
        record = writer.create_warc_record(uri, "response", io.BytesIO(BODY % number), http_headers=headers)
        writer.write_record(record)
        record.raw_stream.close()  # warcio leaves the temporary file that it hashed open
        records.append(out.getvalue())
    return records


def read(tmp_path, data: bytes, name: str = "pages.warc", **options) -> tuple[list[RawPage], list[SourceProblem]]:
    (tmp_path / name).write_bytes(data)
    items = list(read_source(str(tmp_path / name), SourceOptions(**options)))
    return [i for i in items if isinstance(i, RawPage)], [i for i in items if isinstance(i, SourceProblem)]


def one(tmp_path, payload: bytes, **options) -> RawPage:
    pages, problems = read(tmp_path, raw_record(payload), **options)
    assert not problems
    assert len(pages) == 1
    return pages[0]


@pytest.mark.parametrize(
    "pack",
    [
        lambda: b"".join(archive()),
        lambda: b"".join(archive(per_record=True)),
        lambda: gzip.compress(b"".join(archive())),
        lambda: zstd(b"".join(archive())),
        lambda: b"".join(zstd(record) for record in archive()),
    ],
    ids=["plain", "gzip by record", "one gzip member", "one zstd frame", "zstd by record"],
)
def test_every_packing_gives_the_same_pages(tmp_path, pack):
    """An archive reads the same however it is compressed, and whatever it is called."""
    pages, problems = read(tmp_path, pack(), name="story.html")
    assert not problems
    assert [(p.url, p.body) for p in pages] == [(f"https://harbour.example/{n}", BODY % n) for n in range(4)]
    assert {(p.http_status, p.media_type, p.http_charset, p.source) for p in pages} == {
        (200, "text/html", "ISO-8859-1", "story.html")
    }
    assert len({p.locator for p in pages}) == 4


@pytest.mark.parametrize("size", [262_000, 262_144, 300_000, 600_000])
def test_members_larger_than_a_block_follow_each_other(tmp_path, size):
    """Members that decompress in several steps, and end in the middle of what was read, are all found."""
    records = [raw_record(http(b"<html>%d" % n + b"x" * size, "Content-Type: text/html")) for n in range(6)]
    members = [gzip.compress(record) for record in records]
    pages, problems = read(tmp_path, b"".join(members))
    assert not problems
    assert [p.locator for p in pages] == [f"pages.warc#offset={sum(map(len, members[:n]))}" for n in range(6)]


def test_a_locator_is_the_offset_of_the_record(tmp_path):
    """The offset in a locator leads to the record in the file as stored."""
    records = archive(per_record=True)
    pages, _ = read(tmp_path, b"".join(records))
    assert pages[2].locator == f"pages.warc#offset={len(records[0]) + len(records[1])}"


def test_what_the_record_says_is_kept(tmp_path):
    """Date, address, status and headers come from the record; early writers' angle brackets go."""
    record = raw_record(
        http(BODY, "X-Cache: hit", 'Content-Type: Text/HTML;charset="utf-8"', status="404 Not Found"),
        WARC_Target_URI=" <https://harbour.example/gone#top> ",
        WARC_Date="2026-03-04T05:06:07.123456+02:00",
    )
    (page,), _ = read(tmp_path, record)
    assert page.url == "https://harbour.example/gone#top"
    assert page.fetched_at == datetime(2026, 3, 4, 3, 6, 7, 123456, tzinfo=UTC)
    assert (page.http_status, page.media_type, page.http_charset) == (404, "text/html", "utf-8")
    assert page.headers[0] == ("X-Cache", "hit")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (raw_record(http(b"\x89PNG\r\n", "Content-Type: image/png")), 0),
        (raw_record(http(b'{"html": "<p><p><p>"}', "Content-Type: application/json")), 0),
        (raw_record(http(b"let a = '<div><p><span>'", "Content-Type: text/javascript")), 0),
        (raw_record(http(b"plain words", "Content-Type: text/plain")), 0),
        (raw_record(http(BODY, "Content-Type: image/jpeg")), 1),
        (raw_record(http(BODY, "Content-Type: nonsense")), 1),
        (raw_record(http(BODY)), 1),
        (raw_record(http(b"", "Content-Type: text/html")), 1),
        (raw_record(http(BODY, "Content-Type: application/xhtml+xml")), 1),
        (raw_record(BODY, kind="resource", content_type="text/html"), 1),
        (raw_record(b"%PDF-1.7", kind="resource", content_type="application/pdf"), 0),
        (raw_record(http(BODY, "Content-Type: text/html"), kind="revisit"), 0),
        (raw_record(http(BODY, "Content-Type: text/html"), kind="request"), 0),
        (raw_record(b"20260304\nharbour.example. 60 IN A 192.0.2.1", content_type="text/dns"), 0),
    ],
)
def test_only_html_becomes_a_page(tmp_path, record, expected):
    """Records of other types are passed over; a wrong or absent type does not hide a page."""
    pages, problems = read(tmp_path, record)
    assert not problems
    assert len(pages) == expected
    assert all(p.media_type in {"text/html", "application/xhtml+xml"} for p in pages)


def chunked(body: bytes) -> bytes:
    return (
        b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\nTrailer: a\r\n\r\n"
    )


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("coded", "headers"),
    [
        (gzip.compress(BODY, mtime=0), ["Content-Encoding: gzip"]),
        (gzip.compress(BODY[:20], mtime=0) + gzip.compress(BODY[20:], mtime=0), ["Content-Encoding: x-gzip"]),
        (zlib.compress(BODY), ["Content-Encoding: deflate"]),
        (raw_deflate(BODY), ["Content-Encoding: deflate"]),
        (brotli.compress(BODY), ["content-encoding: BR"]),
        (zstd(BODY), ["Content-Encoding: zstd"]),
        (chunked(BODY), ["Transfer-Encoding: chunked"]),
        (chunked(gzip.compress(BODY, mtime=0)), ["Transfer-Encoding: chunked", "Content-Encoding: gzip"]),
        (brotli.compress(gzip.compress(BODY, mtime=0)), ["Content-Encoding: gzip, br"]),
        (BODY, ["Content-Encoding: identity"]),
        # Stored decoded, with the headers of the wire.
        (BODY, ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]),
        (BODY, ["Content-Encoding: deflate"]),
        (BODY, ["Content-Encoding: br"]),
        (BODY, ["Content-Encoding: zstd"]),
        (BODY, ["Content-Encoding: made-up"]),
        (gzip.compress(BODY, mtime=0), ["Content-Encoding: gzip", "Transfer-Encoding: chunked"]),
    ],
)
def test_encodings_are_undone(tmp_path, coded, headers):
    """Whatever the headers claim, the page's own bytes come out."""
    page = one(tmp_path, http(coded, "Content-Type: text/html", *headers))
    assert (page.body, page.defect) == (BODY, None)


@pytest.mark.parametrize(
    ("coded", "encoding"),
    [
        (gzip.compress(BODY, mtime=0)[:-12], "gzip"),
        (brotli.compress(BODY)[:-5], "br"),
        (zstd(BODY)[:-5], "zstd"),
        (zlib.compress(BODY)[:-8], "deflate"),
        (bytes(range(256)), "gzip"),
        (bytes(range(256)), "sealed"),
    ],
)
def test_an_encoding_that_cannot_be_undone_is_a_defect(tmp_path, coded, encoding):
    """The bytes stay as received and the page says what is wrong with it."""
    page = one(tmp_path, http(coded, "Content-Type: text/html", f"Content-Encoding: {encoding}"))
    assert (page.body, page.defect) == (coded, RejectReason.UNDECODABLE)
    assert encoding in page.defect_detail


def test_a_chunked_body_that_breaks_off_keeps_what_came(tmp_path):
    """A connection that broke inside a chunk leaves the part before, as in a browser."""
    page = one(tmp_path, http(chunked(BODY)[:40], "Content-Type: text/html", "Transfer-Encoding: chunked"))
    assert page.body
    assert BODY.startswith(page.body)


@pytest.mark.parametrize(
    ("coded", "encoding"),
    [
        (gzip.compress(bytes(9_000_000), mtime=0), "gzip"),
        (brotli.compress(bytes(9_000_000), quality=5), "br"),
        (zstd(bytes(9_000_000)), "zstd"),
        (zlib.compress(bytes(9_000_000)), "deflate"),
    ],
)
def test_a_decompression_bomb_is_cut(tmp_path, coded, encoding):
    """A body that grows beyond the limit is cut there and marked."""
    page = one(
        tmp_path, http(coded, "Content-Type: text/html", f"Content-Encoding: {encoding}"), max_body_bytes=100_000
    )
    assert (len(page.body), page.defect) == (100_000, RejectReason.TOO_LARGE)


@pytest.mark.parametrize("size", [100_001, 500_000])
def test_a_large_record_is_cut_and_the_next_one_read(tmp_path, size):
    """A record beyond the limit is never held whole; the archive goes on behind it."""
    large = raw_record(http(b"<html>" + b"x" * size, "Content-Type: text/html"))
    pages, problems = read(tmp_path, large + archive(1)[0], max_body_bytes=100_000)
    assert not problems
    assert [(len(p.body), p.defect) for p in pages] == [(100_000, RejectReason.TOO_LARGE), (len(BODY % 0), None)]


PACKINGS = {
    "plain": lambda records: (b"".join(records), [sum(map(len, records[: n + 1])) for n in range(len(records))]),
    "gzip by record": lambda records: PACKINGS["plain"]([gzip.compress(r) for r in records]),
    "zstd by record": lambda records: PACKINGS["plain"]([zstd(r) for r in records]),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(sorted(PACKINGS)), st.integers(min_value=0, max_value=5000))
def test_truncation_loses_no_complete_record(tmp_path, packing, cut):
    """Cut anywhere, an archive gives every record that was whole before the cut, and reports the rest."""
    data, ends = PACKINGS[packing](archive(3))
    cut %= len(data) + 1
    pages, problems = read(tmp_path, data[:cut])
    whole = [p.url for p in pages if p.url]
    expected = [f"https://harbour.example/{n}" for n, end in enumerate(ends) if end <= cut]
    assert whole[: len(expected)] == expected
    # Only what ends a record or a member may be missing from one that is handed out.
    assert all(p.body == BODY % n for n, p in enumerate(pages) if p.url)
    if len(whole) < 3 and cut not in {0, *ends} and data[:cut] and whole:
        assert len(problems) == 1


@pytest.mark.parametrize("cut", [30, 250, 400, 700])
def test_truncation_of_one_member_is_told(tmp_path, cut):
    """In a file of one gzip member the records before the cut are kept and the place of the cut is told."""
    data = gzip.compress(b"".join(archive(30)), compresslevel=1)
    pages, problems = read(tmp_path, data[:-cut])
    assert [p.body for p in pages] == [BODY % n for n in range(len(pages))]
    assert pages
    assert len(problems) == 1
    assert f"the file ends at offset {len(data) - cut}" in problems[0].message


def test_a_truncated_plain_archive_says_where(tmp_path):
    """The report of a cut record names its offset, how much of it is there, and where the file ends."""
    records = archive(2)
    data = b"".join(records)[:-40]
    pages, problems = read(tmp_path, data)
    assert len(pages) == 1
    assert problems[0].locator == f"pages.warc#offset={len(records[0])}"
    assert f"ends at offset {len(data)}" in problems[0].message


def test_a_damaged_member_costs_itself_alone(tmp_path):
    """Damage in one compressed record is reported once, and the records around it are read."""
    for pack in (gzip.compress, zstd):
        members = [pack(record) for record in archive(4)]
        broken = bytearray(members[1])
        broken[len(broken) // 2 :] = b"\xff" * (len(broken) - len(broken) // 2)
        pages, problems = read(tmp_path, members[0] + bytes(broken) + members[2] + members[3])
        assert [p.url[-1] for p in pages if p.url] == ["0", "2", "3"]
        assert len(problems) == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"no record here\r\nnor here\r\n", "no WARC record begins"),
        (raw_record(b"x", Content_Length="many"), "Content-Length"),
        (raw_record(b"x", Content_Length=None), "Content-Length"),
        (raw_record(b"x" * 50, Content_Length="10"), "no WARC record begins"),
        (b"WARC/1.0\r\n" + b"A: b\r\n" * 60_000 + b"\r\n", "header"),
    ],
)
def test_damage_in_the_middle_is_reported_and_passed(tmp_path, bad, message):
    """Bytes that are no record are told once, with their offset, and the next record is found."""
    first, second = archive(2)
    pages, problems = read(tmp_path, first + bad + second)
    assert [p.url[-1] for p in pages if p.url] == ["0", "1"]
    assert len(problems) == 1
    assert message in problems[0].message


def test_a_record_shorter_than_it_says_ends_with_its_member(tmp_path):
    """Where each record is a gzip member, a length that is too long does not swallow the next record."""
    first, second = archive(2)
    bad = raw_record(b"x" * 50, Content_Length="600")
    pages, problems = read(tmp_path, b"".join(gzip.compress(r) for r in (first, bad, second)))
    assert [p.url[-1] for p in pages if p.url] == ["0", "1"]
    assert len(problems) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "br", "zstd", "deflate"]), st.booleans())
def test_no_bytes_break_the_reader(tmp_path, noise, encoding, in_record):
    """Whatever follows a good record, that record is read and nothing is raised."""
    extra = raw_record(http(noise, "Content-Type: text/html", f"Content-Encoding: {encoding}")) if in_record else noise
    pages, _ = read(tmp_path, archive(1)[0] + extra)
    assert pages[0].body == BODY % 0
    assert len(pages) == 1 + in_record


def test_a_record_without_a_date_takes_the_files_time(tmp_path):
    """A missing WARC-Date falls back on the archive's own time, to whole seconds."""
    (page,), _ = read(tmp_path, raw_record(http(BODY, "Content-Type: text/html"), WARC_Date="yesterday"))
    modified = (tmp_path / "pages.warc").stat().st_mtime
    assert page.fetched_at == datetime.fromtimestamp(int(modified), UTC)
