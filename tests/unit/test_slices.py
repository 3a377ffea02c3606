"""Which earlier cells a cell needs; `tests/slices` sees that it holds for the book's own cells."""

import contextlib
import io

import pytest
from bookbuild.slices import slices
from hypothesis import given
from hypothesis import strategies as st

RNG = "import numpy as np\nrng = np.random.default_rng(0)"


@pytest.mark.parametrize(
    "cells, needed",
    [
        # names: the last cell that bound them, and what it needs itself
        (["a = 1", "b = 2", "c = a"], [0]),
        (["a = 1", "b = a", "c = b"], [0, 1]),
        (["a = 1", "a = 2", "b = a"], [1]),
        (["a = 1", "a = 2\nb = a"], []),
        (["a = 1", "b = a\na = 2"], [0]),
        (["import math", "from math import pi", "x = math.sin(pi)"], [0, 1]),
        (["a, (b, *c) = x", "d = c"], [0]),
        (["if x:\n    a = 1", "b = a"], [0]),
        # what may not be bound again may still be what it was
        (["a = 1", "if x:\n    a = 2", "b = a"], [0, 1]),
        (["a = 1", "if x:\n    a = 2\nelse:\n    a = 3", "b = a"], [1]),
        (["a = 1", "for a in x:\n    pass", "b = a"], [0, 1]),
        (["a = 1", "while x:\n    a = 2", "b = a"], [0, 1]),
        (["a = 1", "try:\n    a = 2\nexcept OSError:\n    pass", "b = a"], [0, 1]),
        (["a = 1", "for a in x:\n    b = a"], []),
        # a comprehension has names of its own
        (["a = 1", "b = [a for a in range(3)]"], []),
        (["a = 1", "b = [a for c in range(3)]"], [0]),
        # what a function looks up counts when it's used
        (["def f():\n    return a", "a = 1", "b = f()"], [0, 1]),
        (["a = 1", "def f():\n    return a", "a = 2", "b = f()"], [0, 1, 2]),
        (["def f(a):\n    return a", "a = 1", "b = f(2)"], [0]),
        (["f = lambda: a", "a = 1", "b = f()"], [0, 1]),
        (["fs = {'f': lambda: a}", "a = 1", "b = fs['f']()"], [0, 1]),
        (["def f():\n    return g()", "def g():\n    return a", "a = 1", "b = f()"], [0, 1, 2]),
        (["class C:\n    def m(self):\n        return a", "c = C()", "a = 1", "c.m()"], [0, 1, 2]),
        # changes
        (["a = [1]", "a.append(2)", "b = a"], [0, 1]),
        (["a = [1]", "a[0] = 2", "b = a"], [0, 1]),
        (["a = C()", "a.b = 2", "b = a"], [0, 1]),
        (["a = [1]", "del a[0]", "b = a"], [0, 1]),
        (["a = [1]", "a += [2]", "b = a"], [0, 1]),
        (["a = [1]", "b = a", "b.append(2)", "c = a"], [0, 1, 2]),
        (["a = [1]", "b = (a, 3)", "b[0].append(2)", "c = a"], [0, 1, 2]),
        (["a = [1]", "for b in (a,):\n    b.append(2)", "c = a"], [0, 1]),
        (["a = [1]", "def f(x):\n    x.append(2)", "f(a)", "c = a"], [0, 1, 2]),
        (["a = [1]", "def f():\n    a.append(2)", "f()", "c = a"], [0, 1, 2]),
        (["a = [1]", "def f(x):\n    return sum(x)", "f(a)", "c = a"], [0]),
        # what only looks
        (["a = [1]", "len(a), a.index(1), sorted(a), a[0]", "b = a"], [0]),
        (["import numpy as np\nx = np.ones(3)", "y = np.exp(x).sum()", "z = x"], [0]),
        (["import numpy as np\nx = np.ones((3, 3))", "np.fill_diagonal(x, 0)", "z = x"], [0, 1]),
        (["import numpy as np\nx = np.ones(3)", "np.exp(x, out=x)", "z = x"], [0, 1]),
        # every draw changes a generator
        ([RNG, "a = rng.normal()", "b = rng.normal()"], [0, 1]),
        ([RNG, "a = rng.normal()", "rng = np.random.default_rng(1)", "b = rng.normal()"], [0, 2]),
        # the library's source says what it changes
        (
            [
                "from nnlib.train import train\nfrom nnlib.losses import mse",
                "X, y = data()",
                "net = make()",
                "value, slope = mse(y, X)",
                "train(net, mse, X, y)",
                "print(y)",
            ],
            [1],
        ),
        (
            [
                "from nnlib.train import train\nfrom nnlib.losses import mse",
                "X, y = data()",
                "net = make()",
                "train(net, mse, X, y)",
                "print(net)",
            ],
            [0, 1, 2, 3],
        ),
        # an object has every name that it was given
        (["a, b, c = [1], [2], [3]", "a = c", "c.append(b)", "b += [4]", "print(a)"], [0, 1, 2, 3]),
        (["b, c = [2], [3]", "d = [c]", "c.append(b)", "b += [4]", "print(d)"], [0, 1, 2, 3]),
        (["a = [1]", "f = lambda x: a + [x]", "b = f(a)", "a += [2]", "print(b)"], [0, 1, 2, 3]),
        # what acts on the world
        (["from nnbook import plots\nplots.use_style()", "a = 1", "b = 2"], [0]),
        (["import numpy as np", "np.set_printoptions(precision=3)", "b = 2"], [0, 1]),
        (["print('a')", "b = 2"], []),
    ],
)
def test_what_the_last_cell_needs(cells, needed):
    assert slices(cells)[-1] == needed


