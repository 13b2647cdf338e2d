"""WARC framing: where each record begins and ends, and what is wrong where one does not. No HTTP, no HTML.

The framing is read here rather than by FastWARC because it must say what is missing: FastWARC 2.0.1 and warcio 1.8
both end in silence on a truncated archive, FastWARC hands out an empty record for a header that was cut, and its
offsets inside a gzip file of one member name no record.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.sources.streams import Damage, Piece

VERSION_LINE = re.compile(rb"WARC/\d+\.\d+[ \t]*\r?\n")
_MAX_LINE = 64 * 1024
_MAX_HEADER = 256 * 1024


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One whole record. `place` is its `#offset=N` in the file, or `#record=N` (from 1) inside a compressed member.

    `headers` has lower-case names. `block` is the content, cut when it is longer than the reader's limit (`is_cut`).
    """

    place: str
    headers: Mapping[str, str]
    block: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class WarcTrouble:
    """A record that is not there, or not whole, and where."""

    place: str
    message: str


class _Buffer:
    """Decompressed bytes in order, which stop at damage until that was taken away."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._data = bytearray()
        self._starts: deque[tuple[int, int]] = deque()  # stream position and file offset where members begin
        self._is_compressed = False
        self.position = 0
        self.damage: Damage | None = None

    def fill(self) -> bool:
        """Get more bytes; False at damage and at the end."""
        if self.damage:
            return False
        piece = next(self._pieces, None)
        if piece is None:
            return False
        if isinstance(piece, Damage):
            self.damage = piece
            return False
        if piece.member_offset is not None:
            self._is_compressed = True
            self._starts.append((self.position + len(self._data), piece.member_offset))
        self._data += piece.data
        return True

    def file_offset(self) -> int | None:
        """Return the offset in the file of what comes next; None inside a compressed member."""
        self.has_more()
        while self._starts and self._starts[0][0] < self.position:
            self._starts.popleft()
        if self._starts and self._starts[0][0] == self.position:
            return self._starts[0][1]
        return None if self._is_compressed else self.position

    def has_more(self) -> bool:
        return bool(self._data) or self.fill()

    def take(self, count: int) -> bytes:
        """Take at most `count` bytes of those at hand."""
        taken = bytes(self._data[:count])
        del self._data[:count]
        self.position += len(taken)
        return taken

    def line(self) -> bytes:
        """Return the next line with its end, without taking it; cut at 64 KiB, at damage and at the end."""
        searched = 0
        while True:
            at = self._data.find(b"\n", searched, _MAX_LINE)
            if at >= 0:
                return bytes(self._data[: at + 1])
            searched = len(self._data)
            if searched >= _MAX_LINE or not self.fill():
                return bytes(self._data[:_MAX_LINE])

    def block(self, length: int, keep: int) -> tuple[bytes, int]:
        """Take `length` bytes and return the first `keep` of them, with how many there were.

        Fewer come when the stream ends or is damaged, or when a compressed member begins with a new record.
        """
        kept = bytearray()
        count = 0
        while count < length and self.has_more():
            available = min(length - count, len(self._data), self._until_record_start())
            if not available:
                break
            data = self.take(available)
            kept += data[: keep - len(kept)]
            count += len(data)
        return bytes(kept), count

    def _until_record_start(self) -> int:
        for start, _ in self._starts:
            at = start - self.position
            if 0 <= at < len(self._data) and self._data.startswith(b"WARC/", at):
                return at
        return len(self._data)


def read_records(pieces: Iterator[Piece], max_block_bytes: int) -> Iterator[WarcRecord | WarcTrouble]:
    """Split a stream into its records of every type, in order; what is damaged is reported and skipped.

    A record is handed out only when all of it was there. At most `max_block_bytes` of a block are held.
    """
    buffer = _Buffer(pieces)
    number = 0
    while True:
        while (blank := buffer.line()) in {b"\r\n", b"\n"}:
            buffer.take(len(blank))
        if not buffer.has_more() and not buffer.damage:
            return
        offset = buffer.file_offset()
        place = f"#record={number + 1}" if offset is None else f"#offset={offset}"
        found = _read_record(buffer, place, max_block_bytes)
        number += 1
        yield found
        if isinstance(found, WarcTrouble):
            _resync(buffer)


def _read_record(buffer: _Buffer, place: str, keep: int) -> WarcRecord | WarcTrouble:
    if not VERSION_LINE.match(buffer.line()):
        return _trouble(buffer, place, "no WARC record begins where one should")
    headers = _read_headers(buffer)
    if headers is None:
        return _trouble(buffer, place, "the archive ends inside the header of a record")
    declared = headers.get("content-length", "")
    if not re.fullmatch(r"[0-9]{1,18}", declared):
        return _trouble(buffer, place, f"a record without a usable Content-Length ({declared[:40]!r})")
    length = int(declared)
    block, count = buffer.block(length, keep)
    if count < length:
        return _trouble(buffer, place, f"a record ends after {count:,} of its {length:,} bytes")
    return WarcRecord(place, headers, block, is_cut=length > keep)


def _trouble(buffer: _Buffer, place: str, message: str) -> WarcTrouble:
    """Return the trouble with the damage that caused it, where there is one, and clear the way."""
    damage, at_end = buffer.damage, not buffer.has_more()
    buffer.damage = None
    if damage and at_end:
        return WarcTrouble(place, f"{message}: {damage.detail}" if "ends" in message else damage.detail)
    end = f": the archive ends at offset {buffer.position}" if at_end and buffer.file_offset() is not None else ""
    return WarcTrouble(place, message + end)


def _read_headers(buffer: _Buffer) -> dict[str, str] | None:
    """Take the version line and the named fields up to the blank line; None when they do not end."""
    headers: dict[str, str] = {}
    name, size = "", 0
    while size < _MAX_HEADER:
        line = buffer.take(len(buffer.line()))
        if not line.endswith(b"\n"):
            return None
        size += len(line)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not text:
            return headers
        if text[0] in " \t" and name:
            headers[name] += " " + text.strip()
        elif ":" in text:
            name, _, value = text.partition(":")
            name = name.strip().lower()
            headers.setdefault(name, value.strip())
    return None


def _resync(buffer: _Buffer) -> None:
    """Go on to the next line that begins a record. Damage on the way belongs to the trouble just told."""
    while True:
        line = buffer.line()
        if VERSION_LINE.match(line):
            return
        if line:
            buffer.take(len(line))
        elif buffer.damage:
            buffer.damage = None
        elif not buffer.has_more():
            return
