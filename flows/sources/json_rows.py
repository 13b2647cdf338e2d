"""JSON Lines, and JSON files of one object or an array of objects, as rows. A line or an element at a time.

Lines that are no object are reported and passed over; a document is read up to the first error.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from extractors.records import RawPage
from flows.sources.columns import TableReader, lower_keys, parse_row
from flows.sources.files import SourceFile
from flows.sources.options import SourceError, SourceOptions, SourceProblem
from flows.sources.streams import Damage, Piece, read_head, read_pieces

_HEAD_BYTES = 64 * 1024
_OBJECT = re.compile(rb"\s*\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\})")
_ARRAY = re.compile(rb"\s*\[\s*(?:\{|\])")
_NEXT_LINE = re.compile(rb"\n\{\s*\"")
_LINES_NAME = re.compile(r"\.(?:jsonl|ndjson|jsonlines)(?:\.\w+)?$", re.IGNORECASE)
_BETWEEN = " \t\r\n,[]"
_PEEK_ROWS = 20


class NoContentError(SourceError):
    """A JSON file whose objects have no column of HTML or text."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    place: str
    message: str


_Item = tuple[str, dict[str, Any]] | _Trouble


def looks_like_json(head: bytes, name: str = "") -> bool:
    """Tell whether bytes open as a JSON object or as an array of objects.

    Where the first line is broken, a name that says JSON Lines is believed if a later line opens as an object.
    """
    head = head.removeprefix(codecs.BOM_UTF8)
    if _OBJECT.match(head) or _ARRAY.match(head):
        return True
    return _LINES_NAME.search(name) is not None and _NEXT_LINE.search(head) is not None


def read_json(file: SourceFile, options: SourceOptions) -> Iterator[RawPage | SourceProblem]:
    """Read every object as one page: `#line=N` of JSON Lines, `#record=N` of a document, both from 1.

    Raises NoContentError, before any page, when none of the first objects has a column of content.
    """
    reader = TableReader(file, options.columns, options.max_body_bytes)
    otherwise = file.modified_at()
    # JSON may write one byte of content as six: \\u001f.
    limit = 2 * options.max_body_bytes + 1024 * 1024
    head = read_head(file.path, _HEAD_BYTES).removeprefix(codecs.BOM_UTF8)
    pieces = read_pieces(file.path)
    items = _read_lines(pieces, limit) if _is_lines(head) else _read_document(pieces, limit)
    peeked: list[_Item] = []
    for item in items:
        peeked.append(item)
        if not isinstance(item, _Trouble) and reader.has_content(item[1]):
            break
        if len(peeked) >= _PEEK_ROWS:
            raise _no_content(reader)
    else:
        raise _no_content(reader)
    for item in chain(peeked, items):
        if isinstance(item, _Trouble):
            yield file.problem(item.message, item.place)
        else:
            yield parse_row(item[1], item[0], reader, otherwise)


def _no_content(reader: TableReader) -> NoContentError:
    wanted = " or ".join(reader.content_paths()[:2])
    return NoContentError(
        f"{reader.file.locator} has no JSON object with HTML or text ({wanted}): "
        "name the column with --column html=NAME or --column text=NAME"
    )


def _is_lines(head: bytes) -> bool:
    """Tell JSON Lines from a JSON document: by the first line, and where that is broken by those after it."""
    start = head.lstrip()
    if _ARRAY.match(start):
        return False
    first, newline, _ = start.partition(b"\n")
    if not newline and len(head) >= _HEAD_BYTES:
        return True  # a first line longer than what was looked at; a pretty-printed document has short ones
    return _parse(first) is not None or _NEXT_LINE.search(start) is not None


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return lower_keys(value) if isinstance(value, dict) else None


def _read_lines(pieces: Iterator[Piece], limit: int) -> Iterator[_Item]:
    for number, line in enumerate(_split_lines(pieces, limit), start=1):
        place = f"#line={number}"
        if isinstance(line, Damage):
            yield _Trouble(place, line.detail)
        elif len(line) > limit:
            yield _Trouble(place, f"a line of more than {limit:,} bytes")
        elif stripped := (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip():
            row = _parse(stripped)
            yield (place, row) if row is not None else _Trouble(place, "the line is not a JSON object")


def _split_lines(pieces: Iterator[Piece], limit: int) -> Iterator[bytes | Damage]:
    """Split into lines; of a longer one `limit` + 1 bytes are kept. Damage takes the place of the line it is in."""
    line = bytearray()
    is_damaged = False
    for piece in pieces:
        if isinstance(piece, Damage):
            yield piece
            line.clear()
            is_damaged = True  # what comes next begins in the middle of a line
            continue
        *whole, rest = piece.data.split(b"\n")
        for part in whole:
            line += part[: limit + 1 - len(line)]
            if not is_damaged:
                yield bytes(line)
            is_damaged = False
            line.clear()
        line += rest[: limit + 1 - len(line)]
    if line and not is_damaged:
        yield bytes(line)


def _read_document(pieces: Iterator[Piece], limit: int) -> Iterator[_Item]:
    """Read the elements of an array, or objects one after the other, holding one element at a time."""
    decoder = json.JSONDecoder()
    to_text = codecs.getincrementaldecoder("utf-8-sig")("replace")
    text, number, wanted = "", 1, _HEAD_BYTES
    failure: Exception | None = None
    while True:
        trouble, more = _more_text(pieces, wanted - len(text), to_text)
        text = (text + more).lstrip(_BETWEEN)
        at = 0
        while at < len(text):
            try:
                value, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                failure = error
                break
            row = lower_keys(value) if isinstance(value, dict) else None
            place = f"#record={number}"
            yield (place, row) if row is not None else _Trouble(place, "the element is not a JSON object")
            number += 1
            at = end
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            wanted = _HEAD_BYTES
        text = text[at:]
        if trouble or not more:
            if trouble or text:
                yield _Trouble(f"#record={number}", trouble or f"the JSON breaks off: {failure}")
            return
        wanted = max(wanted, 2 * len(text))
        if len(text) > limit or (text and isinstance(failure, RecursionError)):
            yield _Trouble(f"#record={number}", "an element that is too large or too deep")
            return


def _more_text(pieces: Iterator[Piece], count: int, decoder: codecs.IncrementalDecoder) -> tuple[str | None, str]:
    """Get some `count` more characters, and the damage that ended them."""
    parts: list[str] = []
    while count > 0:
        piece = next(pieces, None)
        if piece is None:
            parts.append(decoder.decode(b"", final=True))
            break
        if isinstance(piece, Damage):
            return piece.detail, "".join(parts)
        parts.append(decoder.decode(piece.data))
        count -= len(parts[-1])
    return None, "".join(parts)
