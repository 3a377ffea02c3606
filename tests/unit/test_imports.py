"""Imports point one way: experiments, benchmarks, tests → nnbook → nnlib, and rooms stand apart."""

import ast
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = [*sorted(ROOT.glob("chapters/*.ipynb")), *sorted(ROOT.glob("appendix/*.ipynb"))]
FOLDERS = {"nnlib", "nnbook", "experiments", "benchmarks", "tests", "_ext", "tools"}
MAY_IMPORT = {  # beside itself: our own folders, then packages; None: any
    "nnlib": (set(), {"numpy", "pooch", "tqdm"}),
    "nnbook": (
        {"nnlib"},
        {
            *("numpy", "matplotlib", "matplotlib_inline", "IPython", "ipywidgets", "threadpoolctl"),
            "tabulate",
            *("_host", "tqdm"),  # in a page's own Python
        },
    ),
    "experiments": ({"nnlib", "nnbook"}, None),
    "benchmarks": ({"nnlib", "nnbook", "tests"}, None),  # its pages need the tests' browser
    "_ext": ({"nnlib", "nnbook"}, None),
    "tools": ({"nnlib", "nnbook", "tests"}, None),  # reading.py looks at pages, too
}
ROOMS = sorted(path.name for path in (ROOT / "nnbook").iterdir() if (path / "checks.py").exists())


def imported(tree, package=()):
    """The full names of all that a file imports, also inside of its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(folder):
    """(file, name) for every import in a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        file = path.relative_to(ROOT)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((file, name) for name in imported(tree, file.parts[:-1]))


def home(name):
    """The folder or package that a name is imported from; None for Python's own library."""
    top = name.split(".")[0]
    if top in ("conftest", "driver", "layer_checks"):  # pytest's path has tests/ and tests/site/
        return "tests"
    return None if top in sys.stdlib_module_names else top


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_nothing_imports_upward(folder):
    ours, packages = MAY_IMPORT[folder]
    found = list(imports(folder))
    assert found
    for file, name in found:
        source = home(name)
        if source in FOLDERS:
            assert source in ours | {folder}, f"{file} imports {name}"
        elif packages is not None and source:
            assert source in packages, f"{file} imports {name}"


def test_the_rooms_of_the_chapters_stand_apart():
    for file, name in imports("nnbook"):
        own = file.parts[1] if len(file.parts) > 2 else None
        package, _, rest = name.partition(".")
        if package == "nnbook" and rest.split(".")[0] in ROOMS:
            assert rest.split(".")[0] == own, f"{file} imports {name}"
    assert len(ROOMS) == len(list(ROOT.glob("chapters/*.ipynb")))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_pages_need_the_two_packages_only(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            for name in imported(ast.parse("".join(cell["source"]))):
                assert home(name) not in FOLDERS - {"nnlib", "nnbook"}, name


def test_relative_imports_are_followed():
    code = "from . import a\nfrom ..b import c\nimport d.e\ndef f():\n    from .g import h"
    names = list(imported(ast.parse(code), ("nnbook", "mnist")))
    assert sorted(names) == ["d.e", "nnbook.b.c", "nnbook.mnist.a", "nnbook.mnist.g.h"]
