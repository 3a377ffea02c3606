"""What a page knows of its code cells, and how it numbers them."""

import json
from types import SimpleNamespace

import pytest
from bookbuild import cells
from bookbuild.paths import notebooks
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import SphinxError

PATH = notebooks()["neuron"]


def cell(source, *tags):
    return {"source": source.splitlines(True), "metadata": {"tags": list(tags)}}


def test_what_is_known_of_a_cell():
    facts = cells.facts_of([cell("a = 1"), cell("a = 2", "solution"), cell("b = a\nb")], PATH)
    assert facts == [
        {"source": "a = 1", "needs": []},
        {"source": "a = 2", "needs": [], "solution": True},
        {"source": "b = a\nb", "needs": [0]},
    ]


def test_a_cell_that_reads_a_file_is_refused_and_so_are_those_that_need_it():
    sources = ['p = "../tests/unit"', "q = p", 'r = "../experiments/results"', 's = "words"']
    facts = cells.facts_of([cell(source) for source in sources], PATH)
    assert [fact.get("refuses") for fact in facts] == [
        "This cell reads from the book's folder tests, which a page does not have.",
        "This cell needs an earlier one that reads from the book's folder tests, as no page can.",
        None,
        None,
    ]


@pytest.fixture
def page(tmp_path):
    """The application, and a notebook's page as MyST-NB reads it: a container for each cell."""
    stored = json.loads(PATH.read_text(encoding="utf-8"))["cells"]
    doctree = new_document("page")
    for _ in [c for c in stored if c["cell_type"] == "code"]:
        doctree += nodes.container("", nodes.paragraph(), nb_element="cell_code", classes=["cell"])
    app = SimpleNamespace(
        outdir=tmp_path / "html",
        env=SimpleNamespace(docname="chapters/neuron"),
        outputs=SimpleNamespace(seconds=lambda path: [2.0] * 100),
    )
    return app, doctree


def test_cells_are_numbered_in_the_page_and_listed_beside_it(page):
    app, doctree = page
    cells.note_cells(app, doctree)
    file = app.outdir.parent / "cells/live/cells/chapters/neuron.json"
    facts = json.loads(file.read_text(encoding="utf-8"))["cells"]
    numbered = list(doctree.findall(cells.CodeCell))
    assert [node["number"] for node in numbered] == list(range(len(facts)))
    assert all(node["classes"] == ["cell"] and len(node) == 1 for node in numbered)
    assert facts[0]["seconds"] == cells.SLOWER * 2
    explorer = next(f for f in facts if "explore(curve" in f["source"])
    drawn = round(cells.SLOWER * 2 / (9 * 13), 2)
    assert explorer["seconds"] == drawn  # the build drew all its frames
    node = numbered[facts.index(explorer)]
    assert node["seconds"] == pytest.approx(drawn + 8 * len(explorer["needs"]))
    cells.forget_cells(app, app.env, "chapters/neuron")
    assert not file.exists()


def test_other_pages_have_no_cells(page):
    app, doctree = page
    app.env.docname = "intro"
    cells.note_cells(app, doctree)
    assert not list(doctree.findall(cells.CodeCell))


def test_a_cell_that_is_not_shown_is_an_error(page):
    app, doctree = page
    doctree.pop()
    with pytest.raises(SphinxError, match="chapters/neuron has .* code cells, and its page"):
        cells.note_cells(app, doctree)
