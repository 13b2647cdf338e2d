"""One page in a worker process: judged by the pipeline, extracted by trafilatura alone, and the strip stage timed.

What is measured is what `gristmill ingest` runs; only the clock and the second opinion are added here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

import trafilatura

from extractors.identity import Capture, make_raw_page
from extractors.judge import JudgeOptions, judge_page
from extractors.records import Article, Form, Kind, Outcome, RawPage, Rejected, rebuild_extracted
from extractors.strip.blocks import split_blocks
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.evidence import gather_evidence
from flows.pool import Judge, PagePool, PoolSettings

_Gold = TypeVar("_Gold")

# Dates ahead of the fetch are disbelieved; a fixed day keeps every run alike.
FETCHED_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""When every gold page counts as fetched."""


@dataclass(frozen=True, slots=True)
class HintedLine:
    """A line of the output that shows at least one rule's hit, and the kinds of these rules."""

    text: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of a page. `alone` is trafilatura's own output, empty for a dump; times are CPU seconds."""

    outcome: Outcome
    alone: str = ""
    hinted: tuple[HintedLine, ...] = ()
    judge_seconds: float = 0.0
    strip_seconds: float = 0.0

    @property
    def text(self) -> str:
        """The article's text; empty for a rejected page."""
        return self.outcome.text if isinstance(self.outcome, Article) else ""

    @property
    def stripped(self) -> str:
        """What the strip stage left, rejected or not."""
        return self.outcome.text or ""

    @property
    def extracted(self) -> str:
        """The text as it came to the strip stage."""
        return rebuild_extracted(self.stripped, self.outcome.removals)


def make_gold_page(body: bytes, url: str | None, form: Form, locator: str) -> RawPage:
    """Return a gold row's content as a page to be judged."""
    media_type = "text/html" if form is Form.HTML else "text/plain"
    return make_raw_page(body, Capture(url, FETCHED_AT, "gold", locator, media_type=media_type))


def measure_page(page: RawPage, options: JudgeOptions) -> Measured:
    """Judge a page and measure what it costs. Runs in a worker."""
    started = time.process_time()
    outcome = judge_page(page, options)
    judge_seconds = time.process_time() - started
    strip_seconds = _time_strip(outcome, options)
    alone = extract_alone(page.body) if page.media_type == "text/html" else ""
    return Measured(outcome, alone, _hinted(outcome, options), judge_seconds, strip_seconds)


def extract_alone(body: bytes) -> str:
    """Return what trafilatura makes of a page on its own; empty where it finds or can do nothing."""
    try:
        return trafilatura.extract(body, include_comments=False) or ""
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a page that breaks the library is one that it gives nothing for
        return ""


def open_measuring_pool(workers: int) -> PagePool:
    """Return a pool whose workers measure; its pages come out as `measure_pages` expects them."""
    # The pool hands on whatever its judge returns; only this module's `measure_pages` reads what this one gives.
    return PagePool(JudgeOptions(), PoolSettings(workers=workers), cast("Judge", measure_page))


def measure_pages(pool: PagePool, items: Iterable[tuple[_Gold, RawPage]]) -> Iterator[tuple[_Gold, Measured]]:
    """Measure each page in the pool and yield it with its gold, in order, holding only a few in memory."""
    waiting: deque[_Gold] = deque()

    def pages() -> Iterator[RawPage]:
        for gold, page in items:
            waiting.append(gold)
            yield page

    for _page, found in pool.judge_pages(pages()):
        yield waiting.popleft(), _as_measured(found)


def _as_measured(found: object) -> Measured:
    """Return what a worker measured; a page that cost the worker its life comes as the pool's bare rejection."""
    if isinstance(found, Rejected):
        return Measured(found)
    assert isinstance(found, Measured)
    return found


def _time_strip(outcome: Outcome, options: JudgeOptions) -> float:
    """Run the strip stage again on the text that the ledger rebuilds, and return its CPU seconds."""
    if outcome.form is None:
        return 0.0
    extracted = rebuild_extracted(outcome.text or "", outcome.removals)
    title = outcome.metadata.title
    is_dump = outcome.form is Form.TEXT
    marks = outcome.line_marks
    context = StripContext(outcome.metadata.language, outcome.form, has_title_line=is_dump, title=title, marks=marks)
    started = time.process_time()
    strip_text(extracted, context, options.rules)
    return time.process_time() - started


def _hinted(outcome: Outcome, options: JudgeOptions) -> tuple[HintedLine, ...]:
    """Return the lines of an article that show any hit: furniture that may have been left."""
    if not isinstance(outcome, Article):
        return ()
    rules = options.rules.for_language(outcome.metadata.language)
    blocks = gather_evidence(split_blocks(outcome.text), rules)
    return tuple(
        HintedLine(block.span.text, tuple(sorted({hit.rule.kind for hit in block.hits})))
        for block in blocks
        if block.hits
    )
