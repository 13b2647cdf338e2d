"""The residual stage: extracted text in, kept text and the ledger of removals out.

A pure function of text, context and rules. Where to cut is decided in `extractors.strip.decide`; here pieces become
removals, so that kept text and removals rebuild the input to the letter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.furniture.matching import SiteFurniture
from extractors.records import Form, Removal
from extractors.sites.marking import SiteEvidence, mark_site_rules
from extractors.strip.blocks import Span, split_blocks
from extractors.strip.decide import decide_cuts
from extractors.strip.evidence import gather_evidence
from extractors.strip.html_marks import mark_html
from extractors.strip.learned import mark_furniture
from extractors.strip.rules import RuleSet
from extractors.strip.scores import Cut
from extractors.strip.titles import mark_repeated_title


@dataclass(frozen=True, slots=True)
class StripContext:
    """What is known of the page beside its text.

    `title` is looked for at the head of the text, where it goes. `has_title_line`: the first line is the title of a
    dump and stays. `furniture` is what was learned of the page's site, `site_rules` what a user says of it.
    `marks` is a byte for each non-blank line: what its HTML says (see `extractors.marks`); None where there was none.
    """

    language: str | None = None
    form: Form = Form.HTML
    has_title_line: bool = False
    title: str | None = None
    furniture: SiteFurniture | None = None
    site_rules: SiteEvidence | None = None
    marks: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stripped:
    """The kept text and every removed span, in order."""

    text: str
    removals: tuple[Removal, ...]


def strip_text(text: str, context: StripContext, rules: RuleSet) -> Stripped:
    """Strip the furniture out of an extracted text.

    The result depends on the arguments alone. `rebuild_extracted(result.text, result.removals) == text` always.
    """
    blocks = split_blocks(text)
    evidence = gather_evidence(blocks, rules.for_language(context.language))
    if not context.has_title_line:
        mark_repeated_title(evidence, context.title)
    mark_html(evidence, context.marks)
    mark_furniture(evidence, context.furniture)
    mark_site_rules(evidence, context.site_rules)
    cuts = decide_cuts(evidence, rules.model, protect_first=context.has_title_line)
    return apply_cuts(text, _units(blocks, cuts), cuts)


def _units(blocks: Sequence[Span], cuts: Sequence[Cut]) -> list[Span]:
    """Split the blocks at the edges of cuts, so that every unit is either kept or cut as a whole."""
    edges = sorted({edge for cut in cuts for edge in (cut.start, cut.end)})
    units: list[Span] = []
    for block in blocks:
        inner = edges[bisect_right(edges, block.start) : bisect_left(edges, block.end)]
        bounds = [block.start, *inner, block.end]
        for left, right in pairwise(bounds):
            piece = block.text[left - block.start : right - block.start]
            lead, tail = len(piece) - len(piece.lstrip()), len(piece) - len(piece.rstrip())
            if piece.strip():
                units.append(Span(left + lead, right - tail, piece.strip()))
    return units


def apply_cuts(text: str, units: Sequence[Span], cuts: Sequence[Cut]) -> Stripped:
    """Turn cuts into removals. White space goes with them so that exactly one separator stays between kept units.

    Of the separators around a run of cut units the widest stays (a paragraph break beats a line break beats a
    blank), the others belong to the removals beside them.
    """
    if not cuts:
        return Stripped(text, ())
    owner = _owners(units, cuts)
    removals: list[Removal] = []
    index = 0
    while index < len(units):
        if owner[index] is None:
            index += 1
            continue
        stop = index
        while stop < len(units) and owner[stop] is not None:
            stop += 1
        removals.extend(_run_removals(text, units, owner, (index, stop)))
        index = stop
    return Stripped(_without(text, removals), tuple(removals))


def _owners(units: Sequence[Span], cuts: Sequence[Cut]) -> list[Cut | None]:
    owners: list[Cut | None] = []
    position = 0
    for unit in units:
        while position < len(cuts) and cuts[position].end <= unit.start:
            position += 1
        inside = position < len(cuts) and cuts[position].start <= unit.start
        owners.append(cuts[position] if inside else None)
    return owners


def _separator_rank(separator: str) -> tuple[int, int]:
    return (separator.count("\n"), len(separator))


def _run_removals(text: str, units: Sequence[Span], owner: Sequence[Cut | None], run: tuple[int, int]) -> list[Removal]:
    """Return the removals of one run of cut units, `run[0]` to `run[1]`, with the white space that goes with it.

    Separator k stands before unit k of the run, the last one after it. Between kept units the widest stays; at the
    edges of the text none does.
    """
    first, stop = run
    lefts = [units[first - 1].end if first else 0, *(unit.end for unit in units[first:stop])]
    rights = [*(unit.start for unit in units[first:stop]), units[stop].start if stop < len(units) else len(text)]
    count = stop - first
    stays = count + 1
    if first and stop < len(units):
        ranks = [_separator_rank(text[left:right]) for left, right in zip(lefts, rights, strict=True)]
        stays = max(range(count + 1), key=lambda k: (ranks[k], k))
    pieces: list[tuple[int, int, Cut]] = []
    for k, unit in enumerate(units[first:stop]):
        cut = owner[first + k]
        assert cut is not None
        start = lefts[k] if k < stays else unit.start
        end = rights[k + 1] if k >= stays or (stays > count and k == count - 1) else unit.end
        if pieces and pieces[-1][2] is cut and pieces[-1][1] == start:
            pieces[-1] = (pieces[-1][0], end, cut)
        else:
            pieces.append((start, end, cut))
    return [
        Removal(start, text[start:end], cut.kind, cut.rule_id, cut.reason, cut.confidence) for start, end, cut in pieces
    ]


def _without(text: str, removals: Sequence[Removal]) -> str:
    kept: list[str] = []
    position = 0
    for removal in removals:
        kept.append(text[position : removal.offset])
        position = removal.offset + len(removal.text)
    kept.append(text[position:])
    return "".join(kept)
