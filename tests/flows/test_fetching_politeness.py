"""What was promised to hosts, told from the server's own log: pauses, robots.txt, Retry-After, the name we go by."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from fetch_samples import (
    AT_ONCE,
    SOON,
    ask,
    client_settings,
    fetch,
    fetch_one,
    hosts_at_loopback,
    run_plan,
    site_server,
)
from fetch_server import Answer, gaps

from flows.fetching.errors import FailureClass
from flows.fetching.host_locks import HostLocks
from flows.fetching.messages import FetchRequest
from flows.fetching.retry_after import parse_retry_after
from flows.fetching.robots import robots_url_of
from flows.fetching.settings import Politeness, PolitenessRules, RetryPolicy, user_agent_of
from warehouse.fetches import FetchOutcome
from warehouse.layout import Warehouse

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAIN = {"Content-Type": "text/plain"}


def robots(text):
    return Answer(text.encode(), headers=PLAIN)


def rules(delay=0.0, **changed):
    return PolitenessRules(default=Politeness(delay_seconds=delay, **changed))


@pytest.mark.parametrize("jitter", [0, 0.5])
def test_requests_to_a_host_keep_their_distance(jitter):
    """Between two requests to one host at least the delay passes, and at most the jitter more; hosts do not wait for each other."""
    hosts = ["a.example", "b.example", "c.example"]
    with site_server() as server:
        urls = [server.url(host, f"/{number}") for number in range(5) for host in hosts]
        results = fetch(urls, rules=rules(0.1, jitter=jitter), resolver=hosts_at_loopback(*hosts))
    assert [result.failure for result in results] == [None] * 15
    for host in hosts:
        found = gaps(server.log, host)
        assert len(found) == 5
        assert min(found) >= 0.1
    last = max(seen.at for seen in server.log) - min(seen.at for seen in server.log)
    assert last < sum(sum(gaps(server.log, host)) for host in hosts)


def test_jitter_spreads_requests():
    """Pauses are not all alike."""
    with site_server() as server:
        fetch([server.url("127.0.0.1", f"/{number}") for number in range(6)], rules=rules(0.02, jitter=2))
    found = gaps(server.log, "127.0.0.1")
    assert max(found) - min(found) > 0.005


def test_a_host_takes_as_many_at_once_as_it_is_given():
    """With a concurrency of one a request waits for the answer before it."""
    busy = {"now": 0, "most": 0}

    async def slow(_seen, _reader, writer):
        busy["now"] += 1
        busy["most"] = max(busy["most"], busy["now"])
        await asyncio.sleep(0.03)
        busy["now"] -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await writer.drain()

    with site_server(default=lambda _seen: Answer(fault=slow)) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(8)]
        for most in (1, 3):
            busy["most"] = 0
            fetch(urls, rules=rules(concurrency=most))
            assert busy["most"] == most


def test_every_hop_of_a_redirect_takes_its_turn():
    """A redirect is a request like any other: it keeps the pace, and follows the robots.txt of where it leads."""
    routes = {
        ("a.example", "/old"): Answer(status=301, headers={"Location": "/new"}),
        ("a.example", "/out"): lambda seen: Answer(status=302, headers={"Location": f"http://b.example:{port_of(seen)}/closed"}),
        ("b.example", "/robots.txt"): robots("User-agent: *\nDisallow: /closed"),
    }  # fmt: skip
    with site_server(routes) as server:
        resolver = hosts_at_loopback("a.example", "b.example")
        urls = [server.url("a.example", "/old"), server.url("a.example", "/out")]
        moved, closed = fetch(urls, rules=rules(0.08), resolver=resolver)
    assert (moved.failure, moved.final_url) == (None, server.url("a.example", "/new"))
    assert [(hop.url, hop.status) for hop in moved.redirects] == [(server.url("a.example", "/old"), 301)]
    assert closed.failure.kind is FailureClass.ROBOTS_DISALLOWED
    assert server.asked("/closed") == []
    assert min(gaps(server.log, "a.example")) >= 0.08


def port_of(seen):
    return seen.headers["host"].partition(":")[2]


@pytest.mark.parametrize(
    ("text", "delay"),
    [("Crawl-delay: 0.15", 0.15), ("Request-rate: 1/1s", 1.0), ("Crawl-delay: 0", 0.05), ("Crawl-delay: soon", 0.05)],
)
def test_what_a_host_asks_for(text, delay):
    """Crawl-delay and Request-rate make the pause between pages longer, and never shorter."""
    with site_server({"/robots.txt": robots(f"User-agent: *\n{text}\n")}) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(2)]
        fetch(urls, rules=rules(0.05, jitter=0))
    before, *between = gaps(server.log, "127.0.0.1")
    assert before >= 0.05
    assert min(between) >= delay


@pytest.mark.parametrize(
    ("text", "path", "is_allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: gristmill\nDisallow: /a\n\nUser-agent: *\nDisallow: /", "/b", True),
        ("User-agent: Gristmill\nDisallow: /a", "/a", False),
        ("User-agent: otherbot\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\nAllow: /news/", "/news/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\rDisallow: /a", "/a", False),
        ("<html>nothing like it</html>", "/a", True),
        ("", "/a", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
    ],
)
def test_robots(text, path, is_allowed):
    """What robots.txt disallows is not asked for, and has a row that says so; the rest is."""
    with site_server({"/robots.txt": robots(text)}) as server:
        result = fetch_one(server.url("127.0.0.1", path))
    asked = [seen.path for seen in server.log if seen.path != "/robots.txt"]
    assert (result.failure is None, len(asked)) == (is_allowed, int(is_allowed))
    if not is_allowed:
        assert result.failure.kind is FailureClass.ROBOTS_DISALLOWED


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=404), None),
        (Answer(status=410), None),
        (Answer(status=401), None),
        (Answer(status=403), None),
        (Answer(status=500), FailureClass.ROBOTS_UNREACHABLE),
        (Answer(status=503), FailureClass.ROBOTS_UNREACHABLE),
        (Answer(status=429), FailureClass.ROBOTS_UNREACHABLE),
        (Answer(status=301, headers={"Location": "/moved.txt"}), FailureClass.ROBOTS_DISALLOWED),
        (Answer(status=301, headers={"Location": "/robots.txt"}), None),
        (Answer(b"User-agent: *\nDisallow: /\n" + b"# more\n" * 100_000), FailureClass.ROBOTS_DISALLOWED),
    ],
    ids=["404", "410", "401", "403", "500", "503", "429", "moved", "loop", "too large"],
)
def test_a_robots_txt_that_does_not_come(answer, kind):
    """As the standard has it: a 4xx allows everything, a server that fails nothing; redirects are followed."""
    routes = {"/robots.txt": answer, "/moved.txt": robots("User-agent: *\nDisallow: /")}
    with site_server(routes) as server:
        result = fetch_one(server.url("127.0.0.1", "/a"))
    assert (result.failure.kind if result.failure else None) is kind
    assert len(server.asked("/a")) == (kind is None)


def test_robots_txt_is_asked_for_once():
    """One request for the robots.txt of a host, however many pages are fetched at once; another port is another site."""
    with site_server() as server, site_server() as other:
        fetch([*(server.url("127.0.0.1", f"/{number}") for number in range(20)), other.url("127.0.0.1", "/a")])
        assert len(server.asked("/robots.txt")) == len(other.asked("/robots.txt")) == 1


def test_robots_txt_is_there_for_discovery():
    """Who asks for a robots.txt gets what the run knows already, or why it did not come."""
    with site_server() as server:
        url = robots_url_of(server.url("127.0.0.1", "/a"))
        page, text = fetch([server.url("127.0.0.1", "/a"), url])
        assert page.failure is None
        assert b"Allow" in text.body
        assert len(server.asked("/robots.txt")) == 1
    with site_server({"/robots.txt": Answer(status=503)}) as server:
        assert fetch_one(server.url("127.0.0.1", "/robots.txt")).failure.kind is FailureClass.SERVER_ERROR


@pytest.mark.parametrize(
    ("answer", "is_reserved"),
    [
        (Answer(b"<p>x", headers={"X-Robots-Tag": "noai"}), True),
        (Answer(b"<p>x", headers={"X-Robots-Tag": "gristmill: noindex, NoAI"}), True),
        (Answer(b"<p>x", headers={"tdm-reservation": "1"}), True),
        (Answer(b"<p>x", headers={"tdm-reservation": "0"}), False),
        (Answer(b'<meta name="robots" content="index, noai"><p>x'), True),
        (Answer(b"<META CONTENT='1' NAME='TDM-Reservation'><p>x"), True),
        (Answer(b"<meta name=robots content=noindex><p>x"), False),
        (Answer(b"<p>We write about noai and tdm-reservation: 1 here"), False),
    ],
)
def test_opt_outs(answer, is_reserved):
    """A page that reserves itself is left alone when the user asks for that, and only then."""
    with site_server({"/a": answer}) as server:
        asked = fetch_one(server.url("127.0.0.1", "/a"), rules=rules(honours_opt_out=True))
        unasked = fetch_one(server.url("127.0.0.1", "/a"), rules=rules())
    assert unasked.failure is None
    assert (asked.failure is not None) == is_reserved
    if is_reserved:
        assert (asked.failure.kind, asked.body) == (FailureClass.OPTED_OUT, b"")


def test_robots_txt_for_machines_that_train():
    """A site that disallows machines that gather texts for models is left alone when the user asks for that."""
    with site_server({"/robots.txt": robots("User-agent: GPTBot\nDisallow: /\n")}) as server:
        assert fetch_one(server.url("127.0.0.1", "/a"), rules=rules(honours_opt_out=True)).failure.kind is (
            FailureClass.OPTED_OUT
        )
        assert fetch_one(server.url("127.0.0.1", "/a"), rules=rules()).failure is None


def test_who_we_are():
    """Every request says who asks and how to reach them; no cookies come back, no referrer is sent."""
    agent = user_agent_of("mailto:desk@quay.example")
    setting = client_settings(user_agent=agent)
    with site_server({"/a": Answer(b"<p>x", headers={"Set-Cookie": "id=7"})}) as server:
        fetch([server.url("127.0.0.1", "/a"), server.url("127.0.0.1", "/b")], settings=setting, rules=rules())
    assert agent.startswith("Gristmill/")
    assert "(+mailto:desk@quay.example)" in agent
    assert {seen.headers["user-agent"] for seen in server.log} == {agent}
    assert {name for seen in server.log for name in seen.headers} & {"cookie", "referer", "authorization"} == set()


def test_conditions_are_not_carried_elsewhere():
    """Validators go to the address that gave them, and not to where it redirects now."""
    with site_server({"/a": Answer(status=302, headers={"Location": "/b"})}) as server:
        fetch_one(FetchRequest(server.url("127.0.0.1", "/a"), etag='"1"', last_modified="yesterday"))
    asked = {seen.path: "if-none-match" in seen.headers for seen in server.log}
    assert asked == {"/robots.txt": False, "/a": True, "/b": False}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 0 ", 0.0), ("", None), (None, None), ("soon", None), ("-5", None), ("1.5", None),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0.0),
        ("Sun, 22 Nov 2026 12:01:00", 60.0), ("9" * 4000, 7 * 86_400.0), ("Thu, 99 Foo 2026", None),
        ("²", None),
    ],
)  # fmt: skip
def test_retry_after(value, seconds):
    """Seconds or a date, and rubbish is no pause."""
    assert parse_retry_after(value, NOW) == seconds


def test_retry_after_is_kept(tmp_path):
    """A 429 with a short Retry-After pauses the whole host for that long, and the page comes afterwards."""
    told = itertools.chain([Answer(status=429, headers={"Retry-After": "1"})], itertools.repeat(Answer(b"<p>x")))
    warehouse = Warehouse(tmp_path)
    with site_server({"/1": lambda _seen: next(told)}) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(4)]
        retries = RetryPolicy(base_seconds=0.01, in_run_seconds=5)
        report, _ = run_plan(warehouse, urls, rules=rules(), retries=retries)
    (limited_at,) = (at for at, seen in enumerate(server.log) if seen.status == 429)
    after = [seen.at - server.log[limited_at].at for seen in server.log[limited_at + 1 :]]
    assert min(after) >= 1
    assert len(server.asked("/1")) == 2
    assert report.count(FetchOutcome.STORED) == 4


def test_a_long_pause_is_left_to_a_later_run(tmp_path):
    """A host that asks for an hour gets it: the rest of its pages wait in the log, the next run does not ask, other hosts go on."""
    limited = Answer(status=429, headers={"Retry-After": "3600"})
    warehouse = Warehouse(tmp_path)
    resolver = hosts_at_loopback("busy.example", "free.example")
    with site_server({("busy.example", "/0"): limited}) as server:
        urls = [server.url(host, f"/{number}") for host in ("busy.example", "free.example") for number in range(5)]
        run_plan(warehouse, urls, rules=rules(), resolver=resolver, retries=SOON)
        asked = [seen.path for seen in server.log if seen.host == "busy.example"]
        assert asked == ["/robots.txt", "/0"]
        states = ask(warehouse, "select host, outcome, count(*), bool_and(next_try_at > now() + interval 50 minute) "
                                "from fetch_state group by all order by all")  # fmt: skip
        assert states == [
            ("busy.example", "failed", 1, True), ("busy.example", "queued", 4, True), ("free.example", "stored", 5, None)
        ]  # fmt: skip
        more = [server.url("busy.example", "/new"), *urls]
        run_plan(warehouse, more, rules=rules(), resolver=resolver, sources=["mill"], retries=SOON)
        assert [seen.path for seen in server.log if seen.host == "busy.example" and seen.path != "/robots.txt"] == [
            "/0"
        ]


def test_a_crawl_delay_beyond_patience(tmp_path):
    """A host that wants hours between requests gets one page's; the next run within these hours sends none at all."""
    with site_server({"/robots.txt": robots("User-agent: *\nCrawl-delay: 7200")}) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(3)]
        for _ in range(2):
            run_plan(Warehouse(tmp_path), urls, rules=rules(), retries=SOON)
    assert [seen.path for seen in server.log] == ["/robots.txt", "/0"]
    rows = ask(
        Warehouse(tmp_path), "select outcome, failure_class, count(*) from fetch_state group by all order by all"
    )
    assert rows == [("queued", "host_paused", 2), ("stored", None, 1)]


