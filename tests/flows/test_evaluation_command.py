"""`gristmill evaluate`: mini gold files in, tables, JSON and predictions out, and one line for a user's mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.commands.evaluate import evaluate
from flows.evaluation.gold import GoldError, GoldKind, open_gold, read_gold_cases, read_gold_pages
from flows.evaluation.predictions import SCHEMA, PredictionWriter
from flows.evaluation.worst import align_lines, foreign_words
from flows.exits import Exit

SHARED = Path(__file__).parents[3] / "shared" / "eval"
STORY = [
    "The night ferry to Holm left the north quay at six in the morning with forty people aboard and a cold deck.",
    "By seven the fog had closed over the sound, and the captain sounded the horn every minute until the islands rose.",
    "Nobody was hurt, the harbour master said on Tuesday, but the crossing took four hours longer than the timetable asks.",
]
FUNDRAISER = "Please donate to the Quay Courier today: your donation keeps our reporting free for everyone."
REMARK = "I was on that boat and the soup was cold, said a reader who never signs his letters to the paper."


def page(*paragraphs: str, title="Fog on the sound", tail="") -> bytes:
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><article><h1>{title}</h1>\n{body}</article></main>{tail}</body></html>"
    ).encode()


def plain_file(folder: Path, **more: list) -> Path:
    """Write three pages: a whole story, one with an appeal, one without any text."""
    columns = {
        "page_id": ["story", "appeal", "nothing"],
        "url": ["https://quay.example/1", "https://quay.example/2", "https://quay.example/3"],
        "title": ["Fog on the sound", "Fog on the sound", "Gone"],
        "html": [page(*STORY), page(*STORY[:2], FUNDRAISER, STORY[2]), b"<html><body></body></html>"],
        "text": ["\n".join(STORY)] * 3,
        **more,
    }
    path = folder / "plain.parquet"
    pq.write_table(pa.table({name: values for name, values in columns.items() if values is not None}), path)
    return path


def injected_file(folder: Path) -> Path:
    """Write an injected case, a clean one, and the publishers of the blocks beside them."""
    title = "Fog on the sound"
    block = {"text": FUNDRAISER, "kind": "donation", "position": "middle", "glued": False}
    rows = [
        {
            "case_id": "inj-1", "part": "injected", "injected": [block], "gold_text": "\n".join(STORY),
            "dump_text": "\n".join([title, *STORY[:2], FUNDRAISER, STORY[2]]),
            "html": page(*STORY[:2], FUNDRAISER, STORY[2]).decode(),
        },
        {
            "case_id": "clean-1", "part": "clean", "injected": [], "gold_text": "\n".join(STORY),
            "dump_text": "\n".join([title, *STORY]), "html": page(*STORY).decode(),
        },
    ]  # fmt: skip
    path = folder / "injected.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    (folder / "blocks.jsonl").write_text(json.dumps({"text": FUNDRAISER, "publisher": "quay.example"}) + "\n")
    return path


def run(*arguments: object, code: int = Exit.DONE) -> str:
    """Run the command in this process and return what it prints."""
    result = CliRunner().invoke(evaluate, [*map(str, arguments), "--workers", "0"])
    assert result.exit_code == code, result.output
    return result.output


def run_json(*arguments: object) -> dict:
    return json.loads(run(*arguments, "--json"))


def test_a_plain_set_is_scored_against_trafilatura_in_the_same_run(tmp_path):
    """The appeal is cut from ours and stays in trafilatura's; the empty page counts as empty output."""
    found = run_json(plain_file(tmp_path))
    (one,) = found["sets"]
    assert (one["name"], one["kind"], one["pages"]) == ("plain", "plain", 3)
    assert one["ours"]["precision"] > one["alone"]["precision"]
    assert one["ours"]["recall"] == pytest.approx(2 / 3, abs=0.01)
    assert sum(one["rejected"].values()) == 1
    assert one["strips"]["lost_grams"] == 0
    kinds = {kind["kind"]: (kind["removed"], kind["left"]) for kind in one["kinds"]}
    assert kinds == {"donation": (1, 0), "repeated_title": (2, 0)}
    assert found["mean_f1"]["ours"] == one["ours"]["f1"]
    assert one["intervals"]["ours"]["low"] <= one["ours"]["f1"] <= one["intervals"]["ours"]["high"]


