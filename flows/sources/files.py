"""From a spec (file, folder or glob) to the files it means, in a fixed order. No file is opened here.

Hidden files and folders are skipped, a folder is entered once however many links lead to it.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.sources.options import SourceError, SourceOptions, SourceProblem

SIDECAR_SUFFIX = ".meta.json"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One regular file of a source: where it is, and what it is called in the rows (`label`, `locator`).

    `relative` is the path from the source's root; it may hold what UTF-8 cannot, `locator` never does.
    """

    path: Path
    label: str
    relative: str

    @property
    def locator(self) -> str:
        """Return the relative path as it is shown."""
        return printable(Path(self.relative).as_posix())

    def problem(self, message: str, place: str = "") -> SourceProblem:
        """Return a problem of this file; `place` (such as `#line=3`) is appended to the locator."""
        return SourceProblem(self.label, self.locator + place, message)

    def modified_at(self) -> datetime:
        """Return the file's modification time in UTC, cut to whole seconds. Raises OSError."""
        try:
            return datetime.fromtimestamp(int(self.path.stat().st_mtime), UTC)
        except (ValueError, OverflowError):  # a time stamp outside the years 1 to 9999
            return datetime.fromtimestamp(0, UTC)


def printable(text: str) -> str:
    """Return `text` with what UTF-8 cannot hold (lone surrogates, from odd file names or JSON escapes) as `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def list_files(spec: str, options: SourceOptions) -> tuple[bool, Iterator[SourceFile | SourceProblem]]:
    """Find the files that `spec` means: whether it names exactly one file, and the files in order of their paths.

    Raises SourceError when there is nothing of that name, or a glob matches nothing.
    """
    path = Path(spec)
    if path.is_dir():
        label = _label(path, options)
        return False, _walk(path, "", label, set())
    if path.is_file():
        return True, iter([SourceFile(path, _label(path, options), path.name)])
    if path.exists():
        raise SourceError(f"{printable(spec)} is neither a file nor a folder: give a file, a folder or a glob")
    if not glob.has_magic(spec):
        raise SourceError(f"{printable(spec)} does not exist: check the path")
    matches = sorted(glob.glob(spec, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not matches:
        raise SourceError(f"{printable(spec)} matches no file: check the pattern, and quote it from the shell")
    root = _glob_root(spec)
    return False, _expand(matches, root, _label(root, options))


def _label(path: Path, options: SourceOptions) -> str:
    return printable(options.label or path.name or path.resolve().name or "source")


def _glob_root(spec: str) -> Path:
    """Return the folder that a glob starts from: the parts before the first one with a wildcard."""
    plain: list[str] = []
    for part in Path(spec).parts[:-1]:
        if glob.has_magic(part):
            break
        plain.append(part)
    return Path(*plain)


def _expand(matches: list[str], root: Path, label: str) -> Iterator[SourceFile | SourceProblem]:
    entered: set[tuple[int, int]] = set()
    files: set[Path] = set()
    for match in matches:
        path = Path(match)
        relative = os.path.relpath(path, root)
        found = _walk(path, relative, label, entered) if path.is_dir() else _one(path, relative, label)
        for item in found:
            # `**` matches a folder and what is in it.
            if isinstance(item, SourceFile):
                if item.path in files:
                    continue
                files.add(item.path)
            yield item


def _one(path: Path, relative: str, label: str) -> Iterator[SourceFile | SourceProblem]:
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        yield SourceProblem(label, printable(relative), f"cannot be read: {error.strerror}")
        return
    if is_regular and not is_sidecar(path):
        yield SourceFile(path, label, relative)


def is_sidecar(path: Path) -> bool:
    """Tell whether a file is the sidecar of another one beside it."""
    return path.name.endswith(SIDECAR_SUFFIX) and path.with_name(path.name.removesuffix(SIDECAR_SUFFIX)).is_file()


def _walk(
    folder: Path, relative: str, label: str, entered: set[tuple[int, int]]
) -> Iterator[SourceFile | SourceProblem]:
    """Walk a folder in order of the paths in it; `entered` holds device and inode of the folders seen."""
    try:
        status = folder.stat()
        key = (status.st_dev, status.st_ino)
        if key in entered:
            return
        entered.add(key)
        # A folder sorts as its path with the slash, so that the files of the whole tree come in order.
        names = sorted((e.name + "/" * e.is_dir(), e.name) for e in os.scandir(folder) if not e.name.startswith("."))
    except OSError as error:
        yield SourceProblem(label, printable(relative), f"the folder cannot be read: {error.strerror}")
        return
    for shown, name in names:
        inner = os.path.join(relative, name)  # noqa: PTH118 - a relative path shown to people, not opened
        if shown.endswith("/"):
            yield from _walk(folder / name, inner, label, entered)
        else:
            yield from _one(folder / name, inner, label)
