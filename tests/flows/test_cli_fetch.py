"""`gristmill fetch` as a user, a log and a scheduler see it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import time

import pytest
from fetch_faults import PAGE as PAGE_BODY
from fetch_samples import SOON, site_server
from fetch_server import Answer
from fetch_world import World, serve, write_sources
from flow_samples import call, command, environment

from flows.fetching.parameters import FetchParameters
from flows.fetching.progress import FetchLines, FetchTerminal, host_line, sum_line
from flows.fetching.report import FetchReport, HostCounts
from flows.fetching.settings import RetryPolicy
from warehouse.fetches import FetchOutcome

FETCH = ("fetch", "--inline", "--delay", 0, "--workers", 0, "--allow-network", "127.0.0.0/8")
PAGE = Answer(PAGE_BODY)
WORLD = World(host_count=3, pages_per_host=6)


@pytest.fixture
def server(tmp_path):
    """Serve a small world, with its sources file in the test's folder."""
    with serve(WORLD) as server:
        write_sources(WORLD, server, tmp_path / "s.toml")
        yield server


def asked(capsys, tmp_path, sql):
    code, out, _ = call(capsys, "sql", sql, "-f", "jsonl", "-w", tmp_path / "data")
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def test_fetch_extract_and_ask(capsys, tmp_path, server):  # noqa: ARG001 - it serves
    """One command fetches and extracts; the summary adds up, and a second run says that all was there."""
    line = (*FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data")
    code, out, _ = call(capsys, *line)
    assert code == 0
    assert out.startswith("18 stored, 3 skipped (")
    assert "18 pages = 18 articles + 0 rejected\n" in out
    assert out.count("\n  mill-") == 3
    assert asked(capsys, tmp_path, "select count(*) as n, count(distinct source) as s from articles") == [
        {"n": 18, "s": 3}
    ]
    code, out, _ = call(capsys, *line)
    assert code == 0
    assert out.startswith("Nothing new (")


def test_no_extract_leaves_it_to_a_later_run(capsys, tmp_path, server):  # noqa: ARG001 - it serves
    """--no-extract only fetches; the next run without it extracts what lies there, and fetches nothing again."""
    line = (*FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data")
    code, out, _ = call(capsys, *line, "--no-extract")
    assert code == 0
    assert "articles" not in out.splitlines()[-2]
    assert asked(capsys, tmp_path, "select count(*) as n from articles") == [{"n": 0}]
    code, out, _ = call(capsys, *line)
    assert code == 0
    assert "18 pages = 18 articles" in out


def test_choosing(capsys, tmp_path, server):  # noqa: ARG001 - it serves
    """Sources by name, URLs by pattern, and a limit."""
    line = (*FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data", "--no-extract")
    code, out, _ = call(capsys, *line, "mill-1", "--include", "part-[0-3]", "--exclude", "part-2", "--limit", 2)
    assert code == 0
    assert out.startswith("2 stored (")
    call(capsys, *line, "mill-1", "--include", "part-[0-3]", "--exclude", "part-2")
    found = asked(capsys, tmp_path, "select regexp_extract(url, 'part-.') as part from fetches order by all")
    assert [row["part"] for row in found] == ["part-0", "part-1", "part-3"]


def test_pages_by_hand(capsys, tmp_path):
    """--url and --urls fetch what they name, and no sources file is needed."""
    with site_server() as server:
        (tmp_path / "list.txt").write_text(f"# mine\n{server.url('127.0.0.1', '/b')}\n\n")
        arguments = ("--url", server.url("127.0.0.1", "/a"), "--urls", tmp_path / "list.txt")
        code, out, _ = call(capsys, *FETCH, *arguments, "-s", tmp_path / "none.toml", "-w", tmp_path / "data")
    assert code == 0
    assert out.startswith("2 stored")
    assert asked(capsys, tmp_path, "select distinct source from articles") == [{"source": "by-hand"}]


def test_failures_are_in_the_summary_and_the_view(capsys, tmp_path, monkeypatch):
    """What failed is counted by class, and the summary says where to look."""
    monkeypatch.setattr(FetchParameters, "retry_policy", lambda _self: SOON)
    with site_server({"/a": Answer(status=404), "/b": Answer(status=503)}) as server:
        urls = [part for path in "abc" for part in ("--url", server.url("127.0.0.1", f"/{path}"))]
        code, out, _ = call(capsys, *FETCH, *urls, "-w", tmp_path / "data")
    assert code == 0
    assert out.startswith("1 stored, 1 failed, 1 given up (")
    assert "Failures: 1 not_found, 1 server_error\n" in out
    assert out.endswith(f'gristmill sql -w {tmp_path / "data"} "from fetch_failures"\n')
    found = asked(capsys, tmp_path, "select failure_class, next_try_at is null as done from fetch_failures order by 1")
    assert found == [{"failure_class": "not_found", "done": True}, {"failure_class": "server_error", "done": False}]


def test_drop(capsys, tmp_path):
    """--drop gives URLs up without a request."""
    with site_server() as server:
        url = server.url("127.0.0.1", "/a")
        code, out, _ = call(capsys, "fetch", "--drop", url, "-w", tmp_path / "data")
        assert (code, out) == (0, "1 URLs given up, 1 of them not known before\n")
        assert server.log == []
    assert asked(capsys, tmp_path, "select outcome, drop_reason from fetch_state") == [
        {"outcome": "dropped", "drop_reason": "user"}
    ]


def test_json_lines(capsys, tmp_path, server):  # noqa: ARG001 - it serves
    """Every line is an object; the sources add up to the summary, the last of them."""
    code, out, err = call(capsys, *FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data", "--json")
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [event["event"] for event in events] == ["batch", "source", "source", "source", "summary"]
    assert sum(event["outcomes"]["stored"] for event in events[1:4]) == events[-1]["outcomes"]["stored"] == 18
    assert events[1]["left_out"]["named before"] == 3


def test_a_dead_source_fails_after_the_rest(capsys, tmp_path, server):  # noqa: ARG001 - it serves
    """A source that does not answer is one line and exit code 3; the others are fetched."""
    with (tmp_path / "s.toml").open("a") as file:
        file.write('\n[[source]]\nname = "dead"\nfeeds = ["http://127.0.0.99:9/feed.xml"]\n')
    code, out, err = call(capsys, *FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data", "--no-extract")
    assert code == 3
    assert err.startswith("! dead http://127.0.0.99:9/feed.xml: ")
    assert err.count("\n") == 1
    assert out.startswith("18 stored")
    assert "Problems: 1 in the sources, listed above" in out


def rss(urls):
    items = "".join(f"<item><title>Salt & flour</title><link>{url}</link></item>" for url in urls)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Mill</title>{items}</channel></rss>'.encode()


def test_damaged_listings_harm_nothing_else(capsys, tmp_path, server):
    """What can be read of a damaged feed or sitemap is fetched; a note fails no run, a lost listing does after the rest."""
    host = WORLD.hosts[0]
    pages = [server.url(host, f"/2026/11/01/salt-and-flour-number-{number}.html") for number in range(4)]
    sitemap = "".join(f"<url><loc>{url}</loc></url>" for url in pages[2:]).encode()
    space = b'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    server.routes[(host, "/damaged.xml")] = Answer(rss(pages[:2]))
    server.routes[(host, "/cut.xml")] = Answer(b"<urlset " + space + b">" + sitemap + b"<url><loc>http://127.0.1.1/ha")
    server.routes[(host, "/moved.xml")] = Answer(b"<!doctype html><html><body>We have moved")
    notes = f"""
[[source]]
name = "damaged"
feeds = ["{server.url(host, "/damaged.xml")}"]
sitemaps = ["{server.url(host, "/cut.xml")}"]
"""
    with (tmp_path / "s.toml").open("a") as file:
        file.write(notes)
    line = (*FETCH, "-s", tmp_path / "s.toml", "-w", tmp_path / "data", "--no-extract")
    code, out, err = call(capsys, *line)
    assert code == 0
    assert out.startswith("22 stored, 3 skipped (")
    assert [part.split(": ")[:2] for part in err.splitlines()] == [
        [f"! damaged {server.url(host, '/damaged.xml')}", "read, but not well-formed (line 1, column 104"],
        [f"! damaged {server.url(host, '/cut.xml')}", "read, but breaks off"],
    ]
    with (tmp_path / "s.toml").open("a") as file:
        file.write(f'\n[[source]]\nname = "moved"\nfeeds = ["{server.url(host, "/moved.xml")}"]\n')
    code, out, err = call(capsys, *line)
    assert code == 3
    assert "! moved" in err
    assert "Problems: 1 in the sources, listed above" in out


def test_a_feed_of_50000_entries(capsys, tmp_path):
    """A feed far beyond the usual is read whole: what is taken of it is fetched, the rest is told by reason."""
    with site_server() as server:
        urls = [
            server.url("127.0.0.1", f"/2026/11/01/one-of-very-many-stories-{number}.html") for number in range(50_000)
        ]
        server.routes["/feed.xml"] = Answer(rss(urls), headers={"Content-Type": "application/rss+xml"})
        (tmp_path / "s.toml").write_text(
            f'[[source]]\nname = "large"\nfeeds = ["{server.url("127.0.0.1", "/feed.xml")}"]'
        )
        line = (
            *FETCH,
            "-s",
            tmp_path / "s.toml",
            "-w",
            tmp_path / "data",
            "--no-extract",
            "--include",
            "-4999[0-9].html",
        )
        code, out, _ = call(capsys, *line)
    assert code == 0
    assert out.startswith("10 stored (")
    assert "  left out: 49990 not included\n" in out
    assert "Left out: 49990 not included\n" in out


def test_a_retry_is_no_failure(capsys, tmp_path, monkeypatch):
    """What a second try of the same run brings is stored; the first try is a retry in the summary, and nothing else."""
    soon = RetryPolicy(base_seconds=0.05)
    monkeypatch.setattr(FetchParameters, "retry_policy", lambda _self: soon)
    answers = iter([Answer(status=503)])
    with site_server({"/a": lambda _seen: next(answers, PAGE)}) as server:
        code, out, _ = call(capsys, *FETCH, "--url", server.url("127.0.0.1", "/a"), "-w", tmp_path / "data")
    assert code == 0
    assert out.startswith("1 stored (")
    assert "Retries:  1\n" in out
    assert "Failures" not in out


def test_a_long_list_from_standard_input(capsys, tmp_path, monkeypatch):
    """- reads the list from standard input; a list goes to the run by its path, however long it is."""
    with site_server() as server:
        urls = "\n".join([server.url("127.0.0.1", "/a"), *(f"http://127.0.0.1:1/{n}" for n in range(20_000))])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(urls.encode())))
        line = (*FETCH, "--urls", "-", "--limit", 1, "-w", tmp_path / "data", "--no-extract")
        code, out, _ = call(capsys, *line)
    assert code == 0
    assert out.startswith("1 stored (")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "https://mill.example/"], "give --contact mailto:"),
        (["--url", "https://mill.example/", "--contact", "me"], "'me' is no contact"),
        (["--url", "https://mill.example/", "--contact", "mailto:a@b.example\r\nX: y"], "is no contact"),
        (["--url", "https://mill.example/", "--allow-network", "home"], "allow_networks"),
        (["--contact", "mailto:a@b.example", "-s", "nowhere.toml"], "cannot read the sources file nowhere.toml"),
        (["-s", "nowhere.toml"], "cannot read the sources file nowhere.toml"),
        (["--allow-network", "127.0.0.0/8", "--urls", "/dev/null"], "there are no URLs in /dev/null"),
        (
            ["--url", "https://mill.example/", "--contact", "mailto:a@b.example", "--include", "("],
            "no regular expression",
        ),
    ],
)
def test_a_mistake_is_one_line(capsys, tmp_path, monkeypatch, arguments, words):
    """What cannot start says so in one line, with exit code 2, and sends nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRISTMILL_CONTACT", raising=False)
    code, out, err = call(capsys, "fetch", "--inline", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_without_a_contact_nothing_public_is_reached(capsys, tmp_path):
    """The setting for tests stands in for a contact on the networks that it names, and on no others."""
    code, out, _ = call(capsys, *FETCH, "--url", "http://93.184.215.14/", "-w", tmp_path / "data", "--no-extract")
    assert code == 0
    assert "Failures: 1 address_refused" in out


def test_private_addresses_are_refused_without_the_setting(capsys, tmp_path, monkeypatch):
    """A user's own machine is no place to fetch from."""
    monkeypatch.delenv("GRISTMILL_ALLOW_NETWORKS", raising=False)
    with site_server() as server:
        code, out, _ = call(capsys, "fetch", "--inline", "--no-extract", "--url", server.url("127.0.0.1", "/a"),
                            "--contact", "mailto:a@b.example", "-w", tmp_path / "data")  # fmt: skip
        assert code == 0
        assert "Failures: 1 address_refused" in out
        assert server.log == []


