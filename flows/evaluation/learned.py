"""What learning is worth: the same group cases once more, after learning from them which blocks their sites repeat.

A site's cases are learned from as `gristmill learn` learns from its articles, each form apart, and stripped again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from extractors.furniture.learning import learn_site
from extractors.furniture.matching import FurnitureSet, furniture_set_of
from extractors.furniture.pages import SitePage
from extractors.records import Form
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.rules import load_packaged_rules
from flows.evaluation.cases import CaseForm, CaseScore, CaseTexts, score_case
from flows.evaluation.gold import GoldCase
from flows.evaluation.injected import HOUSE, LearnedReport, Share, near_duplicates, sum_collateral
from flows.evaluation.measure import FETCHED_AT, Measured

GROUP = "group"


@dataclass(frozen=True, slots=True)
class _Held:
    case: GoldCase
    measured: Measured
    before: CaseScore


@dataclass(slots=True)
class GroupLearning:
    """Holds the group cases of a file until all of them are there to be learned from."""

    held: dict[CaseForm, list[_Held]] = field(default_factory=dict)

    def hold(self, case: GoldCase, form: CaseForm, measured: Measured, before: CaseScore) -> None:
        """Keep one case of part `group`, scored without learning."""
        self.held.setdefault(form, []).append(_Held(case, measured, before))

    def learn(self) -> Iterator[tuple[LearnedReport, list[tuple[GoldCase, str]]]]:
        """Yield for each form its figures, and the cases with their output after learning."""
        for form, held in self.held.items():
            furniture = _learn(held)
            outputs = [_strip_again(entry.measured, furniture) for entry in held]
            after = [_score(entry, output) for entry, output in zip(held, outputs, strict=True)]
            report = LearnedReport(
                form=form,
                sites=len({entry.measured.outcome.site for entry in held}),
                blocks=sum(len(site.blocks) for site in furniture.sites.values()),
                before=_house([entry.before for entry in held]),
                after=_house(after),
                all_cases=sum_collateral(after),
                near_duplicates=near_duplicates(after),
            )
            yield report, [(entry.case, output) for entry, output in zip(held, outputs, strict=True)]


def _learn(held: Sequence[_Held]) -> FurnitureSet:
    pages: dict[str, list[SitePage]] = {}
    for entry in held:
        site = entry.measured.outcome.site
        if site is not None:
            page = SitePage(entry.case.case_id, FETCHED_AT.date(), entry.measured.extracted)
            pages.setdefault(site, []).append(page)
    return furniture_set_of(block for site, found in pages.items() for block in learn_site(site, found))


def _strip_again(measured: Measured, furniture: FurnitureSet) -> str:
    outcome = measured.outcome
    if outcome.form is None:
        return ""
    context = StripContext(
        language=outcome.metadata.language,
        form=outcome.form,
        has_title_line=outcome.form is Form.TEXT,
        title=outcome.metadata.title,
        furniture=furniture.for_site(outcome.site),
        marks=outcome.line_marks,
    )
    return strip_text(measured.extracted, context, load_packaged_rules()).text


def _score(entry: _Held, output: str) -> CaseScore:
    return score_case(entry.case, CaseTexts(entry.measured.extracted, output, output, ""))


def _house(cases: Sequence[CaseScore]) -> Share:
    blocks = [block for case in cases for block in case.blocks if block.kind == HOUSE]
    return Share(sum(block.is_removed for block in blocks), len(blocks))
