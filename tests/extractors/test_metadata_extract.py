"""Whole pages: each field from the first place that states it."""

from datetime import UTC, datetime

import lxml.html
import pytest

from extractors.metadata import fallback
from extractors.metadata.extract import PageContext, extract_metadata, metadata_from_hints
from extractors.records import DatePrecision, Hints, Metadata

URL = "https://news.example.com/town/river"
LATEST = datetime(2026, 11, 24, tzinfo=UTC)


def read(head="", body="<h1>River rises</h1><p>Water everywhere.</p>", *, lang="", url=URL, hints=None, text=""):
    html = f"<html{lang}><head>{head}</head><body>{body}</body></html>"
    return extract_metadata(lxml.html.document_fromstring(html), PageContext(url, hints or Hints(), text, LATEST))


FULL = """
<title>River rises | The Example Times</title>
<meta property="og:title" content="River rises - The Example Times">
<meta property="og:site_name" content="The Example Times">
<meta property="og:description" content="The river &amp;amp; the town.">
<meta property="og:image" content="/img/river.jpg">
<meta property="og:url" content="https://news.example.com/town/river">
<meta property="article:section" content="Town">
<meta property="article:tag" content="Rivers"><meta property="article:tag" content="rivers">
<meta name="keywords" content="floods, bridges,, category: X">
<link rel="canonical" href="/town/river?full=1"><link rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/deed.en">
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "River rises",
"datePublished": "2026-11-22T10:00:00+02:00", "dateModified": "2026-11-22T12:30:00Z", "isAccessibleForFree": "False",
"author": [{"@type": "Person", "name": "Ann Lee"}, {"@type": "Organization", "name": "The Example Times"}],
"publisher": {"@type": "Organization", "name": "The Example Times"}, "inLanguage": "en-GB"}</script>
"""


def test_a_page_that_states_everything():
    """Every field of a well-made page is read, the time zone kept."""
    assert read(FULL) == Metadata(
        title="River rises",
        authors=("Ann Lee",),
        description="The river & the town.",
        sitename="The Example Times",
        categories=("Town",),
        tags=("Rivers", "floods", "bridges"),
        language="en",
        image_url="https://news.example.com/img/river.jpg",
        license="CC BY-SA 4.0",
        canonical_url="https://news.example.com/town/river?full=1",
        published_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
        published_raw="2026-11-22T10:00:00+02:00",
        published_precision=DatePrecision.SECOND,
        published_source="json-ld",
        modified_at=datetime(2026, 11, 22, 12, 30, tzinfo=UTC),
        is_paywalled=True,
    )


def test_a_page_that_states_nothing():
    """A bare page has its heading for a title, and nothing made up."""
    assert read() == Metadata(title="River rises")


def test_the_tree_is_not_changed():
    """Reading metadata leaves the tree as it was for the extraction that follows."""
    tree = lxml.html.document_fromstring(f"<html><head>{FULL}</head><body><h1>x</h1><time>2026</time></body></html>")
    before = lxml.html.tostring(tree)
    extract_metadata(tree, PageContext())
    assert lxml.html.tostring(tree) == before


@pytest.mark.parametrize(
    ("head", "body", "source", "precision"),
    [
        (
            '<meta property="article:published_time" content="2026-11-22T08:00:00Z">',
            "",
            "meta:article:published_time",
            "second",
        ),
        ('<meta name="date" content="22.11.2026">', "", "meta:date", "day"),
        ('<meta itemprop="datePublished" content="2026-11-22">', "", "meta:datepublished", "day"),
        ("", '<span itemprop="datePublished">Nov 22, 2026</span>', "itemprop:datepublished", "day"),
        ("", '<h1>x</h1><time datetime="2026-11-22T08:00Z">today</time>', "time", "minute"),
        (
            "",
            '<h1>x</h1><nav><time datetime="2020-01-01">old</time></nav><time>22. November 2026</time>',
            "time",
            "day",
        ),
        (
            "",
            '<h1>x</h1><time class="updated" datetime="2026-11-23">n</time><time class="entry-date" datetime="2026-11-22">n</time>',
            "time",
            "day",
        ),
        ("", '<div class="article-date">22.11.2026</div>', "text", "day"),
    ],
)
def test_dates_are_found(head, body, source, precision):
    """The publication date is found wherever the page states it, and says where that was."""
    metadata = read(head, body)
    assert metadata.published_at is not None
    assert metadata.published_at.date().isoformat() == "2026-11-22"
    assert (metadata.published_source, metadata.published_precision) == (source, precision)


def test_date_in_the_url_is_weak():
    """The URL's day counts only when the page states none."""
    url = "https://news.example.com/2026/11/20/river"
    assert read(url=url).published_source == "url"
    stated = read('<meta name="date" content="2026-11-19">', url=url)
    assert (stated.published_raw, stated.published_source) == ("2026-11-19", "meta:date")


def test_the_future_is_not_believed():
    """A date after the latest believed is passed over for the next one."""
    head = '<meta property="article:published_time" content="2099-01-01"><meta name="date" content="2026-11-22">'
    assert read(head).published_raw == "2026-11-22"


def test_hints_fill_and_do_not_overrule():
    """What the page states stands; what it does not is taken from beside it."""
    hints = Hints(
        title="Hinted", authors=("By Bo Ray",), published_raw="2026-11-01", sitename="Hinted Times", tags=("t", "T")
    )
    metadata = read('<meta name="author" content="Ann Lee">', hints=hints)
    assert (metadata.title, metadata.authors, metadata.sitename, metadata.tags) == (
        "River rises",
        ("Ann Lee",),
        "Hinted Times",
        ("t",),
    )
    assert (metadata.published_raw, metadata.published_source) == ("2026-11-01", "hint")


