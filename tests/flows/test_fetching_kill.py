"""What a kill leaves: a spool that is whole up to the last record, and a next run that goes on from there."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from fetch_kill import stored_urls, witness_kills
from fetch_samples import ask, page_answer, run_plan, site_server
from fetch_world import World

from flows.batching import BatchLimits
from flows.fetching import landing
from flows.fetching.landing import land_spool, spool_row
from flows.fetching.messages import FetchResult
from flows.fetching.spool import create_spool, take_orphans
from warehouse.batches import read_raw_batch
from warehouse.catalogue import refresh_catalogue
from warehouse.errors import WarehouseError
from warehouse.fetches import FetchOutcome, FetchRow
from warehouse.layout import Warehouse

NOW = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)


def test_kills(tmp_path):
    """Kill -9 at random moments: every page is there once in the end, and none that was safe is asked for again.

    `python -m tests.benchmarks.fetch` does it 50 times.
    """
    figures = witness_kills(World(host_count=5, pages_per_host=24), tmp_path, kills=2, seed=20261122)
    assert figures["kills in mid-run"] >= 1


def stored(number, moment=NOW):
    """Return a row and the page that came with it."""
    url = f"https://mill.example/{number}"
    row = FetchRow(url, "mill", "mill.example", moment, FetchOutcome.STORED, "r1", final_url=url, http_status=200)
    body = f"<p>page {number} ".encode() * 50
    return row, FetchResult(url, url, moment, status=200, headers=(("Content-Type", "text/html"),), body=body)


def fill(folder, count=3):
    """Write a spool of some pages, and return it."""
    spool = create_spool(folder, "run-00000")
    for number in range(count):
        spool_row(spool, *stored(number))
    return spool


def test_a_record_that_was_cut_is_left_out(tmp_path):
    """Cut anywhere, a spool gives the records before the cut, whole, and nothing of the one that was cut."""
    spool = fill(tmp_path)
    whole = spool.path.read_bytes()
    ends = [len(whole) * part // 3 for part in range(4)]
    for cut in range(0, len(whole), 97):
        spool.path.write_bytes(whole[:cut])
        assert len(list(spool.records())) == sum(end <= cut for end in ends[1:])
    spool.remove()


@pytest.mark.parametrize("at", [0, 5, 20, 200, -1])
def test_a_record_that_was_damaged_ends_the_spool(tmp_path, at):
    """A byte that is not what was written is not taken for a page."""
    spool = fill(tmp_path, 1)
    damaged = bytearray(spool.path.read_bytes())
    damaged[at] ^= 0xFF
    spool.path.write_bytes(damaged)
    assert list(spool.records()) == []
    spool.remove()


def test_a_spool_of_a_running_run_is_left_alone(tmp_path):
    """Two runs at once: neither takes the other's spool; that of a dead run is taken by one of them."""
    spool = fill(tmp_path)
    assert take_orphans(tmp_path) == []
    spool.release()
    (orphan,) = take_orphans(tmp_path)
    assert take_orphans(tmp_path) == []
    assert len(list(orphan.records())) == 3
    orphan.remove()
    assert take_orphans(tmp_path) == []


