"""`gristmill evaluate` on groups of a site: what learning from them removes, and what they keep."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner

from flows.commands.evaluate import evaluate

sys.path.append(str(Path(__file__).parents[1] / "extractors"))
from furniture_samples import BOX, article, paragraph, with_lines


def case(number, *, copy_of=None):
    """Return one page of a group as a row: an article with the site's box in it, or nearly a copy of another's."""
    title, *story = article(number if copy_of is None else copy_of)
    if copy_of is not None:
        story[-1] = paragraph(f"another end {number}")
    lines = with_lines(story, 3, BOX)
    html = "".join(f"<p>{line}</p>" for line in lines)
    return {
        "case_id": f"group-{number}", "part": "group", "url": f"https://weirside.example/{number}",
        "injected": [{"text": BOX, "kind": "house", "glued": False}], "gold_text": "\n".join(story),
        "dump_text": "\n".join([title, *lines]),
        "html": f"<html lang=en><head><title>{title}</title></head><body><article>{html}</article></body></html>",
        "near_duplicate_of": None if copy_of is None else f"group-{copy_of}",
    }  # fmt: skip


def test_house_blocks_go_after_learning_and_copies_keep_their_text(tmp_path):
    """Before learning the box stays in all cases, after it in none, in both forms; copies lose nothing."""
    path, predictions = tmp_path / "groups.parquet", tmp_path / "out.parquet"
    rows = [*(case(number) for number in range(6)), case(6, copy_of=0)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    arguments = [str(path), "--workers", "0", "--json", "--predictions", str(predictions)]
    result = CliRunner().invoke(evaluate, arguments)
    assert result.exit_code == 0, result.output
    learned = json.loads(result.output)["sets"][0]["learned"]
    assert [report["form"] for report in learned] == ["html", "dump"]
    for report in learned:
        assert (report["before"]["count"], report["after"]["count"], report["after"]["total"]) == (0, 7, 7)
        assert (report["sites"], report["blocks"], report["near_duplicates"]["cases"]) == (1, 1, 2)
        assert report["all_cases"]["strip_lost_grams"] == report["near_duplicates"]["losing_line"] == 0
    outputs = pq.read_table(predictions).to_pylist()
    gold = {row["case_id"]: row["gold_text"] for row in rows}
    assert len(outputs) == 14
    assert all(row["text"] == gold[row["page_id"]] for row in outputs)
    assert "Groups after learning" in CliRunner().invoke(evaluate, [str(path), "--workers", "0"]).output
