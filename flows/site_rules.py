"""The user's rules of sites on disk: one TOML file a site in a folder, and files of many sites in `imported/` below it.

Reads and writes files; what they mean is known in `extractors.sites` alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extractors.sites.filters import is_filter_list, parse_filter_list
from extractors.sites.ftr import FTR_SUFFIX, domain_of_file, is_ftr_config, parse_ftr
from extractors.sites.imports import Imported, merge_imported
from extractors.sites.parse import examples_that_fail, parse_site, parse_sites, render_sites
from extractors.sites.records import SiteRuleError, SiteRules, SiteRuleSet
from flows.exits import UserError

DEFAULT_FOLDER = Path("site_rules")
IMPORTED = "imported"
_NOTE = (
    "Written by `gristmill rules import`, which replaces it whole; own rules go into <domain>.toml beside `imported`."
)


class SiteRulesError(UserError):
    """Rules of sites that cannot be read or used: one line that names file, site and key."""


def site_rules_folder(given: str | Path | None) -> Path | None:
    """Return the folder that rules are read from: the one given, else `site_rules` where there is one, else None.

    Raises SiteRulesError when a folder was given and is not there.
    """
    if given is None:
        return DEFAULT_FOLDER if DEFAULT_FOLDER.is_dir() else None
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise SiteRulesError(f"no folder of site rules at {folder}")
    return folder


def read_site_rules(folder: Path | None) -> SiteRuleSet:
    """Return the rules in a folder, ready for use; none for None. A site's own file counts before imported ones.

    The version is a hash over names and contents of the files. Raises SiteRulesError.
    """
    if folder is None:
        return SiteRuleSet()
    digest = hashlib.sha256()
    sites: dict[str, list[SiteRules]] = {}
    files = list(_rule_files(folder))
    for name, text in files:
        digest.update(f"{name}\0{text}\0".encode())
        for rules in _parse_file(name, text, is_checked=not name.startswith(IMPORTED)):
            sites.setdefault(rules.domain, []).append(rules)
    if not files:
        return SiteRuleSet()
    return SiteRuleSet(digest.hexdigest()[:12], {domain: tuple(found) for domain, found in sites.items()})


def check_site_rules(folder: Path) -> tuple[int, list[str]]:
    """Return how many sites the rules in a folder are of, and what is wrong with them, a line each.

    Tries every selector and every example. Raises SiteRulesError when a file cannot be read.
    """
    problems: list[str] = []
    domains: set[str] = set()
    for name, text in _rule_files(folder):
        try:
            found = _parse_file(name, text, is_checked=True)
        except SiteRulesError as error:
            problems.append(error.message)
            continue
        domains.update(rules.domain for rules in found)
        problems.extend(
            f"{name}: {rule.rule_id}: {problem}"
            for rules in found
            for rule in rules.lines
            for problem in examples_that_fail(rule)
        )
    return len(domains), problems


def _rule_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of each rule file: sites' own ones, then the imported ones, each in order of name."""
    for place in (folder, folder / IMPORTED):
        for path in sorted(place.glob("*.toml")):
            try:
                yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SiteRulesError(f"cannot read {path}: {error}") from error


def _parse_file(name: str, text: str, *, is_checked: bool) -> list[SiteRules]:
    try:
        if name.startswith(f"{IMPORTED}/"):
            return parse_sites(text, name, is_checked=is_checked)
        return [parse_site(name.removesuffix(".toml"), text, name)]
    except SiteRuleError as error:
        raise SiteRulesError(str(error)) from error


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found: sites and selectors written, where to, and what was left out, by reason."""

    path: Path
    site_count: int
    selector_count: int
    ignored: Counter[str] = field(default_factory=Counter)


def import_rules(source: Path, folder: Path) -> ImportReport:
    """Turn a folder of ftr-site-config files, one of them, or a filter list into one file of rules below `folder`.

    Importing the same source again replaces what it gave before. Raises SiteRulesError when there is nothing to read.
    """
    imported = _read_source(source)
    target = folder / IMPORTED / f"{source.resolve().name.removesuffix('.txt').strip('.') or 'rules'}.toml"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # What is read while it is written would be half of a list.
        staged = target.with_suffix(".part")
        staged.write_text(render_sites(imported.sites, _NOTE), encoding="utf-8")
        staged.replace(target)
    except OSError as error:
        raise SiteRulesError(f"cannot write {target}: {error}") from error
    return ImportReport(target, len(imported.sites), imported.selector_count, imported.ignored)


def _read_source(source: Path) -> Imported:
    if source.is_dir():
        paths = sorted(path for path in source.glob(f"*{FTR_SUFFIX}") if path.is_file())
        found = [one for path in paths if (one := _read_one(path, _read_text(path), is_in_folder=True)) is not None]
    else:
        one = _read_one(source, _read_text(source))
        found = [one] if one is not None else []
    if not found:
        raise SiteRulesError(f"{source} holds neither ftr-site-config files (<host>.txt) nor a filter list")
    return merge_imported(found)


def _read_one(path: Path, text: str, *, is_in_folder: bool = False) -> Imported | None:
    """Return what one file gives; None for a file of another kind."""
    if is_filter_list(text):
        return parse_filter_list(text)
    domain = domain_of_file(path.name)
    if domain is not None and is_ftr_config(text):
        return parse_ftr(domain, text)
    if is_in_folder and is_ftr_config(text):
        return Imported((), Counter({"file is not named after a host": 1}))
    return None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise SiteRulesError(f"cannot read {path}: {error}") from error