def test_ctrl_c_keeps_what_came(tmp_path):
    """Ctrl-C in mid-run: exit code 130 and one line; what came has landed, and the next run fetches the rest."""
    with site_server() as server:
        (tmp_path / "list.txt").write_text("\n".join(server.url("127.0.0.1", f"/{n}") for n in range(40)))
        line = command("fetch", "--inline", "--no-extract", "--delay", 0.05, "--urls", tmp_path / "list.txt",
                       "-w", tmp_path / "data", "--allow-network", "127.0.0.0/8")  # fmt: skip
        with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              start_new_session=True) as process:  # fmt: skip
            while process.poll() is None and len(server.log) < 8:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert err.split("\n", 1)[1] == "Stopped. What has landed stays; run the same command again to go on.\n"
        assert list((tmp_path / "data" / ".spool").glob("*.spool")) == []
        assert len(list((tmp_path / "data" / "raw").glob("*/*.parquet"))) == 1


def counts():
    report = FetchReport()
    quay = report.of_host("quay.example")
    quay.outcomes.update({"stored": 118, "failed": 2, "queued": 7})
    quay.waiting_count, quay.pause_seconds, quay.started_at = 40, 0.8, 100.0
    report.of_source("quay").outcomes.update(quay.outcomes)
    return report, quay


