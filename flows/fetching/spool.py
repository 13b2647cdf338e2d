"""The spool: what was received, on disk at once, one whole record after another, until it is in a batch.

A record is framed by its lengths and a checksum. A process killed in mid-write leaves one broken record at the end,
which no reader takes; what was written before it is whole. What the records say is not known here.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError

_FRAME = struct.Struct(">4sIII")
_MAGIC = b"GMS1"
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), check_circular=False).encode
_SUFFIX = ".spool"


class Spool:
    """One spool file, locked as long as it is open: the kernel drops the lock of a process that dies."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self.record_count = 0
        self.byte_count = os.fstat(descriptor).st_size

    @property
    def name(self) -> str:
        """Name of the file without its suffix."""
        return self.path.name.removesuffix(_SUFFIX)

    def append(self, header: Mapping[str, Any], body: bytes = b"") -> None:
        """Append one record; when this returns, it survives the death of the process. Raises WarehouseError."""
        head = _encode(header).encode("ascii")
        # Not against an attacker: against a record that was written in part, whose pages may even be zeros.
        checksum = zlib.adler32(body, zlib.adler32(head))
        frame = _FRAME.pack(_MAGIC, len(head), len(body), checksum)
        size = len(frame) + len(head) + len(body)
        try:
            written = os.writev(self._descriptor, (frame, head, body))
            if written < size:
                rest = b"".join((frame, head, body))
                while written < size:
                    written += os.write(self._descriptor, rest[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.byte_count)
            raise WarehouseError(f"cannot write {self.path}: {error.strerror or error}") from error
        self.record_count += 1
        self.byte_count += size

    def records(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yield the header and body of every whole record, one at a time; stop at the first that is broken."""
        with self.path.open("rb") as file:
            while True:
                frame = file.read(_FRAME.size)
                if len(frame) < _FRAME.size:
                    return
                magic, head_bytes, body_bytes, checksum = _FRAME.unpack(frame)
                if magic != _MAGIC:
                    return
                head, body = file.read(head_bytes), file.read(body_bytes)
                if len(body) < body_bytes or zlib.adler32(body, zlib.adler32(head)) != checksum:
                    return
                yield json.loads(head), body

    def remove(self) -> None:
        """Delete the file, and let go of it: everything in it is elsewhere."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Let go of the file, which stays for the next run."""
        os.close(self._descriptor)


def create_spool(folder: Path, name: str) -> Spool:
    """Return a new, empty spool. Raises WarehouseError when the disk refuses."""
    path = folder / f"{name}{_SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            spool = _locked(path, os.O_CREAT)
            if spool is not None:
                return spool
    except OSError as error:
        raise WarehouseError(f"cannot write {path}: {error.strerror or error}") from error


def take_orphans(folder: Path) -> list[Spool]:
    """Return the spools whose runs are dead, oldest name first; those of running ones are left alone."""
    return [spool for path in sorted(folder.glob(f"*{_SUFFIX}")) if (spool := _locked(path, 0)) is not None]


def _locked(path: Path, flags: int) -> Spool | None:
    """Open and lock a spool; None when another run has it, or took it away meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o644)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking, another run may have landed and deleted it.
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return Spool(path, descriptor)
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