def test_the_kernel_unlocks_what_a_killed_run_held(tmp_path):
    """A process killed by -9 with its spool open leaves a spool that can be taken."""
    script = (
        "import sys, time; from pathlib import Path; from flows.fetching.spool import create_spool\n"
        "s = create_spool(Path(sys.argv[1]), 'r'); s.append({'a': 1}, b'x'); print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}) as run:  # fmt: skip
        assert run.stdout.readline() == "written\n"
        assert take_orphans(tmp_path) == []
        run.kill()
    (orphan,) = take_orphans(tmp_path)
    assert list(orphan.records()) == [({"a": 1}, b"x")]
    orphan.remove()


class Killed(BaseException):
    """Stands in for a kill between two steps."""


@pytest.mark.parametrize("step", ["write_raw_batch", "write_fetches"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_the_steps_of_landing(tmp_path, monkeypatch, step, when):
    """Killed before or after any step of landing, the next run writes the same files, and every page is there once."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    real = getattr(landing, step)

    def die(*arguments):
        if when == "after":
            real(*arguments)
        raise Killed

    spool = fill(warehouse.spool, 10)
    monkeypatch.setattr(landing, step, die)
    with pytest.raises(Killed):
        land_spool(warehouse, spool, BatchLimits(pages=4))
    spool.release()
    monkeypatch.undo()
    (orphan,) = take_orphans(warehouse.spool)
    landed = land_spool(warehouse, orphan, BatchLimits(pages=4))
    assert [batch.page_count for batch in landed] == [4, 4, 2]
    urls = [page.url for ref in warehouse.list_batches("raw") for page in read_raw_batch(warehouse, ref)]
    assert len(urls) == len(set(urls)) == 10
    assert ask(warehouse, "select count(*), count(distinct batch_id), count(distinct page_id) from fetches") == [
        (10, 3, 10)
    ]
    assert list(warehouse.spool.glob("*.spool")) == []


def test_a_spool_over_midnight(tmp_path):
    """Pages of two UTC dates in one spool go into batches and logs of their own dates."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    spool = create_spool(warehouse.spool, "run-00000")
    for number in range(4):
        spool_row(spool, *stored(number, NOW.replace(day=22 + number % 2)))
    landed = land_spool(warehouse, spool, BatchLimits())
    assert [(str(batch.ref.fetch_date), batch.page_count) for batch in landed] == [("2026-11-22", 2), ("2026-11-23", 2)]
    rows = ask(warehouse, "select fetch_date::varchar, count(*) from fetches group by all order by all")
    assert rows == [("2026-11-22", 2), ("2026-11-23", 2)]


def test_one_capture_under_two_addresses(tmp_path):
    """Two addresses that gave the same page at the same moment are two rows and one capture."""
    warehouse = Warehouse(tmp_path)
    refresh_catalogue(warehouse)
    spool = create_spool(warehouse.spool, "run-00000")
    row, result = stored(1)
    spool_row(spool, row, result)
    spool_row(
        spool, FetchRow(**{name: getattr(row, name) for name in row.__slots__} | {"url": "https://x.example/"}), result
    )
    (landed,) = land_spool(warehouse, spool, BatchLimits())
    assert landed.page_count == 1
    assert ask(warehouse, "select count(*), count(distinct page_id) from fetches") == [(2, 1)]


def test_what_a_killed_run_received_counts_as_fetched(tmp_path):
    """Pages that lie in a dead run's spool are landed first, and not asked for."""
    warehouse = Warehouse(tmp_path)
    with site_server(default=page_answer) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(4)]
        spool = create_spool(warehouse.spool, "dead-00000")
        for url in urls[:2]:
            row, result = stored(0)
            changed = {"url": url, "final_url": url}
            spool_row(spool, FetchRow(**{name: getattr(row, name) for name in row.__slots__} | changed), result)
        spool.release()
        report, _ = run_plan(warehouse, urls)
        assert sorted(seen.path for seen in server.log) == ["/2", "/3", "/robots.txt"]
    assert report.recovered_count == 2
    assert sorted(stored_urls(warehouse)) == sorted(urls)


def test_a_full_disk_leaves_whole_records(tmp_path, monkeypatch):
    """A record that could not be written whole is taken back, and the error says where."""
    spool = fill(tmp_path, 2)
    real = os.write

    def some(descriptor, parts):
        return real(descriptor, b"".join(parts)[:50])

    def full(_descriptor, _data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "writev", some)
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(WarehouseError, match="No space left"):
        spool_row(spool, *stored(3))
    monkeypatch.undo()
    assert len(list(spool.records())) == 2
    spool.remove()
