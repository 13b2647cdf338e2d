"""Articles of a made-up site, each of its own words, for the tests of learned furniture."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from extractors.furniture.pages import SitePage

SITE = "weirside.example"
BOX = "The Weirside Courier has been printed at the old paper mill since the flood year, on two floors and a landing."
_NOUNS = [
    "barge",
    "heron",
    "miller",
    "sluice",
    "lantern",
    "ferry",
    "orchard",
    "chapel",
    "ladder",
    "kettle",
    "anvil",
    "meadow",
    "compass",
    "violin",
    "quarry",
    "saddle",
    "trumpet",
    "bakery",
    "garden",
    "harbour",
    "tunnel",
    "carpet",
    "basket",
    "mirror",
    "pencil",
    "window",
    "stable",
    "bridge",
    "candle",
    "pepper",
]
_VERBS = ["found", "carried", "mended", "painted", "borrowed", "counted", "moved", "opened", "followed", "hid"]


def sentence(seed: object) -> str:
    """Return a sentence that hardly any other seed gives."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    noun = [_NOUNS[byte % len(_NOUNS)] for byte in digest[:12]]
    verb = [_VERBS[byte % len(_VERBS)] for byte in digest[12:15]]
    return (
        f"The {noun[0]} by the {noun[1]} {verb[0]} a {noun[2]} and a {noun[3]}, the {noun[4]} {verb[1]} the "
        f"{noun[5]} of the {noun[6]}, and no {noun[7]} ever {verb[2]} so many a {noun[8]} or {noun[9]}."
    )


def paragraph(seed: object, sentences: int = 2) -> str:
    return " ".join(sentence(f"{seed}/{number}") for number in range(sentences))


def article(seed: object, paragraphs: int = 5) -> list[str]:
    """Return the lines of an article: a title and some paragraphs."""
    return [f"Story {seed} of the valley", *(paragraph(f"{seed}:{number}") for number in range(paragraphs))]


def page(number: int, lines: list[str]) -> SitePage:
    return SitePage(f"page-{number:03}", date(2026, 11, 1) + timedelta(days=number), "\n".join(lines))


def site_pages(*articles: list[str]) -> list[SitePage]:
    return [page(number, lines) for number, lines in enumerate(articles)]


def with_lines(lines: list[str], at: int, *more: str) -> list[str]:
    """Return the lines with more of them put in at a place, counted from the end when negative."""
    place = at if at >= 0 else len(lines) + 1 + at
    return [*lines[:place], *more, *lines[place:]]
