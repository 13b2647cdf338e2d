"""Run an evaluation: gold files in, one report each out, every output handed to the predictions file on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractors.records import Form, RawPage
from flows.evaluation.cases import CaseForm, CaseScore, CaseTexts, drop_title, score_case
from flows.evaluation.gold import (
    GoldCase,
    GoldError,
    GoldFile,
    GoldKind,
    GoldPage,
    open_gold,
    read_gold_cases,
    read_gold_pages,
    read_publishers,
)
from flows.evaluation.injected import InjectedReport, LearnedReport, report_form
from flows.evaluation.learned import GROUP, GroupLearning
from flows.evaluation.measure import Measured, make_gold_page, measure_pages, open_measuring_pool
from flows.evaluation.plain import PlainReport, PlainScoring
from flows.evaluation.predictions import PredictionWriter
from flows.pool import PagePool

Report = PlainReport | InjectedReport


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How to evaluate. `examples`: false cuts to keep a rule; `worst`: pages to keep; `predictions`: a file or None."""

    workers: int = 0
    examples: int = 0
    worst: int = 0
    has_halves: bool = False
    predictions: Path | None = None


@dataclass(frozen=True, slots=True)
class _Sinks:
    """Where outputs and progress go."""

    predict: Callable[[str, str, str], None]
    tick: Callable[[], None]


def open_gold_files(paths: Sequence[Path], *, has_halves: bool = False) -> list[GoldFile]:
    """Look at every file before any work is done. Raises GoldError, naming the file, for the first that is no use."""
    files = [open_gold(path) for path in paths]
    for file in files:
        if has_halves and file.kind is GoldKind.INJECTED and not read_publishers(file):
            raise GoldError(f"{file.path} has no blocks.jsonl beside it, which tells each block's publisher")
    return files


def count_outputs(files: Sequence[GoldFile]) -> int:
    """Return how many outputs an evaluation will score: a page one, a case one in each of its two forms."""
    return sum(file.row_count * (2 if file.kind is GoldKind.INJECTED else 1) for file in files)


def evaluate_files(
    files: Sequence[GoldFile], options: EvaluationOptions, tick: Callable[[], None] = lambda: None
) -> list[Report]:
    """Score every file and return the reports in the same order. `tick` is called once for each output.

    Raises GoldError for a damaged file and OSError when the predictions cannot be written.
    """
    if options.predictions is None:
        return _evaluate(files, options, _Sinks(lambda *_row: None, tick))
    with PredictionWriter(options.predictions) as writer:
        return _evaluate(files, options, _Sinks(writer.add, tick))


def _evaluate(files: Sequence[GoldFile], options: EvaluationOptions, sinks: _Sinks) -> list[Report]:
    reports: list[Report] = []
    with open_measuring_pool(options.workers) as pool:
        for file in files:
            if file.kind is GoldKind.PLAIN:
                reports.append(_evaluate_plain(file, pool, options, sinks))
            else:
                reports.append(_evaluate_injected(file, pool, options, sinks))
    return reports


def _evaluate_plain(file: GoldFile, pool: PagePool, options: EvaluationOptions, sinks: _Sinks) -> PlainReport:
    scoring = PlainScoring(file.name, examples=options.examples, worst=options.worst)
    pages = ((gold, _plain_page(gold)) for gold in read_gold_pages(file))
    for gold, measured in measure_pages(pool, pages):
        scoring.add(gold, measured)
        sinks.predict(gold.page_id, "html", measured.text)
        sinks.tick()
    return scoring.report()


def _plain_page(gold: GoldPage) -> RawPage:
    return make_gold_page(gold.html, gold.url, Form.HTML, gold.page_id)


def _evaluate_injected(file: GoldFile, pool: PagePool, options: EvaluationOptions, sinks: _Sinks) -> InjectedReport:
    publishers = read_publishers(file) if options.has_halves else {}
    scores: dict[CaseForm, list[CaseScore]] = {"html": [], "dump": []}
    groups = GroupLearning()
    judge_seconds = strip_seconds = 0.0
    cases = (item for case in read_gold_cases(file, publishers) for item in _case_pages(case))
    for (case, form), measured in measure_pages(pool, cases):
        score = score_case(case, _case_texts(case, form, measured))
        scores[form].append(score)
        if case.part == GROUP:
            groups.hold(case, form, measured, score)
        else:
            sinks.predict(case.case_id, form, _prediction(case, form, measured.text))
        is_dump = form == "dump"
        judge_seconds += 0.0 if is_dump else measured.judge_seconds
        strip_seconds += 0.0 if is_dump else measured.strip_seconds
        sinks.tick()
    rest = judge_seconds - strip_seconds
    return InjectedReport(
        name=file.name,
        has_halves=options.has_halves,
        strip_share=strip_seconds / rest if rest > 0 else 0.0,
        forms=tuple(report_form(form, found) for form, found in scores.items()),
        learned=_learn_groups(groups, sinks),
    )


def _learn_groups(groups: GroupLearning, sinks: _Sinks) -> tuple[LearnedReport, ...]:
    """Learn from the group cases; what is predicted of them is their text after that."""
    reports: list[LearnedReport] = []
    for report, outputs in groups.learn():
        reports.append(report)
        for case, output in outputs:
            sinks.predict(case.case_id, report.form, _prediction(case, report.form, output))
    return tuple(reports)


def _prediction(case: GoldCase, form: CaseForm, output: str) -> str:
    """Return an output as it is scored: of a dump without its title line, which the gold has not."""
    return drop_title(output, case.dump_text.partition("\n")[0]) if form == "dump" else output


def _case_pages(case: GoldCase) -> Iterator[tuple[tuple[GoldCase, CaseForm], RawPage]]:
    yield (case, "html"), make_gold_page(case.html, case.url, Form.HTML, case.case_id)
    dump = case.dump_text.encode("utf-8", "surrogatepass")
    yield (case, "dump"), make_gold_page(dump, case.url, Form.TEXT, case.case_id)


def _case_texts(case: GoldCase, form: CaseForm, measured: Measured) -> CaseTexts:
    """Return the texts to score. trafilatura gives nothing for a dump: alone, a dump stays as it is."""
    alone = measured.alone if form == "html" else case.dump_text
    return CaseTexts(measured.extracted, measured.stripped, measured.text, alone)
