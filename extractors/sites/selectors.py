"""Selectors of site rules: CSS or XPath, told apart, compiled, and tried on a page.

What selectors are for is in `extractors.sites.records`; nothing here knows of sites. Pure functions of text and tree.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from cssselect import SelectorError as CssError
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement, document_fromstring

from extractors.records import Kind

_XPATH = re.compile(r"\s*(?:/|\(|\.\.?/|\./|id\(|(?:descendant|self|child|descendant-or-self)::)")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_TOKEN = re.compile(r"[.#]([\w-]+)")
# Without lxml's own strings, which know where they come from, it takes a third of the time.
_NAMES = etree.XPath("//@class | //@id", smart_strings=False)
# Some of everything, so that an unknown function in a condition is found out before the first page.
_TRIAL = document_fromstring("<html><body><div id=a class=b><p><a href=c>d</a></p><p>e</p></div></body></html>")

# What a name in a selector says of what it selects. The first kind that has one of the words.
_KIND_WORDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.NEWSLETTER, frozenset({"newsletter", "newsletters", "mailinglist", "inbox", "nl"})),
    (Kind.DONATION, frozenset({"donate", "donation", "donations", "donor", "appeal", "fundraiser", "fundraising"})),
    (Kind.SUBSCRIBE, frozenset({"subscribe", "subscription", "subscriptions", "paywall", "abo", "regwall"})),
    (Kind.REGISTRATION, frozenset({"login", "signin", "register", "registration"})),
    (Kind.COMMENTS, frozenset({"comment", "comments", "disqus", "respond", "discussion"})),
    (Kind.RELATED, frozenset({"related", "recommended", "recommendations", "readmore", "recirculation", "recirc",
                              "outbrain", "taboola", "teaser", "teasers", "popular", "trending", "similar"})),
    (Kind.SHARE_FOLLOW, frozenset({"share", "sharing", "shares", "social", "follow", "addthis", "sharedaddy"})),
    (Kind.COOKIE_CONSENT, frozenset({"cookie", "cookies", "consent", "gdpr"})),
    (Kind.APP_PROMO, frozenset({"app", "appstore"})),
    (Kind.AUTHOR_CONTACT, frozenset({"author", "authors", "bio"})),
    (Kind.COPYRIGHT, frozenset({"copyright", "legal"})),
    (Kind.AD_LABEL, frozenset({"ad", "ads", "advert", "adverts", "advertisement", "advertising", "sponsor",
                               "sponsored", "promo", "adsbygoogle"})),
)  # fmt: skip
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class SelectorError(ValueError):
    """A selector that is neither CSS nor XPath that we can use; the message says why."""


def is_xpath(selector: str) -> bool:
    """Tell whether a selector is written in XPath; else it is CSS."""
    return _XPATH.match(selector) is not None


@lru_cache(maxsize=32_768)
def compile_selector(selector: str) -> etree.XPath:
    """Return a selector ready for use. Raises SelectorError."""
    try:
        if is_xpath(selector):
            return etree.XPath(selector)
        return CSSSelector(selector, translator="html")
    except (CssError, etree.XPathError, ValueError) as error:
        raise SelectorError(f"{selector!r}: {' '.join(str(error).split())}") from error


def check_selector(selector: str) -> None:
    """Raise SelectorError for a selector that cannot be compiled, or that fails on a page."""
    try:
        compile_selector(selector)(_TRIAL)
    except etree.XPathError as error:
        raise SelectorError(f"{selector!r}: {error}") from error


def select(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return the elements that a selector finds, in document order; none where it cannot be used. Total."""
    return [found for found in _evaluate(tree, selector) if isinstance(found, HtmlElement) and found.tag != "!"]


def select_texts(tree: HtmlElement, selector: str) -> list[str]:
    """Return the texts that a selector finds: of elements their text, of attributes the value. Total.

    Of a `time` element with a machine-readable date, of a `meta` element, it is that attribute.
    """
    return [text for found in _evaluate(tree, selector) if (text := " ".join(_text_of(found).split()))]


def _evaluate(tree: HtmlElement, selector: str) -> list[Any]:
    try:
        found: Any = compile_selector(selector)(tree)
    except (SelectorError, etree.XPathError):
        # It was checked when it was read; what it does to an odd page is no reason to lose the page.
        return []
    return found if isinstance(found, list) else [found]


def _text_of(found: Any) -> str:
    if isinstance(found, str):
        return str(found)
    if not isinstance(found, HtmlElement):
        return ""
    attribute = {"time": "datetime", "meta": "content"}.get(str(found.tag))
    return (found.get(attribute) if attribute else None) or str(found.text_content())


def gate_of(selector: str) -> str | None:
    """Return a class or id that a page must have for a CSS selector to find anything; None when none can be told.

    With lists of thousands of selectors, only those are tried whose gate is on the page.
    """
    if is_xpath(selector) or "," in selector or "\\" in selector:
        return None
    found = _TOKEN.search(_BRACKETS.sub("", selector).split(":", 1)[0])
    return found.group(1) if found else None


def page_tokens(tree: HtmlElement) -> frozenset[str]:
    """Return all classes and ids of a page."""
    values: Any = _NAMES(tree)
    return frozenset(token for value in values for token in str(value).split())


def rule_id_of(domain: str, selector: str) -> str:
    """Return the rule id of a selector of a site: the same wherever it stands in the site's file."""
    return f"site.{domain}.{hashlib.blake2b(selector.encode(), digest_size=4).hexdigest()}"


def kind_of(selector: str) -> Kind:
    """Return what a selector's own names say of what it finds: a kind, or furniture of the site."""
    words = {part.lower() for part in _NAME_PART.findall(selector)}
    return next((kind for kind, known in _KIND_WORDS if words & known), Kind.SITE_FURNITURE)
