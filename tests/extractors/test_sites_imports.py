"""Others' formats as rules of sites: what is taken over, and that all else is counted."""

from __future__ import annotations

from collections import Counter

import pytest
from lxml.html import document_fromstring

from extractors.sites.filters import is_filter_list, parse_filter_list
from extractors.sites.ftr import domain_of_file, is_ftr_config, parse_ftr
from extractors.sites.imports import Imported, merge_imported
from extractors.sites.records import SiteRules
from extractors.sites.selectors import select

PATTERNS = """
# patterns for an invented paper
title: //h1[@class='head']
body: //div[@id = 'story']
body: //div[@id='old-story']
author: substring-after(//p[@class='by'], 'By ')
date: //time/@datetime
strip: //div[@class='promo']
strip: //div[
strip_id_or_class: sharebar
strip_id_or_class: "it's"
strip_image_src: /pixel/
prune: no
tidy: no
find_string: <div class="lazy">
replace_string: <p>
find_string: <p>Give today</p>
replace_string: <p></p>
replace_string(<noscript>): <div>
single_page_link: //a[@class='all']
next_page_link: //a[@rel='next']
test_url: https://harbourpost.example/1
body:
shout: loud
no directive at all
"""


def test_patterns_become_rules():
    """Selectors and harmless replacements are taken over; each line that is not has its reason counted."""
    (site,), ignored = (found := parse_ftr("harbourpost.example", PATTERNS)).sites, found.ignored
    assert site.title == ("//h1[@class='head']",)
    assert site.body == ("//div[@id = 'story']", "//div[@id='old-story']")
    assert site.author == ("(substring-after(//p[@class='by'], 'By '))",)
    assert site.date == ("//time/@datetime",)
    assert site.strip[0] == "//div[@class='promo']"
    assert site.replace == (('<div class="lazy">', "<p>"), ("<noscript>", "<div>"))
    assert ignored == {
        "selector is not understood": 1,
        "images: only text is kept": 1,
        "setting of another engine": 2,
        "replacement changes text, which no ledger would show": 1,
        "fetching: pages are taken as they come": 2,
        "test": 1,
        "directive without a value": 2,
        "directive is not known": 1,
    }
    assert found.selector_count == 8


def test_a_part_of_a_class_is_stripped():
    """`strip_id_or_class` finds elements by a part of class or id, quotes in it or not."""
    (site,) = parse_ftr("x.example", 'strip_id_or_class: sharebar\nstrip_id_or_class: "it\'s"').sites
    page = document_fromstring(
        "<body><p class='top-sharebar x'>a</p><p id=sharebar2>b</p><p class=\"it's\">c</p><p>d</p>"
    )
    found = [element.text for selector in site.strip for element in select(page, selector)]
    assert found == ["a", "b", "c"]


def test_a_file_of_nothing_gives_no_site():
    """A file whose lines are all left out names no site, and its lines are counted."""
    found = parse_ftr("x.example", "prune: no\ntest_url: https://x.example/1\nfind_string: <p>")
    assert found.sites == ()
    assert found.ignored == {
        "setting of another engine": 1, "test": 1, "find_string without replace_string": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("harbourpost.example.txt", "harbourpost.example"),
        ("www.Harbourpost.example.txt", "harbourpost.example"),
        (".blogs.example.txt", "blogs.example"),
        ("fingerprints.txt", None),
        ("README.md.txt.bak", "readme.md.txt.bak"),
        ("a b.example.txt", None),
    ],
)
def test_a_file_is_named_after_a_host(name, domain):
    """The domain is the file's name; a name without a dot is no host."""
    assert domain_of_file(name) == domain


def test_formats_are_told_apart():
    """Patterns and filter lists are known by what they hold; prose is neither."""
    assert is_ftr_config(PATTERNS)
    assert not is_filter_list(PATTERNS)
    assert is_filter_list("! Title: mine\n||ads.example^")
    assert is_filter_list("example.com##.x")
    assert not is_ftr_config("example.com##.x")
    assert not is_filter_list("A heading\n## Another heading\nNotes: none.")
    assert not is_ftr_config("A heading\n## Another heading\nNotes: none.")


LIST = """[Adblock Plus 2.0]
! Title: mine
##.promo-box
###sponsor
harbourpost.example,www.weirside.example##.support
~quiet.example##.bar
harbourpost.example#@#.promo-box
#@#.never
a.example,~b.a.example##.x
||ads.example^$third-party
@@||fine.example^
post.example##+js(nowoif)
post.example#$#abort-current-script x
post.example#?#div:-abp-has(.ad)
post.example##p:has-text(Advert)
post.example##.x:style(height: 0)
post.example##.y { display: none !important; }
post.example##^script:has-text(x)
post.*##.z
##a[href^="https://ads.example/"]
post.example##a[href^="https://ads.example/"]
post.example##..broken
/post[0-9]/##.w
"""


def test_filters_become_rules():
    """Hiding filters and their exceptions go to the domains that they name; all else is counted by reason."""
    found = parse_filter_list(LIST)
    sites = {site.domain: site for site in found.sites}
    assert sites["any"].strip == (".promo-box", "#sponsor", ".bar")
    assert sites["any"].keep == (".never",)
    assert (sites["harbourpost.example"].strip, sites["harbourpost.example"].keep) == ((".support",), (".promo-box",))
    assert sites["weirside.example"].strip == (".support",)
    assert sites["quiet.example"].keep == (".bar",)
    assert (sites["a.example"].strip, sites["b.a.example"].keep) == ((".x",), (".x",))
    assert sites["post.example"].strip == ('a[href^="https://ads.example/"]',)
    assert set(sites) == {
        "post.example",
        "any", "harbourpost.example", "weirside.example", "quiet.example", "a.example", "b.a.example",
    }  # fmt: skip
    assert found.ignored == {
        "network filter": 2,
        "script": 1,
        "style": 3,
        "procedure": 2,
        "filter of the HTML before it is read": 1,
        "domain with a wildcard": 1,
        "filter for any site without a class or id": 1,
        "selector is not understood": 1,
        "filter is not understood": 1,
    }


def test_every_line_of_a_list_is_accounted_for():
    """Each line of a list is a comment, a rule, or counted."""
    lines = [line for line in LIST.splitlines() if line and not line.startswith(("!", "["))]
    taken = 8
    assert len(lines) == taken + parse_filter_list(LIST).ignored.total()


def test_files_of_one_site_are_joined():
    """Two files for one domain become one set of rules, each selector once."""
    one = Imported((SiteRules("b.example", strip=(".x", ".y")),), Counter(a=1))
    other = Imported(
        (SiteRules("b.example", strip=(".y", ".z"), body=("p",)), SiteRules("a.example")), Counter(a=1, b=1)
    )
    merged = merge_imported([one, other])
    assert merged.sites == (SiteRules("a.example"), SiteRules("b.example", strip=(".x", ".y", ".z"), body=("p",)))
    assert merged.ignored == {"a": 2, "b": 1}
