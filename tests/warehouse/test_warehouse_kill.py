"""Writers killed at any moment under a reader: every file is whole, every batch is there or not."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from warehouse_samples import VERSIONS

from warehouse.batches import PagesState, pages_state, read_raw_batch
from warehouse.files import clear_staging
from warehouse.layout import Warehouse

KILLS = 15
ROWS = 60
# Lands a new batch and rewrites the first one under other versions, for ever; says when it is at work.
WRITER = """
import os, sys
from itertools import count
from pathlib import Path
from warehouse_samples import VERSIONS, land, make_article, make_page
from extractors.records import Versions
from warehouse.layout import Warehouse

root, rows = Path(sys.argv[1]), int(sys.argv[2])

def judged(name):
    return [(make_page(i, url=f"https://mill.example/{name}/{i}", body=b"x" * 5000), make_article("Flour. " * 300)) for i in range(rows)]

first = judged("first")
land(Warehouse(root), first)
print("at work", flush=True)
for turn in count():
    land(Warehouse(root), judged(f"{os.getpid()}-{turn}"))
    land(Warehouse(root), first, versions=Versions("1.0", f"r{turn}"))
"""


def read_batches(connection, warehouse):
    """Return what a reader sees at this moment: rows and rules versions of each batch."""
    glob = warehouse.pages / "**" / "*.parquet"
    return connection.execute(
        f"""
        select batch_id, count(*), count(distinct rules_version), sum(kept_chars) = sum(length(text))
        from read_parquet('{glob}', hive_partitioning = true) group by batch_id
        """
    ).fetchall()


def kill_while_reading(connection, warehouse, after):
    """Start a writer, read under it for `after` seconds, kill it; return how many reads were made."""
    command = [sys.executable, "-c", WRITER, str(warehouse.root), str(ROWS)]
    here = Path(__file__).parent
    path = f"{here}:{here.parents[1]}"
    reads = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": path}) as writer:
        try:
            assert writer.stdout.readline() == "at work\n"
            end = time.monotonic() + after
            while reads == 0 or time.monotonic() < end:
                assert {row[1:] for row in read_batches(connection, warehouse)} == {(ROWS, 1, True)}
                reads += 1
        finally:
            writer.kill()
    return reads


def test_kills_leave_whole_files(tmp_path):
    """No reader ever fails or sees half a batch, and what a dead writer leaves is whole, or in staging."""
    warehouse = Warehouse(tmp_path)
    moments = random.Random(20261122)
    with duckdb.connect() as connection:
        reads = [kill_while_reading(connection, warehouse, moments.uniform(0, 0.15)) for _ in range(KILLS)]
    assert min(reads) >= 1
    landed = warehouse.list_batches("raw")
    assert len(landed) > 1
    for ref in landed:
        assert len(list(read_raw_batch(warehouse, ref))) == ROWS
        assert pages_state(warehouse, ref, VERSIONS) is not PagesState.UNREADABLE
    for ref in warehouse.list_batches("pages"):
        assert pq.ParquetFile(warehouse.pages_file(ref)).read().num_rows == ROWS
    clear_staging(warehouse, timedelta(0), datetime.now(UTC) + timedelta(hours=1))
    assert list(warehouse.staging.iterdir()) == []
