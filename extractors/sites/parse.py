"""Site rules written as TOML: read, checked, and written back. The format is described in `docs/rules.md`.

One file holds the rules of one site, named after its domain; a file of many sites has a table for each. Pure functions
of text; which files there are is known in `flows.site_rules`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from extractors.language import parse_language
from extractors.records import Kind
from extractors.sites.records import ANY_SITE, SiteRuleError, SiteRules
from extractors.sites.selectors import SelectorError, check_selector

# The one place that reads a rule of this form, wherever it is written down.
from extractors.strip.rules import Rule, RuleError, normalise_label, parse_rule

_SELECTORS = ("body", "strip", "keep", "title", "author", "date")
_KEYS = (*_SELECTORS, "replace", "language", "line")
_DOMAIN = re.compile(r"(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*")


def parse_site(domain: str, text: str, where: str) -> SiteRules:
    """Return the rules of one site from its own file, every selector checked.

    `where` names the file. Raises SiteRuleError, naming file and key.
    """
    return parse_table(domain, _load(text, where), where)


def parse_sites(text: str, where: str, *, is_checked: bool = True) -> list[SiteRules]:
    """Return the rules of many sites from one file: a table for each domain, `any` for all of them.

    `is_checked` tries every selector, a tenth of a millisecond each; not needed for what was checked when it was
    written. Raises SiteRuleError, naming file, domain and key.
    """
    found = []
    for domain, table in _load(text, where).items():
        if not isinstance(table, dict):
            raise SiteRuleError(f"{where}: {domain}: a table of rules is expected: [{json.dumps(domain)}]")
        found.append(parse_table(domain, table, f"{where}: {domain}", is_checked=is_checked))
    return found


def parse_table(domain: str, table: Mapping[str, Any], where: str, *, is_checked: bool = True) -> SiteRules:
    """Return the rules of one site from a table of TOML. Raises SiteRuleError, naming `where` and key."""
    if not _DOMAIN.fullmatch(domain) or domain != domain.lower():
        raise SiteRuleError(f"{where}: {domain!r} is no domain in lower case")
    unknown = set(table) - set(_KEYS)
    if unknown:
        raise SiteRuleError(f"{where}: unknown key {min(unknown)!r}; known: {', '.join(_KEYS)}")
    selectors = {key: _strings(table, key, where) for key in _SELECTORS}
    if is_checked:
        _check_selectors(selectors, where)
    return SiteRules(
        domain=domain,
        replace=tuple(_replacements(table, where)),
        lines=tuple(_line_rules(domain, table, where)),
        language=_language(table, where),
        **selectors,
    )


def render_sites(sites: Iterable[SiteRules], note: str) -> str:
    """Return a file of many sites; `note` becomes its first line. Rules on lines are not written."""
    parts = [f"# {note}\n"]
    for site in sites:
        parts.append(f"\n[{json.dumps(site.domain)}]\n")
        for key in _SELECTORS:
            parts.extend(_list_lines(key, [_quoted(selector) for selector in getattr(site, key)]))
        pairs = [f"[{_quoted(old)}, {_quoted(new)}]" for old, new in site.replace]
        parts.extend(_list_lines("replace", pairs))
    return "".join(parts)


def examples_that_fail(rule: Rule) -> Iterator[str]:
    """Yield what a rule's examples say against it: a `must_remove` that it does not see, a `must_keep` that it does."""
    for example in rule.must_remove:
        if not _sees(rule, example):
            yield f"must_remove is not seen: {example!r}"
    for example in rule.must_keep:
        if _sees(rule, example):
            yield f"must_keep is seen: {example!r}"


def _sees(rule: Rule, text: str) -> bool:
    return normalise_label(text) in rule.labels if rule.pattern is None else rule.pattern.search(text) is not None


def _load(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteRuleError(f"{where}: {error}") from error


def _strings(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(entry, str) and entry.strip() for entry in values):
        raise SiteRuleError(f"{where}: {key}: a selector or a list of selectors is expected")
    return tuple(dict.fromkeys(entry.strip() for entry in values))


def _check_selectors(selectors: Mapping[str, tuple[str, ...]], where: str) -> None:
    for key, listed in selectors.items():
        for selector in listed:
            try:
                check_selector(selector)
            except SelectorError as error:
                raise SiteRuleError(f"{where}: {key}: {error}") from error


def _replacements(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    pairs = table.get("replace", [])
    if not isinstance(pairs, list):
        raise SiteRuleError(f"{where}: replace: a list of pairs [old, new] is expected")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise SiteRuleError(f"{where}: replace: {pair!r} is no pair [old, new]")
        if not is_markup_only(*pair):
            raise SiteRuleError(
                f"{where}: replace: {pair[0]!r} is more than tags: text that goes before extraction is in no ledger"
            )
        yield pair[0], pair[1]


_TAGS = re.compile(r"<[^<>]*(?:>|$)|^[^<>]*>")
_HIDES = re.compile(r"<!--|<\s*(?:script|style|template|noscript|iframe|textarea|title|head)\b", re.IGNORECASE)


def is_markup_only(old: str, new: str) -> bool:
    """Tell whether a replacement changes tags alone: the same letters before and after, and nothing hidden by it."""
    before, after = (_TAGS.sub("", text).strip() for text in (old, new))
    return "<" in old and before == after and not _HIDES.search(new)


def _language(table: Mapping[str, Any], where: str) -> str | None:
    stated = table.get("language")
    if stated is None:
        return None
    language = parse_language(stated) if isinstance(stated, str) else None
    if language is None:
        raise SiteRuleError(f"{where}: language: {stated!r} is no language code")
    return language


def _line_rules(domain: str, table: Mapping[str, Any], where: str) -> Iterator[Rule]:
    seen: set[str] = set()
    entries = table.get("line", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SiteRuleError(f"{where}: line: rules are written as [[line]]")
    for number, entry in enumerate(entries, 1):
        here = f"{where}: line {number}"
        rule = _line_rule(domain, dict(entry), here)
        if rule.rule_id in seen:
            raise SiteRuleError(f"{here}: the id {entry['id']!r} is used twice")
        seen.add(rule.rule_id)
        yield rule


def _line_rule(domain: str, entry: dict[str, Any], where: str) -> Rule:
    kind = entry.pop("kind", Kind.SITE_FURNITURE.value)
    if kind not in set(Kind):
        raise SiteRuleError(f"{where}: kind: {kind!r} is none of {', '.join(Kind)}")
    for key in ("labels", "must_remove", "must_keep"):
        if key in entry and not (isinstance(entry[key], list) and all(isinstance(text, str) for text in entry[key])):
            raise SiteRuleError(f"{where}: {key}: a list of texts is expected")
    if not isinstance(entry.get("pattern", ""), str):
        raise SiteRuleError(f"{where}: pattern: a regular expression is expected")
    try:
        rule = parse_rule(where, ANY_SITE, Kind(kind), entry, {})
    except (RuleError, TypeError, ValueError) as error:
        raise SiteRuleError(str(error) if isinstance(error, RuleError) else f"{where}: {error}") from error
    return replace(rule, rule_id=f"site.{domain}.{entry['id']}")


def _list_lines(key: str, values: list[str]) -> Iterator[str]:
    if len(values) == 1:
        yield f"{key} = [{values[0]}]\n"
    elif values:
        yield f"{key} = [\n" + "".join(f"    {value},\n" for value in values) + "]\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML string, but for one control character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
