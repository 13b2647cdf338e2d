"""Feeds: RSS, Atom, RDF and JSON Feed as sites build them, damaged ones, hostile ones, and what is no feed."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime

import pytest
from discovery_samples import SITE, XML, item, parse_or_die, rss

from flows.discovery.formats import parse_listing
from flows.discovery.listing import ListingError, ListingKind
from flows.discovery.parsing import ListingParser, parse_totally

FEED = f"{SITE}/rss"


def urls(body, url=FEED):
    """Return the addresses of a listing."""
    return [entry.url for entry in parse_listing(body, url).entries]


def test_rss():
    """An RSS item gives its address, title, date in UTC and the language of the feed; markup is no part of a title."""
    listing = parse_listing(rss(item(f"{SITE}/1?a=1&amp;b=2", "<![CDATA[Weir <b>mended</b> &amp; open]]>")), FEED)
    (entry,) = listing.entries
    assert (listing.kind, listing.trouble, listing.unusable_count) == (ListingKind.RSS, None, 0)
    assert (entry.url, entry.title, entry.language) == (f"{SITE}/1?a=1&b=2", "Weir mended & open", "en-GB")
    assert (entry.published_at, entry.modified_at) == (datetime(2026, 11, 22, 9, tzinfo=UTC), None)


def test_atom():
    """Atom: the alternate link and no other, joined to xml:base; both dates; the entry's own language."""
    body = (
        f'{XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{SITE}/news/" xml:lang="fr"><title>c</title>'
        '<entry><title type="html">A &amp;amp; B</title><link rel="self" href="x.atom"/>'
        '<link rel="enclosure" href="a.mp3"/><link rel="alternate" type="text/html" href="one.html"/>'
        "<updated>2026-11-22T10:00:00Z</updated><published>2026-11-20T10:00:00+02:00</published></entry>"
        f'<entry xml:lang="de"><title>x</title><id>{SITE}/2</id></entry></feed>'
    ).encode()
    listing = parse_listing(body, FEED)
    first, second = listing.entries
    assert listing.kind is ListingKind.ATOM
    assert (first.url, first.title, first.language) == (f"{SITE}/news/one.html", "A & B", "fr")
    assert first.published_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert first.modified_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert (second.url, second.language, second.published_at) == (f"{SITE}/2", "de", None)


def test_rdf():
    """RSS 1.0 is RDF: items stand beside the channel, and their date is Dublin Core's."""
    body = (
        f'{XML}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{SITE}/"><title>c</title></channel>'
        f'<item rdf:about="{SITE}/1"><title>T</title><link>{SITE}/1</link><dc:date>2026-11-22T10:00:00Z</dc:date></item>'
        "</rdf:RDF>"
    ).encode()
    (entry,) = parse_listing(body, FEED).entries
    assert (entry.url, entry.modified_at) == (f"{SITE}/1", datetime(2026, 11, 22, 10, tzinfo=UTC))


def test_json_feed():
    """JSON Feed: the item's url, else an id that is an address, else the external one; an item without any is counted."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "x",
        "language": "de",
        "items": [
            {"id": "1", "url": "/1", "title": "T", "date_published": "2026-11-22T10:00:00+01:00", "language": "nl"},
            {"id": f"{SITE}/2", "date_modified": "2026-11-21"},
            {"id": 3, "external_url": "https://elsewhere.example/3"},
            {"id": "4", "title": "no address"},
            "no object",
        ],
    }
    listing = parse_listing(b"\xef\xbb\xbf" + json.dumps(feed).encode(), f"{SITE}/feed.json")
    assert [entry.url for entry in listing.entries] == [f"{SITE}/1", f"{SITE}/2", "https://elsewhere.example/3"]
    assert [entry.language for entry in listing.entries] == ["nl", "de", "de"]
    assert listing.entries[0].published_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert listing.entries[1].modified_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert (listing.kind, listing.trouble, listing.unusable_count) == (ListingKind.JSON_FEED, None, 2)


def test_permanent_guids_are_addresses():
    """A guid is the address where there is no link, unless it says that it is none."""
    body = rss(
        f'<item><guid isPermaLink="true">{SITE}/1</guid></item>',
        f'<item><guid isPermaLink="false">{SITE}/2</guid></item>',
        f"<item><guid>{SITE}/3</guid></item>",
    )
    listing = parse_listing(body, FEED)
    assert [entry.url for entry in listing.entries] == [f"{SITE}/1", f"{SITE}/3"]
    assert listing.unusable_count == 1


def test_address_behind_a_counting_proxy():
    """Where a feed service names the publisher's own address beside its counting one, the own one is taken."""
    more = f'<f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">{SITE}/1</f:origLink>'
    assert urls(rss(item("https://proxy.example/~r/1", more=more))) == [f"{SITE}/1"]


