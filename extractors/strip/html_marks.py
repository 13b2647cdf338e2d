"""What was recorded of the HTML as evidence: lines that are links to other pages, boxes named like furniture.

Adds hits; what they add up to is decided in `extractors.strip.decide`. How the marks are made is in
`extractors.marks`; nothing here needs the HTML.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractors.marks import LineMark, LineTag, LinkShare
from extractors.records import Kind
from extractors.strip.evidence import BlockEvidence, Hit
from extractors.strip.rules import STRENGTHS, Rule

# A link to another page in an article's words is shorter, or longer, than the headline that a teaser is.
_LEAST_TEASER_CHARS = 30
_MOST_TEASER_CHARS = 140
# Boxes that hold more of the text than this are the article's own, whatever they are called.
_MOST_BOXED = 0.25
# A longer paragraph in a box is weak evidence: articles are set in boxes too.
_MOST_BOX_CHARS = 140


def _rule(name: str, kind: Kind, reason: str, strength: str, position: str = "any") -> Rule:
    return Rule(
        rule_id=f"html.{name}",
        kind=kind,
        language="any",
        reason=reason,
        weight=STRENGTHS[strength],
        pattern=None,
        labels=frozenset(),
        position=position,
    )


# Measured on lines that the rules on words leave in 1,023 gold pages (the article's own : not). In a box, of links or
# not even a paragraph: 1 to 130. In a box otherwise: 9 to 100, headings 22 to 55. A line that is a link to the
# own site, no list entry: behind the last paragraph 1 to 90, before it 34 to 44, outside of any paragraph 1 to 45.
_BOX = "stands in a box named like furniture"
_BOX_SURE = _rule("box", Kind.SITE_FURNITURE, f"{_BOX}, and is no paragraph", "certain")
_BOX_UNSHARED = _rule("box", Kind.SITE_FURNITURE, f"{_BOX}, and a second extractor leaves it out", "certain")
_BOX_LIKELY = _rule("box", Kind.SITE_FURNITURE, _BOX, "likely")
_BOX_HINT = _rule("box", Kind.SITE_FURNITURE, _BOX, "hint")
_TEASER = _rule("link", Kind.RELATED, "a link to another page", "likely", "tail")
_TEASER_BARE = _rule("link", Kind.RELATED, "a link to another page, and no paragraph", "likely")


def mark_html(blocks: Sequence[BlockEvidence], marks: bytes | None) -> None:
    """Give each block the mark of its line, and the hits that follow from it.

    `marks` holds a byte for each non-blank line of the text; the halves of a line that a seam splits share its mark.
    """
    if marks is None:
        return
    read = {byte: LineMark.from_byte(byte) for byte in set(marks)}
    line = -1
    chars = boxed = 0
    for block in blocks:
        line += not block.span.glued
        if line >= len(marks):
            return
        mark = block.mark = read[marks[line]]
        chars += block.span.chars
        boxed += block.span.chars * mark.in_furniture
    for block in blocks:
        assert block.mark is not None
        if block.mark.in_furniture and boxed <= _MOST_BOXED * chars:
            block.hits.append(Hit(_box_rule(block, block.mark), -1))
        if _is_teaser(block, block.mark):
            block.hits.append(Hit(_TEASER, -1))
            if block.mark.tag is LineTag.OTHER:
                block.hits.append(Hit(_TEASER_BARE, -1))


def _box_rule(block: BlockEvidence, mark: LineMark) -> Rule:
    if mark.tag is LineTag.HEADING:
        return _BOX_HINT
    if mark.tag is LineTag.OTHER or mark.link is not LinkShare.NONE:
        return _BOX_SURE
    if not mark.in_second:
        return _BOX_UNSHARED
    return _BOX_LIKELY if block.span.chars <= _MOST_BOX_CHARS else _BOX_HINT


def _is_teaser(block: BlockEvidence, mark: LineMark) -> bool:
    """Tell whether a block is nothing but a link to another page, and as long as a headline."""
    if mark.link is not LinkShare.WHOLE or mark.tag in {LineTag.HEADING, LineTag.LIST_ENTRY}:
        return False
    return _LEAST_TEASER_CHARS * (mark.tag is not LineTag.OTHER) <= block.span.chars <= _MOST_TEASER_CHARS
