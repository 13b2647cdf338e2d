"""Measure gold files with the scoring of `gristmill evaluate`, a part of each, without trafilatura's own figures.

In this process and without deadlines, so that a busy machine measures the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from extractors.judge import JudgeOptions, judge_page
from extractors.records import Form
from flows.evaluation.cases import CaseForm, CaseScore, CaseTexts, score_case
from flows.evaluation.gold import GoldCase, GoldPage, open_gold, read_gold_cases, read_gold_pages
from flows.evaluation.injected import FormReport, Share, report_form
from flows.evaluation.learned import GROUP, GroupLearning
from flows.evaluation.measure import Measured, make_gold_page
from flows.evaluation.plain import PlainReport, PlainScoring
from tests.quality.floors import Measure

_F1_TOLERANCE = 0.002
_LOSS_TOLERANCE = 0.0002
_COMMENTS_TOLERANCE = 0.001
# One or two blocks of a kind in the sample, a handful of all, of the seams and of the cases.
_KIND_TOLERANCE = 0.02
_ALL_TOLERANCE = 0.01
_CASES_TOLERANCE = 0.01
_KINDS = ("donation", "subscribe", "newsletter", "comments", "all but house")
EVERY_CASE = 3


def measure_pages(path: Path, every: int = 1, stop: int | None = None) -> list[Measure]:
    """Return F1 and false strips of every n-th page of a plain gold file, of the first `stop` rows."""
    report = _score_pages(path.stem, islice(read_gold_pages(open_gold(path)), 0, stop, every))
    return [
        Measure("f1", report.ours.f1, _F1_TOLERANCE),
        Measure("gold_grams_stripped", report.strips.lost_share, _LOSS_TOLERANCE, is_ceiling=True),
    ]


def measure_comments(path: Path, stop: int | None = None) -> list[Measure]:
    """Return the share of readers' comments in the outputs of the pages that have gold comments, and their F1."""
    pages = islice((page for page in read_gold_pages(open_gold(path)) if page.comments), stop)
    report = _score_pages(path.stem, pages)
    leaked = report.comments.ours if report.comments else 0.0
    return [
        Measure("f1", report.ours.f1, _F1_TOLERANCE),
        Measure("comments_left", leaked, _COMMENTS_TOLERANCE, is_ceiling=True),
    ]


def _score_pages(name: str, pages: Iterable[GoldPage]) -> PlainReport:
    scoring = PlainScoring(name, examples=0, worst=0)
    options = JudgeOptions()
    for page in pages:
        scoring.add(page, Measured(judge_page(make_gold_page(page.html, page.url, Form.HTML, page.page_id), options)))
    return scoring.report()


def measure_cases(path: Path, every: int = EVERY_CASE, stop: int | None = None) -> list[Measure]:
    """Return what is removed and what is lost of every n-th injected case, and of the groups after learning."""
    cases = list(islice(read_gold_cases(open_gold(path), {}), stop))
    sample = [case for case in cases[::every] if case.part != GROUP]
    forms: tuple[CaseForm, ...] = ("html", "dump")
    reports = [report_form(form, [_score(case, form)[1] for case in sample]) for form in forms]
    return [
        *(measure for report in reports for measure in _form_measures(report)),
        *_group_measures(case for case in cases if case.part == GROUP),
    ]


def _score(case: GoldCase, form: CaseForm) -> tuple[Measured, CaseScore]:
    is_html = form == "html"
    body = case.html if is_html else case.dump_text.encode("utf-8", "surrogatepass")
    page = make_gold_page(body, case.url, Form.HTML if is_html else Form.TEXT, case.case_id)
    measured = Measured(judge_page(page, JudgeOptions()))
    return measured, score_case(case, CaseTexts(measured.extracted, measured.stripped, measured.text, ""))


def _form_measures(report: FormReport) -> Iterator[Measure]:
    recall = {entry.kind: entry.removed for entry in report.recall}
    for kind in _KINDS:
        if kind in recall:
            tolerance = _KIND_TOLERANCE if kind != _KINDS[-1] else _ALL_TOLERANCE
            yield _share(f"{report.form}_removed_{kind.partition(' ')[0]}", recall[kind], tolerance)
    yield _share(f"{report.form}_seams_repaired", report.glued, _CASES_TOLERANCE)
    yield _share(f"{report.form}_exact", report.exact, _CASES_TOLERANCE)
    for part, lost in report.collateral.items():
        yield Measure(f"{report.form}_{part}_grams_stripped", lost.strip_share, _LOSS_TOLERANCE, is_ceiling=True)
        yield Measure(f"{report.form}_{part}_losing_a_line", lost.losing_line, 0, is_ceiling=True)


def _group_measures(cases: Iterable[GoldCase]) -> Iterator[Measure]:
    groups = GroupLearning()
    for case in cases:
        groups.hold(case, "dump", *_score(case, "dump"))
    for report, _outputs in groups.learn():
        near = report.near_duplicates
        yield _share("group_house_removed", report.after, _ALL_TOLERANCE)
        yield Measure("group_near_duplicates_stripped", near.strip_share, _LOSS_TOLERANCE, is_ceiling=True)


def _share(name: str, share: Share, tolerance: float) -> Measure:
    return Measure(name, share.share or 0.0, tolerance)
