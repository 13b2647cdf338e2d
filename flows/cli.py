"""The `gristmill` command: names and where each command lives. Imports a command's code only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.metadata import version
from typing import Any, ClassVar

import click

from flows.exits import Exit


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed: starting up costs only what is used."""

    # Name: module, function, and the line that `--help` shows without importing either.
    table: ClassVar[dict[str, tuple[str, str, str]]] = {
        "ingest": (
            "flows.commands.ingest",
            "ingest",
            "Read pages, extract and strip them, land them in the warehouse.",
        ),
        "fetch": ("flows.commands.fetch", "fetch", "Fetch new pages of sources, politely, then extract them."),
        "sql": ("flows.commands.sql", "sql", "Ask the warehouse in SQL."),
        "learn": ("flows.commands.learn", "learn", "Learn the blocks that each site repeats on its articles."),
        "furniture": ("flows.commands.furniture", "furniture", "Show what was learned of sites, and veto it."),
        "rules": ("flows.commands.rules", "rules", "Import and check rules of sites, and see what each rule removed."),
        "sources": ("flows.commands.sources", "sources", "List the sources to fetch from, and check that they answer."),
        "export": ("flows.commands.export", "export", "Write pages of the raw layer in forms that other tools read."),
        "explain": ("flows.commands.explain", "explain", "Show an article with its cuts, coloured by reason."),
        "evaluate": ("flows.commands.evaluate", "evaluate", "Measure extraction and stripping against gold pages."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of use."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command."""
        if cmd_name not in self.table:
            return None
        module, function, _line = self.table[cmd_name]
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click would take a reader that left for a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return _reader_left()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_module, _function, line) in self.table.items()])


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        click.echo(f"gristmill {version('gristmill')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 more pages rejected than allowed; 2 wrong usage; 3 a source or the warehouse failed.",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version,
              help="Show the version and exit.")  # fmt: skip
def gristmill() -> None:
    """Raw web pages in, clean queryable article text out, with every cut on record.

    \b
    gristmill ingest pages/ archive.warc.gz       read pages into the warehouse (./data)
    gristmill sql "select title from articles"    ask it
    gristmill explain https://site.example/story  see what was cut from a page, and why
    """


def _reader_left() -> int:
    """End in silence: the reader of our output left (`| head`), and the interpreter is to flush nothing at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.DONE


def main() -> None:
    """Run the command; a user's mistake is one line, never a traceback."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = gristmill.main(prog_name="gristmill", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "gristmill"
        click.echo(f"Error: {error.format_message()} (see: {path} --help)", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What has landed stays; run the same command again to go on.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    return code if isinstance(code, int) else Exit.DONE


if __name__ == "__main__":
    main()
