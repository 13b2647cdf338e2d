"""Where a page holds its readers' comments, for the pages whose body turns out to be them.

An extractor drops a box that is named like comments; it takes them for the article where they merely follow it in the
same cell, or where they are most of the page. Which body is taken is decided in `extractors.body`. Pure functions of
the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from extractors.line_key import line_key

_NAME_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAMES = frozenset(
    {
        "comment", "comments", "commentlist", "commentarea", "commentsection", "commentbox", "disqus", "respond",
        "reaction", "reactions", "reacties", "replies", "kommentare", "kommentar", "commentaire", "commentaires",
        "comentarios", "comentario", "commenti", "komentarze", "feedback", "livefyre", "guestbook",
    }
)  # fmt: skip
# Said of the page, of a link or of a number, not of the box itself.
_NO_BOX = frozenset(
    {"open", "opened", "closed", "count", "counts", "counter", "number", "link", "links", "icon", "button", "no",
     "has", "with", "without", "disabled", "enabled", "form", "template", "status"}
)  # fmt: skip
_BOXES = frozenset({"div", "section", "ol", "ul", "dl", "table", "aside"})
_FIND_MARKS = etree.XPath("//a[not(@href)][@name or @id]")
# Most names hold none of these: a quick look spares taking them apart.
_STEM = re.compile("comment|komment|disqus|respond|reac|repl|coment|koment|feedback|livefyre|guestbook", re.IGNORECASE)
_HEADINGS = ("h2", "h3", "h4", "h5", "h6", "b", "strong", "legend")
_LABEL = re.compile(
    r"^\W*(?:\d[\d.,\s]*\s+)?"
    r"(?:(?:all|users?['’]?|readers?['’]?s?|your|our readers['’]?|view|latest|recent)\s+)?"
    r"(?:comments?(?: and replies| section)?|responses|replies|kommentare?|leserkommentare|commentaires?"
    r"|comentarios?|comentários?|commenti|komentarze|kommentarer|komentáře|комментарии|коментарі|yorumlar"
    r"|comments? (?:are|is) (?:now )?closed.{0,40}|(?:have|had) your say)"
    r"\W*(?:\(?\d[\d.,]*\)?\W*)?(?:(?:to|on|so far|for) .{1,120})?$",
    re.IGNORECASE,
)
_LONGEST_LABEL = 160
_LABEL_CHILDREN = 4
# A board or a question: there the replies are what the page is for.
_BOARD = re.compile(
    r"DiscussionForumPosting|QAPage|schema\.org/(?:Question|Answer)\b"
    r"|\b(?:vbulletin|phpbb|xenforo|discourse|mybb|invision|smf|vanilla forums|flarum|punbb|nodebb)\b",
    re.IGNORECASE,
)
# What stands beside every comment: who wrote it, when, what one may do with it.
_SIGN = re.compile(
    r"\b(?:reply|report(?: this| abuse)?|posted (?:by|on|at)|permalink|says:|wrote:|said:"
    r"|\d+ (?:minutes?|hours?|days?|weeks?|months?|years?) ago|antworten|répondre|responder|rispondi|odpowiedz|ответить"
    r"|reageer)\b"
    r"|\b\d{1,2}:\d{2}\b"
    r"|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b",
    re.IGNORECASE,
)
_LEAST_SIGNS = 4
# Marks and headings that are followed: each costs as much as all that stands behind it.
_MOST_TRIES = 8
_WALLS = frozenset({"body", "html", "td", "article", "main"})
_LEAST_PIECE = 40
_MOST_SEARCHED = 40_000_000


@dataclass(frozen=True, slots=True)
class _Part:
    """An element that belongs to comments, and whether the text behind it does."""

    element: HtmlElement
    with_tail: bool = False


def comment_share(tree: HtmlElement, text: str) -> float:
    """Return the share of a text's letters that stand in the page's comments, 0 to 1; an estimate on huge pages."""
    body = line_key(text)
    if not body:
        return 0.0
    found, budget = 0, _MOST_SEARCHED
    for part in _parts(tree):
        tail = [part.element.tail or ""] if part.with_tail else []
        for raw in [*part.element.itertext(), *tail]:
            key = line_key(raw)
            if len(key) < _LEAST_PIECE or budget < 0:
                continue
            budget -= len(body)
            found += len(key) * (key in body)
    return min(1.0, found / len(body))


def without_comments(tree: HtmlElement) -> HtmlElement:
    """Return a copy of a page without its readers' comments."""
    pruned = deepcopy(tree)
    for part in list(_parts(pruned)):
        if part.with_tail:
            part.element.tail = None
        if part.element.getparent() is not None:
            part.element.drop_tree()
    return pruned


def is_board(html: str) -> bool:
    """Tell whether a page says that it is a forum or a question with answers: then its replies are its text."""
    return _BOARD.search(html) is not None


def _parts(tree: HtmlElement) -> Iterator[_Part]:
    """Yield the boxes of comments, none inside another, and what follows a mark or a heading that opens comments."""
    taken: set[HtmlElement] = set()
    tries = 0
    for element in [*tree.iter(*_BOXES, *_HEADINGS), *cast("list[HtmlElement]", _FIND_MARKS(tree))]:
        is_box = element.tag in _BOXES
        if not (_is_named(element) if is_box or element.tag == "a" else _is_label(element)):
            continue
        tries += not is_box
        if tries > _MOST_TRIES or not taken.isdisjoint((element, *element.iterancestors())):
            continue
        parts = _opened_by(element)
        taken.update(part.element for part in parts)
        yield from parts


def _opened_by(element: HtmlElement) -> list[_Part]:
    """Return what an element that is named or labelled like comments holds, or opens."""
    if element.tag in _BOXES:
        return [_Part(element)] if element.find(".//h1") is None else []
    if element.tag == "a":
        return _following(element) if not element.text_content().strip() else []
    parts = _following(element)
    text = " ".join(part.element.text_content() + (part.element.tail or "") for part in parts)
    return parts if len(list(islice(_SIGN.finditer(text), _LEAST_SIGNS))) == _LEAST_SIGNS else []


def _is_named(element: HtmlElement) -> bool:
    get = element.get
    if not _STEM.search(f"{get('class')} {get('id')} {get('name')}"):
        return False
    return any(
        not _NAMES.isdisjoint(tokens) and _NO_BOX.isdisjoint(tokens)
        for attribute in ("class", "id", "name")
        for name in (element.get(attribute) or "").split()
        for tokens in ([token.lower() for token in _NAME_TOKEN.findall(name)],)
    )


def _is_label(element: HtmlElement) -> bool:
    if len(element) > _LABEL_CHILDREN:
        return False
    text = " ".join("".join(element.itertext()).split())
    return 0 < len(text) <= _LONGEST_LABEL and _LABEL.match(text) is not None


def _following(start: HtmlElement) -> list[_Part]:
    """Return what follows an element in its box; of an element that ends its box, what follows the box."""
    above: HtmlElement | None = start
    while above is not None and above.tag not in _WALLS:
        after = [_Part(sibling, with_tail=True) for sibling in above.itersiblings("*")]
        chars = sum(len(part.element.text_content()) + len(part.element.tail or "") for part in after)
        if chars > _LEAST_PIECE:
            return after
        above = above.getparent()
    return []
