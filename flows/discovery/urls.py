"""Addresses and their canonical form. Pure functions; which addresses are worth fetching is in `filters`.

The canonical form is both the address that is fetched and the name that tells a page seen before, so nothing is changed
that a server could tell apart: parameters keep their order, empty ones stay, and only those go that track where a
reader came from. (courlan sorts parameters, drops `?12345` and `source=`, and encodes brackets.)
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

_MAX_CHARS = 4_096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
# Most addresses: a name in ASCII, perhaps a port of four digits, and segments of unreserved characters, no query.
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(
    rf"https?://{_LABEL}(?:\.{_LABEL}){{0,8}}(?::[1-9]\d{{3}}|:[1-5]\d{{4}})?(?:/[\w~-][\w.~-]*)*/?", re.ASCII
)

_TRACKERS = re.compile(
    r"(?:utm|mtm|pk|piwik|matomo|itm|at|hsa|vero|oly|wt|ns|fb|_hs)[_.][\w.-]+"
    r"|(?:fb|g|dc|tw|tt|y|ys|msc?|li_fat_)(?:cl|clk)id|g[bw]raid|wbraid|li_fat_id|igsh|igshid|srsltid|mkt_tok|mc_[ce]id"
    r"|_hsenc|_hsmi|_ga|_gl|_openstat|hsctatracking|cmpid|ncid|ocid|xtor|ref_src|ref_url|smid|ito|emc|ftag|spm|wt_mc"
    r"|guccounter|guce_referrer(?:_sig)?|traffic_source|__twitter_impression|sc_channel|rss|zanpid|s_cid",
    re.IGNORECASE,
)
# These track where a feed's publisher uses them so, and choose the page elsewhere: the value tells.
_SOMETIMES = frozenset(
    {"source", "src", "ref", "from", "partner", "via", "medium", "campaign", "cmp", "cid", "feed", "iref"}
)
_FEED_VALUE = re.compile(r"(?:rss|feed|newsletter|twitter|facebook|sitemap)[\w.-]*", re.IGNORECASE)


def is_plain_url(url: str) -> bool:
    """Tell at a glance that an address is in canonical form; False may also mean that it takes a closer look."""
    return _PLAIN.fullmatch(url) is not None and url.count("/") > 2 and len(url) <= _MAX_CHARS


def canonical_url(url: str, drop_parameters: frozenset[str] = frozenset()) -> str | None:
    """Return the canonical form of an absolute web address, None for anything else.

    Scheme and host in lower case, the host in ASCII, no default port, no dot segments, no fragment, escapes in one
    form, no tracking parameters nor those in `drop_parameters` (in lower case). An address with a user name or a
    password is none.
    """
    if is_plain_url(url):
        return url
    text = re.sub(r"[\t\r\n]", "", url.strip())
    if len(text) > _MAX_CHARS or not re.match(r"https?://", text, re.IGNORECASE):
        return None
    try:
        parts = urlsplit(safe_url_string(text.replace("\\", "/")))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host) or "@" in parts.netloc:
        return None
    netloc = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    path = _same_escapes(_without_dots(parts.path or "/"))
    return urlunsplit((scheme, netloc, path, _kept_query(parts.query, drop_parameters), ""))


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` as a browser does before it asks."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _same_escapes(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        character = chr(int(found.group(1), 16))
        return character if character in _UNRESERVED else found.group(0).upper()

    return _ESCAPE.sub(one, text)


def _kept_query(query: str, drop_parameters: frozenset[str]) -> str:
    kept = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        is_feed_mark = name.lower() in _SOMETIMES and _FEED_VALUE.fullmatch(value)
        if part and not _TRACKERS.fullmatch(name) and not is_feed_mark and name.lower() not in drop_parameters:
            kept.append(_same_escapes(part))
    return "&".join(kept)


def joined(base: str, link: str | None) -> str | None:
    """Return a link as an absolute address; None without one, or when it is none."""
    try:
        return urljoin(base, link) if link else None
    except ValueError:
        return None
