"""The metric and its bootstrap: hand-made tables, and bounds that hold for any text."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.evaluation.bootstrap import bootstrap_f1
from flows.evaluation.metric import (
    PageMatch,
    count_grams,
    match_page,
    mean_scores,
    overlap,
    split_words,
    text_grams,
)

TEXTS = st.text(alphabet=st.sampled_from("ab ß_.,\n7水の"), max_size=80)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Ferry's in, at 6.30!", ["the", "ferry", "s", "in", "at", "6", "30"]),
        ("Straße Élan", ["straße", "élan"]),
        ("港の船", ["港", "の", "船"]),
        ("GPS港3号", ["gps", "港", "3", "号"]),
        ("ท่าเรือ", list("ท่าเรือ")),
        (" \n… — ", []),
    ],
)
def test_words_are_lower_case_and_single_characters_in_cjk_and_thai(text, words):
    """Words come without case and punctuation; scripts without blanks give one character a word."""
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("words", "grams"),
    [
        ("", {}),
        ("a b", {("a", "b"): 1}),
        ("a b c d", {("a", "b", "c", "d"): 1}),
        ("a a a a a a", {("a", "a", "a", "a"): 3}),
        ("a b c d e", {("a", "b", "c", "d"): 1, ("b", "c", "d", "e"): 1}),
    ],
)
def test_grams_are_counted_as_a_multiset(words, grams):
    """Runs of four words count as often as they occur; a shorter text is one run, an empty one none."""
    assert count_grams(words.split()) == Counter(grams)


@pytest.mark.parametrize(
    ("output", "gold", "match"),
    [
        ("a b c d e", "a b c d e", PageMatch(1.0, 1.0)),
        ("a b c d e", "a b c d", PageMatch(0.5, 1.0)),
        ("a b c d", "a b c d e", PageMatch(1.0, 0.5)),
        ("a a a a a", "a a a a", PageMatch(0.5, 1.0)),
        ("", "a b c d", PageMatch(None, 0.0)),
        ("a b c d", "", PageMatch(0.0, None)),
        ("e f g h", "a b c d", PageMatch(0.0, 0.0)),
    ],
)
def test_a_page_is_matched_by_shared_grams(output, gold, match):
    """Precision and recall are shares of shared runs; a side that is empty has none."""
    assert match_page(text_grams(output), text_grams(gold)) == match


def test_f1_is_of_the_two_means_and_each_mean_is_over_its_own_pages():
    """A page without output lowers recall only, one without gold lowers precision only."""
    scores = mean_scores([PageMatch(1.0, 0.5), PageMatch(None, 0.0), PageMatch(0.0, None), PageMatch(0.5, 1.0)])
    assert (scores.precision, scores.recall) == (0.5, 0.5)
    assert scores.f1 == 0.5
    uneven = mean_scores([PageMatch(1.0, 0.5), PageMatch(None, 0.0)])
    assert uneven.f1 == pytest.approx(2 * 1.0 * 0.25 / 1.25)


def test_no_pages_at_all_score_nothing():
    """An empty set has figures of zero and no error."""
    assert mean_scores([]).f1 == 0.0
    assert bootstrap_f1([], []).ours.half_width == 0.0


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_any_two_texts_match_within_bounds(output, gold):
    """Shares lie between 0 and 1, and swapping the sides swaps precision and recall."""
    left, right = text_grams(output), text_grams(gold)
    match = match_page(left, right)
    for share in (match.precision, match.recall):
        assert share is None or 0 <= share <= 1
    assert 0 <= match.f1 <= 1
    assert match_page(right, left) == PageMatch(match.recall, match.precision)
    assert overlap(left, right) == (left & right).total()


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_any_text_matches_itself(text):
    """A text with words has F1 1 against itself."""
    grams = text_grams(text)
    assert match_page(grams, grams).f1 == (1.0 if split_words(text) else 0.0)


def test_the_bootstrap_is_repeatable_and_paired():
    """The same matches give the same intervals; equal systems differ by exactly nothing."""
    matches = [PageMatch(share / 20, 1 - share / 40) for share in range(20)]
    first = bootstrap_f1(matches, matches)
    assert first == bootstrap_f1(matches, matches)
    assert (first.difference.low, first.difference.high) == (0.0, 0.0)
    assert first.ours.low < mean_scores(matches).f1 < first.ours.high


def test_a_system_that_is_better_on_every_page_is_surely_better():
    """The paired interval of a constant gain excludes zero although the pages differ widely."""
    alone = [PageMatch(share / 50, share / 50) for share in range(1, 40)]
    ours = [PageMatch(share / 50 + 0.05, share / 50 + 0.05) for share in range(1, 40)]
    found = bootstrap_f1(ours, alone)
    assert 0.04 < found.difference.low <= found.difference.high < 0.06
    assert found.ours.half_width > found.difference.half_width


def test_systems_over_other_pages_are_refused():
    """Two systems must have been run on the same pages."""
    with pytest.raises(ValueError, match="1 pages of one system, 2"):
        bootstrap_f1([PageMatch(1.0, 1.0)], [PageMatch(1.0, 1.0)] * 2)
