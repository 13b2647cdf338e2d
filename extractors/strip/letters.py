"""Which letters are capitals: character classes for patterns, over Latin, Greek and Cyrillic.

Python's `re` has no class for it, and the blocks of Unicode mix the cases letter by letter. And case folding that keeps
every letter in its place.
"""

from __future__ import annotations

_LETTERS = [chr(code) for code in range(0x41, 0x530)]

UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
"""Capital letters, to stand inside a character class."""

LOWER = "".join(letter for letter in _LETTERS if letter.islower())
"""Small letters, to stand inside a character class."""

_DOTS = str.maketrans({"İ": "i", "ı": "i"})


def fold_case(text: str) -> str:
    """Return a text in lower case with as many characters as before, the Turkish letters i alike.

    `str.lower` alone makes two characters of İ, and leaves "IÇIN" and "için" apart.
    """
    folded = text.translate(_DOTS).lower()
    return folded if len(folded) == len(text) else "".join(_one_for_one(letter) for letter in text)


def _one_for_one(letter: str) -> str:
    small = letter.translate(_DOTS).lower()
    return small if len(small) == 1 else letter
