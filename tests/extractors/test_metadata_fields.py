"""The fields one by one: titles, authors, addresses, topics, licences, paywalls."""

import pytest

from extractors.metadata.authors import authors_in_byline, parse_authors
from extractors.metadata.links import absolute_url
from extractors.metadata.titles import strip_sitename
from extractors.metadata.values import clean_text, compare_key, unique_texts


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ann Lee", ["Ann Lee"]),
        ("By Ann Lee and Bo Ray", ["Ann Lee", "Bo Ray"]),
        ("Von Anna Muster und Bert Beispiel", ["Anna Muster", "Bert Beispiel"]),
        ("Von Stetten", ["Von Stetten"]),
        ("Par Zoé Blanc et Luc Petit", ["Zoé Blanc", "Luc Petit"]),
        ("Por Inés Prado y Juan Vega", ["Inés Prado", "Juan Vega"]),
        ("Ann Lee, Bo Ray, and Cy Orr", ["Ann Lee", "Bo Ray", "Cy Orr"]),
        ("Ann Lee; Bo Ray | Cy Orr", ["Ann Lee", "Bo Ray", "Cy Orr"]),
        ("Ann Lee, ANN LEE", ["Ann Lee"]),
        ("Ann Lee, Senior Reporter", ["Ann Lee"]),
        ("Ann Lee, PhD, MBA", ["Ann Lee"]),
        ("Ann Lee - Example Editorial Team", ["Ann Lee"]),
        ("Ann Lee (photos)", ["Ann Lee"]),
        ("Written by: Ann Lee", ["Ann Lee"]),
        ("Ann Lee | ann@example.com", ["Ann Lee"]),
        ("https://social.example.com/annlee", []),
        ("@annlee", []),
        ("admin", []),
        ("1482088941", []),
        ("example.de, Frankfurt, Germany", []),
        ("Office for Bridges and Research", ["Office for Bridges and Research"]),
        ("The Example Times", []),
        ("<b>Ann&nbsp;Lee</b>", ["Ann Lee"]),
        ("松岡花子、田中太郎", ["松岡花子", "田中太郎"]),
        ("x" * 2000, []),
        (None, []),
    ],
)
def test_authors(value, names):
    """Bylines come apart into names; addresses, roles and the site itself are no authors."""
    assert list(parse_authors([value], "The Example Times")) == names


def test_bylines_found_by_their_looks():
    """A byline found by class name alone must look like people."""
    assert authors_in_byline("Ann Lee Dec; Hardware; October; Wp 17", None) == ("Ann Lee",)


@pytest.mark.parametrize(
    ("title", "stripped"),
    [
        ("River rises | The Example Times", "River rises"),
        ("River rises - Example Times", "River rises"),
        ("River rises – and falls – The Example Times", "River rises – and falls"),
        ("The Example Times: River rises", "The Example Times: River rises"),
        ("The Example Times | River rises", "River rises"),
        ("River rises | News | The Example Times", "River rises | News"),
        ("Bridges shut - live updates - Elsewhere", "Bridges shut"),
        ("River rises：The Example Times", "River rises"),
        ("The Example Times", "The Example Times"),
        ("A well-known river", "A well-known river"),
        ("River - rises", "River - rises"),
    ],
)
def test_sitename_is_stripped(title, stripped):
    """The site's name goes from either end, and what follows a heading of the page; nothing else does."""
    assert strip_sitename(title, "The Example Times", {compare_key("Bridges shut")}) == stripped


@pytest.mark.parametrize(
    ("link", "resolved"),
    [
        ("/a b.jpg", "https://news.example.com/a%20b.jpg"),
        ("//img.example.com/a.jpg", "https://img.example.com/a.jpg"),
        ("http://example.com/x", "http://example.com/x"),
        ("data:image/png;base64,AAAA", None),
        ("javascript:void(0)", None),
        ("http://[::1", None),
        ("http://example.com:99999/", None),
        ("http://", None),
        ("", None),
    ],
)
def test_links(link, resolved):
    """Links are resolved against the page, and only web addresses remain."""
    assert absolute_url("https://news.example.com/story", link) == resolved


def test_clean_text():
    """Values lose tags, entities, surrogates and surplus space; what is empty is None."""
    assert clean_text(" Fish &amp; <b>chips</b>\n\x00\ud800 now ") == "Fish & chips now"
    assert clean_text(" \n\u200b ") is None
    assert unique_texts(["a", "A", " b ", None, "x" * 500], limit=2) == ("a", "b")
