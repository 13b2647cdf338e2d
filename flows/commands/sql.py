"""`gristmill sql`: ask the warehouse, from an argument, a file, a pipe or a prompt."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from flows.commands.options import warehouse_option
from flows.exits import RunFailedError, UserError

_FORMATS = ("table", "csv", "json", "jsonl", "markdown", "parquet")


@click.command()
@click.argument("query", required=False)
@warehouse_option
@click.option("--format", "-f", "form", type=click.Choice(_FORMATS), help="Form of the output [default: table].")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path),
              help="Write to a file; its ending names the format.")  # fmt: skip
@click.option("--file", "script", type=click.File("r", encoding="utf-8"), help="Read the query from a file.")
def sql(query: str | None, warehouse: str, form: str | None, output: Path | None, script: Any) -> None:
    """Run a QUERY over the warehouse, read-only; without one, read it from a pipe or ask for it.

    The views: articles, page_versions, rejections, removals, sites, batches, furniture.

    \b
    gristmill sql "from sites"
    gristmill sql "select kind, count(*) from removals group by kind" -f csv
    gristmill sql "from articles" -o articles.parquet
    """
    from warehouse.catalogue import connect_readonly, refresh_catalogue
    from warehouse.errors import QueryError, WarehouseError

    place = open_warehouse(warehouse)
    if script is not None:
        query = script.read()
    elif query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    try:
        refresh_catalogue(place)
        connection = connect_readonly(place)
    except WarehouseError as error:
        raise RunFailedError(str(error)) from error
    try:
        with connection:
            if query is None:
                from flows.commands.prompt import run_prompt

                run_prompt(connection)
            else:
                _answer(connection, query, _form_of(form, output), output)
    except QueryError as error:
        raise UserError(str(error)) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RunFailedError(f"cannot write {output or 'the answer'}: {error.strerror or error}") from error


def open_warehouse(warehouse: str) -> Any:
    """Return the warehouse that a user named; exit code 3 where there is none."""
    from warehouse.layout import Warehouse

    root = Path(warehouse).expanduser().absolute()
    if not (root / "pages").is_dir() and not (root / "raw").is_dir():
        raise RunFailedError(f"no warehouse at {root}; make one with: gristmill ingest SOURCE -w {warehouse}")
    return Warehouse(root)


def _form_of(form: str | None, output: Path | None) -> str:
    if form:
        return form
    endings = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".parquet": "parquet"}
    return endings.get(output.suffix.lower(), "table") if output else "table"


def _answer(connection: Any, query: str, form: str, output: Path | None) -> None:
    from warehouse import output as writers
    from warehouse.query import run_query

    result = run_query(connection, query)
    if form == "parquet":
        if output is None and sys.stdout.isatty():
            raise UserError("Parquet is not for a terminal: name a file with --output, or use a pipe")
        writers.write_parquet(result, output or sys.stdout.buffer)
        return
    text_writers = {
        "table": lambda out: writers.write_table(result, out, width=shutil.get_terminal_size((120, 40)).columns),
        "csv": lambda out: writers.write_csv(result, out),
        "json": lambda out: writers.write_json(result, out),
        "jsonl": lambda out: writers.write_jsonl(result, out),
        "markdown": lambda out: writers.write_markdown(result, out),
    }
    if output is None:
        text_writers[form](sys.stdout)
    else:
        with output.open("w", encoding="utf-8", newline="") as file:
            text_writers[form](file)
