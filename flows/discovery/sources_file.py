"""The sources file: which sites to look at, where they list their pages, and how they want to be treated.

pydantic checks what a person wrote; what is wrong is told in one line with the file's line and the key. Nothing is
fetched here.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from flows.discovery.filters import UrlFilters
from flows.discovery.toml_lines import line_of
from flows.discovery.urls import canonical_url


class SourcesFileError(Exception):
    """A sources file that cannot be used. The message is one line: file, line, key, what is wrong."""


def _web_address(value: str) -> str:
    if canonical_url(value) is None:
        raise ValueError(f"{value!r} is no web address: write https://...")
    return value.strip()


def _pattern(value: str) -> str:
    UrlFilters.of(include=[value])
    return value


def _contact(value: str) -> str:
    if not value.startswith("mailto:") or "@" not in value:
        _web_address(value)
    return value


def _host(value: str) -> str:
    canonical = canonical_url(f"https://{value}/")
    if canonical is None or canonical.count("/") != 3:
        raise ValueError(f"{value!r} is no host name: write harbourpost.example")
    return canonical.removeprefix("https://").rstrip("/")


WebAddress = Annotated[str, AfterValidator(_web_address)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Host = Annotated[str, AfterValidator(_host)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourcePoliteness(_Strict):
    """How a site wants to be treated, where it differs from the defaults of fetching (None)."""

    delay_seconds: Annotated[float | None, Field(ge=0, le=3600, description="Pause between two requests")] = None
    concurrency: Annotated[int | None, Field(ge=1, le=16, description="Most requests at a time")] = None
    honours_opt_out: Annotated[bool | None, Field(description="Leave alone what is reserved against mining")] = None


class Source(_Strict):
    """A site, or a part of one, and where it lists its pages."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Its name in every row")]
    title: Annotated[str | None, Field(description="Its name for people")] = None
    homepage: Annotated[WebAddress | None, Field(description="Its front page")] = None
    language: Annotated[str | None, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = None
    tags: Annotated[tuple[str, ...], Field(description="Words to choose sources by")] = ()
    is_enabled: Annotated[bool, Field(description="Whether it is looked at when no source is named")] = True
    feeds: Annotated[tuple[WebAddress, ...], Field(description="RSS, Atom and JSON feeds")] = ()
    sitemaps: Annotated[tuple[WebAddress, ...], Field(description="Sitemaps and sitemap indexes")] = ()
    sitemaps_from_robots: Annotated[bool, Field(description="Read the Sitemap lines of robots.txt")] = False
    max_sitemaps: Annotated[int, Field(ge=1, description="Most sitemaps read in a run, newest first")] = 50
    url_lists: Annotated[tuple[str, ...], Field(description="Files of URLs, beside this one, or web addresses")] = ()
    sites: Annotated[tuple[Host, ...], Field(description="Hosts that its pages are on, with all below them")] = ()
    include: Annotated[tuple[Pattern, ...], Field(description="Only URLs in which one of these is found")] = ()
    exclude: Annotated[tuple[Pattern, ...], Field(description="No URLs in which one of these is found")] = ()
    drop_parameters: Annotated[tuple[str, ...], Field(description="Parameters that do not tell pages apart")] = ()
    politeness: SourcePoliteness = SourcePoliteness()

    @model_validator(mode="after")
    def _lists_something(self) -> Self:
        if not (self.feeds or self.sitemaps or self.url_lists or self.sitemaps_from_robots):
            raise ValueError("lists no pages: give it feeds, sitemaps, url_lists or sitemaps_from_robots")
        if self.sitemaps_from_robots and not self.homepage:
            raise ValueError("sitemaps_from_robots needs a homepage")
        return self

    @property
    def listing_urls(self) -> tuple[str, ...]:
        """The web addresses that it is read from, but for robots.txt and what an index of sitemaps names."""
        web_lists = tuple(place for place in self.url_lists if is_web(place))
        return (*self.feeds, *self.sitemaps, *web_lists)


class SourcesFile(_Strict):
    """A whole file. `contact` is how the people behind the fetching are reached: `mailto:` or a web address."""

    contact: Annotated[str, AfterValidator(_contact)] | None = None
    source: tuple[Source, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources in the order of the file."""
        return self.source

    def choose(self, names: Sequence[str] = (), tags: Sequence[str] = ()) -> tuple[Source, ...]:
        """Return the sources of these names, or those that are enabled; of them those with one of the tags.

        Raises SourcesFileError for a name that is none.
        """
        known = [source.name for source in self.source]
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                raise SourcesFileError(f"no source {name!r}{f'; is it {near[0]!r}?' if near else ''}")
        chosen = (source for source in self.source if source.name in names or (not names and source.is_enabled))
        return tuple(source for source in chosen if not tags or set(tags) & set(source.tags))


def is_web(place: str) -> bool:
    """Tell a web address from a path."""
    return place.startswith(("http://", "https://"))


def read_sources_file(path: Path) -> SourcesFile:
    """Read a sources file; lists of URLs in files get their paths from its folder. Raises SourcesFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourcesFileError(f"cannot read the sources file {path}: {reason}") from error
    return parse_sources(text, path)


def parse_sources(text: str, path: Path) -> SourcesFile:
    """Parse the text of a sources file that is at `path`. Raises SourcesFileError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourcesFileError(f"{path}: no TOML: {error}") from None
    try:
        parsed = SourcesFile.model_validate(data)
    except ValidationError as error:
        raise SourcesFileError(_first_error(error, data, text, path)) from None
    seen: set[str] = set()
    for index, source in enumerate(parsed.source):
        if source.name in seen:
            line = line_of(text, ("source", index, "name"))
            raise SourcesFileError(f"{path}:{line}: key name: there is a source {source.name!r} before this one")
        seen.add(source.name)
    return parsed.model_copy(update={"source": tuple(_with_paths(source, path.parent) for source in parsed.source)})


def _with_paths(source: Source, folder: Path) -> Source:
    lists = tuple(place if is_web(place) else str(folder / place) for place in source.url_lists)
    return source.model_copy(update={"url_lists": lists})


def _first_error(error: ValidationError, data: dict[str, Any], text: str, path: Path) -> str:
    errors = error.errors(include_url=False, include_input=False)
    first = errors[0]
    place = tuple(first["loc"])
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place[2:]).lstrip(".")
    key = key or "".join(str(part) for part in place[:1] if len(place) == 1)
    line = line_of(text, place)
    parts = [f"{path}:{line}:"]
    if place[:1] == ("source",) and len(place) > 1:
        parts.append(f"source {_name_of(data, place[1])}:")
    if key:
        parts.append(f"key {key}:")
    parts.append(_message(first, place))
    if len(errors) > 1:
        parts.append(f"(and {len(errors) - 1} more)")
    return " ".join(" ".join(parts).split())


def _name_of(data: dict[str, Any], index: Any) -> str:
    try:
        return repr(str(data["source"][index]["name"]))
    except (KeyError, IndexError, TypeError):
        return f"number {index + 1}" if isinstance(index, int) else ""


def _message(error: Any, place: tuple[Any, ...]) -> str:
    if error["type"] == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {"source": Source, "politeness": SourcePoliteness}
        holder = [part for part in place[:-1] if isinstance(part, str)]
        known = list((models[holder[-1]] if holder and holder[-1] in models else SourcesFile).model_fields)
        near = difflib.get_close_matches(str(place[-1]), known, 1)
        return f"there is no such key; {f'is it {near[0]}?' if near else 'there are ' + ', '.join(known)}"
    if error["type"] == "missing":
        return "is missing"
    return str(error["msg"]).removeprefix("Value error, ")
