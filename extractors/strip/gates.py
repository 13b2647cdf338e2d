"""Literal gates: words of which at least one must stand in a text before a pattern can match it.

Some 300 patterns over every page would cost more than the extraction; looking for a literal costs a microsecond. The
gate of a pattern is read off its own parse tree, so nobody has to write it down or can forget a word of it. Only the
derivation lives here; what the patterns mean is in `extractors.strip.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

_LITERAL = _constants.LITERAL
_BRANCH = _constants.BRANCH
_SUBPATTERN = _constants.SUBPATTERN
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, getattr(_constants, "POSSESSIVE_REPEAT", None))
_ATOMIC = getattr(_constants, "ATOMIC_GROUP", None)

# A gate with more words than this costs more than trying the pattern.
_MOST_WORDS = 80


def literal_gate(pattern: str) -> tuple[str, ...]:
    """Return lower-case literals of which any text that `pattern` matches holds at least one.

    An empty tuple means that no such literals were found: the pattern must always be tried. The pattern is taken as
    case-insensitive; texts are to be lower-cased before they are looked at.
    """
    words = _of_sequence(_parser.parse(pattern, re.IGNORECASE))
    return tuple(sorted(words)) if words and len(words) <= _MOST_WORDS else ()


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Order gates: the longer the shortest literal the better, then the fewer the better."""
    return (min(len(word) for word in words), -len(words))


def _of_sequence(items: Sequence[Any]) -> frozenset[str]:
    found: list[frozenset[str]] = []
    run = ""
    for operation, argument in items:
        if operation is _LITERAL:
            run += chr(argument)
            continue
        if run:
            found.append(frozenset({run.lower()}))
            run = ""
        inner = _of_item(operation, argument)
        if inner:
            found.append(inner)
    if run:
        found.append(frozenset({run.lower()}))
    useful = [words for words in found if min(len(word) for word in words) >= 2]
    return max(useful, key=_worth) if useful else frozenset()


def _of_item(operation: Any, argument: Any) -> frozenset[str]:
    if operation is _SUBPATTERN:
        return _of_sequence(argument[3])
    if operation is _ATOMIC:
        return _of_sequence(argument)
    if operation in _REPEATS:
        low, _high, inner = argument
        return _of_sequence(inner) if low else frozenset()
    if operation is _BRANCH:
        branches = [_of_sequence(branch) for branch in argument[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    return frozenset()
