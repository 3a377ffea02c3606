"""How quickly explorers follow, how heavy pages are: measured on the built book in a browser."""

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build/html"
LATENCY = {kind: ROOT / f"_build/latency-{kind}.json" for kind in ("pages", "lab")}
sys.path += [str(ROOT / "tests"), str(ROOT / "tests/site")]
from book_files import notebooks  # noqa: E402
from driver import launch, p95, serve  # noqa: E402


def measure():
    """Rows of (what, value, limit, unit): the browser tests record what they see, once more."""
    for recorded in LATENCY.values():
        recorded.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "tests/site"]
    command += ["-k", "explorers_show or sliders_draw"]
    everything = os.environ | {"REQUIRE_ALL": "1"}
    subprocess.run(command, cwd=ROOT, check=True, env=everything)
    return report()


def report():
    """The rows, from what the browser tests recorded last, and from the pages as they are."""
    pages, lab = (json.loads(recorded.read_text(encoding="utf-8")) for recorded in LATENCY.values())
    pages = {name: pages[name] for name in notebooks() if name in pages}
    every = [time for times in pages.values() for time in times]
    yield "key press to picture in the page, p95 over all explorers", p95(every), 33, "ms"
    for name, times in pages.items():
        yield f"  {name} ({len(times)} key presses)", p95(times), 33, "ms"
    for kind, limit in (("new", 150), ("seen", 50)):
        times = [t for recorded in lab.values() for t in recorded[kind]]
        yield f"slider to picture in JupyterLab, {kind} frame, p95", p95(times), limit, "ms"
    for name in pages:
        html = (SITE / name).with_suffix(".html").read_bytes()
        yield f"page {name}, gzipped", len(gzip.compress(html)) / 1e6, 1.0, "MB"
    for name in pages:
        yield f"first slider of {name} after opening", opening(name), 2.0, "s"


def opening(name):
    """Seconds from asking for a page to a slider that can be moved, with nothing cached."""
    from playwright.sync_api import sync_playwright

    page_name = name.removesuffix(".ipynb") + ".html"
    with serve(SITE) as site, sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(f"{site}/{page_name}", wait_until="commit")
        page.locator(".nn-explorer .nn-control").first.wait_for()
        seconds = time.perf_counter() - start
        browser.close()
    return seconds
