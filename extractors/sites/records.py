"""Site rules: what a user knows of one site's pages, as immutable records.

Read from TOML in `extractors.sites.parse`, from others' formats in `extractors.sites.ftr` and
`extractors.sites.filters`; applied in `extractors.sites.apply` (where there is HTML) and in
`extractors.sites.marking` (the strip stage).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from extractors.sites.selectors import gate_of, rule_id_of
from extractors.strip.rules import LanguageRules, Rule

ANY_SITE = "any"
"""The name in place of a domain for rules that hold on every site."""


class SiteRuleError(ValueError):
    """Site rules that cannot be used; the message names file, site and key."""


@dataclass(frozen=True)
class SiteRules:
    """The rules of one domain and its subdomains; selectors are CSS or XPath.

    `body`, `title`, `author`, `date`: the first selector that finds something counts. `strip`: the text of what they
    find goes. `keep`: selectors of other lists that do not hold here. `replace`: pieces of the HTML, (old, new).
    `lines`: rules on lines and sentences, as those that ship. `language` counts more than what a page says.
    """

    domain: str
    body: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = ()
    lines: tuple[Rule, ...] = ()
    language: str | None = None

    @property
    def body_rule_id(self) -> str:
        """What `body` and `replace` go by in the records of a page: they cut nothing."""
        return f"site.{self.domain}.body"

    @cached_property
    def strip_by_rule(self) -> Mapping[str, str]:
        """The selectors of `strip` by their rule id."""
        return {rule_id_of(self.domain, selector): selector for selector in self.strip}

    @cached_property
    def strip_by_gate(self) -> Mapping[str | None, tuple[str, ...]]:
        """The selectors of `strip` by the class or id that they ask for; under None those that ask for none."""
        found: dict[str | None, list[str]] = {}
        for selector in self.strip:
            found.setdefault(gate_of(selector), []).append(selector)
        return {gate: tuple(selectors) for gate, selectors in found.items()}


@dataclass(frozen=True, slots=True)
class PageRules:
    """The rules that hold on one page, those of the narrowest domain first."""

    sites: tuple[SiteRules, ...]

    @property
    def line_rules(self) -> LanguageRules | None:
        """The rules on lines, ready for use; None when there are none."""
        rules = [rule for site in self.sites for rule in site.lines]
        return LanguageRules(rules, ()) if rules else None

    @property
    def language(self) -> str | None:
        """The language that the site's rules state."""
        return next((site.language for site in self.sites if site.language), None)

    def find_selector(self, rule_id: str) -> str | None:
        """Return the selector of a rule; None when no site has it (any more)."""
        return next((site.strip_by_rule[rule_id] for site in self.sites if rule_id in site.strip_by_rule), None)

    def strip_on_page(self, tokens: frozenset[str]) -> Iterator[tuple[SiteRules, str]]:
        """Yield the selectors of `strip` that may find something on a page with these classes and ids."""
        kept = {selector for site in self.sites for selector in site.keep}
        for site in self.sites:
            gated = site.strip_by_gate
            for gate in (None, *sorted(tokens & gated.keys())):
                for selector in gated.get(gate, ()):
                    if selector not in kept:
                        yield site, selector


@dataclass(frozen=True)
class SiteRuleSet:
    """The rules of all sites by domain, in the order in which they count. `version` stands for the whole of them."""

    version: str | None = None
    sites: Mapping[str, tuple[SiteRules, ...]] = field(default_factory=dict)

    def for_url(self, url: str | None) -> PageRules | None:
        """Return the rules for a page: those of its host, of each domain above it, and of any site; None for none."""
        if not self.sites:
            return None
        labels = host_of(url).split(".")
        names = [".".join(labels[at:]) for at in range(len(labels))]
        found = tuple(rules for name in (*names, ANY_SITE) for rules in self.sites.get(name, ()))
        return PageRules(found) if found else None

    def __iter__(self) -> Iterator[SiteRules]:
        """Yield the rules of every site."""
        return (rules for found in self.sites.values() for rules in found)


def host_of(url: str | None) -> str:
    """Return the host of a URL in lower case; empty without one."""
    try:
        return (urlsplit(url or "").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
