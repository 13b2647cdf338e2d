"""Running a user's SQL: what is refused, how errors read, and each output format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import duckdb
import pyarrow.parquet as pq
import pytest
from warehouse_samples import land, make_article, make_page, make_rejected, snapshot

from warehouse.catalogue import connect_readonly, refresh_catalogue
from warehouse.errors import QueryError
from warehouse.layout import Warehouse
from warehouse.output import (
    TEXT_WRITERS,
    write_csv,
    write_json,
    write_jsonl,
    write_markdown,
    write_parquet,
    write_table,
)
from warehouse.query import run_query


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    warehouse = Warehouse(tmp_path_factory.mktemp("query"))
    land(warehouse, [(make_page(1), make_article()), (make_page(2, url="https://www.mill.example/b"), make_rejected())])
    refresh_catalogue(warehouse)
    return warehouse


@pytest.fixture
def connection(warehouse):
    with connect_readonly(warehouse) as connection:
        yield connection


def written(connection, sql, writer, **options):
    out = io.StringIO()
    writer(run_query(connection, sql), out, **options)
    return out.getvalue()


def test_a_result_tells_its_columns_before_its_rows(connection):
    """Columns and types are there at once, the rows when they are read, as often as they are."""
    result = run_query(connection, "select 1 as a, [1, 2] as b")
    assert (result.columns, result.types) == (("a", "b"), ("INTEGER", "INTEGER[]"))
    assert list(result.rows()) == list(result.rows()) == [(1, [1, 2])]


def test_the_last_statement_answers(connection):
    """Several statements are run in order; the last one's result is given."""
    result = run_query(connection, "set variable x = 41; select getvariable('x') + 1 as answer;")
    assert list(result.rows()) == [(42,)]


@pytest.mark.parametrize(
    "sql",
    ["show tables", "describe articles", "summarize sites", "from articles", "values (1)", "explain select 1",
     "explain analyze from articles", "pivot page_versions on status using count(*)", "with a as (select 1) from a"],
)  # fmt: skip
@pytest.mark.parametrize("name", TEXT_WRITERS)
def test_statements_that_read_work_in_every_format(connection, sql, name):
    """SHOW, DESCRIBE, SUMMARIZE, EXPLAIN and PIVOT are results like others."""
    assert written(connection, sql, TEXT_WRITERS[name]).strip()


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{folder}/leak.csv'",
        "copy articles to '{folder}/pages/fetch_date=2026-11-22/leak.parquet'",
        "explain analyze copy (select 1) to '{folder}/leak.csv'",
        "explain /* sly */ analyze copy (select 1) to '{folder}/leak.csv'",
        "EXPLAIN (ANALYZE) copy (select 1) to '{folder}/leak.csv'",
        "select 1; copy (select 1) to '{folder}/leak.csv'",
        "export database '{folder}/leak'",
        "attach '{folder}/leak.duckdb'",
        "create table x (i int)",
        "create temp table x (i int)",
        "drop view articles",
        "insert into articles select 1",
        "install httpfs",
        "load httpfs",
        "update extensions",
        "checkpoint",
        "pragma enable_profiling",
    ],
)
def test_statements_that_do_more_are_refused(connection, warehouse, sql):
    """Nothing but reading is run: no file appears, none changes, and nothing is installed."""
    before = snapshot(warehouse.root)
    with pytest.raises(QueryError):
        run_query(connection, sql.format(folder=warehouse.root))
    assert snapshot(warehouse.root) == before


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "no SQL statement given"),
        ("-- nothing", "no SQL statement given"),
        ("selec 1", 'Parser Error: syntax error at or near "selec"'),
        ("from artcles", 'Catalog Error: Table with name artcles does not exist! Did you mean "articles"?'),
        ("select 1; drop view articles", "DROP is not allowed here: only statements that read are"),
        ("select error('late') from articles", "Invalid Input Error: late"),
    ],
)
@pytest.mark.parametrize(
    "read", [lambda result: list(result.rows()), lambda result: list(result.batches())], ids=["rows", "batches"]
)
def test_errors_are_one_line(connection, sql, message, read):
    """Whatever is wrong, when planning or in the middle of the rows, is one line, and the next query works."""
    with pytest.raises(QueryError) as raised:
        read(run_query(connection, sql))
    assert str(raised.value) == message
    assert list(run_query(connection, "select 1").rows()) == [(1,)]


