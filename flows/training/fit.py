"""Fit the line model: weights of words first, then of the evidence around a line, on pages with folds left out.

Needs scikit-learn (`pip install gristmill[train]`). The same corpus gives the same weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from extractors.lines.model import LineModel, feature_scale
from extractors.lines.words import line_features
from extractors.strip.blocks import split_blocks
from extractors.strip.chain import Chain
from extractors.strip.evidence import gather_evidence
from extractors.strip.rules import RuleSet
from extractors.strip.scores import scored_states
from flows.training.corpus import Unit
from flows.training.pages import LabelledPage, make_pages

FOLDS = 3
_LEAST_LINES = 2
_WORDS_C = 10.0
_COMPANY_C = 1.0
# Weights below this are left out: they change no decision and make half of the file.
_LEAST_WEIGHT = 0.25


def fit_model(units: Sequence[Unit], rules: RuleSet) -> LineModel:
    """Return the model that a corpus gives under a set of rules."""
    folds = [index % FOLDS for index in range(len(units))]
    rows: list[dict[str, float]] = []
    labels: list[bool] = []
    for fold in range(FOLDS):
        seen = [unit for unit, number in zip(units, folds, strict=True) if number != fold]
        unseen = [unit for unit, number in zip(units, folds, strict=True) if number == fold]
        words, bias = fit_words(seen)
        for page in make_pages(unseen, seed=fold):
            page_rows, page_labels = page_features(page, rules, LineModel(words, {}, bias))
            rows.extend(page_rows)
            labels.extend(page_labels)
    words, bias = fit_words(units)
    return LineModel(words, _fit_company(rows, labels), bias)


def fit_words(units: Sequence[Unit]) -> tuple[dict[str, float], float]:
    """Return the weights of words and their bias, from lines by themselves."""
    lines = [(line, unit.is_furniture) for unit in units for line in unit.lines]
    features = [line_features(line) for line, _label in lines]
    counts = Counter(name for found in features for name in found)
    names = sorted(name for name, count in counts.items() if count >= _LEAST_LINES)
    place = {name: index for index, name in enumerate(names)}
    columns = [sorted(place[name] for name in found if name in place) for found in features]
    scale = [feature_scale(len(found)) for found in features]
    matrix = csr_matrix(
        (
            np.repeat(np.array(scale), [len(found) for found in columns]),
            np.array([index for found in columns for index in found]),
            np.cumsum([0, *(len(found) for found in columns)]),
        ),
        shape=(len(lines), len(names)),
    )
    fitted = LogisticRegression(C=_WORDS_C, max_iter=1000, class_weight="balanced")
    fitted.fit(matrix, np.array([label for _line, label in lines]))
    weights = {name: float(weight) for name, weight in zip(names, fitted.coef_[0], strict=True)}
    return {name: weight for name, weight in weights.items() if abs(weight) >= _LEAST_WEIGHT}, float(
        fitted.intercept_[0]
    )


def page_features(page: LabelledPage, rules: RuleSet, model: LineModel) -> tuple[list[dict[str, float]], list[bool]]:
    """Return the features of each block of a page, and whether it is furniture."""
    blocks = split_blocks(page.text)
    states = scored_states(gather_evidence(blocks, rules.for_language(page.language)))
    chain = Chain(states, model)
    labels = []
    for block in blocks:
        inside = sum(max(0, min(block.end, stop) - max(block.start, start)) for start, stop in page.furniture)
        labels.append(inside > block.chars / 2)
    return [chain.features(index) for index in range(len(states))], labels


def _fit_company(rows: Sequence[dict[str, float]], labels: Sequence[bool]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row})
    matrix: Any = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    fitted = LogisticRegression(C=_COMPANY_C, max_iter=1000)
    fitted.fit(matrix, np.array(labels))
    weights = {name: float(weight) for name, weight in zip(names, fitted.coef_[0], strict=True)}
    return {**weights, "bias": float(fitted.intercept_[0])}
