"""Reports as one JSON object: every figure of the tables, shares between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flows.evaluation.injected import InjectedReport
from flows.evaluation.plain import PlainReport
from flows.evaluation.run import Report

_DIGITS = 6


def reports_as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """Return `{"sets": [...], "mean_f1": {...}}`; the mean is over the plain sets, absent without any.

    All but `strip_share` and `judge_seconds`, which are measured by the clock, is the same at each run.
    """
    plain = [report for report in reports if isinstance(report, PlainReport)]
    found: dict[str, Any] = {
        "sets": [_plain(report) if isinstance(report, PlainReport) else _injected(report) for report in reports]
    }
    if plain:
        found["mean_f1"] = {
            "ours": sum(report.ours.f1 for report in plain) / len(plain),
            "alone": sum(report.alone.f1 for report in plain) / len(plain),
        }
    rounded = _rounded(found)
    assert isinstance(rounded, dict)
    return rounded


def _plain(report: PlainReport) -> dict[str, Any]:
    found = {"kind": "plain", **asdict(report)}
    found["strips"]["lost_share"] = report.strips.lost_share
    found["worst"] = [
        {"page_id": page.page_id, "url": page.url, "f1": page.f1, "reject_reason": page.reject_reason}
        for page in report.worst
    ]
    return found


def _injected(report: InjectedReport) -> dict[str, Any]:
    found = {"kind": "injected", **asdict(report)}
    for form, entry in zip(report.forms, found["forms"], strict=True):
        for part, collateral in form.collateral.items():
            entry["collateral"][part]["lost_share"] = collateral.lost_share
    for learned, entry in zip(report.learned, found["learned"], strict=True):
        entry["after"]["share"] = learned.after.share
        entry["near_duplicates"]["strip_share"] = learned.near_duplicates.strip_share
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value
