"""Sidecars: the JSON file beside a saved page that says where and when it was got, and what is known of it.

The model below is the format; what does not fit it is reported by key, and the page is read without the sidecar.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractors.records import Hints
from flows.sources.files import SIDECAR_SUFFIX, SourceFile, printable
from flows.sources.options import SourceProblem

_MAX_BYTES = 1024 * 1024


class Sidecar(BaseModel):
    """What may stand in `<file name>.meta.json`; every key is optional, no other is allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    url: str | None = None
    fetched_at: datetime | None = Field(default=None, strict=False)
    http_status: int | None = Field(default=None, ge=100, le=599)
    content_type: str | None = None
    headers: dict[str, str | list[str]] = {}
    title: str | None = None
    authors: list[str] | str = []
    published: str | None = None
    modified: str | None = None
    description: str | None = None
    sitename: str | None = None
    language: str | None = None
    image_url: str | None = None
    license: str | None = None
    categories: list[str] = []
    tags: list[str] = []

    def hints(self) -> Hints:
        """Return the metadata among the keys."""
        authors = [self.authors] if isinstance(self.authors, str) else self.authors
        return Hints(
            title=_clean(self.title),
            authors=_clean_all(authors),
            published_raw=_clean(self.published),
            modified_raw=_clean(self.modified),
            description=_clean(self.description),
            sitename=_clean(self.sitename),
            language=_clean(self.language),
            image_url=_clean(self.image_url),
            license=_clean(self.license),
            categories=_clean_all(self.categories),
            tags=_clean_all(self.tags),
        )

    def page_url(self) -> str | None:
        """Return the URL, or None when it is absent or blank."""
        return _clean(self.url)

    def fetch_time(self) -> datetime | None:
        """Return the fetch time in UTC; one without a zone is taken as UTC."""
        when = self.fetched_at
        if when is None:
            return None
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)

    def header_list(self) -> tuple[tuple[str, str], ...]:
        """Return the headers as pairs, a list of values as one pair each."""
        return tuple(
            (printable(name), printable(value))
            for name, values in self.headers.items()
            for value in ([values] if isinstance(values, str) else values)
        )

    def declared_type(self) -> str | None:
        """Return the content type: the key of that name, else the header."""
        headers = {name.lower(): value for name, value in self.header_list()}
        return _clean(self.content_type) or headers.get("content-type")


def _clean(text: str | None) -> str | None:
    return printable(text).strip() or None if text else None


def _clean_all(texts: list[str]) -> tuple[str, ...]:
    return tuple(text for text in map(_clean, texts) if text)


def read_sidecar(file: SourceFile) -> tuple[Sidecar, SourceProblem | None]:
    """Read the sidecar of a file; an empty one when there is none, or when it is broken, which is then reported."""
    path = file.path.with_name(file.path.name + SIDECAR_SUFFIX)
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return Sidecar(), None
    except OSError as error:
        return Sidecar(), file.problem(f"the sidecar cannot be read: {error.strerror}", SIDECAR_SUFFIX)
    if len(data) > _MAX_BYTES:
        return Sidecar(), file.problem(f"the sidecar is larger than {_MAX_BYTES:,} bytes", SIDECAR_SUFFIX)
    try:
        return Sidecar.model_validate_json(data), None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"the sidecar is not used: {f'key {key!r}: ' if key else ''}{first['msg']}"
        return Sidecar(), file.problem(printable(message), SIDECAR_SUFFIX)
