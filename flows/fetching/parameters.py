"""The parameters of a run of fetching, validated where they arrive, and the settings that follow from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from flows.discovery.filters import UrlFilters
from flows.discovery.sources_file import Source, read_sources_file
from flows.fetching.addresses import AddressPolicy, parse_networks
from flows.fetching.messages import host_of
from flows.fetching.settings import ClientSettings, Politeness, PolitenessRules, RetryPolicy, SpoolLimits, user_agent_of
from flows.parameters import MillParameters

_CONTACT = re.compile(r"mailto:[^\s@()<>]+@[^\s@()<>]+\.[^\s@()<>]+|https?://[^\s()<>]+\.[^\s()<>]+")


class FetchSetupError(Exception):
    """A run cannot start as it was asked for. The message is one line on what is wrong and what to do."""


class FetchParameters(MillParameters):
    """What to fetch, how politely, and what to do with it."""

    sources: Annotated[tuple[str, ...], Field(description="Names of sources; else all that are enabled")] = ()
    tags: Annotated[tuple[str, ...], Field(description="Only sources with one of these tags")] = ()
    sources_file: Annotated[str, Field(description="The file that the sources are in")] = "seeds/sources.toml"
    urls: Annotated[tuple[str, ...], Field(description="Fetch these pages, and nothing else")] = ()
    urls_file: Annotated[str | None, Field(description="Fetch the pages of this list, one URL a line")] = None
    contact: Annotated[str | None, Field(description="How sites reach you; else that of the sources file")] = None
    since: Annotated[date | None, Field(description="Pages of this date or later, where a date is known")] = None
    include: Annotated[tuple[str, ...], Field(description="Only URLs in which one of these patterns is found")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="No URLs in which one of these patterns is found")] = ()
    limit: Annotated[int | None, Field(ge=1, description="Most pages to fetch")] = None
    delay_seconds: Annotated[float, Field(ge=0, description="Pause between two requests to a host")] = 1.0
    connections: Annotated[int, Field(ge=1, le=1000, description="Most requests at a time, over all hosts")] = 64
    is_recheck: Annotated[bool, Field(description="Ask again for pages that were fetched, conditionally")] = False
    honours_opt_out: Annotated[bool, Field(description="Leave alone what is reserved against mining")] = False
    is_extracting: Annotated[bool, Field(description="Extract and strip what was fetched")] = True
    allow_networks: Annotated[tuple[str, ...], Field(description="Private networks to fetch from too; for tests")] = ()

    @field_validator("allow_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(value)
        return value

    def check(self) -> None:
        """Raise FetchSetupError or SourcesFileError for what would stop the run before it has fetched anything."""
        if not self.names_pages and not self.read_sources():
            raise FetchSetupError("no source is chosen; see: gristmill sources list")
        self.client_settings()
        self.url_filters()
        if self.names_pages and next(self.named_urls(), None) is None:
            raise FetchSetupError(f"there are no URLs in {self.urls_file}")

    @property
    def names_pages(self) -> bool:
        """Whether pages are fetched that somebody named, and no sources."""
        return bool(self.urls) or self.urls_file is not None

    def named_urls(self) -> Iterator[str]:
        """Yield the pages that are named. Raises FetchSetupError when the list cannot be read."""
        yield from self.urls
        if self.urls_file is None:
            return
        try:
            with Path(self.urls_file).expanduser().open(encoding="utf-8-sig") as file:
                lines = (line.strip() for line in file)
                yield from (line for line in lines if line and not line.startswith("#"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise FetchSetupError(f"cannot read the list of URLs {self.urls_file}: {reason}") from error

    def read_sources(self) -> tuple[Source, ...]:
        """Return the sources to look at; none when only named pages are fetched. Raises SourcesFileError."""
        return () if self.names_pages else read_sources_file(Path(self.sources_file)).choose(self.sources, self.tags)

    def url_filters(self) -> UrlFilters:
        """Return what the user wants of what the sources list. Raises FetchSetupError for a pattern that is none."""
        since = datetime.combine(self.since, time(), UTC) if self.since else None
        try:
            return UrlFilters.of(self.include, self.exclude, since)
        except ValueError as error:
            raise FetchSetupError(str(error)) from error

    def client_settings(self) -> ClientSettings:
        """Return what a request may cost and where it may go.

        Raises FetchSetupError when sites could not tell whom to ask: then only private networks are reached.
        """
        contact = self.contact or self._contact_of_file()
        networks = parse_networks(self.allow_networks)
        if contact is None and not networks:
            raise FetchSetupError(
                "sites must be able to reach you: give --contact mailto:you@your-domain, set GRISTMILL_CONTACT, "
                f'or write contact = "..." into {self.sources_file}'
            )
        if contact is not None and not _CONTACT.fullmatch(contact):
            raise FetchSetupError(f"{contact!r} is no contact: write mailto:you@your-domain or a web address")
        policy = AddressPolicy(allowed_networks=networks, is_public_allowed=contact is not None)
        agent = user_agent_of(contact or "a private network")
        return ClientSettings(agent, connection_count=self.connections, addresses=policy)

    def _contact_of_file(self) -> str | None:
        path = Path(self.sources_file)
        return read_sources_file(path).contact if path.is_file() else None

    def politeness_rules(self, sources: Sequence[Source]) -> PolitenessRules:
        """Return how hosts are treated: as their source says, else as the run says."""
        default = Politeness(self.delay_seconds, honours_opt_out=self.honours_opt_out)
        hosts: dict[str, Politeness] = {}
        for source in sources:
            asked = source.politeness
            politeness = Politeness(
                delay_seconds=default.delay_seconds if asked.delay_seconds is None else asked.delay_seconds,
                concurrency=default.concurrency if asked.concurrency is None else asked.concurrency,
                honours_opt_out=default.honours_opt_out or bool(asked.honours_opt_out),
            )
            for host in hosts_of(source):
                # Of two sources on one host, the more careful one is right.
                hosts[host] = _more_careful(hosts[host], politeness) if host in hosts else politeness
        return PolitenessRules(default=default, hosts=hosts)

    def retry_policy(self) -> RetryPolicy:
        """Return when a URL that failed is tried again."""
        return RetryPolicy()

    def spool_limits(self) -> SpoolLimits:
        """Return when what was received becomes a batch."""
        return SpoolLimits()


def hosts_of(source: Source) -> Iterable[str]:
    """Return the hosts that a source's own word on politeness is about."""
    urls = [*source.listing_urls, *([source.homepage] if source.homepage else [])]
    return {host for host in (*map(host_of, urls), *source.sites) if host}


def _more_careful(one: Politeness, other: Politeness) -> Politeness:
    return Politeness(
        delay_seconds=max(one.delay_seconds, other.delay_seconds),
        jitter=max(one.jitter, other.jitter),
        concurrency=min(one.concurrency, other.concurrency),
        honours_opt_out=one.honours_opt_out or other.honours_opt_out,
    )
