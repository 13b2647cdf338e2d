"""Learned furniture as evidence: a block that stands on many different articles of its site.

Adds hits; what they add up to is decided in `extractors.strip.decide`. What is learned, and how a block is recognised,
is in `extractors.furniture`.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.furniture.matching import Learned, SiteFurniture
from extractors.records import Kind
from extractors.strip.evidence import BlockEvidence, Hit
from extractors.strip.rules import Rule


def mark_furniture(blocks: Sequence[BlockEvidence], furniture: SiteFurniture | None) -> None:
    """Add a hit to each block that is furniture of the site: enough to cut it whole, whatever it says."""
    if furniture is None:
        return
    for block, learned in zip(blocks, furniture.match([block.span.text for block in blocks]), strict=True):
        if learned is not None:
            block.hits.append(Hit(_rule(learned), -1))


def _rule(learned: Learned) -> Rule:
    return Rule(
        rule_id=f"furniture.{learned.block_id[:8]}",
        kind=Kind.SITE_FURNITURE,
        language="any",
        reason=f"stands on {learned.group_count} of {learned.site_group_count} different articles of the site",
        weight=1.0,
        pattern=None,
        labels=frozenset(),
    )
