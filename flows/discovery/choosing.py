"""Entries become candidates, or are dropped for a reason: the rules of the source and of the run, applied. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from extractors.identity import site_of
from flows.discovery.candidates import Candidate
from flows.discovery.filters import DropReason, UrlFilters, address_drop_reason, is_listing_url, is_older
from flows.discovery.listing import Entry, ListingKind
from flows.discovery.sources_file import Source
from flows.discovery.urls import canonical_url


@dataclass(frozen=True, slots=True)
class Chooser:
    """The rules of one source in one run."""

    source: Source
    own: UrlFilters
    asked: UrlFilters
    drop_parameters: frozenset[str]

    @classmethod
    def of(cls, source: Source, asked: UrlFilters) -> Chooser:
        """Return the rules of a source, narrowed by what a run asks for."""
        parameters = frozenset(name.lower() for name in source.drop_parameters)
        return cls(source, UrlFilters.of(source.include, source.exclude), asked, parameters)

    def choose(self, entry: Entry, kind: ListingKind, found_in: str) -> Candidate | DropReason:
        """Return the candidate that an entry is, or why it is none.

        Sitemaps name all that a site has: there, pages that list others are told by their address. What a person put
        into a list of URLs, or asked for by a pattern, is taken for what it is.
        """
        url = canonical_url(entry.url, self.drop_parameters)
        if url is None:
            return DropReason.NOT_WEB
        reason = self._site_reason(url, kind, found_in) or self.own.drop_reason(url) or self.asked.drop_reason(url)
        is_named = kind is ListingKind.URL_LIST or bool(self.own.include or self.asked.include)
        if reason is None and not is_named:
            reason = address_drop_reason(url)
            if reason is None and kind is ListingKind.SITEMAP and is_listing_url(url):
                reason = DropReason.LISTING
        if reason is None and self.asked.since and is_older(entry, self.asked.since):
            reason = DropReason.TOO_OLD
        if reason:
            return reason
        return Candidate(
            url=url,
            source=self.source.name,
            found_in=found_in,
            title=entry.title,
            published_at=entry.published_at,
            modified_at=entry.modified_at,
            language=entry.language or self.source.language,
        )

    def _site_reason(self, url: str, kind: ListingKind, found_in: str) -> DropReason | None:
        """Tell a page of another site: one that is not below `sites`; without those, a sitemap speaks for its own."""
        if self.source.sites:
            host = urlsplit(url).hostname or ""
            is_own = any(host == site or host.endswith(f".{site}") for site in self.source.sites)
        else:
            is_own = kind is not ListingKind.SITEMAP or site_of(url) in {
                site_of(found_in),
                site_of(self.source.homepage),
            }
        return None if is_own else DropReason.OTHER_SITE
