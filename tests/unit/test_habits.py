"""What every file keeps to, on every system, and what the project's own pages say of its files."""

import ast
import importlib
import importlib.util
import inspect
import io
import json
import re
import tokenize
import tomllib
from pathlib import Path

import pytest
import yaml

import nnbook
import nnlib
from nnlib.layers import Layer

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["_ext", "benchmarks", "experiments", "nnbook", "nnlib", "tests", "tools"]
CODE = sorted(p.relative_to(ROOT).as_posix() for f in FOLDERS for p in (ROOT / f).rglob("*.py"))
NOTEBOOKS = sorted(
    p.relative_to(ROOT).as_posix()
    for f in ("chapters", "appendix")
    for p in ROOT.glob(f"{f}/*.ipynb")
)
CHAPTERS = [Path(name).stem for name in NOTEBOOKS if name.startswith("chapters/")]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def text_without_encoding(source):
    """Calls that read or write a text file in whatever encoding the system happens to have."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
        given = {word.arg: word.value for word in call.keywords}
        modes = [
            arg.value for arg in [*call.args, given.get("mode")] if isinstance(arg, ast.Constant)
        ]
        binary = name == "open" and any(mode in ("rb", "wb", "ab") for mode in modes)
        text = (
            name in ("open", "read_text", "write_text") and ast.unparse(call.func) != "Image.open"
        )
        if text and not binary and "encoding" not in given:
            found.append(ast.unparse(call))
    return found


@pytest.mark.parametrize("name", CODE)
def test_text_is_read_and_written_with_its_encoding(name):
    assert text_without_encoding(read(name)) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_read_text_with_its_encoding(name):
    for cell in json.loads(read(name))["cells"]:
        code = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
        assert text_without_encoding(code) == []


@pytest.mark.parametrize(
    ("call", "faulty"),
    [
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("path.open(mode='a')", True),
        ("path.read_text()", True),
        ("path.write_text('wb')", True),
        ("open(path, 'rb')", False),
        ("path.open(mode='wb')", False),
        ("path.read_text(encoding='utf-8')", False),
    ],
)
def test_a_forgotten_encoding_is_found(call, faulty):
    assert text_without_encoding(call) == ([call] if faulty else [])


def code_lines(source):
    """How many lines of a program are code: not blank, no comment, no docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    silent |= {tokenize.ENCODING, tokenize.ENDMARKER}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):  # a string that stands alone is a docstring
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_lines_of_code_are_counted():
    assert code_lines('"""Doc.\n\nMore.\n"""\n\n# why\nx = """a\nb"""  # c\ny = (\n    1\n)\n') == 5


def columns(docstring):
    """The blocks of a docstring's tables of modules, each as a list of names."""
    blocks = re.findall(r"::\n\n((?:    .*\n)+)", docstring)  # names, three spaces, what they are
    return [
        [name for row in block.splitlines() for name in re.split(r" {3,}", row.strip())[0].split()]
        for block in blocks
    ]


def modules(package):
    return sorted(p.stem for p in (ROOT / package).glob("*.py") if p.stem != "__init__")


def test_the_evening_is_an_evening():
    """Which files it is says nnlib's docstring, with how much code they have at most."""
    evening, _, behind_the_scenes = columns(nnlib.__doc__)
    limit = int(
        re.search(r"fewer than ([\d,]+) lines\s+of\s+code", nnlib.__doc__)[1].replace(",", "")
    )
    count = sum(code_lines(read(f"nnlib/{name}.py")) for name in evening)
    assert 0.8 * limit < count < limit
    known = set(behind_the_scenes)
    for name in evening:
        needed = set(re.findall(r"^from \.(\w+) import", read(f"nnlib/{name}.py"), re.M))
        assert needed <= known, f"{name} needs what comes after it"
        known.add(name)


def test_every_module_stands_once_in_its_packages_docstring():
    assert sorted(sum(columns(nnlib.__doc__), [])) == modules("nnlib")
    shared, pages, playground, live, room = columns(nnbook.__doc__)
    assert sorted(shared + pages) == modules("nnbook")
    assert sorted(playground) == modules("nnbook/playground")
    assert sorted(live) == modules("nnbook/live")
    assert set(room) == {name for chapter in CHAPTERS for name in modules(f"nnbook/{chapter}")}


