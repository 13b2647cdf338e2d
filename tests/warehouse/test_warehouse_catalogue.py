"""The catalogue: written when it must be, usable wherever the warehouse is, closed to writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from warehouse_samples import NOON, land, make_article, make_page, make_rejected, snapshot

from warehouse import catalogue
from warehouse.catalogue import VIEWS, connect_readonly, purpose_of, refresh_catalogue
from warehouse.dictionary import render_dictionary
from warehouse.errors import WarehouseError
from warehouse.layout import Warehouse

JUDGED = [(make_page(1), make_article()), (make_page(2, url="https://www.mill.example/b"), make_rejected())]
REPOSITORY = Path(__file__).parents[2]
ODD_FOLDERS = ["plain", "with space", "it's", "a[b]c", "st*r and wh?t", "{x}", "100%", "year=2020", "größe"]


def count(warehouse, view="page_versions"):
    with connect_readonly(warehouse) as connection:
        return connection.execute(f"select count(*) from {view}").fetchone()[0]


def plain_read(pages):
    """Return what the query that users are told about finds in a folder of pages."""
    glob = catalogue._quoted(f"{catalogue._unglobbed(str(pages))}/**/*.parquet")
    with duckdb.connect() as connection:
        sql = f"select status, fetch_date from read_parquet('{glob}', hive_partitioning = true) order by all"
        return connection.execute(sql).fetchall()


def test_views_are_the_files_of_sql():
    """Every SQL file is a view of the catalogue, and says in its first line what it is for."""
    folder = Path(catalogue.__file__).parent / "views"
    assert {path.stem for path in folder.glob("*")} == set(VIEWS)
    assert [view for view in VIEWS if not purpose_of(view).endswith(".")] == []


def test_an_empty_warehouse_has_empty_views(tmp_path):
    """Before the first batch every view answers, with its columns and no rows, and so does the plain query."""
    warehouse = Warehouse(tmp_path)
    assert refresh_catalogue(warehouse)
    assert [count(warehouse, view) for view in VIEWS] == [0] * len(VIEWS)
    assert plain_read(warehouse.pages) == []
    assert warehouse.list_batches("pages") == []


def test_new_batches_show_without_a_refresh(tmp_path):
    """The views are over files: what is landed after the catalogue was written is seen."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    land(warehouse, JUDGED)
    assert [count(warehouse, view) for view in VIEWS] == [2, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert plain_read(warehouse.pages) == [("article", date(2026, 11, 22)), ("rejected", date(2026, 11, 22))]


def test_a_current_catalogue_is_left_alone(tmp_path):
    """A second refresh writes nothing."""
    warehouse = Warehouse(tmp_path)
    assert refresh_catalogue(warehouse)
    before = snapshot(tmp_path)
    assert not refresh_catalogue(warehouse)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("content", [b"", b"not a database", b"\0" * 20_000], ids=["empty", "text", "zeros"])
def test_a_broken_catalogue_is_written_again(tmp_path, content):
    """Whatever lies in the catalogue's place, the next refresh puts it right."""
    warehouse = Warehouse(tmp_path)
    warehouse.catalogue.write_bytes(content)
    assert refresh_catalogue(warehouse)
    assert count(warehouse) == 0


def test_other_views_are_written_again(tmp_path, monkeypatch):
    """A catalogue from another version of the views is replaced."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    source = catalogue.view_source
    monkeypatch.setattr(catalogue, "view_source", lambda view: source(view).replace("median(", "avg("))
    assert refresh_catalogue(warehouse)
    assert not refresh_catalogue(warehouse)


def test_a_schema_file_of_another_version_is_replaced(tmp_path, monkeypatch):
    """The file without rows follows the schema version, since all columns are taken from it."""
    warehouse = Warehouse(tmp_path)
    monkeypatch.setattr(catalogue, "SCHEMA_VERSION", "0")
    refresh_catalogue(warehouse)
    old = warehouse.schema_file.read_bytes()
    monkeypatch.undo()
    refresh_catalogue(warehouse)
    assert warehouse.schema_file.read_bytes() != old


def test_a_moved_warehouse_works_after_a_refresh(tmp_path):
    """A warehouse that was moved answers plain queries at once, and its views after a refresh."""
    land(Warehouse(tmp_path / "old"), JUDGED)
    refresh_catalogue(Warehouse(tmp_path / "old"))
    shutil.move(tmp_path / "old", tmp_path / "new")
    moved = Warehouse(tmp_path / "new")
    assert len(plain_read(moved.pages)) == 2
    assert refresh_catalogue(moved)
    assert count(moved) == 2


@pytest.mark.parametrize("folder", ODD_FOLDERS)
def test_odd_paths(tmp_path, folder):
    """Spaces, quotes, signs of a glob and a folder like a partition in the path change nothing."""
    warehouse = Warehouse(tmp_path / folder)
    land(warehouse, JUDGED)
    refresh_catalogue(warehouse)
    assert not refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        sql = "select count(*), min(fetch_date), max(fetch_date) from page_versions"
        assert connection.execute(sql).fetchall() == [(2, NOON.date(), NOON.date())]


def test_a_glob_sign_matches_itself_only(tmp_path):
    """A star in the warehouse's own name does not draw in the neighbour that it would match."""
    for folder in ("mill*", "millstone"):
        land(Warehouse(tmp_path / folder), JUDGED)
    refresh_catalogue(Warehouse(tmp_path / "mill*"))
    assert count(Warehouse(tmp_path / "mill*")) == 2


def test_a_backslash_in_the_path_is_refused(tmp_path):
    """DuckDB takes a backslash for a separator: the error says so."""
    with pytest.raises(WarehouseError, match="backslash"):
        refresh_catalogue(Warehouse(tmp_path / "a\\b"))


def test_a_relative_root_works_from_anywhere(tmp_path, monkeypatch):
    """The views name the whole path, so that a client in another folder can use them."""
    monkeypatch.chdir(tmp_path)
    land(Warehouse(Path("data")), JUDGED)
    refresh_catalogue(Warehouse(Path("data")))
    monkeypatch.chdir("/")
    assert count(Warehouse(tmp_path / "data")) == 2


def test_older_clients_can_open_the_file(tmp_path):
    """The catalogue is stored in the format of DuckDB 1.0: version 64 stands in its header."""
    refresh_catalogue(Warehouse(tmp_path))
    header = Warehouse(tmp_path).catalogue.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64
    with connect_readonly(Warehouse(tmp_path)) as connection:
        sql = "select tags['storage_version'] from duckdb_databases() where database_name = 'gristmill'"
        assert connection.execute(sql).fetchone()[0].startswith("v1.0.0")


def test_the_catalogue_can_be_attached_under_another_name(tmp_path):
    """The views do not depend on what the catalogue is called in a session."""
    warehouse = Warehouse(tmp_path)
    land(warehouse, JUDGED)
    refresh_catalogue(warehouse)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse.catalogue}' as mine (read_only)")
        assert connection.execute("select count(*) from mine.removals").fetchone() == (1,)