def test_an_error_far_into_the_rows_is_one_line(connection):
    """A failure after thousands of rows is a QueryError as well."""
    result = run_query(connection, "select case when i = 150000 then error('late') else i end from range(200000) t(i)")
    with pytest.raises(QueryError, match=r"^Invalid Input Error: late$"):
        list(result.rows())


def test_a_result_that_is_left_does_not_block(connection):
    """Rows that nobody reads to the end do not keep the connection busy."""
    rows = run_query(connection, "from range(100000)").rows()
    assert next(rows) == (0,)
    rows.close()
    assert list(run_query(connection, "select 1").rows()) == [(1,)]


def test_variables_of_the_program_are_no_tables(connection):
    """A Python variable of the same name is not read in place of a table."""
    leak = __import__("pyarrow").table({"a": [1]})
    assert leak.num_rows == 1
    with pytest.raises(QueryError, match="does not exist"):
        run_query(connection, "from leak")


EVERY_TYPE = """
select 1 as i, 170141183460469231731687303715884105727::hugeint as h, 1.5 as d, 0.5::double as f, 'nan'::double as n,
    true as b, null as z, 'a|b' || chr(10) || '"c"' as s, date '2026-11-22' as day, time '10:30' as t,
    timestamp '2026-11-22 12:00:00' as ts, timestamptz '2026-11-22 14:00:00.5+02' as tz,
    [1, null] as l, {'at': timestamptz '2026-11-22 14:00:00+02', 'x': [{'y': 'z'}]} as st, map {1: 'one'} as m,
    'ab'::blob as bin, interval '90 minutes' as iv, '00000000-0000-0000-0000-000000000001'::uuid as u
"""
EXPECTED = {
    "i": 1, "h": 170141183460469231731687303715884105727, "d": 1.5, "f": 0.5, "n": None, "b": True, "z": None,
    "s": 'a|b\n"c"', "day": "2026-11-22", "t": "10:30:00", "ts": "2026-11-22T12:00:00", "tz": "2026-11-22T12:00:00.500000Z",
    "l": [1, None], "st": {"at": "2026-11-22T12:00:00Z", "x": [{"y": "z"}]}, "m": {"1": "one"}, "bin": "6162", "iv": "1:30:00",
    "u": "00000000-0000-0000-0000-000000000001",
}  # fmt: skip


def test_json_holds_every_type(connection):
    """JSON is an array of objects; what JSON has no type for is a string, and times are in UTC."""
    assert json.loads(written(connection, EVERY_TYPE, write_json)) == [EXPECTED]


def test_json_lines_hold_every_type(connection):
    """JSON Lines have an object a line."""
    lines = written(connection, f"{EVERY_TYPE} union all {EVERY_TYPE}", write_jsonl).splitlines()
    assert [json.loads(line) for line in lines] == [EXPECTED, EXPECTED]


def test_json_of_no_rows_is_an_empty_array(connection):
    """No rows are `[]`, which any reader takes."""
    assert json.loads(written(connection, "from range(0)", write_json)) == []


def test_json_tells_columns_of_one_name_apart(connection):
    """Columns of the same name do not swallow each other."""
    assert json.loads(written(connection, "select 1 as a, 2 as a, 3 as a_1", write_json)) == [
        {"a": 1, "a_1": 2, "a_1_1": 3}
    ]


def test_csv_round_trips_through_a_reader(connection):
    """A CSV reader gets back the texts, with NULL empty and lists and structs as JSON."""
    (row,) = csv.DictReader(io.StringIO(written(connection, EVERY_TYPE, write_csv)))
    assert row["s"] == 'a|b\n"c"'
    assert (row["z"], row["b"], row["n"], row["tz"]) == ("", "true", "nan", "2026-11-22T12:00:00.500000Z")
    assert json.loads(row["st"]) == EXPECTED["st"]


