"""How sure a mean over pages is: percentile bootstrap of F1, for two systems on the same pages.

Seeded, so that the same matches give the same intervals.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flows.evaluation.metric import PageMatch, harmonic_mean

RESAMPLES = 500
_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance from end to end, for a printed ±."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Intervals:
    """The F1 of ours, of the other, and their difference page by page (ours less the other)."""

    ours: Interval
    alone: Interval
    difference: Interval


class _Columns:
    """One system's matches as columns, so that a resample is four sums."""

    def __init__(self, matches: Sequence[PageMatch]) -> None:
        self._precision = [match.precision or 0.0 for match in matches]
        self._has_output = [match.precision is not None for match in matches]
        self._recall = [match.recall or 0.0 for match in matches]
        self._has_gold = [match.recall is not None for match in matches]

    def f1(self, draw: Sequence[int]) -> float:
        """Return the F1 of the drawn pages."""
        precision = sum([self._precision[i] for i in draw]) / max(1, sum([self._has_output[i] for i in draw]))
        recall = sum([self._recall[i] for i in draw]) / max(1, sum([self._has_gold[i] for i in draw]))
        return harmonic_mean(precision, recall)


def bootstrap_f1(ours: Sequence[PageMatch], alone: Sequence[PageMatch]) -> Intervals:
    """Return 95 % intervals from 500 resamples of the pages, the same pages drawn for both systems.

    Raises ValueError when the two do not have the same pages.
    """
    if len(ours) != len(alone):
        raise ValueError(f"{len(ours)} pages of one system, {len(alone)} of the other")
    if not ours:
        nothing = Interval(0.0, 0.0)
        return Intervals(nothing, nothing, nothing)
    chance = random.Random(0)  # noqa: S311 - a repeatable draw is wanted, not a secret one
    pages = range(len(ours))
    left, right = _Columns(ours), _Columns(alone)
    found = []
    for _resample in range(RESAMPLES):
        draw = chance.choices(pages, k=len(ours))
        found.append((left.f1(draw), right.f1(draw)))
    return Intervals(
        _interval([one for one, _other in found]),
        _interval([other for _one, other in found]),
        _interval([one - other for one, other in found]),
    )


def _interval(values: Sequence[float]) -> Interval:
    ordered = sorted(values)
    edge = int(len(ordered) * _TAIL)
    return Interval(ordered[edge], ordered[-1 - edge])