@pytest.mark.parametrize(
    "sql", ["create table x (i int)", "drop view articles", "create or replace view articles as select 1"]
)
def test_the_connection_cannot_change_the_catalogue(tmp_path, sql):
    """The catalogue is opened for reading only."""
    refresh_catalogue(Warehouse(tmp_path))
    with connect_readonly(Warehouse(tmp_path)) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute(sql)


def test_no_extension_is_fetched(tmp_path):
    """What would need an extension fails at once, without a download."""
    refresh_catalogue(Warehouse(tmp_path))
    with (
        connect_readonly(Warehouse(tmp_path)) as connection,
        pytest.raises(duckdb.Error, match="requires the extension"),
    ):
        connection.execute("from 'https://mill.invalid/x.parquet'")


def test_a_missing_catalogue_is_one_clear_line(tmp_path):
    """Opening what is not there is a WarehouseError."""
    with pytest.raises(WarehouseError, match="cannot open"):
        connect_readonly(Warehouse(tmp_path))


def test_a_catalogue_held_for_writing_is_left_alone(tmp_path):
    """While another program has the file open for writing, it is not replaced under it, and the error says what to do."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(warehouse.catalogue)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        for use in (refresh_catalogue, connect_readonly):
            with pytest.raises(WarehouseError, match="open for writing elsewhere"):
                use(warehouse)
        holder.stdin.close()
        holder.wait(timeout=30)
    assert not refresh_catalogue(warehouse)


def test_the_data_dictionary_is_current():
    """The page in the docs is what the schemas and the views say today; `python -m warehouse.dictionary` writes it."""
    assert (REPOSITORY / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == render_dictionary()
