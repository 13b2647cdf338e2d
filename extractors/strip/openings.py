"""Finds which literal gates some texts open, all gates and all texts in one go.

The gates themselves are read off patterns in `extractors.strip.gates`. What is kept between calls, the words seen,
makes it faster and changes no result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import ahocorasick

from extractors.strip.gates import EDGE, Gate, is_letter
from extractors.strip.letters import fold_word

# Tokens are remembered from page to page: so many, up to this length (a clause of Chinese is no word).
_MOST_KNOWN = 40_000
_LONGEST_KNOWN = 24


class GateIndex:
    """Finds which of many gates a text opens."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        distinct = dict.fromkeys(words for gate in gates for way in gate for words in way)
        conditions = {words: number for number, words in enumerate(distinct)}
        self._gates: list[list[tuple[int, tuple[int, ...]]]] = [[] for _condition in conditions]
        for number, gate in enumerate(gates):
            for way in gate:
                first, *others = (conditions[words] for words in way)
                self._gates[first].append((number, tuple(others)))
        holders: dict[str, list[int]] = {}
        for words, number in conditions.items():
            for word in words:
                holders.setdefault(word, []).append(number)
        self._words = ahocorasick.Automaton()
        for word, numbers in holders.items():
            self._words.add_word(word, tuple(numbers))
        if holders:
            self._words.make_automaton()
        marks = {word.strip(EDGE) for word in holders if not any(map(is_letter, word.strip(EDGE)))}
        escaped = "".join(map(re.escape, sorted(marks)))
        self._token = re.compile(rf"\w+|[{escaped}]" if marks else r"\w+")
        self._known: dict[str, tuple[int, ...]] = {}

    def find_open(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Return the gates that any of some texts opens, each with the texts as bits: 1 the first, 2 the second."""
        where: dict[str, int] = {}
        for number, text in enumerate(texts):
            bit = 1 << number
            for token in set(self._token.findall(text)):
                where[token] = where.get(token, 0) | bit
        holds = self._conditions(where)
        return self._open(holds)

    def _conditions(self, where: Mapping[str, int]) -> dict[int, int]:
        holds: dict[int, int] = {}
        known = self._known
        for token, bits in where.items():
            conditions = known.get(token)
            if conditions is None:
                conditions = self._learn(token)
            for condition in conditions:
                holds[condition] = holds.get(condition, 0) | bits
        return holds

    def _open(self, holds: Mapping[int, int]) -> list[tuple[int, int]]:
        found: dict[int, int] = {}
        for condition, bits in holds.items():
            for number, others in self._gates[condition]:
                left = bits
                for other in others:
                    left &= holds.get(other, 0)
                    if not left:
                        break
                else:
                    found[number] = found.get(number, 0) | left
        return list(found.items())

    def _learn(self, token: str) -> tuple[int, ...]:
        """Return the conditions that a token meets, and keep them for the next time it is seen."""
        found: set[int] = set()
        if self._words:
            for _end, numbers in self._words.iter(f"{EDGE}{fold_word(token)}{EDGE}"):
                found.update(numbers)
        conditions = tuple(found)
        if len(token) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[token] = conditions
        return conditions
