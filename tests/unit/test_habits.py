"""What every file keeps to, on every system, and what the project's own pages say of its files."""

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["_ext", "benchmarks", "experiments", "nnbook", "nnlib", "tests", "tools"]
CODE = sorted(p.relative_to(ROOT).as_posix() for f in FOLDERS for p in (ROOT / f).rglob("*.py"))
NOTEBOOKS = sorted(
    p.relative_to(ROOT).as_posix()
    for f in ("chapters", "appendix")
    for p in ROOT.glob(f"{f}/*.ipynb")
)


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
        if name in ("open", "read_text", "write_text") and not binary and "encoding" not in given:
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
