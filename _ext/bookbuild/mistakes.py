"""The appendix collects the chapters' common mistakes from their headings."""

import json
import re
from pathlib import Path

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

from .paths import ROOT


def collect_mistakes(app, docname, source):
    """Fill the appendix's list with a link to each heading of the chapters' common mistakes."""
    if docname != "appendix/mistakes":
        return
    lines = []
    for chapter in chapters():
        path = ROOT / f"{chapter}.ipynb"
        title, found = headings(path)
        lines += [f"\n## [{title}](../{chapter}.ipynb)\n"]
        lines += [f"- [{text}](../{chapter}.ipynb#{slug(text)})" for text in found]
    source[0] += "\n".join(lines) + "\n"


def chapters():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [entry["file"] for entry in parts[0]["chapters"]]


def headings(path: Path) -> tuple[str, list[str]]:
    """A notebook's title, and the headings below its section on common mistakes."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    mistakes = re.search(r"^## Common mistakes$(.*?)(?=^## |\Z)", text, re.M | re.S)
    title = re.search(r"^# (.*)$", text, re.M)[1]
    return title, re.findall(r"^### (.*)$", mistakes[1], re.M) if mistakes else []


def slug(heading):
    """The anchor that MyST gives a heading: formulas leave no trace in it."""
    return default_slugify(re.sub(r"\$[^$]*\$|`", "", heading))