WHOLE = rss(item(f"{SITE}/1"), item(f"{SITE}/2"))
DAMAGED = {
    "white space before the declaration": b"\n\n  " + WHOLE,
    "byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "undefined entity": WHOLE.replace(b"mended", b"mended&nbsp;again"),
    "bytes of another encoding": WHOLE.replace(b"mended", b"m\xe9nded\xff"),
    "control characters": WHOLE.replace(b"mended", b"mended\x0b\x00"),
    "UTF-16": WHOLE.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-8 that says UTF-16": WHOLE.replace(b"UTF-8", b"utf-16"),
    "latin-1 and says so": WHOLE.replace(b"UTF-8", b"ISO-8859-1").replace(b"mended", b"m\xe9nded"),
    "a tag left open": WHOLE.replace(b"The weir", b"The <b>weir"),
    "undeclared prefix": WHOLE.replace(b"</item>", b"<media:content url='x'/></item>"),
    "junk after the end": WHOLE + b"<script>count()</script>",
    "a warning of PHP before it": b"<br />\n<b>Warning</b>: no cache in feed.php<br />\n" + WHOLE,
    "upper case": WHOLE.replace(b"item>", b"ITEM>").replace(b"link>", b"LINK>"),
    "one date that is none": WHOLE.replace(b"Sun, 22 Nov 2026 10:00:00 +0100", b"soon", 1),
    "gzipped": gzip.compress(WHOLE),
    "gzipped twice": gzip.compress(gzip.compress(WHOLE)),
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_feeds_keep_every_entry(body):
    """A feed that is not what the standard asks for gives all its entries all the same."""
    assert urls(body) == [f"{SITE}/1", f"{SITE}/2"]


def test_bare_ampersands_stay_in_addresses():
    """`?a=1&b=2` written as it is gives that address, and the feed is reported as not well-formed."""
    listing = parse_listing(rss(item(f"{SITE}/1?a=1&b=2&copy=3", "Bread & water"), item(f"{SITE}/2")), FEED)
    assert [entry.url for entry in listing.entries] == [f"{SITE}/1?a=1&b=2&copy=3", f"{SITE}/2"]
    assert listing.entries[0].title == "Bread & water"
    assert listing.trouble.startswith("not well-formed")


@pytest.mark.parametrize(
    ("written", "charset", "title"),
    [
        ("Caf\u00e9 \u00fcber".encode(), None, "Caf\u00e9 \u00fcber"),
        ("Caf\u00e9 \u00fcber".encode(), "iso-8859-1", "Caf\u00e9 \u00fcber"),
        ("Caf\u00e9 \u00fcber".encode() + b"\xff", None, "Caf\u00e9 \u00fcber\ufffd"),
        ("Caf\u00e9 \u00fcber".encode("cp1252"), None, "Caf\u00e9 \u00fcber"),
        ("Caf\u00e9 \u00fcber".encode("cp1252"), "utf-8", "Caf\u00e9 \u00fcber"),
        ("Caf\u00e9 \u010d".encode("iso-8859-2"), "iso-8859-2", "Caf\u00e9 \u010d"),
    ],
)
def test_encodings(written, charset, title):
    """A feed that says UTF-8 is read so, bad bytes and a server's default header notwithstanding, or as what it is."""
    (entry,) = parse_listing(rss(item(f"{SITE}/1")).replace(b"The weir is mended", written), FEED, charset).entries
    assert entry.title == title


def test_references_in_damaged_atom():
    """In a feed that is not well-formed references in attributes are undone too, whichever way they are written."""
    links = "".join(
        f'<entry><link href="{SITE}/{n}?a=1&{sign}b=2"/><br></entry>' for n, sign in enumerate(("amp;", "", "#38;"))
    )
    body = f'{XML}<feed xmlns="http://www.w3.org/2005/Atom">{links}</feed>'.encode()
    listing = parse_listing(body, FEED)
    assert listing.trouble
    assert [entry.url for entry in listing.entries][:2] == [f"{SITE}/{n}?a=1&b=2" for n in range(2)]


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_feed_that_breaks_off(share):
    """Of a feed that breaks off no half address is taken: what is given is the beginning of what was there."""
    whole = rss(*(item(f"{SITE}/story-{number:04}") for number in range(50)))
    listing = parse_listing(whole[: int(len(whole) * share)], FEED)
    found = [entry.url for entry in listing.entries]
    assert len(found) > 50 * share - 5
    assert found == urls(whole)[: len(found)]
    assert listing.trouble.startswith("breaks off")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Sun, 22 Nov 2026 10:00:00 EST", datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("2026-11-22T10:00:00+0100", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22 10:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("22 Nov 2026", datetime(2026, 11, 22, tzinfo=UTC)),
        ("dim., 22 novembre 2026", datetime(2026, 11, 22, tzinfo=UTC)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("99 Foo 20266", None),
        ("", None),
    ],
)
def test_dates(written, moment):
    """Dates are read into UTC in the forms that feeds use; the zero of a clock is no date."""
    (entry,) = parse_listing(rss(item(f"{SITE}/1", date=written)), FEED).entries
    assert entry.published_at == moment


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"<!doctype html><html><head><title>Not here</title></head><body><p>Gone</body></html>", "HTML page"),
        (b"[]", "JSON"),
        (b'{"items": 3}', "JSON"),
        (b'{"items": [', "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither RSS nor Atom"),
        (b"No feed here, sorry.", "neither feed nor sitemap"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "neither feed nor sitemap"),
        (gzip.compress(WHOLE)[:-20], "broken gzip"),
    ],
)
def test_what_is_no_feed(body, words):
    """Anything else is told in one line."""
    with pytest.raises(ListingError, match=words) as raised:
        parse_listing(body, FEED)
    assert "\n" not in str(raised.value)


