"""The notation page and the chapters agree on which letters stand for something.

A letter that a chapter's formulas use in two sections or more has a row on the page: in the table
for all, or in that chapter's own. A letter of one section is explained where it stands.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
NO_SYMBOLS = {"e", "d", "i", "j", "n", "m", "pi"}  # Euler's number, a differential, indices, π
WORDS = r"\[\d+pt\]|\\(?:text|mathrm|operatorname|texttt|begin|end|tag)\*?\{[^}]*\}|\\partial"


def formulas(text):
    text = re.sub(r"^```.*?^```|`[^`]*`", " ", text, flags=re.M | re.S)
    return [a or b for a, b in re.findall(r"\$\$(.*?)\$\$|\$([^$]+)\$", text, re.S)]


def symbols(formula):
    """The letters of a formula, Greek ones by name; accents, words and functions are left out."""
    formula = re.sub(WORDS, " ", formula)
    greek = set(re.findall(r"\\(ell|(?:var)?[a-zA-Z]*(?:" + GREEK + r"))(?![a-zA-Z])", formula))
    return greek | set(re.findall("[A-Za-z]", re.sub(r"\\[a-zA-Z]+", " ", formula)))


GREEK = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|"
    "psi|omega|Delta|Gamma|Theta|Lambda|Sigma|Phi|Psi|Omega"
)


def notation():
    """The page's symbols: those for all chapters, and by a chapter's title those for it alone."""
    page = (ROOT / "appendix/notation.md").read_text(encoding="utf-8")
    everywhere, *others = re.split(r"^## In the chapter on (.*)$", page, flags=re.M)
    return in_table(everywhere), dict(zip(others[::2], map(in_table, others[1::2]), strict=True))


def in_table(text):
    first_cells = re.findall(r"^\|(.*?)\|", text, re.M)
    return {s for cell in first_cells for f in formulas(cell) for s in symbols(f)}


def sections(chapter):
    """The text of each section of a chapter but its exercises, whose letters are their own."""
    path = ROOT / f"chapters/{chapter}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.split(r"^## ", text.split("\n## Exercises\n")[0], flags=re.M)


def own_symbols(chapter):
    title = re.search(r"^# ([^:\n]*)", sections(chapter)[0], re.M)[1]
    return notation()[1].get(title[0].lower() + title[1:], set())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_letters_of_several_sections_stand_on_the_notation_page(chapter):
    known = notation()[0] | own_symbols(chapter) | NO_SYMBOLS
    used = [{s for f in formulas(text) for s in symbols(f)} for text in sections(chapter)]
    often = {s for letters in used for s in letters if sum(s in others for others in used) > 1}
    assert often - known == set()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapters_own_rows_are_used_there(chapter):
    used = {s for text in sections(chapter) for f in formulas(text) for s in symbols(f)}
    assert own_symbols(chapter) - used == set()


def test_each_table_belongs_to_a_chapter():
    assert sum(bool(own_symbols(chapter)) for chapter in CHAPTERS) == len(notation()[1])


def test_symbols_of_a_formula():
    formula = r"\hat y_{\text{max}} = \operatorname{soft}(\alpha w) \cdot \frac{\partial \ell}{2}"
    assert symbols(formula) == {"y", "alpha", "w", "ell"}
    assert formulas("`$a$` $b$ and $$c\n+d$$\n```\n$x$\n```") == ["b", "c\n+d"]
