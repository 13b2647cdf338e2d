"""The loop: sources side by side in a web of fixed answers, each URL once, everything that is left out counted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from discovery_samples import NOON, SITE, Web, index, item, rss, run_discovery, source, urlset

from flows.discovery.check import check_sources
from flows.discovery.filters import DropReason
from flows.discovery.listing_cache import cached_listings
from flows.fetching.errors import Failure, FailureClass
from flows.fetching.messages import FetchResult

RSS = f"{SITE}/rss"
MAP = f"{SITE}/sitemap.xml"


def urls(found):
    """Return the addresses of candidates."""
    return [candidate.url for candidate in found]


def test_feeds_sitemaps_and_lists(tmp_path):
    """All that a source names is read: feeds, sitemaps, those of robots.txt, lists on disk and on the web."""
    (tmp_path / "ours.txt").write_text(f"{SITE}/list-1\n{SITE}/tag/taken-as-it-is\n")
    answers = {
        RSS: rss(item(f"{SITE}/feed-1?utm_source=rss", "The weir")),
        MAP: urlset(f"{SITE}/map-1"),
        f"{SITE}/robots.txt": f"Sitemap: {SITE}/robots-map.xml".encode(),
        f"{SITE}/robots-map.xml": urlset(f"{SITE}/robots-1"),
        f"{SITE}/list.txt": f"{SITE}/web-1\nnonsense\n".encode(),
    }
    lists = (str(tmp_path / "ours.txt"), f"{SITE}/list.txt")
    found, report, _ = run_discovery(
        answers,
        source(homepage=f"{SITE}/", feeds=(RSS,), sitemaps=(MAP,), url_lists=lists, sitemaps_from_robots=True, language="en"),
    )  # fmt: skip
    by_url = {candidate.url: candidate for candidate in found}
    paths = ("feed-1", "map-1", "robots-1", "web-1", "list-1", "tag/taken-as-it-is")
    assert set(by_url) == {f"{SITE}/{path}" for path in paths}
    feed, listed = by_url[f"{SITE}/feed-1"], by_url[f"{SITE}/list-1"]
    assert (feed.title, feed.found_in, feed.source, feed.language) == ("The weir", RSS, "harbour-post", "en-GB")
    assert feed.published_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (listed.found_in, listed.language) == ("ours.txt", "en")
    counts = report.of("harbour-post")
    assert (counts.listing_count, counts.entry_count, counts.candidate_count, counts.unusable_count) == (5, 6, 6, 1)
    assert [problem.message for problem in report.problems] == ["1 entries name no address"]


def test_each_url_once_whoever_lists_it():
    """Two feeds of two sources that name a page in two spellings give it once; the other counts as named before."""
    answers = {
        RSS: rss(item(f"{SITE}/1?utm_source=a"), item(f"{SITE}/1#top")),
        "https://other.example/rss": rss(item(f"{SITE.upper().replace('HTTPS', 'https')}/1?fbclid=2")),
    }
    found, report, _ = run_discovery(
        answers, source(feeds=(RSS,)), source("other", feeds=("https://other.example/rss",))
    )
    assert urls(found) == [f"{SITE}/1"]
    assert sum(counts.dropped[DropReason.REPEATED] for counts in report.sources.values()) == 2


def test_every_entry_is_accounted_for():
    """Entries are candidates or dropped for a reason: nothing goes without being counted."""
    entries = [
        f"{SITE}/good-1", f"{SITE}/", f"{SITE}/tag/weirs", f"{SITE}/photo.jpg", "https://elsewhere.example/1",
        "mailto:desk@harbourpost.example", f"{SITE}/live/flood", f"{SITE}/2026/01/02/old", f"{SITE}/good-1#x",
    ]  # fmt: skip
    found, report, _ = run_discovery(
        {MAP: urlset(*entries)}, source(sitemaps=(MAP,), exclude=("/live/",)), since=datetime(2026, 11, 1, tzinfo=UTC)
    )
    counts = report.of("harbour-post")
    assert urls(found) == [f"{SITE}/good-1"]
    assert counts.dropped == {
        DropReason.LISTING: 2,
        DropReason.NOT_A_PAGE: 1,
        DropReason.OTHER_SITE: 1,
        DropReason.NOT_WEB: 1,
        DropReason.EXCLUDED: 1,
        DropReason.TOO_OLD: 1,
        DropReason.REPEATED: 1,
    }
    assert counts.entry_count == counts.candidate_count + counts.dropped.total() == len(entries)


def test_feeds_may_name_other_sites_unless_told():
    """A feed may name pages anywhere, and with `sites` only those below them; a subdomain is below."""
    body = rss(item("https://elsewhere.example/1"), item("https://news.harbourpost.example/2"), item("https://notharbourpost.example/3"))  # fmt: skip
    found, _, _ = run_discovery({RSS: body}, source(feeds=(RSS,)))
    assert len(found) == 3
    found, report, _ = run_discovery({RSS: body}, source(feeds=(RSS,), sites=("harbourpost.example",)))
    assert urls(found) == ["https://news.harbourpost.example/2"]
    assert report.of("harbour-post").dropped == {DropReason.OTHER_SITE: 2}


def test_what_a_pattern_names_is_no_list():
    """A pattern of the user's overrides the guess that a page lists others."""
    body = urlset(f"{SITE}/tag/weirs", f"{SITE}/2026/11/")
    assert run_discovery({MAP: body}, source(sitemaps=(MAP,)))[0] == []
    assert urls(run_discovery({MAP: body}, source(sitemaps=(MAP,)), include=["/tag/"])[0]) == [f"{SITE}/tag/weirs"]
    found, _, _ = run_discovery({MAP: body}, source(sitemaps=(MAP,), include=("/2026/",)))
    assert urls(found) == [f"{SITE}/2026/11/"]


