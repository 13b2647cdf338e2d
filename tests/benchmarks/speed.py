"""CPU of judging a page against trafilatura alone, side by side in one run: `python -m tests.benchmarks.speed`.

Times drift with the machine, ratios do not: each round times every contender on the same pages, in turn, and the
median of the rounds' ratios is what counts. Gold pages are used where `../shared/eval` lies beside the repository,
else the sample pages of `seeds/`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from extractors.decode import decode_body
from extractors.identity import Capture, make_raw_page
from extractors.judge import JudgeOptions, judge_page
from extractors.records import Form, RawPage, rebuild_extracted
from extractors.strip.engine import StripContext, strip_text

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT.parent / "shared" / "eval"
ROUNDS = 5
MOST_PAGES = 120
_WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def read_pages() -> tuple[str, list[RawPage]]:
    """Return the name of the pages' source, and the pages."""
    bodies: list[bytes] = []
    name = "gold pages"
    for file in ("fundus", "aeb", "wcxb"):
        path = GOLD / f"{file}.parquet"
        if path.exists():
            bodies += pq.read_table(path, columns=["html"])["html"].to_pylist()[: MOST_PAGES // 3]
    if not bodies:
        name = "sample pages"
        bodies = [file.read_bytes() for file in sorted((ROOT / "seeds" / "pages").glob("*.html"))]
    pages = [make_raw_page(body, Capture(f"https://bench.example/{n}", _WHEN, "bench", str(n), media_type="text/html"))
             for n, body in enumerate(bodies) if body]  # fmt: skip
    return name, pages


def cpu_of(work: Callable[[RawPage], object], pages: Sequence[RawPage]) -> float:
    """Return the CPU seconds of one pass."""
    started = time.process_time()
    for page in pages:
        work(page)
    return time.process_time() - started


def _read_second(html: str) -> str:
    """Return the text as `extractors.body` asks the second extractor for it."""
    return extract_plain_text(
        html, main_content=True, preserve_formatting=True, comments=False, alt_texts=False, post_meta=False
    )


def _print_shares(rounds: Sequence[Mapping[str, float]]) -> None:
    """Print what our own stages cost against trafilatura's extraction with metadata."""
    base = "trafilatura.bare_extraction, metadata"
    for label in ("gristmill, the strip stage", "gristmill, the second opinion"):
        share = statistics.median(seconds[label] / seconds[base] for seconds in rounds)
        print(f"{label:40} {share:6.1%} of {base}")


def main() -> None:
    """Time the contenders in turn and print the medians of the ratios."""
    name, pages = read_pages()
    options = JudgeOptions()
    outcomes = [judge_page(page, options) for page in pages]
    texts = {
        page.page_id: (rebuild_extracted(outcome.text or "", outcome.removals), outcome.metadata)
        for page, outcome in zip(pages, outcomes, strict=True)
    }

    def strip(page: RawPage) -> object:
        text, metadata = texts[page.page_id]
        return strip_text(text, StripContext(metadata.language, Form.HTML, title=metadata.title), options.rules)

    decoded = {page.page_id: decode_body(page.body, page.http_charset, Form.HTML).text for page in pages}
    contenders: dict[str, Callable[[RawPage], object]] = {
        "gristmill, the whole judgement": lambda page: judge_page(page, options),
        "gristmill, the strip stage": strip,
        "gristmill, the second opinion": lambda page: _read_second(decoded[page.page_id]),
        "trafilatura.extract, text": lambda page: trafilatura.extract(page.body, include_comments=False),
        "trafilatura.bare_extraction, metadata": lambda page: trafilatura.bare_extraction(
            page.body, include_comments=False, with_metadata=True
        ),
        "trafilatura.extract, metadata, JSON": lambda page: trafilatura.extract(
            page.body, include_comments=False, with_metadata=True, output_format="json"
        ),
    }
    rounds = [{label: cpu_of(work, pages) for label, work in contenders.items()} for _round in range(ROUNDS)]
    base = "gristmill, the whole judgement"
    print(f"{len(pages)} {name}, {ROUNDS} rounds, CPU of each against {base!r} in the same round")
    _print_shares(rounds)
    for label in contenders:
        ratios = [seconds[label] / seconds[base] for seconds in rounds]
        each = statistics.median(seconds[label] for seconds in rounds) / len(pages) * 1000
        print(
            f"{label:40} {statistics.median(ratios):6.3f}  ({min(ratios):.3f} to {max(ratios):.3f})  {each:6.1f} ms a page"
        )


if __name__ == "__main__":
    main()
