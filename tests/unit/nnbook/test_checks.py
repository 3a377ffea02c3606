"""What every check of every chapter does, and what it declares."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from book_files import ROOT

from nnbook import check as engine

CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
CHECKS = [
    pytest.param(value, id=f"{chapter}.{name}")
    for chapter in CHAPTERS
    for name, value in vars(importlib.import_module(f"nnbook.{chapter}.checks")).items()
    if hasattr(value, "judge") and not name.startswith("_")
]


def test_every_chapter_has_its_checks():
    assert {param.id.split(".")[0] for param in CHECKS} == set(CHAPTERS)


@pytest.mark.parametrize("check", CHECKS)
def test_unanswered(check, capsys):
    assert check(...) is None
    assert capsys.readouterr().out.startswith("Not answered yet: ")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "nonsense", [None, {}, object(), [[1], [2, 3]], b"b", np.nan, pytest.param(10**5000, id="huge")]
)
def test_nonsense(check, nonsense, capsys):
    assert check(nonsense) is None
    out = capsys.readouterr().out
    assert out.startswith("Not yet. ") and len(out) < 600


# ------------------------------------------------------------------ what is declared


def declarations(chapter, kind, monkeypatch):
    """The checks of a kind, each with what it was made of; from a second import of the chapter."""
    made, make = [], getattr(engine, kind)

    def recording(right, why, *rest, mistakes=(), **options):
        if kind in ("number", "array") and mistakes:
            options["mistakes"] = mistakes
        check = make(right, why, *rest, **options)
        if hasattr(check, "judge"):
            made.append((check, right, why, rest, mistakes))
            return check

        def decorate(mistakes):
            made.append((check(mistakes), right, why, rest, mistakes))
            return made[-1][0]

        return decorate

    monkeypatch.setattr(engine, kind, recording)
    name = f"nnbook.{chapter}.checks"
    spec = importlib.util.find_spec(name)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return made


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("kind", ["number", "array"])
def test_each_declared_value_gets_its_own_sentence(chapter, kind, monkeypatch):
    for check, right, why, _, mistakes in declarations(chapter, kind, monkeypatch):
        assert check.judge(right) == (True, why)
        for wrong, sentence in getattr(mistakes, "items", lambda m=mistakes: m)():
            assert check.judge(wrong) == (False, sentence)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_each_declared_choice_gets_its_own_sentence(chapter, kind, monkeypatch):
    for check, right, why, rest, _ in declarations(chapter, kind, monkeypatch):
        assert check.judge(right) == (True, why)
        for option, sentence in rest[-1].items():
            place, one = option if isinstance(option, tuple) else (option, None)
            if kind == "choices":
                others = [
                    o for o in rest[1] if o != right[place - 1] and (place, o) not in rest[-1]
                ]
                option = list(right)
                option[place - 1] = one or others[0]
            assert check.judge(option) == (False, sentence)


def mistaken(right, mistakes, index, names=None):
    """A function that makes a declared mistake: the wrong array, alone or in its place."""

    def function(*arguments):
        *name, wrong, _ = list(mistakes(*arguments))[index]
        if not name:
            return wrong
        return [wrong if n == name[0] else r for n, r in zip(names, right(*arguments), strict=True)]

    return function


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("kind", ["function", "outputs"])
def test_each_declared_function_gets_its_own_sentence(chapter, kind, monkeypatch):
    for check, right, why, rest, mistakes in declarations(chapter, kind, monkeypatch):
        assert check.judge(right) == (True, why)
        inputs = rest[-1]
        with np.errstate(all="ignore"):
            sentences = [row[-1] for row in mistakes(*inputs[0])]
            for index, sentence in enumerate(sentences):
                wrong = mistaken(right, mistakes, index, rest[0])
                assert check.judge(wrong) == (False, sentence)


def test_chapters_use_public_names_of_the_engine_only():
    for chapter in CHAPTERS:
        source = Path(importlib.util.find_spec(f"nnbook.{chapter}.checks").origin)
        text = source.read_text(encoding="utf-8")
        imported = text.split("from ..check import ")[1].split("from ")[0].split("\n\n")[0]
        assert not [n for n in imported.strip("()").split(",") if n.strip().startswith("_")]
