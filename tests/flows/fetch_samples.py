"""Sites for the tests of fetching, and short ways to fetch from them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fetch_server import Answer, FetchServer, MapResolver, conditional
from flow_samples import html_page

from flows.discovery.candidates import Candidate
from flows.fetching.addresses import AddressPolicy, parse_networks
from flows.fetching.messages import FetchRequest
from flows.fetching.politeness import Paces
from flows.fetching.report import FetchReport
from flows.fetching.run import FetchPlan, FetchRun
from flows.fetching.session import polite_fetcher
from flows.fetching.settings import ClientSettings, Politeness, PolitenessRules, RetryPolicy, SpoolLimits
from flows.fetching.store import Store
from warehouse.catalogue import connect_readonly, refresh_catalogue

LOOPBACK = parse_networks(["127.0.0.0/8", "::1"])
AT_ONCE = PolitenessRules(default=Politeness(delay_seconds=0, concurrency=8))
SOON = RetryPolicy(base_seconds=0.05, factor=2, in_run_seconds=0)
ALLOW_ALL = Answer(b"User-agent: *\nAllow: /\n", headers={"Content-Type": "text/plain"})


def client_settings(**changed):
    """Return settings that reach loopback addresses, with short time limits."""
    defaults = {
        "user_agent": "Gristmill/0.1 (+mailto:tests@mill.example)",
        "addresses": AddressPolicy(allowed_networks=LOOPBACK),
        "connect_seconds": 2.0,
        "idle_seconds": 2.0,
        "total_seconds": 5.0,
    }
    return ClientSettings(**defaults | changed)


def fetch(urls, *, rules=AT_ONCE, resolver=None, settings=None):
    """Fetch some URLs at once; their results in order."""

    async def run():
        async with polite_fetcher(settings or client_settings(), rules, resolver=resolver) as fetcher:
            requests = [url if isinstance(url, FetchRequest) else FetchRequest(url) for url in urls]
            return await asyncio.gather(*map(fetcher.fetch, requests))

    return asyncio.run(run())


def fetch_one(url, **options):
    """Fetch one URL."""
    return fetch([url], **options)[0]


def candidates_of(urls, source="mill"):
    """Return a stream of candidates, as discovery gives it."""

    async def stream():
        for url in urls:
            yield url if isinstance(url, Candidate) else Candidate(url, source, "https://mill.example/feed")

    return stream()


def run_plan(warehouse, urls, *, rules=AT_ONCE, resolver=None, settings=None, limits=None, **plan):
    """Run a plan to its end; the report and the batches that landed."""
    refresh_catalogue(warehouse)
    landed, report = [], FetchReport()
    options = {"run_id": f"run-{datetime.now(UTC):%H%M%S%f}", "retries": SOON} | plan
    the_plan = FetchPlan(warehouse, **options)

    async def run():
        paces = Paces(rules)
        with Store(warehouse, the_plan.run_id, limits or SpoolLimits(), landed.append) as store:
            report.recovered_count = store.recover()
            async with polite_fetcher(settings or client_settings(), rules, paces=paces, resolver=resolver) as fetcher:
                await FetchRun(the_plan, fetcher, paces, store, report).run(candidates_of(urls), rules)

    asyncio.run(run())
    return report, landed


def ask(warehouse, sql):
    """Ask the warehouse."""
    refresh_catalogue(warehouse)
    with connect_readonly(warehouse) as connection:
        return connection.execute(sql).fetchall()


def page_answer(seen):
    """Answer with a page of its own for each address, and an ETag."""
    return conditional(html_page(f"{seen.host}{seen.path}").encode())(seen)


def site_server(routes=None, default=page_answer, **options):
    """Return a server on which every address is a page, and robots.txt allows all."""
    return FetchServer({"/robots.txt": ALLOW_ALL} | (routes or {}), default, **options)


def hosts_at_loopback(*hosts):
    """Return a resolver that finds some hosts at 127.0.0.1."""
    return MapResolver(dict.fromkeys(hosts, "127.0.0.1"))
