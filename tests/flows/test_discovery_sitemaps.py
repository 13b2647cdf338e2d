"""Sitemaps, indexes, lists and robots.txt as sites build them; damaged and hostile ones."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from discovery_samples import SITE, SITEMAP_NS, XML, index, urlset

from flows.discovery.formats import parse_listing
from flows.discovery.listing import Entry, ListingError, ListingKind, SubSitemap
from flows.discovery.sitemaps import parse_robots_sitemaps, parse_url_list

MAP = f"{SITE}/sitemap.xml"


def urls(body):
    """Return the addresses of a listing."""
    return [entry.url for entry in parse_listing(body, MAP).entries]


def test_news_sitemap():
    """A news sitemap gives title, language and both dates; the address of an image is not the page's."""
    more = (
        f"<image:image><image:loc>{SITE}/weir.jpg</image:loc></image:image>"
        "<lastmod>2026-11-22T10:30:00+01:00</lastmod>"
        "<news:news><news:publication><news:name>Harbour Post</news:name><news:language>en</news:language>"
        "</news:publication><news:publication_date>2026-11-21</news:publication_date>"
        "<news:title>Weir &amp;amp; lock</news:title></news:news>"
    )
    listing = parse_listing(urlset((f"\n  {SITE}/1?a=1&amp;b=2\n", more)), MAP)
    assert listing.kind is ListingKind.SITEMAP
    assert listing.entries == (
        Entry(
            url=f"{SITE}/1?a=1&b=2",
            title="Weir & lock",
            published_at=datetime(2026, 11, 21, tzinfo=UTC),
            modified_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
            language="en",
        ),
    )


def test_image_before_the_address():
    """The order of elements does not matter, and an address without any is counted."""
    body = urlset(f"{SITE}/1", ("", "<lastmod>2026-11-22</lastmod>"))
    body = body.replace(b"<url>", b"<url><image:image><image:loc>https://x.example/i.jpg</image:loc></image:image>", 1)
    listing = parse_listing(body, MAP)
    assert [entry.url for entry in listing.entries] == [f"{SITE}/1"]
    assert listing.unusable_count == 1


def test_index():
    """An index gives its sitemaps with their dates, of whatever precision."""
    body = index((f"{SITE}/a.xml.gz", "2026-11-22"), ("/b.xml", "2026-10"), (f"{SITE}/c.xml", None))
    listing = parse_listing(body, MAP)
    assert listing.kind is ListingKind.SITEMAP_INDEX
    assert listing.sitemaps == (
        SubSitemap(f"{SITE}/a.xml.gz", datetime(2026, 11, 22, tzinfo=UTC)),
        SubSitemap(f"{SITE}/b.xml", datetime(2026, 10, 1, tzinfo=UTC)),
        SubSitemap(f"{SITE}/c.xml", None),
    )


