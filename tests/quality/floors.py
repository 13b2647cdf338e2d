"""Floors of quality: what was measured is held against what was pinned, and pins only ever rise by themselves.

Values in, values out. What is measured stands in `tests.quality.corpora`, the file in `tests.quality.floors_file`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

# Digits of a limit and of a value; a float has more only by accident.
_DIGITS = 5
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure as measured now: a share or a count. A ceiling is for losses: the lower, the better.

    `tolerance`: how much worse a later value may be before it counts as a fall.
    """

    name: str
    value: float
    tolerance: float
    is_ceiling: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A pinned floor (or ceiling), and the value and the tolerance that it was made of."""

    limit: float
    measured: float
    tolerance: float
    is_ceiling: bool = False

    def allows(self, value: float) -> bool:
        """Tell whether a value is on the right side."""
        value = round(value, _DIGITS)
        return value <= self.limit if self.is_ceiling else value >= self.limit

    def is_laxer_than(self, other: Limit) -> bool:
        """Tell whether some value is allowed here and not there."""
        if self.is_ceiling != other.is_ceiling:
            return True
        return self.limit > other.limit if self.is_ceiling else self.limit < other.limit


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one corpus. `sample` tells which part of it was used."""

    sample: str
    corpus_sha256: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Lowering:
    """A step down that somebody stood up for: when, why, and which limits or corpus."""

    on: date
    reason: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pinned:
    """One corpus' table in the file."""

    sample: str
    corpus_sha256: str
    limits: dict[str, Limit]
    lowered: tuple[Lowering, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a verdict: the measure, its limit, the value, and what is wrong (empty when nothing is)."""

    name: str
    limit: str
    value: str
    fault: str = ""


def check_figures(figures: Figures, pinned: Pinned | None) -> list[Row]:
    """Hold a corpus' figures against its floors. Every measure has a floor and every floor a measure, or it is a fault."""
    limits = pinned.limits if pinned else {}
    rows = [_check_corpus(figures, pinned)]
    for measure in figures.measures:
        limit = limits.get(measure.name)
        value = _digits(measure.value)
        if limit is None:
            rows.append(Row(measure.name, "-", value, "no floor is pinned"))
        elif limit.is_ceiling != measure.is_ceiling:
            rows.append(Row(measure.name, _limit_text(limit), value, "a floor is pinned for a ceiling, or the reverse"))
        else:
            fault = (
                "" if limit.allows(measure.value) else "above the ceiling" if limit.is_ceiling else "below the floor"
            )
            rows.append(Row(measure.name, _limit_text(limit), value, fault))
    names = {measure.name for measure in figures.measures}
    rows += [Row(name, _limit_text(limit), "-", "not measured") for name, limit in limits.items() if name not in names]
    return rows


def _check_corpus(figures: Figures, pinned: Pinned | None) -> Row:
    found = figures.corpus_sha256[:_SHORT_HASH]
    if pinned is None:
        return Row("corpus", "-", found, "no hash is pinned")
    is_same = pinned.corpus_sha256 == figures.corpus_sha256
    return Row("corpus", pinned.corpus_sha256[:_SHORT_HASH], found, "" if is_same else "another corpus than the pinned")


class LoweringError(Exception):
    """Pinning would lower a floor, drop one or accept another corpus, and no reason was given; `changes` say which."""

    def __init__(self, changes: Sequence[str]) -> None:
        super().__init__("; ".join(changes))
        self.changes = tuple(changes)


def pin_figures(figures: Figures, pinned: Pinned | None, reason: str | None, on: date) -> Pinned:
    """Return the table with each floor raised that has a better value to stand on; the others stay as they are.

    A floor goes down only where the value fell below it and there is a reason, which is kept with its date; so with
    a corpus that changed, whatever it does to the values. Raises LoweringError when there is need of a reason.
    """
    limits: dict[str, Limit] = {}
    changes: list[str] = []
    before = pinned.limits if pinned else {}
    for measure in figures.measures:
        new, old = make_limit(measure), before.get(measure.name)
        if old is None or not new.is_laxer_than(old):
            limits[measure.name] = new
        elif old.is_ceiling == measure.is_ceiling and old.allows(measure.value):
            limits[measure.name] = old
        else:
            limits[measure.name] = new
            changes.append(f"{measure.name}: {_limit_text(old)} -> {_limit_text(new)}")
    changes += [f"{name}: {_limit_text(limit)} dropped" for name, limit in before.items() if name not in limits]
    if pinned and pinned.corpus_sha256 != figures.corpus_sha256:
        hashes = (sha256[:_SHORT_HASH] for sha256 in (pinned.corpus_sha256, figures.corpus_sha256))
        changes.append("corpus: " + " -> ".join(hashes))
    fresh = Pinned(figures.sample, figures.corpus_sha256, limits, pinned.lowered if pinned else ())
    if not changes:
        return fresh
    if not reason or not reason.strip():
        raise LoweringError(changes)
    return replace(fresh, lowered=(*fresh.lowered, Lowering(on, " ".join(reason.split()), tuple(changes))))


def make_limit(measure: Measure) -> Limit:
    """Return the floor a tolerance below the value (the ceiling above it), never below nothing."""
    scale = 10**_DIGITS
    # Rounded first, so that .3 - .1 is .2 and not a hair less.
    if measure.is_ceiling:
        limit = math.ceil(round((measure.value + measure.tolerance) * scale, 3)) / scale
    else:
        limit = max(0, math.floor(round((measure.value - measure.tolerance) * scale, 3))) / scale
    return Limit(limit, round(measure.value, _DIGITS), measure.tolerance, measure.is_ceiling)


def format_rows(title: str, rows: Sequence[Row]) -> str:
    """Return a table of measure, limit, value and fault under a title."""
    cells = [("measure", "limit", "value", ""), *((row.name, row.limit, row.value, row.fault) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    lines = [
        f"  {name:<{widths[0]}}  {limit:>{widths[1]}}  {value:>{widths[2]}}  {fault}".rstrip()
        for name, limit, value, fault in cells
    ]
    return "\n".join([title, *lines])


def _limit_text(limit: Limit) -> str:
    return f"{'<=' if limit.is_ceiling else '>='} {_digits(limit.limit)}"


def _digits(value: float) -> str:
    return f"{round(value, _DIGITS):g}"