def test_snippets_and_comments_are_scored_where_the_gold_has_them(tmp_path):
    """Optional columns add figures; without them the figures are absent."""
    bare = run_json(plain_file(tmp_path))["sets"][0]
    assert bare["snippets"] is bare["comments"] is None
    more = {
        "must_contain": [["the night ferry"], ["the night ferry"], None],
        "must_not_contain": [None, ["your donation keeps"], []],
        "comments": [REMARK, "", None],
    }
    found = run_json(plain_file(tmp_path, **more))["sets"][0]
    assert found["snippets"] == {"wanted": 2, "found": 2, "forbidden": 1, "leaked": 0}
    assert found["snippets_alone"]["leaked"] == 1
    assert found["comments"] == {"pages": 1, "ours": 0.0, "ours_pages": 0, "alone": 0.0, "alone_pages": 0}


def test_html_may_be_text_and_optional_columns_may_be_missing(tmp_path):
    """A user's own file needs html and text only."""
    html = [page(*STORY).decode(), page(*STORY).decode(), None]
    path = plain_file(tmp_path, html=html, page_id=None, url=None, title=None)
    assert run_json(path)["sets"][0]["ours"]["precision"] == 1.0
    assert [gold.page_id for gold in read_gold_pages(open_gold(path))] == ["row-0", "row-1", "row-2"]


def test_injected_cases_are_scored_as_html_and_as_dump(tmp_path):
    """Each case counts in both forms, blocks by kind, and the clean part by what it lost."""
    (one,) = run_json(injected_file(tmp_path), "--holdout")["sets"]
    assert [form["form"] for form in one["forms"]] == ["html", "dump"]
    for form in one["forms"]:
        assert form["cases"] == 2
        row = form["recall"][0]
        assert (row["kind"], row["removed"], row["alone"]["count"]) == ("donation", {"count": 1, "total": 1}, 0)
        assert row["dev"]["total"] + row["held_out"]["total"] == 1
        assert form["exact"] == {"count": 1, "total": 1}
        assert form["collateral"]["clean"]["lost_grams"] == form["collateral"]["clean"]["losing_line"] == 0
    assert one["forms"][1]["same"]["count"] == 0  # a dump keeps its title line


def test_cases_are_read_with_their_blocks(tmp_path):
    """Blocks come with kind, seam and publisher."""
    file = open_gold(injected_file(tmp_path))
    assert file.kind is GoldKind.INJECTED
    first, second = read_gold_cases(file, {FUNDRAISER: "quay.example"})
    assert [(block.kind, block.is_glued, block.publisher) for block in first.blocks] == [
        ("donation", False, "quay.example")
    ]
    assert (second.part, second.blocks, second.near_duplicate_of) == ("clean", (), None)


def test_predictions_hold_every_output_in_order(tmp_path):
    """One row an output: page_id, form, text; a rejected page is empty, a dump has no title line."""
    out = tmp_path / "out.parquet"
    run(plain_file(tmp_path), injected_file(tmp_path), "--predictions", out)
    table = pq.read_table(out)
    assert table.schema.names == ["page_id", "form", "text"]
    assert table.schema.types == SCHEMA.types
    rows = table.to_pylist()
    assert [(row["page_id"], row["form"]) for row in rows] == [
        ("story", "html"), ("appeal", "html"), ("nothing", "html"),
        ("inj-1", "html"), ("inj-1", "dump"), ("clean-1", "html"), ("clean-1", "dump"),
    ]  # fmt: skip
    assert rows[2]["text"] == ""
    assert rows[4]["text"] == rows[6]["text"] == "\n".join(STORY)
    assert sorted(entry.name for entry in tmp_path.glob(".*")) == []


def test_a_failed_run_leaves_no_predictions(tmp_path):
    """The file appears only when it is whole; what stood there before stays."""
    out = tmp_path / "out.parquet"
    out.write_text("before")
    with pytest.raises(RuntimeError, match="stop"), PredictionWriter(out) as writer:  # noqa: PT012 - the error is the point
        writer.add("a", "html", "lone \ud800 surrogate")
        raise RuntimeError("stop")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.parquet"]
    assert out.read_text() == "before"


def test_two_runs_and_two_processes_give_the_same_figures(tmp_path):
    """Whatever the number of workers, all but the clock's figures are the same."""
    files = [plain_file(tmp_path), injected_file(tmp_path)]
    first = run_json(*files)
    result = CliRunner().invoke(evaluate, [*map(str, files), "--json", "--workers", "1"])
    second = json.loads(result.output)
    for found in (first, second):
        for one in found["sets"]:
            one.pop("strip_share")
            one.pop("judge_seconds", None)
    assert first == second


