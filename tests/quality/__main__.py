"""Check or pin the floors of quality: `python -m tests.quality check`, `make floors`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.quality.corpora import CORPORA, ROOT, Corpus, measure_corpus
from tests.quality.floors import Figures, LoweringError, check_figures, format_rows, pin_figures
from tests.quality.floors_file import read_floors, write_floors

FLOORS = ROOT / "tests" / "floors.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 1 when a floor is broken or a pin is refused."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.quality", description="Floors of quality in tests/floors.toml"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="hold the figures against the floors")
    pin = actions.add_parser("pin", help="raise floors to the figures; lower one only with a reason")
    for action in (check, pin):
        # The type, not `choices`, checks the names: with `*` choices refuse an empty list.
        action.add_argument(
            "corpora", nargs="*", type=find_corpus, metavar="CORPUS", help="all that are there, if none"
        )
    pin.add_argument("--lower", metavar="REASON", help="why floors go down or a corpus changed; kept in the file")
    options = parser.parse_args(arguments)
    measured = measure_all(options.corpora or CORPORA)
    return pin_all(FLOORS, measured, options.lower) if options.action == "pin" else check_all(FLOORS, measured)


def find_corpus(name: str) -> Corpus:
    """Return a corpus by its name. Raises argparse's error, naming those there are."""
    for corpus in CORPORA:
        if corpus.name == name:
            return corpus
    raise argparse.ArgumentTypeError(f"no corpus {name!r}; there are {', '.join(corpus.name for corpus in CORPORA)}")


def measure_all(corpora: Sequence[Corpus], measure: Callable[[Corpus], Figures] = measure_corpus) -> dict[str, Figures]:
    """Measure the corpora that are there, saying which are not."""
    found: dict[str, Figures] = {}
    for corpus in corpora:
        if corpus.missing:
            print(f"{corpus.name}: skipped, {corpus.missing}")
        else:
            print(f"{corpus.name}: measuring {corpus.sample}", file=sys.stderr)
            found[corpus.name] = measure(corpus)
    return found


def check_all(path: Path, measured: dict[str, Figures]) -> int:
    """Print every figure beside its floor; return 1 when any is at fault."""
    floors = read_floors(path)
    is_broken = False
    for name, found in measured.items():
        rows = check_figures(found, floors.get(name))
        is_broken |= any(row.fault for row in rows)
        print(format_rows(f"{name}: {found.sample}", rows))
    return int(is_broken)


def pin_all(path: Path, measured: dict[str, Figures], reason: str | None) -> int:
    """Write the floors of what was measured, or nothing at all and return 1 when one went down without a reason."""
    floors = read_floors(path)
    today = datetime.now(UTC).date()
    refused: list[str] = []
    for name, found in measured.items():
        try:
            floors[name] = pin_figures(found, floors.get(name), reason, today)
        except LoweringError as error:
            refused += [f"  {name} {change}" for change in error.changes]
    if refused:
        print("Nothing is pinned: these need a reason, given with --lower REASON", *refused, sep="\n")
        return 1
    order = {corpus.name: number for number, corpus in enumerate(CORPORA)}
    write_floors(path, {name: floors[name] for name in sorted(floors, key=lambda name: order.get(name, len(order)))})
    for name, found in measured.items():
        print(format_rows(f"{name}: {found.sample}", check_figures(found, floors[name])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
