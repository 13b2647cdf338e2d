"""`gristmill rules`: the user's rules of sites brought in and checked, and what each rule removed."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import Exit, RunFailedError

_LEAST_WIDTH = 80
_MOST_PROBLEMS = 40

_site_rules_option = click.option(
    "--site-rules",
    metavar="DIR",
    envvar="GRISTMILL_SITE_RULES",
    show_envvar=True,
    help="Folder of your own rules of sites [default: site_rules, where it is there].",
)


@click.group(epilog="How rules are written: docs/rules.md.")
def rules() -> None:
    """Bring in and check rules of sites; see what each rule removed."""


@rules.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="DIR|FILE")
@click.option("--output", "-o", "folder", type=click.Path(file_okay=False, path_type=Path), default="site_rules",
              show_default=True, metavar="DIR", help="Folder of rules of sites to write to.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
def import_(source: Path, folder: Path, *, as_json: bool) -> None:
    """Turn others' rules into rules of sites: a folder of ftr-site-config files, or a list of cosmetic filters.

    What is imported is kept in one file below the folder and replaced whole when it is imported again. What cannot be
    used is counted. Mind the licence of what you import.

    \b
    gristmill rules import ftr-site-config/
    gristmill rules import my-filters.txt -o site_rules
    """
    from flows.site_rules import import_rules

    report = import_rules(source, folder)
    if as_json:
        found = {"path": str(report.path), "site_count": report.site_count, "selector_count": report.selector_count}
        click.echo(json.dumps(found | {"ignored": dict(report.ignored)}))
        return
    click.echo(f"{report.selector_count} selectors of {report.site_count} sites: {report.path}")
    if report.ignored:
        click.echo(f"{report.ignored.total()} lines were left out:")
        for reason, count in report.ignored.most_common():
            click.echo(f"  {count:>7}  {reason}")


@rules.command()
@click.argument("folder", type=click.Path(path_type=Path), default="site_rules", metavar="[DIR]")
def check(folder: Path) -> None:
    """Try every selector and every example of the rules of sites in DIR [default: site_rules]."""
    from flows.site_rules import check_site_rules, site_rules_folder

    place = site_rules_folder(folder)
    assert place is not None
    site_count, problems = check_site_rules(place)
    for problem in problems[:_MOST_PROBLEMS]:
        click.echo(problem, err=True)
    if len(problems) > _MOST_PROBLEMS:
        click.echo(f"and {len(problems) - _MOST_PROBLEMS} more", err=True)
    if problems:
        click.echo(f"{len(problems)} problems; rules of {site_count} sites are well.", err=True)
        raise click.exceptions.Exit(Exit.USAGE)
    click.echo(f"Rules of {site_count} sites, all well.")


@rules.command()
@warehouse_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="Count cuts on pages fetched on this UTC date or later.")  # fmt: skip
@click.option("--rule", "rule_glob", default="*", metavar="GLOB", help="Only rules whose id fits, e.g. 'site.*'.")
@click.option("--days", type=click.IntRange(min=1), default=14, show_default=True,
              help="A rule of a site looks stale by the pages of so many last days of the warehouse.")  # fmt: skip
@click.option("--unused", "with_unused", is_flag=True, help="List the rules that ship and cut nothing, too.")
@_site_rules_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines for machines, one a rule.")
def report(warehouse: str, site_rules: str | None, *, as_json: bool, **asked: Any) -> None:
    """Say what each rule removed, and which rules of sites look stale.

    A rule of a site looks stale when it matches nothing, or no text, on the last days' pages of the site, when the
    text-loss guard stopped it, or when it yields less than half of what it did before.

    \b
    gristmill rules report --rule 'site.*'
    gristmill rules report --since 2026-11-01 --json
    """
    from flows.site_rules import read_site_rules, site_rules_folder

    found = _read(warehouse, read_site_rules(site_rules_folder(site_rules)), asked)
    if as_json:
        _print_json(*found)
    else:
        _print_tables(*found)


def _read(warehouse: str, own: Any, asked: dict[str, Any]) -> tuple[list[Any], list[Any], list[str]]:
    """Return yields of rules, states of the rules of sites, and the ids of unused rules."""
    import duckdb

    from extractors.strip.rules import load_packaged_rules
    from flows.commands.sql import open_warehouse
    from flows.rule_report import read_site_rule_states, unused_rules
    from warehouse.catalogue import connect_readonly, refresh_catalogue
    from warehouse.errors import WarehouseError
    from warehouse.rule_report import read_rule_yields

    place = open_warehouse(warehouse)
    since: datetime | None = asked["since"]
    glob = asked["rule_glob"]
    try:
        refresh_catalogue(place)
        with connect_readonly(place) as connection:
            yields = read_rule_yields(connection, since.date() if since else None, glob)
            states = read_site_rule_states(connection, own, timedelta(days=asked["days"]), glob)
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    except duckdb.Error as error:
        raise RunFailedError(f"the warehouse cannot be read: {str(error).splitlines()[0]}") from error
    unused = unused_rules(load_packaged_rules(), yields, glob) if asked["with_unused"] else []
    return yields, states, unused


def _print_json(yields: list[Any], states: list[Any], unused: list[str]) -> None:
    from dataclasses import asdict

    from flows.rule_report import origin_of

    by_rule = {state.rule_id: state for state in states}
    for entry in yields:
        line = {"origin": origin_of(entry.rule_id).value, **asdict(entry)}
        line["last_fetched_at"] = entry.last_fetched_at.isoformat()
        state = by_rule.pop(entry.rule_id, None)
        click.echo(json.dumps(line | (_state_fields(state) if state else {}), ensure_ascii=False))
    for state in by_rule.values():
        line = {"origin": "site", "rule_id": state.rule_id, "cut_count": 0}
        click.echo(json.dumps(line | _state_fields(state), ensure_ascii=False))
    for rule_id in unused:
        click.echo(json.dumps({"origin": origin_of(rule_id).value, "rule_id": rule_id, "cut_count": 0}))


def _state_fields(state: Any) -> dict[str, Any]:
    return {
        "says": state.says,
        "doubt": state.doubt.value if state.doubt else None,
        "recent_page_count": state.pages.recent,
        "earlier_page_count": state.pages.earlier,
        "recent_match_count": state.count.matched.recent,
        "recent_stop_count": state.count.stopped.recent,
    }


def _print_tables(yields: list[Any], states: list[Any], unused: list[str]) -> None:
    from flows.rule_report import Doubt

    if not yields:
        click.echo("No rule cut anything here.")
    else:
        header = ("rule", "cuts", "pages", "sites", "chars", "sure", "for example")
        _print_table(header, [_yield_row(entry) for entry in yields])
    doubtful = [state for state in states if state.doubt not in {None, Doubt.UNTRIED}]
    untried = sum(state.doubt is Doubt.UNTRIED for state in states)
    if doubtful:
        click.echo("\nRules of sites that look stale, by the last days of the warehouse:")
        _print_table(("rule", "pages", "matched", "stopped", "why", "says"), [_state_row(state) for state in doubtful])
    elif states:
        click.echo(f"\nNone of {len(states)} rules of sites looks stale.")
    if untried:
        click.echo(
            f"{untried} rules of sites were not tried yet: no page of theirs was judged by the rules as they are."
        )
    if unused:
        click.echo(f"\n{len(unused)} rules that ship cut nothing:")
        for rule_id in unused:
            click.echo(f"  {rule_id}")


def _yield_row(entry: Any) -> tuple[str, ...]:
    counts = (entry.cut_count, entry.page_count, entry.site_count, entry.removed_chars)
    return entry.rule_id, *(f"{count}" for count in counts), f"{entry.mean_confidence:.2f}", entry.sample


def _state_row(state: Any) -> tuple[str, ...]:
    counts = (state.pages.recent, state.count.matched.recent, state.count.stopped.recent)
    return state.rule_id, *(f"{count}" for count in counts), state.doubt.value, state.says


def _print_table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(header[:-1]):
        # Names and numbers never give way; the text takes what is left.
        least = max(len(name), *(len(row[place]) for row in rows))
        table.add_column(name, no_wrap=True, min_width=least, justify="left" if name in {"rule", "why"} else "right")
    table.add_column(header[-1], no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*(Text(" ".join(cell.split())) for cell in row))
    width = max(_LEAST_WIDTH, shutil.get_terminal_size((140, 40)).columns)
    Console(highlight=False, width=width).print(table)


@rules.command()
@click.argument("corpus", type=click.Path(file_okay=False, path_type=Path), default="seeds/corpus", metavar="[DIR]")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              default="extractors/lines/weights.tsv", show_default=True, help="Weights file to write.")  # fmt: skip
def train(corpus: Path, output: Path) -> None:
    """Train the line model on the corpus in DIR [default: seeds/corpus]. Needs the extra `train`.

    \b
    gristmill rules train
    gristmill rules train my-corpus/ -o weights.tsv
    """
    from flows.training.corpus import CorpusError

    try:
        from flows.training.train import train_model
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error}: pip install 'gristmill[train]'") from error
    try:
        report = train_model(corpus, output)
    except (CorpusError, OSError) as error:
        raise click.UsageError(str(error)) from error
    click.echo(
        f"{report.unit_count} units in {report.language_count} languages: {report.weight_count} weights, {output}"
    )
