"""Which of the user's rules of sites look stale, and which of the rules that ship never fired.

Judges counts; the SQL behind them is in `warehouse.rule_report`, how it is printed in `flows.commands.rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

import duckdb

from extractors.sites.records import ANY_SITE, SiteRules, SiteRuleSet
from extractors.strip.rules import RuleSet
from warehouse.rule_report import PageCount, RuleYield, SiteRuleCount, read_page_counts, read_site_rule_counts

# A yield is compared only where there are so many pages on both sides, and has fallen below this share of what it was.
_LEAST_PAGES = 5
_FALLEN_BELOW = 0.5


class Origin(StrEnum):
    """Where a rule comes from, as its id tells."""

    PACKAGED = "packaged"
    SITE = "site"
    MODEL = "model"
    FURNITURE = "furniture"


class Doubt(StrEnum):
    """Why a rule of a site looks stale: the closed list."""

    UNTRIED = "no pages of it yet"
    MATCHED_NOTHING = "matched nothing"
    NO_TEXT = "matched no text of the article"
    STOPPED = "stopped by the text-loss guard"
    FALLEN = "yield fell"


@dataclass(frozen=True, slots=True)
class SiteRuleState:
    """One rule of a site: what it says, what it did, and what looks wrong with it, if anything.

    `pages` are those of its domain that were judged by the rules as they are now.
    """

    rule_id: str
    domain: str
    says: str
    pages: PageCount
    count: SiteRuleCount
    doubt: Doubt | None


def origin_of(rule_id: str) -> Origin:
    """Return where a rule comes from."""
    head = rule_id.partition(".")[0]
    return Origin(head) if head in {"site", "model", "furniture"} else Origin.PACKAGED


def unused_rules(rules: RuleSet, yields: Iterable[RuleYield], rule_glob: str = "*") -> list[str]:
    """Return the ids of the rules that ship and cut nothing, in order."""
    fired = {entry.rule_id for entry in yields}
    return sorted(
        rule.rule_id for rule in rules.rules if rule.rule_id not in fired and fnmatchcase(rule.rule_id, rule_glob)
    )


def read_site_rule_states(
    connection: duckdb.DuckDBPyConnection, rules: SiteRuleSet, recent: timedelta, rule_glob: str = "*"
) -> list[SiteRuleState]:
    """Return the state of each rule of a site; those of any site are left out, as they are no site's to go stale.

    Only pages count that were judged by the rules as they are now. Recent are those fetched within `recent` of the
    last page.
    """
    if rules.version is None:
        return []
    hosts = dict(read_page_counts(connection, rules.version, recent))
    counts = read_site_rule_counts(connection, rules.version, recent)
    states = []
    for site in rules:
        if site.domain == ANY_SITE:
            continue
        pages = _pages_of(site.domain, hosts)
        for rule_id, says in _rules_of(site):
            if fnmatchcase(rule_id, rule_glob):
                count = counts.get(rule_id, SiteRuleCount())
                states.append(SiteRuleState(rule_id, site.domain, says, pages, count, doubt_of(pages, count)))
    return states


def doubt_of(pages: PageCount, count: SiteRuleCount) -> Doubt | None:
    """Return what looks wrong with a rule, from the pages of its domain and what it did on them; None when nothing."""
    if count.stopped.recent:
        return Doubt.STOPPED
    if not pages.recent:
        return Doubt.UNTRIED if not pages.earlier else None
    if not count.matched.recent:
        return Doubt.MATCHED_NOTHING
    if not count.took.recent:
        return Doubt.NO_TEXT
    if min(pages.recent, pages.earlier) >= _LEAST_PAGES:
        was, is_now = count.took.earlier / pages.earlier, count.took.recent / pages.recent
        if is_now < _FALLEN_BELOW * was:
            return Doubt.FALLEN
    return None


def _rules_of(site: SiteRules) -> Iterator[tuple[str, str]]:
    if site.body or site.replace:
        yield site.body_rule_id, f"body: {', '.join((*site.body, *(old for old, _new in site.replace)))}"
    yield from site.strip_by_rule.items()
    for rule in site.lines:
        yield rule.rule_id, rule.reason


def _pages_of(domain: str, hosts: dict[str, PageCount]) -> PageCount:
    found = [count for host, count in hosts.items() if host == domain or host.endswith(f".{domain}")]
    return PageCount(sum(count.recent for count in found), sum(count.earlier for count in found))
