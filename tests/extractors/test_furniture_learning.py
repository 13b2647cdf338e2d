"""Learning furniture: what repeats on different articles of a site, and what repeats and is left alone."""

from __future__ import annotations

import random

import pytest
from furniture_samples import BOX, SITE, article, page, paragraph, site_pages, with_lines

from extractors.furniture.grouping import group_texts
from extractors.furniture.learning import learn_site
from extractors.furniture.lines import block_key, is_others_words, is_short_line


def samples(pages, **options):
    """Return what is learned as samples, each with whether it is bound to the edges."""
    return {block.sample: block.is_edge_bound for block in learn_site(SITE, pages, **options)}


@pytest.mark.parametrize("at", [0, 3, -1], ids=["head", "middle", "tail"])
@pytest.mark.parametrize("count", [3, 8, 30])
def test_a_box_on_every_article_is_learned(at, count):
    """A block without any tell-tale word that stands on all articles is furniture wherever it stands, and nothing else is."""
    pages = site_pages(*(with_lines(article(n), at, BOX) for n in range(count)))
    (block,) = learn_site(SITE, pages)
    assert (block.sample, block.group_count, block.site_group_count) == (BOX, count, count)
    assert (block.page_count, block.is_edge_bound) == (count, False)
    assert (block.first_seen_date, block.last_seen_date) == (pages[0].fetch_date, pages[-1].fetch_date)


def test_two_articles_are_not_enough():
    """Fewer different articles than asked for teach nothing, be there ever so many copies of them."""
    two = [with_lines(article(n % 2), -1, BOX) for n in range(8)]
    assert samples(site_pages(*two)) == {}
    three = site_pages(*(with_lines(article(n), -1, BOX) for n in range(3)))
    assert samples(three, min_groups=4) == {}
    assert set(samples(three, min_groups=3)) == {BOX}


def test_copies_of_one_story_count_once():
    """A story that is published four times among five others is no furniture, to the last paragraph."""
    story = article("wire")
    copies = [with_lines(story, -1, paragraph(f"own {n}", 1), BOX) for n in range(4)]
    others = [with_lines(article(n), -1, BOX) for n in range(5)]
    (block,) = learn_site(SITE, site_pages(*copies, *others))
    assert (block.sample, block.group_count, block.site_group_count, block.page_count) == (BOX, 6, 6, 9)


def test_a_story_with_different_openings_stays():
    """Copies that each have an opening of their own are one story still."""
    body = article("wire", 7)[1:]
    copies = [[f"Headline {n}", paragraph(f"lead {n}", 1), *body] for n in range(4)]
    others = [article(n) for n in range(5)]
    assert samples(site_pages(*copies, *others)) == {}


def test_pages_of_one_text_only_teach_nothing():
    """A site of which nothing but one and the same page came has no different articles."""
    assert samples(site_pages(*([*article("same"), BOX] for _ in range(6)))) == {}


def test_numbers_and_case_make_no_difference():
    """A line that changes but for its numbers and capitals is one block."""
    pages = site_pages(
        *(with_lines(article(n), -1, f"Read by {n * 117} people in the valley so far, THIS week") for n in range(5))
    )
    (block,) = learn_site(SITE, pages)
    assert block.group_count == 5


def test_a_box_of_several_lines_goes_whole():
    """Short lines that always stand beside other furniture are part of it."""
    box = ("Ottoline Marsh", BOX, "Desk of the valley")
    pages = site_pages(*(with_lines(article(n), 3, *box) for n in range(6)))
    assert samples(pages) == {"Ottoline Marsh": True, BOX: False, "Desk of the valley": True}


def test_headings_in_the_middle_are_the_articles_own():
    """A heading that repeats in the middle of different articles stays; at the very end of all of them it goes."""
    middle = site_pages(*(with_lines(article(n), 3, "Background") for n in range(6)))
    assert samples(middle) == {}
    tail = site_pages(*(with_lines(article(n), -1, "Back to the front page") for n in range(6)))
    assert samples(tail) == {"Back to the front page": True}
    over_the_last = site_pages(*(with_lines(article(n), -2, "What happens next") for n in range(6)))
    assert samples(over_the_last) == {}


def test_interview_labels_stay():
    """The letters before questions and answers are the article's structure."""
    talks = [[f"Talk {n}", *(line for k in range(4) for line in ("Question:", paragraph(f"q{n}{k}"), "Answer:", paragraph(f"a{n}{k}")))]
             for n in range(6)]  # fmt: skip
    assert samples(site_pages(*talks)) == {}


