"""How soon pages are there, how quickly explorers follow, how heavy all is: in a browser.

Nothing is cached, and what is text is compressed, as by any host. A slow line is one of
1.6 Mbit/s and 150 ms, as it is emulated by Chromium. What the browser takes itself, on this machine
and at this hour, is measured in the same run: a page with nothing but a slider and a line.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build/html"
LATENCY = ROOT / "_build/latency-lab.json"
sys.path += [str(ROOT / "tests"), str(ROOT / "tests/site")]
from book_files import notebooks  # noqa: E402
from driver import latencies, launch, p95, serve, start_stopwatch  # noqa: E402
from driver.page import (  # noqa: E402
    COUNT_SHIFTS,
    cards,
    measure_keys,
    opened_cards,
    weight_of_scripts,
    weights,
)

HEAVIEST = 3  # pages that are opened over a slow line
OPENINGS = 3  # of each page
KEY = 20  # ms from a key press to its picture
SLOW = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}

# From a click on Run to the figure that the cell draws, in seconds; then until Python's memory
# is in the browser's store.
FIGURE_CELL = "div.cell[data-cell='1']"
FIRST_FIGURE = """
async (cell) => {
  const begin = performance.now();
  cell.querySelector(".nn-run button").click();
  const frame = () => new Promise(requestAnimationFrame);
  while (!cell.querySelector(".nn-yours img")?.complete) await frame();
  const end = performance.now();
  const stored = async () => {
    const names = await caches.keys();
    const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return lists.flat().some(({url}) => url.includes("/image?"));
  };
  while (!await stored()) await new Promise((done) => setTimeout(done, 100));
  return (end - begin) / 1000;
}
"""

# When the first slider can be used: it is moved again and again, until the picture is another.
# Milliseconds since the page was asked for.
FIRST_SLIDER = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const slider = "nn-explorer [type=range]";
  while (!document.querySelector(slider)) await frame();
  const range = document.querySelector(slider);
  const picture = range.closest("nn-explorer").querySelector(".nn-frame");
  const first = picture.innerHTML;
  while (picture.innerHTML === first) {
    range.focus({preventScroll: true}); // what isn't there yet cannot be focused
    range.value = Number(range.value) === 0 ? 1 : 0;
    range.dispatchEvent(new Event("input", {bubbles: true}));
    await frame();
  }
  return performance.now();
}
"""
# From the end of each stroke until what it has drawn was read and painted; milliseconds.
SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]  # shares of the pad's side
STROKES = """
tool => {
  window.waits = [];
  let end = null;
  const isBusy = () => tool.getAttribute("aria-busy") === "true";
  const {port1, port2} = new MessageChannel();
  port1.onmessage = ({data}) => waits.push(performance.now() - data);
  tool.querySelector(".nn-drawing").addEventListener("pointerup", event => {
    if (isBusy()) end = event.timeStamp;
    else waits.push(0); // it was read while it was drawn
  });
  new MutationObserver(() => {
    if (end === null || isBusy()) return;
    const start = end;
    end = null;
    requestAnimationFrame(() => port2.postMessage(start));
  }).observe(tool, {attributeFilter: ["aria-busy"]});
}"""
BARE = """<!DOCTYPE html>
<title>A slider and a line</title>
<nn-explorer>
  <div class="nn-pictures"><svg viewBox="0 0 9 9"><g class="nn-frame"></g></svg></div>
  <input type="range" max="60" value="0">
</nn-explorer>
<script>
document.querySelector("input").addEventListener("input", ({target}) => {
  document.querySelector("g").innerHTML = `<path d="M 0 0 L 9 ${target.value}" stroke="red"/>`;
});
</script>
"""
FIRST_PAINT = """
() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime
"""


def measure():
    """Rows of (what, value, limit, unit)."""
    build_and_record_lab()
    from playwright.sync_api import sync_playwright

    with serve(SITE) as site, sync_playwright() as playwright:
        browser = launch(playwright)
        yield from bare(browser)
        yield from report(browser, site, [name for name in map(built, notebooks()) if name])
        browser.close()
    lab = json.loads(LATENCY.read_text(encoding="utf-8"))
    for kind, limit in (("new", 150), ("seen", 50)):
        times = [t for recorded in lab.values() for t in recorded[kind]]
        yield f"slider to picture in JupyterLab, {kind} frame, p95", p95(times), limit, "ms"


def build_and_record_lab():
    """The tests build the book, and record what they see in JupyterLab."""
    LATENCY.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "tests/site"]
    command += ["-k", "the_book_is_built or sliders_draw"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"REQUIRE_ALL": "1"})


def built(notebook):
    """A notebook's page without its suffix, if it has explorers."""
    page = (SITE / notebook).with_suffix(".html")
    return notebook.removesuffix(".ipynb") if cards(page) else None


