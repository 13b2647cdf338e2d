"""The line model: features of a line, sums of weights, and the file that holds them."""

import pytest

from extractors.lines.model import (
    LineModel,
    ModelError,
    format_weights,
    load_packaged_model,
    parse_weights,
    read_packaged_weights,
)
from extractors.lines.words import line_features, words_of

MODEL = LineModel(words={"subscribe": 2.0, "harbour": -1.0, "^ subscrib": 0.5}, company={"bias": -1.0}, bias=-0.25)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Write to desk@paper.example, or @paper on #harbour!", ["write", "to", "<mail>", "or", "<handle>", "on", "<tag>"]),
        ("€ 4.50 a month: www.paper.example/offer", ["€", "<number>", "a", "month", "<url>"]),
        ("購読する", ["購", "読", "す", "る"]),
        ("ПОДПИШИТЕСЬ", ["подпишитесь"]),
    ],
)  # fmt: skip
def test_words_of_a_line(line, words):
    """Words are lower-cased; addresses, handles and numbers count by their class; one CJK character is a word."""
    assert words_of(line) == words


def test_features_hold_stems_pairs_length_and_end():
    """A line gives its words, the beginnings of long ones, its pairs, its length class and its last character."""
    assert line_features("Subscribe now!") == {
        "subscribe", "subscr~", "now", "^ subscrib", "subscrib now", "now $", "<length 0>", "<ends !>",
    }  # fmt: skip


def test_score_is_the_sum_over_the_root_of_the_features():
    """The score is the bias and the sum of known weights over the root of their number, at least twelve."""
    assert MODEL.score_line("Subscribe") == pytest.approx(-0.25 + 2.5 / 12**0.5)
    assert MODEL.score_line("") == pytest.approx(-0.25)


def test_telling_words_are_the_ones_for_furniture():
    """Of a line's words those that speak for furniture are told, the strongest first."""
    assert MODEL.telling_words("Subscribe at the harbour") == ["subscribe", "^ subscrib"]


def test_weights_file_round_trip():
    """What is written is read back, and comments are passed over."""
    text = format_weights(MODEL, ["where it comes from"])
    assert text.startswith("// where it comes from\ncompany\tbias\t-100\n")
    assert parse_weights(text) == MODEL


@pytest.mark.parametrize("line", ["word\tsubscribe", "word\tsubscribe\tmuch", "phrase\tsubscribe\t10"])
def test_broken_weights_are_refused(line):
    """A line that is not a table, a name and a number is an error that names the line."""
    with pytest.raises(ModelError, match="line 2"):
        parse_weights(f"company\tbias\t1\n{line}\n")


def test_packaged_weights_are_small_and_in_order():
    """The weights that ship are below half a megabyte, and writing them again changes nothing."""
    text = read_packaged_weights()
    assert len(text.encode()) < 600_000
    body = [line for line in text.split("\n") if not line.startswith("//")]
    assert "\n".join(body) == format_weights(load_packaged_model())


@pytest.mark.parametrize(
    ("furniture", "article"),
    [
        ("Sign up for our free newsletter and never miss a story", "The ferry never missed a sailing that winter"),
        ("Jetzt abonnieren und alle Artikel lesen", "Die Fähre lag seit dem Morgen still"),
        ("Partagez cet article sur Facebook", "Le maire a partagé son bureau avec le greffier"),
    ],
)
def test_packaged_model_tells_furniture_from_articles(furniture, article):
    """The model that ships prefers plain furniture to a plain sentence of an article."""
    model = load_packaged_model()
    assert model.score_line(furniture) > 1
    assert model.score_line(article) < 0
