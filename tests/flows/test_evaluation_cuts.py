"""False strips, leakage and injected cases, on texts small enough to count by hand."""

from __future__ import annotations

import pytest

from extractors.records import Kind, Removal
from flows.evaluation.cases import CaseTexts, drop_title, is_held_out, is_removed, score_case
from flows.evaluation.false_strips import StripTally, judge_cuts
from flows.evaluation.gold import GoldCase, InjectedBlock
from flows.evaluation.injected import Share, report_form
from flows.evaluation.leakage import CommentTally, KindTally, SnippetTally
from flows.evaluation.measure import HintedLine
from flows.evaluation.metric import split_words, text_grams

FIRST = "The ferry left the north quay at six in the morning."
SECOND = "Nobody aboard had heard of the fog that lay ahead."
APPEAL = "Please give to the lighthouse fund before the end of the month."


def cut(extracted: str, *spans: str, rule="en.donation.give") -> tuple[str, list[Removal]]:
    """Cut spans of a text and return what is kept, with the ledger."""
    removals, kept, position = [], "", 0
    for span in spans:
        offset = extracted.index(span, position)
        kept += extracted[position:offset]
        position = offset + len(span)
        removals.append(Removal(offset, span, Kind.DONATION, rule, "asks for money", 0.9))
    return kept + extracted[position:], removals


def test_a_cut_of_furniture_is_no_false_strip():
    """What the gold does not hold may go: no gold 4-gram is lost, although words met that did not before."""
    kept, removals = cut(f"{FIRST}\n{APPEAL}\n{SECOND}", f"{APPEAL}\n")
    page = judge_cuts(kept, removals, f"{FIRST}\n{SECOND}")
    assert (page.lost_grams, page.lost_lines, page.gold_lines) == (0, 0, 2)
    assert [found.is_false for found in page.cuts] == [False]


def test_a_cut_of_the_articles_own_line_is_counted_with_its_rule():
    """A gold line that went is a false cut; its 4-grams and those over its edges are lost."""
    kept, removals = cut(f"{FIRST}\n{APPEAL}\n{SECOND}", f"{APPEAL}\n", SECOND)
    page = judge_cuts(kept, removals, f"{FIRST}\n{SECOND}")
    assert [found.is_false for found in page.cuts] == [False, True]
    assert page.lost_lines == 1
    # Seven inside the line's ten words; three over its edge, which only the first cut had brought about.
    assert page.lost_grams == 7
    assert [found.gold_grams for found in page.cuts] == [0, 10]
    tally = StripTally(examples=1)
    tally.add("https://harbour.example/a", page)
    report = tally.report()
    assert [(rule.rule_id, rule.cuts, rule.false_cuts, rule.false_grams) for rule in report.rules] == [
        ("en.donation.give", 2, 1, 10)
    ]
    assert [example.text for example in report.rules[0].examples] == [SECOND]
    assert report.lost_share == 7 / page.gold_grams


def test_a_repeated_title_may_be_cut_once():
    """Of a line that stands twice where the gold has it once, either may go."""
    kept, removals = cut(f"{FIRST}\n{FIRST}\n{SECOND}", f"{FIRST}\n")
    page = judge_cuts(kept, removals, f"{FIRST}\n{SECOND}")
    assert (page.lost_grams, page.lost_lines, page.cuts[0].is_false) == (0, 0, False)


def test_a_short_label_of_the_article_is_a_false_strip_too():
    """A subheading of two words has no 4-gram of its own, and is still missed."""
    gold = f"{FIRST}\nStay informed\n{SECOND}"
    kept, removals = cut(gold, "Stay informed\n")
    page = judge_cuts(kept, removals, gold)
    assert page.cuts[0].is_false
    assert page.lost_lines == 1


def test_words_that_meet_again_do_not_make_up_for_lost_ones():
    """A right cut lets gold words meet; what a false cut took stays lost all the same."""
    kept, removals = cut(f"{FIRST}\n{APPEAL}\n{SECOND}", "quay", f"{APPEAL}\n")
    assert judge_cuts(kept, removals, f"{FIRST}\n{SECOND}").lost_grams == 4


