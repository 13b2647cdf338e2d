"""The chain: which neighbours of a cut go with it, and which stay."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.records import Form
from extractors.strip.chain import decode
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules

RULES = load_packaged_rules()
STORY = [
    "The swing bridge at Hollin Ferry stuck half open on Thursday, and a queue of lorries stood along the quay until dusk.",
    "Engineers found a sheared pin in the turning gear, the county said, and sent to a foundry forty miles away for another.",
    "Ms Adeyemi, who runs the tea hut, said that she had not sold so many sandwiches since the flood of the year before.",
    "By Friday noon the bridge moved again, slowly, with two men walking beside the gear and listening to it.",
]


def _strip(lines):
    return strip_text("\n".join(lines), StripContext("en", Form.TEXT), RULES)


@pytest.mark.parametrize(
    ("odds", "expected"),
    [
        ([4.0, -1.0, 4.0], [True, True, True]),
        ([9.0, -9.0, 9.0], [True, False, True]),
        ([-5.0, 1.0, -5.0], [False, False, False]),
        ([-5.0, 9.0, -5.0], [False, True, False]),
        ([2.5], [True]),
    ],
)
def test_decode_weighs_blocks_against_changes(odds, expected):
    """A plain middle goes with its neighbours, a lone odd block stays, a certain one goes alone."""
    assert decode(odds, [4.0] * len(odds)) == expected


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=7))
def test_decode_finds_the_best_path(odds):
    """No other sequence of kept and cut scores better than the decoded one."""
    price = 3.0

    def value(path):
        total = sum(odd for odd, is_cut in zip(odds, path, strict=True) if is_cut)
        changes = sum(a != b for a, b in pairwise(path)) + (0.5 if path[0] else 0)
        return total - price * changes

    paths = [[bool(number >> bit & 1) for bit in range(len(odds))] for number in range(2 ** len(odds))]
    assert value(decode(odds, [price] * len(odds))) == pytest.approx(max(value(path) for path in paths))


def test_labels_of_a_form_go_with_it():
    """Plain lines under a certain heading go with it, although none of them says what it is."""
    form = ["Leave a comment", "Your nickname, please", "Mind your language, please"]
    result = _strip([*STORY[:2], *form, *STORY[2:]])
    assert result.text == "\n".join(STORY)
    assert any("reads like the furniture beside it" in removal.reason for removal in result.removals)
    assert all(0.5 <= removal.confidence <= 1 for removal in result.removals)


def test_nothing_goes_beside_an_advertisement():
    """A label of an advertisement says nothing of its neighbours: sub-headings beside it stay."""
    lines = [STORY[0], "Advertisement", "A pin from the foundry", STORY[1], STORY[2], STORY[3]]
    assert _strip(lines).text == "\n".join(line for line in lines if line != "Advertisement")


def test_paragraphs_beside_an_appeal_stay():
    """The article's own paragraphs around an appeal stay to the letter."""
    lines = [*STORY[:2], "Please consider making a donation to keep this site free for everybody.", *STORY[2:]]
    assert _strip(lines).text == "\n".join(STORY)
