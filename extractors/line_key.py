"""What a line or a name is known by when two of them are compared: its letters and digits."""

from __future__ import annotations

import re

_NO_LETTERS = re.compile(r"[\W_]+")


def line_key(text: str) -> str:
    """Return a text's letters and digits, case evened out."""
    return _NO_LETTERS.sub("", text.casefold())
