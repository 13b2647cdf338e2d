"""Bytes to text: which character encoding a body is in, and its text.

The byte order mark is asked first, then the HTTP header, the page's own declaration, and last the bytes themselves;
none is believed against the bytes. Labels mean what browsers take them to mean. Nothing here parses HTML.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding

from extractors.records import Form

_HEAD_BYTES = 4096
_SAMPLE_BYTES = 4096

_BOMS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),  # before utf-16-le, whose mark it begins with
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Encodings that pages may name: the WHATWG name, Python's codecs in order of trial, and further labels. utf-7, hz and
# the ISO 2022 variants of Korean and Chinese are left out on purpose: they can hide markup, so browsers refuse them.
_TABLE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("utf-8", ("utf-8",), "utf8 utf-8-sig unicode-1-1-utf-8 x-unicode20utf8 unicode utf8mb4"),
    ("utf-16-le", ("utf-16-le",), "utf-16 utf16 utf-16le unicodefffe ucs-2 iso-10646-ucs-2"),
    ("utf-16-be", ("utf-16-be",), "utf-16be unicodefeff"),
    (
        "windows-1252",
        ("cp1252",),
        "iso-8859-1 iso8859-1 iso88591 8859-1 latin-1 latin1 l1 ascii us-ascii ansi cp1252 x-cp1252 x-user-defined",
    ),
    ("windows-1250", ("cp1250",), "cp1250 x-cp1250 win-1250"),
    ("windows-1251", ("cp1251",), "cp1251 x-cp1251 win-1251 windows1251"),
    ("windows-1253", ("cp1253",), "cp1253 x-cp1253"),
    ("windows-1254", ("cp1254",), "cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 latin5 latin-5 l5"),
    ("windows-1255", ("cp1255",), "cp1255 x-cp1255"),
    ("windows-1256", ("cp1256",), "cp1256 x-cp1256"),
    ("windows-1257", ("cp1257",), "cp1257 x-cp1257"),
    ("windows-1258", ("cp1258",), "cp1258 x-cp1258"),
    ("windows-874", ("cp874",), "cp874 tis-620 tis620 iso-8859-11 iso8859-11 dos-874"),
    ("iso-8859-2", ("iso8859-2",), "iso8859-2 iso88592 latin2 latin-2 l2"),
    ("iso-8859-3", ("iso8859-3",), "iso8859-3 latin3 latin-3"),
    ("iso-8859-4", ("iso8859-4",), "iso8859-4 latin4 latin-4"),
    ("iso-8859-5", ("iso8859-5",), "iso8859-5 cyrillic"),
    ("iso-8859-6", ("iso8859-6",), "iso8859-6 arabic"),
    ("iso-8859-7", ("iso8859-7",), "iso8859-7 greek"),
    ("iso-8859-8", ("iso8859-8",), "iso8859-8 iso-8859-8-i hebrew logical visual"),
    ("iso-8859-10", ("iso8859-10",), "iso8859-10 latin6"),
    ("iso-8859-13", ("iso8859-13",), "iso8859-13"),
    ("iso-8859-14", ("iso8859-14",), "iso8859-14"),
    ("iso-8859-15", ("iso8859-15",), "iso8859-15 iso885915 latin9 latin-9"),
    ("iso-8859-16", ("iso8859-16",), "iso8859-16"),
    ("koi8-r", ("koi8-r",), "koi8 koi koi8_r"),
    ("koi8-u", ("koi8-u",), "koi8-ru"),
    ("ibm866", ("cp866",), "cp866 866"),
    ("macintosh", ("mac-roman",), "mac x-mac-roman"),
    ("shift_jis", ("cp932", "shift_jis_2004"), "shift-jis sjis x-sjis ms932 ms_kanji windows-31j cp932"),
    ("euc-jp", ("euc_jp", "euc_jis_2004"), "eucjp x-euc-jp"),
    ("iso-2022-jp", ("iso2022_jp", "iso2022_jp_2004"), "csiso2022jp"),
    ("gb18030", ("gb18030",), "gb2312 gb_2312-80 gbk x-gbk cp936 ms936 chinese euc-cn gb-2312"),
    ("big5", ("cp950", "big5hkscs"), "big5-hkscs big-5 cn-big5 x-x-big5 cp950"),
    ("euc-kr", ("cp949",), "euckr ks_c_5601-1987 ks_c_5601 ksc5601 ksc_5601 korean windows-949 cp949 ms949 uhc"),
)
_CODECS = {name: tried for name, tried, _ in _TABLE} | {"utf-32-le": ("utf-32-le",), "utf-32-be": ("utf-32-be",)}
_NAMES = {label.replace("_", "-"): name for name, _, labels in _TABLE for label in (name, *labels.split())}

_CJK = frozenset({"shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"})
# The detector's names that are not labels, and the Windows superset of an ISO encoding, for text with bytes 80 to 9F.
_DETECTED = {"cp865": "windows-1252", "tis-620": "windows-874", "cp949": "euc-kr"}
_SUPERSETS = {
    "iso-8859-2": "windows-1250",
    "iso-8859-7": "windows-1253",
    "iso-8859-8": "windows-1255",
    "iso-8859-13": "windows-1257",
    "iso-8859-15": "windows-1252",
}

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']\s*([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:script|style)\b[^<]*(?:<(?!/(?:script|style))[^<]*)*|<[^<>]*>", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff][^\r\n]{0,400}")
_HIGH_LETTER = re.compile(rb"[\xc0-\xff]")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_C1 = re.compile(rb"[\x80-\x9f]")
_ESCAPED_JAPANESE = re.compile(rb"\x1b\$[@B]")


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""A body's text, the WHATWG name of the encoding it was in, and who named it.

    `source` is one of "bom", "http", "declared", "detected", "fallback". `text` has no byte order mark, no NUL, and
    "\n" as its only line end.
    """

    text: str
    encoding: str
    source: str


