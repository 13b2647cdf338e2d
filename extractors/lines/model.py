"""The line model: how much the words of a line speak for furniture, as a sum of weights that anybody can read.

Holds the weights and adds them up. They are trained by `flows.training` on `seeds/corpus/` and lie in `weights.tsv`
beside this module; what the sums lead to is decided in `extractors.strip.chain`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from extractors.lines.words import line_features

WEIGHTS_FILE = "weights.tsv"
# A weight is stored in hundredths.
_UNIT = 100
# A line of two words is no more certain than one of twelve features.
_LEAST_FEATURES = 12


class ModelError(ValueError):
    """A weights file that cannot be used; the message says where."""


@dataclass(frozen=True, slots=True)
class LineModel:
    """Weights of words, and of the evidence that surrounds a line.

    `words` are summed over a line's features, divided by the square root of their number: 0 is undecided, 3 is a lot.
    `company` holds a weight for each feature that `extractors.strip.chain` names, and one called "bias".
    """

    words: Mapping[str, float]
    company: Mapping[str, float]
    bias: float = 0.0

    def score_line(self, line: str) -> float:
        """Return how much the words of a line speak for furniture (positive) or for an article (negative)."""
        features = line_features(line)
        known = sum(self.words.get(feature, 0.0) for feature in features)
        return self.bias + known * feature_scale(len(features))

    def telling_words(self, line: str, count: int = 3) -> list[str]:
        """Return the words and pairs of words of a line that speak most for furniture, the strongest first."""
        found = sorted((-self.words.get(feature, 0.0), feature) for feature in line_features(line))
        return [feature for weight, feature in found if weight < 0 and feature[0] != "<" and "$" not in feature][:count]


def feature_scale(count: int) -> float:
    """Return what the sum over a line's `count` features is multiplied by."""
    return 1 / math.sqrt(max(count, _LEAST_FEATURES))


def parse_weights(text: str) -> LineModel:
    """Read a weights file: lines of table (`word`, `company`), name and weight in hundredths, parted by tabs.

    Raises ModelError, naming the line.
    """
    tables: dict[str, dict[str, float]] = {"word": {}, "company": {}}
    for number, line in enumerate(text.split("\n"), 1):
        if not line or line.startswith("//"):
            continue
        try:
            table, name, weight = line.split("\t")
            tables[table][name] = int(weight) / _UNIT
        except (ValueError, KeyError) as error:
            raise ModelError(f"{WEIGHTS_FILE}: line {number} is not a table, a name and a weight") from error
    bias = tables["word"].pop("<bias>", 0.0)
    return LineModel(tables["word"], tables["company"], bias)


def format_weights(model: LineModel, comments: Sequence[str] = ()) -> str:
    """Return a model as the text of a weights file, in a fixed order; weights that round to nothing are left out."""
    lines = [f"// {comment}" for comment in comments]
    for table, weights in (("company", model.company), ("word", {"<bias>": model.bias, **model.words})):
        rounded = ((name, round(weights[name] * _UNIT)) for name in sorted(weights))
        lines.extend(f"{table}\t{name}\t{weight}" for name, weight in rounded if weight)
    return "\n".join(lines) + "\n"


def read_packaged_weights() -> str:
    """Return the text of the weights that ship with this package."""
    return resources.files("extractors.lines").joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def load_packaged_model() -> LineModel:
    """Return the model that ships with this package (read from its own file, once)."""
    return parse_weights(read_packaged_weights())