def bare(browser):
    """The rows of the page with a slider and a line."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "bare.html").write_text(BARE, encoding="utf-8")
        with serve(Path(folder)) as site, opened(browser) as page:
            page.goto(f"{site}/bare.html", wait_until="commit")
            yield "a slider and a line: first move", page.evaluate(FIRST_SLIDER) / 1000, None, "s"
            box = page.locator("nn-explorer")
            start_stopwatch(box)
            for _ in range(50):
                box.locator("input").press("ArrowRight")
                page.wait_for_timeout(60)
            yield "a slider and a line: key press to picture, p95", p95(latencies(box)), None, "ms"


def report(browser, site, pages):
    """The rows of the pages in the browser."""
    heavy = {name: weights((SITE / name).with_suffix(".html")) for name in pages}
    for name, (html, _) in heavy.items():
        yield f"page {name}, HTML", html / 1000, 120, "KB"
    for name, (_, frames) in heavy.items():
        yield f"page {name}, frames of its heaviest explorer", frames / 1000, 120, "KB"
    yield "scripts of this book in a page", weight_of_scripts() / 1000, 15, "KB"
    for name in sorted(pages, key=heavy.get, reverse=True)[:HEAVIEST]:
        painted, usable, shift = openings(browser, f"{site}/{name}.html", SLOW)
        yield f"{name} over a slow line: first paint", painted, 1.2, "s"
        yield f"{name} over a slow line: first slider moves its picture", usable, 3.0, "s"
        yield f"{name} over a slow line: layout shift", shift, 0.02, ""
    for name in pages:
        _, usable, shift = openings(browser, f"{site}/{name}.html")
        yield f"{name}: first slider moves its picture", usable, 0.5, "s"
        yield f"{name}: layout shift", shift, 0.02, ""
    cold, kept = first_figures(browser, f"{site}/chapters/neuron.html")
    yield "from a click to the first figure of Python in the page, new", cold, 6, "s"
    yield "from a click to the first figure, from the browser's store", kept, 3, "s"
    yield "Python in the page, to fetch once", weight_of_engine() / 1e6, 20, "MB"
    waits = strokes(browser, f"{site}/digit.html")
    yield "Draw a digit: from a stroke's end to its reading, median", median(waits), 150, "ms"
    keys = {name: key_presses(browser, site, name) for name in pages}
    every = [time for times in keys.values() for time in times]
    yield "key press to picture in the page, p95 over all explorers", p95(every), KEY, "ms"
    for name, times in keys.items():
        yield f"  {name} ({len(times)} key presses)", p95(times), KEY, "ms"


@contextmanager
def opened(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def openings(browser, address, line=None):
    """Of some openings: seconds to the first paint and to the first slider's first move, medians;
    what shifted meanwhile, at most.
    """
    seen = [opening(browser, address, line) for _ in range(OPENINGS)]
    painted, usable, shifts = zip(*seen, strict=True)
    return median(painted), median(usable), max(shifts)


def opening(browser, address, line):
    with opened(browser) as page:
        page.add_init_script(COUNT_SHIFTS)
        if line:
            tools = page.context.new_cdp_session(page)
            tools.send("Network.enable")
            tools.send("Network.emulateNetworkConditions", {"offline": False} | line)
        page.goto(address, wait_until="commit")
        usable = page.evaluate(FIRST_SLIDER)
        page.wait_for_load_state("networkidle")
        shift = sum(value for value, _ in page.evaluate("shifts"))
        return page.evaluate(FIRST_PAINT) / 1000, usable / 1000, shift


def first_figures(browser, address):
    """Seconds from a click to the first figure, at a first visit and at a later one."""
    with opened(browser) as page:
        for _ in range(2):
            page.goto(address)
            page.wait_for_load_state("networkidle")
            yield page.locator(FIGURE_CELL).evaluate(FIRST_FIGURE)


def strokes(browser, address):
    """Milliseconds from the end of a stroke to its reading."""
    with opened(browser) as page:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.locator(".nn-go").click()
        page.locator("nn-digit:not(.nn-still)").wait_for(timeout=180_000)
        pad = page.locator("canvas.nn-drawing")
        pad.scroll_into_view_if_needed()
        page.locator("nn-digit").evaluate(STROKES)
        box = pad.bounding_box()
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
        for stroke in range(1, 6):
            page.locator(".nn-clear").click()
            page.mouse.move(*at[0])
            page.mouse.down()
            for place in at[1:]:
                page.mouse.move(*place, steps=8)
            page.mouse.up()
            page.wait_for_function("n => waits.length === n", arg=stroke)
        return page.evaluate("waits")


def weight_of_engine():
    listed = (SITE / "_static/live/engine/engine.json").read_text(encoding="utf-8")
    return sum(part["bytes"] for part in json.loads(listed).values())


def key_presses(browser, site, name):
    """Milliseconds from key to picture in all explorers of a page."""
    with opened(browser) as page:
        page.goto(f"{site}/{name}.html")
        page.wait_for_load_state("networkidle")
        controls = opened_cards(page, (SITE / name).with_suffix(".html"))
        return [time for each in controls for time in measure_keys(each)]
