"""An author's commands: refresh a notebook's stored outputs, build one page."""

import importlib.util
import os
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[2]
VIEW = "application/vnd.jupyter.widget-view+json"
# Jupyter Book 1 names a class that click will rename
pytestmark = pytest.mark.filterwarnings("ignore:'BaseCommand':DeprecationWarning")


def tool(name):
    """A program of `tools/` as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / f"tools/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "_ext")  # tools put folders on the path for themselves
    monkeypatch.delenv("BOOK_PAGE", raising=False)


@pytest.fixture
def notebook(tmp_path):
    """A notebook with one cell, and an output of an earlier run."""
    cell = nbformat.v4.new_code_cell("1 + 1", execution_count=7)
    cell.outputs = [nbformat.v4.new_output("stream", text="an earlier run\n")]
    path = tmp_path / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def client(run):
    """A stand-in for nbclient's, whose kernel does ``run(cell)`` with each cell."""

    class Client:
        def __init__(self, notebook, **options):
            self.notebook = notebook

        def execute(self):
            for cell in self.notebook.cells:
                run(cell)

    return Client


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_refresh_keeps_text_and_no_pictures(notebook, monkeypatch, capsys):
    def run(cell):
        data = {"text/plain": "<Figure>", "image/png": "iVBOR", VIEW: {}}
        picture = nbformat.v4.new_output("display_data", data=data)
        drawing = nbformat.v4.new_output("display_data", data={"image/png": "iVBOR"})
        cell.outputs = [stream("a\n"), stream("b\n"), stream("!\n", "stderr"), picture, drawing]
        cell.metadata["execution"] = {"iopub.execute_input": "now"}

    refresh = tool("refresh")
    monkeypatch.setattr(refresh, "NotebookClient", client(run))
    before = nbformat.read(notebook, as_version=4).cells[0].id
    assert refresh.refresh(notebook) is None
    read = nbformat.read(notebook, as_version=4)
    (cell,) = read.cells
    out, error, picture = cell.outputs
    assert (out.text, error.text) == ("a\nb\n", "!\n"), "pieces of one stream are one"
    assert picture.data == {"text/plain": "<Figure>"} and picture.metadata == {}
    assert cell.metadata == {} and cell.id == before
    assert read.metadata == {"kernelspec": refresh.KERNEL}
    assert capsys.readouterr().out == "executed small.ipynb\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"tags": ["solution"]}, {"tags": ["solution"]}),
        ({"tags": ["hide-cell"]}, {"tags": ["hide-cell"], "jupyter": {"source_hidden": True}}),
        ({"jupyter": {"source_hidden": True}}, {}),
        (
            {"tags": ["hide-input"], "jupyter": {"outputs_hidden": False}},
            {"tags": ["hide-input"], "jupyter": {"outputs_hidden": False, "source_hidden": True}},
        ),
    ],
)
def test_refresh_folds_in_jupyterlab_what_a_page_folds(before, after):
    cell = nbformat.v4.new_code_cell("1", metadata=before)
    tool("refresh").fold(cell)
    assert cell.metadata == after


def test_a_notebook_that_fails_stays_as_it_was(notebook, monkeypatch):
    def run(cell):
        raise CellExecutionError("ZeroDivisionError at 1 / 0", "", "")

    before = notebook.read_bytes()
    refresh = tool("refresh")
    monkeypatch.setattr(refresh, "NotebookClient", client(run))
    said = refresh.refresh(notebook)
    assert "small.ipynb failed and stays as it was" in said and "ZeroDivisionError" in said
    assert notebook.read_bytes() == before


def test_refresh_really_executes(notebook):
    assert tool("refresh").refresh(notebook) is None
    (cell,) = nbformat.read(notebook, as_version=4).cells
    assert cell.outputs[0].data == {"text/plain": "2"} and cell.execution_count == 1


def test_page_builds_one_page_and_says_where_it_is(monkeypatch, capsys):
    page = tool("page")
    asked = []

    def build(command, standalone_mode):
        asked.append((os.environ["BOOK_PAGE"], command[0], command[-1]))

    monkeypatch.setattr(page, "jupyter_book", build)
    monkeypatch.setenv("BOOK_PAGE", "")  # what the tool sets goes away with the test
    page.build("optimizers")
    assert asked == [("chapters/optimizers", "build", str(ROOT))]
    said = capsys.readouterr().out.strip()
    assert Path(said) == ROOT / "_build/html/chapters/optimizers.html"


def test_page_that_cannot_be_built_is_a_failure(monkeypatch):
    page = tool("page")

    def build(command, standalone_mode):
        raise RuntimeError("Look above for the cause.")

    monkeypatch.setattr(page, "jupyter_book", build)
    monkeypatch.setenv("BOOK_PAGE", "")
    with pytest.raises(SystemExit, match="Look above"):
        page.build("optimizers")


@pytest.mark.parametrize("name", ["optimizer", "", "nnlib/optim.py"])
def test_an_unknown_page_is_answered_with_those_that_there_are(name):
    with pytest.raises(SystemExit, match="NB takes one of attention, .*, tested"):
        tool("page").build(name)
