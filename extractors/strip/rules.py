"""Rules as data: reads the TOML of `extractors/rules/<language>/<kind>.toml` into compiled, immutable rule sets.

A rule says what a block or a sentence looks like and how much that is worth as evidence; it never decides. The
decision is in `extractors.strip.decide`. The format is described in `docs/rules.md`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from extractors.lines.model import LineModel, parse_weights, read_packaged_weights
from extractors.records import Kind
from extractors.strip.gates import literal_gate
from extractors.strip.letters import UPPER
from extractors.strip.openings import GateIndex

# Word lists that every language has. Patterns ignore case; <cap> is the one place where it counts.
_COMMON_WORDS: Mapping[str, str] = {"cap": f"(?-i:[{UPPER}])"}

# What a hit is worth; 1.0 is enough alone. Written as words in the TOML.
STRENGTHS: Mapping[str, float] = {"certain": 1.0, "likely": 0.6, "hint": 0.3}

_RULE_KEYS = {
    "id", "reason", "strength", "pattern", "labels", "position", "max_chars", "extends", "quotable",
    "must_remove", "must_keep",
}  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_OUTER_MARKS = re.compile(r"^[\W_]*?(?=[\w#])|[^\w#]+$")
_POSITIONS = {"any", "head", "tail", "edge"}


class RuleError(ValueError):
    """A rule file that cannot be used; the message names file, rule and key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `labels` are whole blocks, compared after `normalise_label`; `pattern` is searched in each sentence. `position`
    limits a rule to the head, the tail, or either edge of the text. `extends` is the number of link-like blocks
    after a hit that go with it ("Related posts" and its list). `quotable` rules hold inside quotation marks too.
    """

    rule_id: str
    kind: Kind
    language: str
    reason: str
    weight: float
    pattern: re.Pattern[str] | None
    labels: frozenset[str]
    position: str = "any"
    max_chars: int = 600
    extends: int = 0
    quotable: bool = False
    is_anchored: bool = False
    must_remove: tuple[str, ...] = ()
    must_keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What a language's sentences look like when an article reports, and when a page speaks to its reader."""

    reporting: re.Pattern[str] | None = None
    address: re.Pattern[str] | None = None


class LanguageRules:
    """The rules that apply to pages of one language, indexed for use.

    `gates` leads from texts to the pattern rules that their words open, by their place in `patterns`; the rules without
    a gate are in `ungated`.
    """

    def __init__(self, rules: Sequence[Rule], lexicons: Sequence[Lexicon]) -> None:
        self.patterns = tuple(rule for rule in rules if rule.pattern is not None)
        gates = [literal_gate(rule.pattern.pattern) for rule in self.patterns if rule.pattern is not None]
        self.ungated = tuple(index for index, gate in enumerate(gates) if not gate)
        self.lexicons = tuple(lexicons)
        self.labels: dict[str, tuple[Rule, ...]] = {}
        for rule in rules:
            for label in rule.labels:
                self.labels[label] = (*self.labels.get(label, ()), rule)
        self.gates = GateIndex(gates)


