"""Everything that a server can do wrong, as answers of the test server."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct

import brotli
from fetch_server import Answer

PAGE = b"<!doctype html><html><body><article><p>" + b"The ferry left the quay at dawn. " * 40 + b"</article>"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def raw(head: bytes, body: bytes = b"") -> Answer:
    """Return an answer of exactly these bytes, after which the connection is closed."""
    return Answer(raw=head + b"\r\n" + body)


async def reset(_seen, _reader, writer):
    """Send half a body, then reset the connection."""
    writer.write(_HEAD + b"Content-Length: 100000\r\n\r\n" + PAGE)
    await writer.drain()
    await asyncio.sleep(0.05)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def hang_up(_seen, _reader, _writer):
    """Close without a word."""


async def drip(_seen, _reader, writer):
    """Send a byte now and then, always in time for a limit on idling."""
    writer.write(_HEAD + b"Content-Length: 100000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silence(_seen, _reader, writer):
    """Send the head and then nothing more."""
    writer.write(_HEAD + b"Content-Length: 100000\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(60)


async def never_answer(_seen, _reader, _writer):
    """Take the request and say nothing."""
    await asyncio.sleep(60)


async def endless(_seen, _reader, writer):
    """Send a body that has no end."""
    writer.write(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


async def endless_headers(_seen, _reader, writer):
    """Send headers that have no end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        writer.write(b"X-%d: %s\r\n" % (number, b"y" * 100))
        await writer.drain()


def bomb(coding: str) -> bytes:
    """Return 64 MiB of nothing in a few kilobytes."""
    nothing = b"\0" * (64 * 2**20)
    return gzip.compress(nothing, 9) if coding == "gzip" else brotli.compress(nothing, quality=5)


def coded(coding: str, body: bytes) -> Answer:
    """Return an answer whose body is in a content encoding, or claims to be."""
    return Answer(body, headers={"Content-Encoding": coding})


def moved(where: str, status: int = 302) -> Answer:
    """Return a redirect."""
    return Answer(status=status, headers={"Location": where})
