"""How many pages a source may hold: exact where a footer tells, near where an archive has to be sampled."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flow_samples import html_page, write_corpus

from flows.sources.estimate import estimate_pages


def warc_record(kind, body):
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body + b"\r\n\r\n"


def test_folder(tmp_path):
    """A folder holds a page a file; sidecars and hidden files are none."""
    folder = write_corpus(tmp_path / "corpus", 5)
    (folder / "page-000.html.meta.json").write_text("{}")
    (folder / ".hidden").write_text("x")
    assert estimate_pages([str(folder)]) == 5
    assert estimate_pages([str(folder / "page-00[01].html")]) == 2
    assert estimate_pages([str(tmp_path / "nowhere")]) is None


def test_parquet_by_its_footer(tmp_path):
    """A Parquet file says how many rows it has; a broken one counts as one page."""
    pq.write_table(pa.table({"html": ["x"] * 1234}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    assert estimate_pages([str(tmp_path / "a.parquet")]) == 1234
    assert estimate_pages([str(tmp_path)]) == 1235


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.jsonl", "a.jsonl.gz"])
def test_archives_by_their_first_bytes(tmp_path, name):
    """Of an archive that is longer than the sample, the estimate is within a quarter; requests are no pages."""
    pages = [html_page(number, paragraphs=40).encode() for number in range(600)]
    if "jsonl" in name:
        parts = [json.dumps({"html": page.decode()}).encode() + b"\n" for page in pages]
    else:
        parts = [warc_record("request", b"GET /") + warc_record("response", page) for page in pages]
    packed = [gzip.compress(part) for part in parts] if name.endswith(".gz") else parts
    (tmp_path / name).write_bytes(b"".join(packed))
    assert (tmp_path / name).stat().st_size > 256 * 1024
    assert estimate_pages([str(tmp_path / name)]) == pytest.approx(600, rel=0.25)


def test_what_cannot_be_sampled(tmp_path):
    """An archive that is no archive counts as one page, a zstd one by its size."""
    (tmp_path / "a.warc.gz").write_bytes(b"no gzip at all")
    assert estimate_pages([str(tmp_path / "a.warc.gz")]) == 1
    (tmp_path / "b.warc.zst").write_bytes(b"x" * 250_000)
    assert estimate_pages([str(tmp_path / "b.warc.zst")]) == 10
