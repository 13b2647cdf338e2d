"""The pages of a site as learning sees them: blocks with keys, what is common to many pages, groups of near-duplicates.

Prepares the counting; which blocks are furniture is decided in `extractors.furniture.learning`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from extractors.furniture.grouping import group_texts
from extractors.furniture.lines import block_key, is_short_line
from extractors.strip.blocks import split_blocks

# A block on this share of the pages is not compared when near-duplicates are sought: a site's boxes would make short
# articles alike. On few pages the same could be copies of one story, which must be found alike.
_COMMON_SHARE = 0.6
_COMMON_SHARE_MANY = 0.3
_MANY_PAGES = 20
_LEAST_COMMON_PAGES = 5


@dataclass(frozen=True, slots=True)
class SitePage:
    """One article of a site: a key that no other has, the UTC date of its fetch, and its text before any cut."""

    page_key: str
    fetch_date: date
    text: str


@dataclass(frozen=True, slots=True)
class PageLine:
    """One block of a page: its text, its key (None: too little to have one), whether it is a short line."""

    text: str
    key: str | None
    is_short: bool


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page cut into lines. `group`: the number of its group of near-duplicates, None when it cannot be told apart."""

    page: SitePage
    lines: tuple[PageLine, ...]
    group: int | None = None

    @property
    def chars(self) -> int:
        """Characters of all lines."""
        return sum(len(line.text) for line in self.lines)


def read_site_pages(pages: Sequence[SitePage]) -> list[ReadPage]:
    """Cut the pages into lines and group them; sorted by key, so that their order makes no difference."""
    ordered = sorted(pages, key=lambda page: page.page_key)
    lines = [_lines(page.text) for page in ordered]
    common = _common_keys(lines)
    own = ["\n".join(line.text for line in found if line.key not in common) for found in lines]
    groups = group_texts(own)
    return [ReadPage(page, found, group) for page, found, group in zip(ordered, lines, groups, strict=True)]


def _lines(text: str) -> tuple[PageLine, ...]:
    return tuple(PageLine(span.text, block_key(span.text), is_short_line(span.text)) for span in split_blocks(text))


def _common_keys(pages: Sequence[tuple[PageLine, ...]]) -> frozenset[str]:
    counts = Counter(key for lines in pages for key in {line.key for line in lines if line.key})
    share = _COMMON_SHARE_MANY if len(pages) >= _MANY_PAGES else _COMMON_SHARE
    least = max(_LEAST_COMMON_PAGES, share * len(pages))
    return frozenset(key for key, count in counts.items() if count >= least)
