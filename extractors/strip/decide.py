"""Decide which blocks and sentences go: adds up rule hits, position and neighbours, and holds the line on loss.

A hit is worth its rule's weight; 1.0 cuts. A block that shows less needs company: the edge of the text, a neighbour
that goes, the shape of a button. A sentence that reports or quotes takes weight away. Appeals are runs: what stands
between two certain parts of one goes with them when it shows any sign of belonging. Precision comes first; every
number here was chosen so that the must-keep examples of all rules hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.records import Kind
from extractors.strip.evidence import BlockEvidence, Hit

_ENOUGH = 1.0
_BONUS_TAIL = 0.4
_BONUS_HEAD = 0.2
_BONUS_NEIGHBOUR = 0.4
_BONUS_BUTTON = 0.2
_PENALTY_REPORTING = 0.8
# An appeal's plain middle: at most so many blocks and characters between two certain parts.
_BRIDGE_BLOCKS = 4
_BRIDGE_CHARS = 1600
# Of a block that goes whole, this share must be hit, speak to the reader, or be as short as a button.
_WHOLE_SHARE = 0.7
# The text-loss guard: weak evidence may not take more than this share; nor may one rule in a long text.
_MOST_WEAK = 0.35
_MOST_BY_RULE = 0.4
_LONG_TEXT = 1500

# An appeal grows over neighbours that speak to the reader, at most so many on each side, and only in an article that
# hardly does so itself: in advice and in columns "you" and "we" are the article's own words.
_GROW_BLOCKS = 4
_MOST_ADDRESSED = 0.25
_HEADING_CHARS = 70

_APPEALS = frozenset({Kind.DONATION, Kind.SUBSCRIBE, Kind.REGISTRATION, Kind.NEWSLETTER, Kind.APP_PROMO})
_ENTRY_CHARS = 60


@dataclass(frozen=True, slots=True)
class Cut:
    """One piece to cut: characters `start` to `end` of the text, and the evidence that decided."""

    start: int
    end: int
    kind: Kind
    rule_id: str
    reason: str
    confidence: float
    is_weak: bool = False


@dataclass(slots=True)
class _State:
    """One block while it is being judged."""

    evidence: BlockEvidence
    score: float = 0.0
    best: Hit | None = None
    cut: Cut | None = None
    in_head: bool = False
    in_tail: bool = False


def decide_cuts(blocks: Sequence[BlockEvidence], *, protect_first: bool = False) -> list[Cut]:
    """Return the pieces to cut, in order and without overlap.

    `protect_first` keeps the first block whatever it says: the title line of a plain-text dump.
    """
    states = [_State(evidence) for evidence in blocks]
    _mark_zones(states)
    for state in states:
        _score(state)
    judged = states[1:] if protect_first else states
    _cut_certain(judged)
    _cut_neighbours(judged)
    _bridge(judged)
    _grow(judged)
    _extend(judged)
    _cut_neighbours(judged)
    cuts = [cut for state in judged for cut in ([state.cut] if state.cut else _sentence_cuts(state))]
    return _guard(cuts, sum(state.evidence.span.chars for state in states))


def _mark_zones(states: Sequence[_State]) -> None:
    """Mark what stands before the first and after the last paragraph that reads like an article's."""
    solid = [
        index
        for index, state in enumerate(states)
        if state.evidence.is_solid and sum(hit.rule.weight for hit in state.evidence.hits) < _ENOUGH / 2
    ]
    first, last = (solid[0], solid[-1]) if solid else (len(states), -1)
    for index, state in enumerate(states):
        state.in_head = index < first
        state.in_tail = index > last


def _applies(hit: Hit, state: _State) -> bool:
    position = hit.rule.position
    if position == "any":
        return True
    return (state.in_head and position in {"head", "edge"}) or (state.in_tail and position in {"tail", "edge"})


def _hit_weight(hit: Hit, state: _State) -> float:
    reports = hit.sentence >= 0 and not hit.rule.quotable and hit.sentence in state.evidence.reporting
    return hit.rule.weight - (_PENALTY_REPORTING if reports else 0.0)


def _score(state: _State) -> None:
    """Add up the block's hits, each rule once, and remember the heaviest."""
    weights: dict[str, float] = {}
    for hit in state.evidence.hits:
        if not _applies(hit, state):
            continue
        weight = _hit_weight(hit, state)
        if weight <= 0:
            continue
        if weight > weights.get(hit.rule.rule_id, 0.0):
            weights[hit.rule.rule_id] = weight
        if state.best is None or weight > _hit_weight(state.best, state):
            state.best = hit
    state.score = min(sum(weights.values()), 2.0)