def test_no_file_is_opened(tmp_path):
    """A body that is the path of a file is not taken for one: feedparser by itself opens it."""
    path = tmp_path / "feed.xml"
    path.write_bytes(WHOLE)
    with pytest.raises(ListingError):
        parse_listing(b"<" + str(path).encode(), FEED)
    with pytest.raises(ListingError):
        parse_listing(str(path).encode(), FEED)


def test_entities_are_neither_loaded_nor_blown_up(tmp_path):
    """External entities stay unread, and a billion laughs end at the parser's limit."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the combination of the safe")
    inner = rss(item(f"{SITE}/1", "&x;")).decode().removeprefix(XML)
    external = f'{XML}<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>{inner}'
    (entry,) = parse_listing(external.encode(), FEED).entries
    assert "combination" not in (entry.title or "")
    laughs = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    bomb = f'{XML}<!DOCTYPE rss [<!ENTITY a0 "ha"><!ENTITY x "&a9;">{laughs}]>{inner}'
    listing = parse_listing(bomb.encode(), FEED)
    assert len(listing.entries[0].title or "") < 1_000


def test_gzip_bomb_is_refused():
    """A small body that unpacks to more than a listing may have is refused before it is unpacked whole."""
    with pytest.raises(ListingError, match="once unpacked"):
        parse_listing(gzip.compress(b"\x00" * 70 * 2**20), FEED)


def test_fifty_thousand_entries():
    """A feed of 50,000 entries is read whole, in a process of its own, while the event loop goes on."""
    body = rss(*(item(f"{SITE}/{number}") for number in range(50_000)))
    ticks = []

    async def tick():
        while True:
            ticks.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0.05)

    async def run():
        beat = asyncio.create_task(tick())
        async with ListingParser(seconds=600.0) as parser:
            listing = await parser.parse(body, FEED)
        beat.cancel()
        return listing

    listing = asyncio.run(run())
    assert len(listing.entries) == 50_000
    assert listing.entries[-1].url == f"{SITE}/49999"
    assert len(ticks) > 20


def test_parsing_has_a_deadline():
    """A document that keeps a parser busy is given up, and the parser is ready for the next one."""
    hostile = rss(item(f"{SITE}/1") + "<x " + " ".join(f"a{n}='1'" for n in range(60_000)) + "/>")

    async def run():
        async with ListingParser(seconds=1.0) as parser:
            with pytest.raises(ListingError, match="not parsed after 1 seconds"):
                await parser.parse(hostile, FEED)
            return await parser.parse(rss(*(item(f"{SITE}/{n}") for n in range(10))), FEED)

    assert len(asyncio.run(run()).entries) == 10


def test_a_process_that_dies_costs_one_listing():
    """A crash, a kill or an allocation too many ends one parse; the next one has a process again."""

    async def run():
        async with ListingParser(workers=1, parse=parse_or_die) as parser:
            for words in (b"exit", b"kill", b"eat"):
                with pytest.raises(ListingError, match="the process that parsed it died"):
                    await parser.parse(words + b" " * 300_000, FEED)
            return await parser.parse(b" " * 300_000, FEED)

    assert asyncio.run(run()).entries == ()


def test_whatever_a_parser_raises_is_a_listing_error(monkeypatch):
    """A defect of a parser costs one listing, with its type in the message."""

    def fail(*_):
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("flows.discovery.parsing.parse_listing", fail)
    with pytest.raises(ListingError, match="cannot be parsed: ZeroDivisionError: by chance"):
        parse_totally(b"x", FEED, None)
