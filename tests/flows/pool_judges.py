"""Judges that go wrong in every way a page may: they run inside the workers of the pool's tests."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from datetime import UTC, datetime

from extractors.identity import sha256_hex
from extractors.judge import reject_page
from extractors.records import RawPage, RejectReason


def page_saying(word, number=0):
    """Return a page whose body is one word: what the judge below is to do with it."""
    body = word.encode()
    return RawPage(
        page_id=sha256_hex(f"{word} {number}".encode())[:32],
        url=None,
        fetched_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
        source="judges",
        locator=str(number),
        body=body,
        raw_sha256=sha256_hex(body),
    )


def _hang():
    time.sleep(3600)


def _hang_in_c():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _hang()


def _allocate():
    held = []
    while True:
        held.append(bytearray(32 * 1024 * 1024))


def _raise():
    raise LookupError("a defect of our own")


def _unpicklable():
    class LocalError(Exception):
        pass

    raise LocalError("no other process knows this class")


def _kill_self():
    os.kill(os.getpid(), signal.SIGKILL)


def _recurse():
    _recurse()


DEEDS = {
    "hang": _hang,
    "stubborn": _hang_in_c,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "sys-exit": lambda: sys.exit(4),
    "allocate": _allocate,
    "raise": _raise,
    "unpicklable": _unpicklable,
    "killed": _kill_self,
    "recurse": _recurse,
}


def judge_by_word(page, _options):
    """Do what the page's body says; a word without a deed is a page judged well, which tells who judged it."""
    word = page.body.decode()
    if word in DEEDS:
        DEEDS[word]()
    return reject_page(page, RejectReason.TOO_SHORT, f"{word} by {os.getpid()}")
