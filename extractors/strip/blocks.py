"""Cut a text into blocks (its lines) and sentences, with offsets, and find seams: places where two texts were glued.

Only where things begin and end; what they are is judged in `extractors.strip.evidence`. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from extractors.strip.letters import LOWER, UPPER

_LINE = re.compile(r"[^\n]*\S[^\n]*")
# Its first character is one of a few, so that `re` need not try it at each place; so it is with the seams' patterns.
_SENTENCE_END = re.compile(
    rf"[.!?…؟।][\"'”’»“)\]]?(\s+)(?=[\"'“‘„«¿¡(\[]*[{UPPER}\d\u0600-\u06ff\u0900-\u097f\u3040-\u9fff\uac00-\ud7a3])"
    r"|[。！？](?![。！？」』）”])"
)
# "am 1. Juni" is one sentence; to take "he was 12. She" for one is the careful mistake.
_ORDINAL = re.compile(r"(?<!\d)\d{1,2}\.$")
# The end of one sentence and the beginning of the next with nothing between: "…the difference.A wave of…". The place
# is found by its simplest sign, which costs little on the lines that have none; the rest is looked at there.
_STOP_THEN_CAPITAL = re.compile(rf"[.!?…][\"'”’»«“‘„)\]¿¡]*(?=[{UPPER}])")
# Two letters or digits before the stop keep initials (J.R.R.) whole; a lower-case letter or a blank after the capital
# keeps acronyms and most domain names whole.
_BEFORE_STOP = re.compile(r"[^\W_]{2}[)\]”»’\"]?[.!?…]*$")
_AFTER_STOP = re.compile(
    rf"[\"'“‘„«¿¡]?(?:[{UPPER}][{LOWER}'’]|[AIÀÉO]\s|[{UPPER}]{{2,6}}[\s,’']|(?:[{UPPER}]\.){{2,}}\s)"
)
# The same without a stop: "Donate todayOne of the…". A capitalised word glued to a lower-case one; names written
# that way are excepted below.
_LOWER_THEN_CAPITAL = re.compile(rf"[“„«{UPPER}](?<=[{LOWER}].)(?:(?<=[{UPPER}])|(?=[{UPPER}]))")
_WORD_BEFORE = re.compile(rf"[{LOWER}]{{3}}$")
_WORD_AFTER = re.compile(rf"[“„«]?(?:[{UPPER}][{LOWER}]+|A|I|[{UPPER}]{{2,5}}|(?:[{UPPER}]\.){{2,}})[ ,]")
# A web address that ends a text, with the next one glued to it: "…example.comThe ferry…".
_DOMAIN_THEN_CAPITAL = re.compile(
    rf"\.(?:com|org|net|info|eu|es|de|fr|it|pl|pt|nl|be|at|ch|uk|ie|br|mx|ar|cl|co|se|no|dk|cz|ru|jp|gr|fi|cy)"
    rf"(?=[\"“„«]?[{UPPER}][{LOWER}]+[ ,])"
)
_CAMEL_NAMES = re.compile(
    r"(?:YouTube|LinkedIn|WhatsApp|TikTok|PayPal|WordPress|FaceTime|BuzzFeed|HuffPost|PlayStation|SoundCloud"
    r"|BlackRock|AstraZeneca|SoftBank|DeepMind|GameStop|JavaScript|TypeScript|OpenStreet|StackOverflow|FedEx"
    r"|iCloud|eBay|QuickTime|PowerPoint|OneDrive|SharePoint|AirBnb|MasterCard|BitTorrent|DreamWorks|SpaceShip"
    r"|GitHub|GitLab|MobilePay|BankID|MitID|macOS|watchOS|HelloAsso|PlayBook|CrossFit|TripAdvisor|FanDuel|DraftKings|SnapChat|StubHub|LiveNation)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text: `text[start:end]`. `glued` tells that no white space separates it from the one before."""

    start: int
    end: int
    text: str
    glued: bool = False

    @property
    def chars(self) -> int:
        """Length in characters."""
        return self.end - self.start


