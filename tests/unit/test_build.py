"""The build executes a notebook again when something that its output depends on has changed."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bookbuild import execution, pages, paths
from bookbuild.dependencies import MNIST, _direct, dependencies, digests
from bookbuild.paths import ROOT, notebook, notebooks
from nbclient.exceptions import CellExecutionError
from sphinx.errors import SphinxError

from nnbook.mnist import folder
from nnbook.mnist.folder import mnist_folder
from nnlib.mnist import SHA256

FAKE = {
    "requirements.txt": "numpy",
    "nnlib/__init__.py": "",
    "nnlib/_check.py": "",
    "nnlib/data.py": """
from pathlib import Path
from ._check import number
from .mnist import mnist
np.load(Path(__file__).with_name("_data") / "digits.npz")
""",
    "nnlib/mnist.py": "import os\ndef mnist(): ...\n",
    "nnlib/_data/digits.npz": "0",
    "nnlib/schedules.py": "",
    "nnlib/train.py": "def train():\n    from .schedules import cosine\n",
    "nnbook/__init__.py": "from nnlib import _check\n",
    "nnbook/look.css": "",
    "nnbook/plots.py": "STYLE = Path(__file__).with_name('look.css')",
    "nnbook/check.py": "",
    "nnbook/one/__init__.py": "",
    "nnbook/one/checks.py": "from ..check import number\nfrom .. import plots",
    "nnbook/one/figures.py": "",
    "nnbook/two/__init__.py": "",
    "nnbook/two/checks.py": "from nnbook.check import number",
    "results/a.json": "1",
    "results/b.json": "2",
    "script.py": "import nnlib.train",
    "chapters/one.ipynb": ["from nnbook.one import checks as check, figures as draw"],
    "chapters/two.ipynb": [
        "%matplotlib inline\nfrom nnbook.two import checks",
        "import nnlib.train",
    ],
    "chapters/data.ipynb": ["from nnlib.data import digits\nimport json", "import absent_package"],
    "chapters/mnist.ipynb": ["from nnlib import data", "X, y, *test = data.mnist()"],
    "appendix/records.ipynb": [
        'for name in ("a", "b"): (root / "results" / f"{name}.json").read_text()',
        'Path("../script.py").read_text()  # read, not imported',
        'note = "nnlib"',
    ],
}


def write_notebook(path, sources):
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[nbformat.v4.new_markdown_cell("Prose.")]
        + [nbformat.v4.new_code_cell(source) for source in sources],
    )
    path.write_text(nbformat.writes(notebook), encoding="utf-8")


@pytest.fixture
def book(tmp_path):
    """A book of five small notebooks."""
    for name, text in FAKE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            write_notebook(path, text)
        else:
            path.write_text(text, encoding="utf-8")
    return tmp_path


def state(book, mnist=True):
    found = sorted(book.glob("*/*.ipynb"))
    return {path.stem: digest for path, digest in digests(found, book, mnist).items()}


def differing(before, after):
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("nnbook/one/checks.py", "one"),
        ("nnbook/one/figures.py", "one"),
        ("nnbook/two/checks.py", "two"),
        ("nnbook/check.py", "one two"),
        ("nnbook/plots.py", "one"),
        ("nnbook/look.css", "one"),
        ("nnbook/two/__init__.py", "two"),
        ("nnlib/_check.py", "one two data mnist"),
        ("nnlib/__init__.py", "one two data mnist"),
        ("nnlib/schedules.py", "two"),
        ("nnlib/_data/digits.npz", "data mnist"),
        ("results/b.json", "records"),
        ("script.py", "records"),
        ("nnlib/train.py", "two"),
        ("requirements.txt", "one two data mnist records"),
    ],
)
def test_a_changed_file_concerns_those_who_need_it(book, changed, again):
    before = state(book)
    (book / changed).write_text("# something else", encoding="utf-8")
    assert differing(before, state(book)) == set(again.split())


def test_prose_and_new_files_concern_nobody(book):
    before = state(book)
    (book / "README.md").write_text("new", encoding="utf-8")
    (book / "nnlib" / "extra.py").write_text("", encoding="utf-8")
    write_notebook(book / "chapters/one.ipynb", FAKE["chapters/one.ipynb"])
    assert state(book) == before


def test_a_new_record_concerns_those_who_read_the_folder(book):
    before = state(book)
    (book / "results/c.json").write_text("3", encoding="utf-8")
    assert differing(before, state(book)) == {"records"}


def test_only_who_calls_mnist_asks_whether_it_is_here(book):
    assert differing(state(book, mnist=True), state(book, mnist=False)) == {"mnist"}


def test_a_package_that_appears_concerns_those_who_try_to_import_it(book, monkeypatch):
    before = state(book)
    monkeypatch.syspath_prepend(book / "site")
    (book / "site").mkdir()
    (book / "site/absent_package.py").write_text("", encoding="utf-8")
    assert differing(before, state(book)) == {"data"}


# --- the real book


@cache
def needed():
    """What each notebook of the book depends on."""
    read = cache(lambda path: _direct(path, ROOT))
    return {path: dependencies(path, ROOT, read) for path in notebooks().values()}


def concerned(file):
    return {path.stem for path, files in needed().items() if ROOT / file in files}


TIMES = {
    "iopub.execute_input": "2026-02-03T04:05:06.250000Z",
    "shell.execute_reply": "2026-02-03T04:05:07.750000Z",
}
CHAPTERS = {path.stem for path in notebooks().values() if path.parent.name == "chapters"}


@pytest.mark.parametrize(
    "room", sorted(ROOT.glob("nnbook/*/checks.py")), ids=lambda p: p.parent.name
)
def test_the_checks_of_a_chapter_concern_that_chapter(room):
    assert concerned(room.relative_to(ROOT)) == {room.parent.name}


def test_who_needs_what_in_the_book():
    assert concerned("nnlib/_check.py") >= CHAPTERS
    assert concerned("nnbook/explore.py") >= CHAPTERS | {"explorers"}
    assert concerned("nnlib/_data/digits.npz") >= CHAPTERS
    assert "network" in concerned("nnlib/convolution.py")
    assert "neuron" not in concerned("nnlib/convolution.py")
    assert concerned("experiments/results/best.json") == {"mnist", "tested"}
    assert concerned("benchmarks/results.json") == {"mnist", "tested"}
    assert {path.stem for path, files in needed().items() if MNIST in files} == {"mnist"}


LOADED = """
import ast, json, sys
from pathlib import Path
imports = json.loads(sys.stdin.read())
for notebook, statements in imports.items():
    for name in [name for name in sys.modules if name.split(".")[0] in ("nnlib", "nnbook")]:
        del sys.modules[name]
    for statement in statements:
        try:
            exec(statement, {})
        except ImportError:
            assert "torch" in statement, statement
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    imports[notebook] = [file for file in files if Path.cwd() in Path(file).parents]
print(json.dumps(imports))
"""


def test_no_module_is_imported_that_the_reading_misses():
    """The imports of each notebook, really done: every file of the book is among those found."""
    statements = {}
    for path in notebooks().values():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        trees = [ast.parse("".join(c["source"])) for c in cells if c["cell_type"] == "code"]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        found = [ast.unparse(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
        statements[str(path)] = [text for text in found if "import torch" not in text]
    result = subprocess.run(
        [sys.executable, "-c", LOADED],
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert result.returncode == 0, result.stderr
    loaded = {path: set(map(Path, files)) for path, files in json.loads(result.stdout).items()}
    for path, files in loaded.items():
        own = {f for f in files if ".venv" not in f.parts}
        assert own <= needed()[Path(path)], path
    assert ROOT / "nnlib/optim.py" in loaded[str(ROOT / "chapters/optimizers.ipynb")]


# --- outputs are kept until something that they need changes


@pytest.fixture
def outputs(book, monkeypatch):
    """The outputs of the small book, executed by a stand-in for the kernel; `.runs` lists them."""
    runs = []

    def run(notebook, cwd, timeout, allow_errors, record_timing):
        runs.append(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":  # as nbclient does
                cell.metadata["execution"] = TIMES
        failing = next((c for c in notebook.cells if "1 / 0" in c.source), None)
        error = CellExecutionError("ZeroDivisionError at 1 / 0", "", "") if failing else None
        return SimpleNamespace(err=error, time=0.0)

    def look():
        outputs = execution.Outputs(book / "cache", timeout=10)
        outputs.runs = runs
        return outputs

    found = {path.stem: path for path in sorted(book.glob("*/*.ipynb"))}
    monkeypatch.setattr(execution, "ROOT", book)
    monkeypatch.setattr(execution, "notebooks", lambda: found)
    monkeypatch.setattr(execution, "single_nb_execution", run)
    monkeypatch.setattr(execution, "mnist_folder", lambda: None)
    monkeypatch.setattr(execution, "fetch_mnist", lambda: None)
    return SimpleNamespace(look=look, runs=runs, paths=list(found.values()), **found)


def test_what_is_kept_is_not_executed_again(outputs):
    outputs.look().execute(outputs.paths)
    assert len(outputs.runs) == 5
    outputs.look().execute(outputs.paths)
    assert len(outputs.runs) == 5
    assert all(path in outputs.look() for path in outputs.paths)


def test_a_changed_check_executes_one_notebook(outputs, book):
    outputs.look().execute(outputs.paths)
    outputs.runs.clear()
    (book / "nnbook/one/checks.py").write_text("# changed", encoding="utf-8")
    outputs.look().execute(outputs.paths)
    (run,) = outputs.runs
    assert run.cells[1].source == FAKE["chapters/one.ipynb"][0]


def test_changed_code_executes_and_changed_prose_does_not(outputs):
    outputs.look().execute([outputs.two])
    text = outputs.two.read_text(encoding="utf-8")
    outputs.two.write_text(text.replace("Prose.", "Other prose."), encoding="utf-8")
    assert outputs.two in outputs.look()
    outputs.two.write_text(text.replace("nnlib.train", "nnlib.data"), encoding="utf-8")
    assert outputs.two not in outputs.look()


def test_going_back_finds_what_was_kept(outputs, book):
    outputs.look().execute([outputs.one])
    (book / "nnbook/check.py").write_text("# changed", encoding="utf-8")
    assert outputs.one not in outputs.look()
    (book / "nnbook/check.py").write_text(FAKE["nnbook/check.py"], encoding="utf-8")
    assert outputs.one in outputs.look()


def test_what_changes_during_a_run_counts_as_changed_after_it(outputs, book):
    before = outputs.look()
    (book / "nnbook/one/checks.py").write_text("# changed", encoding="utf-8")
    before.execute([outputs.one])
    assert outputs.one not in outputs.look()


def test_a_failure_names_the_cell_and_keeps_the_other_outputs(outputs):
    write_notebook(outputs.one, ["1 / 0"])
    with pytest.raises(SphinxError, match="(?s)chapters/one.ipynb failed.*ZeroDivisionError"):
        outputs.look().execute(outputs.paths)
    later = outputs.look()
    assert [path for path in outputs.paths if path not in later] == [outputs.one]


def test_mnist_that_arrives_counts_before_the_notebook_is_executed(outputs, monkeypatch, tmp_path):
    def arrive():
        monkeypatch.setattr(execution, "mnist_folder", lambda: tmp_path)

    monkeypatch.setattr(execution, "fetch_mnist", arrive)
    monkeypatch.setenv("MNIST_DIR", "")
    outputs.look().execute([outputs.one])
    assert execution.mnist_folder() is None, "nobody has asked for it"
    outputs.look().execute([outputs.mnist])
    assert outputs.mnist in outputs.look(), "the next build sees MNIST, as this execution did"


def test_the_seconds_of_each_cell_are_kept(outputs):
    assert outputs.look().seconds(outputs.one) == []
    outputs.look().execute([outputs.one])
    cells = nbformat.read(outputs.one, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert outputs.look().seconds(outputs.one) == [1.5] * len(code)


def test_the_notebook_with_most_pictures_begins(outputs, book, monkeypatch):
    """Two notebooks at the end of a build leave no core idle for long."""
    monkeypatch.setattr(execution, "cores", lambda: 1)
    shapes = {"one": ["3"], "two": ["2", "4"], "data": ["2", "3", "2"], "mnist": []}
    for name, values in shapes.items():
        text = f"Explorer({', '.join(f'x: {n} values' for n in values)})"
        path = getattr(outputs, name)
        read = nbformat.read(path, as_version=4)
        result = nbformat.v4.new_output("execute_result", {"text/plain": text}, execution_count=1)
        read.cells[1].outputs = [result] if values else []
        nbformat.write(read, path)
    texts = [getattr(outputs, name).read_text(encoding="utf-8") for name in shapes]
    assert [execution.pictures(text) for text in texts] == [3, 8, 12, 0]
    outputs.look().execute([getattr(outputs, name) for name in shapes])
    sources = [run.cells[1].source for run in outputs.runs]
    assert sources == [FAKE[f"chapters/{n}.ipynb"][0] for n in ("data", "two", "one", "mnist")]


# --- which pages a build reads


def page_build(outputs, before, docnames, page, monkeypatch):
    """What a build reads, executes and notes, after one that has read the pages ``before``."""
    monkeypatch.setattr(pages, "ROOT", outputs.one.parents[1])
    monkeypatch.setenv("BOOK_PAGE", page)
    app = SimpleNamespace(outputs=outputs.look())
    env = SimpleNamespace(all_docs=before, found_docs=set(docnames), read_with=dict(before))
    reading = list(docnames)
    pages.choose_and_execute(app, env, reading)
    return app, env, reading


def test_a_page_build_reads_that_page_alone(outputs, monkeypatch):
    before = {"chapters/one": "old", "chapters/two": "old", "intro": "old"}
    app, env, reading = page_build(outputs, before, list(before), "chapters/two", monkeypatch)
    assert reading == ["chapters/two"] and len(outputs.runs) == 1
    stale = pages.changed_pages(app, env, set(), set(), set())
    assert sorted(stale) == ["chapters/one", "intro"], "they wait for the next whole build"


def test_a_page_build_reads_a_changed_bibliography(outputs, monkeypatch):
    """A page may cite what has just been written into references.bib."""
    before = {"chapters/one": "old", "chapters/two": "old", "appendix/bibliography": "old"}
    app, env, reading = page_build(outputs, before, list(before), "chapters/two", monkeypatch)
    assert reading == ["chapters/two", "appendix/bibliography"] and len(outputs.runs) == 1
    assert "appendix/bibliography" not in pages.changed_pages(app, env, set(), set(), set())


def test_a_first_page_build_reads_all_and_executes_one(outputs, monkeypatch):
    names = ["chapters/one", "chapters/two", "intro"]
    app, env, reading = page_build(outputs, {}, names, "chapters/two", monkeypatch)
    assert reading == names and len(outputs.runs) == 1
    modes = {}
    for name in names[:2]:
        text = [(outputs.one.parents[1] / f"{name}.ipynb").read_text(encoding="utf-8")]
        pages.mark(app, name, text)
        read = nbformat.reads(text[0], as_version=4)
        modes[name] = read.metadata.get("mystnb", {}).get("execution_mode")
    assert modes == {"chapters/one": "off", "chapters/two": None}
    assert app.outputs.cache.match_cache_notebook(read), "MyST-NB finds the outputs"
    assert "chapters/one" in pages.changed_pages(app, env, set(), set(), set())


def test_a_whole_build_executes_all_that_it_reads(outputs, monkeypatch):
    names = ["chapters/one", "chapters/two", "intro"]
    app, env, reading = page_build(outputs, {}, names, "", monkeypatch)
    assert reading == names and len(outputs.runs) == 2
    assert pages.changed_pages(app, env, set(), set(), set()) == []


def test_a_notebook_is_found_by_its_name_and_by_its_path():
    path = ROOT / "chapters/optimizers.ipynb"
    assert notebook("optimizers") == notebook(str(path)) == path


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(SystemExit, match=f"'optimizer'.*{', '.join(paths.notebooks())}$"):
        notebook("optimizer")


# --- one rule for where MNIST is


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Three folders in which MNIST may be; `put(folder, suffix)` puts files there."""
    found = SimpleNamespace(
        **{name: tmp_path / name for name in ("named", "beside", "cache")}, put=put_mnist
    )
    monkeypatch.setattr(folder, "BESIDE", found.beside)
    monkeypatch.setattr(folder, "cache_folder", lambda: found.cache)
    monkeypatch.delenv("MNIST_DIR", raising=False)
    return found


def put_mnist(place, form="{}"):
    place.mkdir()
    for name in SHA256:
        (place / form.format(name)).touch()


def test_mnist_is_looked_for_beside_the_checkout_then_in_the_cache(places):
    assert mnist_folder() is None
    places.put(places.cache)
    assert mnist_folder() == places.cache
    places.put(places.beside, "{}.gz")
    assert mnist_folder() == places.beside


def test_a_folder_that_is_named_is_the_only_one(places, monkeypatch):
    places.put(places.cache)
    monkeypatch.setenv("MNIST_DIR", str(places.named))
    assert mnist_folder() is None
    places.put(places.named)
    assert mnist_folder() == places.named
    next(places.named.iterdir()).unlink()
    assert mnist_folder() is None, "three files are not enough"


def test_names_that_unpackers_give_are_known(places):
    places.beside.mkdir()
    for name in SHA256:
        (places.beside / name.replace("-idx", ".idx")).touch()
    assert mnist_folder() == places.beside
