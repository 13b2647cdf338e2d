"""What speaks for and against a block being furniture: rule hits, the reader addressed, signs of reporting.

Gathers evidence only; what it adds up to is decided in `extractors.strip.decide`. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from extractors.marks import LineMark
from extractors.strip.blocks import Span, split_sentences
from extractors.strip.rules import LanguageRules, Lexicon, Rule, normalise_label

_OPEN_QUOTE = re.compile(r"^\s*[\"“„«‘「『]")
# A quotation that is not closed runs to the end of its block: the next paragraph opens it anew.
_QUOTED = re.compile(
    r"“[^”]*(?:”|$)|„[^“”]*(?:[“”]|$)|«[^»]*(?:»|$)|»[^«]*«|\"[^\"]*(?:\"|$)|「[^」]*(?:」|$)|『[^』]*(?:』|$)"
)
_ENDS_SENTENCE = re.compile(r"[.!?…。！？؟।:][\"'”’»«“)\]]*$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONGEST_LABEL = 90
# Sentences that are looked at together: so many bits in a number.
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that one sentence (or the whole block, `sentence` -1) shows."""

    rule: Rule
    sentence: int


class BlockEvidence:
    """What is known of one block; the decision stage reads it and adds nothing to it.

    Sentences and their marks are found when first asked for: most blocks of a page are never asked.
    """

    def __init__(self, span: Span, lexicons: Sequence[Lexicon]) -> None:
        self.span = span
        self.hits: list[Hit] = []
        self.mark: LineMark | None = None
        self._lexicons = lexicons

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences of the block."""
        return split_sentences(self.span)

    @cached_property
    def reporting(self) -> frozenset[int]:
        """The sentences that report or quote somebody: signs of an article's own words."""
        patterns = [lexicon.reporting for lexicon in self._lexicons if lexicon.reporting]
        return frozenset(
            index
            for index, sentence in enumerate(self.sentences)
            if (sentence.chars > 60 and _OPEN_QUOTE.match(sentence.text))
            or any(pattern.search(sentence.text) for pattern in patterns)
        )

    @cached_property
    def addressed(self) -> frozenset[int]:
        """The sentences that speak to the reader or of the publisher as "we", in the page's own words."""
        patterns = [lexicon.address for lexicon in self._lexicons if lexicon.address]
        # A quotation may run over several sentences: it is blanked in the block, not sentence by sentence.
        own = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), self.span.text)
        return frozenset(
            index
            for index, sentence in enumerate(self.sentences)
            if any(pattern.search(own, *self._within(sentence)) for pattern in patterns)
        )

    def _within(self, sentence: Span) -> tuple[int, int]:
        return sentence.start - self.span.start, sentence.end - self.span.start

    @cached_property
    def ends_sentence(self) -> bool:
        """Whether the block ends like a sentence."""
        return bool(_ENDS_SENTENCE.search(self.span.text))

    @cached_property
    def is_cjk(self) -> bool:
        """Whether it holds Chinese, Japanese or Korean, where a character says as much as three letters."""
        return bool(_CJK.search(self.span.text))

    @cached_property
    def is_short(self) -> bool:
        """Whether it looks like a label or a button: up to 32 characters (12 in CJK) without a final stop."""
        limit = 12 if self.is_cjk else 32
        return self.span.chars <= limit and not self.ends_sentence

    @property
    def is_link_like(self) -> bool:
        """Whether it could be an entry of a list of links: one line of up to 160 characters, no full stop."""
        text = self.span.text.rstrip()
        return self.span.chars <= 160 and len(self.sentences) <= 2 and not text.endswith((".", "。", ".”", '."', ":"))

    @cached_property
    def is_solid(self) -> bool:
        """Whether it reads like a paragraph of an article: a full sentence of some length."""
        least = 40 if self.is_cjk else 100
        return self.span.chars >= least and self.ends_sentence


def gather_evidence(
    blocks: Sequence[Span],
    rules: LanguageRules,
) -> list[BlockEvidence]:
    """Return the evidence for each block, in order.

    Rules are tried only on sentences that hold the words which they demand, so that a page pays for few of them.
    """
    found = [BlockEvidence(block, rules.lexicons) for block in blocks]
    for evidence in found:
        if evidence.span.chars <= _LONGEST_LABEL:
            for rule in rules.labels.get(normalise_label(evidence.span.text), ()):
                evidence.hits.append(Hit(rule, -1))
    if rules.patterns:
        places = [(evidence, index) for evidence in found for index in range(len(evidence.sentences))]
        for start in range(0, len(places), _AT_ONCE):
            _try_rules(places[start : start + _AT_ONCE], rules)
    return found


def _try_rules(places: Sequence[tuple[BlockEvidence, int]], rules: LanguageRules) -> None:
    """Add the hits of the patterns on some sentences, each given by its block and its number there."""
    texts = [evidence.sentences[index].text for evidence, index in places]
    tries = [(at, number) for number in rules.ungated for at in range(len(texts))]
    for number, bits in rules.gates.find_open(texts):
        tries.extend((at, number) for at in _set_bits(bits))
    for at, number in sorted(tries):
        rule, text = rules.patterns[number], texts[at]
        if len(text) <= rule.max_chars and _shows(rule, text):
            evidence, index = places[at]
            evidence.hits.append(Hit(rule, index))


def _set_bits(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _shows(rule: Rule, sentence: str) -> bool:
    """Tell whether a sentence shows a rule in the page's own words."""
    assert rule.pattern is not None
    match = rule.pattern.match(sentence) if rule.is_anchored else rule.pattern.search(sentence)
    return match is not None and (rule.quotable or not _is_quoted(sentence, match))


def _is_quoted(sentence: str, match: re.Match[str]) -> bool:
    """Tell whether a match lies inside quotation marks: somebody's words, not the page's."""
    for quoted in _QUOTED.finditer(sentence):
        if quoted.start() < match.start() and match.end() < quoted.end() + 1 and quoted.end() - quoted.start() > 20:
            return True
    opened = _OPEN_QUOTE.match(sentence)
    return bool(opened) and not _QUOTED.search(sentence) and match.start() > 0
