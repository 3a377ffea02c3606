"""The chapter "It doesn't learn" keeps its promise: each symptom is in the table, with a test."""

import json
import re

import pytest
from bookbuild.mistakes import slug
from bookbuild.paths import ROOT


def text():
    path = ROOT / "chapters/diagnosis.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def symptoms():
    """The sections of a run, from its first step to its use: (heading, text)."""
    during = re.search(r"^## After one step$(.*?)^## If nothing fits$", text(), re.M | re.S)[1]
    _, *parts = re.split(r"^### (.*)$", during, flags=re.M)
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_the_table_stands_before_all_code_and_has_every_symptom():
    table = re.findall(r"^\| \[.*?\]\(#(.*?)\) \| (.+?) \| (.+?) \|$", text(), re.M)
    links = [address for address, _, _ in table]
    assert len(set(links)) == len(links) >= 12
    assert set(links) >= {slug(heading) for heading, _ in symptoms()}


@pytest.mark.parametrize("heading, section", symptoms())
def test_every_symptom_has_a_test_and_leads_to_what_explains_it(heading, section):
    assert section.count("*First test:*") == 1
    assert re.search(r"\]\(\w+\.ipynb#", section), "a link to another chapter"
