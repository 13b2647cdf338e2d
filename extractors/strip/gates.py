"""Literal gates: the words that must stand in a sentence before a pattern can match it.

Hundreds of patterns over every page would cost more than the extraction; looking up its words costs little. The gate of
a pattern is read off its own parse tree, so nobody has to write it down or can forget a word of it. Only the derivation
lives here; texts are looked up in `extractors.strip.openings`, what the patterns mean is in `extractors.strip.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from extractors.strip.letters import fold_letter

Way = tuple[frozenset[str], ...]
"""One way for a pattern to match: conditions that all hold for the text then. Of each condition one word stands in it.

A word is a run of letters and digits in the text's tokens, folded; EDGE at its beginning or end says that the token
begins or ends there too. "\\0join\\0" is the token "join", "\\0subscrib" the beginning of a token.
"""

Gate = tuple[Way, ...]
"""The ways for a pattern to match; a text that it matches meets the conditions of one. None: nothing is certain."""

EDGE = "\0"
"""What stands between two tokens."""

# Of one way so many conditions are kept, the strongest: more of them cost more than they save.
_MOST_CONDITIONS = 5
_MOST_WAYS = 40
# A condition with more words than this says nothing that a sentence would not show anyway.
_MOST_WORDS = 250
# The strings of one stretch of a pattern are listed up to this many.
_MOST_STRINGS = 120
_LONGEST_CLASS = 12
# Marks that stand in every other sentence are not worth looking for.
_COMMON_MARKS = frozenset(".,;:!?-–—'’\"“”()[]/…|、。，")
# Words that stand in many of them.
_COMMON_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a an the and or of to in on at by for from with as is it be this that are was not have has all more
        der die das und ist zu von mit auf für den dem des im ein eine
        le la les de des du et en un une que à au el los las y del por para con se
        o os e do da em um uma no na il di che per è i w z na się и в на с не что у з це""",
    )
)
_COMMON_SHARE = 0.2
# A further condition that is met more often than this is not worth its look-up.
_MOST_SHARE = 0.5
_ALWAYS: Gate = ((),)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of a part of a pattern: all the strings that it matches (None: too many), and ways to match.

    `opens` and `closes` tell that whatever it matches begins or ends at the edge of a token; `empty` that it may match
    nothing.
    """

    strings: frozenset[str] | None
    ways: Gate = _ALWAYS
    opens: bool = False
    closes: bool = False
    empty: bool = False


_NOTHING = _Part(frozenset({""}), empty=True)
_UNKNOWN = _Part(None, empty=True)
_ANY_LETTER = _Part(None)
_GAP = _Part(frozenset({EDGE}))


@lru_cache(maxsize=4096)
def literal_gate(pattern: str) -> Gate:
    """Return the ways in which `pattern` can match, case ignored; empty when it must always be tried."""
    part = _of_sequence(_parser.parse(pattern, re.IGNORECASE))
    ways = _both(part.ways, _way(part.strings))
    return tuple(dict.fromkeys(map(_best, ways))) if all(ways) else ()


def _best(way: Way) -> Way:
    """Return the strongest conditions of a way, the first of them first."""
    first, *others = sorted(way, key=_shares)
    further = [words for words in others if _shares(words) <= _MOST_SHARE]
    return (first, *further[: _MOST_CONDITIONS - 1])


def _share(word: str) -> float:
    """Estimate the share of sentences in which a word stands: the shorter the more; an open edge counts against it."""
    letters = word.strip(EDGE)
    if letters in _COMMON_WORDS:
        return _COMMON_SHARE
    open_edges = (word[0] != EDGE) + (word[-1] != EDGE)
    return 2.0 ** (open_edges - len(letters) - 2) + 0.002


def _shares(words: frozenset[str]) -> float:
    """Estimate the share of sentences that meet a condition, to order conditions by: the rarest first."""
    return sum(map(_share, words))


@lru_cache(maxsize=4096)
def _way(strings: frozenset[str] | None) -> Gate:
    """Return what follows from a text holding one of these strings, as one way."""
    if not strings or len(strings) > _MOST_WORDS:
        return _ALWAYS
    return (_combine([tuple(frozenset({word}) for word in _words_of(string)) for string in strings]),)


def _words_of(string: str) -> list[str]:
    """Return the words of a string, the rarest first; a single letter with an open edge is not worth looking for."""
    words: set[str] = set()
    pieces = string.split(EDGE)
    for number, piece in enumerate(pieces):
        if piece and piece not in _COMMON_MARKS:
            word = EDGE * (number > 0) + piece + EDGE * (number < len(pieces) - 1)
            if len(word) > 1:
                words.add(word)
    return sorted(words, key=lambda word: (_share(word), word))


def _combine(ways: Sequence[Way]) -> Way:
    """Return conditions for "one of these ways": the best of each together, the second best of each, and so on."""
    if not all(ways):
        return ()
    depth = min(max(len(way) for way in ways), _MOST_CONDITIONS)
    found = [frozenset[str]().union(*(way[min(rank, len(way) - 1)] for way in ways)) for rank in range(depth)]
    return tuple(words for words in dict.fromkeys(found) if len(words) <= _MOST_WORDS)


def _few(ways: Gate, most: int) -> Gate:
    """Return ways as they are, or as one when they are too many."""
    if () in ways:
        return _ALWAYS
    if len(ways) <= most:
        return ways
    return (_combine([tuple(sorted(way, key=_shares)) for way in ways]),)


def _both(one: Gate, other: Gate) -> Gate:
    """Return the ways to meet both: each with each, while they are not too many."""
    if _ALWAYS in (one, other):
        return other if one == _ALWAYS else one
    if len(one) * len(other) > _MOST_WAYS:
        one, other = (_few(one, 1), other) if len(one) > len(other) else (one, _few(other, 1))
    return tuple(dict.fromkeys(tuple(dict.fromkeys(left + right)) for left, right in product(one, other)))


class _Row:
    """Parts in a row: grows the strings of the stretch at hand, and turns them into a way when it ends."""

    def __init__(self, *, opened: bool) -> None:
        self._ways = _ALWAYS
        self._strings = frozenset({EDGE if opened else ""})
        self._is_broken = False
        self._opens = opened
        self._is_empty = True

    @property
    def is_closed(self) -> bool:
        """Whether the row so far ends at an edge."""
        return _all_close(self._strings)

    def add(self, part: _Part) -> None:
        """Go on with the next part."""
        self._ways = _both(self._ways, part.ways)
        if part.strings is None:
            self._break(closed=part.closes and (self.is_closed or not part.empty), opened=part.opens and not part.empty)
        else:
            joined = _join(self._strings, part.strings)
            if joined is None:
                self._break(closed=self.is_closed, opened=_all_open(part.strings))
                joined = frozenset(next(iter(self._strings)) + string for string in part.strings)
            self._strings = joined
        self._is_empty = self._is_empty and part.empty

    def _break(self, *, closed: bool, opened: bool) -> None:
        strings = frozenset(string + EDGE for string in self._strings) if opened else self._strings
        if not self._is_broken:
            self._opens = _all_open(strings)
        self._ways = _both(self._ways, _way(strings))
        self._strings = frozenset({EDGE if closed else ""})
        self._is_broken = True

    def part(self, *, closed: bool) -> _Part:
        """Return the row as one part."""
        if closed:
            self._strings = frozenset(string + EDGE for string in self._strings)
        if not self._is_broken:
            return _Part(self._strings, self._ways, empty=self._is_empty)
        ways = _both(self._ways, _way(self._strings))
        return _Part(None, ways, self._opens, self.is_closed, self._is_empty)


def _all_open(strings: Iterable[str]) -> bool:
    return all(string.startswith(EDGE) for string in strings)


def _all_close(strings: Iterable[str]) -> bool:
    return all(string.endswith(EDGE) for string in strings)


def _join(left: frozenset[str], right: frozenset[str]) -> frozenset[str] | None:
    if len(left) > 1 and len(right) > 1 and len(left) * len(right) > _MOST_STRINGS:
        return None
    return frozenset(one + other for one, other in product(left, right))


def _of_sequence(items: Sequence[Any], *, opened: bool = False, closed: bool = False) -> _Part:
    """Read items in a row; `opened` and `closed` tell that an edge stands before and after them."""
    row = _Row(opened=opened)
    run = ""
    for number, (operation, argument) in enumerate(items):
        if operation is _constants.LITERAL:
            run += _of_character(chr(argument))
            continue
        if run:
            row.add(_Part(frozenset({run})))
            run = ""
        before = row.is_closed
        after = _is_edge(*items[number + 1]) if number + 1 < len(items) else closed
        row.add(_of_item(operation, argument, (before, after)))
    if run:
        row.add(_Part(frozenset({run})))
    return row.part(closed=closed)


def _is_edge(operation: Any, argument: Any) -> bool:
    """Tell whether what an item matches stands at an edge: a boundary or blanks."""
    if operation is _constants.AT:
        return _of_position(argument).strings == _GAP.strings
    if operation in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
        return bool(argument[0]) and len(argument[2]) == 1 and _is_edge(*argument[2][0])
    return operation is _constants.IN and _of_class(argument).strings == _GAP.strings


def _of_item(operation: Any, argument: Any, around: tuple[bool, bool]) -> _Part:
    opened, closed = around
    if operation is _constants.SUBPATTERN:
        # Under (?a:…) a letter is something else.
        return _UNKNOWN if argument[1] & re.ASCII else _of_sequence(argument[3], opened=opened, closed=closed)
    if operation is _constants.BRANCH:
        return _of_branches([_of_sequence(branch, opened=opened, closed=closed) for branch in argument[1]])
    if operation in _REPEATS:
        return _of_repeat(argument, around)
    handler = _HANDLERS.get(operation)
    return handler(argument) if handler is not None else _UNKNOWN


def _of_character(character: str) -> str:
    """Return a character as it stands in strings: a letter folded, a blank as an edge, a mark between two edges."""
    if "a" <= character <= "z":
        return character
    if is_letter(character):
        return fold_letter(character)
    return EDGE if character.isspace() else f"{EDGE}{character}{EDGE}"


def is_letter(character: str) -> bool:
    r"""Tell whether a character is one of `\w`."""
    return character.isalnum() or character == "_"


def _of_position(where: Any) -> _Part:
    return _Part(_GAP.strings, empty=True) if where in _EDGES else _NOTHING


def _of_class(items: Sequence[Any]) -> _Part:
    """Return a class as its letters when it lists a few, as a gap when it holds no letter at all."""
    characters = _listed(items)
    if characters is not None and len(characters) <= _LONGEST_CLASS:
        return _Part(frozenset(_of_character(character) for character in characters))
    return _GAP if characters is not None and not any(map(is_letter, characters)) else _ANY_LETTER


def _listed(items: Sequence[Any]) -> set[str] | None:
    """Return the characters of a class; None when they are not all known."""
    found: set[str] = set()
    for operation, argument in items:
        if operation is _constants.LITERAL:
            found.add(chr(argument))
        elif operation is _constants.RANGE and argument[1] - argument[0] < _MOST_WORDS:
            found.update(chr(code) for code in range(argument[0], argument[1] + 1))
        elif operation is _constants.CATEGORY and argument is _constants.CATEGORY_SPACE:
            found.add(" ")
        else:
            return None
    return found


def _of_repeat(argument: Any, around: tuple[bool, bool]) -> _Part:
    least, most, items = argument
    opened, closed = around if most == 1 else (False, False)
    inner = _of_sequence(items, opened=opened, closed=closed)
    if inner.strings == _GAP.strings:
        return inner if least else _Part(frozenset({"", EDGE}), empty=True)
    if most == 1 and (least or inner.strings is not None):
        return inner if least or inner.strings is None else _Part(inner.strings | {""}, empty=True)
    ways = _both(inner.ways, _way(inner.strings)) if least else _ALWAYS
    return _Part(None, ways, _opens(inner), _closes(inner), empty=not least or inner.empty)


def _of_branches(parts: Sequence[_Part]) -> _Part:
    listed = [part.strings for part in parts if part.strings is not None and part.ways == _ALWAYS]
    empty = any(part.empty for part in parts)
    if len(listed) == len(parts):
        together = frozenset[str]().union(*listed)
        if len(together) <= _MOST_WORDS:
            return _Part(together, empty=empty)
    of_each = [_both(part.ways, _way(part.strings)) for part in parts]
    if sum(map(len, of_each)) > _MOST_WAYS:
        of_each = [_few(ways, 1) for ways in of_each]
    ways = _few(tuple(dict.fromkeys(way for ways in of_each for way in ways)), _MOST_WAYS)
    return _Part(None, ways, all(map(_opens, parts)), all(map(_closes, parts)), empty)


def _opens(part: _Part) -> bool:
    return part.opens if part.strings is None else _all_open(part.strings)


def _closes(part: _Part) -> bool:
    return part.closes if part.strings is None else _all_close(part.strings)


def _of_assertion(argument: Any) -> _Part:
    """Return what a look-ahead demands; it takes no place. What a look-behind sees may lie before the sentence."""
    direction, items = argument
    if direction < 0:
        return _NOTHING
    inner = _of_sequence(items)
    return _Part(_NOTHING.strings, _both(inner.ways, _way(inner.strings)), empty=True)


_EDGES = {_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING, _constants.AT_BOUNDARY, _constants.AT_END,
          _constants.AT_END_STRING}  # fmt: skip
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
_HANDLERS: Mapping[Any, Any] = {
    _constants.AT: _of_position,
    _constants.IN: _of_class,
    _constants.ANY: lambda _argument: _ANY_LETTER,
    _constants.NOT_LITERAL: lambda _argument: _ANY_LETTER,
    _constants.ATOMIC_GROUP: _of_sequence,
    _constants.ASSERT: _of_assertion,
    _constants.ASSERT_NOT: lambda _argument: _NOTHING,
}
