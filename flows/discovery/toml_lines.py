"""On which line of a TOML document a value stands: tomllib does not tell. A pure function on text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

Place = tuple[str | int, ...]

_STRING = r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_TOKEN = re.compile(rf"{_STRING}|#[^\n]*|[\[\]{{}}\n]", re.DOTALL)
_HEADER = re.compile(r"[ \t]*(\[\[?)\s*([^\]\n]+?)\s*\]")
_KEY = re.compile(r"[ \t]*([\w-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*=")


def line_of(text: str, place: Place) -> int:
    """Return the line, from 1, of the value at `place` in a document that tomllib has read.

    A place is made of keys and of indexes into arrays: `("source", 2, "feeds", 0)`. Where the value itself is not
    found, it is the line of what holds it.
    """
    offsets = dict(reversed(list(_offsets(text))))
    while place and place not in offsets:
        place = place[:-1]
    return text.count("\n", 0, offsets.get(place, 0)) + 1


def _offsets(text: str) -> Iterator[tuple[Place, int]]:
    """Yield where tables, keys and the strings of arrays begin."""
    table: Place = ()
    counts: Counter[str] = Counter()
    for start, end in _statements(text):
        header, key = _HEADER.match(text, start), _KEY.match(text, start)
        if header:
            brackets, name = header.groups()
            counts[name] += brackets == "[["
            table = tuple(_table(name, counts))
            yield table, start
        elif key:
            place = (*table, _bare(key.group(1)))
            yield place, start
            strings = re.finditer(f"{_STRING}|(#[^\n]*)", text[key.end() : end], re.DOTALL)
            for index, found in enumerate(found for found in strings if not found.group(1)):
                yield (*place, index), key.end() + found.start()


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins and ends: a line break outside brackets and strings ends it."""
    start = depth = 0
    for token in _TOKEN.finditer(text):
        match token.group():
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth == 0:
                yield start, token.start()
                start = token.end()
    yield start, len(text)


def _table(name: str, counts: Counter[str]) -> Iterator[str | int]:
    """Yield the keys of a table's name; after that of an array of tables the index in it."""
    parts = [_bare(part.strip()) for part in name.split(".")]
    for at, part in enumerate(parts, start=1):
        yield part
        array = ".".join(parts[:at])
        if counts[array]:
            yield counts[array] - 1


def _bare(key: str) -> str:
    return key.strip("\"'")
