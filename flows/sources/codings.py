"""Transfer and content encodings of HTTP bodies undone, never beyond a size limit. Pure functions on bytes.

Archives disagree on whether the stored body is still encoded as its headers say. So a header is a claim: where the
bytes are plainly HTML or text already, they are kept as they are.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import brotli
from fastwarc.stream_io import ZstdReader

from extractors.records import RejectReason
from extractors.sniff import Content, sniff_content

_CHUNK_LINE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_STEP = 256 * 1024
_IDENTITY = frozenset({"", "identity", "none", "binary", "8bit", "7bit", "utf-8"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body after its encodings were undone, or as received with the defect that says why they were not."""

    body: bytes
    defect: RejectReason | None = None
    detail: str | None = None


class _NotUndoneError(Exception):
    """The bytes are not what the header says."""


def undo_codings(body: bytes, transfer: str, content: str, limit: int) -> Decoded:
    """Undo the encodings named in the headers Transfer-Encoding and Content-Encoding (each a comma-separated list).

    A body that grows beyond `limit` bytes is cut there and marked TOO_LARGE; one whose encoding cannot be undone is
    returned as received and marked UNDECODABLE.
    """
    names = [name.strip().lower() for name in f"{content},{transfer}".split(",")]
    current = body
    for name in reversed([n for n in names if n not in _IDENTITY]):
        if not current:
            break
        try:
            current = _undo_one(current, name, limit)
        except _NotUndoneError as error:
            if sniff_content(current) in {Content.HTML, Content.TEXT}:
                continue  # stored decoded, under the header of the wire
            return Decoded(body[:limit], RejectReason.UNDECODABLE, str(error))
        if len(current) > limit:
            return Decoded(current[:limit], RejectReason.TOO_LARGE, f"more than {limit:,} bytes once {name} was undone")
    if len(current) > limit:
        return Decoded(current[:limit], RejectReason.TOO_LARGE, f"{len(current):,} bytes, the limit is {limit:,}")
    return Decoded(current)


def _undo_one(body: bytes, name: str, limit: int) -> bytes:
    """Undo one encoding; at most `limit` + 1 bytes come back. Raises _NotUndoneError."""
    if name == "chunked":
        return _dechunk(body)
    if name in {"gzip", "x-gzip"}:
        if not body.startswith(b"\x1f\x8b"):
            raise _NotUndoneError("declared gzip, but the body is not gzip data")
        return _collect(_gunzip(body), "gzip", limit)
    if name == "zstd":
        return _collect(_unzstd(body), "zstd", limit)
    if name not in {"deflate", "br"}:
        raise _NotUndoneError(f"unknown content encoding {name[:40]!r}")
    # These two have no magic number: what is HTML already must not be fed to them.
    if sniff_content(body) is Content.HTML:
        return body
    return _collect(_unbrotli(body), "br", limit) if name == "br" else _undeflate(body, limit)


def _collect(parts: Iterator[bytes], name: str, limit: int) -> bytes:
    out = bytearray()
    try:
        for part in parts:
            out += part
            if len(out) > limit:
                break
    except (zlib.error, brotli.error, OSError, EOFError) as error:
        raise _NotUndoneError(f"the {name} body is damaged or ends early after {len(out):,} bytes ({error})") from None
    return bytes(out[: limit + 1])


def _inflate(data: bytes, wbits: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=wbits)
    while not inflater.eof:
        part = inflater.decompress(data, _STEP)
        data = inflater.unconsumed_tail
        if not part and not data and not inflater.eof:
            raise EOFError("no end of stream")
        yield part
    if wbits > zlib.MAX_WBITS and inflater.unused_data.startswith(b"\x1f\x8b"):
        yield from _inflate(inflater.unused_data, wbits)


def _gunzip(data: bytes) -> Iterator[bytes]:
    return _inflate(data, 16 + zlib.MAX_WBITS)


def _undeflate(body: bytes, limit: int) -> bytes:
    """Undo `deflate`: zlib data by the standard, bare deflate data by long-standing practice."""
    try:
        return _collect(_inflate(body, zlib.MAX_WBITS), "deflate", limit)
    except _NotUndoneError:
        return _collect(_inflate(body, -zlib.MAX_WBITS), "deflate", limit)


def _unbrotli(data: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    part = decompressor.process(data, output_buffer_limit=_STEP)
    yield part
    while part or not decompressor.can_accept_more_data():
        part = decompressor.process(b"", output_buffer_limit=_STEP)
        yield part
    if not decompressor.is_finished():
        raise EOFError("no end of stream")


def _unzstd(data: bytes) -> Iterator[bytes]:
    reader = ZstdReader(io.BytesIO(data))
    while part := reader.read(_STEP):
        yield part


def _dechunk(body: bytes) -> bytes:
    """Join the chunks of a chunked body. One that breaks off keeps what came, as a browser would.

    Many archives store the body joined under the header of the wire: what does not begin with a chunk stays as it is.
    """
    out = bytearray()
    at = 0
    while found := _CHUNK_LINE.match(body, at):
        size = int(found.group(1), 16)
        if not size:
            return bytes(out)
        out += body[found.end() : found.end() + size]
        at = found.end() + size
        at += 2 if body.startswith(b"\r\n", at) else body.startswith(b"\n", at)
    return bytes(out) if at else body
