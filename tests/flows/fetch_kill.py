"""Runs of fetching that are killed at random moments, and what has to be true of them afterwards.

`python fetch_kill.py FOLDER` is the run: on the sources in the folder, with small batches.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from fetch_samples import ask
from fetch_server import Answer, FetchServer, Seen
from fetch_witness import LISTINGS, parameters_for
from fetch_world import World, is_page, page_answer, serve, write_sources

from flows.fetch import fetch_inline
from flows.fetching.parameters import FetchParameters
from flows.fetching.progress import FetchCounting
from flows.fetching.settings import SpoolLimits
from flows.fetching.spool import Spool
from warehouse.batches import read_raw_batch
from warehouse.layout import Warehouse

ROOT = Path(__file__).resolve().parents[2]


class SmallBatches(FetchParameters):
    """Parameters under which spools move on often: that is where a kill may hurt."""

    def spool_limits(self) -> SpoolLimits:
        """Return limits that a few pages reach."""
        return SpoolLimits(pages=7, seconds=0.2)


def stored_urls(warehouse: Warehouse) -> list[str]:
    """Return the URLs of all captures that are safe: in the raw layer, or whole in a spool and not landed yet."""
    raw = {
        page.page_id: str(page.url) for ref in warehouse.list_batches("raw") for page in read_raw_batch(warehouse, ref)
    }
    urls = list(raw.values())
    for path in warehouse.spool.glob("*.spool"):
        spool = Spool(path, os.open(path, os.O_RDONLY))
        # A spool whose batch is written and that is not deleted yet holds the same captures.
        spooled = [header["row"]["final_url"] for header, _ in spool.records() if "headers" in header]
        urls += [url for url in spooled if url not in raw.values()]
        spool.release()
    return urls


def start(folder: Path) -> subprocess.Popen:
    """Start a run."""
    here = Path(__file__).parent
    env = os.environ | {"PYTHONPATH": f"{here}:{ROOT}"}
    return subprocess.Popen([sys.executable, __file__, str(folder)], env=env)


def kill_at_random(folder: Path, server: FetchServer, wanted: int, chance: random.Random) -> tuple[set[str], int]:
    """Start a run, kill it after so many of its requests; what was safe then, and how long the log was."""
    before = len(server.log)
    with start(folder) as run:
        while run.poll() is None and len(server.log) - before < wanted:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
        run.kill()
    warehouse = parameters_for(folder, 0).open_warehouse()
    return set(stored_urls(warehouse)), len(server.log)


def slowly(seen: Seen) -> Answer:
    """Answer with a page, some milliseconds later, so that a run can be killed in its midst."""
    time.sleep(0.002)
    return page_answer(seen)


def witness_kills(world: World, folder: Path, kills: int, seed: int) -> dict[str, float]:
    """Kill runs, let the last one finish, and check that nothing was lost and nothing safe was asked for again."""
    chance = random.Random(seed)
    with serve(world, slowly) as server:
        write_sources(world, server, folder / "sources.toml")
        # Some are killed while they read the listings again, most while they fetch pages.
        most = (LISTINGS + 1) * world.host_count + 2 * world.page_count // kills
        safe = [kill_at_random(folder, server, chance.randint(0, most), chance) for _ in range(kills)]
        with start(folder) as last:
            assert last.wait(timeout=600) == 0
        for urls, at in safe:
            again = {server.url(seen.host, seen.path) for seen in server.log[at:] if is_page(seen)}
            assert again & urls == set()
        warehouse = parameters_for(folder, 0).open_warehouse()
        assert Counter(stored_urls(warehouse)) == dict.fromkeys(world.pages(server), 1)
        assert list(warehouse.spool.glob("*.spool")) == []
        sql = (
            "select count(*) filter (outcome = 'stored'), count(distinct url) filter (outcome = 'stored') from fetches"
        )
        assert ask(warehouse, sql) == [(world.page_count, world.page_count)]
        requests = sum(map(is_page, server.log))
    return {
        "pages": world.page_count, "kills": kills, "kills in mid-run": sum(0 < len(urls) < world.page_count for urls, _ in safe),
        "pages that were asked for twice, unsafe when killed": requests - world.page_count,
    }  # fmt: skip


def main() -> None:
    """Run once, without extraction, as fast as the server gives."""
    folder = Path(sys.argv[1])
    parameters = SmallBatches(**parameters_for(folder, 0).model_dump())
    fetch_inline(parameters, FetchCounting())


if __name__ == "__main__":
    main()
