"""What a server's log has to show of whole runs: the promises of fetching, at any size."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

from fetch_samples import ask
from fetch_server import FetchServer, Seen
from fetch_world import World, is_page, serve, write_sources

from flows.fetch import FetchSummary, fetch_inline
from flows.fetching.parameters import FetchParameters
from flows.fetching.progress import FetchCounting
from warehouse.fetches import FetchOutcome

LISTINGS = 3  # a feed, an index of sitemaps, a sitemap


def parameters_for(folder: Path, delay: float, **options) -> FetchParameters:
    """Return the parameters of a run on the world's sources."""
    return FetchParameters(
        sources_file=str(folder / "sources.toml"), warehouse=str(folder / "data"), delay_seconds=delay,
        allow_networks=("127.0.0.0/8",), is_extracting=False, connections=256, **options,
    )  # fmt: skip


def run_on(folder: Path, delay: float, server: FetchServer, **options) -> tuple[FetchSummary, list[Seen]]:
    """Run once; the summary, and what the server saw of it."""
    before = len(server.log)
    summary = fetch_inline(parameters_for(folder, delay, **options), FetchCounting())
    assert summary.fetched.problems == []
    return summary, server.log[before:]


def witness_promises(world: World, folder: Path, delay: float) -> dict[str, float]:
    """Fetch a world three times, and check every promise against the server's log. Returns some figures."""
    with serve(world) as server:
        write_sources(world, server, folder / "sources.toml")
        first, log = run_on(folder, delay, server)
        _check_first(world, server, log, delay)
        seconds = log[-1].at - log[0].at
        warehouse = parameters_for(folder, delay).open_warehouse()
        assert ask(warehouse, "select count(*), count(distinct url) from fetches where outcome = 'stored'") == [
            (world.page_count, world.page_count)
        ]
        # Nothing is new: listings that have not changed cost a 304 each, pages nothing at all.
        _, log = run_on(folder, delay, server)
        assert Counter(seen.status for seen in log if seen.path != "/robots.txt") == {304: LISTINGS * world.host_count}
        # Asked again, every page costs one 304 and no bytes.
        again, log = run_on(folder, delay, server, is_recheck=True)
        pages = [seen for seen in log if is_page(seen)]
        assert Counter(seen.status for seen in pages) == {304: world.page_count}
        assert Counter(Counter((seen.host, seen.path) for seen in pages).values()) == {1: world.page_count}
        assert again.fetched.wire_bytes == 0
        _check_gaps(world, log, delay)
    return {"pages": world.page_count, "seconds": seconds, "stored": first.fetched.count(FetchOutcome.STORED)}


def _check_first(world: World, server: FetchServer, log: list[Seen], delay: float) -> None:
    asked = Counter(server.url(seen.host, seen.path) for seen in log)
    assert {url for url in asked if url.endswith(".html")} == set(world.pages(server))
    assert set(asked.values()) == {1}  # pages, listings and robots.txt alike
    assert len(asked) == world.page_count + (LISTINGS + 1) * world.host_count
    assert not any("/private/" in seen.path for seen in log)
    for host in world.hosts:
        assert next(seen.path for seen in log if seen.host == host) == "/robots.txt"
    _check_gaps(world, log, delay)


def _check_gaps(world: World, log: list[Seen], delay: float) -> None:
    times: dict[str, list[float]] = {}
    for seen in log:
        times.setdefault(seen.host, []).append(seen.at)
    for number, host in enumerate(world.hosts):
        least = max(delay, world.crawl_delay) if number == 0 else delay
        pauses = [later - earlier for earlier, later in itertools.pairwise(times[host])]
        assert min(pauses[:1]) >= delay  # from robots.txt, which says how long the others are to be
        assert min(pauses[1:]) >= least
