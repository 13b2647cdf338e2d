"""Authors: the names in bylines, one by one, without what bylines add to them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from extractors.metadata.month_names import MONTHS
from extractors.metadata.page_parts import PageParts
from extractors.metadata.values import clean_text, compare_key

_AUTHOR_METAS = (
    "parsely-author",
    "sailthru.author",
    "author",
    "article:author_name",
    "og:article:author",
    "og:author",
    "article:author",
    "article_author",
    "article-author",
    "byl",
    "authors",
    "dcsext.author",
    "cxenseparse:author",
    "shareaholic:article_author_name",
    "dc.creator",
    "dcterms.creator",
    "dc:creator",
    "creator",
    "itemprop:author",
)
_WRITTEN_BY = re.compile(
    r"^(?:written by|author|posted by|verfasst von|geschrieben von|autor|escrito por|por|écrit par|geschreven door|"
    r"auteur|scritto da|napisane przez|skrevet av|skriven av|skrevet af|автор|написано)\W*$",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:(?:this \w+ was )?(?:written|posted|reported|story|words|article|text) by|by|autore?|author|text|texto|tekst|"
    r"texte|von|par|por|door|przez|автор)(?:\s*:\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
# "Von" and "Par" begin names as well: they are bylines only before two words.
_LIKE_A_NAME = re.compile(r"^(?:von|par|por|door)\s+\S+$", re.IGNORECASE)
_APART = re.compile(r"\s*[;|•·、，]\s*|\s*,\s*(?:(?:and|und|et|y|e|&)\s+)?(?=\S)|\s+/\s*|\s*/\s+")
# Two people, not an office of this and that: two words or more on both sides.
_PAIR = re.compile(r"(?<=\w)(?<!\s)\s+(?:and|und|et|y|e|en|og|och|oraz|и|&|\+)\s+(?=\S+\s+\S)", re.IGNORECASE)
_DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|de|fr|es|it|tv|news|co\.uk|ch|at|nl|pl)$", re.IGNORECASE)
# What bylines append to a name: a team after a dash, a remark in brackets.
_TRAILER = re.compile(r"\s+[-–—]\s.*$|\s*\(.*$|\s+on (?:Facebook|Twitter|X|Instagram|LinkedIn)$")
_NO_NAME = re.compile(
    r"https?:|www\.|@|\.(?:com|org|net|de|html)\b|^[\W\d_]+$|^(?:admin|administrator|editor|editors|staff|user|guest|"
    r"author|unknown|anonymous|none|null|undefined|n/a|webmaster|root|sponsored by .*|"
    r"follow|folgen|seguir|suivre|share|teilen)$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:writer|reporter|correspondent|editor|editor-in-chief|journalist(?:in)?|columnist|contributor|producer|"
    r"redakteur(?:in)?|korrespondent(?:in)?|redactora?|rédact(?:eur|rice)|dietitian|nutritionist|ph\.?\s?d|m\.?d|mba|jr|sr|"
    r"esq|mph|ms|msc|ma|bsc|rn|rd|rdn|ld|fand|cfa|cpa|dds|lcsw)\.?$|^(?:(?:sr\.?|senior|vice|chief|managing|deputy)\s+)*"
    r"(?:director|manager|head|president|officer|professor)\b",
    re.IGNORECASE,
)


def parse_authors(values: Iterable[str | None], sitename: str | None = None) -> tuple[str, ...]:
    """Return the names in some bylines, each once, in order. Addresses, handles, roles and the site's name are not."""
    found: dict[str, str] = {}
    site = compare_key(sitename)
    for value in values:
        for name in _split(value):
            key = compare_key(name)
            if key and key != site and len(found) < 30:
                found.setdefault(key, name)
    return tuple(found.values())


def authors_in_byline(byline: str | None, sitename: str | None) -> tuple[str, ...]:
    """Return the people in a byline found by its looks alone: two capitalised words at least, no dates, no labels."""
    people = []
    for name in parse_authors([byline], sitename):
        words = name.split()
        while words and words[-1].casefold().strip(".") in MONTHS:
            words.pop()
        if len(words) >= 2 and words[0][:1].isupper() and not any(c.isdigit() for c in name):
            people.append(" ".join(words))
    return tuple(people)


def authors_in_tags(parts: PageParts, sitename: str | None) -> tuple[str, ...]:
    """Return the authors that meta tags, microdata or author links name: those of the first place that names any."""
    scholarly = [_given_name_first(value) for value in parts.meta("citation_author", "citation_authors")]
    places: list[list[str]] = [scholarly, *([*parts.metas.get(name, ())] for name in _AUTHOR_METAS)]
    places.extend(
        [parts.metas[f"twitter:data{n}"][0]]
        for n in (1, 2)
        if parts.metas.get(f"twitter:data{n}") and any(_WRITTEN_BY.match(v) for v in parts.meta(f"twitter:label{n}"))
    )
    places.append([*parts.itemprops.get("author", ())][:5])
    places.append([text for rel, _, text in parts.anchors if "author" in rel.split()][:3])
    for place in places:
        names = parse_authors(place, sitename)
        if names:
            return names
    return ()


def _given_name_first(value: str) -> str:
    family, _, given = value.partition(",")
    return f"{given.strip()} {family.strip()}" if given and "," not in given else value


def _split(value: str | None) -> list[str]:
    text = clean_text(value)
    if not text or len(text) > 500:
        return []
    pieces = [pair for piece in _APART.split(_without_prefix(text)) for pair in _pair(piece)]
    if len(pieces) > 1 and _DOMAIN.match(pieces[0]):
        # A site's own imprint: its name, city and country.
        return []
    names: list[str] = []
    for piece in pieces:
        name = _without_prefix(_TRAILER.sub("", piece.strip(" \t-–—,.:;()[]\"'")))
        if 2 <= len(name) <= 80 and len(name.split()) <= 8 and not _NO_NAME.search(name) and not _ROLE.search(name):
            names.append(name)
    return names


def _pair(piece: str) -> list[str]:
    """Split "Ann Lee and Bo Ray", but not "Center for Drugs and Research"."""
    people = _PAIR.split(piece)
    return people if all(2 <= len(name.split()) <= 4 for name in people) else [piece]


def _without_prefix(text: str) -> str:
    return text if _LIKE_A_NAME.match(text) else _PREFIX.sub("", text, count=1)
