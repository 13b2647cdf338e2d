"""Site patterns in the ftr-site-config format (`<host>.txt`, lines of `name: value`), as rules of sites.

What says where an article's body, title, author and date are, and what to strip, is taken over; what steers another
program's fetching is left out and counted. Pure functions of names and texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from extractors.sites.imports import Imported, is_usable
from extractors.sites.parse import is_markup_only
from extractors.sites.records import SiteRules
from extractors.sites.selectors import is_xpath

FTR_SUFFIX = ".txt"
_DIRECTIVE = re.compile(r"\s*([a-z_]+)(?:\((.*)\))?\s*:\s?(.*)", re.DOTALL)
_HOST = re.compile(r"\.?((?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)")
_SELECTORS = ("body", "strip", "title", "author", "date")
_OF_ANOTHER_ENGINE = "setting of another engine"
_IGNORED = {
    "tidy": _OF_ANOTHER_ENGINE,
    "prune": _OF_ANOTHER_ENGINE,
    "parser": _OF_ANOTHER_ENGINE,
    "autodetect_on_failure": _OF_ANOTHER_ENGINE,
    "skip_json_ld": _OF_ANOTHER_ENGINE,
    "convert_double_br_tags": _OF_ANOTHER_ENGINE,
    "wrap_in": _OF_ANOTHER_ENGINE,
    "dissolve": _OF_ANOTHER_ENGINE,
    "footnotes": _OF_ANOTHER_ENGINE,
    "strip_comments": _OF_ANOTHER_ENGINE,
    "test_url": "test",
    "test_contains": "test",
    "single_page_link": "fetching: pages are taken as they come",
    "single_page_link_in_feed": "fetching: pages are taken as they come",
    "next_page_link": "fetching: pages are taken as they come",
    "if_page_contains": "fetching: pages are taken as they come",
    "http_header": "fetching: pages are taken as they come",
    "requires_login": "fetching: pages are taken as they come",
    "login_uri": "fetching: pages are taken as they come",
    "login_username_field": "fetching: pages are taken as they come",
    "login_password_field": "fetching: pages are taken as they come",
    "login_extra_fields": "fetching: pages are taken as they come",
    "not_logged_in_xpath": "fetching: pages are taken as they come",
    "strip_image_src": "images: only text is kept",
    "strip_attr": "images: only text is kept",
    "src_lazy_load_attr": "images: only text is kept",
    "insert_detected_image": "images: only text is kept",
    "native_ad_clue": "native advertisement: not supported",
}
_LOST_REPLACEMENT = "replacement changes text, which no ledger would show"


def domain_of_file(name: str) -> str | None:
    """Return the domain that a file of patterns is for, by its name; None when it is not named after a host.

    `www.` is left out, and a leading dot (any subdomain) too: rules of a domain hold on its subdomains.
    """
    found = _HOST.fullmatch(name.lower().removesuffix(FTR_SUFFIX))
    return found.group(1).removeprefix("www.") if found else None


def is_ftr_config(text: str) -> bool:
    """Tell whether a text is written in this format: one of its directives opens a line."""
    return any(
        name in _SELECTORS or name.startswith("strip_") or name in _IGNORED for name, *_rest in _directives(text)
    )


def parse_ftr(domain: str, text: str) -> Imported:
    """Return the rules of a domain from its file. Total: what cannot be used is counted, by reason."""
    ignored: Counter[str] = Counter()
    found: dict[str, list[str]] = {key: [] for key in _SELECTORS}
    pairs: list[tuple[str, str]] = []
    waiting: list[str] = []
    for name, argument, value in _directives(text):
        if name in _SELECTORS and value:
            # All of this format is XPath; in brackets it is told from CSS.
            selector = value if is_xpath(value) else f"({value})"
            found[name].extend([selector] if is_usable(selector, ignored) else [])
        elif name == "strip_id_or_class" and value:
            found["strip"].extend(_id_or_class(value, ignored))
        elif name == "find_string":
            waiting.append(value)
        elif name == "replace_string" and argument is not None:
            pairs.append((argument, value))
        elif name == "replace_string" and waiting:
            pairs.append((waiting.pop(0), value))
        else:
            ignored[_IGNORED.get(name, "directive is not known" if value else "directive without a value")] += 1
    ignored["find_string without replace_string"] += len(waiting)
    replaced = tuple(pair for pair in pairs if is_markup_only(*pair))
    ignored[_LOST_REPLACEMENT] += len(pairs) - len(replaced)
    site = SiteRules(
        domain=domain,
        body=tuple(dict.fromkeys(found["body"])),
        strip=tuple(dict.fromkeys(found["strip"])),
        title=tuple(dict.fromkeys(found["title"])),
        author=tuple(dict.fromkeys(found["author"])),
        date=tuple(dict.fromkeys(found["date"])),
        replace=replaced,
    )
    return Imported((site,) if site != SiteRules(domain) else (), +ignored)


def _directives(text: str) -> Iterator[tuple[str, str | None, str]]:
    """Yield name, argument in brackets and value of each line that is neither blank nor a comment."""
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _DIRECTIVE.fullmatch(stripped)
        if match:
            yield match[1], match[2], match[3].strip()
        else:
            yield "", None, ""


def _id_or_class(value: str, ignored: Counter[str]) -> Iterator[str]:
    """Yield an XPath for the elements whose class or id contains a text, as the format has it."""
    text = value.strip("'\"")
    quote = '"' if "'" in text else "'"
    selector = f"//*[contains(@class, {quote}{text}{quote}) or contains(@id, {quote}{text}{quote})]"
    if text and is_usable(selector, ignored):
        yield selector
