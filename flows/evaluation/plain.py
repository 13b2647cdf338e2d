"""Score a plain gold set: every page's output, and trafilatura's alone, against the gold text."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass

from extractors.records import Rejected
from flows.evaluation.bootstrap import Intervals, bootstrap_f1
from flows.evaluation.false_strips import StripReport, StripTally, judge_cuts
from flows.evaluation.gold import GoldPage
from flows.evaluation.leakage import (
    CommentReport,
    CommentTally,
    KindReport,
    KindTally,
    SnippetReport,
    SnippetTally,
)
from flows.evaluation.measure import Measured
from flows.evaluation.metric import PageMatch, Scores, match_page, mean_scores, text_grams


@dataclass(frozen=True, slots=True)
class BadPage:
    """One of the worst pages, with both texts for a look side by side."""

    page_id: str
    url: str | None
    title: str | None
    f1: float
    gold: str
    output: str
    reject_reason: str | None


@dataclass(frozen=True, slots=True)
class PlainReport:
    """All figures of one plain gold set. `strip_share`: the strip stage's CPU as a share of the rest of judging."""

    name: str
    pages: int
    rejected: dict[str, int]
    ours: Scores
    alone: Scores
    intervals: Intervals
    snippets: SnippetReport | None
    snippets_alone: SnippetReport | None
    strips: StripReport
    kinds: tuple[KindReport, ...]
    comments: CommentReport | None
    strip_share: float
    judge_seconds: float
    worst: tuple[BadPage, ...]


class PlainScoring:
    """Takes measured pages one at a time and keeps sums, matches and the worst few, never the pages."""

    def __init__(self, name: str, *, examples: int, worst: int) -> None:
        self._name = name
        self._worst_count = worst
        self._ours: list[PageMatch] = []
        self._alone: list[PageMatch] = []
        self._rejected: Counter[str] = Counter()
        self._strips = StripTally(examples)
        self._kinds = KindTally()
        self._comments = CommentTally()
        self._snippets, self._snippets_alone = SnippetTally(), SnippetTally()
        self._seconds = [0.0, 0.0]
        self._worst: list[tuple[float, int, BadPage]] = []

    def add(self, gold: GoldPage, measured: Measured) -> None:
        """Count one page."""
        grams = text_grams(gold.text)
        ours, alone = text_grams(measured.text), text_grams(measured.alone)
        self._ours.append(match_page(ours, grams))
        self._alone.append(match_page(alone, grams))
        strips = judge_cuts(measured.stripped, measured.outcome.removals, gold.text)
        self._strips.add(gold.url or gold.page_id, strips)
        self._kinds.add(strips, measured.hinted, gold.text, grams)
        self._comments.add(text_grams(gold.comments), grams, {"ours": ours, "alone": alone})
        self._snippets.add(measured.text, gold.must_contain, gold.must_not_contain)
        self._snippets_alone.add(measured.alone, gold.must_contain, gold.must_not_contain)
        self._seconds[0] += measured.judge_seconds
        self._seconds[1] += measured.strip_seconds
        if isinstance(measured.outcome, Rejected):
            self._rejected[measured.outcome.reason.value] += 1
        self._remember(gold, measured)

    def _remember(self, gold: GoldPage, measured: Measured) -> None:
        """Keep the page when it is among the worst so far; of equal ones the first in the file."""
        if not self._worst_count:
            return
        reason = measured.outcome.reason.value if isinstance(measured.outcome, Rejected) else None
        f1 = self._ours[-1].f1
        page = BadPage(gold.page_id, gold.url, gold.title, f1, gold.text, measured.text, reason)
        heapq.heappush(self._worst, (-f1, -len(self._ours), page))
        if len(self._worst) > self._worst_count:
            heapq.heappop(self._worst)

    def report(self) -> PlainReport:
        """Return the figures."""
        judge, strip = self._seconds
        return PlainReport(
            name=self._name,
            pages=len(self._ours),
            rejected=dict(sorted(self._rejected.items())),
            ours=mean_scores(self._ours),
            alone=mean_scores(self._alone),
            intervals=bootstrap_f1(self._ours, self._alone),
            snippets=self._snippets.report(),
            snippets_alone=self._snippets_alone.report(),
            strips=self._strips.report(),
            kinds=self._kinds.report(),
            comments=self._comments.report(),
            strip_share=strip / (judge - strip) if judge > strip else 0.0,
            judge_seconds=judge,
            worst=tuple(page for _f1, _number, page in sorted(self._worst, key=lambda item: (-item[0], -item[1]))),
        )
