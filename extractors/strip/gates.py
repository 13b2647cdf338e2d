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

from extractors.strip.letters import fold_case

_LITERAL = _constants.LITERAL
_BRANCH = _constants.BRANCH
_SUBPATTERN = _constants.SUBPATTERN
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, getattr(_constants, "POSSESSIVE_REPEAT", None))
_ASSERT = _constants.ASSERT
_IN = _constants.IN
_ATOMIC = getattr(_constants, "ATOMIC_GROUP", None)

# A gate with more words than this costs more than trying the pattern.
_MOST_WORDS = 80


def literal_gate(pattern: str) -> tuple[str, ...]:
    """Return lower-case literals of which any text that `pattern` matches holds at least one.

    An empty tuple means that no such literals were found: the pattern must always be tried. The pattern is taken as
    case-insensitive; texts are to be lower-cased before they are looked at.
    """
    words = _of_sequence(_parser.parse(pattern, re.IGNORECASE))
    return tuple(sorted({fold_case(word) for word in words})) if words and len(words) <= _MOST_WORDS else ()


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
    useful = [words for words in found if all(len(word) > 1 or not word.isalnum() for word in words)]
    return max(useful, key=_worth) if useful else frozenset()


def _of_item(operation: Any, argument: Any) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    if operation is _SUBPATTERN:
        found = _of_sequence(argument[3])
    elif operation is _ATOMIC:
        found = _of_sequence(argument)
    elif operation is _ASSERT and argument[0] > 0:
        found = _of_sequence(argument[1])
    elif operation is _IN:
        found = _of_set(argument)
    elif operation in _REPEATS and argument[0]:
        found = _of_sequence(argument[2])
    elif operation is _BRANCH:
        branches = [_of_sequence(branch) for branch in argument[1]]
        found = frozenset().union(*branches) if all(branches) else found
    return found


def _of_set(items: Sequence[Any]) -> frozenset[str]:
    """Return the characters of a class that lists single characters and nothing else."""
    if any(operation is not _LITERAL for operation, _argument in items):
        return frozenset()
    return frozenset(chr(argument) for _operation, argument in items)
