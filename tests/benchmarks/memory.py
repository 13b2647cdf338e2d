"""Peak memory and speed of `gristmill ingest --inline` as the number of pages grows: `python -m tests.benchmarks.memory`.

Pages are the samples of `seeds/`, grown to the size of real ones (30 to 60 KB, most of it scripts and navigation) with
words that differ from page to page. Numbers of pages are given as arguments; default 1,000 and 20,000.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]
_SECONDS_BETWEEN_LOOKS = 0.25
_ROWS_AT_ONCE = 200
_SYLLABLES = "ba ker lo mi tan ru ves pol din ga ster ho len ki mo ra sul te vor wen".split()  # noqa: SIM905 - shorter
_SCHEMA = pa.schema(
    [pa.field("url", pa.string()), pa.field("html", pa.binary()), pa.field("fetched_at", pa.timestamp("s", "UTC"))]
)


def _words(rng: random.Random, count: int) -> str:
    return " ".join("".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(count))


def _paragraph(rng: random.Random) -> str:
    return " ".join(f"{_words(rng, rng.randint(8, 24)).capitalize()}." for _ in range(rng.randint(3, 6)))


def grown_page(sample: str, rng: random.Random) -> str:
    """Return a sample page with paragraphs of its own in the article, and furniture up to a real page's size."""
    article = "".join(f"<p>{_paragraph(rng)}</p>" for _ in range(rng.randint(4, 14)))
    page = sample.replace("</p>", f"</p>{article}", 1)
    size = rng.randint(30_000, 60_000)
    furniture: list[str] = []
    length = len(page)
    while length < size:
        links = "".join(f'<li><a href="/{rng.random()}">{_words(rng, 6)}</a></li>' for _ in range(12))
        furniture.append(f'<nav class="more"><ul>{links}</ul></nav><script>var state = "{_words(rng, 300)}";</script>')
        length += len(furniture[-1])
    return page.replace("</body>", "".join(furniture) + "</body>", 1)


def write_pages(path: Path, count: int) -> None:
    """Write `count` grown pages of three days as Parquet, a few at a time."""
    samples = [file.read_text("utf-8") for file in sorted((ROOT / "seeds" / "pages").glob("*.html")) if _is_utf8(file)]
    rng = random.Random(20261122)
    start = datetime(2026, 11, 20, tzinfo=UTC)
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for first in range(0, count, _ROWS_AT_ONCE):
            numbers = range(first, min(first + _ROWS_AT_ONCE, count))
            rows = [
                {
                    "url": f"https://site-{number % 50}.example/{number}",
                    "html": grown_page(rng.choice(samples), rng).encode(),
                    "fetched_at": start + timedelta(days=3 * number // count),
                }
                for number in numbers
            ]
            writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))


def _is_utf8(file: Path) -> bool:
    try:
        return "</body>" in file.read_text("utf-8")
    except UnicodeDecodeError:
        return False


@dataclass(slots=True)
class Peaks:
    """Highest resident memory seen, in MiB: of the command, of its largest worker, of all its processes at once."""

    parent: float = 0.0
    workers: dict[int, float] = field(default_factory=dict)
    together: float = 0.0

    def look(self, pid: int) -> None:
        """Take in what the processes below `pid` hold now."""
        together = 0.0
        for process in (pid, *_descendants(pid)):
            try:
                status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
            except OSError:  # it has ended since
                continue
            fields = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("VmHWM", "VmRSS")))
            peak, now = (int(fields.get(name, "0 kB").split()[0]) / 1024 for name in ("VmHWM", "VmRSS"))
            together += now
            if process == pid:
                self.parent = max(self.parent, peak)
            else:
                self.workers[process] = max(self.workers.get(process, 0.0), peak)
        self.together = max(self.together, together)


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text("ascii").split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _descendants(child)


def measure(count: int) -> str:
    """Ingest `count` pages in a process of its own; one line of figures."""
    with TemporaryDirectory() as folder:
        write_pages(Path(folder) / "pages.parquet", count)
        line = [
            sys.executable,
            "-m",
            "flows.cli",
            "ingest",
            "--inline",
            f"{folder}/pages.parquet",
            "-w",
            f"{folder}/data",
        ]
        started, peaks = time.monotonic(), Peaks()
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                peaks.look(process.pid)
                time.sleep(_SECONDS_BETWEEN_LOOKS)
            out = process.stdout.read() if process.stdout else ""
        seconds = time.monotonic() - started
    if process.returncode:
        raise SystemExit(f"the run failed with exit code {process.returncode}")
    largest = max(peaks.workers.values(), default=0.0)
    return (
        f"{count:>7,} pages  {peaks.parent:>6.0f} MiB parent  {largest:>6.0f} MiB largest worker  "
        f"{peaks.together:>6.0f} MiB together  {seconds:>7.1f} s  {count / seconds:>5.1f} pages/s  | {out.splitlines()[0]}"
    )


if __name__ == "__main__":
    for argument in sys.argv[1:] or ("1000", "20000"):
        print(measure(int(argument)), flush=True)