def test_solutions_are_needed_for_nothing_but_names_of_their_own():
    cells = [
        "w = 1",
        "answer = ...",
        "answer, w = 2, 3\nextra = 4",
        "b = w",
        "c = answer",
        "d = extra",
    ]
    assert slices(cells, {2})[2:] == [[], [0], [1], [2]]


NAMES = st.sampled_from("abc")
ATOMS = st.one_of(NAMES, st.integers(0, 9).map(str))
STATEMENTS = st.one_of(
    st.builds("{} = [{}]".format, NAMES, st.integers(0, 9)),
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("{} = {} + {}".format, NAMES, NAMES, NAMES),
    st.builds("{} += {}".format, NAMES, NAMES),
    st.builds("{}.append({})".format, NAMES, ATOMS),
    st.builds("{}[0] = {}".format, NAMES, ATOMS),
    st.builds("{} = ({}, {})[0]".format, NAMES, NAMES, NAMES),
    st.builds("if len({}) > 2:\n    {} = {}".format, NAMES, NAMES, NAMES),
    st.builds("for {} in [{}, {}]:\n    {}.append(1)".format, NAMES, NAMES, NAMES, NAMES),
    # what a function keeps of its arguments is taken to stay as it is: it keeps a number
    st.builds("def f(x):\n    x.append({})\n    return {}".format, st.integers(0, 9), NAMES),
    st.builds("{} = f({})".format, NAMES, NAMES),
    st.builds("f = lambda x: {} + [x]".format, NAMES),
)
SETUP = "a, b, c = [1], [2], [3]\ndef f(x):\n    return x"


def printed(cells):
    """What the last cell prints, of these that are run in a fresh namespace."""
    names = {}
    for cell in cells:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(cell, names)
    return out.getvalue()


@given(st.lists(STATEMENTS, max_size=12), st.sampled_from("abc"))
def test_a_slice_gives_what_all_cells_give(statements, name):
    cells = [SETUP, *statements, f"print(repr({name})[:500], len(repr({name})))"]
    try:
        whole = printed(cells)
    except (TypeError, RecursionError, IndexError, AttributeError):
        return  # no notebook
    needed = slices(cells)[-1]
    assert printed([cells[k] for k in needed] + cells[-1:]) == whole


def test_a_wrong_cell_is_named():
    with pytest.raises(SyntaxError):
        slices(["a = 1", "a ="])
