"""Appeals and lists are runs of blocks: what stands beside, between or under parts that go.

Each function takes the blocks of a page in order and marks more of them as cut; none takes a cut back. How strong a
single block is stands in `extractors.strip.scores`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

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
)

# An appeal's plain middle: at most so many blocks and characters between two certain parts.
_BRIDGE_BLOCKS = 4
_BRIDGE_CHARS = 1600
# An appeal grows over neighbours that speak to the reader, at most so many on each side, and only in an article that
# hardly does so itself: in advice and in columns "you" and "we" are the article's own words.
_GROW_BLOCKS = 4
_MOST_ADDRESSED = 0.25
# Of paragraphs that show no rule at all, it takes so many each way.
_MOST_PLAIN = 1
_HEADING_CHARS = 70
# An entry of a list in mid-text: a bullet, or shorter than a sentence would be.
_ENTRY_CHARS = 60
_BULLETS = ("- ", "• ", "* ", "> ", "» ", "→ ", "· ", "▶")

_APPEALS = frozenset({Kind.DONATION, Kind.SUBSCRIBE, Kind.REGISTRATION, Kind.NEWSLETTER, Kind.APP_PROMO})
_ALONE = frozenset({Kind.AD_LABEL, Kind.REPEATED_TITLE})
_IN_BRIDGE = "between two parts of the same appeal; speaks to the reader"
_IN_GROWTH = "beside an appeal, and speaks to the reader as the article does not"


def cut_neighbours(states: Sequence[State]) -> None:
    """Cut blocks that show too little alone but stand beside one that goes; repeat, since runs grow."""
    for _round in range(4):
        grown = False
        for index, state in enumerate(states):
            if state.cut or state.score <= 0:
                continue
            before = index > 0 and _is_company(states[index - 1]) and not state.evidence.span.glued
            after = (
                index + 1 < len(states) and _is_company(states[index + 1]) and not states[index + 1].evidence.span.glued
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


def _is_company(state: State) -> bool:
    """Tell whether a block that goes says something of its neighbours: an advertisement or a title says nothing."""
    return state.cut is not None and state.cut.kind not in _ALONE


def cut_clusters(states: Sequence[State]) -> None:
    """Cut neighbours that show an appeal together and none of them alone: weak signs of different rules, side by side.

    Only where the article itself does not speak to its reader, and nothing among them reports.
    """
    appeals = [run for run in _weak_runs(states) if _is_appeal(run)]
    if not appeals or _addressed_share(states) > _MOST_ADDRESSED:
        return
    for run in appeals:
        for state in run:
            state.cut = cut_whole(state, ENOUGH, ["with its neighbours one appeal"], is_weak=True)
        _cut_heading(states, run[0])


def _is_appeal(run: Sequence[State]) -> bool:
    rules = {hit.rule.rule_id for state in run for hit in state.evidence.hits if hit.rule.kind in _APPEALS}
    return len(run) > 1 and len(rules) > 1 and sum(state.score for state in run) >= ENOUGH


def _cut_heading(states: Sequence[State], first: State) -> None:
    """Cut the heading right above an appeal of several blocks: it is the appeal's own."""
    index = next(number for number, state in enumerate(states) if state is first)
    above = states[index - 1] if index else None
    if above is None or above.cut or first.cut is None or first.evidence.span.glued:
        return
    if _is_heading_of(above, first):
        above.cut = cut_along(above, first.cut, _IN_GROWTH, 0.7)


def _weak_runs(states: Sequence[State]) -> Iterator[list[State]]:
    run: list[State] = []
    for state in states:
        joins = state.best is not None and state.cut is None and state.best.rule.kind in _APPEALS and _speaks(state)
        if run and (not joins or state.evidence.span.glued):
            yield run
            run = []
        if joins:
            run.append(state)
    if run:
        yield run


def bridge(states: Sequence[State]) -> None:
    """Cut the plain-looking middle of an appeal: between two cuts, each block showing some sign of belonging."""
    marks = [index for index, state in enumerate(states) if state.cut and state.cut.kind in _APPEALS]
    for left, right in pairwise(marks):
        middle = states[left + 1 : right]
        if not middle or len(middle) > _BRIDGE_BLOCKS:
            continue
        if sum(state.evidence.span.chars for state in middle) > _BRIDGE_CHARS:
            continue
        if any(state.evidence.span.glued for state in states[left + 1 : right + 1]):
            continue
        if not all(_could_belong(state) for state in middle):
            continue
        edge = states[left].cut
        assert edge is not None
        for state in middle:
            if state.cut is None:
                state.cut = cut_along(state, edge, _IN_BRIDGE, 0.75)


def _could_belong(state: State) -> bool:
    """Tell whether a block may be an appeal's middle: it says "we" or "you", or has a hint, and reports nothing."""
    if state.cut is not None:
        return True
    if state.evidence.reporting:
        return False
    return state.score > 0 or state.evidence.is_short or _speaks(state)


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
    """Tell whether a block in mid-text is surely an entry of a list: a bullet, or shorter than a sentence would be."""
    text = state.evidence.span.text
    return text.startswith(_BULLETS) or state.evidence.span.chars <= _ENTRY_CHARS
