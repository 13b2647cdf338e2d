"""`gristmill rules`: importing, checking, and the report of what each rule removed and which look stale."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from extractors.sites.selectors import rule_id_of
from flows.cli import gristmill
from flows.exits import Exit
from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from flows.rule_report import Doubt, Origin, doubt_of, origin_of
from warehouse.rule_report import PageCount, SiteRuleCount

SITE = "harbourpost.example"
WORDS = ["first", "second", "third", "fourth", "fifth", "sixth"]


def run(*arguments, code=Exit.DONE):
    """Run the command in this process and return what it prints."""
    result = CliRunner().invoke(gristmill, ["rules", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def write_page(folder, number, day, extra):
    lines = [
        f"The {word} ferry of day {number} left before dawn, as it had on every morning since the war."
        for word in WORDS
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    html = f"<html lang=en><head><title>Ferries {number}</title></head><body><article>{body}{extra}</article></body></html>"
    (folder / f"{number}.html").write_text(html, encoding="utf-8")
    meta = {"url": f"https://www.{SITE}/{number}", "fetched_at": f"2026-{day}T12:00:00Z"}
    (folder / f"{number}.html.meta.json").write_text(json.dumps(meta), encoding="utf-8")


RULES = """
strip = [".tale-box", ".gone-box", ".empty-box", "//article/p"]
body = ["article"]
[[line]]
id = "desk"
reason = "how to reach the desk"
labels = ["Call the desk"]
"""


@pytest.fixture
def place(tmp_path):
    """Return a folder with rules of sites and a warehouse: six pages of October with a box, six of November without."""
    (tmp_path / "site_rules").mkdir()
    (tmp_path / "site_rules" / f"{SITE}.toml").write_text(RULES, encoding="utf-8")
    (tmp_path / "site_rules" / "quiet.example.toml").write_text('strip = [".x"]', encoding="utf-8")
    pages = tmp_path / "pages"
    pages.mkdir()
    box = "<div class=tale-box>Harbour tales come out each spring.</div>"
    empty = "<div class=empty-box><img src=a.png></div>"
    for number in range(6):
        write_page(pages, number, f"10-0{number + 1}", box)
        write_page(pages, number + 6, f"11-0{number + 1}", f"{empty}<p>Call the desk</p>")
    parameters = IngestParameters(
        sources=[str(pages)], warehouse=str(tmp_path / "data"), workers=0, site_rules=str(tmp_path / "site_rules")
    )
    ingest_inline(parameters, Counting())
    return tmp_path


def report(place, *arguments, code=Exit.DONE):
    return run("report", "-w", place / "data", "--site-rules", place / "site_rules", *arguments, code=code)


def test_the_report_says_what_each_rule_did(place):
    """Cuts, pages, sites, characters and a sample of each rule; and of rules of sites what looks stale, and why."""
    lines = [json.loads(line) for line in report(place, "--json", "--rule", "site.*").splitlines()]
    found = {line["rule_id"]: line for line in lines}
    tales = found[rule_id_of(SITE, ".tale-box")]
    assert (tales["cut_count"], tales["page_count"], tales["site_count"]) == (6, 6, 1)
    assert tales["sample"] == "Harbour tales come out each spring."
    assert tales["removed_chars"] == 6 * len("\nHarbour tales come out each spring.")
    doubts = {rule_id.removeprefix(f"site.{SITE}."): line["doubt"] for rule_id, line in found.items()}
    ids = {
        name: rule_id_of(SITE, name).removeprefix(f"site.{SITE}.") for name in (".tale-box", ".gone-box", ".empty-box")
    }
    assert doubts == {
        ids[".tale-box"]: "matched nothing",
        ids[".gone-box"]: "matched nothing",
        ids[".empty-box"]: "matched no text of the article",
        rule_id_of(SITE, "//article/p").removeprefix(f"site.{SITE}."): "stopped by the text-loss guard",
        "body": None,
        "desk": None,
        rule_id_of("quiet.example", ".x"): "no pages of it yet",
    }
    assert found[rule_id_of(SITE, "//article/p")]["cut_count"] == 0
    assert found[rule_id_of(SITE, "//article/p")]["recent_stop_count"] == 6


def test_the_report_in_words(place, monkeypatch):
    """The table names the rules and what looks stale; days, dates and names narrow it."""
    monkeypatch.setenv("COLUMNS", "140")
    text = report(place)
    assert "Harbour tales come out" in text
    assert "look stale" in text
    assert "stopped by the text-loss guard" in text
    assert "1 rules of sites were not tried yet" in text
    assert "None of 1 rules of sites looks stale." in report(
        place, "--rule", f"{rule_id_of(SITE, '.tale-box')}", "--days", "90"
    )
    since = report(place, "--since", "2026-11-01", "--rule", f"site.{SITE}.*")
    assert "Harbour tales" not in since
    assert "Call the desk" in since
    assert "No rule cut anything here." in report(place, "--rule", "furniture.*")


def test_a_wiped_page_is_whole(place):
    """The rule that would wipe every page took nothing from any."""
    result = CliRunner().invoke(
        gristmill,
        ["sql", "-w", str(place / "data"), "-f", "csv", "select min(kept_chars) > 400, count(*) from articles"],
    )
    assert result.output.splitlines()[1] == "true,12"


def test_unused_rules_that_ship_are_listed_when_asked_for(place):
    """Rules that ship and cut nothing are listed only with --unused."""
    assert "rules that ship cut nothing" not in report(place)
    listed = report(place, "--unused", "--rule", "en.donation.*")
    assert "rules that ship cut nothing" in listed
    assert "  en.donation." in listed
    lines = report(place, "--unused", "--json", "--rule", "en.donation.*").splitlines()
    assert {json.loads(line)["cut_count"] for line in lines} == {0}


def test_rules_that_changed_are_untried(place):
    """After a change nothing is held against a rule until pages were judged by it."""
    (place / "site_rules" / f"{SITE}.toml").write_text('strip = [".new-box"]', encoding="utf-8")
    assert "2 rules of sites were not tried yet" in report(place)


def test_without_a_warehouse_the_report_says_so(tmp_path):
    """There is one line, and the exit code of a failed run."""
    assert "no warehouse at" in run("report", "-w", tmp_path / "none", code=Exit.FAILED)


@pytest.mark.parametrize(
    ("pages", "count", "doubt"),
    [
        ((0, 0), ((0, 0), (0, 0), (0, 0)), Doubt.UNTRIED),
        ((0, 9), ((0, 0), (0, 0), (0, 0)), None),
        ((9, 0), ((0, 0), (0, 0), (0, 0)), Doubt.MATCHED_NOTHING),
        ((9, 0), ((9, 0), (0, 0), (0, 0)), Doubt.NO_TEXT),
        ((9, 0), ((9, 0), (8, 0), (1, 0)), Doubt.STOPPED),
        ((10, 10), ((10, 10), (4, 10), (0, 0)), Doubt.FALLEN),
        ((10, 10), ((10, 10), (5, 10), (0, 0)), None),
        ((4, 10), ((4, 10), (1, 10), (0, 0)), None),
        ((9, 9), ((9, 9), (9, 9), (0, 3)), None),
    ],
)
def test_what_is_held_against_a_rule(pages, count, doubt):
    """Each doubt has its case, and without enough pages there is none."""
    found = SiteRuleCount(*(PageCount(*pair) for pair in count))
    assert doubt_of(PageCount(*pages), found) is doubt


def test_where_rules_come_from():
    """The id of a rule tells its origin."""
    assert origin_of("site.a.example.1234") is Origin.SITE
    assert origin_of("furniture.0123abcd") is Origin.FURNITURE
    assert origin_of("en.donation.x") is Origin.PACKAGED


def test_patterns_are_imported(tmp_path):
    """A folder of patterns becomes one file of rules, with counts of what was left out; again gives the same."""
    source = tmp_path / "patterns"
    source.mkdir()
    (source / f"{SITE}.txt").write_text("body: //div[@id='a']\nstrip: //div[\ntidy: no\n", encoding="utf-8")
    (source / "www.weirside.example.txt").write_text("strip_id_or_class: share\n", encoding="utf-8")
    (source / "global.txt").write_text("strip: //nav\n", encoding="utf-8")
    (source / "LICENSE.txt").write_text("Anybody may use this.\n", encoding="utf-8")
    (source / "README.md").write_text("Patterns.\n", encoding="utf-8")
    out = tmp_path / "rules"
    text = run("import", source, "-o", out)
    assert "2 selectors of 2 sites" in text
    assert "1  selector is not understood" in text
    assert "1  setting of another engine" in text
    assert "1  file is not named after a host" in text
    written = (out / "imported" / "patterns.toml").read_text(encoding="utf-8")
    assert f'["{SITE}"]' in written
    run("import", source, "-o", out)
    assert (out / "imported" / "patterns.toml").read_text(encoding="utf-8") == written
    assert [path.name for path in (out / "imported").iterdir()] == ["patterns.toml"]
    assert run("check", out) == "Rules of 2 sites, all well.\n"


def test_one_file_is_imported(tmp_path):
    """A filter list, or the patterns of one site, may be named by itself; another file is refused."""
    filters = tmp_path / "mine.txt"
    filters.write_text(f"! Title: mine\n{SITE}##.promo\n##.box\n||ads.example^\n", encoding="utf-8")
    found = json.loads(run("import", filters, "-o", tmp_path / "rules", "--json"))
    assert (found["site_count"], found["selector_count"], found["ignored"]) == (2, 2, {"network filter": 1})
    patterns = tmp_path / f"{SITE}.txt"
    patterns.write_text("title: //h1\n", encoding="utf-8")
    assert "1 selectors of 1 sites" in run("import", patterns, "-o", tmp_path / "rules")
    prose = tmp_path / "notes.txt"
    prose.write_text("Nothing of the kind.\n", encoding="utf-8")
    assert "holds neither" in run("import", prose, "-o", tmp_path / "rules", code=Exit.USAGE)
    assert "Rules of 2 sites" in run("check", tmp_path / "rules")


def test_the_check_names_every_problem(tmp_path):
    """Each file that cannot be used is named, and each example that does not hold; the exit code says so."""
    (tmp_path / "a.example.toml").write_text('strip = ["..x"]', encoding="utf-8")
    (tmp_path / "b.example.toml").write_text(
        '[[line]]\nid = "a"\nreason = "b"\nlabels = ["Call"]\nmust_keep = ["Call"]', encoding="utf-8"
    )
    (tmp_path / "c.example.toml").write_text('strip = [".fine"]', encoding="utf-8")
    text = run("check", tmp_path, code=Exit.USAGE)
    assert "a.example.toml: strip: '..x'" in text
    assert "b.example.toml: site.b.example.a: must_keep is seen: 'Call'" in text
    assert "2 problems" in text
    assert "no folder of site rules" in run("check", tmp_path / "none", code=Exit.USAGE)