def decode_body(body: bytes, http_charset: str | None, form: Form) -> Decoded:
    """Return the text of a body. Total: bytes that fit no encoding become U+FFFD in UTF-8.

    `http_charset` is the charset parameter of the Content-Type header, if any. A page's own declaration is looked
    for in its first 4,096 bytes when `form` is HTML.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            body = body[len(mark) :]
            text = _decode_as(body, name) if name == "utf-8" else body.decode(name, "replace")
            if text is not None:
                return _finish(text, name, "bom")
            break
    claims = list(_claims(body, http_charset, form))
    if _is_plainly_utf8(body, claims):
        source = next((source for name, source in claims if name == "utf-8"), "detected")
        return _finish(_decode_strictly(body, "utf-8") or "", "utf-8", source)
    for name, source in claims:
        text = _decode_as(body, name)
        if text is not None:
            return _finish(text, name, source)
    return _detect(body)


def encoding_named(label: str | None) -> str | None:
    """Return the WHATWG name of the encoding that a label means; None when it is unknown or refused."""
    return _NAMES.get(label.strip(" \t\r\n\"';,").lower().replace("_", "-")) if label else None


def _finish(text: str, encoding: str, source: str) -> Decoded:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return Decoded(text=text, encoding=encoding, source=source)


def _claims(body: bytes, http_charset: str | None, form: Form) -> Iterator[tuple[str, str]]:
    """Yield the encodings that are claimed for a body, and by whom."""
    name = encoding_named(http_charset)
    if name:
        yield name, "http"
    if form is not Form.HTML:
        return
    head = _COMMENT.sub(b"", body[:_HEAD_BYTES])
    for pattern in (_META, _XML):
        found = pattern.search(head)
        name = encoding_named(found.group(1).decode("ascii")) if found else None
        if name:
            # A declaration that can be read as ASCII is not in UTF-16, whatever it says.
            yield ("utf-8" if name.startswith("utf-16") else name), "declared"


def _decode_strictly(body: bytes, codec: str) -> str | None:
    """Decode without a single error, but for a character cut off at the very end of text that has others like it."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        text = decoder.decode(body)
    except ValueError:
        return None
    try:
        decoder.decode(b"", final=True)
    except ValueError:
        return None if text.isascii() else text
    return text