def test_index_newest_first_and_old_ones_unread():
    """Of an index the newest sitemaps are read first, and those before `since` are not fetched at all."""
    days = {"a": "2026-11-20", "b": "2026-11-22", "c": "2019-01-01", "d": None}
    answers = {MAP: index(*((f"{SITE}/{name}.xml", day) for name, day in days.items()))}
    answers |= {f"{SITE}/{name}.xml": urlset(f"{SITE}/story-{name}") for name in days}
    found, report, web = run_discovery(answers, source(sitemaps=(MAP,)), since=datetime(2026, 11, 1, tzinfo=UTC))
    assert urls(found) == [f"{SITE}/story-{name}" for name in "dba"]
    assert f"{SITE}/c.xml" not in web.log
    assert report.of("harbour-post").old_sitemap_count == 1


def test_indexes_that_lead_nowhere():
    """An index that names itself, one without end and one of another site cost a few requests and are told."""
    maps = {f"{SITE}/{n}.xml": index((f"{SITE}/{n + 1}.xml", None), (f"{SITE}/{n}.xml", None)) for n in range(50)}
    maps[f"{SITE}/1.xml"] = index(("https://elsewhere.example/map.xml", None), (f"{SITE}/2.xml", None))
    found, report, web = run_discovery(maps, source(sitemaps=(f"{SITE}/0.xml",)))
    assert found == []
    assert web.log == [f"{SITE}/{n}.xml" for n in range(4)]
    assert "names a sitemap of another site" in report.problems[0].message


def test_most_sitemaps_are_bounded_and_it_is_told():
    """No more sitemaps are read than `max_sitemaps` says, and the rest is told rather than passed over in silence."""
    answers = {MAP: index(*((f"{SITE}/{n}.xml", None) for n in range(10)))}
    answers |= {f"{SITE}/{n}.xml": urlset(f"{SITE}/story-{n}") for n in range(10)}
    found, report, web = run_discovery(answers, source(sitemaps=(MAP,), max_sitemaps=4))
    assert len(web.log) == 4
    assert len(found) == 3
    assert [problem.message for problem in report.problems] == ["this sitemap and 6 more are not read: max_sitemaps"]


@pytest.mark.parametrize(
    ("answer", "message", "is_transient"),
    [
        (FailureClass.NOT_FOUND, "it failed: not_found", False),
        (FailureClass.SERVER_ERROR, "it failed: server_error", True),
        (b"<!doctype html><html><body>moved</body></html>", "an HTML page, neither feed nor sitemap", False),
        (b"", "empty", False),
    ],
)
def test_a_listing_that_is_lost(answer, message, is_transient):
    """A listing that fails is told with its class, and everything else is found all the same."""
    answers = {RSS: answer, MAP: urlset(f"{SITE}/1"), "https://other.example/rss": rss(item(f"{SITE}/2"))}
    found, report, _ = run_discovery(
        answers, source(feeds=(RSS,), sitemaps=(MAP,)), source("other", feeds=("https://other.example/rss",))
    )
    assert sorted(urls(found)) == [f"{SITE}/1", f"{SITE}/2"]
    (problem,) = report.problems
    assert (problem.source, problem.found_in, problem.message) == ("harbour-post", RSS, message)
    assert (problem.is_lost, problem.is_transient) == (True, is_transient)
    assert report.of("harbour-post").lost_listing_count == 1


def test_a_damaged_listing_is_told_and_read():
    """What is wrong with a listing that is read all the same is told, and it does not count as lost."""
    found, report, _ = run_discovery({RSS: b"\n" + rss(item(f"{SITE}/1"))}, source(feeds=(RSS,)))
    assert urls(found) == [f"{SITE}/1"]
    assert [problem.is_lost for problem in report.problems] == [False]
    assert report.of("harbour-post").lost_listing_count == 0


def test_a_list_that_is_not_there(tmp_path):
    """A list of URLs that cannot be read is told without the machine's path."""
    _, report, _ = run_discovery({}, source(url_lists=(str(tmp_path / "gone.txt"),)))
    (problem,) = report.problems
    assert (problem.found_in, problem.message) == ("gone.txt", "cannot be read: No such file or directory")


def test_closing_early_stops_the_reading():
    """Whoever has enough closes the iterator: what was not read yet is not read, and nothing is left running."""
    answers = {f"{SITE}/{n}.xml": urlset(*(f"{SITE}/{n}-{m}" for m in range(3_000))) for n in range(20)}
    found, _, web = run_discovery(answers, source(sitemaps=tuple(answers)), most=5)
    assert len(found) == 5
    assert len(web.log) < 5


