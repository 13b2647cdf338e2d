"""Training the line model: the corpus is read, pages are made of it, and the same corpus gives the same weights."""

import pytest

from extractors.lines.model import format_weights
from extractors.strip.rules import parse_rules
from flows.training.corpus import ARTICLE, CorpusError, parse_corpus, read_corpus
from flows.training.fit import fit_model
from flows.training.pages import make_pages

LEXICON = {"en/lexicon.toml": 'address = "\\\\b(?:you|your|our)\\\\b"\nreporting = "\\\\bsaid\\\\b"\n'}
APPEALS = ["Support our newsroom today", "Your gift keeps our paper free", "Subscribe to our letter for nothing"]
STORIES = [
    "The bridge stood open, the county said.",
    "Lorries waited along the quay until dusk.",
    "It rained on Friday.",
]


def _corpus():
    furniture = "\n\n".join(f"{line}\nSign up number {count}" for count in range(8) for line in APPEALS)
    articles = "\n\n".join(f"{line}\nIt was day {count} of the works." for count in range(8) for line in STORIES)
    return parse_corpus(f"# donation\n{furniture}\n\n# article\n{articles}\n", "en")


def test_corpus_units_have_sections_and_lines():
    """Lines that stand together are one unit of the section above them."""
    units = parse_corpus("# donation\nGive now\nOr later\n\nGive twice\n# article\nIt rained.\n", "en")
    assert [(unit.section, unit.lines) for unit in units] == [
        ("donation", ("Give now", "Or later")), ("donation", ("Give twice",)), (ARTICLE, ("It rained.",)),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [("Give now\n", "line 1"), ("# gifts\nGive now\n", "no section 'gifts'")])
def test_corpus_errors_name_the_line(text, message):
    """Text without a section, or an unknown section, is an error that says where."""
    with pytest.raises(CorpusError, match=message):
        parse_corpus(text, "en")


def test_packaged_corpus_reads(request):
    """The corpus in seeds/ reads whole, in every language that has rules, with articles in each."""
    units = read_corpus(request.config.rootpath / "seeds" / "corpus")
    languages = {unit.language for unit in units}
    assert len(units) > 9000
    assert languages == {entry.name for entry in (request.config.rootpath / "extractors" / "rules").iterdir()
                         if entry.is_dir() and entry.name != "any" and not entry.name.startswith("_")}  # fmt: skip
    assert languages == {unit.language for unit in units if unit.section == ARTICLE}


def test_pages_are_the_same_for_the_same_seed():
    """Pages follow from units and seed; their labels point at the furniture to the letter."""
    pages = make_pages(_corpus(), seed=3)
    assert pages == make_pages(_corpus(), seed=3) != make_pages(_corpus(), seed=4)
    spans = [page.text[start:stop] for page in pages for start, stop in page.furniture]
    assert spans
    assert all(any(span == line or span.startswith("Sign up number") for line in APPEALS) for span in spans)


def test_fitting_twice_gives_the_same_weights():
    """The same corpus gives the same weights file, and it prefers the furniture of that corpus."""
    rules = parse_rules(LEXICON)
    model = fit_model(_corpus(), rules)
    assert format_weights(model) == format_weights(fit_model(_corpus(), rules))
    assert model.score_line("Subscribe to our letter") > 0 > model.score_line("Lorries waited along the quay")
    assert model.company["words"] > 0
