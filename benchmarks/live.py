"""Every cell of the book in a page's own Python, in two browsers, against its stored output."""

import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / folder) for folder in ("tests", "tests/site", "_ext")]
from book_files import notebooks  # noqa: E402
from driver import firefox, launch, serve  # noqa: E402
from driver.live import LivePython, compare  # noqa: E402

MEMORY = 400  # MB that Python may take for a notebook


def measure():
    """Rows of (what, value, limit, unit). The book must have been built."""
    with serve(ROOT / "_build/html") as site:
        for name, opened in (("Chromium", chromium_page), ("Firefox", firefox_page)):
            for notebook in notebooks():
                with opened() as page:
                    yield from report(f"{name}, {notebook}", LivePython(page, site), notebook)


def report(where, python, notebook):
    found = compare(python, notebook)
    for number, problem in found.problems.items():
        print(f"{where}, cell {number}: {problem}", file=sys.stderr)
    yield f"{where}: of {found.compared} cells differ", len(found.problems), 0, ""
    yield f"{where}: all {len(found.seconds)} cells", sum(found.seconds.values()), None, "s"
    yield f"{where}: memory", max(found.megabytes.values()), MEMORY, "MB"


@contextmanager
def chromium_page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser.new_page()
        browser.close()


@contextmanager
def firefox_page():
    with firefox.launch(firefox.find()) as browser, browser.new_page() as page:
        yield page
