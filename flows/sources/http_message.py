"""HTTP responses as archives hold them: status line, headers, body. Pure functions on bytes; nothing is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b[^\n]*(?:\n|$)")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s;\"',]+)", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"\s*([\w!#$&^.+-]+/[\w!#$&^.+-]+)")


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A response: its status (None without a status line), headers in order as sent, and the body as stored."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return all values of a header, joined by commas; empty when it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)


def parse_http(block: bytes) -> HttpMessage:
    """Parse a response. A block without a status line is all body."""
    status = _STATUS_LINE.match(block)
    if not status:
        return HttpMessage(None, (), block)
    blank = _BLANK_LINE.search(block, status.end() - 2)
    head, body = (block[status.end() : blank.start()], block[blank.end() :]) if blank else (block[status.end() :], b"")
    return HttpMessage(int(status.group(1)), _parse_headers(head), body)


def _parse_headers(head: bytes) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for line in head.splitlines():
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        if text[:1] in {" ", "\t"} and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}")
        elif ":" in text:
            name, _, value = text.partition(":")
            headers.append((name.strip(), value.strip()))
    return tuple(headers)


def parse_content_type(value: str | None) -> tuple[str | None, str | None]:
    """Split a Content-Type header into its essence (lower case) and its charset, each None where there is none."""
    if not value:
        return None, None
    essence, charset = _MEDIA_TYPE.match(value), _CHARSET.search(value)
    return essence.group(1).lower() if essence else None, charset.group(1) if charset else None
