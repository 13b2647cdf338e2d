"""What literal gates demand of a text, and that they never hide a match."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.strip.gates import literal_gate
from extractors.strip.openings import GateIndex

# Pieces of patterns, and texts made of the same pieces: what one matches turns up in the other.
WORDS = ["our", "us", "letter", "ours", "ſail", "sail", "İris", "iris", "ΣΑΣ", "σας", "दस", "5 €", "site"]
PIECES = [
    *WORDS,
    r"\b", "^", "$", r"\s+", " ?", r"\w+", r"[^.!?]{0,9}", "(?:our|my|the) ", "(?:sign|log)(?:ing)? ?in", r"[-–]?", "s?",
    r"(?:\w+ ){0,2}", "(?:sail(?: on)?|us[^.]{0,3}our)", "(?=us)", "(?!ours)", "(?<=our)", "[oai]", r"[\s,]+", "(?:x|)",
    "(?:our ){1,2}", "(?:a|b){2}", "(?-i:Us)", ".", r"\W",
]  # fmt: skip


def _is_open(pattern, text):
    gate = literal_gate(pattern)
    return not gate or bool(GateIndex([gate]).find_open([text]))


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join),
    st.lists(st.sampled_from([*WORDS, "log", "ing", "in", " ", ", ", ".", "-", "x", "my ", "a"]), max_size=9).map(
        "".join
    ),
    st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_gate_is_open_wherever_the_pattern_matches(pattern, text, case):
    """Whatever a pattern is made of, a text that it matches opens its gate."""
    shown = case(text)
    if re.search(pattern, shown, re.IGNORECASE):
        assert _is_open(pattern, shown)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bjoin us\b", "She will join the campus."),
        (r"\bjoin us\b", "They joined us."),
        (r"\bsupport[^.!?]{0,60}\b(?:our|my) work\b", "They support the work of others."),
        (r"\b(?:our \w+ letter|your \w+ inbox)\b", "Our inbox is full of things."),
        (r"[£$€]\s?\d", "It costs ten pounds."),
    ],
)
def test_gate_is_shut_where_a_word_lacks(pattern, text):
    """A gate demands every part of a pattern, whole words where the pattern does, and the parts of one way to match."""
    assert not _is_open(pattern, text)


def test_pattern_without_a_word_has_no_gate():
    """A pattern that can match without any word of its own must always be tried."""
    assert literal_gate(r"^\d+ \w+$|our") == ()


def test_texts_are_told_apart():
    """Of several gates and texts each pair is found, and no other; asked again, the answer is the same."""
    index = GateIndex([literal_gate(r"\bsign up\b"), literal_gate(r"\bmill\b"), literal_gate(r"\bweir\b")])
    texts = ["Sign up.", "The mill.", "Up the mill goes a sign."]
    assert sorted(index.find_open(texts)) == sorted(index.find_open(texts)) == [(0, 0b101), (1, 0b110)]
