"""Group near-duplicate articles of a site, so that copies of one story count once.

MinHash signatures over runs of words find pairs that may be alike; the estimated overlap decides. Pure functions: the
same texts in the same order give the same groups.
"""

from __future__ import annotations

from collections.abc import Sequence

from rensa import RMinHash, RMinHashLSH  # type: ignore[import-untyped]

from extractors.furniture.lines import split_line_words

_SHINGLE_WORDS = 4
_HASHES = 128
_SEED = 20261122
# Two hashes a band: pairs that share a quarter of their text are candidates with a probability of 98 %.
_BANDS = 64
_CANDIDATE = 0.2
# Copies of a story share this much of all their runs of words, or one holds this much of the other.
_ALIKE = 0.4
_CONTAINED = 0.6
# The estimate of containment is too coarse between a note and a long read.
_LEAST_RATIO = 0.25
# A page with less text of its own says nothing of what it is different from.
_LEAST_SHINGLES = 8


def group_texts(texts: Sequence[str]) -> list[int | None]:
    """Return the number of each text's group, the same number for near-duplicates; None for too short a text.

    The number is the place of the group's first text.
    """
    groups = _Groups(len(texts))
    index = RMinHashLSH(_CANDIDATE, _HASHES, _BANDS)
    signatures: dict[int, RMinHash] = {}
    sizes: dict[int, int] = {}
    for number, text in enumerate(texts):
        runs = _shingles(text)
        if len(runs) < _LEAST_SHINGLES:
            continue
        signature = RMinHash(num_perm=_HASHES, seed=_SEED)
        signature.update(list(runs))
        for other in sorted(index.query(signature)):
            if groups.find(other) != groups.find(number):
                shared = signature.jaccard(signatures[other])
                if _are_alike(shared, len(runs), sizes[other]):
                    groups.join(other, number)
        index.insert(number, signature)
        signatures[number], sizes[number] = signature, len(runs)
    return [groups.find(number) if number in signatures else None for number in range(len(texts))]


def _shingles(text: str) -> set[str]:
    words = split_line_words(text)
    return {" ".join(words[at : at + _SHINGLE_WORDS]) for at in range(len(words) - _SHINGLE_WORDS + 1)}


def _are_alike(jaccard: float, left: int, right: int) -> bool:
    if jaccard >= _ALIKE:
        return True
    smaller, larger = min(left, right), max(left, right)
    common = jaccard * (left + right) / (1 + jaccard)
    return smaller >= _LEAST_RATIO * larger and common >= _CONTAINED * smaller


class _Groups:
    """Disjoint sets of numbers, each known by its smallest."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, left: int, right: int) -> None:
        low, high = sorted((self.find(left), self.find(right)))
        self._parent[high] = low
