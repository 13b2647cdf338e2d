"""Learn a site's furniture: the blocks that stand on different articles of it.

A line on two pages of a site is weak evidence, since copies of one story, background paragraphs, quotations and an
article's own headings repeat too. What counts is how many different articles hold a block, where it stands in them, and
whether its words are those of the articles. Pure functions of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from extractors.furniture.edges import mark_beside, mark_edges, mark_heads
from extractors.furniture.lines import is_others_words
from extractors.furniture.pages import PageLine, ReadPage, SitePage, read_site_pages
from extractors.furniture.topics import TopicTest
from extractors.records import FurnitureBlock

MIN_GROUPS = 3
# The share of a site's different articles that must hold a block: anywhere in the text, on small and on large sites;
# only at an edge of the text, or beside other furniture; a short line at an edge.
_SHARE_SMALL = 0.5
_SHARE_LARGE = 0.3
_LARGE_SITE = 20
_SHARE_EDGE = 0.15
_SHARE_SHORT = 0.3
# "Always" at the edge, bar an article that was cut off or extracted in parts.
_ALWAYS = 0.9
# On this share of the articles the words of a block need not be compared with theirs.
_SURE_SHARE = 0.8
# A block that is more of its pages than this is what they are about.
_MOST_OF_PAGE = 0.5
_ROUNDS = 6
_SAMPLE_CHARS = 1000


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where a block stands: in one page of each group (by place in the list of pages), at which places in it.

    `is_numbered`: its repetitions differ in their numbers.
    """

    places: tuple[tuple[int, tuple[int, ...]], ...]
    line: PageLine
    is_numbered: bool

    @property
    def group_count(self) -> int:
        return len(self.places)


def learn_site(site: str, pages: Sequence[SitePage], min_groups: int = MIN_GROUPS) -> tuple[FurnitureBlock, ...]:
    """Return the furniture of a site, by `block_id`; nothing when fewer than `min_groups` different articles are there.

    The order of the pages makes no difference.
    """
    read = read_site_pages(pages)
    site_groups = len({page.group for page in read if page.group is not None})
    least = max(min_groups, 2)
    if site_groups < least:
        return ()
    seen = {key: found for key, found in _seen_blocks(read).items() if found.group_count >= least}
    choice = _Choice(read, seen, site_groups)
    choice.choose()
    return tuple(_block(site, key, read, choice) for key in sorted(choice.chosen))


def _seen_blocks(read: Sequence[ReadPage]) -> dict[str, _Seen]:
    """Return where each block stands, once in every group of articles that holds it."""
    places: dict[str, dict[int, tuple[int, list[int]]]] = {}
    for number, page in enumerate(read):
        if page.group is None:
            continue
        for index, line in enumerate(page.lines):
            if line.key is not None:
                holder, indexes = places.setdefault(line.key, {}).setdefault(page.group, (number, []))
                if holder == number:
                    indexes.append(index)
    found = {}
    for key, by_group in places.items():
        lines = [read[number].lines[indexes[0]] for number, indexes in by_group.values()]
        numbers = {re.sub(r"\D+", " ", line.text).strip() for line in lines}
        stands = tuple((number, tuple(indexes)) for number, indexes in by_group.values())
        found[key] = _Seen(stands, lines[0], is_numbered=len(numbers) > 1)
    return found


class _Choice:
    """The blocks chosen so far, each with whether it is bound to the edges; long ones first, then lines beside them."""

    def __init__(self, read: Sequence[ReadPage], seen: Mapping[str, _Seen], site_groups: int) -> None:
        self.read = read
        self.seen = seen
        self.site_groups = site_groups
        self.chosen: dict[str, bool] = {}
        self._topics = TopicTest(read)

    def choose(self) -> None:
        """Choose until nothing is added: what stands beside furniture may be furniture, too."""
        able = {key: found for key, found in self.seen.items() if self._may_be(found)}
        able = self._without_titles(able)
        for _round in range(_ROUNDS):
            edge, beside = self._positions(able)
            added = {
                key: is_bound
                for key, found in able.items()
                if key not in self.chosen and (is_bound := self._verdict(found, edge[key], beside[key])) is not None
            }
            if not added:
                return
            self.chosen |= added

    def _may_be(self, found: _Seen) -> bool:
        """Tell whether a block could be furniture at all: not others' words, not most of its pages, not their topic."""
        if is_others_words(found.line.text):
            return False
        weight = median(len(found.line.text) * len(at) / self.read[page].chars for page, at in found.places)
        if weight > _MOST_OF_PAGE:
            return False
        is_sure = found.line.is_short or found.group_count >= _SURE_SHARE * self.site_groups
        return is_sure or not self._topics.is_topical(found.line, [page for page, _at in found.places])

    def _without_titles(self, able: Mapping[str, _Seen]) -> dict[str, _Seen]:
        """Leave out what may be the titles of a series: lines at the head that differ in their numbers."""
        heads = [mark_heads([line.key in able for line in page.lines]) for page in self.read]
        return {
            key: found
            for key, found in able.items()
            if not found.is_numbered or 2 * sum(heads[page][at[0]] for page, at in found.places) < found.group_count
        }

    def _positions(self, able: Mapping[str, _Seen]) -> tuple[dict[str, float], dict[str, float]]:
        """Return for each block in which share of its articles it stands at an edge, and beside chosen blocks."""
        marks = [self._page_marks(page, able) for page in self.read]
        edge, beside = {}, {}
        for key, found in able.items():
            edges = [all(marks[page][0][index] for index in at) for page, at in found.places]
            besides = [all(marks[page][1][index] for index in at) for page, at in found.places]
            edge[key], beside[key] = sum(edges) / found.group_count, sum(besides) / found.group_count
        return edge, beside

    def _page_marks(self, page: ReadPage, able: Mapping[str, _Seen]) -> tuple[list[bool], list[bool]]:
        repeats = [line.key in able for line in page.lines]
        edges = mark_edges(repeats, [line.is_short for line in page.lines])
        return edges, mark_beside([line.key in self.chosen for line in page.lines])

    def _verdict(self, found: _Seen, edge: float, beside: float) -> bool | None:
        """Return None for a block that is left alone, else whether it is bound to the edges of a text."""
        share = found.group_count / self.site_groups
        anywhere = _SHARE_LARGE if self.site_groups >= _LARGE_SITE else _SHARE_SMALL
        if not found.line.is_short and share >= anywhere:
            return False
        if beside >= _ALWAYS and share >= _SHARE_EDGE:
            return True
        at_edge = edge >= _ALWAYS and share >= (_SHARE_SHORT if found.line.is_short else _SHARE_EDGE)
        return True if at_edge else None


def _block(site: str, key: str, read: Sequence[ReadPage], choice: _Choice) -> FurnitureBlock:
    holders = [page.page.fetch_date for page in read if any(line.key == key for line in page.lines)]
    found = choice.seen[key]
    return FurnitureBlock(
        site=site,
        block_id=key,
        group_count=found.group_count,
        site_group_count=choice.site_groups,
        page_count=len(holders),
        is_edge_bound=choice.chosen[key],
        first_seen_date=min(holders),
        last_seen_date=max(holders),
        sample=found.line.text[:_SAMPLE_CHARS],
    )