WHOLE = urlset(f"{SITE}/1?a=1&amp;b=2", f"{SITE}/2")
DAMAGED = {
    "bare ampersand": WHOLE.replace(b"&amp;", b"&"),
    "bare ampersand in CDATA": WHOLE.replace(b"<loc>", b"<loc><![CDATA[", 1)
    .replace(b"</loc>", b"]]></loc>", 1)
    .replace(b"&amp;", b"&"),
    "no namespace": WHOLE.replace(SITEMAP_NS.encode(), b""),
    "an old namespace": WHOLE.replace(b"www.sitemaps.org/schemas/sitemap/0.9", b"www.google.com/schemas/sitemap/0.84"),
    "prefixed": WHOLE.replace(b"xmlns=", b"xmlns:s=")
    .replace(b"<url", b"<s:url")
    .replace(b"</url", b"</s:url")
    .replace(b"loc>", b"s:loc>")
    .replace(b"</s:s:", b"</s:")
    .replace(b"</s:loc", b"</s:loc"),
    "byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "white space before the declaration": b"\r\n" + WHOLE,
    "a warning before it": b"Notice: undefined index in map.php\n" + WHOLE,
    "control characters": WHOLE.replace(b"<url>", b"\x08<url>"),
    "undeclared prefix": WHOLE.replace(b"</url>", b"<video:video/></url>"),
    "a tag left open": WHOLE.replace(b"</url>", b"<priority>0.5</url>"),
    "UTF-16": WHOLE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-8 that says UTF-16": WHOLE.replace(b"UTF-8", b"utf-16"),
    "bytes of another encoding": WHOLE.replace(b"<url>", b"<!-- caf\xe9 --><url>"),
    "gzipped": gzip.compress(WHOLE),
    "gzipped twice": gzip.compress(gzip.compress(WHOLE)),
    "text": f"{SITE}/1?a=1&b=2\r\n\r\n{SITE}/2\r\n".encode(),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_sitemaps_keep_every_address(body):
    """A sitemap that is not what the protocol asks for gives all its addresses, to the letter."""
    body = body.replace(b"<s:s:loc>", b"<s:loc>")
    assert sorted(urls(body)) == [f"{SITE}/1?a=1&b=2", f"{SITE}/2"]


@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_sitemap_that_breaks_off(share):
    """Of a sitemap that breaks off no half address is taken, and it is told."""
    whole = urlset(*(f"{SITE}/story-{number:04}" for number in range(50)))
    listing = parse_listing(whole[: int(len(whole) * share)], MAP)
    found = [entry.url for entry in listing.entries]
    assert len(found) > 50 * share - 10
    assert found == urls(whole)[: len(found)]
    assert listing.trouble.startswith("breaks off")


def test_addresses_with_entities_are_none():
    """An address with an entity of the document's own in it is not taken up to there: it would be another one."""
    body = urlset(f"{SITE}/1&x;2", f"{SITE}/3").decode()
    body = body.replace(XML, f'{XML}<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    listing = parse_listing(body.encode(), MAP)
    assert [entry.url for entry in listing.entries] == [f"{SITE}/3"]
    assert listing.unusable_count == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (XML.encode() + b"<urlset", "no sitemap: breaks off"),
        (gzip.compress(WHOLE)[:-12], "broken gzip"),
        (gzip.compress(b" " * 70 * 2**20), "once unpacked"),
        (b" " * (64 * 2**20 + 1), "the limit is"),
    ],
)
def test_what_is_no_sitemap(body, words):
    """What cannot be read as a sitemap is told, and no bomb goes off."""
    with pytest.raises(ListingError, match=words):
        parse_listing(body, MAP)


def test_deep_nesting_stops_at_the_parser_limit():
    """Of a sitemap of elements inside elements what stands before them is read, but for the last."""
    body = urlset(f"{SITE}/1", f"{SITE}/2").replace(b"</urlset>", b"<a>" * 100_000)
    assert urls(body) == [f"{SITE}/1"]


def test_fifty_thousand_addresses():
    """A sitemap as large as the protocol allows is read whole."""
    day = "<lastmod>2026-11-22T10:00:00Z</lastmod>"
    listing = parse_listing(gzip.compress(urlset(*((f"{SITE}/{n}", day) for n in range(50_000)))), MAP)
    assert len(listing.entries) == 50_000
    assert listing.entries[-1] == Entry(f"{SITE}/49999", modified_at=datetime(2026, 11, 22, 10, tzinfo=UTC))


def test_url_lists():
    """A list has an address a line; comments and blank lines are passed over, other lines counted."""
    listing = parse_url_list(f"\ufeff# ours\n{SITE}/1\n\n  {SITE}/2  \nharbourpost.example/3\nHTTPS://X.example/4\n")
    assert [entry.url for entry in listing.entries] == [f"{SITE}/1", f"{SITE}/2", "HTTPS://X.example/4"]
    assert (listing.kind, listing.unusable_count) == (ListingKind.URL_LIST, 1)


def test_robots():
    """The Sitemap lines of robots.txt count wherever they stand, in any case, relative ones too, each once."""
    robots = (
        "\ufeffUser-agent: *\nDisallow: /admin\n"
        f"Sitemap: {SITE}/a.xml\nsitemap:/b.xml\n\nUser-agent: other\nSITEMAP: {SITE}/a.xml\n"
    )
    assert parse_robots_sitemaps(robots.encode(), f"{SITE}/robots.txt") == (f"{SITE}/a.xml", f"{SITE}/b.xml")
    assert parse_robots_sitemaps(b"\xff\xfe<html>no robots</html>", f"{SITE}/robots.txt") == ()
