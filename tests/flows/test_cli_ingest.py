"""`gristmill ingest` as a user, a log and a scheduler see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest
from flow_samples import call, command, environment, hashes, html_page, write_corpus

INLINE = ("ingest", "--inline", "--workers", 0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Write ten pages, one of them empty."""
    return write_corpus(tmp_path_factory.mktemp("cli") / "corpus", 10, days=1, empty=4)


def test_summary(capsys, corpus, tmp_path):
    """The summary adds up, says what was removed and what to do next; a second run says that all was there."""
    where = tmp_path / "with space"
    code, out, err = call(capsys, *INLINE, corpus, "-w", where)
    assert (code, err) == (0, "")
    assert out.startswith("10 pages = 9 articles + 1 rejected, in ")
    assert "1 batches: 1 written, 0 already up to date\n" in out
    assert "Rejected: 1 empty\n" in out
    assert "9 newsletter" in out
    assert f"gristmill sql -w '{where}'" in out
    code, out, _ = call(capsys, *INLINE, corpus, "-w", where)
    assert code == 0
    assert "1 batches: 0 written, 1 already up to date\n" in out


@pytest.mark.parametrize(("share", "code"), [("5%", 1), ("0.05", 1), ("10%", 0), ("0", 1), ("100%", 0)])
def test_rejected_share_is_an_exit_code(capsys, corpus, tmp_path, share, code):
    """More rejections than allowed: exit code 1 after the whole run, with one line."""
    found, out, err = call(capsys, *INLINE, corpus, "-w", tmp_path, "--max-rejected", share)
    assert found == code
    assert out.startswith("10 pages")
    assert err.count("\n") == code
    assert ("10.0% of the pages were rejected" in err) == bool(code)


def test_json_lines(capsys, corpus, tmp_path):
    """Every line is an object, the last is the summary, and it is the sum of the batches."""
    code, out, err = call(capsys, *INLINE, corpus, "-w", tmp_path, "--json", "--batch-pages", 4)
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [event["event"] for event in events] == ["batch", "batch", "batch", "summary"]
    summary = events.pop()
    for name in ("page_count", "article_count"):
        assert summary[name] == sum(event[name] for event in events)
    assert summary["page_count"] == summary["article_count"] + sum(summary["rejected"].values()) == 10
    assert summary["removed"]["newsletter"] == sum(event["removed"]["newsletter"] for event in events)
    assert summary["batch_count"] == summary["written_batch_count"] == 3


def test_an_unknown_source_is_one_line(capsys, tmp_path):
    """A source that is not there: exit code 3 and one line, no warehouse summary."""
    code, out, err = call(capsys, *INLINE, tmp_path / "nowhere", "-w", tmp_path / "data")
    assert (code, out) == (3, "")
    assert err == f"Error: {tmp_path / 'nowhere'} does not exist: check the path\n"


def test_a_broken_source_fails_after_the_rest_has_landed(capsys, corpus, tmp_path):
    """One source of two is missing: the other lands, the problem is printed, and the exit code is 3."""
    code, out, err = call(capsys, *INLINE, tmp_path / "nowhere", corpus, "-w", tmp_path / "data")
    assert code == 3
    assert err == f"! {tmp_path / 'nowhere'} does not exist: check the path\n"
    assert out.startswith("10 pages = 9 articles")
    assert "Problems: 1 in the sources, listed above" in out


def test_problems_are_json_too(capsys, corpus, tmp_path):
    """A machine reads problems from the same stream, and their count in the summary."""
    code, out, _ = call(capsys, *INLINE, tmp_path / "nowhere", corpus, "-w", tmp_path / "data", "--json")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 3
    assert [event["event"] for event in events] == ["problem", "batch", "summary"]
    assert "does not exist" in events[0]["message"]
    assert events[-1]["problem_count"] == 1


def test_a_disk_that_refuses_is_one_line(capsys, corpus, tmp_path):
    """A warehouse that cannot be written: exit code 3 and one line that names the place."""
    (tmp_path / "data").write_text("no folder")
    code, out, err = call(capsys, *INLINE, corpus, "-w", tmp_path / "data")
    assert (code, out) == (3, "")
    assert err.startswith("Error: cannot ")
    assert str(tmp_path / "data") in err
    assert err.count("\n") == 1


def test_the_warehouse_of_the_environment(capsys, corpus, tmp_path, monkeypatch):
    """GRISTMILL_WAREHOUSE stands in for --warehouse, and the option wins over it."""
    monkeypatch.setenv("GRISTMILL_WAREHOUSE", str(tmp_path / "from-env"))
    assert call(capsys, *INLINE, corpus)[0] == 0
    assert (tmp_path / "from-env" / "pages").is_dir()
    assert call(capsys, *INLINE, corpus, "-w", tmp_path / "named")[0] == 0
    assert hashes(tmp_path / "named") == hashes(tmp_path / "from-env")


def test_label_base_url_and_comments_reach_the_rows(capsys, tmp_path):
    """Options of the source are seen in the rows."""
    (tmp_path / "in").mkdir()
    page = html_page("x").replace('<link rel=canonical href="https://mill.example/x">', "")
    (tmp_path / "in" / "a.html").write_text(page)
    arguments = ("--label", "My crawl", "--base-url", "https://base.example/", "-w", tmp_path / "data")
    assert call(capsys, *INLINE, tmp_path / "in", *arguments)[0] == 0
    _, out, _ = call(capsys, "sql", "select source, url from articles", "-f", "jsonl", "-w", tmp_path / "data")
    assert json.loads(out) == {"source": "My crawl", "url": "https://base.example/a.html"}


def test_ctrl_c_stops_at_once_and_is_made_good(tmp_path):
    """Ctrl-C in mid-run: exit code 130, one line, no traceback; the next run completes the warehouse."""
    corpus = write_corpus(tmp_path / "corpus", 400)
    line = command("ingest", "--inline", corpus, "-w", tmp_path / "data", "--workers", 2, "--batch-pages", 20)
    with subprocess.Popen(
        line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while process.poll() is None and len(list((tmp_path / "data").glob("pages/*2026*/*.parquet"))) < 2:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    said = [line for line in err.splitlines() if line and " pages, " not in line]
    assert said == ["Stopped. What has landed stays; run the same command again to go on."]
    landed = hashes(tmp_path / "data")
    again = subprocess.run(line, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 0
    assert again.stdout.startswith("400 pages = 400 articles")
    assert landed.items() < hashes(tmp_path / "data").items()
