"""Read the corpus of furniture and article text that the line model is trained on.

Only files in, units out. The format is described in `docs/line-model.md`; nothing here knows of models.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from extractors.records import Kind

ARTICLE = "article"
_SECTIONS = {*(kind.value for kind in Kind), ARTICLE}


class CorpusError(ValueError):
    """A corpus file that cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines that stand together on a page: one appeal with its heading and buttons, or a passage of an article."""

    language: str
    section: str
    lines: tuple[str, ...]

    @property
    def is_furniture(self) -> bool:
        """Whether it is furniture, of whatever kind."""
        return self.section != ARTICLE


def read_corpus(folder: Path) -> list[Unit]:
    """Read all files of a corpus, in order of their names: `<language>.txt` or `<language>_<part>.txt`.

    Raises CorpusError when a file has no sections or an unknown one, or when there is no file.
    """
    units: list[Unit] = []
    for path in sorted(folder.glob("*.txt")):
        units.extend(parse_corpus(path.read_text(encoding="utf-8"), path.stem.partition("_")[0], path.name))
    if not units:
        raise CorpusError(f"{folder}: no corpus files (<language>.txt)")
    return units


def parse_corpus(text: str, language: str, name: str = "corpus") -> list[Unit]:
    """Return the units of one file's text, in order. Raises CorpusError, naming the line."""
    units: list[Unit] = []
    section: str | None = None
    lines: list[str] = []
    for number, raw in enumerate([*text.split("\n"), ""], 1):
        line = raw.strip()
        if line and not line.startswith("# "):
            lines.append(line)
            continue
        if lines:
            if section is None:
                raise CorpusError(f"{name}, line {number - len(lines)}: text before the first section (# kind)")
            units.append(Unit(language, section, tuple(lines)))
            lines = []
        if line:
            section = line.removeprefix("# ").strip()
            if section not in _SECTIONS:
                raise CorpusError(
                    f"{name}, line {number}: no section {section!r}; known: {', '.join(sorted(_SECTIONS))}"
                )
    return units
