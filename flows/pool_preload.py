"""Imported by the fork server alone, before it forks: what all workers need is there once, compiled rules too."""

from __future__ import annotations

from extractors.strip.rules import load_packaged_rules
from flows import pool_worker as _judging_and_all_it_needs  # noqa: F401 - imported once here, not in every worker

load_packaged_rules()
