"""What runs inside a worker process: set up once, then one page after the other.

Nothing here starts a process or knows of others; that is `flows.pool`.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from extractors.furniture.matching import FurnitureSet
from extractors.judge import JudgeOptions, judge_page, reject_page
from extractors.records import Outcome, RawPage, RejectReason
from extractors.sites.records import SiteRuleSet
from extractors.strip.rules import load_packaged_rules

# A worker that has hit its limit ends with this: its heap is in pieces, and the next page would pay for it.
OUT_OF_MEMORY_EXIT = 77
_MIB = 1024 * 1024

Judge = Callable[[RawPage, JudgeOptions], Outcome]


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """The options on their way to a worker: as bytes, since unpickling compiles a second's worth of rules."""

    rules_version: str
    with_comments: bool
    furniture: FurnitureSet
    site_rules: SiteRuleSet
    pickled: bytes

    @classmethod
    def of(cls, options: JudgeOptions) -> Self:
        """Return the options, packed."""
        bare = replace(options, furniture=FurnitureSet(), site_rules=SiteRuleSet())
        return cls(
            options.rules.version, options.with_comments, options.furniture, options.site_rules, pickle.dumps(bare)
        )

    def unpack(self) -> JudgeOptions:
        """Return the options; from the rules that this process has already, where they are the same."""
        packaged = load_packaged_rules()
        if packaged.version == self.rules_version:
            return JudgeOptions(packaged, self.with_comments, self.furniture, self.site_rules)
        options = pickle.loads(self.pickled)  # noqa: S301 - our own parent's
        assert isinstance(options, JudgeOptions)
        return replace(options, furniture=self.furniture, site_rules=self.site_rules)


_options: JudgeOptions | None = None
_judge: Judge = judge_page


def start_worker(setup: WorkerSetup, judge: Judge, memory_mb: int) -> None:
    """Set up a worker process: the rules once, a cap on its memory, Ctrl-C left to the parent."""
    global _options, _judge
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _options, _judge = setup.unpack(), judge
    with suppress(OSError, ValueError):  # where the system has no such limit, the deadline is what is left
        cap = _address_space() + memory_mb * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Return the bytes of address space that this process has already (Linux; elsewhere a generous guess)."""
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    return 1024 * _MIB


def judge_in_worker(page: RawPage) -> Outcome:
    """Judge a page with what the worker was set up with; end the process when the memory limit is hit."""
    assert _options is not None
    try:
        return judge_totally(page, _options, _judge)
    except MemoryError:
        os._exit(OUT_OF_MEMORY_EXIT)


def judge_totally(page: RawPage, options: JudgeOptions, judge: Judge) -> Outcome:
    """Judge a page; whatever judging raises, but for MemoryError, becomes the page's rejection."""
    try:
        return judge(page, options)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one page must not end the run; the row tells what it did
        detail = f"{type(error).__name__}: {error}"[:300]
        return reject_page(page, RejectReason.EXTRACTOR_ERROR, detail)
