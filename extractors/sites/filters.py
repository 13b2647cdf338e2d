"""Cosmetic filters of browser blockers' lists (`domain##selector`), as rules of sites.

Only element hiding is taken over: network filters, scripts, styles and filters that run a procedure are left out and
counted. Pure functions of text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from extractors.sites.imports import NOT_UNDERSTOOD, Imported
from extractors.sites.records import ANY_SITE, SiteRules
from extractors.sites.selectors import SelectorError, check_selector, gate_of

# Domains, the sign, and what it is about. The sign's middle says what kind: hide, except, procedure, style, script.
_COSMETIC = re.compile(r"([^#\s/|@!\[]*)#([@?$%]*)#(.*)")
_PROCEDURE = re.compile(
    r":(?:-abp-|has-text\(|contains\(|matches-|upward\(|xpath\(|min-text-length\(|nth-ancestor\(|others\(|remove-|"
    r"watch-attr|if\(|if-not\(|remove\()"
)
_HEADER = re.compile(
    r"\s*(?:\[(?:adblock|ublock|adguard)|!\s*(?:title|homepage|expires|licen[cs]e)\s*:)", re.IGNORECASE
)
_DOMAIN = re.compile(r"(?!-)[\w-]+(?:\.[\w-]+)*")


def is_filter_list(text: str) -> bool:
    """Tell whether a text is a filter list: it says so at its head, or one of its first lines hides elements."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    return any(_HEADER.match(line) for line in lines[:20]) or any(_is_hiding(line) for line in lines)


def _is_hiding(line: str) -> bool:
    match = _COSMETIC.fullmatch(line.strip())
    return match is not None and match[2] in {"", "@"} and bool(re.match(r"[.#\[*a-z]", match[3]))


@dataclass(slots=True)
class _Reading:
    """What was read so far: by domain the selectors that go and those that stay."""

    strip: dict[str, list[str]] = field(default_factory=dict)
    keep: dict[str, list[str]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    usable: dict[str, bool] = field(default_factory=dict)

    def is_usable(self, selector: str) -> bool:
        """Tell whether a selector can be used; lists name many of them for one domain after the other."""
        if selector not in self.usable:
            try:
                check_selector(selector)
            except SelectorError:
                self.usable[selector] = False
            else:
                self.usable[selector] = True
        return self.usable[selector]


def parse_filter_list(text: str) -> Imported:
    """Return the rules of each domain that a list names, and of any site. Total: what cannot be used is counted."""
    reading = _Reading()
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(("!", "[")):
            continue
        match = _COSMETIC.fullmatch(line)
        if match is None:
            reading.ignored["network filter" if "#" not in line else "filter is not understood"] += 1
        else:
            _read_filter(reading, match[1], match[2], match[3].strip())
    domains = sorted(reading.strip.keys() | reading.keep.keys())
    sites = [
        SiteRules(
            domain=domain,
            strip=tuple(dict.fromkeys(reading.strip.get(domain, ()))),
            keep=tuple(dict.fromkeys(reading.keep.get(domain, ()))),
        )
        for domain in domains
    ]
    return Imported(tuple(sites), reading.ignored)


def _read_filter(reading: _Reading, listed: str, sign: str, selector: str) -> None:
    reason = _why_not(sign, selector) or ("" if reading.is_usable(selector) else NOT_UNDERSTOOD)
    if reason:
        reading.ignored[reason] += 1
        return
    names = [name for name in listed.lower().split(",") if name]
    usable = [name for name in names if _DOMAIN.fullmatch(name.removeprefix("~"))]
    if len(usable) < len(names):
        reading.ignored["domain with a wildcard"] += 1
        if not any(not name.startswith("~") for name in usable):
            return
    named = [name.removeprefix("www.") for name in usable if not name.startswith("~")]
    excepted = [name[1:].removeprefix("www.") for name in usable if name.startswith("~")]
    if sign == "" and not named and gate_of(selector) is None:
        # Most of these are addresses of advertisements: a tenth of a millisecond each on every page, and hardly text.
        reading.ignored["filter for any site without a class or id"] += 1
        return
    if sign == "@":
        for domain in named or [ANY_SITE]:
            reading.keep.setdefault(domain, []).append(selector)
        return
    for domain in named or [ANY_SITE]:
        reading.strip.setdefault(domain, []).append(selector)
    for domain in excepted:
        reading.keep.setdefault(domain, []).append(selector)


def _why_not(sign: str, selector: str) -> str:
    """Say why a filter is none that hides elements by a selector; empty when it is one."""
    if selector.startswith(("+js(", "script:inject(", "%#")) or "%" in sign:
        return "script"
    if selector.startswith("^"):
        return "filter of the HTML before it is read"
    if "$" in sign or re.search(r"\{[^}]*\}\s*$|:style\(", selector):
        return "style"
    if "?" in sign or _PROCEDURE.search(selector):
        return "procedure"
    return "" if sign in {"", "@"} else "filter is not understood"
