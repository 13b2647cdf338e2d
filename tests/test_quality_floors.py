"""The floors of quality hold, and pinning never lowers one in silence."""

import tomllib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.records import Kind
from flows.training.corpus import Unit
from tests.quality import __main__ as command
from tests.quality import gold, lines
from tests.quality.corpora import CORPORA, Corpus, hash_corpus, measure_corpus
from tests.quality.floors import Figures, LoweringError, Measure, check_figures, format_rows, make_limit, pin_figures
from tests.quality.floors_file import format_floors, read_floors, write_floors

TODAY = date(2026, 11, 2)
CARRIERS = Path(__file__).parent / "extractors" / "carriers"


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.name)
def test_quality_floors_hold(corpus):
    """Every figure of the corpus is on the right side of its limit, and the corpus is the one that was pinned."""
    if corpus.missing:
        pytest.skip(corpus.missing)
    figures = measure_corpus(corpus)
    rows = check_figures(figures, read_floors(command.FLOORS).get(corpus.name))
    if any(row.fault for row in rows):
        table = format_rows(f"{corpus.name}: {corpus.sample}", rows)
        pytest.fail(f"{table}\nIf this is meant: python -m tests.quality pin {corpus.name}", pytrace=False)


def test_quality_tables_are_of_known_corpora():
    """No table is left in the file of a corpus that nothing measures any more."""
    assert set(read_floors(command.FLOORS)) <= {corpus.name for corpus in CORPORA}


def _figures(f1=0.9, lost=0.001, sha256="a" * 64):
    measures = (Measure("f1", f1, 0.01), Measure("lost", lost, 0.0005, is_ceiling=True))
    return Figures("every page", sha256, measures)


def _pinned():
    return pin_figures(_figures(), None, None, TODAY)


def _limits(pinned):
    return {name: limit.limit for name, limit in pinned.limits.items()}


def _faults(figures, pinned):
    return {row.name: row.fault for row in check_figures(figures, pinned) if row.fault}


def test_quality_limits_leave_a_margin():
    """A floor stands a tolerance below its value, a ceiling above it, and neither is off by a hair of a float."""
    assert _limits(_pinned()) == {"f1": 0.89, "lost": 0.0015}
    assert make_limit(Measure("share", 0.3, 0.1)).limit == 0.2
    assert make_limit(Measure("share", 0.001, 0.1)).limit == 0
    assert make_limit(Measure("third", 1 / 3, 0.0)).allows(1 / 3)
    assert make_limit(Measure("third", 1 / 3, 0.0, is_ceiling=True)).allows(1 / 3)


def test_quality_check_allows_what_is_within():
    """Values at the limits and beyond them on the good side are no fault."""
    assert _faults(_figures(), _pinned()) == {}
    assert _faults(_figures(f1=0.89, lost=0.0015), _pinned()) == {}
    assert _faults(_figures(f1=1.0, lost=0.0), _pinned()) == {}


def test_quality_check_finds_what_is_not():
    """A value on the bad side, another corpus, a measure without a floor and a floor without a measure are faults."""
    assert _faults(_figures(f1=0.8899, lost=0.0016), _pinned()) == {
        "f1": "below the floor",
        "lost": "above the ceiling",
    }
    assert _faults(_figures(sha256="b" * 64), _pinned()) == {"corpus": "another corpus than the pinned"}
    other = Figures("every page", "a" * 64, (Measure("f1", 0.9, 0.01, is_ceiling=True), Measure("new", 1.0, 0.0)))
    assert set(_faults(other, _pinned())) == {"f1", "lost", "new"}
    assert set(_faults(_figures(), None)) == {"corpus", "f1", "lost"}


def test_quality_table_shows_measure_limit_and_value():
    """A broken floor is printed with its limit, its value and what is wrong."""
    table = format_rows("tiny", check_figures(_figures(f1=0.5), _pinned())).split("\n")
    assert [line.split() for line in table if "f1" in line] == [["f1", ">=", "0.89", "0.5", "below", "the", "floor"]]


def test_quality_pin_raises():
    """Better values bring tighter limits, without a reason and without a note."""
    pinned = pin_figures(_figures(f1=0.95, lost=0.0), _pinned(), None, TODAY)
    assert _limits(pinned) == {"f1": 0.94, "lost": 0.0005}
    assert pinned.lowered == ()