def test_what_fetch_raises_ends_the_discovery():
    """A bad world (a disk that is full, say) is raised to the caller, as it is."""
    with pytest.raises(OSError, match="no space"):
        run_discovery({RSS: OSError("no space")}, source(feeds=(RSS,)), source("other", feeds=(f"{SITE}/other",)))


def test_checks_of_sources():
    """A check tells of each listing what it is, how much it names and what of that is wanted, or what is wrong."""
    answers = {
        RSS: rss(item(f"{SITE}/1"), item(f"{SITE}/")),
        MAP: index((f"{SITE}/a.xml", None)),
        f"{SITE}/robots.txt": b"User-agent: *\nDisallow:",
    }
    wanted = source(homepage=SITE, feeds=(RSS, f"{SITE}/gone"), sitemaps=(MAP,), sitemaps_from_robots=True)
    web = Web(answers)

    async def collect():
        return {check.url: check async for check in check_sources([wanted], web.fetch)}

    checks = asyncio.run(collect())
    feed = checks[RSS]
    assert (feed.is_ok, feed.kind, feed.entry_count, feed.wanted_count) == (True, "RSS", 2, 1)
    assert feed.newest_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (checks[MAP].is_ok, checks[MAP].kind, checks[MAP].sitemap_count) == (True, "sitemap index", 1)
    assert (checks[f"{SITE}/gone"].is_ok, checks[f"{SITE}/gone"].trouble) == (False, "it failed: not_found")
    assert (checks[f"{SITE}/robots.txt"].is_ok, checks[f"{SITE}/robots.txt"].trouble) == (False, "names no sitemap")
    assert f"{SITE}/a.xml" not in web.log


class Server:
    """A server that knows validators: what it was sent, and a body that may change."""

    def __init__(self):
        self.body, self.etag, self.requests = rss(item(f"{SITE}/1")), '"1"', []
        self.failure = None

    async def fetch(self, request):
        """Answer with a 304 where the validators are current."""
        self.requests.append(request)
        if self.failure:
            return FetchResult(request.url, request.url, NOON, failure=self.failure)
        if self.etag and request.etag == self.etag:
            return FetchResult(request.url, request.url, NOON, status=304, etag=self.etag)
        headers = (("Content-Type", "application/rss+xml; charset=utf-8"),)
        return FetchResult(
            request.url, f"{SITE}/final", NOON, status=200, headers=headers, body=self.body, etag=self.etag
        )


def ask(server, folder, url=RSS):
    """Fetch a listing through the cache, as a run of its own does."""
    return asyncio.run(cached_listings(server.fetch, folder)(url))


def test_unchanged_listings_come_from_the_cache(tmp_path):
    """The second run asks with the validators, is told 304, and gets the whole listing all the same."""
    server = Server()
    first, second = ask(server, tmp_path / "kept"), ask(server, tmp_path / "kept")
    assert [request.etag for request in server.requests] == [None, '"1"']
    assert (second.status, second.body, second.final_url) == (200, first.body, f"{SITE}/final")
    assert second.header("content-type") == "application/rss+xml; charset=utf-8"
    assert second.failure is None
    assert not second.is_not_modified


def test_changed_listings_replace_what_is_kept(tmp_path):
    """A listing that changed is kept anew; one without validators is not kept; each address has its own."""
    server = Server()
    ask(server, tmp_path)
    server.body, server.etag = rss(item(f"{SITE}/2")), '"2"'
    assert ask(server, tmp_path).body == server.body
    assert ask(server, tmp_path).body == server.body
    assert [request.etag for request in server.requests] == [None, '"1"', '"2"']
    server.etag = None
    ask(server, tmp_path, MAP)
    ask(server, tmp_path, MAP)
    assert [request.etag for request in server.requests[3:]] == [None, None]
    assert len(list(tmp_path.iterdir())) == 1


def test_failures_are_not_kept(tmp_path):
    """A failure is handed on, and what was kept stays for the next run."""
    server = Server()
    ask(server, tmp_path)
    server.failure = Failure(FailureClass.SERVER_ERROR, "HTTP 503")
    assert ask(server, tmp_path).failure is server.failure
    server.failure = None
    assert ask(server, tmp_path).status == 200
    assert server.requests[-1].etag == '"1"'


@pytest.mark.parametrize("damage", [b"", b"no gzip", b"\x1f\x8b\x08\x00broken"])
def test_a_damaged_cache_costs_one_request(tmp_path, damage):
    """What cannot be read of the cache is fetched again, whole."""
    server = Server()
    ask(server, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert ask(server, tmp_path).body == server.body
    assert server.requests[-1].etag is None
    assert ask(server, tmp_path).status == 200
    assert server.requests[-1].etag == '"1"'


def test_a_folder_that_refuses(tmp_path):
    """Where nothing can be kept the listing is fetched all the same."""
    (tmp_path / "file").write_text("in the way")
    server = Server()
    assert ask(server, tmp_path / "file" / "kept").body == server.body
