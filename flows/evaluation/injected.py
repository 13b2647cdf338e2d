"""Sums over injected cases: blocks removed by kind, seams, collateral, exact matches, hard negatives, groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.evaluation.cases import BlockScore, CaseForm, CaseScore

# Blurbs without any tell-tale word: only repetition on a site gives them away, so they are counted apart.
HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The share, None of nothing."""
        return self.count / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class KindRecall:
    """Blocks of one kind: removed in all, by trafilatura alone, and on both sides of the publishers."""

    kind: str
    removed: Share
    alone: Share
    dev: Share
    held_out: Share


@dataclass(frozen=True, slots=True)
class Collateral:
    """What a part's cases lost of their gold: 4-grams in all, those that the strip stage took, cases losing a line."""

    cases: int
    gold_grams: int
    lost_grams: int
    strip_lost_grams: int
    losing_line: int

    @property
    def lost_share(self) -> float:
        """Share of gold 4-grams lost."""
        return self.lost_grams / self.gold_grams if self.gold_grams else 0.0

    @property
    def strip_share(self) -> float:
        """Share of gold 4-grams lost to the strip stage."""
        return self.strip_lost_grams / self.gold_grams if self.gold_grams else 0.0


@dataclass(frozen=True, slots=True)
class FormReport:
    """All figures of one form. `recall` ends with all kinds but house, and house where there is any."""

    form: CaseForm
    cases: int
    recall: tuple[KindRecall, ...]
    glued: Share
    exact: Share
    same: Share
    collateral: dict[str, Collateral]
    near_duplicates: Collateral


@dataclass(frozen=True, slots=True)
class LearnedReport:
    """One form of the group cases: house blocks gone before and after learning, and what the articles lost after it.

    `sites` of the cases, and `blocks` learned of them.
    """

    form: CaseForm
    sites: int
    blocks: int
    before: Share
    after: Share
    all_cases: Collateral
    near_duplicates: Collateral


@dataclass(frozen=True, slots=True)
class InjectedReport:
    """All figures of one file of injected cases."""

    name: str
    has_halves: bool
    strip_share: float
    forms: tuple[FormReport, ...]
    learned: tuple[LearnedReport, ...] = ()


def report_form(form: CaseForm, cases: Sequence[CaseScore]) -> FormReport:
    """Return the figures of one form. Seams and exact matches are counted over the cases of part `injected`."""
    injected = [case for case in cases if case.part == "injected"]
    seams = [(block, case) for case in injected for block in case.blocks if block.is_glued]
    parts = sorted({case.part for case in cases})
    return FormReport(
        form=form,
        cases=len(cases),
        recall=tuple(_recall([block for case in cases for block in case.blocks])),
        glued=Share(sum(block.is_removed and case.is_complete for block, case in seams), len(seams)),
        exact=Share(sum(case.is_exact for case in injected), len(injected)),
        same=Share(sum(case.is_same for case in injected), len(injected)),
        collateral={part: sum_collateral(case for case in cases if case.part == part) for part in parts},
        near_duplicates=near_duplicates(cases),
    )


def near_duplicates(cases: Sequence[CaseScore]) -> Collateral:
    """Return what the cases lost that repeat another's text, and those that they repeat."""
    originals = {case.near_duplicate_of for case in cases if case.near_duplicate_of}
    return sum_collateral(case for case in cases if case.near_duplicate_of or case.case_id in originals)


def _recall(blocks: Sequence[BlockScore]) -> Iterable[KindRecall]:
    plain = [block for block in blocks if block.kind != HOUSE]
    for kind in sorted({block.kind for block in plain}):
        yield _kind(kind, [block for block in plain if block.kind == kind])
    if plain:
        yield _kind("all but house", plain)
    house = [block for block in blocks if block.kind == HOUSE]
    if house:
        yield _kind(HOUSE, house)


def _kind(kind: str, blocks: Sequence[BlockScore]) -> KindRecall:
    return KindRecall(
        kind=kind,
        removed=_removed(blocks),
        alone=Share(sum(block.is_removed_alone for block in blocks), len(blocks)),
        dev=_removed([block for block in blocks if block.is_held_out is False]),
        held_out=_removed([block for block in blocks if block.is_held_out]),
    )


def _removed(blocks: Sequence[BlockScore]) -> Share:
    return Share(sum(block.is_removed for block in blocks), len(blocks))


def sum_collateral(cases: Iterable[CaseScore]) -> Collateral:
    """Return what some cases lost, in sum."""
    counted = list(cases)
    return Collateral(
        cases=len(counted),
        gold_grams=sum(case.gold_grams for case in counted),
        lost_grams=sum(case.lost_grams for case in counted),
        strip_lost_grams=sum(case.strip_lost_grams for case in counted),
        losing_line=sum(case.lost_lines > 0 for case in counted),
    )
