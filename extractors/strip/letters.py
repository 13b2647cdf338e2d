"""Which letters are capitals: character classes for patterns, over Latin, Greek and Cyrillic.

Python's `re` has no class for it, and the blocks of Unicode mix the cases letter by letter. And case folding that keeps
every letter in its place.
"""

from __future__ import annotations

from re._casefix import _EXTRA_CASES  # type: ignore[import-not-found]

_LETTERS = [chr(code) for code in range(0x41, 0x530)]

UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
"""Capital letters, to stand inside a character class."""

LOWER = "".join(letter for letter in _LETTERS if letter.islower())
"""Small letters, to stand inside a character class."""

# What `re` takes for the same letter when it ignores case, beyond small and capital: ς and σ, ſ and s, ı and i.
_SAME = {code: chr(min(code, *others)) for code, others in _EXTRA_CASES.items()}
# "İ".lower() is two characters.
_SAME[0x307] = ""


def fold_word(word: str) -> str:
    """Return a word as it is compared: words that `re` takes for the same, ignoring case, come out the same."""
    lowered = word.lower()
    return lowered if lowered.isascii() else lowered.translate(_SAME)


def fold_letter(letter: str) -> str:
    """Return a letter as it is compared, one for one."""
    return fold_word(letter) or letter
