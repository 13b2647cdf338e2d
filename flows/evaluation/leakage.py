"""What should be gone and is not: furniture by kind, readers' comments, and snippets that must or must not be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.evaluation.false_strips import PageStrips
from flows.evaluation.measure import HintedLine
from flows.evaluation.metric import GRAM_WORDS, Grams, count_grams, overlap, split_words


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind of furniture: cuts that were right, cuts that were false, and suspicious lines that were left."""

    kind: str
    removed: int
    false_cuts: int
    left: int


@dataclass(frozen=True, slots=True)
class CommentReport:
    """Readers' comments in the outputs of the pages that have gold comments: share of words, and pages with any."""

    pages: int
    ours: float
    ours_pages: int
    alone: float
    alone_pages: int


@dataclass(frozen=True, slots=True)
class SnippetReport:
    """Snippets demanded and found, forbidden and found."""

    wanted: int
    found: int
    forbidden: int
    leaked: int


class KindTally:
    """Adds up cuts and suspicious lines by kind."""

    def __init__(self) -> None:
        self._removed: Counter[str] = Counter()
        self._false: Counter[str] = Counter()
        self._left: Counter[str] = Counter()

    def add(self, strips: PageStrips, hinted: Iterable[HintedLine], gold_text: str, gold: Grams) -> None:
        """Count one page. A line with hits of several kinds counts for each of them."""
        for cut in strips.cuts:
            (self._false if cut.is_false else self._removed)[cut.removal.kind.value] += 1
        gold_lines = {tuple(split_words(line)) for line in gold_text.split("\n")}
        for line in hinted:
            if not _is_gold(split_words(line.text), gold_lines, gold):
                self._left.update(kind.value for kind in line.kinds)

    def report(self) -> tuple[KindReport, ...]:
        """Return the kinds, those with most left first."""
        kinds = {*self._removed, *self._false, *self._left}
        ordered = sorted(kinds, key=lambda kind: (-self._left[kind], kind))
        return tuple(KindReport(kind, self._removed[kind], self._false[kind], self._left[kind]) for kind in ordered)


def _is_gold(words: Sequence[str], gold_lines: set[tuple[str, ...]], gold: Grams) -> bool:
    """Tell whether a line is the article's own: a label as a gold line, a longer one by half of its 4-grams."""
    if len(words) < GRAM_WORDS:
        return tuple(words) in gold_lines
    own = count_grams(words)
    return overlap(own, gold) * 2 >= own.total()


class CommentTally:
    """Adds up leaked comments over the pages that have gold comments, for both outputs."""

    def __init__(self) -> None:
        self._pages = 0
        self._sums = {"ours": [0, 0, 0], "alone": [0, 0, 0]}

    def add(self, comments: Grams, gold: Grams, outputs: dict[str, Grams]) -> None:
        """Count one page; `outputs` are the 4-grams of `ours` and `alone`."""
        if not comments:
            return
        self._pages += 1
        for name, output in outputs.items():
            leaked = overlap(output - gold, comments)
            sums = self._sums[name]
            sums[0] += leaked
            sums[1] += output.total()
            sums[2] += leaked > 0

    def report(self) -> CommentReport | None:
        """Return the shares; None where no page has gold comments."""
        if not self._pages:
            return None
        (ours, ours_all, ours_pages), (alone, alone_all, alone_pages) = self._sums["ours"], self._sums["alone"]
        return CommentReport(self._pages, ours / max(1, ours_all), ours_pages, alone / max(1, alone_all), alone_pages)


class SnippetTally:
    """Adds up snippets, compared without case and with white space as single blanks."""

    def __init__(self) -> None:
        self._sums = [0, 0, 0, 0]

    def add(self, output: str, wanted: Sequence[str], forbidden: Sequence[str]) -> None:
        """Count one page."""
        if not wanted and not forbidden:
            return
        flat = _flat(output)
        found = sum(_flat(snippet) in flat for snippet in wanted)
        leaked = sum(_flat(snippet) in flat for snippet in forbidden)
        for index, count in enumerate((len(wanted), found, len(forbidden), leaked)):
            self._sums[index] += count

    def report(self) -> SnippetReport | None:
        """Return the counts; None where the gold has no snippets."""
        return SnippetReport(*self._sums) if self._sums[0] or self._sums[2] else None


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()