def test_a_line_a_host():
    """A host's line has its rate and how long it waits for its next turn; what is left is no attempt."""
    _, quay = counts()
    assert host_line("quay.example", quay, 220.0) == (
        "quay.example  120 done, 2 failed, 1.0/s, 40 waiting, next in 0.8 s"
    )
    assert host_line("new.example", HostCounts(), 1.0) == "new.example  0 done"


def test_the_line_of_sums():
    """The sums of all hosts, without what there is none of."""
    report, _ = counts()
    assert sum_line(report) == "118 stored, 2 failed, 40 waiting at 1 hosts"
    assert sum_line(FetchReport()) == "reading the sources"
    assert report.count(FetchOutcome.QUEUED) == 7


def test_reporters_show_every_host(capsys, monkeypatch):
    """A terminal and a log have a line for each host; a log repeats none that did nothing."""
    report, quay = counts()
    terminal = FetchTerminal()
    terminal.fetching(report)
    terminal.close()
    lines = FetchLines()
    for now in (11, 12, 30):
        monkeypatch.setattr("flows.fetching.progress.time.monotonic", lambda now=now: lines._told_at + now)
        lines.fetching(report)
    quay.outcomes["stored"] += 1
    monkeypatch.setattr("flows.fetching.progress.time.monotonic", lambda: 1e9)
    lines.fetching(report)
    err = capsys.readouterr().err
    assert err.count("quay.example  120 done") == 1
    assert err.count("quay.example  121 done") == 1
