"""The appendix collects what the chapters claim from what `nnbook.claims.claim` has printed."""

import json
import re
from itertools import takewhile
from pathlib import Path

from nnbook.claims import BEGINS, INDENT

from .mistakes import chapters, slug
from .paths import ROOT


def collect_claims(app, docname, source):
    """Fill the appendix's list with each chapter's claims, linked to the sections they stand in."""
    if docname != "appendix/claims":
        return
    lines = []
    for chapter in chapters():
        title, found = claims(ROOT / f"{chapter}.ipynb")
        if found:
            lines += [f"\n## [{title}](../{chapter}.ipynb)\n"]
        for heading, sentence, evidence in found:
            link = f"[{heading}](../{chapter}.ipynb#{slug(heading)})"
            lines += [f"- **{sentence}** ({link})", *(f"  - {line}" for line in evidence)]
    source[0] += "\n".join(lines) + "\n"


def claims(path: Path) -> tuple[str, list[tuple[str, str, list[str]]]]:
    """A notebook's title; for each claim that it prints the heading above, sentence and evidence.

    The outputs are the stored ones: nbval sees to it that they are what the code prints today.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    headings, found = [], []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            text = re.sub(r"^```.*?^```", "", "".join(cell["source"]), flags=re.M | re.S)
            headings += re.findall(r"^#+ (.*)$", text, re.M)
        for output in cell.get("outputs", []):
            found += [(headings[-1], *c) for c in printed_claims("".join(output.get("text", "")))]
    return headings[0], found


def printed_claims(text: str) -> list[tuple[str, list[str]]]:
    """The claims in what a cell has printed: (sentence, lines of evidence), lines joined again."""
    lines, found = text.splitlines(), []
    for i, line in enumerate(lines):
        if not line.startswith(BEGINS):
            continue
        sentence, evidence = [line.removeprefix(BEGINS)], []
        for more in takewhile(str.strip, lines[i + 1 :]):
            if more.startswith(INDENT * 2):
                evidence[-1] += " " + more.strip()
            elif more.startswith(INDENT):
                evidence.append(more.strip())
            elif evidence:
                break
            else:
                sentence.append(more)
        found.append((" ".join(sentence), evidence))
    return found