def _bonus(state: _State) -> tuple[float, list[str]]:
    bonus, words = 0.0, []
    if state.in_tail:
        bonus, words = _BONUS_TAIL, ["after the last paragraph of the article"]
    elif state.in_head:
        bonus, words = _BONUS_HEAD, ["before the first paragraph of the article"]
    if state.evidence.is_short:
        bonus += _BONUS_BUTTON
        words.append("as short as a button")
    return bonus, words


def _confidence(score: float) -> float:
    return round(min(1.0 - 0.5 ** (2.0 * score), 0.99), 3)


def _whole(state: _State, score: float, words: Sequence[str], *, is_weak: bool = False) -> Cut:
    assert state.best is not None
    span, rule = state.evidence.span, state.best.rule
    return Cut(span.start, span.end, rule.kind, rule.rule_id, "; ".join([rule.reason, *words]), _confidence(score),
               is_weak)  # fmt: skip


def _belongs(state: _State) -> float:
    """Return the share of the block's characters that are hit, speak to the reader, or are as short as a button."""
    evidence = state.evidence
    if any(hit.sentence < 0 for hit in evidence.hits):
        return 1.0
    hit = {found.sentence for found in evidence.hits}
    good = sum(
        sentence.chars
        for index, sentence in enumerate(evidence.sentences)
        if index in hit or index in evidence.addressed or sentence.chars <= 32
    )
    return good / max(1, sum(sentence.chars for sentence in evidence.sentences))


def _can_go_whole(state: _State) -> bool:
    strong = {hit.sentence for hit in state.evidence.hits if _hit_weight(hit, state) >= _ENOUGH / 2}
    return not (state.evidence.reporting - strong) and _belongs(state) >= _WHOLE_SHARE


def _cut_certain(states: Sequence[_State]) -> None:
    for state in states:
        if state.score <= 0:
            continue
        bonus, words = _bonus(state)
        total = state.score + bonus
        if total >= _ENOUGH and _can_go_whole(state):
            state.cut = _whole(state, total, words if state.score < _ENOUGH else (), is_weak=state.score < _ENOUGH / 2)


def _cut_neighbours(states: Sequence[_State]) -> None:
    """Cut blocks that show too little alone but stand beside one that goes; repeat, since runs grow."""
    for _round in range(4):
        grown = False
        for index, state in enumerate(states):
            if state.cut or state.score <= 0:
                continue
            before = index > 0 and states[index - 1].cut is not None and not state.evidence.span.glued
            after = (
                index + 1 < len(states)
                and states[index + 1].cut is not None
                and not states[index + 1].evidence.span.glued
            )
            if not (before or after):
                continue
            bonus, words = _bonus(state)
            total = state.score + bonus + _BONUS_NEIGHBOUR * (before + after)
            if total >= _ENOUGH and _can_go_whole(state):
                state.cut = _whole(state, total, [*words, "beside another cut"], is_weak=True)
                grown = True
        if not grown:
            return


def _bridge(states: Sequence[_State]) -> None:
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
                span = state.evidence.span
                state.cut = Cut(span.start, span.end, edge.kind, edge.rule_id,
                                "between two parts of the same appeal; speaks to the reader", 0.75, is_weak=True)  # fmt: skip


def _could_belong(state: _State) -> bool:
    """Tell whether a block may be an appeal's middle: it says "we" or "you", or has a hint, and reports nothing."""
    if state.cut is not None:
        return True
    evidence = state.evidence
    if evidence.reporting:
        return False
    return state.score > 0 or evidence.is_short or _belongs(state) >= 0.5


def _grow(states: Sequence[_State]) -> None:
    """Cut the rest of an appeal around a certain part: neighbours that speak to the reader as the article does not."""
    if _addressed_share(states) > _MOST_ADDRESSED:
        return
    anchors = [
        index for index, state in enumerate(states) if state.cut and state.cut.kind in _APPEALS and not state.cut.is_weak
    ]
    for anchor in anchors:
        for step in (-1, 1):
            _grow_from(states, anchor, step)


def _grow_from(states: Sequence[_State], anchor: int, step: int) -> None:
    source = states[anchor].cut
    assert source is not None
    last = anchor
    for _count in range(_GROW_BLOCKS):
        index = last + step
        # A seam ends the appeal: what is glued to it is the article.
        if not 0 <= index < len(states) or states[max(index, last)].evidence.span.glued:
            return
        state = states[index]
        if state.cut is None:
            speaks = not state.evidence.reporting and (state.score > 0 or _belongs(state) >= 0.5)
            is_heading = step < 0 and last < anchor and _is_heading(state)
            if not (speaks or is_heading):
                return
            span = state.evidence.span
            state.cut = Cut(span.start, span.end, source.kind, source.rule_id,
                            "beside an appeal, and speaks to the reader as the article does not", 0.7, is_weak=True)  # fmt: skip
            if is_heading and not speaks:
                return
        last = index


