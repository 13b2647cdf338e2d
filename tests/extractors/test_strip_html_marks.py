"""What was recorded of the HTML as evidence in the strip stage: beside words, and never against a whole article."""

import pytest

from extractors.marks import LineMark, LineTag, LinkShare
from extractors.records import rebuild_extracted
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules

RULES = load_packaged_rules()
STORY = (
    "The orchard society counted its trees in the autumn and found that a third of the old pears had died of the drought.",
    "Its gardener planted forty new ones along the wall in October, where the ground keeps some of the winter's rain.",
    "The parish paid for half of them, and the children of the village school carried the water up from the pond.",
    "In ten years there will be fruit again, she said, if the deer can be kept on the far side of the brook.",
)
PLAIN = LineMark(in_second=True, tag=LineTag.PARAGRAPH)
LINK = LineMark(LinkShare.WHOLE, in_second=True, tag=LineTag.PARAGRAPH)
TEASER = "Pear harvest in the next valley is the best in years"


def strip(lines):
    """Strip lines that are given with their marks; return the kept lines and the removals."""
    text = "\n".join(line for line, _mark in lines)
    marks = bytes(mark.to_byte() for _line, mark in lines)
    result = strip_text(text, StripContext("en", marks=marks), RULES)
    assert rebuild_extracted(result.text, result.removals) == text
    return result.text.split("\n"), result.removals


def story(*more, at=4):
    lines = [(line, PLAIN) for line in STORY]
    return [*lines[:at], *more, *lines[at:]]


def test_a_link_behind_the_article_goes_and_says_why():
    """A line that is nothing but a link, behind the last paragraph, goes for that."""
    kept, removals = strip(story((TEASER, LINK)))
    assert kept == list(STORY)
    assert removals[0].rule_id == "html.link"
    assert "a link to another page" in removals[0].reason


def test_a_link_in_the_article_stays():
    """The same line between two paragraphs stays: articles link too."""
    kept, _removals = strip(story((TEASER, LINK), at=2))
    assert TEASER in kept


@pytest.mark.parametrize("tag", [LineTag.HEADING, LineTag.LIST_ENTRY])
def test_linked_headings_and_entries_stay(tag):
    """A heading or a list entry that is a link mostly belongs: it takes more to cut it."""
    kept, _removals = strip(story((TEASER, LineMark(LinkShare.WHOLE, in_second=True, tag=tag))))
    assert TEASER in kept


def test_a_box_of_no_paragraphs_goes_from_mid_text():
    """What stands in a box named like furniture, and is no paragraph, goes wherever it stands."""
    boxed = LineMark(in_second=True, in_furniture=True, tag=LineTag.OTHER)
    kept, removals = strip(story(("Lina Holm keeps bees and a diary", boxed), at=2))
    assert kept == list(STORY)
    assert "stands in a box named like furniture" in removals[0].reason


def test_a_boxed_paragraph_in_mid_text_stays():
    """A paragraph in such a box that the second extractor has too is not cut for that alone."""
    boxed = LineMark(in_second=True, in_furniture=True, tag=LineTag.PARAGRAPH)
    kept, _removals = strip(story(("Lina Holm keeps bees and a diary", boxed), at=2))
    assert "Lina Holm keeps bees and a diary" in kept


def test_boxes_that_hold_much_of_the_text_say_nothing():
    """Where such boxes hold more than a quarter of the text, it is the article that is set in them."""
    boxed = LineMark(in_furniture=True, tag=LineTag.OTHER)
    kept, _removals = strip([(line, boxed if at < 2 else PLAIN) for at, line in enumerate(STORY)])
    assert kept == list(STORY)


def test_a_long_link_below_a_heading_of_a_list_goes_from_mid_text():
    """Below "Related posts" an entry in mid-text may be as long as a sentence when it is a link, and only then."""
    entry = "Deer found in the orchard of the neighbouring village for the second winter"
    kept, _removals = strip(story(("Related posts", PLAIN), (entry, LINK), at=2))
    assert entry not in kept
    kept, _removals = strip(story(("Related posts", PLAIN), (entry, PLAIN), at=2))
    assert entry in kept


def test_the_halves_of_a_seam_share_a_mark():
    """A line that a seam splits gives its mark to both halves; those behind it keep their own."""
    glued = (f"{STORY[3]}Subscribe to our paper today.", PLAIN)
    kept, _removals = strip([*story()[:3], glued, (TEASER, LINK)])
    assert TEASER not in kept
    assert STORY[2] in kept


def test_without_marks_nothing_changes():
    """A dump has no marks, and a link in it stays."""
    text = "\n".join((*STORY, TEASER))
    assert strip_text(text, StripContext("en"), RULES).text == text
