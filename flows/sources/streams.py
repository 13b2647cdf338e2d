"""Files as streams of decompressed bytes: plain, gzip or zstd by their first bytes, damage told where it is.

What the bytes mean is decided elsewhere. Memory is bounded by a few buffers whatever the file holds. After damage the
stream goes on at the next compressed member that can be read; the damage itself is an item of the stream.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastwarc.stream_io import ZstdReader

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# A file may open with a skippable frame, which is where a WARC keeps its zstd dictionary.
_ZSTD_SKIPPABLE = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))
_CHUNK = 64 * 1024
_OUTPUT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of decompressed bytes. `member_offset` is set where a gzip member begins: its offset in the file."""

    data: bytes
    member_offset: int | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where a compressed file cannot be read. `offset` counts bytes of the file as stored.

    `is_end` says that the file simply ended too early: nothing more can follow.
    """

    offset: int
    detail: str
    is_end: bool = False


Piece = Block | Damage


def read_pieces(path: Path) -> Iterator[Piece]:
    """Read a file as decompressed blocks of at most 256 KiB, and damages. Raises OSError for the file itself."""
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(GZIP_MAGIC):
            yield from _gzip_pieces(file)
        elif magic == ZSTD_MAGIC or magic in _ZSTD_SKIPPABLE:
            yield from _zstd_pieces(file)
        else:
            while data := file.read(_CHUNK):
                yield Block(data)


def read_head(path: Path, size: int) -> bytes:
    """Read the first `size` decompressed bytes of a file, fewer when it ends or is damaged before."""
    return read_prefix(path, size)[0]


def read_prefix(path: Path, size: int) -> tuple[bytes, Damage | None]:
    """Read at most `size` decompressed bytes, and the damage that ended them before that, if one did."""
    head = bytearray()
    for piece in read_pieces(path):
        if isinstance(piece, Damage):
            return bytes(head), piece
        head += piece.data[: size - len(head)]
        if len(head) >= size:
            break
    return bytes(head), None


class _Window:
    """The unread rest of a file, held a chunk at a time; `offset` is where it begins in the file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.offset = 0
        self.data = b""

    def fill(self) -> bool:
        more = self.file.read(_CHUNK)
        self.data += more
        return bool(more)

    def drop(self, count: int) -> None:
        self.data = self.data[count:]
        self.offset += count

    def seek(self, offset: int) -> None:
        self.file.seek(offset)
        self.offset, self.data = offset, b""

    def find(self, magic: bytes) -> bool:
        """Go on to the next occurrence of `magic`; False when there is none up to the end of the file."""
        while True:
            at = self.data.find(magic)
            if at >= 0:
                self.drop(at)
                return True
            self.drop(max(0, len(self.data) - len(magic) + 1))
            if not self.fill():
                return False


def _gzip_pieces(file: BinaryIO) -> Iterator[Piece]:
    window = _Window(file)
    is_reported = False
    while window.data or window.fill():
        start = window.offset
        damage = None
        for piece in _gzip_member(window):
            if isinstance(piece, Damage):
                damage = piece
            else:
                is_reported = False
                yield piece
        if damage is None:
            continue
        if not is_reported:  # one report for a damaged stretch, however many false starts are in it
            is_reported = True
            yield damage
        if damage.is_end:
            return
        window.seek(start + 1)
        if not window.find(GZIP_MAGIC):
            return


def _gzip_member(window: _Window) -> Iterator[Piece]:
    """Decompress the member that begins at the window. Damage, if there is any, is the last item."""
    start = window.offset
    while len(window.data) < len(GZIP_MAGIC) and window.fill():
        pass
    if not window.data.strip(b"\x00"):  # padding of tapes and block devices
        window.drop(len(window.data))
        return
    if not window.data.startswith(GZIP_MAGIC):
        yield Damage(start, f"no gzip member begins at offset {start}, where one should")
        return
    inflater = zlib.decompressobj(wbits=31)
    member_offset: int | None = start
    while not inflater.eof:
        is_drained = not window.data and not window.fill()
        try:
            data = inflater.decompress(window.data, _OUTPUT)
        except zlib.error as error:
            yield Damage(start, f"the gzip member at offset {start} is damaged ({error})")
            return
        # At the end zlib may leave the same bytes in both: what comes after the member.
        left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        window.drop(len(window.data) - len(left))
        if data:
            yield Block(data, member_offset)
            member_offset = None
        elif is_drained and not inflater.eof:
            detail = f"the file ends at offset {window.offset}, inside the gzip member at offset {start}"
            yield Damage(start, detail, is_end=True)
            return


class _Tail:
    """A file from `base` on, for a reader that takes the start for zero."""

    def __init__(self, file: BinaryIO, base: int) -> None:
        self._file = file
        self._base = base
        file.seek(base)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset + self._base * (whence == 0), whence) - self._base

    def tell(self) -> int:
        return self._file.tell() - self._base

    def close(self) -> None:
        """Leave the file open: whoever opened it closes it."""


def _zstd_pieces(file: BinaryIO) -> Iterator[Piece]:
    base = 0
    is_reported = False
    while True:
        reader = ZstdReader(_Tail(file, base))
        count = 0
        try:
            while data := reader.read(_CHUNK):
                count += len(data)
                is_reported = False
                yield Block(data)
        except OSError as error:
            detail = str(error)
        else:
            return
        rest, frame = _zstd_rest(file, base, count)
        if rest:
            is_reported = False
            yield Block(rest)
        if not is_reported:
            is_reported = True
            yield Damage(
                frame, f"zstd data is damaged or ends early in or after the frame at offset {frame} ({detail})"
            )
        window = _Window(file)
        window.seek(max(base, frame) + 1)
        if not window.find(ZSTD_MAGIC):
            return
        base = window.offset


def _zstd_rest(file: BinaryIO, base: int, count: int) -> tuple[bytes, int]:
    """Read again what the reader decoded before it failed, and where the frame began in which it did.

    A failing read returns nothing of what it had decoded; so the stream is read once more up to `count` and from
    there byte by byte.
    """
    reader = ZstdReader(_Tail(file, base))
    rest = bytearray()
    try:
        while count > 0:
            count -= len(reader.read(min(count, _CHUNK)))
        while byte := reader.read(1):
            rest += byte
    except OSError:
        pass
    return bytes(rest), base + (reader.frame_start_position() or 0)
