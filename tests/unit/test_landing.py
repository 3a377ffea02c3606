"""The landing page: what it names is there, and what its cards say is counted."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from book_files import ROOT
from bookbuild import landing
from bookbuild.mistakes import chapters, headings
from bookbuild.reading import reading
from bs4 import BeautifulSoup
from sphinx.errors import SphinxError

INTRO = (ROOT / "intro.md").read_text(encoding="utf-8")
LINES = re.search(r"```{chapter-cards}\n(.*?)```", INTRO, re.S)[1].splitlines()
CARD = """<nn-explorer id="draw-it-explorer" class="nn-card" style="--own:red"><figure>\
<svg class="nn-panel" viewBox="0 0 9 9" aria-hidden="true"><g clip-path="url(#draw-it-explorer-c)">\
<text x="1">0.5</text><path d="M 0 0"/></g></svg><svg class="nn-panel"></svg></figure>\
</nn-explorer>"""
FOUND = {"name": "draw-it-explorer", "card": CARD, "frames": ""}


def env(found):
    outputs = SimpleNamespace(explorers=lambda path: found)
    return SimpleNamespace(app=SimpleNamespace(outputs=outputs))


def test_every_chapter_has_its_card_in_order():
    assert [f"chapters/{line.split()[0]}" for line in LINES] == chapters()


@pytest.mark.parametrize("line", LINES)
def test_a_card_names_an_explorer_of_its_chapter(line):
    chapter, draw = re.match(r"(\w+) (\w+): .*\?$", line).groups()
    cells = json.loads((ROOT / f"chapters/{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert re.search(rf"explore\((\w+\.)?{draw},", code)


def test_a_card_says_what_was_counted():
    card = BeautifulSoup(
        landing.card(env([FOUND]), "optimizers", "draw_it", "Why & how?"), "html.parser"
    )
    path = ROOT / "chapters/optimizers.ipynb"
    asks = reading(path)
    assert card.select_one("a")["href"] == "chapters/optimizers.html"
    assert card.select_one("b").get_text() == f"4 {headings(path)[0]}"
    assert card.select_one("span").get_text() == "Why & how?"
    counted = f"{asks.minutes} min · {asks.explorers} explorers · {asks.exercises} exercises"
    assert card.select_one("small").get_text() == counted


def test_a_picture_has_no_words_and_names_of_its_own():
    picture = BeautifulSoup(landing.picture(FOUND), "html.parser").svg
    assert picture["class"] == ["nn-small"] and picture["style"] == "--own:red"
    assert picture.find("text") is None and picture.find("path") is not None
    assert picture.g["clip-path"] == "url(#small-draw-it-c)"
    assert picture["aria-hidden"] == "true"


def test_a_chapter_that_was_not_executed_has_no_picture():
    assert "<svg" not in landing.card(env([]), "optimizers", "draw_it", "Why?")


def test_an_explorer_that_is_gone_is_missed():
    with pytest.raises(SphinxError, match="names other of optimizers, which has draw-it"):
        landing.explorer(env([FOUND]), "optimizers", "other")


def test_its_style_is_loaded_by_no_other_page():
    files = []
    app = SimpleNamespace(add_css_file=files.append)
    landing.add_style(app, "chapters/neuron", "", {}, None)
    assert files == []
    landing.add_style(app, "intro", "", {}, None)
    assert (Path(landing.__file__).parent / "static" / files[0]).is_file()
