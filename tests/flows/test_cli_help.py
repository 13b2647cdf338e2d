"""The command as a newcomer meets it: help, version, mistakes; and what starting it must not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest
from flow_samples import ROOT, call, environment

from flows.cli import LazyGroup

COMMANDS = list(LazyGroup.table)
HEAVY = ("prefect", "duckdb", "pyarrow", "trafilatura", "lxml", "rich", "pydantic")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(capsys, command):
    """Each command explains itself, and its line in the list says what its own help begins with."""
    code, out, err = call(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: gristmill {command}")
    assert "--help" in out


def test_help_lists_every_command(capsys):
    """The first help names all commands and the exit codes."""
    code, out, _ = call(capsys, "--help")
    assert code == 0
    assert all(f"\n  {command} " in out for command in COMMANDS)
    assert "Exit codes:" in out


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)])
def test_help_loads_nothing_heavy(arguments):
    """Help and version come at once: neither Prefect nor DuckDB nor the extraction is imported for them."""
    script = (
        "import sys\nfrom flows.cli import main\n"
        f"sys.argv = ['gristmill', *{arguments!r}]\n"
        "try:\n    main()\nfinally:\n"
        f"    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.stderr == "[]\n"
    assert done.stdout


def test_version(capsys):
    """The version is one line that names the program."""
    code, out, _ = call(capsys, "--version")
    assert code == 0
    assert out.startswith("gristmill ")
    assert out.count("\n") == 1


def test_nothing_asked(capsys):
    """Without a command there is the help, and exit code 2."""
    code, out, err = call(capsys)
    assert code == 2
    assert "Commands:" in out + err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["grind"], "'grind'"),
        (["--frobnicate"], "--frobnicate"),
        (["ingest"], "SOURCE"),
        (["ingest", "x", "--workers", "-1"], "-1"),
        (["ingest", "x", "--max-rejected", "many"], "'many' is no share"),
        (["ingest", "x", "--max-rejected", "120%"], "'120%' is no share"),
        (["ingest", "x", "--column", "body=x"], "FIELD=COLUMN"),
        (["ingest", "x", "--column", "html"], "FIELD=COLUMN"),
        (["sql", "a", "b"], "unexpected extra argument"),
        (["sql", "from sites", "-f", "xml"], "'xml'"),
        (["sql", "--file", "nowhere.sql"], "nowhere.sql"),
        (["explain"], "PAGE"),
    ],
)
def test_a_mistake_is_one_line(capsys, arguments, words):
    """Wrong usage: exit code 2, and one line that says what is wrong and where the help is."""
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert words in err
    assert "--help)" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    """A command that neither the README nor the docs mention does not exist for its users."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    assert any(f"gristmill {command}" in text for text in texts)
