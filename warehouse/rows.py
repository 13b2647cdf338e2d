"""Records to rows and back: the only place that knows which field of a record goes to which column.

Pure conversions; files are written in `warehouse.files` and `warehouse.batches`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from extractors.records import Article, Hints, Outcome, RawPage, Rejected, RejectReason, Removal, Versions
from warehouse.layout import BatchRef

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PagesRow:
    """A row of the pages layer, ready to be written: `cells` holds a value for every column of PAGES_SCHEMA."""

    page_id: str
    site: str | None
    url: str | None
    status: str
    cells: Mapping[str, object]


def storable(text: str) -> str:
    """Return the text with each lone surrogate as U+FFFD, one for one so that offsets hold: UTF-8 has no surrogates."""
    return _SURROGATE.sub("\ufffd", text)


def _cell(value: object) -> object:
    """Return a record's value as pyarrow takes it: clean strings, lists, UTC times."""
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, tuple):
        return [_cell(part) for part in value]
    if isinstance(value, datetime):
        return _utc(value)
    return value


def _utc(moment: datetime) -> datetime | None:
    """Return a time in UTC; a time without a zone is UTC. None when UTC puts it outside the years 1 to 9999."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _cells(record: object, *, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a record's fields by name, as pyarrow takes them."""
    names = [f.name for f in fields(record) if f.name not in leave_out]  # type: ignore[arg-type]
    return {name: _cell(getattr(record, name)) for name in names}


def raw_row(page: RawPage) -> dict[str, Any]:
    """Return a page as a row of RAW_SCHEMA."""
    headers = [{"name": storable(name), "value": storable(value)} for name, value in page.headers]
    return _cells(page) | {"headers": headers, "hints": _cells(page.hints)}


def raw_page(row: Mapping[str, Any]) -> RawPage:
    """Return the page of a row of RAW_SCHEMA: what `raw_row` was given, but for lone surrogates."""
    hints: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row["hints"].items()
    }
    changed = {
        "fetched_at": row["fetched_at"].astimezone(UTC),
        "headers": tuple((header["name"], header["value"]) for header in row["headers"]),
        "defect": RejectReason(row["defect"]) if row["defect"] is not None else None,
        "hints": Hints(**hints),
    }
    return RawPage(**{**row, **changed})


_FROM_PAGE = ("page_id", "url", "source", "locator", "fetched_at", "http_status", "media_type", "raw_sha256")
_NOT_CELLS = frozenset({"metadata", "removals", "site_rule_lines", "reason", "detail"})


def _require_ledger(kept: str, removals: Sequence[Removal], extracted_chars: int) -> None:
    removed = sum(len(removal.text) for removal in removals)
    if len(kept) + removed != extracted_chars:
        counts = f"{len(kept)} kept and {removed} removed characters, {extracted_chars} extracted"
        raise ValueError(f"the ledger does not add up: {counts}")


def _article_cells(article: Article) -> dict[str, Any]:
    cells = _cells(article, leave_out=_NOT_CELLS)
    _require_ledger(article.text, article.removals, article.extracted_chars)
    if cells["text"] != article.text:
        cells["text_sha256"] = hashlib.sha256(cells["text"].encode()).hexdigest()
    return cells | {
        "status": "article",
        "reject_reason": None,
        "reject_detail": None,
        "kept_chars": len(article.text),
    }


def _rejected_cells(rejected: Rejected) -> dict[str, Any]:
    kept = rejected.text or ""
    _require_ledger(kept, rejected.removals, rejected.extracted_chars)
    return _cells(rejected, leave_out=_NOT_CELLS) | {
        "status": "rejected",
        "reject_reason": str(rejected.reason),
        "reject_detail": storable(rejected.detail),
        "comments_text": None,
        "kept_chars": len(kept),
        "text_sha256": None,
    }


def pages_row(page: RawPage, outcome: Outcome, ref: BatchRef, versions: Versions) -> PagesRow:
    """Return the row of a page and what was made of it.

    Raises ValueError when its kept and removed characters do not add up to the extracted ones: such a
    ledger could never rebuild the text.
    """
    judged = _article_cells(outcome) if isinstance(outcome, Article) else _rejected_cells(outcome)
    removals = sorted(outcome.removals, key=lambda removal: removal.offset)
    cells = {
        **{name: _cell(getattr(page, name)) for name in _FROM_PAGE},
        **_cells(outcome.metadata),
        **judged,
        "removals": [_cells(removal) for removal in removals],
        "site_rule_lines": [_cells(line) for line in outcome.site_rule_lines],
        **_cells(versions),
        "batch_id": ref.batch_id,
    }
    return PagesRow(cells["page_id"], cells["site"], cells["url"], cells["status"], cells)
