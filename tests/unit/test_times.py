"""The table of seconds has every kind of test, and names files that exist."""

from book_files import ROOT
from times import BUILD, KINDS, LATE, kind, place, table


def test_named_files_exist():
    for name in (*KINDS, *LATE, BUILD):
        file, _, function = name.partition("::")
        assert f"def {function}" in (ROOT / file).read_text(encoding="utf-8")


def test_a_notebook_and_a_folder_are_kinds():
    assert kind("chapters/neuron.ipynb::Cell 3") == "notebook: neuron"
    assert kind("tests/unit/nnlib/test_optim.py::test_a[b::c]") == "unit tests: nnlib"
    assert kind("tests/unit/test_experiments.py::test_a") == "experiments"
    assert kind(f"{BUILD}[x]") == "building the book"
    assert kind("tests/site/test_pages.py::test_names") == "pages in the browser"
    assert kind("tests/site/test_firefox.py::test_names") == "explorers in Firefox"


def test_the_build_comes_first_and_quick_files_last():
    order = [
        BUILD,
        "tests/unit/test_experiments.py::test_a",
        "chapters/a.ipynb::Cell 1",
        "tests/unit/test_a.py::b",
    ]
    assert sorted(reversed(order), key=place) == order


def test_seconds_are_added_and_the_longest_come_first():
    seen = [("a/test_a.py::a", 1.0), ("b.ipynb::c", 2.5), ("a/test_b.py::a", 1.0)]
    assert [line.split("|")[1:3] for line in table(seen)[2:]] == [
        [" notebook: b                 ", "     2.5 "],
        [" unit tests: a               ", "     2.0 "],
        [" all, added over the workers ", "     4.5 "],
    ]