def test_the_tables_name_sets_kinds_and_the_worst_page(tmp_path):
    """The printed report shows what the JSON holds, and the worst page with both sides."""
    printed = run(plain_file(tmp_path), injected_file(tmp_path), "--worst", 1, "--examples", 1, "--holdout")
    for words in ("plain", "injected", "alone F1", "donation", "held out", "Gold lost", "REJECTED", "nothing"):
        assert words in printed
    assert "The night ferry to Holm" in printed
    assert "https://quay.example/3" in printed


def test_a_false_strip_is_shown_with_its_rule(tmp_path):
    """When the gold holds what a rule cut, the rule and the cut are named."""
    gold = "\n".join([*STORY[:2], FUNDRAISER, STORY[2]])
    path = plain_file(tmp_path, text=[gold] * 3)
    strips = run_json(path, "--examples", 1)["sets"][0]["strips"]
    assert strips["false_cuts"] == strips["lost_lines"] == 1
    assert strips["rules"][0]["rule_id"].startswith("en.donation.")
    assert strips["rules"][0]["examples"][0]["text"] == FUNDRAISER
    assert strips["rules"][0]["rule_id"] in run(path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a"]}, "no column html"),
        ({"page": ["a"]}, "no column html and no column text"),
        ({"case_id": ["a"], "html": ["a"], "gold_text": ["a"], "injected": [None]}, "no column dump_text"),
    ],
)
def test_a_missing_column_is_one_clear_line(tmp_path, columns, message):
    """A file that lacks a necessary column is a user's mistake: one line, exit code 2."""
    path = tmp_path / "gold.parquet"
    pq.write_table(pa.table(columns), path)
    printed = run(path, code=Exit.USAGE)
    assert message in printed
    assert len(printed.strip().splitlines()) == 1


def test_what_cannot_be_read_or_held_out_is_one_clear_line(tmp_path):
    """A file that is no Parquet, one that is not there, and halves without publishers: exit code 2."""
    (tmp_path / "bad.parquet").write_bytes(b"no parquet at all")
    assert "cannot be read as Parquet" in run(tmp_path / "bad.parquet", code=Exit.USAGE)
    assert "cannot be read as Parquet" in run(tmp_path / "absent.parquet", code=Exit.USAGE)
    path = injected_file(tmp_path)
    (tmp_path / "blocks.jsonl").write_text('{"text": 1}\n')
    assert "blocks.jsonl" in run(path, "--holdout", code=Exit.USAGE)
    (tmp_path / "blocks.jsonl").unlink()
    assert "no blocks.jsonl beside it" in run(path, "--holdout", code=Exit.USAGE)
    with pytest.raises(GoldError):
        open_gold(tmp_path / "bad.parquet")


def test_predictions_into_a_missing_folder_fail_clearly(tmp_path):
    """A place that cannot be written is a failed run, not a traceback."""
    printed = run(plain_file(tmp_path), "--predictions", tmp_path / "no" / "out.parquet", code=Exit.FAILED)
    assert printed.startswith("Error: ")


def test_lines_are_aligned_and_foreign_words_found():
    """Equal lines stand once for all, a missing line has no counterpart, and only foreign words are marked."""
    rows = list(align_lines("a b\nc d\nonly here\ne f", "a b\nc d\ne f\nmore"))
    assert rows == [("… 2 equal lines …",) * 2, ("only here", None), ("e f", "e f"), (None, "more")]
    other = {("the", "fog", "closed", "over"): 1, ("fog", "closed", "over", "the"): 1}
    assert foreign_words(["so", "the", "fog", "closed", "over"], other) == [True, False, False, False, False]
    assert foreign_words(["closed", "over"], other) == [False, False]
    assert foreign_words(["over", "closed"], other) == [True, True]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the gold pages are not beside this checkout")
def test_real_gold_pages_score_like_trafilatura_or_better(tmp_path):
    """A few real pages give figures in the range that extraction has."""
    few = tmp_path / "few.parquet"
    with pq.ParquetFile(SHARED / "aeb.parquet") as parquet:
        pq.write_table(pa.Table.from_batches([next(parquet.iter_batches(batch_size=6))]), few)
    (one,) = run_json(few)["sets"]
    assert one["pages"] == 6
    assert 0.8 < one["alone"]["f1"] <= 1
    assert one["ours"]["f1"] > one["alone"]["f1"] - 0.05
