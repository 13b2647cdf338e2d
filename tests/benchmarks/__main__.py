"""All benchmarks: `make bench`."""

from __future__ import annotations

from tests.benchmarks import memory, speed

speed.main()
memory.main()
