"""Reports as tables for a terminal, a pipe or a note. Only layout; no figure is computed here beyond a percentage."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.evaluation.bootstrap import Interval
from flows.evaluation.injected import Collateral, FormReport, InjectedReport, LearnedReport, Share
from flows.evaluation.leakage import SnippetReport
from flows.evaluation.plain import PlainReport
from flows.evaluation.run import Report

_MOST_RULES = 25


def print_reports(console: Console, reports: Sequence[Report]) -> None:
    """Print one table over the plain sets, then what each set has to say for itself."""
    plain = [report for report in reports if isinstance(report, PlainReport)]
    if plain:
        console.print(_quality(plain), Text())
    for report in reports:
        if isinstance(report, PlainReport):
            _print_plain(console, report)
        else:
            _print_injected(console, report)


def _table(title: str, *columns: str) -> Table:
    """Return a table whose first column holds names and the others figures."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    return table


def _quality(reports: Sequence[PlainReport]) -> Table:
    table = _table(
        "4-gram F1 of means, 95 % bootstrap", "set", "pages", "F1", "±", "P", "R",
        "alone F1", "P", "R", "difference", "95 %", "rejected",
    )  # fmt: skip
    for report in reports:
        ours, alone = report.ours, report.alone
        table.add_row(
            report.name, str(report.pages), _f(ours.f1), _f(report.intervals.ours.half_width), _f(ours.precision),
            _f(ours.recall), _f(alone.f1), _f(alone.precision), _f(alone.recall), f"{ours.f1 - alone.f1:+.4f}",
            _interval(report.intervals.difference), str(sum(report.rejected.values())),
        )  # fmt: skip
    if len(reports) > 1:
        ours_mean = sum(report.ours.f1 for report in reports) / len(reports)
        alone_mean = sum(report.alone.f1 for report in reports) / len(reports)
        difference = f"{ours_mean - alone_mean:+.4f}"
        pages = str(sum(report.pages for report in reports))
        table.add_row("mean", pages, _f(ours_mean), "", "", "", _f(alone_mean), "", "", difference)
    return table


def _print_plain(console: Console, report: PlainReport) -> None:
    strips = report.strips
    console.rule(Text(report.name, style="bold"), align="left")
    grams = f"{strips.lost_grams} of {strips.gold_grams} gold 4-grams ({_p(strips.lost_share)})"
    gone = f"{strips.lost_lines} of {strips.gold_lines} gold lines; {strips.false_cuts} of {strips.cuts} cuts"
    lines = [
        f"False strips: {grams}, {gone}",
        f"Strip stage: {_p(report.strip_share)} of the CPU of the rest ({report.judge_seconds:.1f} s in all)",
    ]
    if report.rejected:
        named = ", ".join(f"{count} {reason}" for reason, count in report.rejected.items())
        lines.append(f"Rejected: {named}")
    if report.snippets and report.snippets_alone:
        lines.append(f"Snippets: ours {_snippets(report.snippets)}; alone {_snippets(report.snippets_alone)}")
    if report.comments:
        found = report.comments
        lines.append(
            f"Reader comments on {found.pages} pages that have them: ours {_p(found.ours)} of words, "
            f"{found.ours_pages} pages with any; alone {_p(found.alone)}, {found.alone_pages} pages"
        )
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    console.print()
    if report.kinds:
        table = _table("Furniture by kind", "kind", "removed", "of the article", "lines left with a hit")
        for kind in report.kinds:
            table.add_row(kind.kind, str(kind.removed + kind.false_cuts), str(kind.false_cuts), str(kind.left))
        console.print(table, Text())
    if strips.rules:
        _print_rules(console, report)


def _print_rules(console: Console, report: PlainReport) -> None:
    rules = report.strips.rules
    shown = rules[:_MOST_RULES]
    title = "Rules with false strips" + (f" ({len(shown)} of {len(rules)})" if len(shown) < len(rules) else "")
    table = _table(title, "rule", "cuts", "false cuts", "gold 4-grams")
    for rule in shown:
        table.add_row(rule.rule_id, str(rule.cuts), str(rule.false_cuts), str(rule.false_grams))
    console.print(table, Text())
    for rule in shown:
        for example in rule.examples:
            console.print(Text(f"{rule.rule_id}  {example.url}", style="dim"), soft_wrap=True)
            console.print(Text(f"    {example.text[:400]}"), soft_wrap=True)
            console.print(Text(f"    {example.confidence:.2f} {example.reason}", style="dim"), soft_wrap=True)


