"""Site rules as TOML: what is read, what is refused and in which words, and what comes back from being written."""

from __future__ import annotations

import pytest

from extractors.records import Kind
from extractors.sites.parse import examples_that_fail, is_markup_only, parse_site, parse_sites, render_sites
from extractors.sites.records import SiteRuleError, SiteRules, SiteRuleSet
from extractors.sites.selectors import check_selector, gate_of, is_xpath, kind_of, rule_id_of

OWN = """
body = ["div.story", "//main"]
strip = ".support-box"
title = ["h1"]
language = "de-AT"
replace = [["<noscript>", "<div>"]]
[[line]]
id = "desk"
kind = "author_contact"
reason = "how to reach the desk"
labels = ["Call the desk: 12"]
must_remove = ["Call the desk: 99"]
must_keep = ["Call the desk early."]
"""


def test_a_file_becomes_rules():
    """Each key is read into its field; a single selector may stand without its list."""
    rules = parse_site("harbourpost.example", OWN, "harbourpost.example.toml")
    assert rules.body == ("div.story", "//main")
    assert rules.strip == (".support-box",)
    assert rules.language == "de"
    assert rules.replace == (("<noscript>", "<div>"),)
    (line,) = rules.lines
    assert (line.rule_id, line.kind) == ("site.harbourpost.example.desk", Kind.AUTHOR_CONTACT)
    assert list(examples_that_fail(line)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strip = [", "x.toml: "),
        ("stripp = []", "unknown key 'stripp'"),
        ("strip = [1]", "strip: a selector or a list"),
        ('strip = [""]', "strip: a selector or a list"),
        ('strip = ["..box"]', "strip: '..box'"),
        ('body = ["//div["]', "body: '//div['"),
        ('strip = ["//div[shout(.)]"]', "strip: '//div[shout(.)]'"),
        ('strip = ["p:has-text(x)"]', "strip: 'p:has-text(x)'"),
        ('language = "Klingonish"', "language: 'Klingonish'"),
        ('replace = [["a"]]', "replace: ['a'] is no pair"),
        ('replace = [["<p>Give now</p>", ""]]', "more than tags"),
        ('line = "x"', "line: rules are written as [[line]]"),
        ('[[line]]\nid="a"\nreason="b"\nlabels="c"', "labels: a list of texts"),
        ('[[line]]\nid="a"\nreason="b"\nkind="nonsense"\nlabels=["c"]', "kind: 'nonsense'"),
        ('[[line]]\nid="a"\nreason="b"\npattern="("', "line 1 (a): "),
        ('[[line]]\nid="a"\nreason="b"', "either a pattern or labels"),
        ('[[line]]\nid="a"\nreason="b"\nlabels=["c"]\n[[line]]\nid="a"\nreason="b"\nlabels=["d"]', "used twice"),
    ],
)
def test_a_mistake_is_named(text, words):
    """What cannot be used is refused in words that name the file and the key."""
    with pytest.raises(SiteRuleError) as refused:
        parse_site("x.example", text, "x.toml")
    assert str(refused.value).startswith("x.toml: ")
    assert words in str(refused.value)


@pytest.mark.parametrize("domain", ["Harbour.example", "a b.example", "", "-x.example", "x..example"])
def test_a_domain_is_a_domain(domain):
    """Rules are for a domain in lower case, and for nothing else."""
    with pytest.raises(SiteRuleError, match="is no domain"):
        parse_site(domain, "", "x.toml")


def test_many_sites_in_one_file_come_back_as_written():
    """Rendering and reading give the same rules, with quotes, backslashes and blanks in the selectors."""
    sites = [
        SiteRules("any", strip=("#a\\:b", ".x > p", '[title="it\'s"]')),
        SiteRules("b.example", body=("//div[@id = 'x']",), keep=(".x > p",), replace=(("<p\t>", '<div class="a">'),)),
    ]
    text = render_sites(sites, "a note")
    assert text.startswith("# a note\n")
    assert parse_sites(text, "list.toml") == sites
    with pytest.raises(SiteRuleError, match=r"list\.toml: strip: a table"):
        parse_sites("strip = []", "list.toml")