@dataclass(frozen=True)
class RuleSet:
    """All rules, by language, the line model beside them, and the version that follows from their text.

    Build with `parse_rules`.
    """

    version: str
    rules: tuple[Rule, ...]
    lexicons: Mapping[str, Lexicon]
    model: LineModel | None = None
    _by_language: dict[str, LanguageRules] = field(default_factory=dict, repr=False, compare=False)

    def for_language(self, language: str | None) -> LanguageRules:
        """Return the rules for a page in `language`: its own, English, and those of no language."""
        key = language if language is not None and language in self.lexicons else "en"
        if key not in self._by_language:
            self._by_language[key] = self._select({"any", "en", key})
        return self._by_language[key]

    def _select(self, languages: set[str]) -> LanguageRules:
        return LanguageRules(
            [rule for rule in self.rules if rule.language in languages],
            [lexicon for name, lexicon in self.lexicons.items() if name in languages],
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # The index of a language is rebuilt where it is needed: an automaton is quicker made than sent.
        return RuleSet, (self.version, self.rules, dict(self.lexicons), self.model)


def normalise_label(text: str) -> str:
    """Return a short block as labels are compared: lower case, digits as #, no outer punctuation, single spaces."""
    inner = _OUTER_MARKS.sub("", _NUMBER.sub("#", text.lower()))
    return " ".join(inner.split())


def parse_rules(files: Mapping[str, str], weights: str = "") -> RuleSet:
    """Build a rule set from TOML texts, keyed by `<language>/<kind>.toml` or `<language>/lexicon.toml`.

    `weights` is the text of the line model's weights; none, no model. The version is a hash over names and texts.
    Raises RuleError, naming file, rule and key.
    """
    digest = hashlib.sha256(weights.encode())
    parsed: dict[str, dict[str, Any]] = {}
    for name in sorted(files):
        digest.update(f"{name}\0{files[name]}\0".encode())
        try:
            parsed[name] = tomllib.loads(files[name])
        except tomllib.TOMLDecodeError as error:
            raise RuleError(f"{name}: {error}") from error
    words = {name.split("/")[0]: table.get("words", {}) for name, table in parsed.items() if "/lexicon" in name}
    lexicons = {
        name.split("/")[0]: _lexicon(name, table, words) for name, table in parsed.items() if "/lexicon" in name
    }
    rules: list[Rule] = []
    for name, table in parsed.items():
        if "/lexicon" not in name:
            rules.extend(_file_rules(name, table, words))
    seen: set[str] = set()
    for rule in rules:
        if rule.rule_id in seen:
            raise RuleError(f"{rule.rule_id}: this id is used twice")
        seen.add(rule.rule_id)
    model = parse_weights(weights) if weights else None
    return RuleSet(version=digest.hexdigest()[:12], rules=tuple(rules), lexicons=lexicons, model=model)


@lru_cache(maxsize=1)
def load_packaged_rules() -> RuleSet:
    """Return the rules that ship with this package (read from its own files, once)."""
    files: dict[str, str] = {}
    for language in sorted(resources.files("extractors").joinpath("rules").iterdir(), key=lambda entry: entry.name):
        if language.is_dir() and not language.name.startswith(("_", ".")):
            for entry in language.iterdir():
                if entry.name.endswith(".toml"):
                    files[f"{language.name}/{entry.name}"] = entry.read_text(encoding="utf-8")
    return parse_rules(files, read_packaged_weights())


def _compile(where: str, pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """Fill in `<word>` references and compile, ignoring case.

    The lines of a pattern are joined; a blank within a line means any white space.
    """

    def lookup(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in _COMMON_WORDS:
            return _COMMON_WORDS[name]
        if name not in words:
            raise RuleError(f"{where}: no word list <{name}> in lexicon.toml")
        return f"(?:{words[name]})"

    joined = "".join(line.strip() for line in pattern.splitlines())
    filled = re.sub(r"(?<!\(\?P)<([a-z_]+)>", lookup, joined)
    spaced = re.sub(r"(?<!\\) +", r"\\s+", re.sub(r"(?<!\\) (?=[?*+{])", r"\\s", filled))
    try:
        return re.compile(spaced, re.IGNORECASE)
    except re.error as error:
        raise RuleError(f"{where}: {error}") from error


def _is_anchored(pattern: str) -> bool:
    """Tell whether a pattern can only match at the beginning: then nobody need search the rest of the sentence."""
    if not pattern.startswith("^"):
        return False
    depth = 0
    for found in re.finditer(r"\\.|\[(?:\\.|[^\]])*\]|[()|]", pattern):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if found.group() == "|" and depth == 0:
            return False
    return True


def _lexicon(name: str, table: dict[str, Any], words: Mapping[str, Mapping[str, str]]) -> Lexicon:
    known = words.get(name.split("/", maxsplit=1)[0], {})
    found = {key: _compile(f"{name}: {key}", table[key], known) for key in ("reporting", "address") if table.get(key)}
    return Lexicon(reporting=found.get("reporting"), address=found.get("address"))


def _file_rules(name: str, table: dict[str, Any], words: Mapping[str, Mapping[str, str]]) -> list[Rule]:
    language, stem = name.removesuffix(".toml").split("/")
    try:
        kind = Kind(stem)
    except ValueError as error:
        raise RuleError(f"{name}: {stem!r} is no kind; known: {', '.join(Kind)}") from error
    return [parse_rule(f"{name}: rule {index}", language, kind, entry, words.get(language, {}))
            for index, entry in enumerate(table.get("rule", []), 1)]  # fmt: skip


def parse_rule(where: str, language: str, kind: Kind, entry: dict[str, Any], words: Mapping[str, str]) -> Rule:
    """Return the rule that a table of a rule file describes.

    `where` begins the message of a RuleError; `words` are the language's word lists.
    """
    unknown = set(entry) - _RULE_KEYS
    if unknown:
        raise RuleError(f"{where}: unknown key {min(unknown)!r}")
    for key in ("id", "reason"):
        if not isinstance(entry.get(key), str):
            raise RuleError(f"{where}: {key} is missing")
    where = f"{where} ({entry['id']})"
    strength = entry.get("strength", "certain")
    if strength not in STRENGTHS:
        raise RuleError(f"{where}: strength {strength!r} is none of {', '.join(STRENGTHS)}")
    position = entry.get("position", "any")
    if position not in _POSITIONS:
        raise RuleError(f"{where}: position {position!r} is none of {', '.join(sorted(_POSITIONS))}")
    if ("pattern" in entry) == ("labels" in entry):
        raise RuleError(f"{where}: a rule has either a pattern or labels")
    pattern = _compile(where, entry["pattern"], words) if "pattern" in entry else None
    return Rule(
        rule_id=f"{language}.{kind.value}.{entry['id']}",
        kind=kind,
        language=language,
        reason=entry["reason"],
        weight=STRENGTHS[strength],
        pattern=pattern,
        labels=frozenset(normalise_label(label) for label in entry.get("labels", ())),
        position=position,
        max_chars=int(entry.get("max_chars", 600)),
        extends=int(entry.get("extends", 0)),
        quotable=bool(entry.get("quotable", False)),
        is_anchored=pattern is not None and _is_anchored(pattern.pattern),
        must_remove=tuple(entry.get("must_remove", ())),
        must_keep=tuple(entry.get("must_keep", ())),
    )
