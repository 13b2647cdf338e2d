"""Site rules on pages: what they take goes and is in the ledger, and a rule that would wipe a page leaves it whole."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import document_fromstring

from extractors.identity import Capture, make_raw_page
from extractors.judge import JudgeOptions, judge_page
from extractors.line_key import line_key
from extractors.records import Article, Kind, SiteRuleLine, rebuild_extracted
from extractors.sites.apply import match_lines
from extractors.sites.guard import stopped_rules
from extractors.sites.marking import SiteEvidence
from extractors.sites.page_lines import lines_with_owners
from extractors.sites.parse import parse_site
from extractors.sites.records import PageRules, SiteRules, SiteRuleSet
from extractors.sites.selectors import rule_id_of
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import parse_rules

SITE = "harbourpost.example"
BARE = parse_rules({})
STORY = [
    f"The {word} ferry left the harbour before dawn, as it had on every morning since the war, and most of the town slept on."
    for word in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
]


def html_of(*parts, head="<title>Ferries of the bay</title>"):
    return f"<!doctype html><html lang=en><head><meta charset=utf-8>{head}</head><body><article>{''.join(parts)}</article></body></html>"


def story(first=0, last=8):
    return "".join(f"<p>{line}</p>" for line in STORY[first:last])


def page_of(html, url=f"https://www.{SITE}/ferries"):
    capture = Capture(url, datetime(2026, 11, 5, tzinfo=UTC), "test", "1", 200, "text/html")
    return make_raw_page(html.encode(), capture)


def options_of(toml, rules=BARE):
    return JudgeOptions(rules=rules, site_rules=SiteRuleSet("v1", {SITE: (parse_site(SITE, toml, "test"),)}))


def judged(html, toml, **more):
    """Return the article with and without the rules; of both the whole text must be the same."""
    page = page_of(html, **more)
    plain, own = judge_page(page, JudgeOptions(rules=BARE)), judge_page(page, options_of(toml))
    assert isinstance(own, Article), own
    assert rebuild_extracted(own.text, own.removals) == rebuild_extracted(plain.text, plain.removals)
    return plain, own


BOX = "<div class='reader-appeal'><p>Harbour tales come out each spring.</p><p>Ask at the desk.</p></div>"


def test_what_a_rule_matches_is_cut_and_recorded():
    """The lines of a matched element go, the ledger names rule, kind and selector, and the record says which lines."""
    plain, own = judged(html_of(story(0, 4), BOX, story(4, 8)), 'strip = [".reader-appeal", ".nowhere"]')
    assert "Ask at the desk." in plain.text
    assert own.text == "\n".join(STORY)
    rule_id = rule_id_of(SITE, ".reader-appeal")
    assert {(cut.rule_id, cut.kind) for cut in own.removals} == {(rule_id, Kind.DONATION)}
    assert ".reader-appeal" in own.removals[0].reason
    assert own.site_rule_lines == (SiteRuleLine(4, rule_id), SiteRuleLine(5, rule_id))


def test_other_sites_are_left_alone():
    """A rule holds on its domain and below it, nowhere else."""
    html = html_of(story(), BOX)
    _, below = judged(html, 'strip = [".reader-appeal"]', url=f"https://old.{SITE}/1")
    _, elsewhere = judged(html, 'strip = [".reader-appeal"]', url="https://other.example/1")
    assert "Ask at the desk." not in below.text
    assert "Ask at the desk." in elsewhere.text
    assert elsewhere.site_rule_lines == ()


def test_rows_and_broken_lines_are_recognised():
    """What the extractor joins or splits (a table's row, a line with a break, a list) is still the element's text."""
    table = "<table><tr class=x><td>High</td><td>6:10</td></tr><tr><td>Low</td><td>12:40</td></tr></table>"
    items = "<ul class=links><li>Old <b>boats</b></li><li>New boats<br>and rafts</li></ul>"
    _, own = judged(html_of(story(0, 4), table, story(4, 8), items), 'strip = [".x", ".links"]')
    assert "High" not in own.text
    assert "Low" in own.text
    assert "boats" not in own.text
    assert "rafts" not in own.text


def test_a_part_of_a_line_stays_with_its_line():
    """A matched link in a sentence takes nothing: the sentence is the article's."""
    sentence = f"<p>{STORY[0]} See <a class=more href=/x>the timetable</a> for more.</p>"
    _, own = judged(html_of(sentence, story(1)), 'strip = ["a.more"]')
    assert "the timetable for more." in own.text
    assert own.site_rule_lines == (SiteRuleLine(None, rule_id_of(SITE, "a.more")),)


def test_a_line_inside_and_outside_stays_unless_the_order_tells():
    """The same words in a matched element and in the article: cut only where it is known which is which."""
    rules = PageRules((SiteRules(SITE, strip=(".pull",)),))
    tree = document_fromstring(html_of(story(), "<p>Mind the gap.</p>", "<p class=pull>Mind the gap.</p>"))
    whole = "\n".join(STORY)
    both = match_lines(f"{whole}\nMind the gap.\nMind the gap.", tree, rules)
    once = match_lines(f"{whole}\nMind the gap.", tree, rules)
    assert [match.line for match in both] == [9]
    assert [match.line for match in once] == [None]


@pytest.mark.parametrize("selector", ["article", "body", "//p", "p", "html", "p:nth-child(n+2)", "//*"])
def test_a_rule_that_would_wipe_the_page_leaves_it_whole(selector):
    """A stale rule that matches most of an article takes nothing, and is recorded as stopped."""
    plain, own = judged(html_of(story()), f'strip = ["{selector}"]')
    assert own.text == plain.text == "\n".join(STORY)
    assert {match.is_stopped for match in own.site_rule_lines} == {True}


def test_a_greedy_rule_stops_alone():
    """Beside a rule that would wipe the page a careful one still works."""
    _, own = judged(html_of(story(), BOX), 'strip = ["//article/p", ".reader-appeal"]')
    assert own.text == "\n".join(STORY)
    stopped = {match.rule_id for match in own.site_rule_lines if match.is_stopped}
    assert stopped == {rule_id_of(SITE, "//article/p")}


def test_many_small_bites_stop_together():
    """Rules of which none takes much, but all together most of the text, take nothing."""
    parts = "".join(f"<p class=c{index}>{line}</p>" for index, line in enumerate(STORY))
    toml = f"strip = {[f'.c{index}' for index in range(5)]}"
    _, own = judged(html_of(parts), toml)
    assert own.text == "\n".join(STORY)
    _, fewer = judged(html_of(parts), 'strip = [".c0", ".c1", ".c2"]')
    assert fewer.text == "\n".join(STORY[3:])


@pytest.mark.parametrize(
    ("taken", "total", "stopped"),
    [
        ({"a": 400}, 1000, set()),
        ({"a": 401}, 1000, {"a"}),
        ({"a": 300, "b": 101}, 1000, {"a", "b"}),
        ({"a": 900, "b": 100}, 1000, {"a"}),
        ({"a": 100}, 299, {"a"}),
        ({"a": 100}, 300, set()),
        ({}, 0, set()),
    ],
)
def test_the_guard(taken, total, stopped):
    """40 % is the most for a rule, and for all together; 200 characters must be left."""
    assert stopped_rules(taken, total) == stopped


LINES = """
[[line]]
id = "desk"
kind = "author_contact"
reason = "how to reach the desk"
labels = ["Call the desk: 12"]
[[line]]
id = "tide"
reason = "the tide box"
pattern = "high water at the quay"
"""


def test_rules_on_lines_need_no_html():
    """Labels and patterns of a site cut lines of its HTML pages and of its plain-text dumps alike."""
    lines = [*STORY, "Call the desk: 0451", "High water at the quay is at noon."]
    _, own = judged(html_of(*(f"<p>{line}</p>" for line in lines)), LINES)
    assert own.text == "\n".join(STORY)
    assert [cut.rule_id for cut in own.removals] == [f"site.{SITE}.desk", f"site.{SITE}.tide"]
    capture = Capture(f"https://{SITE}/1", datetime(2026, 11, 5, tzinfo=UTC), "test", "1", None, "text/plain")
    dump = judge_page(make_raw_page("\n".join(["Ferries", *lines]).encode(), capture), options_of(LINES))
    assert dump.text == "\n".join(["Ferries", *STORY])


def test_a_rule_on_lines_that_takes_the_article_is_stopped():
    """A pattern that fits every paragraph takes none of them."""
    toml = '[[line]]\nid = "a"\nreason = "b"\npattern = "ferry left"'
    _, own = judged(html_of(story()), toml)
    assert own.text == "\n".join(STORY)


def test_the_body_that_rules_name_counts_when_it_holds_as_much():
    """A body selector replaces the body that is found without it, unless it holds far less of an article."""
    html = f"<html lang=en><head><title>Two</title></head><body><div id=a>{story(0, 6)}</div><div id=b>{story(6, 8)}</div></body></html>"
    body_id = f"site.{SITE}.body"
    page = page_of(html)
    own = judge_page(page, options_of('body = ["#none", "#a"]'))
    assert (own.body_source, own.text) == ("site_rule", "\n".join(STORY[:6]))
    assert own.site_rule_lines == (SiteRuleLine(None, body_id),)
    plain = judge_page(page, JudgeOptions(rules=BARE))
    stale = judge_page(page, options_of('body = ["#b"]'))
    assert stale.text == plain.text == "\n".join(STORY)
    assert stale.site_rule_lines == (SiteRuleLine(None, body_id, is_stopped=True),)


def test_a_replacement_of_tags_changes_where_the_body_is_found():
    """Tags are replaced before the body is looked for; where that loses the article, it is not done."""
    page = page_of(html_of(story(0, 6), f"<figure class=x>{story(6, 8)}</figure>"))
    assert STORY[7] not in judge_page(page, JudgeOptions(rules=BARE)).text
    own = judge_page(page, options_of('replace = [["<figure class=x>", "<div>"], ["</figure>", "</div>"]]'))
    assert own.text == "\n".join(STORY)
    lost = judge_page(page, options_of('replace = [["<article>", "<figure>"], ["</article>", "</figure>"]]'))
    assert lost.text.startswith(STORY[0])


def test_metadata_that_rules_state():
    """Title, authors, date and language come from the rules where these find something."""
    head = "<title>Wrong</title><meta name=x content='12 June 2025 10:30'>"
    html = html_of("<h1>Right</h1><p class=by>By Ann Lee and Bo Ray</p>", story(), head=head)
    toml = "title = ['h2', 'h1']\nauthor = ['.by']\ndate = [\"//meta[@name='x']/@content\"]\nlanguage = 'nl'"
    found = judge_page(page_of(html), options_of(toml)).metadata
    assert (found.title, found.authors, found.language) == ("Right", ("Ann Lee", "Bo Ray"), "nl")
    assert (found.published_at, found.published_source) == (datetime(2025, 6, 12, 10, 30, tzinfo=UTC), "site-rule")
    nothing = judge_page(page_of(html), options_of("title = ['h5']\nauthor = ['h5']\ndate = ['h5']")).metadata
    assert nothing == judge_page(page_of(html), JudgeOptions(rules=BARE)).metadata


def test_stripping_again_needs_the_record_and_no_html():
    """From the rebuilt text and the record alone the strip stage gives the same; without the rule it gives the cut back."""
    own = judge_page(page_of(html_of(story(0, 4), BOX, story(4, 8))), options_of('strip = [".reader-appeal"]'))
    whole = rebuild_extracted(own.text, own.removals)

    def again(toml):
        rules = options_of(toml).site_rules.for_url(f"https://{SITE}/1")
        context = StripContext("en", title=own.metadata.title, site_rules=SiteEvidence(rules, own.site_rule_lines))
        return strip_text(whole, context, BARE)

    same = again('strip = [".reader-appeal"]')
    assert (same.text, same.removals) == (own.text, own.removals)
    assert again('strip = [".other"]').text == whole


def test_rules_travel_to_workers():
    """Rules of sites survive pickling, and the version of a row names them."""
    options = options_of(LINES)
    assert pickle.loads(pickle.dumps(options.site_rules)) == options.site_rules
    assert options.versions.rules_version == f"{BARE.version}+sites-v1"
    assert JudgeOptions(rules=BARE).versions.rules_version == BARE.version


_TEXTS = st.lists(st.sampled_from([*STORY[:4], "Mind the gap.", "12", "…", "Ask at the desk."]), min_size=1, max_size=6)
_TAGS = st.sampled_from(["p", "div", "li", "span", "td", "h2", "blockquote", "section"])
_PARTS = st.lists(st.tuples(_TAGS, st.sampled_from(["a", "b", "c"]), _TEXTS), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(_PARTS, st.lists(st.sampled_from([".a", ".b", "li", "span", "//td", "p.c", "//*"]), max_size=3, unique=True))
def test_kept_and_removed_always_rebuild_the_text(parts, selectors):
    """Whatever rules match on whatever page, the whole text is in the row."""
    html = html_of(story(0, 3), *(f"<{tag} class={name}>{'<br>'.join(texts)}</{tag}>" for tag, name, texts in parts))
    page = page_of(html)
    plain, own = judge_page(page, JudgeOptions(rules=BARE)), judge_page(page, options_of(f"strip = {selectors!r}"))
    assert rebuild_extracted(own.text, own.removals) == rebuild_extracted(plain.text, plain.removals)
    assert len(own.text) >= 200 or own.text == plain.text


def test_the_lines_of_a_page():
    """Lines are told by blocks and breaks; scripts say nothing; tails belong to what is around them."""
    tree = document_fromstring(
        "<body><div>One <b class=m>two</b> three<br>four<script>x()</script></div><p class=m>Five, <i>SIX</i></p>seven<!-- no --></body>"
    )
    marks = dict.fromkeys(tree.xpath("//*[@class='m']"), "r")
    found = lines_with_owners(tree, marks)
    assert found["onetwothree"] == [None]
    assert found["four"] == [None]
    assert found["fivesix"] == ["r"]
    assert found["seven"] == [None]
    assert found["onetwothreefour"] == [None]
    assert line_key(" – | Five, SIX! ") == "fivesix"
    assert "x" not in found