def split_blocks(text: str) -> list[Span]:
    """Return the blocks of a text: its non-blank lines without outer white space, split again at seams."""
    blocks: list[Span] = []
    for line in _LINE.finditer(text):
        raw = line.group()
        start = line.start() + len(raw) - len(raw.lstrip())
        end = line.start() + len(raw.rstrip())
        cuts = [start, *(start + at for at in _seams(text[start:end])), end]
        blocks.extend(
            Span(left, right, text[left:right], glued=left != start) for left, right in pairwise(cuts) if right > left
        )
    return blocks


def _seams(line: str) -> list[int]:
    found = set()
    for match in _STOP_THEN_CAPITAL.finditer(line):
        at = _after_closers(line, match.start() + 1, match.end())
        is_end = _BEFORE_STOP.search(line, max(0, match.start() - 6), match.start() + 1)
        if is_end and _AFTER_STOP.match(line, at) and not _is_address(line, at):
            found.add(at)
    for match in _LOWER_THEN_CAPITAL.finditer(line):
        at = match.start()
        if _WORD_BEFORE.search(line, max(0, at - 4), at) and _WORD_AFTER.match(line, at) and not _is_name(line, at):
            found.add(at)
    found.update(match.end() for match in _DOMAIN_THEN_CAPITAL.finditer(line))
    return sorted(found)


def _after_closers(line: str, start: int, end: int) -> int:
    """Return where the next sentence begins among the quotation marks and brackets between a stop and a capital.

    The last mark opens the next sentence when it can: “ before a capital, a straight mark that has no open partner.
    """
    if end == start:
        return end
    last = line[end - 1]
    near = max(0, start - 400)
    opens = last in "“‘„¿¡" or (last in "«»" and line.count("«", near, end - 1) == line.count("»", near, end - 1))
    if last in "\"'":
        opens = line.count(last, near, end - 1) % 2 == 0
    return end - 1 if opens else end


def _word_around(line: str, at: int) -> str:
    """Return the run of non-blank characters around a place; 100 characters each way are enough to judge it."""
    left, right = line[max(0, at - 100) : at], line[at : at + 100]
    return (left.split() or [""])[-1] * (not left[-1:].isspace()) + (right.split() or [""])[0] * (
        not right[:1].isspace()
    )


def _is_address(line: str, at: int) -> bool:
    """Tell whether the run of characters around a place is a web address, an e-mail or a file name."""
    word = _word_around(line, at)
    return "://" in word or "@" in word or word.lower().startswith("www.") or bool(re.search(r"\.\w{1,4}/", word))


def _is_name(line: str, at: int) -> bool:
    """Tell whether the capital in mid-word belongs to a name or an address written so."""
    word = _word_around(line, at)
    return bool(_CAMEL_NAMES.search(word)) or word.startswith(("#", "@")) or _is_address(line, at)


def split_sentences(block: Span) -> list[Span]:
    """Return the sentences of a block. Their separators (blanks, or nothing in CJK) are outside of every sentence."""
    edges: list[tuple[int, int]] = []
    left = 0
    for match in _SENTENCE_END.finditer(block.text):
        at = match.start(1) if match.group(1) else match.end()
        if block.text[at - 2 : at - 1].isdigit() and _ORDINAL.search(block.text, max(0, at - 4), at):
            continue
        edges.append((left, at))
        left = match.end()
    edges.append((left, len(block.text)))
    return list(_spans(block, edges))


def _spans(block: Span, edges: list[tuple[int, int]]) -> Iterator[Span]:
    previous = 0
    for left, right in edges:
        if right > left:
            glued = block.glued if left == 0 else left == previous
            yield Span(block.start + left, block.start + right, block.text[left:right], glued)
            previous = right
