"""How much a chapter asks of its reader: it is counted right, and there is a limit to it."""

import json
import re
from pathlib import Path

import pytest
from book_files import notebooks
from bookbuild.reading import Reading, prose, reading
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [Path(name).stem for name in notebooks() if name.startswith("chapters/")]
LIMITS = {"words": 6000, "lines": 250}


@pytest.mark.parametrize("what", LIMITS)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_main_path_is_short(chapter, what):
    found = getattr(reading(ROOT / f"chapters/{chapter}.ipynb"), what)
    assert found <= LIMITS[what], f"{found} {what}: fold or shorten some"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_minutes_that_a_chapter_names_are_the_counted_ones(chapter):
    path = ROOT / f"chapters/{chapter}.ipynb"
    opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    for minutes in re.findall(r"\*\*It takes:\*\* (\d+) minutes", opening):
        assert int(minutes) == reading(path).minutes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One *small* step, twice.", 4),
        ("(chapter-x)=\n# A title\n\n- an item", 4),
        ("see [the other page](../there/and%20back.html#x) and {ref}`this <chapter-neuron>`", 6),
        ("so $a + b = c$ is\n\n$$\nx = 1\n$$\n\nfound", 4),
        ("seen <b>bold</b>\n```python\nnot = read\n```\nend", 3),
        ("before\n<details>\n<summary>Why?</summary>\n\nfolded\n\n</details>\nafter", 2),
        ("a <details>b <details>c</details> d</details> e", 2),
        (":::{admonition} Predict\n:class: tip\nWhat then?\n:::", 2),
        ("— … 3 %", 1),
    ],
)
def test_words_are_counted_as_they_are_read(text, words):
    assert len(prose(text)) == words


def test_a_chapter_is_measured(tmp_path):
    explorer = new_output("execute_result", data={"text/plain": ["Explorer(b: 3 values)"]})
    cells = [
        new_markdown_cell("# Title\n\nfour words are here"),
        new_code_cell("one = 1\n\ntwo = 2", outputs=[new_output("stream", text="2")]),
        new_code_cell("folded = 3", metadata={"tags": ["hide-input"]}, outputs=[explorer]),
        new_markdown_cell("## Common mistakes\n\n### First\n\nnot counted"),
        new_code_cell("not_counted = 4"),
        new_markdown_cell("more\n\n## Exercises\n\n### 1. One\n\n### 2. Two\n\nnot counted"),
        new_code_cell("not_counted = 5"),
        new_markdown_cell("## References\n\nthree more words"),
    ]
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(new_notebook(cells=cells)), encoding="utf-8")
    assert reading(path) == Reading(words=8, lines=3, explorers=1, exercises=2)


def test_minutes_follow_the_rule():
    assert Reading(words=4200, lines=200, explorers=5, exercises=12).minutes == 50
    assert Reading(words=4200, lines=200, explorers=6, exercises=12).minutes == 50, "in fives"
    assert Reading(words=0, lines=0, explorers=0, exercises=12).exercise_minutes == 60
