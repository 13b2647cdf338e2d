"""Appeals and lists are runs of blocks: what stands beside, between or under parts that go.

Each function takes the blocks of a page in order and marks more of them as cut; none takes a cut back. How strong a
single block is stands in `extractors.strip.scores`.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.marks import LinkShare
from extractors.records import Kind
from extractors.strip.scores import (
    BONUS_NEIGHBOUR,
    ENOUGH,
    State,
    belonging_share,
    bonus_of,
    can_go_whole,
    cut_along,
    cut_whole,
    is_company,
)

# An appeal grows over neighbours that speak to the reader, at most so many on each side, and only in an article that
# hardly does so itself: in advice and in columns "you" and "we" are the article's own words.
_GROW_BLOCKS = 4
_MOST_ADDRESSED = 0.25
# Of paragraphs that show no rule at all, it takes so many each way.
_MOST_PLAIN = 1
_HEADING_CHARS = 70
# An entry of a list in mid-text: a bullet, a whole link, or shorter than a sentence would be.
_ENTRY_CHARS = 60
_BULLETS = ("- ", "• ", "* ", "> ", "» ", "→ ", "· ", "▶")

_APPEALS = frozenset({Kind.DONATION, Kind.SUBSCRIBE, Kind.REGISTRATION, Kind.NEWSLETTER, Kind.APP_PROMO})
_IN_GROWTH = "beside an appeal, and speaks to the reader as the article does not"


def cut_neighbours(states: Sequence[State]) -> None:
    """Cut blocks that show too little alone but stand beside one that goes; repeat, since runs grow."""
    for _round in range(4):
        grown = False
        for index, state in enumerate(states):
            if state.cut or state.score <= 0:
                continue
            before = index > 0 and is_company(states[index - 1]) and not state.evidence.span.glued
            after = (
                index + 1 < len(states) and is_company(states[index + 1]) and not states[index + 1].evidence.span.glued
            )
            if not (before or after):
                continue
            bonus, words = bonus_of(state)
            total = state.score + bonus + BONUS_NEIGHBOUR * (before + after)
            if total >= ENOUGH and can_go_whole(state):
                state.cut = cut_whole(state, total, [*words, "beside another cut"], is_weak=True)
                grown = True
        if not grown:
            return


def grow(states: Sequence[State]) -> None:
    """Cut the rest of an appeal around a certain part: neighbours that speak to the reader as the article does not."""
    anchors = [
        index
        for index, state in enumerate(states)
        if state.cut and state.cut.kind in _APPEALS and not state.cut.is_weak
    ]
    if not anchors or _addressed_share(states) > _MOST_ADDRESSED:
        return
    for anchor in anchors:
        for step in (-1, 1):
            _grow_from(states, anchor, step)


def _grow_from(states: Sequence[State], anchor: int, step: int) -> None:
    """Cut on from an appeal, one way, as far as its neighbours go on with it."""
    source = states[anchor].cut
    assert source is not None
    last, plain_paragraphs = anchor, 0
    for _count in range(_GROW_BLOCKS):
        index = last + step
        # A seam ends the appeal: what is glued to it is the article.
        if not 0 <= index < len(states) or states[max(index, last)].evidence.span.glued:
            return
        state = states[index]
        if state.cut is None:
            if not _goes_on(states, index, anchor, last):
                return
            plain_paragraphs += state.evidence.is_solid and state.score <= 0
            if plain_paragraphs > _MOST_PLAIN:
                return
            state.cut = cut_along(state, source, _IN_GROWTH, 0.7)
            if step < 0 and _is_heading(state) and state.score <= 0:
                return
        last = index


def _goes_on(states: Sequence[State], index: int, anchor: int, last: int) -> bool:
    """Tell whether a neighbour goes on with an appeal: it has a hit, speaks to the reader, is its heading or button."""
    state = states[index]
    if state.score > 0:
        return not state.evidence.reporting
    if index > anchor:
        is_label = _is_heading(state)
        return not (is_label and _opens_paragraph(states, index)) and (_is_button(states, index) or _speaks(state))
    if states[anchor].in_tail:
        # Above an appeal at the end stands the article's conclusion, and conclusions say "we".
        return False
    return _speaks(state) or (last < anchor and _is_heading_of(state, states[last]))


def _speaks(state: State) -> bool:
    """Tell whether half of a block or more is hit or speaks to the reader, and none of it reports."""
    return not state.evidence.reporting and belonging_share(state) >= 0.5


def _is_button(states: Sequence[State], index: int) -> bool:
    """Tell whether a block under an appeal is a button of it: short, and no heading of a paragraph that follows."""
    return states[index].evidence.is_short and not _opens_paragraph(states, index)


def _opens_paragraph(states: Sequence[State], index: int) -> bool:
    return index + 1 < len(states) and states[index + 1].evidence.is_solid


def _is_heading_of(above: State, below: State) -> bool:
    """Tell whether a block is the heading of the appeal below it.

    Before the article begins, such lines are its own title and standfirst; and an appeal has one heading.
    """
    if above.in_head or above.evidence.reporting:
        return False
    return _is_heading(above) and not _is_heading(below)


def _is_heading(state: State) -> bool:
    evidence = state.evidence
    return evidence.span.chars <= _HEADING_CHARS and not evidence.ends_sentence and len(evidence.sentences) == 1


def _addressed_share(states: Sequence[State]) -> float:
    """Return the share of the article's paragraphs, those without a hit, that speak to the reader."""
    own = [state for state in states if state.cut is None and state.evidence.is_solid and not state.evidence.hits]
    return sum(bool(state.evidence.addressed) for state in own) / len(own) if own else 1.0


def extend(states: Sequence[State]) -> None:
    """Cut the list of links that a heading such as "Related posts" opens."""
    for index, state in enumerate(states):
        if state.cut is None or state.best is None or not state.best.rule.extends:
            continue
        rule = state.best.rule
        # The heading's own rule, also where the heading itself went as another appeal's neighbour.
        opening = cut_whole(state, state.score, ())
        for follower in states[index + 1 : index + 1 + rule.extends]:
            evidence = follower.evidence
            if follower.cut is not None:
                continue
            if not evidence.is_link_like or evidence.span.glued or evidence.reporting:
                break
            if not follower.in_tail and not _is_entry(follower):
                break
            follower.cut = cut_along(follower, opening, f"{rule.reason}; an entry of the list that it opens", 0.8)


def _is_entry(state: State) -> bool:
    """Tell whether a block in mid-text is surely an entry of a list: a bullet, a link, or shorter than a sentence."""
    evidence = state.evidence
    is_link = evidence.mark is not None and evidence.mark.link is LinkShare.WHOLE
    return is_link or evidence.span.text.startswith(_BULLETS) or evidence.span.chars <= _ENTRY_CHARS
