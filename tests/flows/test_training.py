"""Training the line model: the corpus is read, pages are made of it, and the same corpus gives the same weights."""

import pytest
from click.testing import CliRunner

from extractors.lines.model import format_weights, parse_weights
from extractors.strip.rules import parse_rules
from flows.commands.rules import rules
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


FURNITURE = "\n\n".join(f"{line}\nSign up number {count}" for count in range(8) for line in APPEALS)
ARTICLES = "\n\n".join(f"{line}\nIt was day {count} of the works." for count in range(8) for line in STORIES)
CORPUS = f"# donation\n{FURNITURE}\n\n# article\n{ARTICLES}\n"


def _corpus():
    return parse_corpus(CORPUS, "en")


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
    lexicon = parse_rules(LEXICON)
    model = fit_model(_corpus(), lexicon)
    assert format_weights(model) == format_weights(fit_model(_corpus(), lexicon))
    assert model.score_line("Subscribe to our letter") > 0 > model.score_line("Lorries waited along the quay")
    assert model.company["words"] > 0


def test_the_command_writes_weights(tmp_path):
    """`gristmill rules train` reads a corpus and writes a weights file; a folder without one is wrong usage."""
    (tmp_path / "en.txt").write_text(CORPUS, encoding="utf-8")
    target = tmp_path / "weights.tsv"
    done = CliRunner().invoke(rules, ["train", str(tmp_path), "-o", str(target)])
    assert done.exit_code == 0, done.output
    assert "48 units in 1 languages" in done.output
    assert parse_weights(target.read_text(encoding="utf-8")).words
    (tmp_path / "empty").mkdir()
    assert CliRunner().invoke(rules, ["train", str(tmp_path / "empty")]).exit_code == 2
