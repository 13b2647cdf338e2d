"""Measure the strip stage on the line model's corpus: each unit put into an article of its language.

The model is trained on these units, so the figures are higher than on unread pages: they show falls, not quality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from extractors.records import Form, Kind
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules
from flows.evaluation.cases import is_removed
from flows.evaluation.metric import split_words
from flows.training.corpus import Unit, read_corpus
from tests.quality.floors import Measure

EVERY = 10
_ALL = "all"
# About fifty units a kind are sampled: two of them.
_KIND_TOLERANCE = 0.04
_TOLERANCE = 0.01
_LOSS_TOLERANCE = 0.002


def measure_units(corpus: Path, carriers: Path, every: int = EVERY) -> list[Measure]:
    """Return the share of furniture removed, by kind, and the shares of article units' and carriers' text lost."""
    return score_units(read_corpus(corpus)[::every], carriers)


def score_units(units: Sequence[Unit], carriers: Path) -> list[Measure]:
    """Return the measures of some units; the first goes into the middle of its carrier, the second at its end."""
    tried: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    # Characters without white space, of articles' units and of the carriers: there were, are lost.
    units_lost, carriers_lost = [0, 0], [0, 0]
    articles = {language: _read_carrier(carriers, language) for language in {unit.language for unit in units}}
    rules = load_packaged_rules()
    for number, unit in enumerate(units):
        carrier = articles[unit.language]
        at = len(carrier) if number % 2 else len(carrier) // 2
        text = "\n".join([*carrier[:at], *unit.lines, *carrier[at:]])
        kept = strip_text(text, StripContext(unit.language, Form.HTML), rules).text
        _add_lost(carriers_lost, carrier, kept)
        if unit.is_furniture:
            is_gone = is_removed("\n".join(unit.lines), split_words(kept), split_words("\n".join(carrier)))
            for name in (unit.section, _ALL):
                tried[name] += 1
                removed[name] += is_gone
        else:
            _add_lost(units_lost, unit.lines, kept)
    kinds = [kind.value for kind in Kind if tried[kind.value]]
    return [
        Measure("removed_all", removed[_ALL] / max(1, tried[_ALL]), _TOLERANCE),
        *(Measure(f"removed_{kind}", removed[kind] / tried[kind], _KIND_TOLERANCE) for kind in kinds),
        Measure("article_chars_lost", units_lost[1] / max(1, units_lost[0]), _LOSS_TOLERANCE, is_ceiling=True),
        Measure("carrier_chars_lost", carriers_lost[1] / max(1, carriers_lost[0]), _LOSS_TOLERANCE, is_ceiling=True),
    ]


def _read_carrier(carriers: Path, language: str) -> list[str]:
    return (carriers / f"{language}.txt").read_text(encoding="utf-8").strip().split("\n")


def _add_lost(sums: list[int], lines: Sequence[str], kept: str) -> None:
    """Add the characters of some lines, and of those of them that are not left whole."""
    flat = "".join(kept.split())
    for line in lines:
        own = "".join(line.split())
        sums[0] += len(own)
        sums[1] += 0 if own in flat else len(own)
