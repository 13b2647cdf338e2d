"""Where the edges of a text are: how many blocks of its own stand before and after each block.

Learning and matching ask the same question, so that what was learned at an edge is looked for at an edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

# Above the furniture at the head stand a title and a byline; under that at the tail, a date or a credit.
_OWN_BEFORE = 2
_OWN_AFTER = 1
# A short line after which something of the article follows may be its heading.
_OWN_BEFORE_SHORT = 1
_OWN_AFTER_SHORT = 0


def mark_edges(repeats: Sequence[bool], shorts: Sequence[bool]) -> list[bool]:
    """Return for each block whether it stands at the head or the tail of its text.

    `repeats` tells which blocks may be furniture, and so do not count as the text's own; `shorts`, which are short.
    """
    own = [not is_repeated for is_repeated in repeats]
    before = list(accumulate(own, initial=0))
    total = before[-1]
    return [
        before[index] <= (_OWN_BEFORE_SHORT if is_short else _OWN_BEFORE)
        or total - before[index + 1] <= (_OWN_AFTER_SHORT if is_short else _OWN_AFTER)
        for index, is_short in enumerate(shorts)
    ]


def mark_heads(repeats: Sequence[bool]) -> list[bool]:
    """Return for each block whether hardly anything of the text's own stands before it: where a title may be."""
    before = accumulate((not is_repeated for is_repeated in repeats), initial=0)
    return [count <= _OWN_BEFORE for count, _repeated in zip(before, repeats, strict=False)]


def mark_beside(chosen: Sequence[bool]) -> list[bool]:
    """Return for each block whether the one before or after it is chosen."""
    return [
        (index > 0 and chosen[index - 1]) or (index + 1 < len(chosen) and chosen[index + 1])
        for index in range(len(chosen))
    ]
