"""The version of everything that turns a raw page into a row, rules apart.

Raise `REVISION` whenever the same raw page may give another row: it makes stored batches stale.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

REVISION = 3


@cache
def extractor_version(*, with_comments: bool = False) -> str:
    """Return the extractor's version: our revision, the libraries that decide on text, and what was asked for.

    Looked up once a process: every row names it.
    """
    parts = [str(REVISION), f"trafilatura-{version('trafilatura')}", f"resiliparse-{version('resiliparse')}"]
    if with_comments:
        parts.append("comments")
    return "+".join(parts)
