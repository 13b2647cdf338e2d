"""The metric of extraction quality: overlap of word 4-grams, as the article-extraction-benchmark counts it.

Only counting on texts. Which texts are compared, and what the figures mean for a rule, is told elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Scripts written without blanks between words count one character a word: Thai, kana, Han, Hangul.
_UNSPACED = "\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
GRAM_WORDS = 4

Grams = Counter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PageMatch:
    """How one output matches its gold: shares between 0 and 1; None where there is no output, or no gold."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float:
        """Harmonic mean of the two, an absent one counting as 0."""
        return harmonic_mean(self.precision or 0.0, self.recall or 0.0)


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over pages, and the F1 of these means."""

    f1: float
    precision: float
    recall: float


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation; CJK and Thai one character a word."""
    return _WORD.findall(text.lower())


def count_grams(words: Sequence[str], size: int = GRAM_WORDS) -> Grams:
    """Return the multiset of runs of `size` words; a shorter text is one run, an empty one has none."""
    if len(words) <= size:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(*(words[start:] for start in range(size)), strict=False))


def text_grams(text: str) -> Grams:
    """Return the 4-grams of a text."""
    return count_grams(split_words(text))


def overlap(left: Grams, right: Grams) -> int:
    """Return how many grams two multisets share."""
    if len(left) > len(right):
        left, right = right, left
    return sum(min(count, right[gram]) for gram, count in left.items() if gram in right)


def lost_grams(before: Grams, after: Grams, gold: Grams) -> int:
    """Return how many gold grams stand in the one text and no longer in the other; regained ones do not offset them."""
    return sum(
        max(0, min(count, before[gram]) - min(count, after[gram])) for gram, count in gold.items() if gram in before
    )


def match_page(output: Grams, gold: Grams) -> PageMatch:
    """Return precision and recall of an output against its gold."""
    shared = overlap(output, gold)
    return PageMatch(
        precision=shared / output.total() if output else None,
        recall=shared / gold.total() if gold else None,
    )


def mean_scores(matches: Sequence[PageMatch]) -> Scores:
    """Return precision over the pages with output, recall over the pages with gold, and the F1 of the two means."""
    precision = _mean([match.precision for match in matches if match.precision is not None])
    recall = _mean([match.recall for match in matches if match.recall is not None])
    return Scores(harmonic_mean(precision, recall), precision, recall)


def harmonic_mean(left: float, right: float) -> float:
    """Return the harmonic mean of two shares, 0 when both are 0."""
    return 2 * left * right / (left + right) if left + right else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
