"""A small corpus, and ways to run the command and to compare warehouses, for the tests of runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import main

ROOT = Path(__file__).resolve().parents[2]
_NOON = 1_793_880_000  # 2026-11-05 12:00 UTC
_DAY = 86_400
_WORDS = [
    "barge",
    "lock",
    "weir",
    "miller",
    "grain",
    "flour",
    "wheel",
    "sluice",
    "heron",
    "reed",
    "bridge",
    "ferry",
    "tide",
    "quay",
    "rope",
    "sail",
    "lamp",
    "bell",
]


def paragraph(seed, count=60):
    """Return some sentences that no other seed gives."""
    digest = hashlib.sha256(str(seed).encode()).digest() * (count // 32 + 1)
    words = [_WORDS[byte % len(_WORDS)] for byte in digest[:count]]
    sentences = [" ".join(words[at : at + 10]).capitalize() + "." for at in range(0, count, 10)]
    return " ".join(sentences)


def html_page(seed, paragraphs=4):
    """Return a page with a title, a body of its own and an appeal."""
    body = "".join(f"<p>{paragraph(f'{seed} {number}')}</p>" for number in range(paragraphs))
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>The mill, part {seed}</title>"
        f'<link rel=canonical href="https://mill.example/{seed}"></head><body><article><h1>The mill, part {seed}</h1>'
        f"{body}<p>Sign up for our newsletter and get the best stories in your inbox.</p></article></body></html>"
    )


def write_corpus(folder, count, days=2, empty=None):
    """Write pages whose files date from `days` days, one of them empty if asked for; return the folder."""
    folder.mkdir(parents=True)
    for number in range(count):
        path = folder / f"page-{number:03}.html"
        path.write_text("" if number == empty else html_page(number), encoding="utf-8")
        moment = _NOON + _DAY * (number % days)
        os.utime(path, (moment, moment))
    return folder


def hashes(root):
    """Return the SHA-256 of every file of both layers, by path; staging and catalogue are not part of the result."""
    paths = [path for layer in ("raw", "pages") for path in sorted((root / layer).rglob("*.parquet"))]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def mtimes(root):
    """Return when each file of a warehouse was last written, in nanoseconds."""
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in sorted(root.rglob("*")) if path.is_file()}


def command(*arguments):
    """Return the command line of gristmill."""
    return [sys.executable, "-m", "flows.cli", *map(str, arguments)]


def environment(**extra):
    """Return an environment of which the command depends on nothing that a developer may have set."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GRISTMILL", "PREFECT", "COLUMNS"))
    }
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | extra


def run(*arguments, stdin=None, env=None, cwd=None):
    """Run the command to its end; its outputs as text."""
    return subprocess.run(
        command(*arguments), input=stdin or "", capture_output=True, text=True, encoding="utf-8", timeout=120,
        env=env or environment(), cwd=cwd, check=False,
    )  # fmt: skip


def call(capsys, *arguments):
    """Call the command in this process, as its script does; exit code, standard output and standard error."""
    before = sys.argv
    sys.argv = ["gristmill", *map(str, arguments)]
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    out, err = capsys.readouterr()
    return ended.value.code, out, err
