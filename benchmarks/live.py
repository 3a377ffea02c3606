"""Every cell of the book in a page's own Python, in two browsers, against its stored output.

Each notebook is written down as it ends, in `live.json`, with what it took of memory. All of them
take half an hour; ``python -m benchmarks live.Chromium.neuron`` runs one anew.
"""

import json
import re
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from nnbook.machine import processor

ROOT = Path(__file__).resolve().parents[1]
RECORD = Path(__file__).with_name("live.json")
sys.path += [str(ROOT / folder) for folder in ("tests", "tests/site", "_ext")]
from book_files import notebooks  # noqa: E402
from driver import firefox, launch, serve  # noqa: E402
from driver.live import LivePython, compare  # noqa: E402

LIMIT = 600  # MB that a page may take while its Python runs: what a phone has
PRIVATE = re.compile(r"^(?:RssAnon|VmSwap):\s+(\d+) kB$", re.MULTILINE)


def measure(start=""):
    """Rows of (what, value, limit, unit), of the runs whose names begin so. The book is built."""
    with serve(ROOT / "_build/html") as site:
        for browser, opened in BROWSERS.items():
            for notebook in notebooks():
                name = f"{browser}.{Path(notebook).stem}"
                if name.startswith(start):
                    with opened() as (page, weigh):
                        facts = run(page, weigh, site, notebook)
                    note(name, facts)
                    yield from rows(name, facts)


def run(page, weigh, site, notebook):
    """What is recorded of a notebook: all its cells in order, in a page that is its own."""
    python = Weighed(page, site, notebook.removesuffix(".ipynb"), weigh)
    found = compare(python, notebook)
    for number, problem in found.problems.items():
        print(f"{notebook}, cell {number}: {problem}", file=sys.stderr, flush=True)
    version = re.search(r"(?:Chrome|Firefox)/(\d+)", page.evaluate("() => navigator.userAgent"))
    return {
        "date": date.today().isoformat(),
        "processor": processor(),
        "version": version[1],
        "cells": len(found.seconds),
        "compared": found.compared,
        "differ": sorted(found.problems),
        "seconds": round(sum(found.seconds.values())),
        "python": round(max(found.megabytes.values())),
        "page": round(max(python.weights)) if python.weights else None,
    }


class Weighed(LivePython):
    """A page's Python, and MB that the page's process takes after each cell, where they're told."""

    def __init__(self, page, site, name, weigh):
        super().__init__(page, site, name)
        self.weigh, self.weights = weigh, []

    def run(self, source):
        ran = super().run(source)
        if (weight := self.weigh()) is not None:
            self.weights.append(weight)
        return ran


def note(name, facts):
    """Write one run down."""
    known = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    text = json.dumps(dict(sorted((known | {name: facts}).items())), indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")


def rows(name, facts):
    yield f"{name}: of {facts['compared']} cells differ", len(facts["differ"]), 0, ""
    yield f"{name}: all {facts['cells']} cells", facts["seconds"], None, "s"
    yield f"{name}: memory of Python", facts["python"], LIMIT, "MB"
    if facts["page"] is not None:
        yield f"{name}: memory of the page, with Python", facts["page"], LIMIT, "MB"


@contextmanager
def chromium_page():
    """A page, and a function that weighs its process: as Chrome's task manager does, on Linux."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        tools = browser.new_browser_cdp_session()

        def weigh():
            running = tools.send("SystemInfo.getProcessInfo")["processInfo"]
            pages = [each["id"] for each in running if each["type"] == "renderer"]
            files = [Path(f"/proc/{number}/status") for number in pages]
            return max((private(file) for file in files if file.exists()), default=None)

        yield browser.new_page(), weigh
        browser.close()


def private(status):
    """MB of memory that a process shares with no other."""
    return sum(map(int, PRIVATE.findall(status.read_text(encoding="ascii")))) / 1024


@contextmanager
def firefox_page():
    with firefox.launch(firefox.find()) as browser, browser.new_page() as page:
        yield page, lambda: None


BROWSERS = {"Chromium": chromium_page, "Firefox": firefox_page}
