"""Measure the sample pages against `seeds/expected.toml`: phrases kept, phrases gone, facts right."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.ingest import ingest_inline
from flows.parameters import IngestParameters
from flows.progress import Counting
from tests.quality.floors import Measure
from warehouse.catalogue import connect_readonly

_Row = Mapping[str, Any]
# Everything here is the same at each run: what was right once may not go wrong.
_EXACT = 0.0
# Two phrases of some four hundred: which of two odd lines goes may change with a rule.
_CUTS_TOLERANCE = 0.005


def measure_seeds(folder: Path) -> list[Measure]:
    """Ingest the samples into a warehouse of their own, and return the shares of what is as expected."""
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))["page"]
    rows = _ingest(folder)
    pages = [(page, _find(rows, folder, page["file"])) for page in expected]
    articles = [(page, row) for page, row in pages if page["status"] == "article"]
    keeps = [_squeeze(phrase) in _text(row) for page, row in articles for phrase in page["keeps"]]
    cuts = [_squeeze(phrase) not in _text(row) for page, row in articles for phrase in page.get("cuts", ())]
    facts = [is_right for page, row in articles for is_right in _facts(page, row)]
    return [
        Measure("status_right", _share([_has_status(page, row) for page, row in pages]), _EXACT),
        Measure("keeps_found", _share(keeps), _EXACT),
        Measure("cuts_gone", _share(cuts), _CUTS_TOLERANCE),
        Measure("metadata_right", _share(facts), _EXACT),
    ]


def _ingest(folder: Path) -> dict[str, _Row]:
    """Return the row of each page by its URL and by its place."""
    sources = [str(folder / name) for name in ("pages", "dumps", "sample.warc.gz")]
    with tempfile.TemporaryDirectory() as root:
        # Without worker processes there is no deadline: a busy machine measures the same.
        parameters = IngestParameters(sources=sources, warehouse=root, workers=0)
        ingest_inline(parameters, Counting())
        with connect_readonly(parameters.open_warehouse()) as connection:
            found = connection.execute("select * from page_versions").fetchall()
            names = [column[0] for column in connection.description]
    table: list[_Row] = [dict(zip(names, row, strict=True)) for row in found]
    by_place = {f"{row['source']}/{row['locator']}": row for row in table}
    return {row["url"]: row for row in table if row["url"]} | by_place


def _find(rows: Mapping[str, _Row], folder: Path, file: str) -> _Row:
    """Return the row of a sample; what came through the archive is known by its sidecar's URL."""
    if file in rows:
        return rows[file]
    sidecar = json.loads((folder / f"{file}.meta.json").read_text(encoding="utf-8"))
    return rows.get(sidecar["url"], {})


def _has_status(page: _Row, row: _Row) -> bool:
    wanted = page.get("reject_reason")
    return row.get("status") == page["status"] and wanted in (None, row.get("reject_reason"))


def _facts(page: _Row, row: _Row) -> list[bool]:
    facts = [_squeeze(row.get("title") or "") == _squeeze(page["title"])]
    facts += [row.get(name) == page[name] for name in ("language", "is_paywalled") if name in page]
    if "published_at" in page:
        found = row.get("published_at")
        stated = str(page["published_at"]).removesuffix("Z")
        facts.append(found is not None and found.isoformat().startswith(stated))
    return facts


def _text(row: _Row) -> str:
    return _squeeze(row.get("text") or "")


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
