"""`gristmill explain`: finding the page that is meant, and showing what was cut."""

from __future__ import annotations

import json

import pytest
from flow_samples import call, environment, html_page, run, write_corpus

APPEAL = "Sign up for our newsletter and get the best stories in your inbox."


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ingest pages of which two share a word of the title, and one is empty; the warehouse's folder."""
    base = tmp_path_factory.mktemp("explain")
    corpus = write_corpus(base / "corpus", 12, days=1, empty=2)
    (corpus / "lonely.html").write_text(html_page("one of its kind"), encoding="utf-8")
    done = run("ingest", "--inline", corpus, "-w", base / "data", "--workers", 0)
    assert done.returncode == 0, done.stderr
    return base / "data"


def shown(capsys, data, *arguments):
    code, out, err = call(capsys, "explain", "-w", data, *arguments)
    assert (code, err) == (0, "")
    return out


def page_id(capsys, data, where):
    _, out, _ = call(capsys, "sql", f"select page_id from page_versions where {where}", "-f", "csv", "-w", data)
    return out.splitlines()[1]


def test_by_every_name(capsys, data):
    """A page is found by URL, page_id, the beginning of one, a part of its title, and its file."""
    known = page_id(capsys, data, "url = 'https://mill.example/3'")
    whole = shown(capsys, data, "https://mill.example/3")
    assert "The mill, part 3" in whole
    names = ("https://mill.example/3/", known, known[:8], "MILL, PART 3", "page-003.html", "corpus/page-003.html")
    for name in names:
        assert shown(capsys, data, name) == whole, name


def test_cuts_in_place_and_in_the_ledger(capsys, data):
    """The text comes with its cuts marked and numbered, and a line for each with its rule; --ledger gives the lines."""
    out = shown(capsys, data, "one of its kind")
    assert f"newsletter: {APPEAL}" in out
    assert "newsletter" in out.splitlines()[-1]
    assert "en.newsletter." in out.splitlines()[-1]
    ledger = shown(capsys, data, "one of its kind", "--ledger")
    assert APPEAL not in ledger
    assert ledger.splitlines()[-1] == out.splitlines()[-1]


def test_no_colour_when_piped(capsys, data):
    """A pipe gets no escape codes unless it asks for them, and NO_COLOR takes the colour from a terminal's."""
    assert "\x1b" not in shown(capsys, data, "page-003.html")
    assert "\x1b" not in shown(capsys, data, "page-003.html", "--no-color")
    assert "\x1b[" in shown(capsys, data, "page-003.html", "--color")
    done = run("explain", "page-003.html", "-w", data, env=environment(NO_COLOR="1", FORCE_COLOR="1"))
    assert not any(f"\x1b[{code}m" in done.stdout for code in range(30, 38))


def test_a_rejected_page_says_why(capsys, data):
    """A page without an article is explained too: its reason stands in the head."""
    out = shown(capsys, data, "page-002.html")
    assert "REJECTED: empty (0 bytes" in out


def test_nothing_found_is_one_line(capsys, data):
    """A page that is not there: exit code 2 and one line."""
    code, out, err = call(capsys, "explain", "https://nowhere.example/", "-w", data)
    assert (code, out) == (2, "")
    assert err.startswith("Error: no page with the URL")
    assert err.count("\n") == 1


def test_several_found_are_listed(capsys, data):
    """A name that fits several pages: exit code 2, and the pages to choose from with their ids."""
    code, out, err = call(capsys, "explain", "the mill, part 1", "-w", data)
    assert (code, out) == (2, "")
    first, *pages = err.splitlines()
    assert first == "Error: several pages match; name one:"
    assert {line.split()[1] for line in pages} == {f"https://mill.example/{number}" for number in (1, 10, 11)}
    for line in pages:
        assert line.split()[1] in shown(capsys, data, line.split()[0])


def test_long_lists_are_cut(capsys, tmp_path):
    """More pages than a screen holds are not listed, and the list says that there are more."""
    rows = [{"html": html_page(number), "url": f"https://mill.example/{number}"} for number in range(22)]
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    call(capsys, "ingest", "--inline", tmp_path / "many.jsonl", "-w", tmp_path / "data", "--workers", 0)
    _, _, err = call(capsys, "explain", "the mill", "-w", tmp_path / "data")
    assert err.count("\n") == 22
    assert err.endswith("  ... and more\n")
