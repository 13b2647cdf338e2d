"""The worst pages side by side: gold on the left, output on the right, words that the other side has not marked.

A word is marked when no 4-gram around it stands in the other text: the very words that cost the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.evaluation.metric import GRAM_WORDS, Grams, split_words, text_grams
from flows.evaluation.plain import BadPage

# Aligning is quadratic; more lines than this no one reads on a terminal.
_MOST_LINES = 400
_MOST_ROWS = 60
_MISSING, _TOO_MUCH = "red", "green"


def print_worst(console: Console, name: str, pages: Sequence[BadPage]) -> None:
    """Print the pages, worst first: missing words in red on the left, words too many in green on the right."""
    for page in pages:
        console.rule(Text(f"{name}: F1 {page.f1:.3f}  {page.page_id}", style="bold"), align="left")
        facts = [page.url or "(no url)", page.title or "(no title)"]
        if page.reject_reason:
            facts.append(f"REJECTED: {page.reject_reason}")
        for fact in facts:
            console.print(Text(fact, style="dim"), soft_wrap=True)
        console.print(_side_by_side(page), Text())


def _side_by_side(page: BadPage) -> Table:
    table = Table(show_lines=False, expand=True)
    table.add_column("gold (− missing)", ratio=1, overflow="fold")
    table.add_column("output (+ too much)", ratio=1, overflow="fold")
    gold, output = text_grams(page.gold), text_grams(page.output)
    for number, (left, right) in enumerate(align_lines(page.gold, page.output)):
        if number >= _MOST_ROWS:
            table.add_row("…", "…")
            break
        table.add_row(
            _marked(left, output, "− ", _MISSING) if left is not None else "",
            _marked(right, gold, "+ ", _TOO_MUCH) if right is not None else "",
        )
    return table


def align_lines(gold: str, output: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield pairs of lines; None where a side has no counterpart. Runs of equal lines come as one pair that says so."""
    left, right = _lines(gold), _lines(output)
    left_words, right_words = ([" ".join(split_words(line)) for line in side] for side in (left, right))
    matcher = SequenceMatcher(None, left_words, right_words, autojunk=False)
    for tag, left_start, left_end, right_start, right_end in matcher.get_opcodes():
        if tag == "equal":
            count = left_end - left_start
            same = left[left_start] if count == 1 else f"… {count} equal lines …"
            yield same, same
            continue
        here, there = left[left_start:left_end], right[right_start:right_end]
        for index in range(max(len(here), len(there))):
            yield (here[index] if index < len(here) else None), (there[index] if index < len(there) else None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()][:_MOST_LINES]


def foreign_words(words: Sequence[str], other: Grams) -> list[bool]:
    """Tell for each word whether no 4-gram around it stands in the other text."""
    size = min(GRAM_WORDS, len(words))
    covered = [False] * len(words)
    if len(words) < GRAM_WORDS:
        # A short line has no 4-gram of its own: it is known when its words follow one another in one of the other's.
        own = tuple(words)
        known = any(own == gram[at : at + size] for gram in other for at in range(len(gram) - size + 1))
        return [not known] * len(words)
    for start in range(len(words) - size + 1):
        if tuple(words[start : start + size]) in other:
            covered[start : start + size] = [True] * size
    return [not is_known for is_known in covered]


def _marked(line: str, other: Grams, sign: str, style: str) -> Text:
    """Return a line with its foreign words in colour, and the sign before it when most of it is foreign."""
    if line.startswith("… ") and line.endswith(" equal lines …"):
        return Text(line, style="dim")
    pieces = line.split()
    words = [split_words(piece) for piece in pieces]
    marks = iter(foreign_words([word for piece in words for word in piece], other))
    # Every mark is to be taken, so that the next piece gets its own.
    flags = [sum(next(marks) for _word in piece) > 0 for piece in words]
    is_foreign = sum(flags) * 2 > len(flags)
    text = Text(sign if is_foreign else "")
    for number, (piece, flag) in enumerate(zip(pieces, flags, strict=True)):
        text.append(" " if number else "")
        text.append(piece, style=style if flag else "")
    return text
