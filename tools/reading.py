"""How much there is to read in each chapter: `python tools/reading.py`.

Words and lines of code on the main path, that is with every fold closed and without exercises and
common mistakes; explorers, exercises, and minutes by the rule of `bookbuild.reading`. Where the
book is built and a browser installed, also screens of 1,000 px, and how far down the first
explorer lies. `tests/unit/test_reading.py` and `tests/site/test_reading.py` hold the limits.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "_ext"), str(ROOT / "tests"), str(ROOT / "tests/site")]

from bookbuild.mistakes import chapters  # noqa: E402
from bookbuild.reading import reading  # noqa: E402

from nnbook.tables import table  # noqa: E402

SITE = ROOT / "_build/html"
HEADERS = ["chapter", "words", "lines", "explorers", "exercises", "minutes", "for exercises"]
SEEN = ["screens", "first explorer at"]


def counted(chapter):
    found = reading(ROOT / f"{chapter}.ipynb")
    numbers = [found.words, found.lines, found.explorers, found.exercises]
    return [Path(chapter).name, *numbers, found.minutes, found.exercise_minutes]


def seen(names):
    """Screens and the first explorer's place of built chapters; None without book or browser."""
    if not all((SITE / f"{chapter}.html").is_file() for chapter in names):
        return None
    try:
        from driver import launch, serve
        from driver.layout import layout
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright, serve(SITE) as site:
        browser = launch(playwright)
        if browser is None:
            return None
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        found = [layout(page, f"{site}/{chapter}.html") for chapter in names]
        browser.close()
    return [[f"{one['screens']:.1f}", f"{one['explorer']:,.0f} px"] for one in found]


def main():
    names = chapters()
    rows, headers = [counted(chapter) for chapter in names], HEADERS
    if shown := seen(names):
        rows = [row + more for row, more in zip(rows, shown, strict=True)]
        headers = HEADERS + SEEN
    print(table(rows, headers))
    if not shown:
        print("\nBuild the book (make book), with a browser there, to see screens as well.")


if __name__ == "__main__":
    main()
