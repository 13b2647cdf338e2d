"""False strips: which of an article's own words the strip stage cut, and by which rule.

The ledger is held against the gold text, cut by cut. What extraction itself lost is not counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.records import Removal, rebuild_extracted
from flows.evaluation.metric import lost_grams, split_words, text_grams


@dataclass(frozen=True, slots=True)
class JudgedCut:
    """A removal and how many gold 4-grams went with it; `is_false` when that is more than half of its own."""

    removal: Removal
    gold_grams: int
    is_false: bool


@dataclass(frozen=True, slots=True)
class PageStrips:
    """One page's cuts, and what of its gold they took: 4-grams and whole lines."""

    cuts: tuple[JudgedCut, ...]
    gold_grams: int
    lost_grams: int
    gold_lines: int
    lost_lines: int


@dataclass(frozen=True, slots=True)
class StripExample:
    """A false cut to look at."""

    url: str
    text: str
    reason: str
    confidence: float


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What one rule cut: in all, falsely, and the gold 4-grams lost by it."""

    rule_id: str
    cuts: int
    false_cuts: int
    false_grams: int
    examples: tuple[StripExample, ...]


@dataclass(frozen=True, slots=True)
class StripReport:
    """False strips over a set, with the rules that made any, worst first."""

    cuts: int
    false_cuts: int
    gold_grams: int
    lost_grams: int
    gold_lines: int
    lost_lines: int
    rules: tuple[RuleReport, ...]

    @property
    def lost_share(self) -> float:
        """Share of gold 4-grams that the strip stage removed."""
        return self.lost_grams / self.gold_grams if self.gold_grams else 0.0


def judge_cuts(kept: str, removals: Sequence[Removal], gold_text: str) -> PageStrips:
    """Hold a ledger against the gold, cut after cut, so that each 4-gram is lost by one cut only.

    A 4-gram that one cut makes (its neighbours meet) and a later one takes counts for the later, not for the page.
    """
    gold = text_grams(gold_text)
    lines = {" ".join(words) for line in gold_text.split("\n") if (words := split_words(line))}
    if not removals:
        return PageStrips((), gold.total(), 0, len(lines), 0)
    cuts: list[JudgedCut] = []
    ordered = sorted(removals, key=lambda removal: removal.offset)
    extracted = rebuild_extracted(kept, tuple(ordered))
    before = first = text_grams(extracted)
    for done, removal in enumerate(ordered, 1):
        after = text_grams(rebuild_extracted(kept, _shifted(ordered, done)))
        lost = lost_grams(before, after, gold)
        own = max(1, text_grams(removal.text).total())
        cuts.append(JudgedCut(removal, lost, lost * 2 > own))
        before = after
    lost_lines = _lost_lines(lines, extracted, kept)
    return PageStrips(tuple(cuts), gold.total(), lost_grams(first, before, gold), len(lines), lost_lines)


def _shifted(ordered: Sequence[Removal], done: int) -> tuple[Removal, ...]:
    """Return the removals after the first `done`, at the offsets they have once those are cut."""
    gone = sum(len(removal.text) for removal in ordered[:done])
    return tuple(
        Removal(entry.offset - gone, entry.text, entry.kind, entry.rule_id, entry.reason, entry.confidence)
        for entry in ordered[done:]
    )


def _lost_lines(lines: set[str], extracted: str, kept: str) -> int:
    before, after = (f" {' '.join(split_words(text))} " for text in (extracted, kept))
    return sum(f" {line} " in before and f" {line} " not in after for line in lines)


class StripTally:
    """Adds up pages. `examples`: how many false cuts to keep for each rule."""

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._pages: list[tuple[int, int, int, int]] = []
        self._cuts: Counter[str] = Counter()
        self._false: Counter[str] = Counter()
        self._grams: Counter[str] = Counter()
        self._seen: dict[str, list[StripExample]] = {}

    def add(self, url: str, page: PageStrips) -> None:
        """Count one page."""
        self._pages.append((page.gold_grams, page.lost_grams, page.gold_lines, page.lost_lines))
        for cut in page.cuts:
            removal = cut.removal
            self._cuts[removal.rule_id] += 1
            self._grams[removal.rule_id] += cut.gold_grams
            if cut.is_false:
                self._false[removal.rule_id] += 1
                kept = self._seen.setdefault(removal.rule_id, [])
                if len(kept) < self._examples:
                    text = " ".join(removal.text.split())
                    kept.append(StripExample(url, text, removal.reason, removal.confidence))

    def report(self) -> StripReport:
        """Return the sums."""
        gold_grams, lost_grams, gold_lines, lost_lines = (sum(page[k] for page in self._pages) for k in range(4))
        guilty = [rule for rule in self._cuts if self._false[rule] or self._grams[rule]]
        guilty.sort(key=lambda rule: (-self._grams[rule], -self._false[rule], rule))
        return StripReport(
            cuts=self._cuts.total(),
            false_cuts=self._false.total(),
            gold_grams=gold_grams,
            lost_grams=lost_grams,
            gold_lines=gold_lines,
            lost_lines=lost_lines,
            rules=tuple(self._rule(rule) for rule in guilty),
        )

    def _rule(self, rule: str) -> RuleReport:
        examples = tuple(self._seen.get(rule, ()))
        return RuleReport(rule, self._cuts[rule], self._false[rule], self._grams[rule], examples)
