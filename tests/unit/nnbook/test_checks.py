"""What every check of every chapter does: it asks for an answer, and bears nonsense."""

import importlib
import inspect

import numpy as np
import pytest
from driver import ROOT


def is_check(value):
    """Checks, and nothing else here, can be called with no answer, which is `...`."""
    return inspect.isfunction(value) and [
        p.default for p in inspect.signature(value).parameters.values()
    ] == [...]


CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
CHECKS = [
    pytest.param(value, id=f"{chapter}.{name}")
    for chapter in CHAPTERS
    for name, value in vars(importlib.import_module(f"nnbook.{chapter}.checks")).items()
    if is_check(value)
]


def test_every_chapter_has_its_checks():
    assert {param.id.split(".")[0] for param in CHECKS} == set(CHAPTERS)


@pytest.mark.parametrize("check", CHECKS)
def test_unanswered(check, capsys):
    assert check(...) is None
    assert capsys.readouterr().out.startswith("Not answered yet: ")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("nonsense", [None, {}, object(), [[1], [2, 3]], b"b", np.nan])
def test_nonsense(check, nonsense, capsys):
    assert check(nonsense) is None
    assert capsys.readouterr().out.startswith("Not yet. ")
