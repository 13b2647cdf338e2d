"""`gristmill sql`: every format, every way to ask, every mistake."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import select
import shutil
import subprocess
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from flow_samples import call, command, environment, run, write_corpus

from flows.commands.prompt import run_prompt

FULL = Path("/dev/full")
QUERY = "select title, kept_chars from articles order by title"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Ingest five pages, one of them empty, with the command; the warehouse's folder."""
    base = tmp_path_factory.mktemp("sql")
    corpus = write_corpus(base / "corpus", 5, days=1, empty=2)
    done = run("ingest", "--inline", corpus, "-w", base / "data", "--workers", 0)
    assert done.returncode == 0, done.stderr
    return base / "data"


def ask(capsys, data, *arguments):
    code, out, err = call(capsys, "sql", "-w", data, *arguments)
    assert (code, err) == (0, "")
    return out


def test_table(capsys, data):
    """The default is a table in a frame, with a count of its rows."""
    out = ask(capsys, data, QUERY)
    assert out.startswith("╭")
    assert "│ The mill, part 0 │" in out
    assert out.endswith("(rows: 4)\n")


def test_text_formats(capsys, data):
    """The same rows come as CSV, JSON, JSON Lines and Markdown."""
    rows = [json.loads(line) for line in ask(capsys, data, QUERY, "-f", "jsonl").splitlines()]
    assert [row["title"] for row in rows] == [f"The mill, part {number}" for number in (0, 1, 3, 4)]
    assert json.loads(ask(capsys, data, QUERY, "-f", "json")) == rows
    read = list(csv.DictReader(io.StringIO(ask(capsys, data, QUERY, "-f", "csv"))))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]
    markdown = ask(capsys, data, QUERY, "-f", "markdown").splitlines()
    assert markdown[0] == "| title | kept_chars |"
    assert len(markdown) == 2 + len(rows)


@pytest.mark.parametrize("name", ["x.parquet", "x.csv", "x.json", "x.jsonl", "x.md", "x.txt"])
def test_a_file_by_its_ending(capsys, data, tmp_path, name):
    """The ending of the output file names the format; nothing is printed."""
    assert ask(capsys, data, QUERY, "-o", tmp_path / name) == ""
    if name == "x.parquet":
        assert pq.read_table(tmp_path / name).column_names == ["title", "kept_chars"]
        return
    begins = {"x.csv": "title,kept_chars\n", "x.json": "[\n{", "x.jsonl": '{"title"', "x.md": "| title", "x.txt": "╭"}
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins[name])


def test_parquet_into_a_pipe(data):
    """Parquet goes to a pipe as it is."""
    line = command("sql", QUERY, "-f", "parquet", "-w", data)
    done = subprocess.run(line, env=environment(), capture_output=True, timeout=60, check=True)
    assert pq.read_table(io.BytesIO(done.stdout)).num_rows == 4


def test_a_query_from_a_pipe_or_a_file(capsys, data, tmp_path, monkeypatch):
    """Without an argument the query is read from standard input, or from the file that is named."""
    monkeypatch.setattr("sys.stdin", io.StringIO("select 40 + 2 as answer"))
    assert ask(capsys, data, "-f", "csv") == "answer\n42\n"
    (tmp_path / "q.sql").write_text("-- a comment\nselect 1 as one;\nselect 'ä' as two;\n", encoding="utf-8")
    assert ask(capsys, data, "-f", "csv", "--file", tmp_path / "q.sql") == "two\nä\n"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("selec 1", "syntax error"),
        ("from nowhere", "nowhere does not exist"),
        ("select nothing from articles", '"nothing"'),
        ("drop view articles", "DROP is not allowed here"),
        ("", "no SQL statement given"),
        ("select cast('x' as int)", "Could not convert"),
    ],
)
def test_wrong_sql_is_one_line(capsys, data, query, words):
    """Wrong SQL: exit code 2 and DuckDB's message in one line, without the usage of the command."""
    code, out, err = call(capsys, "sql", query, "-w", data, "-f", "csv")
    assert code == 2
    assert out in {"", "CAST('x' AS INTEGER)\n"}
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert words in err
    assert "--help" not in err


@pytest.mark.parametrize("name", ["sql", "explain"])
def test_no_warehouse_is_one_line(capsys, tmp_path, name):
    """Where there is no warehouse: exit code 3, one line that says how to make one, and nothing is created."""
    code, out, err = call(capsys, name, "x", "-w", tmp_path / "data")
    assert (code, out) == (3, "")
    assert err.startswith(f"Error: no warehouse at {tmp_path / 'data'}; make one with: gristmill ingest")
    assert err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_file_that_cannot_be_written_is_one_line(capsys, data, tmp_path):
    """An output in a folder that is not there: exit code 3 and one line."""
    for name in ("x.csv", "x.parquet"):
        code, _, err = call(capsys, "sql", QUERY, "-w", data, "-o", tmp_path / "nowhere" / name)
        assert code == 3
        assert err.startswith(f"Error: cannot write {tmp_path / 'nowhere' / name}: ")
        assert err.count("\n") == 1


