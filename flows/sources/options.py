"""What a caller can say about a source, and what a source can say back: options, errors, problems.

Plain values only. Reading is in the modules beside this one; nothing here opens a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BODY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """Columns of a table (Parquet, JSON Lines) named by the user; None means the defaults of `columns.DEFAULTS`.

    A name may point into a nested column with dots: `metadata.url`.
    """

    html: str | None = None
    text: str | None = None
    url: str | None = None
    fetched_at: str | None = None
    http_status: str | None = None
    title: str | None = None
    authors: str | None = None
    published: str | None = None
    modified: str | None = None
    description: str | None = None
    sitename: str | None = None
    language: str | None = None
    image_url: str | None = None
    license: str | None = None
    categories: str | None = None
    tags: str | None = None


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How to read a source.

    `label` replaces the source's own name in every page; `base_url` gives loose files without a URL one, by their
    relative path; a body longer than `max_body_bytes` (decoded) is cut there and marked as too large.
    """

    label: str | None = None
    base_url: str | None = None
    columns: ColumnNames = field(default_factory=ColumnNames)
    max_body_bytes: int = MAX_BODY_BYTES


class SourceError(Exception):
    """A source that cannot be read at all. The message is one line on what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something in a source that could not be read, while what came before and after it is kept.

    `locator` is the place inside the source, as in `RawPage.locator`; neither it nor `message` names the machine.
    """

    source: str
    locator: str
    message: str
