"""Runs of furniture around what is certain: the line model and the blocks' evidence, decoded as a chain.

A block is furniture or article; its words, its rules, its shape and its neighbours say how likely, and going from one
to the other has a price, so that an appeal goes with its plain-looking middle and a lone odd line stays. Nothing is cut
here that no rule has cut something beside. Features and decoding live here; the weights are `extractors.lines.model`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

from extractors.lines.model import LineModel
from extractors.strip.scores import State, cut_along, is_company

# Blocks that are looked at on each side of a cut.
_REACH = 12
# How much likelier furniture than article a block must be, and what going from one to the other costs. Swept on pages
# of half of the publishers: -0.5 to 3, 2 to 4.
_BIAS = -0.5
_SWITCH = 4.0
_CERTAIN = 99.0
_LEAST_SOLID = 0.5
# Words that say a good deal by themselves.
_TELLING = 2.0
_MORE_THAN_ONE_RULE = 1.25
# In an article that speaks to its reader more than this, "you" and "we" are its own words.
_MOST_ADDRESSED = 0.3
_WORDS_LIMIT = 5.0
_MOST_SAMPLED = 12


class Chain:
    """The blocks of one page with their features, worked out where they are asked for."""

    def __init__(self, states: Sequence[State], model: LineModel) -> None:
        self._states = states
        self._model = model
        self._own: dict[int, dict[str, float]] = {}
        self._scores: dict[int, float] = {}

    @cached_property
    def _unended_share(self) -> float:
        unended = sum(not state.evidence.ends_sentence for state in self._states)
        return unended / max(1, len(self._states))

    @cached_property
    def _addressed_share(self) -> float:
        return _addressed_share(self._states)

    def reads_like_the_article(self, index: int) -> bool:
        """Tell whether a paragraph that little speaks against reads like the article that it stands in.

        Its words are an article's, or the article speaks to its reader throughout and they are not surely an appeal's.
        On gold pages this holds back two wrong cuts for one right one.
        """
        state = self._states[index]
        if not state.evidence.is_solid or state.score >= _MORE_THAN_ONE_RULE:
            return False
        # What was learned of a site, or its user says, needs no tell-tale words.
        if any(hit.sentence < 0 or hit.rule.rule_id.startswith("site.") for hit in state.evidence.hits):
            return False
        words = self._words(index)
        return words < 0 or (words < _TELLING and self._addressed_share > _MOST_ADDRESSED)

    def log_odds(self, index: int) -> float:
        """Return the log odds of a block being furniture."""
        company = self._model.company
        return company.get("bias", 0.0) + sum(
            company.get(name, 0.0) * value for name, value in self.features(index).items()
        )

    def features(self, index: int) -> dict[str, float]:
        """Return what speaks for and against a block: its own features, then its neighbours'."""
        own = self._features(index)
        found = dict(own)
        found["words*length"] = own["words"] * math.log1p(self._states[index].evidence.span.chars / 30)
        for step in (-2, -1, 1, 2):
            other = index + step
            if not 0 <= other < len(self._states) or self._is_parted(index, other):
                continue
            found[f"{step:+}:there"] = 1.0
            near = self._features(other)
            for name in ("words", "rules", "addressed", "solid", "short"):
                found[f"{step:+}:{name}"] = near[name]
        around = [
            self._features(other)
            for other in range(max(0, index - 4), min(len(self._states), index + 5))
            if other != index
        ]
        found["around:rules"] = max((near["rules"] for near in around), default=0.0)
        found["around:words"] = max((near["words"] for near in around), default=0.0)
        return found

    def speaks_for_itself(self, index: int) -> bool:
        """Tell whether a block may go although it stands above the appeal, before the article has begun.

        There a page has its title and its standfirst.
        """
        own = self._features(index)
        return not own["head"] or own["rules"] > 0 or own["words"] >= _TELLING

    def reason(self, index: int) -> str:
        """Return what decided about a block, for the ledger."""
        telling = self._model.telling_words(self._states[index].evidence.span.text)
        words = ", ".join(f"“{word}”" for word in telling)
        return "reads like the furniture beside it" + (f": {words}" if words else "")

    def _is_parted(self, one: int, other: int) -> bool:
        """Tell whether a seam stands between two blocks: what is glued to another text says nothing of it."""
        low, high = min(one, other), max(one, other)
        return any(self._states[at].evidence.span.glued for at in range(low + 1, high + 1))

    def _words(self, index: int) -> float:
        if index not in self._scores:
            self._scores[index] = self._model.score_line(self._states[index].evidence.span.text)
        return self._scores[index]

    def _features(self, index: int) -> dict[str, float]:
        if index not in self._own:
            self._own[index] = self._describe(index)
        return self._own[index]

    def _describe(self, index: int) -> dict[str, float]:
        state = self._states[index]
        evidence = state.evidence
        text = evidence.span.text
        chars = evidence.span.chars * (2.5 if evidence.is_cjk else 1.0)
        sentences = len(evidence.sentences)
        addressed = len(evidence.addressed) / sentences
        words = self._words(index)
        return {
            "words": max(-_WORDS_LIMIT, min(_WORDS_LIMIT, words)),
            "rules": min(state.score, 1.5),
            "addressed": addressed,
            "addressed oddly": addressed * (1 - self._addressed_share),
            "reporting": len(evidence.reporting) / sentences,
            "short": float(chars <= 32),
            "middling": float(32 < chars <= 100),
            "long": float(chars > 220),
            "ends": float(evidence.ends_sentence),
            "unended oddly": float(not evidence.ends_sentence) * (1 - self._unended_share),
            "solid": float(evidence.is_solid),
            "glued": float(evidence.span.glued),
            "head": float(state.in_head),
            "tail": float(state.in_tail),
            "first": float(index == 0),
            "last": float(index == len(self._states) - 1),
            "address": float("@" in text or "://" in text or "www." in text),
            "capitals": float(text.isupper()),
            "colon": float(text.endswith(":")),
        }


