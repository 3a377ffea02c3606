"""Every line of the table of mutants still fits the library, and a mutant gets its verdict."""

import ast
import multiprocessing
from textwrap import dedent

import mutants
import pytest
from mutants import Mutant, TargetGone, mutate

EVERY = list(mutants.read_table(mutants.TABLE.read_text(encoding="utf-8")))
MODULES = list(dict.fromkeys(mutant.module for mutant in EVERY))


def source_of(module):
    return mutants.file_of(module).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_every_target_is_there(module):
    source = source_of(module)
    for mutant in (mutant for mutant in EVERY if mutant.module == module):
        start, end = mutants.place(source, mutant.function)
        mutated = mutate(source, mutant)
        body = mutated[start : end + len(mutated) - len(source)]
        assert ast.dump(ast.parse(dedent(body))) != body_of(source, start, end), mutant
    assert mutants.tests_of(module).is_file()


def body_of(source, start, end, known={}):  # noqa: B006 - kept from mutant to mutant
    if (source, start) not in known:
        known[source, start] = ast.dump(ast.parse(dedent(source[start:end])))
    return known[source, start]


def test_every_file_of_the_library_has_mutants():
    files = {f"nnlib.{path.stem}" for path in mutants.ROOT.glob("nnlib/*.py")}
    assert files - set(MODULES) == {"nnlib.__init__"}


def test_no_mutant_stands_there_twice():
    assert len(set(EVERY)) == len(EVERY)


SOURCE = '''
LIMIT: float = 1.5

class A:
    def f(self, x):
        """x + 1, as told in x + 1."""
        return x + 1

def f(x):
    return x - 1
'''


def test_only_the_named_function_is_changed():
    method = mutate(SOURCE, Mutant("m", "A.f", "x + 1", "x"))
    assert method == SOURCE.replace("return x + 1", "return x")
    assert mutate(SOURCE, Mutant("m", "f", "x - 1", "x")) == SOURCE.replace("x - 1", "x")
    assert "LIMIT: float = 2" in mutate(SOURCE, Mutant("m", "LIMIT", "1.5", "2"))


@pytest.mark.parametrize("function, old", [("g", "x"), ("A.g", "x"), ("f", "y"), ("f", "x")])
def test_a_target_that_is_gone_or_ambiguous(function, old):
    with pytest.raises(TargetGone):
        mutate(SOURCE, Mutant("m", function, old, "z"))


def test_a_line_of_the_table():
    text = "[nnlib.a]\n\nf: b => c\nA.g: * d  =>\n[nnlib.b]\nh: : => x: y => z"
    assert list(mutants.read_table(text)) == [
        Mutant("nnlib.a", "f", "b", "c"),
        Mutant("nnlib.a", "A.g", "* d ", ""),
        Mutant("nnlib.b", "h", ":", "x: y => z"),
    ]
    with pytest.raises(ValueError, match="a mutant is written"):
        list(mutants.read_table("[nnlib.a]\nf: b"))


@pytest.mark.parametrize(
    "ended, verdict",
    [
        ((0, "25 passed"), (False, "SURVIVED")),
        ((1, "test_f"), (True, "test_f")),
        ((2, "importing test_g.py"), (True, "importing test_g.py")),
    ],
)
def test_the_verdict(monkeypatch, ended, verdict):
    monkeypatch.setattr(mutants, "in_a_process", lambda *args: ended)
    assert mutants.judge(EVERY[0], None) == verdict


@pytest.mark.parametrize("code", [3, 4, 5])
def test_tests_that_did_not_run_catch_nothing(monkeypatch, code):
    monkeypatch.setattr(mutants, "in_a_process", lambda *args: (code, "no tests ran"))
    ok, how = mutants.judge(EVERY[0], None)
    assert not ok and how.startswith(f"NOT TESTED: pytest ended with {code}")


def test_a_mutant_is_tested_in_a_process(monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    mutant = Mutant("nnlib.penalties", "L2.gradient", "2 * self.strength", "self.strength")
    caught, test = mutants.judge(mutant, multiprocessing.get_context("spawn"))
    assert caught and test.startswith("test_by_hand")
