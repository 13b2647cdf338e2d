"""Canonical addresses, and the rules by which an address or a date leaves an entry out."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.discovery.filters import DropReason, UrlFilters, address_drop_reason, is_listing_url, is_older
from flows.discovery.listing import Entry
from flows.discovery.urls import canonical_url, is_plain_url


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTPS://Harbour.EXAMPLE:443/a#top", "https://harbour.example/a"),
        ("http://harbour.example:80", "http://harbour.example/"),
        ("https://harbour.example:8443/a", "https://harbour.example:8443/a"),
        ("https://harbour.example./a", "https://harbour.example/a"),
        (" https://harbour.example/a\tb\n", "https://harbour.example/ab"),
        ("https://harbour.example/a//b/./c/../d", "https://harbour.example/a//b/d"),
        ("https://harbour.example/..", "https://harbour.example/"),
        ("https://harbour.example/a/..", "https://harbour.example/"),
        ("https://harbour.example/.well-known/x", "https://harbour.example/.well-known/x"),
        ("https://harbour.example/%7ea%2fb/caf\u00e9", "https://harbour.example/~a%2Fb/caf%C3%A9"),
        ("https://harbour.example/caf%E9", "https://harbour.example/caf%E9"),
        ("https://m\u00fchle.example/\u00fc?q=\u00e4+b", "https://xn--mhle-0ra.example/%C3%BC?q=%C3%A4+b"),
        ("https://harbour.example/a b?c d", "https://harbour.example/a%20b?c%20d"),
        ("https://harbour.example/?12345", "https://harbour.example/?12345"),
        ("https://harbour.example/a?b=&c", "https://harbour.example/a?b=&c"),
        ("https://harbour.example/a?", "https://harbour.example/a"),
        ("https://harbour.example/s?z=1&a=2&z=0", "https://harbour.example/s?z=1&a=2&z=0"),
        ("https://harbour.example/a(b);c=1,d?x=1;y=2", "https://harbour.example/a(b);c=1,d?x=1;y=2"),
        ("https://harbour.example/%zz?100%", "https://harbour.example/%zz?100%"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_canonical_form(written, canonical):
    """One address has one form, and nothing goes that a server could tell apart."""
    assert canonical_url(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "", "harbour.example/a", "//harbour.example/a", "/a", "mailto:a@harbour.example", "javascript:alert(1)",
        "ftp://harbour.example/a", "file:///etc/passwd", "data:text/html,x", "https://", "https:///a", "http://a b/",
        "https://user:secret@harbour.example/", "https://user@harbour.example/", "https://harbour.example:99999/",
        "https://harbour.example:x/", "https://[bad/", "https://ex%41mple.example/", "https://\x00.example/",
        "https://harbour.example/" + "a" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_web_address(written):
    """Everything that is not http or https to a host is none, and so is what carries a name or a password."""
    assert canonical_url(written) is None


@pytest.mark.parametrize(
    "tracker",
    [
        "utm_source=rss", "UTM_Medium=feed", "fbclid=Iw1", "gclid=x", "msclkid=x", "at_medium=RSS", "at_campaign=64",
        "mc_cid=x", "mc_eid=x", "_ga=1.2", "igshid=x", "xtor=RSS-1", "wt_mc=rss", "WT.mc_id=x", "cmpid=rss", "ref_src=tw",
        "source=rss", "partner=rss", "ref=rss_feed", "from=newsletter", "__twitter_impression=true", "yclid=1", "ito=1490",
    ],
)  # fmt: skip
def test_trackers_go(tracker):
    """A parameter that tells where a reader came from goes, wherever it stands; the others stay as they are."""
    for query in (f"{tracker}&b=2&a=1", f"b=2&{tracker}&a=1", f"b=2&a=1&{tracker}"):
        assert canonical_url(f"https://harbour.example/s?{query}") == "https://harbour.example/s?b=2&a=1"
    assert canonical_url(f"https://harbour.example/s?{tracker}#x") == "https://harbour.example/s"


@pytest.mark.parametrize(
    "query",
    [
        "p=123", "id=7", "source=agency", "ref=42", "from=1999", "global=1", "gallery=2", "session=3", "reference=4",
        "campaign=elections", "cid=99", "partner=3", "attachment=1", "utmost=1", "rssfeed=1", "s=weir", "u=https://x.example/",
    ],
)  # fmt: skip
def test_what_may_choose_the_page_stays(query):
    """A parameter that looks like a tracker's and may choose the page stays."""
    assert canonical_url(f"https://harbour.example/s?{query}") == f"https://harbour.example/s?{query}"


def test_parameters_of_a_site():
    """A source may name parameters that do not tell its pages apart."""
    url = "https://harbour.example/s?Session=1&id=2&session=3"
    assert canonical_url(url, frozenset({"session"})) == "https://harbour.example/s?id=2"


_PARTS = st.text(st.sampled_from("ab.:/?#&=%[]@\\ \t\u00e9\u4e2d;,+~0"), max_size=30)


@given(_PARTS, _PARTS)
@example("harbour.example", "/%25%32%35")
@example("a", "/%2525")
def test_canonical_form_is_its_own(host, rest):
    """The canonical form of a canonical address is that address, whatever it was made of, and it is ASCII."""
    canonical = canonical_url(f"https://{host}{rest}")
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical.isascii()
        assert urlsplit(canonical).hostname


