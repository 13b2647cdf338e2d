"""Imported by the fork server alone, before it forks: what all workers need is there once, compiled rules too."""

from __future__ import annotations

import signal

# The fork server itself does so only after this import, and Ctrl-C reaches it as it reaches the command.
signal.signal(signal.SIGINT, signal.SIG_IGN)

from extractors.strip.rules import load_packaged_rules  # noqa: E402 - the imports are what may be interrupted
from flows import pool_worker as _all_that_judging_needs  # noqa: E402, F401 - imported once here, not in every worker

load_packaged_rules()
