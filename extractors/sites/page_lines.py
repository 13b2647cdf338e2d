"""The lines of a page's text as its tree has them, and which of them stand in elements that site rules match.

What an extractor gives is compared with these by its letters and digits alone, so that bullets, table walls and blanks
make no difference. Pure functions of the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

from extractors.line_key import line_key

# Elements within a line; any other begins a new one.
_INLINE = frozenset(
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
        "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike",
        "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    }
)  # fmt: skip
_SILENT = frozenset({"script", "style", "template", "noscript", "iframe", "svg", "math", "head", "select", "textarea"})
# What an extractor may make one line of: a row of a table, a paragraph with line breaks. Longer ones are no furniture.
_LONGEST_JOINED = 2_000
_MOST_JOINED = 40


@dataclass(slots=True)
class _Walk:
    """Where the walk over a tree is: the line being read, the lines so far, and the elements that are open.

    `owners` holds, for each open element, the rule that took it; `starts` how many lines were done where it opened.
    """

    marks: Mapping[HtmlElement, str]
    lines: list[tuple[str, str | None]] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    line_owners: set[str | None] = field(default_factory=set)
    owners: list[str | None] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    silent: int = 0

    @property
    def owner(self) -> str | None:
        """The rule that took the innermost open element."""
        return self.owners[-1] if self.owners else None

    def read(self, text: str | None) -> None:
        """Add text to the line; it belongs to the innermost open element."""
        if self.silent or not text:
            return
        key = line_key(text)
        if key:
            self.line.append(key)
            self.line_owners.add(self.owner)

    def end_line(self) -> None:
        """Close the line. It is a rule's only when nothing else is in it."""
        if self.line:
            owner = next(iter(self.line_owners)) if len(self.line_owners) == 1 else None
            self.lines.append(("".join(self.line), owner))
            self.line.clear()
            self.line_owners.clear()

    def joined(self, start: int) -> tuple[str, str | None] | None:
        """Return the lines since `start` as one; None when they are fewer than two, or too many."""
        if not 2 <= len(self.lines) - start <= _MOST_JOINED:
            return None
        parts = self.lines[start:]
        if sum(len(key) for key, _owner in parts) > _LONGEST_JOINED:
            return None
        owners = [owner for _key, owner in parts]
        return "".join(key for key, _owner in parts), owners[0] if all(owners) else None


def lines_with_owners(tree: HtmlElement, marks: Mapping[HtmlElement, str]) -> dict[str, list[str | None]]:
    """Return what each line of a page is a part of: by its letters, the rule of each of its places, in order.

    `marks` says which elements a rule takes. None stands for a place outside of all of them, or only partly inside of
    one. Elements that an extractor may make one line of are listed as such too.
    """
    found: dict[str, list[str | None]] = {}
    for key, owner in _lines(tree, marks):
        found.setdefault(key, []).append(owner)
    return found


def _lines(tree: HtmlElement, marks: Mapping[HtmlElement, str]) -> Iterator[tuple[str, str | None]]:
    walk = _Walk(marks)
    last_joined: tuple[int, int] | None = None
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        if event == "start":
            _open(walk, element)
            continue
        if event == "end":
            is_block = element.tag not in _INLINE
            if is_block:
                walk.end_line()
                place = (walk.starts[-1], len(walk.lines))
                whole = walk.joined(place[0]) if place != last_joined and not walk.silent else None
                if whole is not None:
                    last_joined = place
                    yield whole
            walk.silent -= element.tag in _SILENT
            walk.owners.pop()
            walk.starts.pop()
        if element is not tree:
            walk.read(element.tail)
    walk.end_line()
    yield from walk.lines


def _open(walk: _Walk, element: HtmlElement) -> None:
    if element.tag not in _INLINE:
        walk.end_line()
    walk.silent += element.tag in _SILENT
    walk.owners.append(walk.marks.get(element, walk.owner))
    walk.starts.append(len(walk.lines))
    walk.read(element.text)
