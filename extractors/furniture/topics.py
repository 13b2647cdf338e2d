"""Tell a background paragraph from a box: its words are also those of the articles around it.

"The dam burst in 2019, killing …" repeats in every story on the dam, and these stories speak of dams elsewhere, too.
The words of a house's box turn up in the articles that hold it as little as in those that do not. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

from extractors.furniture.lines import split_line_words
from extractors.furniture.pages import PageLine, ReadPage

# Words this long carry a topic; in scripts without blanks, runs of two characters.
_WORD_CHARS = 5
_MOST_PAGES = 24
# How much more of a block's words the articles that hold it have in the rest of their text.
_TOPICAL = 0.12
_LEAST_WORDS = 4


class TopicTest:
    """Compares blocks with the articles of a site; remembers the articles' words."""

    def __init__(self, read: Sequence[ReadPage]) -> None:
        self._read = read
        self._words: dict[int, dict[str, int]] = {}

    def is_topical(self, line: PageLine, holders: Sequence[int]) -> bool:
        """Tell whether the pages `holders` (by place in the list) speak of what a block says and others do not."""
        wanted = set(topic_words(line.text))
        if len(wanted) < _LEAST_WORDS:
            return False
        holding = set(holders)
        others = [number for number, page in enumerate(self._read) if page.group is not None and number not in holding]
        others = [number for number in others if all(other.key != line.key for other in self._read[number].lines)]
        if not others:
            return False
        inside = fmean(self._share(wanted, number, in_block=1) for number in _some(holders))
        outside = fmean(self._share(wanted, number, in_block=0) for number in _some(others))
        return inside - outside > _TOPICAL

    def _share(self, wanted: set[str], number: int, *, in_block: int) -> float:
        """Return the share of the wanted words that a page has, beyond those in the block itself."""
        if number not in self._words:
            counts: dict[str, int] = {}
            for line in self._read[number].lines:
                for word in set(topic_words(line.text)):
                    counts[word] = counts.get(word, 0) + 1
            self._words[number] = counts
        counts = self._words[number]
        return sum(counts.get(word, 0) > in_block for word in wanted) / len(wanted)


def topic_words(text: str) -> list[str]:
    """Return the words of a text that tell what it is about."""
    words = split_line_words(text)
    pairs = [left + right for left, right in pairwise(words) if len(left) == len(right) == 1]
    return [word for word in words if len(word) >= _WORD_CHARS] + pairs


def _some(numbers: Sequence[int]) -> Sequence[int]:
    """Return at most 24 of the numbers, evenly spread."""
    step = max(1, len(numbers) // _MOST_PAGES)
    return numbers[::step][:_MOST_PAGES]
