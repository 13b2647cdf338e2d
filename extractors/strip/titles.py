"""The page's title repeated at the head of its text: it has a column of its own.

Measured on the gold sets: two pages of five repeat it, and the gold text holds it on one of ten of those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractors.records import Kind
from extractors.strip.evidence import BlockEvidence, Hit
from extractors.strip.rules import Rule

REPEATED_TITLE = Rule(
    rule_id="page.repeated-title",
    kind=Kind.REPEATED_TITLE,
    language="any",
    reason="repeats the page's title",
    weight=1.0,
    pattern=None,
    labels=frozenset(),
)
# Only so far down: the same words later are a sentence of the article.
_FIRST_BLOCKS = 3
# A title with the site's name behind it, or without its second part, still is the title when this much agrees.
_LEAST_AGREEMENT = 0.6
_MOST_LONGER = 1.5
_LEAST_CHARS = 16


def mark_repeated_title(blocks: Sequence[BlockEvidence], title: str | None) -> None:
    """Add a hit to the first of the first three blocks that repeats the title; nothing where there is no title."""
    wanted = _plain(title or "")
    if not wanted:
        return
    for block in blocks[:_FIRST_BLOCKS]:
        if _is_same(_plain(block.span.text), wanted):
            block.hits.append(Hit(REPEATED_TITLE, -1))
            return


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def _is_same(text: str, title: str) -> bool:
    if text == title:
        return True
    if len(text) > len(title):
        # A sentence that quotes the title is the article's; a title with the site's name behind it is the title.
        return len(title) >= _LEAST_CHARS and text.startswith(title) and len(text) <= _MOST_LONGER * len(title)
    return len(text) >= _LEAST_CHARS and text in title and len(text) >= _LEAST_AGREEMENT * len(title)
