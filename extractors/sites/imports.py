"""What an import of others' rules gives: rules of sites that were tried, and counts of what was left out.

The formats themselves are in `extractors.sites.ftr` and `extractors.sites.filters`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from extractors.sites.records import SiteRules
from extractors.sites.selectors import SelectorError, check_selector

NOT_UNDERSTOOD = "selector is not understood"


@dataclass(frozen=True, slots=True)
class Imported:
    """The rules of sites from one source, and how many lines of it were left out, by reason."""

    sites: tuple[SiteRules, ...]
    ignored: Counter[str]

    @property
    def selector_count(self) -> int:
        """How many selectors the rules have, each site's counted for itself."""
        keys = ("body", "strip", "keep", "title", "author", "date")
        return sum(len(getattr(site, key)) for site in self.sites for key in keys)


def is_usable(selector: str, ignored: Counter[str]) -> bool:
    """Tell whether a selector can be used; count it where it cannot."""
    try:
        check_selector(selector)
    except SelectorError:
        ignored[NOT_UNDERSTOOD] += 1
        return False
    return True


def merge_imported(found: Iterable[Imported]) -> Imported:
    """Return what several files give as one, sites in the order of their names, each once."""
    ignored: Counter[str] = Counter()
    sites: dict[str, SiteRules] = {}
    for one in found:
        ignored.update(one.ignored)
        for site in one.sites:
            sites[site.domain] = _joined(sites[site.domain], site) if site.domain in sites else site
    return Imported(tuple(sites[domain] for domain in sorted(sites)), ignored)


def _joined(first: SiteRules, second: SiteRules) -> SiteRules:
    changed: dict[str, Any] = {}
    for entry in fields(SiteRules):
        one, other = getattr(first, entry.name), getattr(second, entry.name)
        if isinstance(one, tuple):
            changed[entry.name] = tuple(dict.fromkeys((*one, *other)))
    return replace(first, **changed)
