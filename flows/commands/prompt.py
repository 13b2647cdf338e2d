"""The prompt of `gristmill sql`: reads statements to their semicolon, keeps a history, answers in tables."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from warehouse.errors import QueryError
from warehouse.output import write_table
from warehouse.query import run_query

_HISTORY = Path("~/.gristmill_history")
_HELP = (
    "End a statement with ; and Enter. Views: articles, page_versions, rejections, removals, sites, batches, "
    "furniture. .quit ends."
)


def run_prompt(connection: Any) -> None:
    """Ask for statements and answer them until the end of input or `.quit`."""
    history = _load_history()
    click.echo(_HELP)
    buffer: list[str] = []
    while True:
        try:
            line = input("   ...> " if buffer else "sql> ")
        except EOFError:
            click.echo()
            break
        except KeyboardInterrupt:
            click.echo()
            buffer.clear()
            continue
        if not buffer and line.strip().lower() in {".quit", ".exit", "quit", "exit", "quit;", "exit;"}:
            break
        if not buffer and line.strip().lower() in {".help", "help", "?", "help;"}:
            click.echo(_HELP)
            continue
        buffer.append(line)
        if line.rstrip().endswith(";"):
            _answer(connection, "\n".join(buffer))
            buffer.clear()
    if history is not None:
        with suppress(OSError):
            history.write_history_file(_HISTORY.expanduser())


def _answer(connection: Any, statement: str) -> None:
    if not statement.strip(" ;\n"):
        return
    try:
        write_table(run_query(connection, statement), sys.stdout, width=shutil.get_terminal_size((120, 40)).columns)
    except QueryError as error:
        click.echo(f"Error: {error}", err=True)
    except KeyboardInterrupt:
        connection.interrupt()
        click.echo("Stopped.", err=True)


def _load_history() -> Any:
    """Return the readline module with past statements loaded; None where Python has none."""
    try:
        import readline
    except ImportError:
        return None
    with suppress(OSError):
        readline.read_history_file(_HISTORY.expanduser())
    return readline
