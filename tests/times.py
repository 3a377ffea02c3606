"""How long the tests take, by kind: the table that ``pytest --times`` prints.

What takes long starts first, so that all workers end together: files that are a kind of their own,
the build before them, then notebooks, then what needs the built book, and the many quick files.
"""

from collections import Counter
from pathlib import PurePosixPath

KINDS = {
    "tests/site/test_pages.py": "pages in the browser",
    "tests/site/test_lab.py": "JupyterLab",
    "tests/unit/nnbook/test_mnist_chapter.py": "programs of the MNIST chapter",
    "tests/slices/test_slices.py": "cells with their slices",
    "tests/unit/test_experiments.py": "experiments",
}
LATE = {  # by then another worker has built the book
    "tests/site/test_readers.py": "readers in the browser",
    "tests/site/test_digit.py": "Draw a digit, in the browser",
    "tests/site/test_firefox.py": "explorers in Firefox",
    "tests/site/test_playground.py": "playground in the browser",
    "tests/site/test_landing.py": "landing page in the browser",
    "tests/site/test_reading.py": "length of pages in the browser",
    "tests/site/test_live.py": "cells that a reader runs",
    "tests/site/test_live_explorers.py": "explorers that Python draws",
    "tests/site/test_live_cells.py": "the book's cells in two browsers",
}
BUILD = "tests/site/test_pages.py::test_the_book_is_built"


def kind(nodeid):
    """What kind of test this is: a notebook, or a folder of tests, is a kind of its own."""
    path = PurePosixPath(nodeid.split("::")[0])
    if nodeid.startswith(BUILD):
        return "building the book"
    if path.suffix == ".ipynb":
        return f"notebook: {path.stem}"
    folder = "others" if path.parent.name == "unit" else path.parent.name
    return (KINDS | LATE).get(str(path), f"unit tests: {folder}")


def place(nodeid):
    """Where a test comes in the order: a number, the same for all tests of a file."""
    path = nodeid.split("::")[0]
    return [*KINDS].index(path) if path in KINDS else len(KINDS) + (not path.endswith(".ipynb"))


def table(durations):
    """Lines of a Markdown table, from (nodeid, seconds) of every test's set-up, call and end."""
    seconds = Counter()
    for nodeid, duration in durations:
        seconds[kind(nodeid)] += duration
    rows = [*seconds.most_common(), ("all, added over the workers", seconds.total())]
    width = max(len(name) for name, _ in rows)
    lines = [f"| {name:{width}} | {value:7.1f} |" for name, value in rows]
    return [f"| {'tests':{width}} | seconds |", f"|{'-' * (width + 2)}|--------:|", *lines]
