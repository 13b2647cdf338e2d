"""Which letters are capitals: character classes for patterns, over Latin, Greek and Cyrillic.

Python's `re` has no class for it, and the blocks of Unicode mix the cases letter by letter.
"""

from __future__ import annotations

_LETTERS = [chr(code) for code in range(0x41, 0x530)]

UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
"""Capital letters, to stand inside a character class."""

LOWER = "".join(letter for letter in _LETTERS if letter.islower())
"""Small letters, to stand inside a character class."""
