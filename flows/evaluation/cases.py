"""Score one injected case in one form: which blocks are gone, and what of the article went with them.

Pure counting on one case; sums over cases are in `flows.evaluation.injected`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from flows.evaluation.gold import GoldCase
from flows.evaluation.metric import GRAM_WORDS, Grams, count_grams, lost_grams, overlap, split_words, text_grams

CaseForm = Literal["html", "dump"]
# A block counts as removed when less than this share of its 4-grams remains.
_REMAINS = 0.1


@dataclass(frozen=True, slots=True)
class BlockScore:
    """Whether a block is gone from the output. `is_held_out` is None where its publisher is not known."""

    kind: str
    is_glued: bool
    is_removed: bool
    is_removed_alone: bool
    is_held_out: bool | None


@dataclass(frozen=True, slots=True)
class CaseScore:
    """One case in one form.

    `lost_grams`: gold 4-grams that the output has not; `strip_lost_grams`: those that the strip stage took.
    `lost_lines`: gold lines of which nothing is left. `is_complete`: every gold line stands there to the letter.
    `is_exact`: the output is the gold text, apart from the title in its first line; `is_same`: with it.
    """

    case_id: str
    part: str
    near_duplicate_of: str | None
    blocks: tuple[BlockScore, ...]
    gold_grams: int
    lost_grams: int
    strip_lost_grams: int
    lost_lines: int
    is_complete: bool
    is_exact: bool
    is_same: bool


@dataclass(frozen=True, slots=True)
class CaseTexts:
    """The texts of one case in one form: as it came to the strip stage, what that left, the output, trafilatura's."""

    extracted: str
    stripped: str
    output: str
    alone: str


def score_case(case: GoldCase, texts: CaseTexts) -> CaseScore:
    """Score a case. The title in the first line of the output is no part of the gold and is left out."""
    title = case.dump_text.partition("\n")[0]
    output = drop_title(texts.output, title)
    words, gold_words = split_words(output), split_words(case.gold_text)
    gold, found = count_grams(gold_words), count_grams(words)
    extracted, stripped = text_grams(drop_title(texts.extracted, title)), text_grams(drop_title(texts.stripped, title))
    alone_words = split_words(drop_title(texts.alone, title))
    blocks = tuple(
        BlockScore(
            kind=block.kind,
            is_glued=block.is_glued,
            is_removed=is_removed(block.text, words, gold_words),
            is_removed_alone=is_removed(block.text, alone_words, gold_words),
            is_held_out=None if block.publisher is None else is_held_out(block.publisher),
        )
        for block in case.blocks
    )
    return CaseScore(
        case_id=case.case_id,
        part=case.part,
        near_duplicate_of=case.near_duplicate_of,
        blocks=blocks,
        gold_grams=gold.total(),
        lost_grams=gold.total() - overlap(gold, found),
        strip_lost_grams=lost_grams(extracted, stripped, gold),
        lost_lines=_lost_lines(case.gold_text, found, words),
        is_complete=_is_complete(case.gold_text, output),
        is_exact=output.strip() == case.gold_text.strip(),
        is_same=texts.output.strip() == case.gold_text.strip(),
    )


def drop_title(output: str, title: str) -> str:
    """Return the output without its first line when that is the title."""
    first, _newline, rest = output.lstrip().partition("\n")
    return rest if title.strip() and " ".join(first.split()) == " ".join(title.split()) else output


def is_removed(block: str, output: list[str], gold: list[str]) -> bool:
    """Tell whether under 10 % of a block's 4-grams remain in the output beyond those that the gold has itself.

    A block of fewer than four words is looked for whole.
    """
    words = split_words(block)
    size = min(GRAM_WORDS, len(words))
    if not size:
        return True
    own = count_grams(words, size)
    beyond = _runs(output, size) - _runs(gold, size)
    return overlap(own, beyond) < _REMAINS * own.total()


def is_held_out(publisher: str) -> bool:
    """Tell whether a publisher is of the quarter that is held out: the SHA-256 of its name leaves 3 when divided by 4.

    A rule may be modelled on the blocks of the others; these are counted and never read.
    """
    return hashlib.sha256(publisher.encode()).digest()[-1] % 4 == 3


def _runs(words: list[str], size: int) -> Grams:
    return count_grams(words, size) if len(words) >= size else Grams()


def _lost_lines(gold_text: str, found: Grams, words: list[str]) -> int:
    """Count the gold lines of which not one 4-gram is left (of a shorter line: the run of its words)."""
    lost = 0
    joined = f" {' '.join(words)} "
    for line in gold_text.split("\n"):
        own = split_words(line)
        if len(own) < GRAM_WORDS:
            lost += bool(own) and f" {' '.join(own)} " not in joined
        else:
            lost += not overlap(count_grams(own), found)
    return lost


def _is_complete(gold_text: str, output: str) -> bool:
    flat = " ".join(output.split())
    return all(" ".join(line.split()) in flat for line in gold_text.split("\n"))
