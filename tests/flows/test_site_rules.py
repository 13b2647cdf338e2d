"""Rules of sites in a run: read from their folder, applied in worker processes, part of what a batch is made by."""

from __future__ import annotations

import json

import pytest

from extractors.records import Removal, rebuild_extracted
from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from flows.site_rules import SiteRulesError, check_site_rules, read_site_rules, site_rules_folder
from warehouse.catalogue import connect_readonly

SITE = "harbourpost.example"
STORY = [
    f"The {word} ferry left the harbour before dawn, as it had on every morning since the war, and most of the town slept on."
    for word in ("first", "second", "third", "fourth", "fifth", "sixth")
]


@pytest.fixture
def folder(tmp_path):
    """Return a folder of rules with one site's file and an imported one of many sites."""
    place = tmp_path / "site_rules"
    (place / "imported").mkdir(parents=True)
    (place / f"{SITE}.toml").write_text('strip = [".tale-box"]\n', encoding="utf-8")
    (place / "imported" / "list.toml").write_text(
        f'[any]\nstrip = [".tide-box"]\n["{SITE}"]\nstrip = [".old-box"]\n', encoding="utf-8"
    )
    return place


@pytest.fixture
def pages(tmp_path):
    """Return a folder with a page of the site."""
    place = tmp_path / "pages"
    place.mkdir()
    body = "".join(f"<p>{line}</p>" for line in STORY)
    boxes = (
        "<div class=tale-box><p>Harbour tales come out each spring.</p></div><p class=tide-box>High water at noon.</p>"
    )
    html = f"<!doctype html><html lang=en><head><title>Ferries</title></head><body><article>{body}{boxes}</article></body></html>"
    (place / "1.html").write_text(html, encoding="utf-8")
    meta = {"url": f"https://{SITE}/1", "fetched_at": "2026-11-05T12:00:00Z"}
    (place / "1.html.meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return place


def ingest(tmp_path, pages, rules, workers=0):
    parameters = IngestParameters(
        sources=[str(pages)],
        warehouse=str(tmp_path / "data"),
        workers=workers,
        site_rules=str(rules) if rules else None,
    )
    report = ingest_inline(parameters, Counting())
    with connect_readonly(parameters.open_warehouse()) as connection:
        cursor = connection.execute(
            "select text, removals, site_rule_lines, rules_version, extracted_chars from page_versions"
        )
        names = [column[0] for column in cursor.description]
        return report, dict(zip(names, cursor.fetchall()[0], strict=True))


def test_own_and_imported_rules_are_read(folder):
    """A site's own file comes before imported ones; the version follows from every file."""
    rules = read_site_rules(folder)
    assert [site.strip for site in rules.sites[SITE]] == [(".tale-box",), (".old-box",)]
    assert rules.sites["any"][0].strip == (".tide-box",)
    (folder / "imported" / "list.toml").write_text("[any]\nstrip = []\n", encoding="utf-8")
    assert read_site_rules(folder).version != rules.version
    assert read_site_rules(None).version is None


def test_an_empty_folder_is_no_version(tmp_path):
    """Without files there are no rules, and rows are what they are without them."""
    assert read_site_rules(tmp_path).version is None


def test_a_missing_folder_is_a_mistake_when_it_was_named(tmp_path, monkeypatch):
    """The folder that was asked for must be there; the usual one need not."""
    monkeypatch.chdir(tmp_path)
    assert site_rules_folder(None) is None
    (tmp_path / "site_rules").mkdir()
    assert site_rules_folder(None) is not None
    with pytest.raises(SiteRulesError, match="no folder of site rules at"):
        site_rules_folder("nowhere")


def test_a_broken_file_stops_the_run_before_it_begins(tmp_path, pages, folder):
    """A rule that cannot be used is named with its file; nothing is landed."""
    (folder / "x.example.toml").write_text('strip = ["..x"]', encoding="utf-8")
    with pytest.raises(SiteRulesError, match=r"x\.example\.toml: strip: '\.\.x'"):
        ingest(tmp_path, pages, folder)
    assert not (tmp_path / "data" / "raw").exists()
    assert check_site_rules(folder)[1][0].startswith("x.example.toml: strip")


def test_an_imported_file_that_went_wrong_is_found_by_the_check(folder):
    """Imported selectors are tried by the check alone: there may be tens of thousands."""
    (folder / "imported" / "list.toml").write_text('[any]\nstrip = ["..x"]\n', encoding="utf-8")
    assert read_site_rules(folder).sites["any"][0].strip == ("..x",)
    assert check_site_rules(folder) == (
        1,
        ["imported/list.toml: any: strip: '..x': Expected ident, got <DELIM '.' at 1>"],
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_rules_cut_and_the_row_tells(tmp_path, pages, folder, workers):
    """In this process and in a worker: what the rules match is in the ledger, and the text is rebuilt from the row."""
    _, row = ingest(tmp_path, pages, folder, workers)
    assert row["text"] == "\n".join(STORY)
    assert [cut["rule_id"].rpartition(".")[0] for cut in row["removals"]] == [f"site.{SITE}", "site.any"]
    assert [line["line"] for line in row["site_rule_lines"]] == [6, 7]
    assert row["rules_version"].endswith(f"+sites-{read_site_rules(folder).version}")
    whole = rebuild_extracted(row["text"], tuple(Removal(**cut) for cut in row["removals"]))
    assert whole.split("\n") == [*STORY, "Harbour tales come out each spring.", "High water at noon."]
    assert len(whole) == row["extracted_chars"]


def test_a_change_of_rules_makes_batches_stale(tmp_path, pages, folder):
    """A batch is left alone while the rules are the same, and judged again when a file changed."""
    assert ingest(tmp_path, pages, folder)[0].written_batch_count == 1
    assert ingest(tmp_path, pages, folder)[0].written_batch_count == 0
    (folder / f"{SITE}.toml").write_text("strip = []\n", encoding="utf-8")
    report, row = ingest(tmp_path, pages, folder)
    assert report.written_batch_count == 1
    assert "Harbour tales" in row["text"]