def test_times_are_utc_whatever_the_session_says(connection):
    """A session's own time zone does not change what is written."""
    sql = "set TimeZone = 'Asia/Tokyo'; select timestamptz '2026-11-22 12:00:00+00' as t"
    assert written(connection, sql, write_csv) == "t\n2026-11-22T12:00:00Z\n"


def test_markdown_escapes_what_would_break_it(connection):
    """Pipes and backslashes are escaped, line breaks become <br>, numbers are set right."""
    out = written(connection, r"select 'a|b' || chr(10) || 'c\d' as s, 1 as n, null as z", write_markdown)
    assert out.splitlines() == ["| s | n | z |", "| --- | --: | --- |", r"| a\|b<br>c\\d | 1 |  |"]


def test_table_fits_the_terminal(connection):
    """Long cells are shortened, line breaks and escape codes are not let through, numbers are set right."""
    out = written(
        connection,
        "select repeat('x', 500) as long, 'a' || chr(10) || chr(27) || '[31mb' as s, 7 as n",
        write_table,
        width=60,
    )
    assert max(map(len, out.splitlines())) <= 60
    assert "x…" in out
    assert "a [31mb" in out
    assert "\x1b" not in out
    assert out.endswith("(rows: 1)\n")


def test_table_shortens_texts_alone(connection):
    """Numbers and times stay whole where a text can give way, floats are rounded, and long names take several lines."""
    sql = """
        select repeat('x', 99) as text, 123456789 as how_many_there_are, 1234.56789::double as big,
               0.0001234567::double as small, timestamp '2026-11-22 12:34:56' as seen_at
    """
    out = written(connection, sql, write_table, width=80)
    assert max(map(len, out.splitlines())) == 80
    for whole in ("123456789 ", " 1234.5679 ", " 0.0001235 ", "2026-11-22T12:34:56", "x…"):
        assert whole in out
    assert "how_many_there_are" not in out
    assert "how_many_there_are" in written(connection, sql, write_table, width=200)


def test_table_of_many_columns_lists_fields(connection):
    """With more columns than fit, each row is a list of its fields, none wider than the terminal."""
    out = written(connection, "from articles", write_table, width=80)
    assert "url │ https://www.mill.example/a" in out
    assert max(map(len, out.splitlines())) <= 80


def test_table_says_that_there_is_more(connection):
    """A table ends after a thousand rows and says so; at exactly a thousand nothing is missing."""
    assert written(connection, "from range(1001)", write_table).endswith(
        "(the first 1,000 rows; another format gives all)\n"
    )
    assert written(connection, "from range(1000)", write_table).endswith("(rows: 1,000)\n")


def test_table_prints_plans_as_they_are(connection):
    """EXPLAIN is a drawing, not a cell."""
    assert written(connection, "explain select 1", write_table).startswith("╭─")


@pytest.mark.parametrize("to_stream", [True, False], ids=["stream", "path"])
def test_parquet_keeps_types(connection, tmp_path, to_stream):
    """Parquet goes to a path or a stream, types and nesting as in the view, also without rows."""
    target = io.BytesIO() if to_stream else tmp_path / "x.parquet"
    write_parquet(run_query(connection, "select fetched_at, removals, authors from page_versions order by url"), target)
    if to_stream:
        target.seek(0)
    rows = pq.read_table(target).to_pylist()
    assert [len(row["removals"]) for row in rows] == [1, 0]
    assert rows[0]["removals"][0]["text"] == "Donate now. "
    assert rows[0]["fetched_at"] == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_parquet_of_no_rows_has_its_columns(connection):
    """A result without rows is a file with columns."""
    target = io.BytesIO()
    write_parquet(run_query(connection, "select url, removals from articles where false"), target)
    assert pq.read_table(io.BytesIO(target.getvalue())).column_names == ["url", "removals"]


def test_large_results_stream(connection):
    """Reading a few rows of an endless-looking result does not compute all of it."""
    rows = run_query(connection, "from range(1000000000000)").rows()
    assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]
    rows.close()


def test_duckdb_is_the_one_that_was_measured():
    """The streaming of results and their two ways of reading are those of DuckDB 2."""
    assert int(duckdb.__version__.split(".")[0]) >= 2