def _is_heading(state: _State) -> bool:
    evidence = state.evidence
    return evidence.span.chars <= _HEADING_CHARS and not evidence.ends_sentence and len(evidence.sentences) == 1


def _addressed_share(states: Sequence[_State]) -> float:
    """Return the share of the article's paragraphs, those without a hit, that speak to the reader."""
    own = [state for state in states if state.cut is None and state.evidence.is_solid and not state.evidence.hits]
    return sum(bool(state.evidence.addressed) for state in own) / len(own) if own else 1.0


def _extend(states: Sequence[_State]) -> None:
    """Cut the list of links that a heading such as "Related posts" opens."""
    for index, state in enumerate(states):
        if state.cut is None or state.best is None or not state.best.rule.extends:
            continue
        rule = state.best.rule
        for follower in states[index + 1 : index + 1 + rule.extends]:
            evidence = follower.evidence
            if follower.cut is not None:
                continue
            if not evidence.is_link_like or evidence.span.glued or evidence.reporting:
                break
            if not follower.in_tail and not _is_entry(follower):
                break
            span = evidence.span
            follower.cut = Cut(span.start, span.end, rule.kind, rule.rule_id,
                               f"{rule.reason}; an entry of the list that it opens", 0.8, is_weak=True)  # fmt: skip


def _is_entry(state: _State) -> bool:
    """Tell whether a block in mid-text is surely an entry of a list: a bullet, or shorter than a sentence would be."""
    text = state.evidence.span.text
    return text.startswith(("- ", "• ", "* ", "> ", "» ", "→ ", "· ", "▶")) or state.evidence.span.chars <= _ENTRY_CHARS


def _sentence_cuts(state: _State) -> list[Cut]:
    """Return cuts at the edges of a block that stays: a certain sentence at its beginning or its end."""
    evidence = state.evidence
    certain: dict[int, Hit] = {}
    for hit in evidence.hits:
        if hit.sentence >= 0 and _applies(hit, state) and _hit_weight(hit, state) >= _ENOUGH:
            certain.setdefault(hit.sentence, hit)
    if not certain or len(evidence.sentences) < 2:
        return []
    hit_at_all = {hit.sentence for hit in evidence.hits if _applies(hit, state)}
    loose = set(certain) | ((evidence.addressed | hit_at_all) - evidence.reporting)
    count = len(evidence.sentences)
    cuts: list[Cut] = []
    head_end = 0
    while head_end < count and head_end in loose:
        head_end += 1
    head = [index for index in range(head_end) if index in certain]
    if head:
        cuts.append(_sentences(evidence, range(head[-1] + 1), certain[head[-1]]))
    tail_start = count
    while tail_start > head_end and tail_start - 1 in loose:
        tail_start -= 1
    tail = [index for index in range(tail_start, count) if index in certain]
    if tail:
        cuts.append(_sentences(evidence, range(tail[0], count), certain[tail[0]]))
    return cuts


def _sentences(evidence: BlockEvidence, which: range, hit: Hit) -> Cut:
    first, last = evidence.sentences[which[0]], evidence.sentences[which[-1]]
    return Cut(first.start, last.end, hit.rule.kind, hit.rule.rule_id, f"{hit.rule.reason}; at the edge of a paragraph",
               0.8)  # fmt: skip


def _guard(cuts: list[Cut], total_chars: int) -> list[Cut]:
    """Drop what would eat the article: a rule that takes too much of a long text, then weak cuts beyond their share."""
    by_rule: Counter[str] = Counter()
    for cut in cuts:
        by_rule[cut.rule_id] += cut.end - cut.start
    if total_chars > _LONG_TEXT:
        kept = sum(by_rule.values()) < total_chars * 0.95
        greedy = {rule for rule, chars in by_rule.items() if kept and chars > total_chars * _MOST_BY_RULE}
        cuts = [cut for cut in cuts if cut.rule_id not in greedy]
    weak = sum(cut.end - cut.start for cut in cuts if cut.is_weak)
    if weak > total_chars * _MOST_WEAK and total_chars > _LONG_TEXT // 3:
        cuts = [cut for cut in cuts if not cut.is_weak]
    return cuts
