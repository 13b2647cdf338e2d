"""Whole runs: feeds, sitemaps and pages of many hosts, told from the server's log and from the rows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fetch_samples import SOON, ask, candidates_of, hosts_at_loopback, page_answer, run_plan, site_server
from fetch_server import Answer
from fetch_witness import witness_promises
from fetch_world import World

from flows.discovery.candidates import Candidate
from flows.fetching.dropping import drop_urls
from flows.fetching.intake import Wanted, choose, chunks
from flows.fetching.settings import RetryPolicy, SpoolLimits
from warehouse.batches import read_raw_batch
from warehouse.errors import WarehouseError
from warehouse.fetch_log import Known, UrlState
from warehouse.fetches import FetchOutcome
from warehouse.layout import Warehouse

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://mill.example/a"


def test_promises(tmp_path):
    """Many hosts, three runs: one request a URL, pauses, robots.txt, 304s. `python -m tests.benchmarks.fetch` has 2,000 pages."""
    figures = witness_promises(World(host_count=12, pages_per_host=10, crawl_delay=0.05), tmp_path, delay=0.01)
    assert figures["stored"] == 120


def outcomes(warehouse):
    return dict(ask(warehouse, "select outcome, count(*) from fetch_state group by all"))


def test_pages_land_as_received(tmp_path):
    """The raw layer has the bytes, the headers, the final address, and what the listing said of the page."""
    warehouse = Warehouse(tmp_path)
    routes = {
        "/old": Answer(status=301, headers={"Location": "/new"}),
        "/new": Answer("<p>Zürich".encode("latin-1"), headers={"Content-Type": "text/html; charset=ISO-8859-1", "X-A": "b"}),
    }  # fmt: skip
    with site_server(routes) as server:
        found = Candidate(server.url("127.0.0.1", "/old"), "mill", "feed", title="T", language="de", published_at=NOW)
        _, (landed,) = run_plan(warehouse, [found])
    (page,) = read_raw_batch(warehouse, landed.ref)
    assert (page.body, page.http_charset, page.media_type) == (b"<p>Z\xfcrich", "ISO-8859-1", "text/html")
    assert page.url == server.url("127.0.0.1", "/new")
    assert page.locator == server.url("127.0.0.1", "/old")
    assert (page.source, page.http_status, ("X-A", "b") in page.headers) == ("mill", 200, True)
    assert (page.hints.title, page.hints.language, page.hints.published_raw) == ("T", "de", NOW.isoformat())
    rows = ask(warehouse, "select page_id, batch_id, body_bytes, [hop.status for hop in redirects] from fetches")
    assert rows == [(page.page_id, landed.ref.batch_id, 9, [301])]


def test_what_a_redirect_led_to_is_known(tmp_path):
    """A page is not fetched again under the address that another one led to."""
    warehouse = Warehouse(tmp_path)
    with site_server({"/old": Answer(status=301, headers={"Location": "/new"})}) as server:
        run_plan(warehouse, [server.url("127.0.0.1", "/old")])
        run_plan(warehouse, [server.url("127.0.0.1", "/new"), server.url("127.0.0.1", "/old")])
        assert [seen.path for seen in server.log] == ["/robots.txt", "/old", "/new"]


def test_many_batches(tmp_path):
    """Batches land while the run goes on, each full; every page is in one of them."""
    warehouse = Warehouse(tmp_path)
    with site_server() as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(35)]
        _, landed = run_plan(warehouse, urls, limits=SpoolLimits(pages=10))
    assert [batch.page_count for batch in landed] == [10, 10, 10, 5]
    pages = [page.url for batch in landed for page in read_raw_batch(warehouse, batch.ref)]
    assert sorted(pages) == sorted(urls)
    assert list(warehouse.spool.glob("*.spool")) == []


def test_the_limit_counts_new_pages(tmp_path):
    """With a limit each run fetches that many more, and the rest is neither fetched nor entered."""
    warehouse = Warehouse(tmp_path)
    with site_server() as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(10)]
        for stored in (4, 8, 10):
            run_plan(warehouse, urls, limit=4)
            assert outcomes(warehouse) == {"stored": stored}


def test_failures_are_tried_again_by_later_runs_and_given_up_in_the_end(tmp_path):
    """Each run tries once more when the pause is over; after the last try the URL is given up, with the reason."""
    warehouse = Warehouse(tmp_path)
    policy = RetryPolicy(base_seconds=0, in_run_seconds=-1, max_tries=3)
    with site_server({"/bad": Answer(status=503)}) as server:
        for tries in (1, 2, 3):
            run_plan(
                warehouse, [server.url("127.0.0.1", "/bad")] if tries == 1 else [], retries=policy, sources=["mill"]
            )
            assert len(server.asked("/bad")) == tries
        assert ask(warehouse, "select outcome, drop_reason, failure_class, try_count from fetch_failures") == [
            ("dropped", "tries_exhausted", "server_error", 3)
        ]
        run_plan(warehouse, [server.url("127.0.0.1", "/bad")], retries=policy, sources=["mill"])
        assert len(server.asked("/bad")) == 3
        assert outcomes(warehouse) == {"dropped": 1}


def test_a_page_that_comes_back(tmp_path):
    """A failure that is made good leaves the failures, and the count of tries starts anew."""
    warehouse = Warehouse(tmp_path)
    policy = RetryPolicy(base_seconds=0, in_run_seconds=-1)
    with site_server({"/a": Answer(status=503)}) as server:
        run_plan(warehouse, [server.url("127.0.0.1", "/a")], retries=policy)
        server.routes["/a"] = Answer(b"<p>back")
        run_plan(warehouse, [], retries=policy, sources=["mill"])
    assert ask(warehouse, "select count(*) from fetch_failures") == [(0,)]
    assert ask(warehouse, "select outcome, try_count from fetch_state") == [("stored", 0)]


def test_within_a_run_short_pauses_are_waited_for(tmp_path):
    """A failure whose pause is short is tried again by the same run; both attempts are rows."""
    warehouse = Warehouse(tmp_path)
    answers = [Answer(status=502), Answer(b"<p>x")]
    with site_server({"/a": lambda _seen: answers.pop(0)}) as server:
        run_plan(warehouse, [server.url("127.0.0.1", "/a")], retries=RetryPolicy(base_seconds=0.05))
    assert ask(warehouse, "select outcome, try_count from fetches order by recorded_at") == [
        ("failed", 1),
        ("stored", 0),
    ]


def test_gone_is_given_up_at_once(tmp_path):
    """404 and 410 are final: one request, and never another, unless a person asks for the page."""
    warehouse = Warehouse(tmp_path)
    with site_server({"/404": Answer(status=404), "/410": Answer(status=410)}) as server:
        urls = [server.url("127.0.0.1", path) for path in ("/404", "/410")]
        for _ in range(2):
            run_plan(warehouse, urls, sources=["mill"])
        assert (len(server.asked("/404")), len(server.asked("/410"))) == (1, 1)
        assert ask(warehouse, "select distinct outcome, drop_reason, next_try_at from fetch_failures") == [
            ("dropped", "permanent", None)
        ]
        run_plan(warehouse, urls[:1], wanted=Wanted.ALL)
        assert len(server.asked("/404")) == 2


def test_given_up_by_hand(tmp_path):
    """A URL that a person gives up is not fetched, whether it was known before or not; the decision is a row."""
    warehouse = Warehouse(tmp_path)
    with site_server({"/known": Answer(status=503)}) as server:
        known, new = server.url("127.0.0.1", "/known"), server.url("127.0.0.1", "/new")
        run_plan(warehouse, [known])
        assert drop_urls(warehouse, [known, new, known], "by-hand") == 1
        run_plan(warehouse, [known, new], sources=["mill"])
        assert (len(server.asked("/known")), len(server.asked("/new"))) == (1, 0)
    rows = ask(warehouse, "select source, drop_reason, try_count from fetch_state order by url")
    assert rows == [("mill", "user", 1), ("by-hand", "user", 0)]


def test_a_page_that_fails_later_stays_stored(tmp_path):
    """A page that is asked for again and is gone: the capture stays, and the log shows both."""
    warehouse = Warehouse(tmp_path)
    with site_server() as server:
        url = server.url("127.0.0.1", "/a")
        run_plan(warehouse, [url])
        server.routes["/a"] = Answer(status=410)
        run_plan(warehouse, [url], wanted=Wanted.KNOWN_TOO)
    rows = ask(warehouse, "select outcome, failure_class, stored_at is not null, etag from fetch_state")
    assert rows == [("dropped", "gone", True, '"1"')]


def test_a_changed_page_is_another_capture(tmp_path):
    """Asked for again, a page that has changed comes anew, and both captures are kept."""
    warehouse = Warehouse(tmp_path)
    with site_server() as server:
        url = server.url("127.0.0.1", "/a")
        run_plan(warehouse, [url])
        server.routes["/a"] = Answer(b"<p>changed", headers={"ETag": '"2"'})
        run_plan(warehouse, [url], wanted=Wanted.KNOWN_TOO)
        assert server.asked("/a")[1].headers["if-none-match"] == '"1"'
    assert ask(warehouse, "select outcome, etag from fetches order by recorded_at") == [
        ("stored", '"1"'),
        ("stored", '"2"'),
    ]


def test_a_host_that_hangs_does_not_hold_up_the_others(tmp_path):
    """While one host is silent until the time limit, the pages of the others come."""

    async def silent(_seen, _reader, _writer):
        await asyncio.sleep(30)

    warehouse = Warehouse(tmp_path)
    with site_server(
        default=lambda seen: Answer(fault=silent) if seen.host == "slow.example" else page_answer(seen)
    ) as server:
        urls = [server.url(host, f"/{number}") for number in range(6) for host in ("slow.example", "fast.example")]
        run_plan(warehouse, urls, resolver=hosts_at_loopback("slow.example", "fast.example"), retries=SOON)
    fast = [seen.at for seen in server.log if seen.host == "fast.example"]
    assert max(fast) - min(fast) < 1.5
    assert ask(warehouse, "select count(*) from fetch_state where host = 'fast.example' and outcome = 'stored'") == [
        (6,)
    ]


STATE = UrlState(URL, "mill", None, FetchOutcome.STORED, NOW, 0, None, NOW, '"1"', None, hints=None)


@pytest.mark.parametrize(
    ("changed", "modified", "wanted", "is_chosen"),
    [
        ({}, None, Wanted.NEW, False),
        ({}, None, Wanted.KNOWN_TOO, True),
        ({}, NOW + timedelta(hours=5), Wanted.NEW, True),
        ({}, NOW - timedelta(hours=5), Wanted.NEW, False),
        ({"answered_at": NOW + timedelta(hours=30)}, NOW + timedelta(hours=31), Wanted.NEW, False),
        ({"outcome": FetchOutcome.DROPPED}, NOW + timedelta(hours=5), Wanted.KNOWN_TOO, False),
        ({"outcome": FetchOutcome.DROPPED}, None, Wanted.ALL, True),
        ({"outcome": FetchOutcome.FAILED, "next_try_at": NOW + timedelta(hours=48)}, None, Wanted.NEW, False),
        ({"outcome": FetchOutcome.FAILED, "next_try_at": NOW + timedelta(hours=47)}, None, Wanted.NEW, True),
        ({"outcome": FetchOutcome.QUEUED}, None, Wanted.NEW, True),
        ({"outcome": FetchOutcome.SKIPPED, "next_try_at": NOW + timedelta(days=7)}, None, Wanted.NEW, False),
    ],
)
def test_what_is_chosen(changed, modified, wanted, is_chosen):
    """What is new, due, said to have changed a day after it was fetched, or asked for by a person; nothing else."""
    later = NOW + timedelta(hours=47)
    candidate = Candidate(URL, "mill", "feed", modified_at=modified)
    found = choose(candidate, Known({URL: replace(STATE, **changed)}, frozenset()), later, wanted)
    assert (found is not None) == is_chosen


def test_what_is_there_from_elsewhere_is_not_chosen():
    """A page that an archive brought, or a redirect, is not fetched."""
    candidate = Candidate(URL, "mill", "feed")
    assert choose(candidate, Known({}, frozenset({URL})), NOW, Wanted.NEW) is None
    assert choose(candidate, Known({}, frozenset()), NOW, Wanted.NEW) is not None


def test_chunks_hold_every_candidate_once():
    """The warehouse is asked in large chunks; none is lost at their edges, and what fails upstream is raised."""

    async def collect(stream):
        return [chunk async for chunk in chunks(stream)]

    urls = [f"https://mill.example/{number}" for number in range(4500)]
    found = asyncio.run(collect(candidates_of(urls)))
    assert [candidate.url for chunk in found for candidate in chunk] == urls
    assert len(found) <= 10

    async def broken():
        yield Candidate(URL, "mill", "feed")
        raise RuntimeError("upstream")

    with pytest.raises(RuntimeError, match="upstream"):
        asyncio.run(collect(broken()))


def test_a_disk_that_refuses_stops_the_run(tmp_path):
    """A run that cannot keep what it receives stops with one clear error, and asks for nothing more."""
    warehouse = Warehouse(tmp_path)
    (tmp_path / ".spool").write_text("no folder")
    with site_server() as server, pytest.raises(WarehouseError, match="spool"):
        run_plan(warehouse, [server.url("127.0.0.1", f"/{number}") for number in range(50)])
    assert len(server.log) <= 10
