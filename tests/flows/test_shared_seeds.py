"""The article that made Gristmill necessary, and the clean wire story on the same event, to the letter."""

from pathlib import Path

import pytest

from extractors.records import Kind, Removal, rebuild_extracted
from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from warehouse.catalogue import connect_readonly

SHARED = Path(__file__).resolve().parents[3] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/seeds is not beside the repository")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Ingest both texts and return their rows by file name."""
    parameters = IngestParameters(sources=[str(SHARED)], warehouse=str(tmp_path_factory.mktemp("seeds") / "data"))
    report = ingest_inline(parameters, Counting())
    assert (report.page_count, report.article_count) == (2, 2)
    with connect_readonly(parameters.open_warehouse()) as connection:
        found = connection.execute("select locator, text, removals from articles").fetchall()
    return {
        locator: (text, tuple(Removal(**cut | {"kind": Kind(cut["kind"])}) for cut in cuts))
        for locator, text, cuts in found
    }


def test_wire_story_is_unchanged(rows):
    """Nothing of the wire story goes."""
    text, removals = rows["000_ce1b6fd65887bbb8.txt"]
    assert text == (SHARED / "000_ce1b6fd65887bbb8.txt").read_text(encoding="utf-8")
    assert removals == ()


def test_glued_dump_is_clean(rows):
    """Appeal and prompts go, each with its rule; every sentence of the story stays to the letter."""
    source = (SHARED / "002_257f399ba49657b1.txt").read_text(encoding="utf-8")
    text, removals = rows["002_257f399ba49657b1.txt"]
    lines, kept = source.split("\n"), text.split("\n")
    story_first = "A wave of Russian air strikes in western Syria on Wednesday was being accompanied"
    assert kept[:2] == lines[:2]
    assert kept[2].startswith(story_first)
    end = next(number for number, line in enumerate(lines) if line.startswith("This article will be"))
    start = next(number for number, line in enumerate(lines) if story_first in line)
    assert kept[2:] == [lines[start][lines[start].index(story_first) :], *lines[start + 1 : end]]
    for word in ("support", "donation", "Subscribe", "bookmark", "commenting forum", "Comments", "paywalls"):
        assert word not in text
    assert all(removal.rule_id and removal.reason for removal in removals)
    assert {"donation", "subscribe", "comments"} <= {removal.kind for removal in removals}
    assert rebuild_extracted(text, removals) == source
