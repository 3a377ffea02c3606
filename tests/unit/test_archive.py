"""The book to take home: what is in the archive, that it runs there, and how a page offers it."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
from book_files import ROOT
from bookbuild import archive
from nbclient import NotebookClient

LINKS = """
<a href="../_sources/chapters/neuron.ipynb" target="_blank"
   class="btn btn-sm btn-download-source-button dropdown-item"
   title="Download source file">x</a>
<a href="https://example.org" target="_blank">elsewhere</a>
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with zipfile.ZipFile(io.BytesIO(archive.archive())) as file:
        file.extractall(folder)
    return folder / archive.NAME


def test_the_same_book_gives_the_same_bytes(monkeypatch):
    made = archive.archive()
    reversed_order = dict(reversed(archive.contents().items()))
    monkeypatch.setattr(archive, "contents", lambda: reversed_order)
    assert archive.archive() == made
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(info.filename.startswith(f"{archive.NAME}/") for info in file.infolist())


def test_it_has_what_notebooks_need_and_no_more():
    names = set(archive.contents())
    assert {f"chapters/{path.name}" for path in ROOT.glob("chapters/*.ipynb")} <= names
    wanted = ["README.txt", "requirements.txt", "pyproject.toml", "LICENSE", "LICENSE-TEXT"]
    wanted += ["nnlib/_data/digits.npz", "nnlib/_data/ATTRIBUTION.md", "nnbook/digit.npz"]
    assert {*wanted, "nnbook/book.mplstyle", "experiments/results/best.json"} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    tops = {name.split("/")[0] for name in names if "/" in name}
    assert tops == {"chapters", "appendix", "nnlib", "nnbook", "experiments"}


def test_its_requirements_are_the_books_without_the_builds():
    ours = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = archive.requirements().splitlines()[1:]
    assert lines[0] == "-e ." and set(lines) <= set(ours)
    assert {line.partition("==")[0] for line in lines[1:]} == set(archive.NEEDED)


def test_a_notebook_imports_nothing_that_is_not_required():
    """Modules of the standard library and of the archive apart."""
    given = {*archive.NEEDED, "nnlib", "nnbook", "IPython", *sys.stdlib_module_names}
    given.add("torch")  # for a comparison that says what to do without it
    for name, data in archive.contents().items():
        if name.endswith(".ipynb"):
            cells = json.loads(data)["cells"]
            code = [ast.parse("".join(c["source"])) for c in cells if c["cell_type"] == "code"]
            nodes = [node for tree in code for node in ast.walk(tree)]
            found = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
            found |= {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
            assert not {module.split(".")[0] for module in found} - given, name


def test_its_instructions_name_files_that_it_has(unpacked):
    text = (unpacked / "README.txt").read_text(encoding="utf-8")
    for system in ("Linux", "macOS", "Windows"):
        assert re.search(rf"^{system}.*\n\n    py.* -m venv .venv\n", text, re.M)
    for name in re.findall(r"^    (\w+)  +[a-z]", text, re.M):
        assert (unpacked / name).is_dir(), name
    for name in ("requirements.txt", "LICENSE", "LICENSE-TEXT", "CITATION.cff"):
        assert name in text and (unpacked / name).is_file()


def test_pip_can_read_its_project(unpacked):
    """What pip asks first of the folder: its name, version and what it needs."""
    program = "from setuptools.build_meta import prepare_metadata_for_build_wheel as prepare\n"
    program += "import sys; print(prepare(sys.argv[1]))"
    target = unpacked.parent / "metadata"
    target.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", program, target], cwd=unpacked, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-2000:]
    [metadata] = target.glob("*/METADATA")
    assert "Name: neural-networks-piece-by-piece" in metadata.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_notebook_runs_in_the_unpacked_folder(unpacked, monkeypatch):
    """With the archive's own packages, and not with those that are installed here."""
    monkeypatch.setenv("PYTHONPATH", str(unpacked))
    monkeypatch.setenv("NNLIB_EXPLORERS", "")
    notebook = nbformat.read(unpacked / "chapters/initialization.ipynb", as_version=4)
    where = "import nnbook, nnlib\nprint(nnbook.__file__, nnlib.__file__, sep='\\n')"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(where))
    folder = {"metadata": {"path": str(unpacked / "chapters")}}
    NotebookClient(notebook, timeout=300, resources=folder).execute()
    for line in notebook.cells[0].outputs[0].text.splitlines():
        assert os.path.realpath(line).startswith(os.path.realpath(unpacked)), line


def test_a_page_offers_it_in_its_menu_of_downloads():
    buttons = [{"label": "fullscreen"}, {"label": "download-buttons", "buttons": []}]
    context = {"header_buttons": buttons, "pathto": lambda path, _: f"../{path}"}
    archive.link(None, "chapters/neuron", "page.html", context, None)
    [button] = buttons[1]["buttons"]
    assert button["url"] == f"../{archive.ADDRESS}" and "book" in button["text"]
    archive.link(None, "genindex", "page.html", {}, None)  # an index has no menu


def test_what_is_to_be_saved_says_so():
    first, second = re.findall(r"<a [^>]*>", archive.saved(LINKS))
    assert " download" in first and "target" not in first
    assert 'target="_blank"' in second and "download" not in second


def test_a_notebook_by_itself_says_what_it_needs(tmp_path):
    path = tmp_path / "_sources/chapters/neuron.ipynb"
    path.parent.mkdir(parents=True)
    original = (ROOT / "chapters/neuron.ipynb").read_text(encoding="utf-8")
    path.write_text(original, encoding="utf-8")
    app = SimpleNamespace(outdir=tmp_path)
    archive.tell_notebooks(app, None)
    archive.tell_notebooks(app, None)  # a second build: it is told once
    told = nbformat.read(path, as_version=4)
    nbformat.validate(told)
    code = next(k for k, cell in enumerate(told.cells) if cell.cell_type == "code")
    assert told.cells[code - 1].source == archive.ALONE
    others = [cell.source for cell in told.cells if cell.source != archive.ALONE]
    plain = json.loads(archive.taken("chapters/neuron.ipynb", archive.shipped()))
    assert others == ["".join(cell["source"]) for cell in plain["cells"]]
