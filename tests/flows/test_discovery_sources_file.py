"""The sources file: what is read, how mistakes are told, and that the one in the repository is whole."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flow_samples import ROOT

from flows.discovery.sources_file import SourcesFileError, parse_sources, read_sources_file
from flows.discovery.toml_lines import line_of

HERE = Path("here/sources.toml")
GOOD = """\
contact = "mailto:desk@harbourpost.example"

[[source]]
name = "harbour-post"   # [[source]]
homepage = "https://www.harbourpost.example/"
language = "en-GB"
feeds = [
    "https://www.harbourpost.example/rss",   # the main one
    'https://www.harbourpost.example/atom',
]
url_lists = ["lists/ours.txt", "https://www.harbourpost.example/list.txt"]
politeness = { delay_seconds = 5, concurrency = 2 }

[[source]]
name = "mill-weekly"
title = '''The
Mill [Weekly]'''
homepage = "https://mill.example"
is_enabled = false
tags = ["science"]
sitemaps_from_robots = true
sites = ["Mill.example", "m\u00fchle.example"]
exclude = ['\\.pdf$']
[source.politeness]
honours_opt_out = true
"""


def test_reading():
    """Every key is read; paths of lists get the folder of the file, web addresses stay, hosts become canonical."""
    file = parse_sources(GOOD, HERE)
    first, second = file.sources
    assert file.contact == "mailto:desk@harbourpost.example"
    assert first.url_lists == ("here/lists/ours.txt", "https://www.harbourpost.example/list.txt")
    assert first.listing_urls == (*first.feeds, "https://www.harbourpost.example/list.txt")
    assert (first.politeness.delay_seconds, first.politeness.honours_opt_out) == (5, None)
    assert second.sites == ("mill.example", "xn--mhle-0ra.example")
    assert second.politeness.honours_opt_out is True


def test_choosing():
    """Without names the enabled sources are meant; a name means a source though it is not enabled."""
    file = parse_sources(GOOD, HERE)
    assert [source.name for source in file.choose()] == ["harbour-post"]
    assert [source.name for source in file.choose(["mill-weekly"])] == ["mill-weekly"]
    assert file.choose(tags=["science"]) == ()
    assert [source.name for source in file.choose(["mill-weekly", "harbour-post"], ["science"])] == ["mill-weekly"]
    with pytest.raises(SourcesFileError, match=r"no source .mill-weakly.; is it .mill-weekly.\?"):
        file.choose(["mill-weakly"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('language = "en-GB"', 'langauge = "en-GB"', ":6: source 'harbour-post': key langauge: there is no such key; is it language?"),
        ('language = "en-GB"', 'language = "English"', ":6: source 'harbour-post': key language: String should match"),
        ("https://www.harbourpost.example/atom", "htps://www.harbourpost.example/atom", ":9: source 'harbour-post': key feeds[1]: 'htps://www.harbourpost.example/atom' is no web address"),
        ("delay_seconds = 5", "delay_seconds = -5", ":12: source 'harbour-post': key politeness.delay_seconds: Input should be greater"),
        ("delay_seconds = 5", "pause = 5", ":12: source 'harbour-post': key politeness.pause: there is no such key"),
        ('name = "mill-weekly"', 'name = "harbour-post"', ":15: key name: there is a source 'harbour-post' before this one"),
        ('name = "mill-weekly"', 'name = "Mill Weekly"', ":15: source 'Mill Weekly': key name: String should match"),
        ('name = "mill-weekly"\n', "", ":14: source number 2: key name: is missing"),
        ("honours_opt_out = true", 'honours_opt_out = "perhaps"', ":25: source 'mill-weekly': key politeness.honours_opt_out: Input should be a valid boolean"),
        ('homepage = "https://mill.example"\n', "", ":14: source 'mill-weekly': sitemaps_from_robots needs a homepage"),
        ("sitemaps_from_robots = true\n", "", ":14: source 'mill-weekly': lists no pages: give it feeds"),
        (r"['\.pdf$']", r"['\.pdf$', '(']", ":23: source 'mill-weekly': key exclude[1]: '(' is no regular expression"),
        ('"Mill.example"', '"https://mill.example/"', ":22: source 'mill-weekly': key sites[0]: 'https://mill.example/' is no host name"),
        ("mailto:desk@harbourpost.example", "desk", ":1: key contact: 'desk' is no web address"),
        ('contact = "mailto:desk@harbourpost.example"', "sauce = 3", ":1: key sauce: there is no such key; is it source?"),
        ("concurrency = 2 }", "concurrency = 2", " no TOML:"),
        ('[[source]]\nname = "mill-weekly"', "[[source]]\nname = ", "(at line 15, column"),
    ],
)  # fmt: skip
def test_mistakes_name_line_and_key(old, new, message):
    """Each mistake is one line that names the file, the line in it, the source and the key, and says what is wrong."""
    assert old in GOOD
    with pytest.raises(SourcesFileError) as raised:
        parse_sources(GOOD.replace(old, new, 1), HERE)
    told = str(raised.value)
    assert told.startswith("here/sources.toml:")
    assert message in told
    assert "\n" not in told


def test_several_mistakes():
    """Of several mistakes the first is told, with how many more there are."""
    text = GOOD.replace("delay_seconds = 5", "delay_seconds = -5").replace("name =", "nom =")
    with pytest.raises(SourcesFileError, match=r"\(and 4 more\)$"):
        parse_sources(text, HERE)


def test_a_file_that_cannot_be_read(tmp_path):
    """A file that is not there, or not UTF-8, is told."""
    with pytest.raises(SourcesFileError, match=r"cannot read the sources file .*nowhere\.toml: No such file"):
        read_sources_file(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b'# caf\xe9\ncontact = "x"')
    with pytest.raises(SourcesFileError, match="it is not UTF-8"):
        read_sources_file(tmp_path / "latin.toml")


def test_lines_of_values():
    """A value's line is found past comments, multi-line strings, arrays and brackets inside strings."""
    assert line_of(GOOD, ()) == 1
    assert line_of(GOOD, ("source", 1, "title")) == 16
    assert line_of(GOOD, ("source", 1, "homepage")) == 18
    assert line_of(GOOD, ("source", 0, "feeds", 0)) == 8
    assert line_of(GOOD, ("source", 1, "politeness", "honours_opt_out")) == 25
    assert line_of(GOOD, ("source", 1, "nothing", 3)) == 14


def test_the_sources_of_the_repository():
    """The sources that come with Gristmill are whole: https only, each with feeds or sitemaps, a language and sites."""
    file = read_sources_file(ROOT / "seeds" / "sources.toml")
    assert len(file.sources) > 30
    assert len({source.language for source in file.sources}) > 10
    assert file.contact is None
    for source in file.sources:
        assert source.language
        assert source.sites
        assert source.title
        assert source.tags
        assert all(urlsplit(url).scheme == "https" for url in (*source.listing_urls, source.homepage))
