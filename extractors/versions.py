"""The version of everything that turns a raw page into a row, rules apart.

Raise `REVISION` whenever the same raw page may give another row: it makes stored batches stale.
"""

from __future__ import annotations

from importlib.metadata import version

REVISION = 2


def extractor_version(*, with_comments: bool = False) -> str:
    """Return the extractor's version: our revision, the libraries that decide on text, and what was asked for."""
    parts = [str(REVISION), f"trafilatura-{version('trafilatura')}", f"resiliparse-{version('resiliparse')}"]
    if with_comments:
        parts.append("comments")
    return "+".join(parts)