def test_quality_pin_keeps_a_floor_within_its_margin():
    """A value between floor and measured value moves nothing, so that floors cannot creep down step by step."""
    pinned = pin_figures(_figures(f1=0.895, lost=0.0012), _pinned(), "a reason that is not needed", TODAY)
    assert pinned == _pinned()


def test_quality_pin_ignores_a_wider_tolerance():
    """A tolerance that was widened in the code does not lower a floor whose value holds."""
    wide = Figures("every page", "a" * 64, (Measure("f1", 0.9, 0.2), Measure("lost", 0.001, 0.5, is_ceiling=True)))
    assert pin_figures(wide, _pinned(), None, TODAY) == _pinned()


@pytest.mark.parametrize("reason", [None, "", "  "])
@pytest.mark.parametrize(
    ("figures", "change"),
    [
        (_figures(f1=0.88), "f1: >= 0.89 -> >= 0.87"),
        (_figures(lost=0.002), "lost: <= 0.0015 -> <= 0.0025"),
        (_figures(f1=0.99, sha256="b" * 64), "corpus: aaaaaaaaaaaa -> bbbbbbbbbbbb"),
        (Figures("every page", "a" * 64, _figures().measures[:1]), "lost: <= 0.0015 dropped"),
        (
            Figures("every page", "a" * 64, (Measure("f1", 0.0, 1.0, is_ceiling=True), _figures().measures[1])),
            "f1: >= 0.89 -> <= 1",
        ),
    ],
    ids=["floor", "ceiling", "corpus", "dropped", "reversed"],
)
def test_quality_pin_refuses(figures, change, reason):
    """Nothing goes down, is dropped or changes its corpus without a reason; with one it is noted with its date."""
    with pytest.raises(LoweringError) as caught:
        pin_figures(figures, _pinned(), reason, TODAY)
    assert caught.value.changes == (change,)
    pinned = pin_figures(figures, _pinned(), " the gold\nwas wrong ", TODAY)
    assert [(entry.on, entry.reason, entry.changes) for entry in pinned.lowered] == [
        (TODAY, "the gold was wrong", (change,))
    ]
    assert _faults(figures, pinned) == {}


def test_quality_pin_lowers_only_what_fell():
    """A reason for one floor lowers no other, and earlier notes stay."""
    first = pin_figures(_figures(f1=0.5), _pinned(), "first", TODAY)
    second = pin_figures(_figures(f1=0.4, lost=0.0014), first, "second", TODAY)
    assert _limits(second) == {"f1": 0.39, "lost": 0.0015}
    assert [entry.reason for entry in second.lowered] == ["first", "second"]


def test_quality_file_round_trip(tmp_path):
    """What is written is read again, quotes and notes included."""
    lowered = pin_figures(_figures(f1=0.5), _pinned(), 'a "quoted" \\ reason', TODAY)
    tables = {"one": lowered, "two": _pinned()}
    write_floors(tmp_path / "floors.toml", tables)
    assert read_floors(tmp_path / "floors.toml") == tables
    assert read_floors(tmp_path / "absent.toml") == {}
    assert tomllib.loads(format_floors(tables))["one"]["limits"]["lost"]["ceiling"] == 0.0015


def test_quality_committed_file_is_as_written():
    """The committed file is what the command writes: nobody edited it by hand."""
    assert command.FLOORS.read_text(encoding="utf-8") == format_floors(read_floors(command.FLOORS))


def test_quality_command_pins_all_or_nothing(tmp_path, capsys):
    """One refused floor leaves the file as it was, also where another one rose; with a reason both are written."""
    path = tmp_path / "floors.toml"
    assert command.pin_all(path, {"seeds": _figures(), "aeb": _figures()}, None) == 0
    before = path.read_bytes()
    worse = {"seeds": _figures(f1=0.95), "aeb": _figures(f1=0.5)}
    assert command.check_all(path, worse) == 1
    assert command.pin_all(path, worse, None) == 1
    assert "aeb f1: >= 0.89 -> >= 0.49" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert command.pin_all(path, worse, "another metric") == 0
    assert [_limits(pinned)["f1"] for pinned in read_floors(path).values()] == [0.94, 0.49]
    assert command.check_all(path, worse) == 0


