"""What the evidence of one block adds up to: weights of rules, the zone it stands in, the shape it has.

Adds and explains; which blocks go because of their neighbours is in `extractors.strip.runs`, what is cut in the end in
`extractors.strip.decide`. Every number here was chosen so that the must-keep examples of all rules hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.records import Kind
from extractors.strip.evidence import BlockEvidence, Hit

ENOUGH = 1.0
BONUS_NEIGHBOUR = 0.4
_BONUS_TAIL = 0.4
_BONUS_HEAD = 0.2
_BONUS_BUTTON = 0.2
_PENALTY_REPORTING = 0.8
# Of a block that goes whole, this share must be hit, speak to the reader, or be as short as a button.
_WHOLE_SHARE = 0.7
# At the edges of the text, where the article is not, half of it is enough.
_WHOLE_SHARE_EDGE = 0.5
# A line of one sentence that stands alone and speaks to the reader is no paragraph of an article.
_BONUS_ALONE = 0.1
_ALONE_CHARS = 140


BY_HTML = "html."
"""How the ids of the rules begin that read the marks of lines (see `extractors.strip.html_marks`)."""

# What stands anywhere says nothing of its neighbours.
_ALONE = frozenset({Kind.AD_LABEL, Kind.COPYRIGHT, Kind.REPEATED_TITLE})


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
class State:
    """One block while it is being judged: its evidence, its score so far, and the cut once it goes."""

    evidence: BlockEvidence
    score: float = 0.0
    best: Hit | None = None
    cut: Cut | None = None
    in_head: bool = False
    in_tail: bool = False


def is_company(state: State) -> bool:
    """Tell whether a block that goes says something of its neighbours.

    An advertisement or a title says nothing, nor does what goes for its HTML: its neighbours have marks of their own.
    """
    cut = state.cut
    return cut is not None and cut.kind not in _ALONE and not cut.rule_id.startswith(BY_HTML)


def scored_states(blocks: Sequence[BlockEvidence]) -> list[State]:
    """Return the blocks of a page with their zones and scores, none of them cut yet."""
    states = [State(evidence) for evidence in blocks]
    mark_zones(states)
    for state in states:
        score_block(state)
    return states


def mark_zones(states: Sequence[State]) -> None:
    """Mark what stands before the first and after the last paragraph that reads like an article's."""
    solid = [
        index for index, state in enumerate(states) if state.evidence.is_solid and _weight_of_words(state) < ENOUGH / 2
    ]
    first, last = (solid[0], solid[-1]) if solid else (len(states), -1)
    for index, state in enumerate(states):
        state.in_head = index < first
        state.in_tail = index > last


def _weight_of_words(state: State) -> float:
    """Return what a block's own words weigh: the name of its box says nothing of where the article ends."""
    return sum(hit.rule.weight for hit in state.evidence.hits if not hit.rule.rule_id.startswith(BY_HTML))


def applies(hit: Hit, state: State) -> bool:
    """Tell whether a rule holds where its block stands."""
    position = hit.rule.position
    if position == "any":
        return True
    return (state.in_head and position in {"head", "edge"}) or (state.in_tail and position in {"tail", "edge"})


def hit_weight(hit: Hit, state: State) -> float:
    """Return what a hit is worth: its rule's weight, less in a sentence that reports."""
    reports = hit.sentence >= 0 and not hit.rule.quotable and hit.sentence in state.evidence.reporting
    return hit.rule.weight - (_PENALTY_REPORTING if reports else 0.0)


def score_block(state: State) -> None:
    """Add up the block's hits and remember the heaviest.

    Rules add up, each once, but not what is one sign seen twice: of labels the heaviest counts, and of two languages'
    rules for one kind the language that says more.
    """
    weights: dict[tuple[Kind, str], dict[str, float]] = {}
    for hit in state.evidence.hits:
        weight = hit_weight(hit, state) if applies(hit, state) else 0.0
        if weight <= 0:
            continue
        of_kind = weights.setdefault((hit.rule.kind, hit.rule.language), {})
        sign = "label" if hit.sentence < 0 else hit.rule.rule_id
        of_kind[sign] = max(weight, of_kind.get(sign, 0.0))
        if state.best is None or weight > hit_weight(state.best, state):
            state.best = hit
    best_language: dict[Kind, float] = {}
    for (kind, _language), of_kind in weights.items():
        best_language[kind] = max(sum(of_kind.values()), best_language.get(kind, 0.0))
    state.score = min(sum(best_language.values()), 2.0)


def bonus_of(state: State) -> tuple[float, list[str]]:
    """Return what the place and the shape of a block add, and the words for the ledger."""
    bonus, words = 0.0, []
    if state.in_tail:
        bonus, words = _BONUS_TAIL, ["after the last paragraph of the article"]
    elif state.in_head:
        bonus, words = _BONUS_HEAD, ["before the first paragraph of the article"]
    if state.evidence.is_short:
        bonus += _BONUS_BUTTON
        words.append("as short as a button")
    elif len(state.evidence.sentences) == 1 and state.evidence.span.chars <= _ALONE_CHARS and state.evidence.addressed:
        bonus += _BONUS_ALONE
        words.append("a line that stands alone and speaks to the reader")
    return bonus, words


def _confidence(score: float) -> float:
    return round(min(1.0 - math.pow(0.5, 2.0 * score), 0.99), 3)


def cut_whole(state: State, score: float, words: Sequence[str], *, is_weak: bool = False) -> Cut:
    """Return the cut of a whole block, with the rule that weighed most and the evidence beside it."""
    assert state.best is not None
    span, rule = state.evidence.span, state.best.rule
    return Cut(span.start, span.end, rule.kind, rule.rule_id, "; ".join([rule.reason, *words]), _confidence(score),
               is_weak)  # fmt: skip


def cut_along(state: State, source: Cut, reason: str, confidence: float) -> Cut:
    """Return the cut of a block that goes because of another cut: its kind and rule, and why."""
    span = state.evidence.span
    return Cut(span.start, span.end, source.kind, source.rule_id, reason, confidence, is_weak=True)


def belonging_share(state: State, *, shortest: int = 0) -> float:
    """Return the share of the block's characters that are hit or speak to the reader, 0 to 1.

    Sentences of up to `shortest` characters (a third of it in CJK) count too: the buttons of a box say nothing by
    themselves.
    """
    evidence = state.evidence
    if shortest and evidence.is_cjk:
        shortest //= 3
    if any(hit.sentence < 0 for hit in evidence.hits):
        return 1.0
    hit = {found.sentence for found in evidence.hits}
    good = sum(
        sentence.chars
        for index, sentence in enumerate(evidence.sentences)
        if index in hit or index in evidence.addressed or sentence.chars <= shortest
    )
    return good / max(1, sum(sentence.chars for sentence in evidence.sentences))


def can_go_whole(state: State) -> bool:
    """Tell whether a block may go whole: nothing in it reports, and most of it belongs."""
    strong = {hit.sentence for hit in state.evidence.hits if hit_weight(hit, state) >= ENOUGH / 2}
    if -1 in strong:
        return True
    least = _WHOLE_SHARE_EDGE if (state.in_head or state.in_tail) and state.score >= ENOUGH else _WHOLE_SHARE
    return not (state.evidence.reporting - strong) and belonging_share(state, shortest=32) >= least
