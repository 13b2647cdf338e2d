"""`gristmill sources` as a user meets it: the list, mistakes in the file, and checks against a server."""

from __future__ import annotations

import json

import pytest
from discovery_samples import item, rss, urlset
from fetch_server import Answer, FetchServer
from flow_samples import ROOT, call

XML_TYPE = {"Content-Type": "application/xml"}


@pytest.fixture(autouse=True)
def _no_settings_of_a_developer(monkeypatch):
    for name in ("GRISTMILL_SOURCES", "GRISTMILL_CONTACT", "GRISTMILL_ALLOW_NETWORKS"):
        monkeypatch.delenv(name, raising=False)


def write_sources(folder, text):
    """Write a sources file and return its path."""
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_list(capsys):
    """The sources that come with Gristmill are listed, by tag too, for people and as JSON lines."""
    path = ROOT / "seeds" / "sources.toml"
    code, out, err = call(capsys, "sources", "list", "-s", path)
    assert (code, err) == (0, "")
    assert "mongabay-archive" in out
    assert "[off]" in out
    code, out, _ = call(capsys, "sources", "list", "-s", path, "--tag", "science", "--json")
    listed = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert listed
    assert all("science" in source["tags"] for source in listed)


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_mistake_in_the_file(capsys, tmp_path, command):
    """A mistake in the file is one line with its line and key, and exit code 2."""
    path = write_sources(tmp_path, '[[source]]\nname = "a"\nfeds = ["https://a.example/rss"]\n')
    code, out, err = call(capsys, "sources", command, "-s", path)
    assert (code, out) == (2, "")
    assert err == f"Error: {path}:3: source 'a': key feds: there is no such key; is it feeds?\n"


def test_no_file(capsys, tmp_path):
    """A file that is not there is told, with exit code 2."""
    code, _, err = call(capsys, "sources", "list", "-s", tmp_path / "nowhere.toml")
    assert code == 2
    assert "cannot read the sources file" in err


def test_check_asks_for_a_contact(capsys):
    """Nothing is asked of the internet without a contact, and the message says how to give one."""
    code, out, err = call(capsys, "sources", "check", "-s", ROOT / "seeds" / "sources.toml", "lwn")
    assert (code, out) == (2, "")
    assert "--contact" in err
    assert err.count("\n") == 1


def test_check_of_a_source_that_is_none(capsys):
    """A name that is no source is told, with the one that may be meant."""
    code, _, err = call(capsys, "sources", "check", "-s", ROOT / "seeds" / "sources.toml", "lwm")
    assert code == 2
    assert "no source 'lwm'; is it 'lwn'?" in err


def check(capsys, folder, server, *arguments):
    """Check three listings of a server."""
    root = server.url("127.0.0.1", "")
    path = write_sources(
        folder,
        f'[[source]]\nname = "harbour"\nfeeds = ["{root}/rss", "{root}/gone"]\nsitemaps = ["{root}/map.xml"]\n'
        "politeness = { delay_seconds = 0 }\n",
    )
    return call(capsys, "sources", "check", "-s", path, "--allow-network", "127.0.0.0/8", "--delay", "0", *arguments)


def test_check(capsys, tmp_path):
    """Each listing is fetched once and no page; one that does not answer is told, with exit code 3."""
    with FetchServer() as server:
        page = server.url("127.0.0.1", "/story")
        server.routes |= {
            "/rss": Answer(rss(item(page), item(server.url("127.0.0.1", "/"))), headers=XML_TYPE),
            "/map.xml": Answer(b"\n" + urlset(page), headers=XML_TYPE),
        }
        code, out, _ = check(capsys, tmp_path, server)
        assert code == 3
        assert "RSS" in out
        assert "1 of 2" in out
        assert "sitemap, damaged" in out
        assert "404" in next(line for line in out.splitlines() if "/gone: " in line)
        assert "3 listings: 2 answer, 1 do not" in out
        paths = [seen.path for seen in server.log]
        assert sorted(paths) == ["/gone", "/map.xml", "/robots.txt", "/rss"]


def test_check_as_json(capsys, tmp_path):
    """For machines there is one object a listing; when all answer the exit code is 0."""
    with FetchServer() as server:
        page = Answer(rss(item(server.url("127.0.0.1", "/story"))), headers=XML_TYPE)
        server.routes |= {"/rss": page, "/gone": page, "/map.xml": page}
        code, out, err = check(capsys, tmp_path, server, "--json")
        found = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert len(found) == 3
    assert {one["kind"] for one in found} == {"RSS"}
    assert found[0]["newest_at"] == "2026-11-22T09:00:00+00:00"


def test_check_obeys_robots(capsys, tmp_path):
    """A listing that robots.txt forbids is not fetched, not even to check it."""
    with FetchServer() as server:
        server.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /rss\n")
        code, out, _ = check(capsys, tmp_path, server)
        assert code == 3
        assert not server.asked("/rss")
        assert "robots.txt" in out
