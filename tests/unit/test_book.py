"""What the book says of itself is true, and every notebook keeps to the book's form."""

import ast
import json
import re
import statistics
import subprocess
import sys

import pytest
import yaml
from book_files import ROOT, notebooks

CHAPTERS = [name for name in notebooks() if name.startswith("chapters/")]


def cells_of(notebook, kind=None):
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if kind in (None, cell["cell_type"])]


def text_of(notebook):
    return "\n".join("".join(cell["source"]) for cell in cells_of(notebook, "markdown"))


def tags(cell):
    return cell["metadata"].get("tags", [])


def title(notebook):
    return re.search(r"^# (.*)$", text_of(notebook), re.M)[1]


def toc():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [entry["file"] for part in parts for entry in part["chapters"]]


def test_table_of_contents_has_every_notebook():
    assert {f"{entry}.ipynb" for entry in toc()} >= set(notebooks())


def test_readme_lists_the_chapters_in_order():
    listed = re.search(
        r"^Chapters: (.*?)\.$", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )[1]
    chapters = [f"{entry}.ipynb" for entry in toc() if entry.startswith("chapters/")]
    assert re.split(r";\s+", listed) == [title(chapter) for chapter in chapters]


def test_readme_links_to_files():
    for target in re.findall(
        r"\]\((?!http)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8")
    ):
        assert (ROOT / target).is_file(), target


def test_api_page_has_every_module():
    page = (ROOT / "appendix/api.md").read_text(encoding="utf-8")
    modules = [p.stem for p in (ROOT / "nnlib").glob("*.py") if not p.stem.startswith("_")]
    assert sorted(re.findall(r"automodule:: nnlib\.(\w+)$", page, re.M)) == sorted(modules)


def test_glossary_has_every_bold_term():
    glossary = (ROOT / "appendix/glossary.md").read_text(encoding="utf-8")
    defined = {term.lower() for term in re.findall(r"^(\S.*)\n: ", glossary, re.M)}
    for notebook in CHAPTERS:
        prose = re.sub(r"^#.*$|^\|.*$", "", text_of(notebook), flags=re.M)
        bold = {term.lower() for term in re.findall(r"\*\*([^*\n]+?)\*\*", prose)}
        missing = {term for term in bold if not term.endswith((".", "?", ":"))} - defined
        assert not missing, f"{notebook} defines terms that the glossary lacks"


