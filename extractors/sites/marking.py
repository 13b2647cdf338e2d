"""Site rules as evidence in the strip stage: the lines that they took of the page, and their rules on lines.

Adds hits; what they add up to is decided in `extractors.strip.decide`. Needs no HTML: which lines stand in elements
that a rule matches was found out before (`extractors.sites.apply`) and is recorded with the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.records import SiteRuleLine
from extractors.sites.guard import stopped_rules
from extractors.sites.records import PageRules
from extractors.sites.selectors import kind_of
from extractors.strip.evidence import BlockEvidence, Hit, gather_evidence
from extractors.strip.rules import Rule

_LONGEST_SHOWN = 120


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """The rules that hold on a page, and what was recorded of them when its HTML was there."""

    rules: PageRules
    lines: tuple[SiteRuleLine, ...] = ()


def mark_site_rules(blocks: Sequence[BlockEvidence], site: SiteEvidence | None) -> None:
    """Add a hit to each block that a site rule takes: enough to cut it whole, or what a rule on lines is worth.

    `blocks` are those of the page, in order. Nothing where there are no rules for the page.
    """
    if site is None:
        return
    taken = _mark_lines(blocks, site)
    _mark_line_rules(blocks, site, taken)


def _mark_lines(blocks: Sequence[BlockEvidence], site: SiteEvidence) -> Counter[str]:
    """Mark the recorded lines; return the characters that each rule takes."""
    by_line = {match.line: match.rule_id for match in site.lines if match.line is not None and not match.is_stopped}
    rules = {rule_id: _selector_rule(rule_id, site.rules) for rule_id in set(by_line.values())}
    taken: Counter[str] = Counter()
    line = -1
    for block in blocks:
        line += not block.span.glued
        rule = rules.get(by_line.get(line, ""))
        if rule is not None:
            # In front: of two rules that would cut alone the ledger names the first.
            block.hits.insert(0, Hit(rule, -1))
            taken[rule.rule_id] += block.span.chars
    return taken


def _selector_rule(rule_id: str, rules: PageRules) -> Rule | None:
    """Return a recorded rule as one that cuts alone; None when the site's rules do not have it any more."""
    selector = rules.find_selector(rule_id)
    if selector is None:
        return None
    shown = selector if len(selector) <= _LONGEST_SHOWN else f"{selector[:_LONGEST_SHOWN]}…"
    return Rule(
        rule_id=rule_id,
        kind=kind_of(selector),
        language="any",
        reason=f"stands in what the site's rule {shown} matches",
        weight=1.0,
        pattern=None,
        labels=frozenset(),
    )


def _mark_line_rules(blocks: Sequence[BlockEvidence], site: SiteEvidence, taken: Counter[str]) -> None:
    """Add the hits of the site's rules on lines, behind the text-loss guard."""
    line_rules = site.rules.line_rules
    if line_rules is None:
        return
    found = gather_evidence([block.span for block in blocks], line_rules)
    chars = taken.copy()
    for evidence in found:
        for hit in evidence.hits:
            part = evidence.span if hit.sentence < 0 else evidence.sentences[hit.sentence]
            chars[hit.rule.rule_id] += part.chars
    stopped = stopped_rules(chars, sum(block.span.chars for block in blocks))
    for block, evidence in zip(blocks, found, strict=True):
        # In front too: what a user says of a site counts more than what is known of all.
        block.hits[:0] = [hit for hit in evidence.hits if hit.rule.rule_id not in stopped]