def test_examples_hold_or_are_named():
    """A rule on lines is told of examples that it does not see, and of those that it should not."""
    text = '[[line]]\nid="a"\nreason="b"\npattern="call us"\nmust_remove=["Write to us"]\nmust_keep=["They call us."]'
    (rule,) = parse_site("x.example", text, "x.toml").lines
    assert [problem.split(":")[0] for problem in examples_that_fail(rule)] == [
        "must_remove is not seen",
        "must_keep is seen",
    ]


def test_rules_hold_on_subdomains_and_the_narrowest_comes_first():
    """A page gets the rules of its host, of each domain above it, and of any site, in this order; others get none."""
    names = ["any", "post.example", "news.post.example", "other.example"]
    rules = SiteRuleSet("v", {name: (SiteRules(name, strip=(f".{name[:2]}",)),) for name in names})
    found = rules.for_url("https://www.News.Post.example:8080/a")
    assert [site.domain for site in found.sites] == ["news.post.example", "post.example", "any"]
    assert [site.domain for site in rules.for_url("https://compost.example/").sites] == ["any"]
    assert [site.domain for site in rules.for_url(None).sites] == ["any"]
    assert SiteRuleSet().for_url("https://post.example/") is None
    assert SiteRuleSet("v", {"a.example": (SiteRules("a.example"),)}).for_url("https://b.example/") is None


def test_what_is_kept_is_not_stripped():
    """An exception of a site holds against a selector of any site, and on this site alone."""
    everywhere = SiteRules("any", strip=(".promo", ".box", "aside"))
    sites = {"any": (everywhere,), "a.example": (SiteRules("a.example", keep=(".promo",)),)}
    rules = SiteRuleSet("v", sites)

    def on_page(url):
        return [selector for _site, selector in rules.for_url(url).strip_on_page(frozenset({"promo", "x"}))]

    assert on_page("https://a.example/1") == ["aside"]
    assert on_page("https://b.example/1") == ["aside", ".promo"]


@pytest.mark.parametrize(
    ("selector", "gate"),
    [
        (".box", "box"),
        ("#box > p", "box"),
        ("div.box:not(.other)", "box"),
        ("a:not(.other) .box", None),
        ("[class=a] .box", "box"),
        ("div[data-x='.no']", None),
        (".a, .b", None),
        ("#a\\:b", None),
        ("//div[@class='box']", None),
    ],
)
def test_a_gate_is_asked_for_by_every_match(selector, gate):
    """A selector is skipped only where the page lacks a class or id that each match would have."""
    check_selector(selector)
    assert gate_of(selector) == gate


@pytest.mark.parametrize(
    ("selector", "expected"),
    [("//div", True), ("(//p)[1]", True), (".//p", True), ("id('x')", True), (".x", False), ("p > a", False)],
)
def test_xpath_is_told_from_css(selector, expected):
    """XPath is known by how it begins."""
    assert is_xpath(selector) is expected


@pytest.mark.parametrize(
    ("selector", "kind"),
    [
        (".newsletter-signup", Kind.NEWSLETTER),
        ("#relatedStories", Kind.RELATED),
        ("//*[contains(@class, 'social')]", Kind.SHARE_FOLLOW),
        (".header-shadow", Kind.SITE_FURNITURE),
        (".download", Kind.SITE_FURNITURE),
        ("aside", Kind.SITE_FURNITURE),
    ],
)
def test_a_kind_follows_from_whole_words(selector, kind):
    """The kind is what a word of the selector says; a part of a word says nothing."""
    assert kind_of(selector) is kind


def test_rule_ids_hold_when_others_are_added():
    """The id of a selector depends on the site and the selector alone."""
    assert rule_id_of("a.example", ".x") == rule_id_of("a.example", ".x")
    assert len({rule_id_of("a.example", ".x"), rule_id_of("b.example", ".x"), rule_id_of("a.example", ".y")}) == 3


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<noscript>", "<div>", True),
        ('<div class="a', '<div class="b', True),
        ("<br><br>", "</p><p>", True),
        ("<h2>More</h2>", "<p>More</p>", True),
        ("<h2>More</h2>", "", False),
        ("Give", "", False),
        ("<p>", "<!--", False),
        ("<div>", "<script>", False),
    ],
)
def test_only_tags_are_replaced(old, new, expected):
    """A replacement that changes words, or hides them, is not one of tags."""
    assert is_markup_only(old, new) is expected