_PLAIN_HOST = st.from_regex(r"\A[a-z0-9.-]{1,12}(:[0-9]{1,5})?\Z")
_PLAIN_PATH = st.from_regex(r"\A(/[a-z0-9._~A-Z-]{0,6}){1,4}\Z")


@given(_PLAIN_HOST, _PLAIN_PATH)
@example("xn--mhle-0ra.example", "/a")
@example("mill.example:80", "/a/b.html")
@example("mill.example:8443", "/a/../b.html")
def test_what_is_plain_at_a_glance_is_canonical_at_a_closer_look(host, rest):
    """The short way gives what the long way gives."""
    url = f"https://{host}{rest}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flows.discovery.urls.is_plain_url", lambda _url: False)
        canonical = canonical_url(url)
    assert not is_plain_url(url) or canonical == url


def test_what_is_plain():
    """The usual address of an article needs no closer look."""
    assert is_plain_url("https://www.harbour.example/2026/11/the-ferry_is-back.html")
    assert is_plain_url("http://127.0.0.1:8080/a/")


LISTINGS = [
    "/tag/weirs", "/tags/weirs/", "/en/tag/weirs", "/author/a-miller", "/autor/mueller/", "/news/page/7",
    "/category/politics", "/kategorie/lokales/", "/topics/rivers", "/section/world", "/2026/", "/2026/11/", "/2026/11/22",
    "/news/2026/11/22/", "/search", "/contact", "/impressum", "/privacy-policy", "/newsletter/", "/tag/weirs/page/3",
    "/category/politics/page/2", "/rubrique/monde", "/archive/2019",
]  # fmt: skip
ARTICLES = [
    "/2026/11/22/weir-mended", "/news/weir-mended", "/category/politics/weir-mended-after-a-long-dispute",
    "/category/politics/2026/weir", "/topics/rivers/weir-mended/amp", "/a/12345678", "/weir.html", "/authors-of-the-flood",
    "/contact-with-the-river-lost", "/politics/author-dies-at-ninety", "/story/2026-11-22-weir", "/?p=123", "/?12345",
    "/topic/weir-mended-at-last-after-years", "/section/world/20261122-weir", "/news/tag", "/world", "/artikel/thema-wasser",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTINGS)
def test_pages_that_list_pages(path):
    """Tags, authors, categories, archives by date and service pages are told by their address."""
    assert is_listing_url(f"https://harbour.example{path}")


@pytest.mark.parametrize("path", ARTICLES)
def test_articles_are_never_taken_for_lists(path):
    """What may be an article stays, though it has the words of a list in its address."""
    assert not is_listing_url(f"https://harbour.example{path}")
    assert address_drop_reason(f"https://harbour.example{path}") is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/", DropReason.LISTING), ("/index.html", DropReason.LISTING), ("/home", DropReason.LISTING),
        ("/weir.jpg", DropReason.NOT_A_PAGE), ("/report.PDF", DropReason.NOT_A_PAGE), ("/talk.mp3", DropReason.NOT_A_PAGE),
        ("/feed.xml", DropReason.NOT_A_PAGE), ("/data.json?x=1", DropReason.NOT_A_PAGE), ("/a/b.tar.gz", DropReason.NOT_A_PAGE),
        ("/weir.html", None), ("/weir.php", None), ("/weir", None), ("/v1.2", None), ("/weir.jpg.html", None),
        ("/news/index.html", None), ("/jpg", None), ("/a.b/c", None), ("/a.pdf/b", None),
    ],
)  # fmt: skip
def test_file_types_and_the_front_page(path, reason):
    """The file type at the end of the path tells images, sound, documents and feeds; the root is the front page."""
    assert address_drop_reason(f"https://harbour.example{path}") is reason


SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "published", "modified", "older"),
    [
        ("/a", datetime(2026, 11, 20, 11, 59, tzinfo=UTC), None, True),
        ("/a", datetime(2026, 11, 20, 12, 0, tzinfo=UTC), None, False),
        ("/a", datetime(2026, 11, 20, tzinfo=UTC), None, False),
        ("/a", datetime(2026, 11, 19, tzinfo=UTC), None, True),
        ("/a", datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC), False),
        ("/2026/11/19/a", None, None, True),
        ("/2026/11/20/a", None, None, False),
        ("/a-20261119.html", None, None, True),
        ("/a-2026-11-19", None, None, True),
        ("/2019/11/19/a", datetime(2026, 11, 22, tzinfo=UTC), None, False),
        ("/a", None, None, False),
        ("/2026/99/99/a", None, None, False),
        ("/a/120261119", None, None, False),
    ],
)
def test_older_than(url, published, modified, older):
    """The newest date of the listing counts, else the one in the address; a day is a day long; without one it stays."""
    entry = Entry(f"https://harbour.example{url}", published_at=published, modified_at=modified)
    assert is_older(entry, SINCE) is older


def test_patterns():
    """Patterns are searched in the address; an exclusion wins; one that is no pattern is told."""
    filters = UrlFilters.of(include=["/news/", "/sport/"], exclude=["/live/"])
    assert filters.drop_reason("https://x.example/news/1") is None
    assert filters.drop_reason("https://x.example/culture/1") is DropReason.NOT_INCLUDED
    assert filters.drop_reason("https://x.example/news/live/1") is DropReason.EXCLUDED
    with pytest.raises(ValueError, match=r"'\(' is no regular expression"):
        UrlFilters.of(exclude=["("])
