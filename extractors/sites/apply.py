"""Site rules on a page's HTML: which lines of its text they take, the body they name, the metadata they state.

Nothing is cut here. The tree is left as it is and the text is extracted from all of it; what the rules match is told as
lines of that text, and the strip stage cuts them, so that the ledger holds them. Pure functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from lxml import etree
from lxml.html import HtmlElement

from extractors.body import Body, NoBody, extract_body, parse_html, prose_chars
from extractors.line_key import line_key
from extractors.metadata.authors import parse_authors
from extractors.metadata.dates import DateLimits, choose_published
from extractors.metadata.values import clean_text
from extractors.records import Metadata, SiteRuleLine
from extractors.sites.guard import LEAST_PROSE, stopped_rules
from extractors.sites.page_lines import lines_with_owners
from extractors.sites.records import ANY_SITE, PageRules, SiteRules
from extractors.sites.selectors import page_tokens, rule_id_of, select, select_texts

_LONGEST_TITLE = 400


def match_lines(text: str, tree: HtmlElement, rules: PageRules) -> tuple[SiteRuleLine, ...]:
    """Return the non-blank lines of an extracted text that stand in elements which the rules match.

    A line that stands both inside and outside of them is taken only where it can be told which is which. A rule that
    finds elements and none of the text has one entry without a line, but for the rules of any site. What the text-loss
    guard stops is told as stopped.
    """
    marks, found_rules = _marked_elements(tree, rules)
    if not marks:
        return ()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    taken = list(_taken_lines(lines, lines_with_owners(tree, marks)))
    chars: Counter[str] = Counter()
    for index, rule_id in taken:
        chars[rule_id] += len(lines[index])
    stopped = stopped_rules(chars, sum(map(len, lines)))
    matches = [SiteRuleLine(index, rule_id, is_stopped=rule_id in stopped) for index, rule_id in taken]
    return (*matches, *(SiteRuleLine(None, rule_id) for rule_id in found_rules if rule_id not in chars))


def _marked_elements(tree: HtmlElement, rules: PageRules) -> tuple[dict[HtmlElement, str], list[str]]:
    """Return the rule that takes each matched element, and the rules of the site itself that matched any."""
    marks: dict[HtmlElement, str] = {}
    found_rules: list[str] = []
    for site, selector in rules.strip_on_page(page_tokens(tree)):
        elements = select(tree, selector)
        rule_id = rule_id_of(site.domain, selector)
        for element in elements:
            marks.setdefault(element, rule_id)
        if elements and site.domain != ANY_SITE:
            found_rules.append(rule_id)
    return marks, found_rules


def _taken_lines(lines: list[str], places: dict[str, list[str | None]]) -> Iterator[tuple[int, str]]:
    keys = [line_key(line) for line in lines]
    counts = Counter(keys)
    seen: Counter[str] = Counter()
    for index, key in enumerate(keys):
        owners = places.get(key, ()) if key else ()
        if not owners:
            continue
        at = seen[key]
        seen[key] += 1
        owner = owners[min(at, len(owners) - 1)]
        if owner is not None and (all(owners) or counts[key] == len(owners)):
            yield index, owner


def choose_site_body(
    html: str, tree: HtmlElement, rules: PageRules, found: Body | NoBody
) -> tuple[Body | NoBody, tuple[SiteRuleLine, ...]]:
    """Return the body that the rules name, or the one found without them, and what there is to record of it.

    The rules' body counts when its prose is at least 60 % of what was found without them; else it is stopped.
    """
    for site in rules.sites:
        candidate = _site_body(html, tree, site)
        if candidate is None:
            continue
        prose = prose_chars(found.text) if isinstance(found, Body) else 0
        if prose_chars(candidate.text) >= LEAST_PROSE * prose:
            comments = found.comments if isinstance(found, Body) else None
            return replace(candidate, comments=comments), (SiteRuleLine(None, site.body_rule_id),)
        return found, (SiteRuleLine(None, site.body_rule_id, is_stopped=True),)
    return found, ()


def _site_body(html: str, tree: HtmlElement, site: SiteRules) -> Body | None:
    """Return what a site's rules take for the body; None when they match nothing, or nothing with text."""
    changed = html
    for old, new in site.replace:
        changed = changed.replace(old, new)
    changed_tree = tree if changed == html else parse_html(changed)
    if changed_tree is None:
        return None
    part = next((found[0] for selector in site.body if (found := select(changed_tree, selector))), None)
    if part is None and changed == html:
        return None
    if part is not None:
        inner = etree.tostring(part, encoding="unicode", method="html", with_tail=False)
        changed = f"<html><body><article>{inner}</article></body></html>"
        changed_tree = parse_html(changed)
    body = extract_body(changed, changed_tree)
    return replace(body, source="site_rule") if isinstance(body, Body) else None


def state_metadata(tree: HtmlElement, rules: PageRules, metadata: Metadata, latest: datetime) -> Metadata:
    """Return the metadata with what the rules find or state in place of what the page says of itself.

    A date that cannot be read, or that lies after `latest`, changes nothing.
    """
    title = next((text for text in _texts(tree, rules, "title") if len(text) <= _LONGEST_TITLE), None)
    authors = parse_authors(_texts(tree, rules, "author"), metadata.sitename)
    published = choose_published(((raw, "site-rule") for raw in _texts(tree, rules, "date")), DateLimits(latest))
    changed = replace(
        metadata,
        title=title or metadata.title,
        authors=authors or metadata.authors,
        language=rules.language or metadata.language,
    )
    if published is None:
        return changed
    return replace(
        changed,
        published_at=published.at,
        published_raw=published.raw,
        published_precision=published.precision,
        published_source=published.source,
    )


def _texts(tree: HtmlElement, rules: PageRules, key: str) -> list[str]:
    """Return the texts that the first selector of a key finds which finds any."""
    for site in rules.sites:
        for selector in getattr(site, key):
            texts = [text for raw in select_texts(tree, selector) if (text := clean_text(raw))]
            if texts:
                return texts
    return []