def test_a_background_paragraph_stays():
    """A paragraph that recurs in the stories on one topic is made of their words, and theirs alone."""
    background = (
        "The Stanbeck reservoir embankment collapsed in 1911, drowning thirteen waterworks labourers overnight."
    )
    topic = "Stanbeck reservoir engineers surveyed the embankment where waterworks labourers were drowning in 1911."
    stories = [with_lines(article(n), 3, f"{topic} {paragraph(n, 1)}", background) for n in range(4)]
    others = [article(n) for n in range(4, 8)]
    assert background not in samples(site_pages(*stories, *others))
    boxed = [with_lines(article(n), 3, background) for n in range(4)]
    assert set(samples(site_pages(*boxed, *others))) == {background}, (
        "the same words as a box, which nothing else speaks of"
    )


@pytest.mark.parametrize(
    "text",
    [
        "“We did not expect the water to come up the stairs, and it came up the stairs at night,” the keeper said.”",
        "LOWER STANBECK, 4 November (Valley Wire) - The water came up the stairs at night, the keeper told the council.",
    ],
)  # fmt: skip
def test_others_words_are_not_learned(text):
    """A quotation as a whole and a wire story's opening repeat because others said them."""
    assert is_others_words(text)
    pages = site_pages(*(with_lines(article(n), 2, text) for n in range(6)))
    assert samples(pages) == {}


def test_what_is_most_of_a_page_is_not_furniture():
    """A long text under short ones of their own is what the pages are about."""
    long = paragraph("long", 12)
    pages = site_pages(*([paragraph(f"own {n}", 2), long] for n in range(5)))
    assert samples(pages) == {}


def test_a_small_share_needs_an_edge():
    """On a sixth of the articles a box is learned where it always ends the text, and then for the ends of texts alone."""
    plain = [article(n) for n in range(20)]
    tail = [with_lines(article(n), -1, BOX) for n in range(20, 24)]
    assert samples(site_pages(*plain, *tail)) == {BOX: True}
    middle = [with_lines(article(n), 3, BOX) for n in range(20, 24)]
    assert samples(site_pages(*plain, *middle)) == {}
    assert samples(site_pages(*plain, *tail[:3])) == {}, "three of 23 are too few on a site of this size"


def test_the_order_of_pages_makes_no_difference():
    """What is learned depends on the pages, not on how they came."""
    pages = site_pages(*(with_lines(article(n % 7), -1, "Ottoline Marsh", BOX, f"{n} comments") for n in range(12)))
    expected = learn_site(SITE, pages)
    assert len(expected) == 3
    for seed in range(3):
        shuffled = pages[:]
        random.Random(seed).shuffle(shuffled)
        assert learn_site(SITE, shuffled) == expected


def test_near_duplicates_are_grouped():
    """Texts that share most of their words are one group, others are not, and too short a text has none."""
    base, other = "\n".join(article("a")), "\n".join(article("b"))
    edited = "\n".join([*article("a")[:-1], paragraph("new end", 1)])
    part = "\n".join(article("a")[:4])
    assert group_texts([base, other, edited, part, "Too short a line."]) == [0, 1, 0, 0, None]


def test_boxes_do_not_make_short_articles_alike():
    """Where the boxes of a site are longer than its articles, the articles still count one by one."""
    boxes = [paragraph(f"box {k}", 1) for k in range(6)]
    pages = site_pages(*([paragraph(f"note {n}", 3), *boxes] for n in range(7)))
    assert {block.sample for block in learn_site(SITE, pages)} == set(boxes)
    assert {block.site_group_count for block in learn_site(SITE, pages)} == {7}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("12 comments", "3 comments", True),
        ("- READ  more", "Read more", True),
        ("| Top of page |", "Top of page", True),
        ("Read more", "Read on", False),
        ("Ｗｅｉｒ", "weir", True),
        ("水车村的报纸", "水车村的杂志", False),
    ],
)
def test_keys(left, right, same):
    """A key stands for the words of a line, not for how they are written."""
    assert (block_key(left) == block_key(right)) is same


@pytest.mark.parametrize("text", ["***", "12:30", "—", "2 – 1", "A."])
def test_a_line_without_letters_has_no_key(text):
    """Separators, scores and initials are never looked up."""
    assert block_key(text) is None


def test_short_lines():
    """A label is short, a sentence is not; scripts without blanks count their characters."""
    assert is_short_line("Share this story with friends")
    assert not is_short_line(BOX)
    assert not is_short_line("水车村的报纸自洪水那年起印刷")


def test_one_page_is_seen_once():
    """A block that a page repeats counts once for its article."""
    lines = with_lines(article(1), 2, BOX, BOX)
    (block,) = learn_site(SITE, [page(n, lines if n == 1 else with_lines(article(n), 2, BOX)) for n in range(5)])
    assert (block.group_count, block.page_count) == (5, 5)
