"""The quick unit tests, those of ``make check``, are nearly all unit tests."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(ROOT.glob("tests/unit/**/test_*.py"))


def marks(path):
    """The test functions of a file: whether each is marked as slow."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    functions = [f for f in body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")]
    return {f.name: any("mark.slow" in ast.unparse(d) for d in f.decorator_list) for f in functions}


def test_make_check_leaves_out_what_is_marked_as_slow():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", text, re.M)[1]
    assert re.search(r'pytest .*tests/unit -m "not slow"', recipe)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_has_mostly_quick_tests(path):
    slow = list(marks(path).values())
    assert slow, "a file without tests"
    assert sum(slow) < len(slow) / 2


def test_few_tests_are_slow():
    slow = [flag for path in FILES for flag in marks(path).values()]
    assert 0 < sum(slow) < len(slow) / 50
