"""Which hosts are this run's: two runs at once never fetch from one host, or its pace would be nobody's.

One byte of a lock file stands for each host; the kernel frees the bytes of a process that dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from warehouse.errors import WarehouseError


class HostLocks:
    """The hosts that a run holds; a context manager that lets go of all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: set[str] = set()

    def __enter__(self) -> Self:
        """Open the lock file. Raises WarehouseError when the disk refuses."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise WarehouseError(f"cannot write {self._path}: {error.strerror or error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of every host."""
        os.close(self._descriptor)

    def claim(self, host: str) -> bool:
        """Make a host this run's, and say whether it is: not when another run has it."""
        if host in self._held:
            return True
        try:
            _lock_byte(self._descriptor, int.from_bytes(hashlib.sha256(host.encode()).digest()[:7]))
        except (BlockingIOError, PermissionError):
            return False
        self._held.add(host)
        return True


def _lock_byte(descriptor: int, offset: int) -> None:
    """Lock one byte or raise. On Linux the lock is the open file's, so that two runs of one process differ too."""
    if sys.platform == "linux":
        flock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, flock)
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