def _decode_as(body: bytes, name: str) -> str | None:
    """Decode as an encoding whose claim the bytes bear out, a handful of bad bytes aside; else None."""
    tried = _CODECS[name]
    for codec in tried:
        text = _decode_strictly(body, codec)
        if text is not None:
            return text
    text = body.decode(tried[0], "replace")
    bad = text.count("\ufffd")
    if name == "utf-8":
        # Bytes of another encoding practically never form UTF-8 sequences, so a few good ones outweigh a bad one;
        # without them, rare bad bytes in an English page are windows-1252 quotes.
        good = len(text) - bad - len(text.encode("ascii", "ignore"))
        return text if good >= 4 * bad else None
    return text if bad * 1000 < len(body) else None


def _is_plainly_utf8(body: bytes, claims: list[tuple[str, str]]) -> bool:
    """Tell whether the bytes are UTF-8 beyond doubt, whatever is claimed: valid, with multi-byte sequences.

    A body of few sequences may be valid in a double-byte encoding by chance; then that encoding's claim stands.
    """
    if body.isascii():
        return False
    text = _decode_strictly(body, "utf-8")
    if text is None or "\x00" in text[:_HEAD_BYTES]:
        return False
    if claims and claims[0][0] in _CJK:
        return len(text) - len(text.encode("ascii", "ignore")) >= 8 or _decode_as(body, claims[0][0]) is None
    return True


def _detect(body: bytes) -> Decoded:
    wide = _utf16_without_mark(body)
    if wide:
        return _finish(body.decode(wide, "replace"), wide, "detected")
    if _ESCAPED_JAPANESE.search(body[: 16 * _HEAD_BYTES]) and body.isascii():
        text = _decode_as(body, "iso-2022-jp")
        if text is not None:
            return _finish(text, "iso-2022-jp", "detected")
    text = _decode_as(body, "utf-8")
    if text is not None:
        return _finish(text, "utf-8", "detected")
    name = _guess(body)
    text = _decode_as(body, name) if name else None
    if name and text is not None:
        return _finish(text, name, "detected")
    return _finish(body.decode("utf-8", "replace"), "utf-8", "fallback")


def _utf16_without_mark(body: bytes) -> str | None:
    head = body[:_HEAD_BYTES]
    half = len(head) // 2
    if half and head[1::2].count(0) * 2 > half:
        return "utf-16-le"
    if half and head[0::2].count(0) * 2 > half:
        return "utf-16-be"
    return None


def _guess(body: bytes) -> str | None:
    """Guess an 8-bit or double-byte encoding from a bounded sample.

    uchardet (in resiliparse) names the right encoding for all of 384 news texts in 14 languages other than English, in
    0.7 ms; charset-normalizer got no Japanese, Korean or Spanish text right, in 3.4 ms. From the few non-ASCII bytes
    of an English text it guesses wildly, so there the commonest encoding is taken.
    """
    text = _MARKUP.sub(b" ", body[: 64 * _HEAD_BYTES])
    if len(_HIGH_LETTER.findall(text)) * 100 < len(_ASCII_LETTER.findall(text)):
        return "windows-1252"
    sample = _sample(text)
    found = detect_encoding(sample, html5_compatible=False) if sample else None
    if not found:
        return None
    name = _DETECTED.get(found) or encoding_named(found)
    return _SUPERSETS.get(name, name) if name and _C1.search(sample) else name


def _sample(text: bytes) -> bytes:
    """Take up to 4,096 bytes of words near non-ASCII bytes: ASCII says nothing about an encoding."""
    parts: list[bytes] = []
    size = 0
    for found in _HIGH_RUN.finditer(text):
        parts.append(found.group())
        size += len(parts[-1])
        if size >= _SAMPLE_BYTES:
            break
    return b"\n".join(parts)[:_SAMPLE_BYTES]