def test_quality_command_skips_what_is_absent(tmp_path, capsys):
    """A shared corpus that is not there is named and skipped; the project's own is never absent."""
    parts = (tmp_path / "gone.parquet",)
    shared = Corpus("far", "every page", parts, list, is_shared=True)
    own = Corpus("near", "every page", parts, list)
    assert list(command.measure_all([shared, own], lambda _corpus: _figures())) == ["near"]
    assert "far: skipped, ../shared/eval has no gone.parquet" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError):
        measure_corpus(own)


def test_quality_hash_tells_every_change(tmp_path):
    """The hash follows content, names and the sample, and nothing else."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    first = hash_corpus("all", [folder])
    (folder / ".hidden").write_text("an editor's file")
    assert hash_corpus("all", [folder]) == first
    found = {first, hash_corpus("every 2nd", [folder])}
    (folder / "a.txt").write_text("two")
    found.add(hash_corpus("all", [folder]))
    (folder / "a.txt").rename(folder / "b.txt")
    found.add(hash_corpus("all", [folder]))
    assert len(found) == 4


def test_quality_units_are_counted_by_kind():
    """An appeal that goes counts for its kind and for all, an article's paragraph that stays as nothing lost."""
    appeal = Unit("en", Kind.DONATION.value, ("Please donate today to support our independent journalism.",))
    paragraph = Unit("en", "article", ("The harbour master said that two boats had been towed in before noon.",))
    found = {measure.name: measure.value for measure in lines.score_units([appeal, paragraph], CARRIERS)}
    assert found == {"removed_all": 1, "removed_donation": 1, "article_chars_lost": 0, "carrier_chars_lost": 0}


def test_quality_units_lost_are_counted(monkeypatch):
    """When the strip stage leaves nothing, all furniture is removed and every character of the articles is lost."""
    monkeypatch.setattr(lines, "strip_text", lambda *_given: type("Nothing", (), {"text": ""}))
    units = [Unit("en", "article", ("Two boats were towed in.",)), Unit("en", "related", ("Read also",))]
    found = {measure.name: measure.value for measure in lines.score_units(units, CARRIERS)}
    assert set(found.values()) == {1}


STORY = [
    "The old crane at the east quay was lowered on Monday after two years of repairs to its gears and cables.",
    "Its operator, a man of sixty, had asked to be allowed to bring the hook down himself for the last time.",
    "The council expects the quay to open again to walkers before the first storms of the autumn arrive here.",
]
APPEAL = "Please donate today to support our independent journalism."


def _html(paragraphs):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<html><head><title>Crane</title></head><body><article><h1>Crane</h1>{body}</article></body></html>"


def test_quality_plain_gold_is_measured(tmp_path):
    """Of three pages every second is scored; comments are measured on those that have them."""
    path = tmp_path / "tiny.parquet"
    rows = [{"html": _html(STORY), "text": "\n".join(STORY), "comments": note} for note in ("I miss it.", None, None)]
    rows[1]["html"] = "<p>no page</p>"
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert {measure.name: measure.value for measure in gold.measure_pages(path, every=2)} == {
        "f1": 1,
        "gold_grams_stripped": 0,
    }
    assert {measure.name: measure.value for measure in gold.measure_pages(path)}["f1"] < 1
    assert [(measure.name, measure.value) for measure in gold.measure_comments(path)] == [
        ("f1", 1),
        ("comments_left", 0),
    ]


def test_quality_injected_cases_are_measured(tmp_path):
    """A case with an appeal is scored in both forms, and a clean one loses nothing."""
    path = tmp_path / "tiny.parquet"
    with_appeal = [*STORY[:2], APPEAL, STORY[2]]
    blocks = [{"text": APPEAL, "kind": "donation", "glued": False}]
    cases = [("one", "injected", with_appeal, blocks), ("two", "clean", STORY, [])]
    rows = [
        {"case_id": name, "part": part, "dump_text": "\n".join(["Crane", *text]), "html": _html(text),
         "gold_text": "\n".join(STORY), "injected": injected}
        for name, part, text, injected in cases
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = {measure.name: measure.value for measure in gold.measure_cases(path, every=1)}
    assert found["html_removed_donation"] == found["dump_removed_donation"] == found["dump_removed_all"] == 1
    assert found["html_exact"] == found["dump_exact"] == 1
    assert found["html_clean_grams_stripped"] == found["dump_clean_losing_a_line"] == 0
