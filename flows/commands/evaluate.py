"""`gristmill evaluate`: the pipeline's own extraction over gold pages, in figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from flows.exits import Exit, RunFailedError


class UnfitGoldError(click.ClickException):
    """A gold file that cannot be used: one line for the user, without the usage text, exit code 2."""

    exit_code = Exit.USAGE


@click.command(
    epilog="Gold files are Parquet: html and text (a page and its article), or case_id, dump_text, html, gold_text and "
    "injected (a text with known blocks put in). Further columns and all figures: docs/evaluation.md."
)
@click.argument("gold", nargs=-1, required=True, metavar="GOLD.parquet...", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(min=0), help="Worker processes [default: one a processor].")
@click.option("--predictions", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.parquet",
              help="Write every output: page_id, form (html or dump), text.")  # fmt: skip
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N",
              help="Show the N worst pages of each set, gold and output side by side.")  # fmt: skip
@click.option("--examples", type=click.IntRange(min=0), default=0, metavar="N",
              help="Show up to N false strips of each rule.")  # fmt: skip
@click.option("--holdout", "has_halves", is_flag=True,
              help="Injected blocks of held-out publishers apart (blocks.jsonl).")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def evaluate(gold: tuple[Path, ...], workers: int | None, *, as_json: bool, **options: Any) -> None:
    """Measure extraction and stripping against gold pages, and against trafilatura alone.

    \b
    gristmill evaluate gold.parquet
    gristmill evaluate gold.parquet --worst 3 --examples 2
    gristmill evaluate gold.parquet injected.parquet --json --predictions out.parquet
    """
    from flows.evaluation.as_json import reports_as_json
    from flows.evaluation.gold import GoldError
    from flows.evaluation.run import EvaluationOptions, open_gold_files
    from flows.pool import PoolSettings

    settings = EvaluationOptions(workers=PoolSettings.default_workers() if workers is None else workers, **options)
    try:
        files = open_gold_files(gold, has_halves=settings.has_halves)
        reports = _run(files, settings)
    except GoldError as error:
        raise UnfitGoldError(str(error)) from error
    except OSError as error:
        raise RunFailedError(f"{error.filename or 'predictions'}: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps(reports_as_json(reports), ensure_ascii=False))
    else:
        _print(reports)


def _run(files: Any, settings: Any) -> Any:
    """Evaluate with a progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from flows.evaluation.run import count_outputs, evaluate_files

    console = Console(stderr=True)
    columns = ("Evaluating", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("pages", total=count_outputs(files))
        return evaluate_files(files, settings, tick=lambda: progress.advance(task))


def _print(reports: Any) -> None:
    from rich.console import Console

    from flows.evaluation.plain import PlainReport
    from flows.evaluation.tables import print_reports
    from flows.evaluation.worst import print_worst

    # A pipe has no width of its own; the widest table fits this.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    print_reports(console, reports)
    for report in reports:
        if isinstance(report, PlainReport):
            print_worst(console, report.name, report.worst)
