"""Explorers that Python draws in the page: from a slider between two of its values to the picture.

One picture after the other, as fast as they come; those of the simplest kind, lines and a few
points. Nothing of it is stored: each is drawn by Matplotlib in the browser.
"""

import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / folder) for folder in ("tests", "tests/site", "_ext")]
from driver import launch, p95, serve  # noqa: E402

EXPLORERS = {  # page: its explorer
    "appendix/explorers": "draw-error-explorer",
    "chapters/neuron": "curve-explorer",
    "chapters/optimizers": "valley-explorer",
}
FRAMES = 60
LIMIT = 100  # ms a picture, in the middle: ten of them a second
PATIENCE = 300_000  # ms until Python runs, and what the cell needs has been run

# Milliseconds that each picture takes, from the slider's event to the browser's next frame.
TIMES = """
async (card, count) => {
  const range = [...card.querySelectorAll("[data-free] input[type=range]")][0];
  const times = [];
  range.step = "any";
  for (let k = 0; k < count; k++) {
    range.value = range.max * (k + 0.5) / count;
    const begin = performance.now();
    range.dispatchEvent(new Event("input", {bubbles: true}));
    do await new Promise(requestAnimationFrame); while (card.live.busy);
    times.push(performance.now() - begin);
  }
  return times;
}
"""


def measure():
    """Rows of (what, value, limit, unit). The book is built."""
    from playwright.sync_api import sync_playwright

    with serve(ROOT / "_build/html") as site, sync_playwright() as playwright:
        browser = launch(playwright)
        for page, explorer in EXPLORERS.items():
            times = pictures(browser, f"{site}/{page}.html", explorer)
            what = f"{page}, {explorer}: from the slider to Python's picture"
            yield f"{what}, median", median(times), LIMIT, "ms"
            yield f"{what}, p95", p95(times), None, "ms"
        browser.close()


def pictures(browser, address, explorer):
    """Milliseconds of each picture, without the first."""
    page = browser.new_page()
    page.goto(address)
    card = page.locator(f"#{explorer}")
    card.locator(".nn-enliven").click()
    page.wait_for_function("id => document.getElementById(id).live", arg=explorer, timeout=PATIENCE)
    times = card.evaluate(TIMES, FRAMES + 1)[1:]
    page.close()
    return times