def test_the_api_page_has_the_docstrings_order():
    names = re.findall(r"^## `nnlib\.(\w+)`$", read("appendix/api.md"), re.M)
    told = sum(columns(nnlib.__doc__), [])
    assert names == [name for name in told if not name.startswith("_")]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_its_room_and_the_tests_of_its_checks(chapter):
    assert (ROOT / f"nnbook/{chapter}/checks.py").is_file()
    assert (ROOT / f"tests/unit/nnbook/test_check_{chapter}.py").is_file()


def test_every_room_is_a_chapters_or_a_pages():
    rooms = {path.parent.name for path in (ROOT / "nnbook").glob("*/__init__.py")}
    assert rooms == {*CHAPTERS, "live", "playground"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_check_is_asked_in_its_chapter_and_tested(chapter):
    checks = vars(importlib.import_module(f"nnbook.{chapter}.checks")).items()
    names = [n for n, value in checks if hasattr(value, "judge") and not n.startswith("_")]
    notebook, tests = f"chapters/{chapter}.ipynb", f"tests/unit/nnbook/test_check_{chapter}.py"
    assert names
    assert not [n for n in names if f"check.{n}(" not in read(notebook)], "not asked"
    assert not [n for n in names if not re.search(rf"\b{n}\b", read(tests))], "not tested"


@pytest.mark.parametrize("module", ["layers", "norms", "convolution"])
def test_every_layer_stands_in_the_tests_of_its_module(module):
    values = vars(importlib.import_module(f"nnlib.{module}")).values()
    layers = [c for c in values if inspect.isclass(c) and issubclass(c, Layer)]
    names = [c.__name__ for c in layers if c.__module__ == f"nnlib.{module}"]
    bases = [c.__name__ for c in layers if c.__subclasses__()]
    tests = read(f"tests/unit/nnlib/test_{module}.py")
    assert names
    assert not [n for n in names if n not in bases and n not in tests], "not tested"


PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
PATH = re.compile(r"^(?:[\w.<>-]+/)*[\w.<>-]+(?:/|\.(?:py|md|ipynb|txt|yml|toml|bib|cff))$")


def code_of(page):
    """What stands in a page's code: blocks line by line, and spans."""
    text = read(page)
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
    rest = re.sub(r"^```\n.*?^```$", "", text, flags=re.M | re.S)
    return [line for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`]+)`", rest
    )


@pytest.mark.parametrize("page", [*PAGES, "nnbook/__init__.py"])
def test_files_that_a_page_names_exist(page):
    named = {word for code in code_of(page) for word in code.split() if PATH.match(word)}
    named = {name for name in named if not name.startswith((".venv/", "_build/"))}
    assert named
    for name in named:
        for chapter in CHAPTERS if "<chapter>" in name else [""]:
            path = name.replace("<chapter>", chapter)
            optional = path.endswith("figures.py")  # not every chapter has large ones
            assert (ROOT / path).exists() or optional, f"{page} names {path}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_a_page_names_exist(page):
    targets = set(re.findall(r"^([\w./]+):", read("Makefile"), re.M))
    for code in code_of(page):
        for target, notebook in re.findall(r"\bmake ([a-z]+)(?: NB=(\w+))?", code):
            assert target in targets, f"{page} says make {target}"
            assert not notebook or f"{notebook}.ipynb" in {Path(name).name for name in NOTEBOOKS}
        for module in re.findall(r"python -m (\w+)", code):
            assert importlib.util.find_spec(module), f"{page} says python -m {module}"


def test_one_version():
    number = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert nnlib.__version__ == number
    assert yaml.safe_load(read("CITATION.cff"))["version"] == number
    assert re.findall(r"^## (\d[\d.]*)", read("CHANGELOG.md"), re.M)[0] == number


def test_the_type_checker_leaves_out_no_module_of_the_library():
    settings = tomllib.loads(read("pyproject.toml"))["tool"]["mypy"]
    assert settings["disallow_untyped_defs"] and settings["disallow_incomplete_defs"]
    assert not {"exclude", "ignore_errors"} & set(settings)
    for override in settings["overrides"]:
        assert set(override) <= {"module", "disable_error_code", "ignore_missing_imports"}
        assert "no-untyped-def" not in override.get("disable_error_code", [])
    assert "$(BIN)/python -m mypy nnlib" in read("Makefile")
