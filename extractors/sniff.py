"""What a body is, told from its first bytes: HTML, plain text, or something that is no page at all.

The declared media type only decides between HTML and text where the bytes allow both; a name or a header alone is
never believed. Pure functions on bytes.
"""

from __future__ import annotations

import re
from enum import StrEnum

HEAD_BYTES = 4096


class Content(StrEnum):
    """What the bytes are."""

    EMPTY = "empty"
    HTML = "html"
    TEXT = "text"
    BINARY = "binary"


_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\xff\xfe", b"\xfe\xff")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "riff media"),
    (b"PK\x03\x04", "zip archive or office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"PAR1", "parquet"),
    (b"\x7fELF", "an executable"),
    (b"OggS", "ogg media"),
    (b"ID3", "mp3 audio"),
    (b"\x00\x00\x00\x18ftyp", "mp4 video"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
)
# A document type or one of the elements that open a page; anywhere in the head, since comments and blank
# lines come first on real pages. Fragments saved without <html> begin with one of the later ones.
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|title|meta|link|body|script|style|article|main|section|header|nav|div|p|h[1-6]|table|span|font|center|amp-)\b",
    re.IGNORECASE,
)
_XML_OTHER = re.compile(
    rb"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(rss|feed|urlset|sitemapindex|svg|rdf:RDF|opml)\b",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def has_bom(body: bytes) -> bool:
    """Tell whether the body begins with a Unicode byte order mark."""
    return body.startswith(_BOMS)


def binary_type(body: bytes) -> str | None:
    """Name what a body is when its first bytes say that it is no text; None when they do not."""
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return name
    found = _XML_OTHER.match(body[:HEAD_BYTES])
    if found:
        return f"<{found.group(1).decode('ascii')}> document"
    return None


def sniff_content(body: bytes, media_type: str | None = None) -> Content:
    """Tell what a body is from its first 4,096 bytes, with the declared media type as a second opinion.

    Bytes that open like a known binary format, or hold control characters in more than one of 50 places, are
    BINARY. A body that mentions an HTML element early is HTML unless it was declared text/plain and does not begin
    with markup.
    """
    head = body[:HEAD_BYTES]
    if not head.strip():
        return Content.EMPTY if len(body) <= HEAD_BYTES else Content.TEXT
    if binary_type(body):
        return Content.BINARY
    wide = head.startswith(_BOMS[1:]) or (head.count(0) > len(head) // 4 and b"<\x00" in head)
    if wide:
        head = head.replace(b"\x00", b"")
    elif len(_CONTROL.findall(head)) * 50 > len(head):
        return Content.BINARY
    opens_as_markup = re.match(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<[!a-zA-Z?]", head) is not None
    if media_type == "text/plain":
        return Content.HTML if opens_as_markup and _HTML.search(head) else Content.TEXT
    if media_type in {"text/html", "application/xhtml+xml"}:
        return Content.HTML
    return Content.HTML if opens_as_markup or len(_HTML.findall(head)) >= 3 else Content.TEXT
