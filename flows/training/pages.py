"""Make pages to train on: passages of articles with furniture at their head, between their paragraphs, at their end.

Only units in, labelled pages out, the same for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flows.training.corpus import Unit

# Languages with more text of their own make more pages.
_UNITS_PER_PAGE = 4
_LEAST_ARTICLES = 8
_GLUED_SHARE = 0.12
_WHOLE_PAGE_LINES = 10
# How many lines without a full stop, cut out of the article's own sentences, a page has for each of its lines.
_STYLES = (0.0, 0.0, 0.15, 0.5)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A text and the stretches of it that are furniture, as pairs of character offsets."""

    language: str
    text: str
    furniture: tuple[tuple[int, int], ...]


def make_pages(units: Sequence[Unit], seed: int) -> list[LabelledPage]:
    """Return pages made of units, in every language that has both furniture and some articles."""
    chance = random.Random(seed)  # noqa: S311 - the same pages every time, nothing secret
    pages: list[LabelledPage] = []
    for language in sorted({unit.language for unit in units}):
        furniture = [unit for unit in units if unit.language == language and unit.is_furniture]
        articles = [unit for unit in units if unit.language == language and not unit.is_furniture]
        if furniture and len(articles) >= _LEAST_ARTICLES:
            count = max(1, len(furniture) // _UNITS_PER_PAGE)
            pages.extend(_make_page(furniture, articles, chance) for _number in range(count))
    return pages


def _make_page(furniture: Sequence[Unit], articles: Sequence[Unit], chance: random.Random) -> LabelledPage:
    article = _article_lines(articles, chance)
    # A page often begins with its title and standfirst, and the appeal at its head comes below them.
    opening = [_fragment(chance.choice(article), chance) for _count in range(chance.choice((0, 0, 1, 2)))]
    lines = [(line, False) for line in [*opening, *article]]
    for _count in range(chance.choice((0, 1, 1, 2, 3))):
        unit = chance.choice(furniture)
        at = chance.choice((chance.choice((0, len(opening))), chance.randint(0, len(lines)), len(lines)))
        lines[at:at] = [(line, True) for line in unit.lines]
    text = ""
    spans: list[tuple[int, int]] = []
    for index, (line, is_furniture) in enumerate(lines):
        if is_furniture:
            spans.append((len(text), len(text) + len(line)))
        text += line
        before_article = is_furniture and index + 1 < len(lines) and not lines[index + 1][1]
        text += "" if before_article and chance.random() < _GLUED_SHARE else "\n"
    return LabelledPage(articles[0].language, text, tuple(spans))


def _article_lines(articles: Sequence[Unit], chance: random.Random) -> list[str]:
    first = chance.choice(articles)
    if len(first.lines) >= _WHOLE_PAGE_LINES:
        return list(first.lines)
    passages = [first, *(chance.choice(articles) for _count in range(chance.randint(2, 7)))]
    whole = [line for unit in passages if len(unit.lines) < _WHOLE_PAGE_LINES for line in unit.lines]
    style = chance.choice(_STYLES)
    lines: list[str] = []
    for line in whole:
        lines.append(line)
        while chance.random() < style:
            lines.append(_fragment(chance.choice(whole), chance))
    return lines


def _fragment(line: str, chance: random.Random) -> str:
    """Return some words of a line as headings, list entries and cells of tables have them."""
    words = line.split()
    start = chance.randint(0, max(0, len(words) - 4))
    piece = " ".join(words[start : start + chance.randint(1, 8)]).rstrip(".,;:!?")
    return piece[:1].upper() + piece[1:] if piece else line
