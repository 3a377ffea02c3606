"""What every check of every chapter does, and what it declares."""

import ast
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


@pytest.fixture
def declared(monkeypatch):
    """The declarations of a chapter and a kind, from a second import: (check, arguments, mistakes).

    What is decorated is the mistakes; of values they are an argument by name.
    """

    def declared(chapter, kind):
        made, make = [], getattr(engine, kind)

        def recording(*arguments, **options):
            def decorate(mistakes):
                made.append((check(mistakes), arguments, mistakes))
                return made[-1][0]

            check = make(*arguments, **options)
            if kind in ("function", "outputs"):
                return decorate
            made.append((check, arguments, options.get("mistakes", ())))
            return check

        monkeypatch.setattr(engine, kind, recording)
        spec = importlib.util.find_spec(f"nnbook.{chapter}.checks")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        return made

    return declared


def test_declarations_are_found(declared):
    made = {kind: len(declared("normalization", kind)) for kind in ("number", "array", "outputs")}
    assert made == {"number": 3, "array": 4, "outputs": 2}


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("kind", ["number", "array"])
def test_each_wrong_value_gets_its_own_sentence(declared, chapter, kind):
    for check, (right, why), mistakes in declared(chapter, kind):
        assert check.judge(right) == (True, why)
        for wrong, sentence in mistakes.items() if kind == "number" else mistakes:
            assert check.judge(wrong) == (False, sentence)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_wrong_choice_gets_its_own_sentence(declared, chapter):
    for check, (right, why, wrong), _ in declared(chapter, "choice"):
        assert check.judge(right) == (True, why)
        for letter, sentence in wrong.items():
            assert check.judge(letter) == (False, sentence)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_wrong_one_of_several_choices_gets_its_own_sentence(declared, chapter):
    for check, (right, why, _, options, wrong), _ in declared(chapter, "choices"):
        assert check.judge(right) == (True, why)
        for place, expected in enumerate(right, start=1):
            for option in set(options) - {expected}:
                answer = [*right[: place - 1], option, *right[place:]]
                assert check.judge(answer) == (False, wrong.get((place, option), wrong[place]))


def mistaken(right, mistakes, index, names):
    """A function that makes a declared mistake: the wrong array, alone or in its place."""

    def function(*arguments):
        *name, wrong, _ = list(mistakes(*arguments))[index]
        if not name:
            return wrong
        return [wrong if n == name[0] else r for n, r in zip(names, right(*arguments), strict=True)]

    return function


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("kind", ["function", "outputs"])
def test_each_mistaken_function_gets_its_own_sentence(declared, chapter, kind):
    for check, (right, why, *names, inputs), mistakes in declared(chapter, kind):
        assert check.judge(right) == (True, why)
        with np.errstate(all="ignore"):
            sentences = [row[-1] for row in mistakes(*inputs[0])]
        assert sentences
        for index, sentence in enumerate(sentences):
            wrong = mistaken(right, mistakes, index, *names or [None])
            assert check.judge(wrong) == (False, sentence)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_use_public_names_of_the_engine_only(chapter):
    source = Path(importlib.util.find_spec(f"nnbook.{chapter}.checks").origin)
    imports = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "check"
    ]
    names = [alias.name for node in imports for alias in node.names]
    assert names and not [name for name in names if name.startswith("_")]
