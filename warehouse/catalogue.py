"""The catalogue: a DuckDB file that holds the views and no data.

It is written into staging and swapped in whole, and only when it is not already what it should be. The SQL of the
views is in `warehouse/views/`; statements of users are run in `warehouse.query`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import duckdb

from warehouse.batches import PAGES_SPEC
from warehouse.errors import WarehouseError
from warehouse.fetches import ensure_fetches_schema_file
from warehouse.files import read_footer, replacing, write_parquet
from warehouse.furniture import ensure_furniture_file
from warehouse.layout import Warehouse
from warehouse.schema import FETCHES_SCHEMA, PAGES_SCHEMA, SCHEMA_VERSION

VIEWS = (
    "page_rows", "page_versions", "articles", "rejections", "removals", "sites", "batches", "furniture",
    "fetches", "fetch_state", "fetch_failures",
)  # fmt: skip
"""The views, each after those that it is made of."""

# So that DuckDB clients from 1.0 on can open a file that DuckDB 2 wrote.
_STORAGE_VERSION = "v1.0.0"
# Nothing is downloaded behind the user's back: everything needed is built into DuckDB.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    # A name in SQL is a view, never a variable of the program that runs it.
    "python_enable_replacements": "false",
}


def refresh_catalogue(warehouse: Warehouse) -> bool:
    """Make the catalogue what it should be, and say whether it had to be written.

    It is written when it is missing, broken, of other views, or when the warehouse was moved. An empty warehouse
    gets a Parquet file without rows, so that the views have their columns. Raises WarehouseError when the disk refuses.
    """
    _ensure_schema_file(warehouse)
    ensure_furniture_file(warehouse)
    ensure_fetches_schema_file(warehouse)
    views = _view_selects(warehouse)
    mark = hashlib.sha256(repr((_STORAGE_VERSION, views)).encode()).hexdigest()[:16]
    if _mark_of(warehouse) == mark:
        return False
    with replacing(warehouse, warehouse.catalogue) as staged, staged.open("wb") as sink:
        sink.write(_catalogue_bytes(views, mark))
        sink.flush()
        os.fsync(sink.fileno())
    return True


def _catalogue_bytes(views: Mapping[str, str], mark: str) -> bytes:
    """Return a DuckDB file of the views, with the mark in the comment of the first."""
    # Not made in staging: DuckDB cannot write to a path that holds a question mark.
    with TemporaryDirectory() as folder, duckdb.connect(config=_CONFIG) as connection:
        path = Path(folder) / "views.duckdb"
        connection.execute(f"attach '{_quoted(str(path))}' as views (storage_version '{_STORAGE_VERSION}')")
        connection.execute("use views")
        for name, select in views.items():
            note = f"{purpose_of(name)} [{mark}]" if name == VIEWS[0] else purpose_of(name)
            connection.execute(f"create view {name} as {select}")
            connection.execute(f"comment on view {name} is '{_quoted(note)}'")
        connection.execute("use memory")
        connection.execute("detach views")
        return path.read_bytes()


def connect_readonly(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    """Return a connection to the catalogue that cannot change it, with times in UTC.

    Call `refresh_catalogue` first. Raises WarehouseError when the catalogue is missing or broken, or when another
    program holds it open for writing.
    """
    try:
        connection = duckdb.connect(warehouse.catalogue, read_only=True, config=_CONFIG)
        connection.execute("set TimeZone = 'UTC'")
    except duckdb.Error as error:
        raise _held(warehouse, error) or WarehouseError(
            f"cannot open {warehouse.catalogue}: {str(error).splitlines()[0]}"
        ) from error
    return connection


def purpose_of(view: str) -> str:
    """Return what a view is for: the first comment line of its SQL."""
    return view_source(view).splitlines()[0].removeprefix("-- ")


def view_source(view: str) -> str:
    """Return the SQL of a view as it stands in its file."""
    return (files("warehouse") / "views" / f"{view}.sql").read_text(encoding="utf-8")


def _view_selects(warehouse: Warehouse) -> dict[str, str]:
    """Return the SELECT of each view for this warehouse, by name."""
    layer = str(warehouse.pages.resolve())
    if "\\" in layer:
        raise WarehouseError(f"DuckDB cannot read folders with a backslash in their name: {layer}")
    values = {
        "columns": ",\n    ".join(f'"{name}"' for name in PAGES_SCHEMA.names),
        "pages_glob": _quoted(f"{_unglobbed(layer)}/**/*.parquet"),
        "fetches_glob": _quoted(f"{_unglobbed(str(warehouse.fetches.resolve()))}/**/*.parquet"),
        "fetches_columns": ",\n    ".join(f'"{name}"' for name in FETCHES_SCHEMA.names),
        "furniture_file": _quoted(_unglobbed(str(warehouse.current_furniture_file.resolve()))),
    }
    return {view: Template(view_source(view)).substitute(values) for view in VIEWS}


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _unglobbed(path: str) -> str:
    """Return a path with the signs of a glob each in brackets, so that they stand for themselves."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _ensure_schema_file(warehouse: Warehouse) -> None:
    """Write the file without rows unless it is there. DuckDB takes the columns of all files from it, the first."""
    try:
        footer = read_footer(warehouse.schema_file)
    except FileNotFoundError:
        footer = None
    if footer is None or footer.get("schema_version") != SCHEMA_VERSION:
        footer = {"schema_version": SCHEMA_VERSION, "layer": "pages", "row_count": "0"}
        write_parquet(warehouse, warehouse.schema_file, [], PAGES_SPEC, footer)


def _mark_of(warehouse: Warehouse) -> str | None:
    """Return the mark of the catalogue on disk; None when it is missing or broken.

    Raises WarehouseError when another program holds the file: replacing it now would take away what that one writes.
    """
    if not warehouse.catalogue.is_file():
        return None
    try:
        with duckdb.connect(warehouse.catalogue, read_only=True, config=_CONFIG) as connection:
            sql = "select comment from duckdb_views() where view_name = ? and not internal"
            found = connection.execute(sql, [VIEWS[0]]).fetchone()
    except duckdb.Error as error:
        held = _held(warehouse, error)
        if held:
            raise held from error
        return None
    mark = re.search(r"\[([0-9a-f]{16})\]$", found[0]) if found and found[0] else None
    return mark[1] if mark else None


def _held(warehouse: Warehouse, error: duckdb.Error) -> WarehouseError | None:
    """Return what to raise when the error says that the catalogue is open elsewhere; None for any other."""
    # DuckDB has one class for all failures of a file; its words are all there is.
    if "set lock on file" in str(error) or "different configuration" in str(error):
        return WarehouseError(f"{warehouse.catalogue} is open for writing elsewhere: close it there, or use -readonly")
    return None
