"""Any source as one stream of pages: a file, a folder or a glob, each file read as what its first bytes say it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from extractors.records import RawPage
from flows.sources.files import SourceFile, list_files
from flows.sources.json_rows import NoContentError, looks_like_json, read_json
from flows.sources.loose import read_loose
from flows.sources.options import SourceError, SourceOptions, SourceProblem
from flows.sources.parquet import read_parquet
from flows.sources.streams import read_head
from flows.sources.warc import read_warc

_HEAD_BYTES = 8 * 1024


class FileKind(StrEnum):
    """What a file is to be read as."""

    WARC = "warc"
    PARQUET = "parquet"
    JSON = "json"
    LOOSE = "loose"


def detect_kind(head: bytes, name: str = "") -> FileKind:
    """Tell what a file is from its first decompressed bytes; the name is heard only for broken JSON Lines."""
    if head.startswith(b"PAR1"):
        return FileKind.PARQUET
    if head.lstrip(b"\r\n").startswith(b"WARC/"):
        return FileKind.WARC
    return FileKind.JSON if looks_like_json(head, name) else FileKind.LOOSE


_READERS: dict[FileKind, Callable[[SourceFile, SourceOptions], Iterator[RawPage | SourceProblem]]] = {
    FileKind.WARC: read_warc,
    FileKind.PARQUET: read_parquet,
    FileKind.JSON: read_json,
    FileKind.LOOSE: read_loose,
}


def read_source(spec: str, options: SourceOptions) -> Iterator[RawPage | SourceProblem]:
    """Read a file, a folder or a glob as a stream of pages, in order of the paths, with the problems on the way.

    Raises SourceError at once when there is no such source, and from the stream when the one file that was named
    cannot be read at all; a file of a folder or glob is then a problem, and reading goes on.
    """
    is_single, files = list_files(spec, options)
    return _read_all(files, options, is_single=is_single)


def _read_all(
    files: Iterator[SourceFile | SourceProblem], options: SourceOptions, *, is_single: bool
) -> Iterator[RawPage | SourceProblem]:
    for file in files:
        if isinstance(file, SourceProblem):
            yield file
            continue
        try:
            yield from _read_file(file, options, is_single=is_single)
        except SourceError as error:
            if is_single:
                raise
            yield file.problem(str(error))
        except OSError as error:
            message = f"cannot be read: {error.strerror or type(error).__name__}"
            if is_single:
                raise SourceError(f"{file.locator} {message}") from None
            yield file.problem(message)


def _read_file(file: SourceFile, options: SourceOptions, *, is_single: bool) -> Iterator[RawPage | SourceProblem]:
    kind = detect_kind(read_head(file.path, _HEAD_BYTES), file.path.name)
    try:
        yield from _READERS[kind](file, options)
    except NoContentError:
        if is_single:
            raise
        yield from read_loose(file, options)  # JSON that is no table of pages: one row, for downstream to reject