def test_a_host_that_is_down_is_not_hammered(tmp_path):
    """After a few failures of the host itself, its other URLs are left to a later run, each with a row."""
    warehouse = Warehouse(tmp_path)
    with site_server({"/robots.txt": Answer(status=503)}) as server:
        urls = [server.url("127.0.0.1", f"/{number}") for number in range(50)]
        run_plan(warehouse, urls, rules=rules(), retries=SOON)
    assert [seen.path for seen in server.log] == ["/robots.txt"]
    rows = ask(warehouse, "select outcome, failure_class, count(*) from fetch_state group by all order by all")
    assert rows == [("failed", "robots_unreachable", 3), ("queued", "robots_unreachable", 47)]


def test_pauses_grow():
    """Each failure in a row makes the pause longer, up to a limit, and never shorter than what the server asks for."""
    policy = RetryPolicy(base_seconds=10, factor=3, max_seconds=500)
    assert [policy.pause_after(tries).total_seconds() for tries in range(1, 6)] == [10, 30, 90, 270, 500]
    assert policy.pause_after(1, 60).total_seconds() == 60
    assert policy.pause_after(10_000).total_seconds() == 500


def test_two_runs_never_share_a_host(tmp_path):
    """A host that one run fetches from is left alone by another, in the same process or not, until that one ends."""
    with HostLocks(tmp_path / "hosts.lock") as one, HostLocks(tmp_path / "hosts.lock") as other:
        assert one.claim("quay.example")
        assert one.claim("quay.example")
        assert not other.claim("quay.example")
        assert other.claim("mill.example")
    with HostLocks(tmp_path / "hosts.lock") as third:
        assert third.claim("quay.example")


def test_at_once_is_for_tests_alone():
    """The defaults of a user are not those of these tests."""
    assert Politeness().delay_seconds >= 1
    assert Politeness().concurrency == 1
    assert AT_ONCE.default != Politeness()