def test_an_empty_tally_reports_zeros():
    """No pages give zeros, not an error."""
    report = StripTally(examples=0).report()
    assert (report.gold_grams, report.lost_share, report.rules) == (0, 0.0, ())


def test_lines_with_a_hit_count_as_left_only_when_the_gold_has_them_not():
    """A suspicious line that the gold text holds is the article's; a label must be a gold line whole."""
    gold = f"{FIRST}\nStay informed\n{SECOND}"
    hinted = [
        HintedLine(APPEAL, (Kind.DONATION, Kind.SUBSCRIBE)),
        HintedLine(SECOND, (Kind.DONATION,)),
        HintedLine("Stay informed", (Kind.NEWSLETTER,)),
        HintedLine("the fog", (Kind.NEWSLETTER,)),
    ]
    kept, removals = cut(f"{gold}\n{APPEAL}", f"\n{APPEAL}")
    tally = KindTally()
    tally.add(judge_cuts(kept, removals, gold), hinted, gold, text_grams(gold))
    found = {kind.kind: (kind.removed, kind.false_cuts, kind.left) for kind in tally.report()}
    assert found == {"donation": (1, 0, 1), "subscribe": (0, 0, 1), "newsletter": (0, 0, 1)}


def test_comments_are_counted_only_where_the_gold_has_them():
    """Words of comments that the article has too do not count; pages without gold comments stay out."""
    tally = CommentTally()
    gold, comments = text_grams(FIRST), text_grams(f"{APPEAL} {FIRST}")
    tally.add(comments, gold, {"ours": text_grams(FIRST), "alone": text_grams(f"{APPEAL} {FIRST}")})
    tally.add(text_grams(""), gold, {"ours": text_grams(APPEAL), "alone": text_grams(APPEAL)})
    report = tally.report()
    assert report is not None
    assert (report.pages, report.ours, report.ours_pages, report.alone_pages) == (1, 0.0, 0, 1)
    assert report.alone == 12 / 20
    assert CommentTally().report() is None


def test_snippets_are_found_whatever_their_white_space_and_case():
    """Snippets are compared as people read them."""
    tally = SnippetTally()
    tally.add("The ferry\nleft", ["the  FERRY left", "a fog"], ["left", "quay"])
    report = tally.report()
    assert report is not None
    assert (report.wanted, report.found, report.forbidden, report.leaked) == (2, 1, 2, 1)
    assert SnippetTally().report() is None


@pytest.mark.parametrize(
    ("output", "gone"),
    [
        (FIRST, True),
        (f"{FIRST} {APPEAL}", False),
        (f"{FIRST} {' '.join(APPEAL.split()[:5])}", False),
        (f"{FIRST} {' '.join(APPEAL.split()[:3])}", True),
    ],
)
def test_a_block_is_removed_when_under_a_tenth_of_it_remains(output, gone):
    """Nine 4-grams: two are too many, none is none; three words make no 4-gram."""
    assert is_removed(APPEAL, split_words(output), split_words(FIRST)) is gone


@pytest.mark.parametrize(
    ("output", "gold", "gone"),
    [
        ("Give now The ferry left", "The ferry left", False),
        ("The ferry left", "The ferry left", True),
        ("They give now what they can", "They give now what they can", True),
        ("Give now They give now what they can", "They give now what they can", False),
        ("Give", "The ferry left", True),
    ],
)
def test_a_block_of_two_words_is_looked_for_whole(output, gold, gone):
    """A short block that the article says itself counts only when it stands there once more."""
    assert is_removed("GIVE NOW", split_words(output), split_words(gold)) is gone


def case(*blocks: InjectedBlock, part="injected", **fields) -> GoldCase:
    """Return a case whose gold text is two lines and whose title is `Fog`."""
    known = {"case_id": "c1", "part": part, "url": None, "dump_text": "Fog\n…", "html": b"", "near_duplicate_of": None}
    return GoldCase(**{**known, **fields}, gold_text=f"{FIRST}\n{SECOND}", blocks=blocks)


def texts(output: str, extracted: str | None = None) -> CaseTexts:
    return CaseTexts(extracted=extracted or output, stripped=output, output=output, alone=extracted or output)


GLUED = InjectedBlock(APPEAL, "donation", is_glued=True, publisher="harbour.example")