def _addressed_share(states: Sequence[State]) -> float:
    """Return the share of the page's paragraphs that speak to the reader; of a long page a sample is asked."""
    solid = [state for state in states if state.evidence.is_solid]
    sample = solid[:: max(1, len(solid) // _MOST_SAMPLED)]
    return sum(bool(state.evidence.addressed) for state in sample) / max(1, len(sample))


def cut_along_chain(states: Sequence[State], chain: Chain) -> None:
    """Cut the blocks beside cuts that the chain takes for furniture too."""
    anchors = [index for index, state in enumerate(states) if is_company(state)]
    if not anchors:
        return
    for window in _windows(anchors, len(states)):
        odds = [_odds(chain, states[at], at) for at in window]
        switches = [0.0 if states[at].evidence.span.glued else _SWITCH for at in window]
        for run in _runs(states, window, decode(odds, switches)):
            _cut_run(chain, states, run)


def _odds(chain: Chain, state: State, index: int) -> float:
    if state.cut is not None:
        return _CERTAIN if is_company(state) else 0.0
    odds = chain.log_odds(index) - _BIAS
    # A paragraph goes on its own account or not at all; only what is too short to tell goes with its company.
    return -_CERTAIN if odds < _LEAST_SOLID and state.evidence.is_solid else odds


def _windows(anchors: Sequence[int], count: int) -> list[range]:
    """Return the stretches of blocks around the anchors, joined where they meet."""
    windows: list[range] = []
    for anchor in anchors:
        start, stop = max(0, anchor - _REACH), min(count, anchor + _REACH + 1)
        if windows and start <= windows[-1].stop:
            windows[-1] = range(windows[-1].start, stop)
        else:
            windows.append(range(start, stop))
    return windows


def decode(odds: Sequence[float], switches: Sequence[float]) -> list[bool]:
    """Return the likeliest sequence of article (False) and furniture (True).

    `odds` are log odds of furniture, one a block; `switches` the price of a change before each block. Before the first
    stands nothing: half the price there.
    """
    kept, cut = 0.0, odds[0] - switches[0] / 2
    came_from: list[tuple[bool, bool]] = []
    for odd, price in zip(odds[1:], switches[1:], strict=True):
        to_kept, to_cut = cut - price > kept, cut >= kept - price
        came_from.append((to_kept, to_cut))
        kept, cut = max(kept, cut - price), max(cut, kept - price) + odd
    path = [cut > kept]
    for to_kept, to_cut in reversed(came_from):
        path.append(to_cut if path[-1] else to_kept)
    return path[::-1]


def _runs(states: Sequence[State], window: range, path: Sequence[bool]) -> Iterator[list[int]]:
    """Yield the runs of blocks that the path takes for furniture; a seam parts two runs."""
    run: list[int] = []
    for at, is_furniture in zip(window, path, strict=True):
        if run and (not is_furniture or states[at].evidence.span.glued):
            yield run
            run = []
        if is_furniture:
            run.append(at)
    if run:
        yield run


def _cut_run(chain: Chain, states: Sequence[State], run: Sequence[int]) -> None:
    """Cut a run in which something is cut already, each block along the nearest such cut."""
    anchors = [index for index in run if is_company(states[index])]
    for index in run:
        if states[index].cut is not None or not anchors:
            continue
        if index < anchors[0] and not chain.speaks_for_itself(index):
            continue
        source = states[min(anchors, key=lambda anchor: abs(anchor - index))].cut
        assert source is not None
        confidence = 1 / (1 + math.exp(-chain.log_odds(index)))
        states[index].cut = cut_along(
            states[index], source, chain.reason(index), round(min(max(confidence, 0.5), 0.95), 3)
        )