def _print_injected(console: Console, report: InjectedReport) -> None:
    console.rule(Text(report.name, style="bold"), align="left")
    cases = report.forms[0].cases
    console.print(
        Text(f"{cases} cases; strip stage: {_p(report.strip_share)} of the CPU of the rest (html)"), soft_wrap=True
    )
    console.print()
    console.print(_recall(report), Text())
    console.print(_seams(report.forms), Text())
    console.print(_collateral(report.forms), Text())
    if report.learned:
        console.print(_learned(report.learned), Text())


def _recall(report: InjectedReport) -> Table:
    halves = ("dev", "held out") if report.has_halves else ()
    columns = [f"{form.form}{' ' + half if half else ''}" for form in report.forms for half in ("", *halves)]
    table = _table("Injected blocks removed", "kind", "blocks", "alone", *columns)
    for rows in zip(*(form.recall for form in report.forms), strict=True):
        first = rows[0]
        cells: list[str] = []
        for row in rows:
            cells.append(_share(row.removed))
            if report.has_halves:
                cells += [_share(row.dev), _share(row.held_out)]
        style = "bold" if first.kind == "all but house" else ""
        table.add_row(first.kind, str(first.removed.total), _share(first.alone), *cells, style=style)
    return table


def _seams(forms: Sequence[FormReport]) -> Table:
    table = _table("Whole cases", "", *(form.form for form in forms))
    table.add_row("glued seams repaired, no character lost", *(_counted(form.glued) for form in forms))
    table.add_row("exactly the gold text, title line apart", *(_counted(form.exact) for form in forms))
    table.add_row("exactly the gold text as it stands", *(_counted(form.same) for form in forms))
    return table


def _collateral(forms: Sequence[FormReport]) -> Table:
    table = _table("Gold lost", "part", "form", "cases", "4-grams lost", "by the strip stage", "cases losing a line")
    for form in forms:
        for part, found in form.collateral.items():
            table.add_row(part, form.form, *_lost(found))
        if form.near_duplicates.cases:
            table.add_row("near-duplicates", form.form, *_lost(form.near_duplicates))
    return table


def _learned(reports: Sequence[LearnedReport]) -> Table:
    table = _table("Groups after learning", "form", "sites", "blocks learned", "house removed before", "after",
                   "4-grams lost by the strip stage", "near-duplicates: lost by it", "losing a line")  # fmt: skip
    for report in reports:
        lost, near = report.all_cases, report.near_duplicates
        table.add_row(
            report.form, str(report.sites), str(report.blocks), _share(report.before), _share(report.after),
            f"{lost.strip_lost_grams} ({_p(lost.strip_share)})", f"{near.strip_lost_grams} ({_p(near.strip_share)})",
            str(near.losing_line),
        )  # fmt: skip
    return table


def _lost(found: Collateral) -> tuple[str, ...]:
    return (
        str(found.cases),
        f"{found.lost_grams} ({_p(found.lost_share)})",
        f"{found.strip_lost_grams} ({_p(found.strip_share)})",
        str(found.losing_line),
    )


def _f(value: float) -> str:
    return f"{value:.4f}"


def _p(value: float) -> str:
    return f"{value:.2%}"


def _interval(interval: Interval) -> str:
    return f"{interval.low:+.4f} to {interval.high:+.4f}"


def _share(share: Share) -> str:
    return "–" if share.share is None else f"{share.share:.1%}"


def _counted(share: Share) -> str:
    return f"{share.count}/{share.total} ({_share(share)})"


def _snippets(found: SnippetReport) -> str:
    wanted = f"{found.found / found.wanted:.1%} of {found.wanted} wanted found" if found.wanted else "none wanted"
    leaked = f"{found.leaked / found.forbidden:.1%} of {found.forbidden} unwanted leaked" if found.forbidden else ""
    return ", ".join(part for part in (wanted, leaked) if part)