@pytest.mark.slow
def test_unit_tests_need_no_browser():
    """They are all found where neither Playwright nor what drives it can be imported."""
    blocked = "import sys; sys.modules.update(playwright=None, driver=None)"
    options = ["tests/unit", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    program = f"{blocked}; import pytest; sys.exit(pytest.main({options}))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.parametrize("notebook", notebooks())
def test_stored_outputs_are_text(notebook):
    metadata = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["metadata"]
    assert set(metadata) == {"kernelspec"}
    for cell in cells_of(notebook, "code"):
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert all(kind.startswith("text/") for kind in output.get("data", {}))


@pytest.mark.parametrize("notebook", notebooks())
def test_jupyterlab_folds_what_a_page_folds(notebook):
    cells = cells_of(notebook, "code")
    hidden = [cell["metadata"].get("jupyter", {}).get("source_hidden", False) for cell in cells]
    folded = [bool({"hide-input", "hide-cell"} & set(tags(cell))) for cell in cells]
    assert hidden == folded, "run make refresh"


@pytest.mark.parametrize("notebook", notebooks())
def test_every_figure_has_words_for_those_who_cannot_see_it(notebook):
    for cell in cells_of(notebook, "code"):
        texts = ["".join(o.get("data", {}).get("text/plain", "")) for o in cell["outputs"]]
        if any(text.startswith("<Figure size") for text in texts):
            assert cell["metadata"]["mystnb"]["image"]["alt"], "".join(cell["source"])


@pytest.mark.parametrize("notebook", notebooks())
def test_a_folded_cell_has_as_many_lines_as_its_title_says(notebook):
    """Blank ones may be left out; what a cell shows of a file is counted by who wrote the title."""
    for cell in cells_of(notebook, "code"):
        title = cell["metadata"].get("mystnb", {}).get("code_prompt_show", "")
        told, source = re.search(r"\((\d+) lines?\)", title), "".join(cell["source"])
        if told and not re.search(r"source\(|program\[", source):
            lines = source.splitlines()
            assert int(told[1]) in (len(lines), sum(map(bool, lines))), title


@pytest.mark.parametrize("notebook", notebooks())
def test_cells_are_short_and_explained(notebook):
    code = cells_of(notebook, "code")
    lines = [len("".join(cell["source"]).splitlines()) for cell in code]
    assert max(lines) <= 25
    assert statistics.median(lines) <= 8
    cells = cells_of(notebook)
    bare = [
        "".join(after["source"])[:60]
        for before, after in zip(cells, cells[1:], strict=False)
        if before["cell_type"] == after["cell_type"] == "code" and before != code[0]
    ]
    assert not bare, "code cells without a sentence before them"


@pytest.mark.parametrize("notebook", notebooks())
def test_uncompared_output_is_asserted(notebook):
    """Where nbval does not compare what a cell prints, the cell says itself what must hold."""
    tagged = [c for c in cells_of(notebook, "code") if "nbval-ignore-output" in tags(c)]
    for cell in tagged:
        source = "".join(cell["source"])
        assert "assert" in source or "print" not in source, source


@pytest.mark.parametrize("notebook", notebooks())
def test_setup_is_short_and_folded(notebook):
    first = cells_of(notebook, "code")[0]
    assert "hide-input" in tags(first)
    assert len([line for line in first["source"] if line.strip()]) <= 7


def exercises_of(notebook):
    """The text of each exercise, beginning with its title."""
    part = re.search(r"^## Exercises$(.*?)(?=^## |\Z)", text_of(notebook), re.M | re.S)[1]
    return re.split(r"^### ", part, flags=re.M)[1:]


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_every_exercise_has_a_solution_that_passes_its_check(notebook):
    exercises = exercises_of(notebook)
    solved = 0
    for cell in cells_of(notebook, "code"):
        output = "".join("".join(o.get("text", "")) for o in cell["outputs"])
        if "solution" in tags(cell):
            assert cell["metadata"]["jupyter"]["source_hidden"]
            assert "check." in "".join(cell["source"])
            assert output.startswith("Right"), "a solution that its own check does not accept"
            solved += 1
    folded = sum("<summary>Solution" in exercise for exercise in exercises)
    assert len(exercises) >= 8
    assert solved + folded >= len(exercises)


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_every_exercise_has_a_hint(notebook):
    missing = [text.splitlines()[0] for text in exercises_of(notebook) if "*Hint" not in text]
    assert missing == []


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_chapter_has_its_parts(notebook):
    headings = re.findall(r"^## (.*)$", text_of(notebook), re.M)
    for part in ("Summary", "Common mistakes", "Exercises", "References and further reading"):
        assert part in headings


def names(node, context):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}


def assigned(statement):
    """Names that a statement at the top level of a cell binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    return names(statement, ast.Store)


def free(node):
    """Names that a function or an expression looks up outside of itself."""
    arguments = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return names(node, ast.Load) - names(node, ast.Store) - arguments


@pytest.mark.parametrize("notebook", notebooks())
def test_no_later_cell_changes_what_an_explorer_draws(notebook):
    """A frame may be drawn long after its cell has run: its names must still mean the same."""
    cells = [ast.parse("".join(cell["source"])).body for cell in cells_of(notebook, "code")]
    functions = {}
    for number, body in enumerate(cells):
        functions |= {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
        calls = [n for statement in body for n in ast.walk(statement) if isinstance(n, ast.Call)]
        needed = set()
        new = {n for c in calls if getattr(c.func, "id", "") == "explore" for n in free(c)}
        while new:
            needed |= new
            new = {n for name in new & set(functions) for n in free(functions[name])} - needed
        later = {name for body in cells[number + 1 :] for node in body for name in assigned(node)}
        clash = needed & later
        assert not clash, "rename these, or the explorer will draw something else later"
