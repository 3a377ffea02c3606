"""How much there is to read in a chapter, and how long that takes.

The main path is what a reader meets who opens no fold: the text outside of ``<details>``, and the
cells that are not hidden, both without the exercises and the common mistakes.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

ASIDE = ("Common mistakes", "Exercises")
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
NO_PROSE = re.compile(
    r"^(`{3,}).*?^\1"  # code, and what MyST fences as it
    r"|<[^>]+>"
    r"|^\([\w-]+\)=$"  # labels
    r"|^:{3,}[^\n]*$|^:\w+:[^\n]*$"  # directives and their options
    r"|\{[\w:]+\}(?=`)"  # names of roles
    r"|(?<=\])\([^)]*\)",  # where links lead
    re.M | re.S,
)
FOLD = re.compile(r"<details(?:(?!<details).)*?</details>", re.S)  # that holds no other
DISPLAYED = re.compile(r"\$\$.*?\$\$", re.S)
FORMULA = re.compile(r"\$[^$]+\$")
# Minutes: what a reader who thinks along takes, and never a number typed into a page. Adults read
# plain non-fiction at 238 words a minute (Brysbaert 2019, doi:10.1016/j.jml.2019.104047), to learn
# from it at 200, and such that they can tell it again at 138 (Carver, Journal of Reading 36, 1992).
# The last is what a chapter is for; its displayed formulas are not counted.
WORDS, LINES, PER_EXPLORER, PER_EXERCISE = 140, 20, 2, 5


@dataclass
class Reading:
    """What a chapter asks of its reader."""

    words: int  # of the main path; a formula in a line is one
    lines: int  # of code that is shown on it
    explorers: int
    exercises: int

    @property
    def minutes(self) -> int:
        """To read it, in steps of five: 140 words or 20 lines a minute, 2 minutes an explorer."""
        exact = self.words / WORDS + self.lines / LINES + self.explorers * PER_EXPLORER
        return 5 * round(exact / 5)

    @property
    def exercise_minutes(self) -> int:
        return self.exercises * PER_EXERCISE


def reading(path: Path) -> Reading:
    """Measure a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    part, words, lines, explorers, exercises = "", 0, 0, 0, 0
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for section, text in parts(source, begun=part):
                part = section
                words += len(prose(text)) if part not in ASIDE else 0
                exercises += len(re.findall(r"^### ", text, re.M)) if part == "Exercises" else 0
        elif cell["cell_type"] == "code":
            explorers += any(map(is_explorer, cell["outputs"]))
            if part not in ASIDE and not HIDDEN & set(cell["metadata"].get("tags", ())):
                lines += len(source.splitlines())
    return Reading(words, lines, explorers, exercises)


def parts(source: str, begun: str) -> list[tuple[str, str]]:
    """A cell's text by the sections it belongs to, the first of them ``begun`` earlier."""
    first, *others = re.split(r"^## (.*)$", source, flags=re.M)
    return [(begun, first), *zip(others[::2], others[1::2], strict=True)]


def prose(text: str) -> list[str]:
    """The words that are read where no fold is opened."""
    while FOLD.search(text):
        text = FOLD.sub(" ", text)
    text = DISPLAYED.sub(" ", NO_PROSE.sub(" ", text))
    return [word for word in FORMULA.sub(" x ", text).split() if re.search(r"\w", word)]


def is_explorer(output: dict) -> bool:
    return "".join(output.get("data", {}).get("text/plain", "")).startswith("Explorer(")
