"""Strings as pages write them, made plain: whitespace, entities, stray tags, and what Parquet refuses.

Only what every metadata field needs; nothing here knows what a field means.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from extractors.line_key import line_key

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
# Lone surrogates cannot be written as UTF-8; control characters and marks of direction are noise in a name.
_REFUSED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MAX_CHARS = 5_000


def clean_text(value: str | None) -> str | None:
    """Return a value on one line, unescaped and without tags; None when nothing is left."""
    if not value:
        return None
    text = value[:_MAX_CHARS]
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return " ".join(_REFUSED.sub("", text).split()) or None


def first_text(values: Iterable[str | None]) -> str | None:
    """Return the first value that is more than whitespace, clean."""
    return next((text for value in values if (text := clean_text(value))), None)


def unique_texts(values: Iterable[str | None], limit: int = 50) -> tuple[str, ...]:
    """Return the clean values in order, each once whatever its case; at most `limit`, none over 120 characters."""
    found: dict[str, str] = {}
    for value in values:
        text = clean_text(value)
        if text and len(text) <= 120:
            found.setdefault(text.casefold(), text)
        if len(found) >= limit:
            break
    return tuple(found.values())


def compare_key(value: str | None) -> str:
    """Return a value reduced to its letters and digits, for telling whether two names are the same."""
    return line_key(value) if value else ""
