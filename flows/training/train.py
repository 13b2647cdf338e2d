"""Train the line model on a folder and write its weights: what `gristmill rules train` does. Needs scikit-learn."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from extractors.lines.model import format_weights
from extractors.strip.rules import load_packaged_rules
from flows.training.corpus import read_corpus
from flows.training.fit import fit_model


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What was read, and how many weights came of it."""

    unit_count: int
    language_count: int
    weight_count: int


def train_model(corpus: Path, output: Path) -> TrainingReport:
    """Train on a corpus and replace the weights file at `output`.

    Raises CorpusError for a corpus that cannot be read, OSError when the disk refuses.
    """
    units = read_corpus(corpus)
    model = fit_model(units, load_packaged_rules())
    temporary = output.with_name(f".{output.name}.{os.getpid()}")
    temporary.write_text(
        format_weights(model, ["Trained by `gristmill rules train`; see docs/line-model.md."]), encoding="utf-8"
    )
    temporary.replace(output)
    return TrainingReport(len(units), len({unit.language for unit in units}), len(model.words) + len(model.company))
