"""Read and write `tests/floors.toml`: one table a corpus, limits in `limits`, steps down in `lowered`.

Only the format; what may be written is decided in `tests.quality.floors`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.quality.floors import Limit, Lowering, Pinned

HEADER = """\
# Floors of quality, held by tests/test_quality_floors.py. Written by `make floors`, which raises them when the figures
# rise and lowers none without a reason; docs/evaluation.md says what is measured. Not to be edited by hand.
"""


def read_floors(path: Path) -> dict[str, Pinned]:
    """Return the tables by corpus; none where there is no file. Raises ValueError, KeyError for another format."""
    if not path.is_file():
        return {}
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _pinned(table) for name, table in tables.items()}


def _pinned(table: Mapping[str, Any]) -> Pinned:
    return Pinned(
        sample=table["sample"],
        corpus_sha256=table["corpus_sha256"],
        limits={name: _limit(entry) for name, entry in table["limits"].items()},
        lowered=tuple(
            Lowering(entry["on"], entry["reason"], tuple(entry["changes"])) for entry in table.get("lowered", ())
        ),
    )


def _limit(entry: Mapping[str, Any]) -> Limit:
    is_ceiling = "ceiling" in entry
    limit = entry["ceiling"] if is_ceiling else entry["floor"]
    return Limit(limit, entry["measured"], entry["tolerance"], is_ceiling)


def write_floors(path: Path, tables: Mapping[str, Pinned]) -> None:
    """Write all tables, in the order given."""
    path.write_text(format_floors(tables), encoding="utf-8")


def format_floors(tables: Mapping[str, Pinned]) -> str:
    """Return the file's text."""
    return "\n".join([HEADER, *(_table(name, pinned) for name, pinned in tables.items())])


def _table(name: str, pinned: Pinned) -> str:
    lines = [
        f"[{name}]",
        f"sample = {_string(pinned.sample)}",
        f"corpus_sha256 = {_string(pinned.corpus_sha256)}",
        "",
        f"[{name}.limits]",
    ]
    for measure, limit in pinned.limits.items():
        word = "ceiling" if limit.is_ceiling else "floor"
        lines.append(
            f"{measure} = {{ {word} = {limit.limit!r}, measured = {limit.measured!r}, tolerance = {limit.tolerance!r} }}"
        )
    for entry in pinned.lowered:
        lines += ["", f"[[{name}.lowered]]", f"on = {entry.on.isoformat()}", f"reason = {_string(entry.reason)}"]
        lines += ["changes = [", *(f"    {_string(change)}," for change in entry.changes), "]"]
    return "\n".join([*lines, ""])


def _string(text: str) -> str:
    """Return a TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
