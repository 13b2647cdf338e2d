"""Every rule's own examples, run through the whole engine inside a neutral article of the rule's language."""

from pathlib import Path

import pytest

from extractors.records import Form, rebuild_extracted
from extractors.strip.blocks import Span, split_sentences
from extractors.strip.engine import StripContext, strip_text
from extractors.strip.gates import literal_gate
from extractors.strip.openings import GateIndex
from extractors.strip.rules import Rule, load_packaged_rules, normalise_label

CARRIERS = Path(__file__).parent / "carriers"
RULES = load_packaged_rules()
LANGUAGES = sorted(RULES.lexicons)


def _carrier(language):
    name = "en" if language == "any" else language
    return (CARRIERS / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n")


def _strip_with(example, language, place):
    lines = _carrier(language)
    at = {"head": 0, "middle": 4, "tail": len(lines)}[place]
    text = "\n".join([*lines[:at], example, *lines[at:]])
    result = strip_text(text, StripContext("en" if language == "any" else language, Form.HTML), RULES)
    assert rebuild_extracted(result.text, result.removals) == text
    return result, "\n".join(lines)


def _places(rule):
    if rule.weight < 1 or rule.position in {"tail", "edge"}:
        return ["tail"]
    return ["head"] if rule.position == "head" else ["middle", "tail"]


def _matches(rule: Rule, example: str) -> bool:
    if rule.labels:
        return normalise_label(example) in rule.labels
    span = Span(0, len(example), example)
    return any(len(s.text) <= rule.max_chars and rule.pattern.search(s.text) for s in split_sentences(span))


REMOVES = [(rule, text) for rule in RULES.rules for text in rule.must_remove]
KEEPS = [(rule, text) for rule in RULES.rules for text in rule.must_keep]


@pytest.mark.parametrize(("rule", "text"), REMOVES, ids=[f"{rule.rule_id}:{text[:24]}" for rule, text in REMOVES])
def test_must_remove(rule, text):
    """The example shows its own rule, and goes whole while the article around it stays to the letter."""
    assert _matches(rule, text)
    if rule.weight < 0.5:
        return
    for place in _places(rule):
        result, article = _strip_with(text, rule.language, place)
        assert result.text == article, place


@pytest.mark.parametrize(("rule", "text"), KEEPS, ids=[f"{rule.rule_id}:{text[:24]}" for rule, text in KEEPS])
def test_must_keep(rule, text):
    """The counter-example stays, in the middle of an article and at its end."""
    for place in ("middle", "tail"):
        result, _article = _strip_with(text, rule.language, place)
        assert text in result.text, (place, [removal.rule_id for removal in result.removals])


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.rule_id)
def test_rule_has_examples(rule):
    """A rule that cuts shows what it cuts; a pattern that is certain also shows what it must leave."""
    assert rule.must_remove or rule.weight < 0.5
    if (
        rule.pattern is not None
        and rule.weight >= 1
        and rule.position == "any"
        and not rule.pattern.pattern.startswith("^")
    ):
        assert rule.must_keep


@pytest.mark.parametrize("language", LANGUAGES)
def test_gate_lets_every_match_through(language):
    """No literal gate of a language's rules hides a text of any language that its pattern matches, in capitals too."""
    patterns = [rule.pattern for rule in RULES.rules if rule.language == language and rule.pattern is not None]
    gates = [literal_gate(pattern.pattern) for pattern in patterns]
    index = GateIndex(gates)
    examples = {text for _rule, text in [*REMOVES, *KEEPS]}
    for text in sorted(examples | {text.upper() for text in examples}):
        opened = {number for number, _bits in index.find_open([text])}
        for number, pattern in enumerate(patterns):
            assert number in opened or not gates[number] or not pattern.search(text), (pattern.pattern, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_carrier_is_left_alone(language):
    """The neutral article of each language loses nothing, under any language's rules."""
    text = "\n".join(_carrier(language))
    for other in LANGUAGES:
        assert strip_text(text, StripContext(other, Form.HTML), RULES).text == text


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "any"])
def test_language_is_complete(language):
    """A language brings at least the six kinds that every site shows, and a lexicon."""
    kinds = {rule.kind.value for rule in RULES.rules if rule.language == language}
    assert {"donation", "subscribe", "newsletter", "comments", "share_follow", "related"} <= kinds
    assert RULES.lexicons[language].reporting
    assert RULES.lexicons[language].address
