"""The sample pages are what `seeds/expected.toml` and `seeds/README.md` say of them.

Nothing here runs the pipeline: these tests hold the samples themselves together.
"""

from __future__ import annotations

import gzip
import html
import importlib.util
import json
import re
import tomllib
import zlib
from datetime import UTC, datetime
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path

import brotli
import pytest
from warcio.archiveiterator import ArchiveIterator

from extractors.records import RejectReason

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
SIDECAR = ".meta.json"
FOLDERS = ("pages", "dumps", "make_archive")
PAGES = tomllib.loads((SEEDS / "expected.toml").read_text(encoding="utf-8"))["page"]
KNOWN_KEYS = {
    "file",
    "status",
    "reject_reason",
    "title",
    "language",
    "published_at",
    "is_paywalled",
    "source_encoding",
    "keeps",
    "cuts",
}


def _sample_files() -> list[Path]:
    found = (path for folder in FOLDERS for path in sorted((SEEDS / folder).iterdir()))
    return [path for path in found if path.is_file() and not path.name.endswith(SIDECAR)]


def _name(path: Path) -> str:
    return path.relative_to(SEEDS).as_posix()


def _sidecar(path: Path) -> dict:
    return json.loads(path.with_name(path.name + SIDECAR).read_text(encoding="utf-8"))


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _source_text(page: dict) -> str:
    body = (SEEDS / page["file"]).read_bytes()
    return _squeeze(html.unescape(body.decode(page.get("source_encoding", "utf-8"))))


def _load_make_archive():
    spec = importlib.util.spec_from_file_location("seeds_make_archive", SEEDS / "make_archive.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", _sample_files(), ids=_name)
def test_seeds_sidecar_fixes_the_fetch_time(path):
    """Every sample has a sidecar with a UTC fetch time, so that no run depends on the times of files."""
    fetched_at = datetime.fromisoformat(_sidecar(path)["fetched_at"])
    assert fetched_at.utcoffset() == UTC.utcoffset(None)
    assert datetime(2026, 10, 1, tzinfo=UTC) < fetched_at < datetime(2026, 12, 1, tzinfo=UTC)


def test_seeds_sidecars_have_their_file():
    """No sidecar was left behind by a sample that went away."""
    sidecars = {_name(path) for folder in FOLDERS for path in (SEEDS / folder).glob("*" + SIDECAR)}
    assert sidecars == {_name(path) + SIDECAR for path in _sample_files()}


def test_seeds_urls_differ_and_use_reserved_names():
    """Each sample has an address of its own, under a domain that can belong to nobody."""
    urls = [url for path in _sample_files() if (url := _sidecar(path).get("url"))]
    assert len(urls) == len(set(urls))
    assert [url for url in urls if not re.match(r"https?://[a-z0-9.-]+\.example/", url)] == []


def test_seeds_expectations_cover_every_sample_once():
    """Every sample has exactly one expectation; the archive's image, which is no page, has none."""
    expected = [page["file"] for page in PAGES]
    assert sorted(expected) == sorted(set(expected))
    assert set(expected) == {_name(path) for path in _sample_files()} - {"make_archive/eel.png"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["file"])
def test_seeds_expectations_are_well_formed(page):
    """An article says what it keeps and what it loses; a rejection has neither, and a reason from the closed list."""
    assert set(page) <= KNOWN_KEYS
    if page["status"] == "rejected":
        assert set(page) <= {"file", "status", "reject_reason"}
        assert page.get("reject_reason", "empty") in set(RejectReason)
    else:
        assert page["status"] == "article"
        assert page["title"]
        assert re.fullmatch("[a-z]{2}", page["language"])
        assert len(page["keeps"]) >= 4
        datetime.fromisoformat(page.get("published_at", "2026-01-01"))


@pytest.mark.parametrize("page", [page for page in PAGES if page["status"] == "article"], ids=lambda page: page["file"])
def test_seeds_phrases_occur_in_the_source(page):
    """Each phrase to keep or to cut really stands in the page, in the order of the story, and no cut is in a keep."""
    text = _source_text(page)
    missing = [phrase for phrase in (page["title"], *page["keeps"], *page["cuts"]) if _squeeze(phrase) not in text]
    assert missing == []
    places = [text.rindex(_squeeze(phrase)) for phrase in page["keeps"]]
    assert places == sorted(places)
    assert [cut for cut in page["cuts"] for keep in page["keeps"] if cut in keep] == []


def test_seeds_readme_lists_every_sample():
    """The table in the README names each sample by its file, and nothing that is not there."""
    readme = (SEEDS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", readme, flags=re.MULTILINE)
    assert sorted(listed) == sorted(_name(path) for path in _sample_files())


def test_seeds_broken_encodings_are_broken():
    """The pages that are there for their encoding are no UTF-8, whatever they claim."""
    odd = [page for page in PAGES if "source_encoding" in page]
    assert len(odd) == 3
    for page in odd:
        with pytest.raises(UnicodeDecodeError):
            (SEEDS / page["file"]).read_bytes().decode("utf-8")


def test_seeds_archive_is_reproducible():
    """The script writes the committed archive again, byte for byte, and it stays small."""
    module = _load_make_archive()
    committed = (SEEDS / "sample.warc.gz").read_bytes()
    assert len(committed) < 60_000
    rebuilt = module.make_archive(SEEDS / "make_archive")
    assert rebuilt == module.make_archive(SEEDS / "make_archive")
    if "ng" in zlib.ZLIB_RUNTIME_VERSION and rebuilt != committed:
        pytest.skip("zlib-ng packs the same records into other bytes")
    assert rebuilt == committed


class _Wire:
    """What http.client wants of a socket, over the bytes of one recorded response."""

    def __init__(self, sent):
        self._sent = BytesIO(sent)

    def makefile(self, _mode):
        return self._sent


def _receive(sent: bytes) -> tuple[int, bytes]:
    with HTTPResponse(_Wire(sent)) as response:
        response.begin()
        body = response.read()
        encoding = response.getheader("Content-Encoding", "identity")
        return response.status, {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[encoding](body)


def test_seeds_archive_holds_the_captures():
    """Read by other code, the archive gives back each captured body at its address and time, encodings undone."""
    found = {}
    archive = BytesIO((SEEDS / "sample.warc.gz").read_bytes())
    for record in ArchiveIterator(archive, no_record_parse=True):
        if record.rec_type == "response":
            key = (record.rec_headers.get_header("WARC-Target-URI"), record.rec_headers.get_header("WARC-Date"))
            found[key] = _receive(record.raw_stream.read())
    captured = [path for path in _sample_files() if path.parent.name == "make_archive"]
    wanted = {(meta["url"], meta["fetched_at"]): path for path in captured if (meta := _sidecar(path))}
    assert {key: body for key, (_, body) in found.items()} == {key: path.read_bytes() for key, path in wanted.items()}
    assert sorted(status for status, _ in found.values()) == [200] * 6 + [301, 404]


def test_seeds_archive_mixes_encodings():
    """The archive's bodies went over the wire in every way that the samples promise."""
    raw = gzip.decompress((SEEDS / "sample.warc.gz").read_bytes())
    for header in (b"Content-Encoding: gzip", b"Content-Encoding: br", b"Transfer-Encoding: chunked"):
        assert header in raw
