"""JSON-LD: sloppy scripts are read, the right node is chosen, and no script can do harm."""

import json

import pytest

from extractors.metadata.json_ld import LinkedData, parse_script, read_linked_data

URL = "https://news.example.com/river"
ARTICLE = {"@type": "NewsArticle", "headline": "River rises", "datePublished": "2026-11-22"}


@pytest.mark.parametrize(
    "script",
    [
        json.dumps(ARTICLE),
        "\n<!-- " + json.dumps(ARTICLE) + " -->\n",
        "//<![CDATA[\n" + json.dumps(ARTICLE) + "\n//]]>",
        json.dumps(ARTICLE)[:-1] + ",}",
        json.dumps(ARTICLE) + ";",
        json.dumps(ARTICLE) + "\n" + json.dumps({"@type": "WebSite"}),
        json.dumps(ARTICLE).replace('"', "&quot;"),
        json.dumps([{"@type": "WebSite", "name": "x"}, ARTICLE]),
        json.dumps({"@graph": [{"@type": "WebPage", "datePublished": "2020-01-01"}, ARTICLE]}),
        json.dumps({"@type": "WebPage", "mainEntity": ARTICLE}),
        '{"@type": ["Thing", "NewsArticle"], "headline": "River\trises", "datePublished": "2026-11-22"}',
        '{"@type": "NewsArticle", "description": "They say "no" twice", "headline": "River rises", "datePublished": "2026-11-22"}',
        '{"@type": "http://schema.org/NewsArticle", "headline": "River rises", "datePublished": ["2026-11-22"]}',
    ],
)
def test_shapes(script):
    """The article is found in every shape that pages wrap it in, well-formed or not."""
    data = read_linked_data([script], URL, None)
    assert data.published[0] == "2026-11-22"
    assert " ".join(data.headlines[0].split()) == "River rises"


def test_own_node_is_chosen():
    """Among several articles the page's own counts: by its address, else by its title; listed ones last."""
    other = {"@type": "NewsArticle", "headline": "Something else", "datePublished": "2020-01-01", "author": "X"}
    listed = {"@type": "ItemList", "itemListElement": [{"item": other}]}
    own = ARTICLE | {"mainEntityOfPage": {"@id": URL + "/"}}
    assert read_linked_data([json.dumps([other, own])], URL, None).headlines == ("River rises",)
    assert read_linked_data([json.dumps([other, ARTICLE])], None, "River rises | Example").headlines == ("River rises",)
    assert read_linked_data([json.dumps([listed, ARTICLE])], None, None).headlines == ("River rises",)


def test_references_are_followed_once():
    """Authors, publishers and images given by id are looked up; ids that point at one another end the search."""
    graph = [
        ARTICLE | {"author": {"@id": "#ann"}, "publisher": {"@id": "#org"}, "image": {"@id": "#img"}},
        {"@id": "#ann", "@type": "Person", "name": "Ann Lee"},
        {"@id": "#org", "@type": "Organization", "name": "Example Times"},
        {"@id": "#img", "@type": "ImageObject", "url": {"@id": "#img"}, "contentUrl": "https://example.com/i.jpg"},
    ]
    data = read_linked_data([json.dumps({"@graph": graph})], None, None)
    assert (data.authors, data.sitenames, data.images) == (
        ("Ann Lee",),
        ("Example Times",),
        ("https://example.com/i.jpg",),
    )


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ann Lee", ("Ann Lee",)),
        ({"@type": "Person", "name": ["Ann Lee"]}, ("Ann Lee",)),
        ([{"name": "Ann Lee"}, "Bo Ray"], ("Ann Lee", "Bo Ray")),
        ({"givenName": "Ann", "familyName": "Lee"}, ("Ann Lee",)),
        ({"@type": "Person", "url": "https://example.com/ann"}, ()),
        (None, ()),
        (7, ()),
    ],
)
def test_author_shapes(author, names):
    """Authors come as strings, nodes, lists and parts."""
    assert read_linked_data([json.dumps(ARTICLE | {"author": author})], None, None).authors == names


@pytest.mark.parametrize(
    ("extra", "is_free"),
    [
        ({"isAccessibleForFree": False}, False),
        ({"isAccessibleForFree": "False"}, False),
        ({"isAccessibleForFree": True}, True),
        ({"isAccessibleForFree": True, "hasPart": {"isAccessibleForFree": "false"}}, False),
        ({"hasPart": [{"@type": "WebPageElement", "isAccessibleForFree": False}]}, False),
        ({}, None),
    ],
)
def test_free_or_not(extra, is_free):
    """A locked article or a locked part makes it locked; silence is silence."""
    assert read_linked_data([json.dumps(ARTICLE | extra)], None, None).is_free is is_free


@pytest.mark.parametrize(
    "script",
    [
        "[" * 200_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"@graph":' * 900 + "[]" + "}" * 900,
        "null",
        "17",
        '"text"',
        '{"@type": {"@type": {"@type": "NewsArticle"}}, "headline": {"name": {"name": {}}}}',
        '{"@type": "Article", "headline": "\\ud800"}',
        "{" + '"@type": "Article", ' * 300_000,
        "not json at all",
        "",
    ],
)
def test_total_on_bombs(script):
    """Deep, endless and nonsensical scripts give no exception, and at most strings."""
    assert isinstance(read_linked_data([script], URL, "t"), LinkedData)


def test_huge_script_still_names_the_article():
    """Of a script of megabytes the beginning is searched for the main strings."""
    script = json.dumps(ARTICLE | {"articleBody": "water " * 400_000})
    assert len(script) > 2_000_000
    assert parse_script(script) == [{"@type": "Article", "headline": "River rises", "datePublished": "2026-11-22"}]
