"""Fetching at full size, against a server on this machine: `python -m tests.benchmarks.fetch [promises|kills|speed]`.

`promises` fetches 2,000 pages of 40 hosts and checks every promise against the server's log; `kills` kills a run 50
times; `speed` compares the processor time a page with a bare aiohttp loop that keeps nothing.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "flows"))

import aiohttp  # noqa: E402
from fetch_kill import witness_kills  # noqa: E402
from fetch_server import Answer, FetchServer, Seen  # noqa: E402
from fetch_witness import parameters_for, witness_promises  # noqa: E402
from fetch_world import World, serve  # noqa: E402

from flows.fetch import FetchJob  # noqa: E402
from flows.fetching.background import BackgroundFetch  # noqa: E402
from flows.fetching.progress import FetchCounting  # noqa: E402
from flows.milling import LandedBatch  # noqa: E402
from tests.benchmarks.memory import grown_page  # noqa: E402
from warehouse.catalogue import refresh_catalogue  # noqa: E402

_SPEED_WORLD = World(host_count=40, pages_per_host=50)
_ROUNDS = 3
_LARGEST_RATIO = 2.0


def promises() -> None:
    """Fetch 2,000 pages of 40 hosts three times."""
    with TemporaryDirectory() as folder:
        print(witness_promises(World(host_count=40, pages_per_host=50, crawl_delay=0.2), Path(folder), delay=0.05))


def kills() -> None:
    """Kill a run 50 times."""
    with TemporaryDirectory() as folder:
        print(witness_kills(World(host_count=10, pages_per_host=100), Path(folder), kills=50, seed=20261122))


def speed() -> None:
    """Print the processor time a page of both clients, in rounds that alternate, and their ratio."""
    for name, coding in (("plain", None), ("gzip", "gzip")):
        bodies = _bodies(coding)
        headers = {"ETag": '"1"'} | ({"Content-Encoding": coding} if coding else {})
        pages = [Answer(body, headers=headers) for body in bodies]
        with TemporaryDirectory() as folder, serve(_SPEED_WORLD, _one_of(pages)) as server:
            _compare(name, Path(folder), server)


def _one_of(pages: list[Answer]) -> Callable[[Seen], Answer]:
    return lambda seen: pages[len(seen.path) * 31 % len(pages)]


def _bodies(coding: str | None) -> list[bytes]:
    """Return 50 pages of 30 to 60 KB."""
    samples = sorted((ROOT / "seeds" / "pages").glob("*.html"))
    sample = next(path for path in samples if path.stat().st_size > 2000).read_text("utf-8")
    chance = random.Random(20261122)
    bodies = [grown_page(sample, chance).encode() for _ in range(50)]
    return [gzip.compress(body) for body in bodies] if coding else bodies


def _compare(name: str, folder: Path, server: FetchServer) -> None:
    ratios = []
    for number in range(_ROUNDS):
        (bare,) = _in_process("bare", folder, server)
        fetching, everything = _in_process(f"ours-{number}", folder, server)
        ratios.append(fetching / bare)
        print(
            f"{name}: bare aiohttp {bare:.3f} ms a page; gristmill until a page is safe {fetching:.3f} ms, ratio "
            f"{fetching / bare:.2f}; with the raw batch in Parquet {everything:.3f} ms"
        )
    print(f"{name}: median ratio {sorted(ratios)[_ROUNDS // 2]:.2f}, at most {_LARGEST_RATIO} is wanted")


def _in_process(what: str, folder: Path, server: FetchServer) -> list[float]:
    """Run one client in a process of its own; processor milliseconds a page, its start left out."""
    line = [sys.executable, "-m", "tests.benchmarks.fetch", "client", what, str(folder), str(server.port)]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=ROOT)
    return [float(text) * 1e3 / _SPEED_WORLD.page_count for text in done.stdout.split()]


def _client(what: str, folder: Path, port: int) -> None:
    """Fetch every page once, and print the processor seconds: of the thread that fetches, then of the process."""
    urls = [f"http://{host}:{port}{path}" for host in _SPEED_WORLD.hosts for path in _SPEED_WORLD.paths()]
    if what == "bare":
        started = time.thread_time()
        asyncio.run(_bare(urls))
        print(time.thread_time() - started)
        return
    chosen = {"warehouse": str(folder / what), "connections": 64, "urls": tuple(urls)}
    parameters = parameters_for(folder, 0).model_copy(update=chosen)
    job = FetchJob.of(parameters, FetchCounting())
    refresh_catalogue(parameters.open_warehouse())
    spent: list[float] = []

    async def timed(on_landed: Callable[[LandedBatch], None]) -> None:
        before = time.thread_time()
        await job.run(on_landed)
        spent.append(time.thread_time() - before)

    started = time.process_time()
    with BackgroundFetch(timed) as fetching:
        pages = sum(batch.page_count for batch in fetching)
    assert pages == _SPEED_WORLD.page_count
    print(spent[0], time.process_time() - started)


async def _bare(urls: list[str]) -> None:
    """Fetch with as many connections as hosts, one request at a time each, as polite fetching has it; keep nothing."""
    by_host: dict[str, list[str]] = {}
    for url in urls:
        by_host.setdefault(url.split("/")[2], []).append(url)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

        async def of_host(mine: list[str]) -> None:
            for url in mine:
                async with session.get(url) as response:
                    assert response.status == 200
                    await response.read()

        await asyncio.gather(*map(of_host, by_host.values()))


def main() -> None:
    """Run what is asked for, or all of it."""
    if sys.argv[1:2] == ["client"]:
        _client(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        return
    parts: dict[str, Callable[[], None]] = {"promises": promises, "kills": kills, "speed": speed}
    for name in sys.argv[1:] or parts:
        started = time.monotonic()
        parts[name]()
        print(f"{name}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
