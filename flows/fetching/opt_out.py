"""Whether a page reserves itself against text and data mining or AI training. Pure functions on an answer.

Asked only when the user wants such reservations honoured. What robots.txt says of machines that gather texts for
models is in `flows.fetching.robots`.
"""

from __future__ import annotations

import re

from flows.fetching.messages import FetchResult

_RESERVED = frozenset({"noai", "noimageai", "noml"})
_HEAD_BYTES = 64 * 1024
_META = re.compile(rb"<meta\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TDM = "tdm-reservation"


def opt_out_of(result: FetchResult) -> str | None:
    """Return how a page opts out, in words; None when it does not.

    Looked at are the headers `X-Robots-Tag` and `TDM-Reservation`, and the `<meta>` elements of the same meaning in the
    first 64 KiB.
    """
    if result.header(_TDM).strip() == "1":
        return "the header TDM-Reservation: 1"
    for directive in _directives(result.header("x-robots-tag")):
        if directive in _RESERVED:
            return f"the header X-Robots-Tag: {directive}"
    for element in _META.findall(result.body[:_HEAD_BYTES]):
        found = _of_meta(element)
        if found:
            return found
    return None


def _of_meta(element: bytes) -> str | None:
    pairs = {
        name.decode("ascii", "replace").lower(): (double or single or bare).decode("utf-8", "replace")
        for name, double, single, bare in _ATTRIBUTE.findall(element)
    }
    name, content = pairs.get("name", "").strip().lower(), pairs.get("content", "")
    if name == _TDM and content.strip() == "1":
        return f'<meta name="{_TDM}" content="1">'
    if name in {"robots", "gristmill"}:
        for directive in _directives(content):
            if directive in _RESERVED:
                return f'<meta name="{name}" content="{directive}">'
    return None


def _directives(text: str) -> list[str]:
    """Return the directives of a robots header or element, in lower case; an agent's name before them is left out."""
    return [part.rpartition(":")[2].strip().lower() for part in text.split(",")]
