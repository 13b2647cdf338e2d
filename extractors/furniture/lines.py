"""What a line of a site's text is, apart from the words: the key that its repetitions share, and its shape.

Pure functions of one block's text. Which blocks are furniture is decided in `extractors.furniture.learning`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_BULLETS = "-–—•*·>»→▶| "
_WALLS = "| "
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_LETTERS = re.compile(r"(?:[^\W\d_].*?){3}", re.DOTALL)
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
# "ROTTERDAM, 4 May (agency) - The": the opening of a wire story, in any language that writes capitals.
_DATELINE = re.compile(r"^[A-ZÀ-ÖØ-Þ][\w .,'’/-]{2,50}\([^)]{2,30}\)\s*[-–—:]")
_QUOTES = "\"'“”„«»‘’「」『』"
# A label, a button or a heading: fewer words than a sentence has. Scripts without blanks count characters.
_SHORT_WORDS = 8


def block_key(text: str) -> str | None:
    """Return 16 hex digits that stand for a block's text, or None for one with fewer than three letters.

    Case, white space, a bullet, the walls of a table's cell and the numbers ("12 comments") make no difference. Keys
    are stored: when they change, all furniture must be learned again.
    """
    plain = plain_line(text)
    if not _LETTERS.search(plain):
        return None
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def plain_line(text: str) -> str:
    """Return a block's text with what varies between its repetitions evened out."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return _DIGITS.sub("#", folded.lstrip(_BULLETS).rstrip(_WALLS))


def split_line_words(text: str) -> list[str]:
    """Return the words of a text in lower case; scripts without blanks give one word a character."""
    return _WORD.findall(text.lower())


def is_short_line(text: str) -> bool:
    """Tell whether a block is too short to tell of itself whose it is: a label, a button, a heading."""
    return len(split_line_words(text)) <= _SHORT_WORDS


def is_others_words(text: str) -> bool:
    """Tell whether a block is a quotation as a whole, or opens a wire story: it repeats because others said it."""
    stripped = text.strip()
    is_quoted = stripped[:1] in _QUOTES and stripped[-1:] in _QUOTES
    return is_quoted or bool(_DATELINE.match(stripped))