def test_a_case_that_equals_its_gold_is_exact_apart_from_its_title():
    """The title line is dropped before comparing; with it the output is not the same as the gold."""
    score = score_case(case(GLUED), texts(f"Fog\n{FIRST}\n{SECOND}\n", f"Fog\n{APPEAL}{FIRST}\n{SECOND}"))
    assert (score.is_exact, score.is_same, score.is_complete) == (True, False, True)
    assert (score.lost_grams, score.strip_lost_grams, score.lost_lines) == (0, 0, 0)
    (block,) = score.blocks
    assert (block.is_removed, block.is_removed_alone) == (True, False)
    assert block.is_held_out == is_held_out("harbour.example")


def test_a_seam_that_costs_a_character_is_not_repaired():
    """A removed block whose neighbour lost its full stop leaves the case incomplete."""
    whole = score_case(case(GLUED), texts(f"{FIRST}\n{SECOND}"))
    bitten = score_case(case(GLUED), texts(f"{FIRST[:-1]}\n{SECOND}"))
    left = score_case(case(GLUED), texts(f"{APPEAL}{FIRST}\n{SECOND}"))
    assert bitten.blocks[0].is_removed
    assert not bitten.is_complete
    assert left.is_complete
    assert not left.blocks[0].is_removed
    assert report_form("dump", [whole, bitten, left]).glued == Share(1, 3)


def test_lost_lines_tell_a_paragraph_that_is_gone_from_one_that_is_shorter():
    """A line counts as gone only when nothing of it is left; what the strip stage took is told apart."""
    shorter = score_case(case(part="clean"), texts(f"{FIRST}\nNobody aboard had heard."))
    gone = score_case(case(part="clean"), texts(FIRST, f"{FIRST}\n{SECOND}"))
    assert (shorter.lost_lines, gone.lost_lines) == (0, 1)
    assert shorter.strip_lost_grams == 0
    assert gone.strip_lost_grams == gone.lost_grams == 10
    report = report_form("html", [shorter, gone])
    assert report.collateral["clean"].losing_line == 1
    assert report.exact == Share(0, 0)


def test_house_blocks_are_counted_apart_and_by_publisher():
    """`all but house` leaves house blocks out; blocks without a known publisher are on neither side."""
    house = InjectedBlock("A paper of the northern quays since the great storm.", "house", is_glued=False)
    odd = next(name for name in map(str, range(20)) if is_held_out(name))
    blocks = [
        InjectedBlock(APPEAL, "donation", is_glued=False, publisher=odd), house,
        InjectedBlock("Comments", "comments", is_glued=False),
    ]  # fmt: skip
    score = score_case(case(*blocks), texts(f"{FIRST}\n{house.text}\n{SECOND}"))
    found = {row.kind: row for row in report_form("dump", [score]).recall}
    assert list(found) == ["comments", "donation", "all but house", "house"]
    assert found["all but house"].removed == Share(2, 2)
    assert found["house"].removed == Share(0, 1)
    assert (found["donation"].dev, found["donation"].held_out) == (Share(0, 0), Share(1, 1))
    assert found["comments"].held_out == Share(0, 0)


def test_near_duplicates_are_counted_with_the_page_that_they_repeat():
    """Both pages of a near-duplicate pair must keep their text; others of the group are not meant."""
    scores = [
        score_case(case(part="group", case_id=name, near_duplicate_of=of), texts(output))
        for name, of, output in [("a", None, f"{FIRST}\n{SECOND}"), ("b", "a", FIRST), ("c", None, FIRST)]
    ]
    found = report_form("html", scores)
    assert (found.near_duplicates.cases, found.near_duplicates.losing_line) == (2, 1)
    assert found.collateral["group"].losing_line == 2


@pytest.mark.parametrize(
    ("output", "title", "kept"),
    [
        ("Fog\nText", "Fog", "Text"),
        (" Fog \nText", "Fog", "Text"),
        ("Fog bank\nText", "Fog", "Fog bank\nText"),
        ("\nText", "", "\nText"),
        ("Fog", "Fog", ""),
        ("", "Fog", ""),
    ],
)
def test_a_title_line_is_dropped_only_from_the_front(output, title, kept):
    """Only a first line that is the whole title goes."""
    assert drop_title(output, title) == kept
