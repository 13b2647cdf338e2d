"""A client and everything that makes it polite, put together: what runs fetch with, and checks of sources too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp.abc import AbstractResolver

from flows.fetching.client import Client
from flows.fetching.fetcher import PoliteFetcher
from flows.fetching.politeness import Paces
from flows.fetching.settings import ClientSettings, PolitenessRules


@asynccontextmanager
async def polite_fetcher(
    client: ClientSettings,
    rules: PolitenessRules,
    *,
    claim: Callable[[str], bool] = lambda _host: True,
    paces: Paces | None = None,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[PoliteFetcher]:
    """Open a client, and hand out a fetcher on it whose `fetch` takes a FetchRequest.

    `claim` says whether a host is the caller's to ask (see `host_locks`); `resolver` stands in for the system's.
    """
    async with Client(client, resolver) as opened:
        yield PoliteFetcher(opened.get, rules, paces or Paces(rules), claim)