def test_hints_alone():
    """A page without a tree has what came beside it, and its text's language."""
    hints = Hints(
        title=" A  dump ", published_raw="22.11.2026", language="de-AT", image_url="ftp://x", modified_raw="2026-11-23"
    )
    assert metadata_from_hints(hints, LATEST) == Metadata(
        title="A dump",
        language="de",
        published_at=datetime(2026, 11, 22, tzinfo=UTC),
        published_raw="22.11.2026",
        published_precision=DatePrecision.DAY,
        published_source="hint",
        modified_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    assert metadata_from_hints(Hints()) == Metadata()


@pytest.mark.parametrize(
    ("lang", "head", "language"),
    [
        (' lang="de-CH"', "", "de"),
        (' lang="nb-NO"', "", "no"),
        ("", '<meta http-equiv="Content-Language" content="fr">', "fr"),
        ("", '<meta property="og:locale" content="pt_BR">', "pt"),
        (' lang="x"', '<meta property="og:locale" content="iw_IL">', "he"),
        ("", "", None),
    ],
)
def test_declared_languages(lang, head, language):
    """The declared language is read from each of its places."""
    assert read(head, lang=lang).language == language


def test_text_overrules_a_templates_language():
    """A page whose text is surely German is German, whatever its template says."""
    text = "Der Fluss ist in der Nacht über die Ufer getreten, und die Leute haben auf der Brücke gestanden. " * 5
    assert read(lang=' lang="en-US"', text=text).language == "de"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (URL, None),
        ("https://news.example.com/", "https://news.example.com/"),
        (None, "https://news.example.com/"),
    ],
)
def test_canonical_to_the_front_page(url, canonical):
    """A canonical link to the front page is believed of the front page only."""
    assert read('<link rel="canonical" href="https://news.example.com/">', url=url).canonical_url == canonical


@pytest.mark.parametrize(
    ("head", "is_paywalled"),
    [
        ('<meta property="article:content_tier" content="locked">', True),
        ('<meta property="article:content_tier" content="metered">', True),
        ('<meta property="article:content_tier" content="free">', False),
        ('<meta name="isPremium" content="0">', False),
        ('<meta itemprop="isAccessibleForFree" content="false">', True),
        ('<meta name="premium" content="perhaps">', None),
    ],
)
def test_paywalls(head, is_paywalled):
    """A page is locked, free or silent by its own words."""
    assert read(head).is_paywalled is is_paywalled


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        # The heading that readers see, where another statement bears it out.
        (
            '<meta property="og:title" content="You will not believe how the river rises today">',
            "<h1>How the river rises</h1>",
            "How the river rises",
        ),
        # A heading that is the site's banner or a section's name is none.
        ('<meta property="og:title" content="River rises">', "<h1>Opinion</h1>", "River rises"),
        (
            '<meta property="og:site_name" content="Example"><title>River rises - Example</title>',
            "<h1>Example</h1>",
            "River rises",
        ),
        ("<title>River rises :: Floods</title>", "<h1>River rises</h1>", "River rises"),
        ("<title>Home</title>", "<svg><title>River</title></svg><h2>x</h2>", None),
    ],
)
def test_titles(head, body, title):
    """The title is the article's, not the site's, and not a section's."""
    assert read(head, body).title == title


def test_authors_in_their_places():
    """Authors are found in meta tags, labels for messengers, microdata, author links and bylines."""
    assert read(
        '<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Ann Lee">'
    ).authors == ("Ann Lee",)
    assert read(
        '<meta name="citation_author" content="Lee, Ann"><meta name="citation_author" content="Ray, Bo">'
    ).authors == ("Ann Lee", "Bo Ray")
    assert read(
        body='<div itemprop="author" itemscope><span itemprop="name">Ann Lee</span> and more</div>'
    ).authors == ("Ann Lee",)
    assert read(body='<h1>x</h1><a rel="author" href="/ann">Ann Lee</a>').authors == ("Ann Lee",)
    assert read(body='<h1>x</h1><p class="author-name">By Ann Lee</p>').authors == ("Ann Lee",)


def test_the_search_of_last_resort_may_fail(monkeypatch):
    """Whatever the search raises, the page keeps its other metadata."""

    def broken(*_args, **_kwargs):
        raise RuntimeError("no")

    for name in ("extract_author", "extract_title", "find_date"):
        monkeypatch.setattr(fallback, name, broken)
    assert read(body="<p>no heading</p>", url=None) == Metadata()


@pytest.mark.parametrize(
    "html",
    [
        "<p>",
        "<html></html>",
        "<!-- only a comment --><html><body>" + "<div>" * 300,
        "<meta content=x>" * 3000,
        "<time>" * 500,
        '<a rel="tag">' * 3000,
        '<html lang="\ufffd"><meta property="og:image" content="http://[x"><link rel=canonical href="http://[">',
        '<script type="application/ld+json">' + '{"a":[' * 50_000,
        "<title></title><h1></h1>" * 50,
    ],
)
def test_total(html):
    """No tree makes it raise."""
    tree = lxml.html.document_fromstring(html)
    assert isinstance(extract_metadata(tree, PageContext(latest=LATEST)), Metadata)
