"""Every cell of the book, run in a page, gives its stored output: in Chromium and in Firefox.

All cells take half an hour: ``--slices all``, as `make test-all` and the weekly job say. Otherwise
a few are run, each with only its slice, another few every day; as in `tests/slices`.
"""

import datetime

import pytest
from book_files import notebooks
from driver.live import LivePython, code_cells, compare

SAMPLE = 4  # cells in each browser
EPOCH = datetime.date(1970, 1, 1)
BROWSERS = ("chromium", "firefox")


def chosen(day):
    """A few cells of the book, (notebook, number), day by day others; for each browser its own."""
    everything = [(name, k) for name in notebooks() for k in range(len(code_cells(name)))]
    step = len(everything) // (SAMPLE * len(BROWSERS))
    cells = everything[day % step :: step]
    return {browser: cells[k :: len(BROWSERS)] for k, browser in enumerate(BROWSERS)}


def pytest_generate_tests(metafunc):
    which = metafunc.config.getoption("--slices") or (datetime.date.today() - EPOCH).days
    if which == "all":
        cases = [(browser, name, None) for browser in BROWSERS for name in notebooks()]
    else:
        cases = [(b, name, [k]) for b, cells in chosen(int(which)).items() for name, k in cells]
    ids = [f"{b}-{name}-{cells or 'all'} --slices {which}" for b, name, cells in cases]
    metafunc.parametrize("browser_name, notebook, cells", cases, ids=ids, scope="module")


@pytest.fixture(scope="module")
def python(browser_name, request, site):
    """A page's Python in one of the browsers."""
    opened = request.getfixturevalue("new_page" if browser_name == "chromium" else "firefox")
    with opened() if browser_name == "chromium" else opened.new_page() as page:
        yield LivePython(page, site)


def test_cells_give_their_stored_output_in_a_page(python, notebook, cells):
    found = compare(python, notebook, cells)
    problems = [f"cell {number}: {problem}" for number, problem in found.problems.items()]
    assert not problems, "\n\n".join(problems)
