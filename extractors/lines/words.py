"""What a line says, as features of the line model: words, beginnings of words, pairs of words, and its shape.

Only text to features; weights and sums are in `extractors.lines.model`. Pure functions, the same for every language.
"""

from __future__ import annotations

import re

# One character of Chinese or Japanese is a word here; the pairs make up for it.
_CJK = r"\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(
    rf"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.-]+|@\w+|#\w+|[{_CJK}]|[^\W\d_{_CJK}]+|\d+(?:[.,:]\d+)*|[€$£¥₹%©→›»|&]"
)
_STEM = 6
_PAIR = 8
# Up to so many characters each: a label, a button, a short line, a sentence, a paragraph.
_LENGTHS = (20, 45, 100, 220)


def words_of(line: str) -> list[str]:
    """Return the words of a line in lower case; addresses, handles, tags and numbers by their class alone."""
    return [_class_of(word) for word in _WORD.findall(line.lower())]


def _class_of(word: str) -> str:
    first = word[0]
    if first.isdigit():
        return "<number>"
    if word.startswith(("http://", "https://", "www.")):
        return "<url>"
    if "@" in word:
        return "<handle>" if first == "@" else "<mail>"
    if first == "#" and len(word) > 1:
        return "<tag>"
    return word


def line_features(line: str) -> set[str]:
    """Return the features of a line: at most two a word and one a pair, its length class and its last character."""
    features: set[str] = set()
    previous = "^"
    for word in words_of(line):
        features.add(word)
        if len(word) > _STEM:
            features.add(f"{word[:_STEM]}~")
        features.add(f"{previous[:_PAIR]} {word[:_PAIR]}")
        previous = word
    features.add(f"{previous[:_PAIR]} $")
    features.add(f"<length {sum(len(line) > limit for limit in _LENGTHS)}>")
    last = line.rstrip()[-1:]
    features.add("<ends a>" if last.isalnum() else f"<ends {last}>")
    return features
