"""Learned furniture in use: what is cut with it, what it may not take, what becomes of it when it is learned again."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date

import pytest
from furniture_samples import BOX, SITE, article, paragraph, site_pages, with_lines

from extractors.furniture.learning import learn_site
from extractors.furniture.lines import block_key
from extractors.furniture.matching import FurnitureSet, furniture_set_of, version_of
from extractors.furniture.relearning import merge_learned
from extractors.records import Form, FurnitureBlock, Kind, rebuild_extracted
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules

RULES = load_packaged_rules()


def block(text=BOX, *, site=SITE, groups=14, bound=False, vetoed=False, last=date(2026, 11, 9)):
    return FurnitureBlock(
        site=site, block_id=block_key(text) or "", group_count=groups, site_group_count=20, page_count=groups,
        is_edge_bound=bound, first_seen_date=date(2026, 11, 1), last_seen_date=last, sample=text, is_vetoed=vetoed,
    )  # fmt: skip


def strip(lines, *blocks, has_title_line=False):
    furniture = furniture_set_of(blocks).for_site(SITE)
    text = "\n".join(lines)
    result = strip_text(text, StripContext("en", Form.HTML, has_title_line, None, furniture), RULES)
    assert rebuild_extracted(result.text, result.removals) == text
    return result


@pytest.mark.parametrize("at", [0, 3, -1])
def test_a_learned_block_goes_and_the_ledger_says_why(at):
    """The block is cut wherever it stands, with its kind, its hash as the rule and the counts as the reason."""
    result = strip(with_lines(article(1), at, BOX), block())
    assert result.text == "\n".join(article(1))
    (removal,) = result.removals
    assert (removal.kind, removal.rule_id) == (Kind.SITE_FURNITURE, f"furniture.{block_key(BOX)[:8]}")
    assert removal.reason.startswith("stands on 14 of 20 different articles of the site")


def test_a_block_glued_to_the_story_goes_alone():
    """Where the block runs into the next sentence without a blank, the sentence stays to the letter."""
    first, *rest = article(1)[1:]
    assert strip([BOX + first, *rest], block()).text == "\n".join([first, *rest])


def test_what_was_not_learned_of_the_site_stays():
    """Another site's furniture and vetoed blocks are no evidence."""
    lines = with_lines(article(1), 3, BOX)
    for known in (block(site="other.example"), block(vetoed=True)):
        assert strip(lines, known).removals == ()


def test_a_rule_keeps_its_kind():
    """What a rule cuts of its own accord is named by the rule: it says more than repetition."""
    appeal = "Please donate to The Weirside Courier today: your donation pays for our journalism."
    (removal,) = strip(with_lines(article(1), -1, appeal), block(appeal)).removals
    assert removal.kind is Kind.DONATION


def test_a_line_bound_to_the_edges_stays_in_the_middle():
    """A short line goes at an edge or beside other furniture; as a heading of the story it stays."""
    line = "Back to the valley"
    known = (block(line, bound=True), block())
    assert strip(with_lines(article(1), 3, line), *known).removals == ()
    assert strip(with_lines(article(1), -1, line), *known).text == "\n".join(article(1))
    assert strip(with_lines(article(1), 3, line, BOX, line), *known).text == "\n".join(article(1))


def test_the_title_line_of_a_dump_stays():
    """The first line of a dump is its title, whatever was learned."""
    result = strip([BOX, *article(1)[1:]], block(), has_title_line=True)
    assert result.removals == ()


def test_a_page_of_furniture_alone_is_left_whole():
    """Where hardly anything else would be left, what repeats is the page's own text."""
    long = paragraph("house", 4)
    lines = ["About the house", long, BOX]
    assert strip(lines, block(long), block()).removals == ()
    assert strip([*article(1), long, BOX], block(long), block()).text == "\n".join(article(1))


def test_furniture_does_not_feed_appeals():
    """A learned block is no appeal: what stands beside it and speaks to the reader stays."""
    ours = "You should see our valley in the spring, when we open the sluice and the herons come for us."
    assert ours in strip(with_lines(article(1), 3, ours, BOX), block()).text


def test_learned_on_some_articles_it_holds_for_a_new_one():
    """What was learned on eight articles is cut from a ninth, and from the eight to the letter."""
    blocks = learn_site(SITE, site_pages(*(with_lines(article(n), 3, "Ottoline Marsh", BOX) for n in range(8))))
    for number in (*range(8), 99):
        assert strip(with_lines(article(number), 3, "Ottoline Marsh", BOX), *blocks).text == "\n".join(article(number))


def test_versions_stand_for_what_is_decided():
    """Counts, places and vetoes make another version; dates and samples do not; the order of blocks does not."""
    one, two = block(), block("Another line of the house, which is printed under all of its stories")
    version = version_of([one, two])
    assert version_of([two, one]) == version
    assert version_of([replace(one, last_seen_date=date(2027, 1, 1), sample="x", page_count=99), two]) == version
    for other in (replace(one, group_count=15), replace(one, is_edge_bound=True), replace(one, is_vetoed=True)):
        assert version_of([other, two]) != version


def test_a_site_has_a_version_of_its_own():
    """What is learned of one site leaves the version of another as it was; a site that has only vetoes has none."""
    mine, other = block(), block(site="other.example")
    both = furniture_set_of([mine, other])
    assert furniture_set_of([mine]).site_versions[SITE] == both.site_versions[SITE]
    assert set(furniture_set_of([replace(mine, is_vetoed=True), other]).site_versions) == {"other.example"}
    assert FurnitureSet().for_site(SITE) is FurnitureSet().version is None
    assert pickle.loads(pickle.dumps(both)) == both


def test_the_same_blocks_learned_again_keep_their_counts():
    """One more article with the same blocks moves the dates and leaves the version; a new block brings new counts."""
    known = block()
    learned = replace(known, group_count=15, site_group_count=21, page_count=15, last_seen_date=date(2026, 11, 12))
    (again,) = merge_learned([known], [learned])
    assert (again.group_count, again.site_group_count) == (14, 20)
    assert (again.page_count, again.last_seen_date) == (15, date(2026, 11, 12))
    more = block("Another line of the house, which is printed under all of its stories")
    assert set(merge_learned([known], [learned, more])) == {learned, more}
    assert merge_learned([known], []) == ()


def test_vetoes_outlive_learning():
    """A vetoed block stays vetoed, whether it is learned again or not."""
    vetoed = block(vetoed=True)
    (again,) = merge_learned([vetoed], [replace(vetoed, is_vetoed=False)])
    assert again.is_vetoed
    assert merge_learned([vetoed], []) == (vetoed,)


def test_blocks_last_seen_before_the_pages_read_stay():
    """Learning from newer pages says nothing of blocks that only older ones had."""
    old = block(last=date(2026, 9, 1))
    assert merge_learned([old], [], since=date(2026, 10, 1)) == (old,)
    assert merge_learned([old], [], since=date(2026, 8, 1)) == ()
