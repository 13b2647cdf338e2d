"""`gristmill learn` and `gristmill furniture` on a real warehouse: learned, applied, vetoed, and the same bytes always."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.cli import gristmill
from flows.exits import Exit
from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from warehouse.catalogue import connect_readonly

sys.path.append(str(Path(__file__).parents[1] / "extractors"))
from furniture_samples import BOX, article, with_lines

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
SITE = "millvalleynews.example"
ASKING = "Mill Valley News is written by volunteers and free to all."


def run(root, *arguments, code=Exit.DONE):
    """Run the command in this process on a warehouse and return what it prints."""
    result = CliRunner().invoke(gristmill, [*map(str, arguments), "-w", str(root)])
    assert result.exit_code == code, result.output
    return result.output


def ingest(root, *sources, forced=False):
    names = [str(source) for source in sources or [SEEDS / "sample.warc.gz"]]
    parameters = IngestParameters(sources=names, warehouse=str(root), workers=0, is_forced=forced)
    return parameters.open_warehouse(), ingest_inline(parameters, Counting())


def ask(warehouse, sql):
    with connect_readonly(warehouse) as connection:
        return connection.execute(sql).fetchall()


def texts(warehouse):
    return dict(ask(warehouse, f"select url, text from articles where site = '{SITE}'"))


@pytest.fixture
def root(tmp_path):
    """Return a warehouse with the sample archive: three articles of one site, with the same box, and others."""
    ingest(tmp_path / "data")
    return tmp_path / "data"


def test_after_learning_the_box_goes(root):
    """The box of a site stays until it is learned; then it goes with the next ingest, and nothing else of the articles."""
    warehouse, _ = ingest(root)
    before = texts(warehouse)
    assert len(before) == 3
    assert all(ASKING in text for text in before.values())
    assert "4 new, 0 gone" in run(root, "learn")
    _, report = ingest(root)
    assert 0 < report.written_batch_count < report.batch_count, "only batches of this site are stale"
    assert report.removed["site_furniture"] >= 6
    after = texts(warehouse)
    for url, text in before.items():
        furniture = (ASKING, "If our stories are useful to you", "Tell us your news:", "© Mill Valley News")
        assert after[url].split("\n") == [line for line in text.split("\n") if not line.startswith(furniture)]
    rows = ask(warehouse, f"select distinct furniture_version is null from page_versions where site = '{SITE}'")
    assert rows == [(False,)]
    assert ingest(root)[1].written_batch_count == 0


def test_learning_again_changes_nothing(root):
    """What was learned from pages that were stripped by it is the same, file for file."""
    run(root, "learn")
    first = {path.name: path.read_bytes() for path in (root / "furniture").iterdir()}
    ingest(root)
    assert "Nothing changed." in run(root, "learn")
    assert {path.name: path.read_bytes() for path in (root / "furniture").iterdir()} == first


def test_a_veto_brings_the_block_back_for_good(root):
    """A vetoed block is cut no more, also after learning again, until the veto is taken back."""
    run(root, "learn")
    warehouse, _ = ingest(root)
    ((block_id,),) = ask(warehouse, f"select block_id from furniture where sample = '{ASKING}'")
    assert f"{block_id[:8]}  {SITE}: vetoed" in run(root, "furniture", "veto", block_id[:8])
    assert "Nothing changed" in run(root, "furniture", "veto", block_id[:8])
    assert "Nothing changed" in run(root, "learn")
    assert "[vetoed]" in run(root, "furniture", "list")
    assert "never cut" in run(root, "furniture", "show", block_id)
    ingest(root)
    assert all(ASKING in text for text in texts(warehouse).values())
    assert "no longer vetoed" in run(root, "furniture", "veto", "--undo", block_id)
    ingest(root)
    assert not any(ASKING in text for text in texts(warehouse).values())


def test_what_was_learned_is_listed_and_shown(root):
    """The list names hash, site and counts; a site or a hash is shown in full; limits of learning hold."""
    assert "Nothing is learned" in run(root, "furniture", "list")
    found = json.loads(run(root, "learn", "--json"))
    assert (found["block_count"], found["new_count"], found["is_written"]) == (4, 4, True)
    assert "3/3" in run(root, "furniture", "list", "--site", SITE)
    assert "Nothing is learned of other.example" in run(root, "furniture", "list", "--site", "other.example")
    shown = run(root, "furniture", "show", SITE)
    assert f"| {ASKING}" in shown
    assert "on 3 of 3 different articles, 3 pages" in shown
    assert "nothing is learned under" in run(root, "furniture", "show", "nowhere.example", code=Exit.USAGE)
    assert "Nothing changed" in run(root, "learn", "--site", "other.example")
    assert "Nothing changed" in run(root, "learn", "--since", "2030-01-01"), "no pages were read: all of it stays"


def test_without_a_warehouse_the_commands_say_so(tmp_path):
    """Each command fails in one line where there is nothing to learn from."""
    for arguments in (["learn"], ["furniture", "list"], ["furniture", "veto", "abcdef"]):
        assert "no warehouse at" in run(tmp_path / "none", *arguments, code=Exit.FAILED)


def write_pages(folder, numbers):
    folder.mkdir()
    for number in numbers:
        lines = "".join(f"<p>{line}</p>" for line in with_lines(article(number)[1:], 2, BOX))
        url = f"https://weirside.example/{number}"
        html = f"<!doctype html><html lang=en><head><title>Story of number {number}</title><link rel=canonical href={url}></head><body><article>{lines}</article></body></html>"
        (folder / f"{number}.html").write_text(html)
        sidecar = {"url": url, "fetched_at": "2026-11-05T12:00:00Z"}
        (folder / f"{number}.html.meta.json").write_text(json.dumps(sidecar))
    return folder


def test_the_same_furniture_gives_the_same_bytes_in_any_order(tmp_path):
    """Two warehouses that got the same batches in another order, and the same furniture, hold the same files."""
    parts = [write_pages(tmp_path / name, numbers) for name, numbers in (("a", range(3)), ("b", range(3, 6)))]
    one, two = tmp_path / "one", tmp_path / "two"
    ingest(one, *parts)
    run(one, "learn")
    ingest(one, *parts, forced=True)
    ingest(two, *reversed(parts))
    run(two, "learn")
    ingest(two, *reversed(parts))
    files = sorted(path.relative_to(one) for path in (one / "pages").rglob("*.parquet"))
    assert len(files) == 3
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files)
    rows = pq.read_table(one / files[-1], columns=["text", "furniture_version"], partitioning=None).to_pylist()
    assert all(BOX not in row["text"] and row["furniture_version"] for row in rows)