def test_the_environment_names_the_warehouse(capsys, data, monkeypatch):
    """GRISTMILL_WAREHOUSE is heard by sql as by ingest."""
    monkeypatch.setenv("GRISTMILL_WAREHOUSE", str(data))
    assert call(capsys, "sql", "select count(*) as n from articles", "-f", "csv")[:2] == (0, "n\n4\n")


def test_a_moved_warehouse_works_again(capsys, data, tmp_path):
    """The first command after a move makes the views anew; then plain DuckDB opens them too."""
    moved = tmp_path / "moved"
    shutil.copytree(data, moved)
    for layer in ("raw", "pages"):
        assert (moved / layer).is_dir()
    assert ask(capsys, moved, "select count(*) as n from articles", "-f", "csv") == "n\n4\n"
    shutil.rmtree(moved / "pages" / "fetch_date=2026-11-05")
    assert ask(capsys, moved, "select count(*) as n from articles", "-f", "csv") == "n\n0\n"
    with duckdb.connect(data / "gristmill.duckdb", read_only=True) as connection:
        assert connection.execute("select status, count(*) from page_versions group by 1 order by 1").fetchall() == [
            ("article", 4),
            ("rejected", 1),
        ]


@pytest.mark.parametrize("form", ["csv", "table", "parquet"])
def test_a_reader_that_leaves_is_no_error(data, form):
    """`| head -1` ends in silence."""
    line = command("sql", "select range as n, repeat('x', 100) as x from range(200000)", "-f", form, "-w", data)
    reading, writing = os.pipe()
    process = subprocess.Popen(line, env=environment(), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    os.read(reading, 10)
    os.close(reading)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_a_full_disk_is_one_line(data):
    """An output that takes nothing more: exit code 3 and one line."""
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    with FULL.open("wb") as full:
        done = subprocess.run(
            command("sql", "from range(100000)", "-f", "csv", "-w", data), env=environment(), stdout=full,
            stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == b"Error: cannot write the answer: No space left on device\n"


def read_until(terminal, wanted):
    """Return what the terminal shows until it has shown what is wanted, or is closed."""
    shown = b""
    while not shown.endswith(wanted) and select.select([terminal], [], [], 30)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # how Linux tells that the other side is closed
            break
    return shown


def prompt(data, lines, home):
    """Run the prompt on a terminal, answer each prompt with a line; what the terminal showed, and the exit code."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        command("sql", "-w", data),
        env=environment(HOME=str(home), TERM="dumb", COLUMNS="100"),
        stdin=end, stdout=end, stderr=end,
    )  # fmt: skip
    os.close(end)
    try:
        shown = b""
        for line in lines:
            shown += read_until(terminal, b"> ")
            os.write(terminal, line)
        shown += read_until(terminal, b"never shown")
        return shown.decode("utf-8", "replace").replace("\r\n", "\n"), process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_prompt(data, tmp_path):
    """The prompt takes statements of several lines, survives mistakes, and keeps a history."""
    lines = [
        b"select count(*) as how_many\n",
        b"from articles;\n",
        b"selec;\n",
        b".help\n",
        b"select 1 + 1 as two;\n",
        b".quit\n",
    ]
    shown, code = prompt(data, lines, tmp_path)
    assert code == 0
    assert "│ how_many │" in shown
    assert "Error: Parser Error" in shown
    assert shown.count("Views: articles") == 2
    assert "│   2 │" in shown
    assert "from articles;" in (tmp_path / ".gristmill_history").read_text()


def test_prompt_ends_with_its_input(data, tmp_path):
    """Ctrl-D ends the prompt well, also in mid-statement."""
    shown, code = prompt(data, [b"select 1\n", b"\x04"], tmp_path)
    assert code == 0
    assert "Traceback" not in shown


def test_prompt_forgets_a_statement_at_ctrl_c(data, tmp_path, monkeypatch, capsys):
    """Ctrl-C in mid-statement forgets what was typed of it, and the prompt goes on."""
    monkeypatch.setenv("HOME", str(tmp_path))
    typed = iter(["select nothing", KeyboardInterrupt, "select 6 * 7 as answer;", ";", EOFError])

    def answer(_prompt):
        item = next(typed)
        if isinstance(item, str):
            return item
        raise item

    monkeypatch.setattr("builtins.input", answer)
    with duckdb.connect(data / "gristmill.duckdb", read_only=True) as connection:
        run_prompt(connection)
    out, err = capsys.readouterr()
    assert "│     42 │" in out
    assert err == ""
