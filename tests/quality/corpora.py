"""The corpora that floors are pinned for: their files, which part of them is used, and how it is measured.

Samples are chosen by position, so that every run and every machine measures the same.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.quality import gold, lines, seeds
from tests.quality.floors import Figures, Measure

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "eval"
SEEDS = ROOT / "seeds"
CARRIERS = ROOT / "tests" / "extractors" / "carriers"
# All shared corpora together are to take less than a minute of processor time: a page takes some 150 ms.
_WCXB_EVERY = 8


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus: `parts` are the files and folders that it is made of, all of which its hash covers."""

    name: str
    sample: str
    parts: tuple[Path, ...]
    measure: Callable[[], list[Measure]]
    is_shared: bool = False

    @property
    def missing(self) -> str:
        """Why it cannot be measured here; empty when it can. The project's own files are always expected."""
        absent = [part.name for part in self.parts if not part.exists()] if self.is_shared else []
        return f"../shared/eval has no {', '.join(absent)} beside the repository" if absent else ""


def _shared(name: str, sample: str, measure: Callable[[Path], list[Measure]]) -> Corpus:
    path = SHARED / f"{name}.parquet"
    return Corpus(name, sample, (path,), partial(measure, path), is_shared=True)


CORPORA = (
    Corpus(
        "seeds",
        "every sample page, through the whole of an ingest",
        tuple(SEEDS / name for name in ("pages", "dumps", "make_archive", "sample.warc.gz", "expected.toml")),
        partial(seeds.measure_seeds, SEEDS),
    ),
    Corpus(
        "line_model",
        f"every {lines.EVERY}th unit of seeds/corpus, by turns in the middle and at the end of its language's carrier",
        (SEEDS / "corpus", CARRIERS),
        partial(lines.measure_units, SEEDS / "corpus", CARRIERS),
    ),
    _shared("wcxb", f"every {_WCXB_EVERY}th page", partial(gold.measure_pages, every=_WCXB_EVERY)),
    _shared("fundus", "every 2nd page", partial(gold.measure_pages, every=2)),
    _shared("aeb", "every 2nd page", partial(gold.measure_pages, every=2)),
    _shared(
        "injected",
        f"every {gold.EVERY_CASE}rd case in both forms, of part group every case as a dump",
        gold.measure_cases,
    ),
    _shared("l3s", "every page that has gold comments", gold.measure_comments),
)
"""All corpora, quick ones first."""


def measure_corpus(corpus: Corpus) -> Figures:
    """Measure a corpus that is there. Raises OSError where a file of it is not."""
    sha256 = hash_corpus(corpus.sample, corpus.parts)
    # A library's warning must not become an error for some callers only: extraction would take it for a bad page.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Figures(corpus.sample, sha256, tuple(corpus.measure()))


def hash_corpus(sample: str, parts: Iterable[Path]) -> str:
    """Return a SHA-256 of the sample's description and of every file's place and content, in hex."""
    whole = hashlib.sha256(sample.encode())
    for part in parts:
        files = [part] if part.is_file() else sorted(path for path in part.rglob("*") if path.is_file())
        if not files:
            raise FileNotFoundError(2, "no files of the corpus", str(part))
        for path in files:
            if not path.name.startswith("."):
                place = path.relative_to(part.parent).as_posix()
                whole.update(f"\0{place}\0{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return whole.hexdigest()
