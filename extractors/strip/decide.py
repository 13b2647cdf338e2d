"""Decide which blocks and sentences go, and hold the line on loss.

A hit is worth its rule's weight; 1.0 cuts. A block that shows less needs company: the edge of the text, a neighbour
that goes, the shape of a button. A sentence that reports or quotes takes weight away. Precision comes first. The sums
are in `extractors.strip.scores`, the runs in `extractors.strip.runs`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from extractors.lines.model import LineModel
from extractors.records import Kind
from extractors.strip import runs
from extractors.strip.chain import Chain, cut_along_chain
from extractors.strip.evidence import BlockEvidence, Hit
from extractors.strip.scores import (
    ENOUGH,
    Cut,
    State,
    applies,
    bonus_of,
    can_go_whole,
    cut_whole,
    hit_weight,
    scored_states,
)

# The text-loss guard: weak evidence may not take more than this share; nor may one rule in a long text.
_MOST_WEAK = 0.35
_MOST_BY_RULE = 0.4
_LONG_TEXT = 1500
# A block this long is no paragraph but a page whose line breaks were lost.
_WALL_CHARS = 1800
# What repeats on a page that would hold hardly anything else is that page's own text.
_LEAST_LEFT = 200


def decide_cuts(
    blocks: Sequence[BlockEvidence], model: LineModel | None = None, *, protect_first: bool = False
) -> list[Cut]:
    """Return the pieces to cut, in order and without overlap.

    `protect_first` keeps the first block whatever it says: the title line of a plain-text dump.
    """
    states = scored_states(blocks)
    judged = states[1:] if protect_first else states
    chain = Chain(judged, model) if model is not None else None
    _cut_certain(judged, chain)
    runs.cut_neighbours(judged)
    runs.grow(judged)
    runs.extend(judged)
    runs.cut_neighbours(judged)
    if chain is not None:
        cut_along_chain(judged, chain)
    cuts = [cut for state in judged for cut in ([state.cut] if state.cut else _sentence_cuts(state))]
    cuts = _guard(cuts, sum(state.evidence.span.chars for state in states))
    return _leave_an_article(cuts, sum(state.evidence.span.chars for state in judged))


def _cut_certain(states: Sequence[State], chain: Chain | None) -> None:
    for index, state in enumerate(states):
        if state.score <= 0:
            continue
        bonus, words = bonus_of(state)
        total = state.score + bonus
        if total >= ENOUGH and can_go_whole(state) and not (chain and chain.reads_like_the_article(index)):
            state.cut = cut_whole(state, total, words if state.score < ENOUGH else (), is_weak=state.score < ENOUGH / 2)


def _sentence_cuts(state: State) -> list[Cut]:
    """Return cuts at the edges of a block that stays: a certain sentence at its beginning or its end."""
    evidence = state.evidence
    certain: dict[int, Hit] = {}
    for hit in evidence.hits:
        if hit.sentence >= 0 and applies(hit, state) and hit_weight(hit, state) >= ENOUGH:
            certain.setdefault(hit.sentence, hit)
    if not certain or len(evidence.sentences) < 2:
        return []
    if evidence.span.chars >= _WALL_CHARS:
        # A page without paragraphs: what stands between them elsewhere stands between sentences here.
        return [_sentences(evidence, range(index, index + 1), hit) for index, hit in sorted(certain.items())]
    hit_at_all = {hit.sentence for hit in evidence.hits if applies(hit, state)}
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


def _leave_an_article(cuts: list[Cut], total_chars: int) -> list[Cut]:
    """Take the cuts of learned furniture back when less than half of the text, and hardly any, would be left."""
    left = total_chars - sum(cut.end - cut.start for cut in cuts)
    if left < _LEAST_LEFT and left < total_chars / 2:
        return [cut for cut in cuts if cut.kind is not Kind.SITE_FURNITURE]
    return cuts
