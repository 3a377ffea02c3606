"""Drive the explorers of a page in a real browser, and know in Python what each should show.

What a page should show for some setting is the frame that the build has put at that setting's
place. That frames are put where they belong, and are what the drawing function draws, is tested
with the explorers themselves (test_explore.py).
"""

import contextlib
import functools
import html
import json
import os
import re
import shutil
import statistics
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
from playwright.sync_api import expect

from nnbook import explore

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PICTURES = re.compile(r'<img class="nn-picture" alt="[^"]*" src="([^"]*)"')
SENTENCE = re.compile(r'<p class="nn-readout">(.*?)</p>', re.S)
WIDGETS = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-(state|view)\+json">(.*?)</script>', re.S
)

# From a key press to the moment the browser shows the new picture: its decoding is awaited, and
# then the next frame of the screen.
STOPWATCH = """
explorer => {
  explorer.latencies = [];
  let pressed = null;
  explorer.addEventListener("keydown", event => { pressed = event.timeStamp; }, true);
  new MutationObserver(async () => {
    if (pressed === null) return;
    const start = pressed;
    pressed = null;
    await Promise.all([...explorer.querySelectorAll("img")].map(image => image.decode()));
    requestAnimationFrame(() => explorer.latencies.push(performance.now() - start));
  }).observe(explorer.querySelector(".widget-gridbox"),
             {childList: true, subtree: true, attributes: true, attributeFilter: ["src"]});
}
"""


def chromium():
    """The path of an installed Chromium, or of the one that CHROMIUM names; None without one."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def notebooks():
    """The notebooks of the book, as paths from its root."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("chapters", "appendix")
        for path in (ROOT / folder).glob("*.ipynb")
    )


def stored_sizes(notebook):
    """For each explorer of a notebook, how many values each control has: by its stored outputs."""
    outputs = [
        output.data.get("text/plain", "")
        for cell in nbformat.read(ROOT / notebook, as_version=4).cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    return [
        [int(size) for size in re.findall(r"(\d+) values", text)]
        for text in outputs
        if text.startswith("Explorer(")
    ]


def page_explorers(page):
    """The explorers of a built page (a path), in order, as the build has written them into it."""
    scripts = WIDGETS.findall(page.read_text(encoding="utf-8"))
    models = {
        f"IPY_MODEL_{key}": SimpleNamespace(**record["state"])
        for kind, text in scripts
        if kind == "state"
        for key, record in json.loads(text)["state"].items()
    }
    views = [json.loads(text)["model_id"] for kind, text in scripts if kind == "view"]
    return [PageExplorer(models, f"IPY_MODEL_{view}") for view in views]


class PageExplorer:
    """What the build gave a page for one explorer: its controls, and every frame in its place.

    It has the attributes of `nnbook.explore.Explorer` that `Controls` needs. A control is named
    by its label here, and its values are the words that a reader sees.
    """

    def __init__(self, models, root):
        self.models = models
        bar, picture, _ = self._children(models[root])
        shown = [c for c in self._children(bar) if c._model_name != "PlayModel"]
        self.controls = {control.description: control for control in shown}
        for control in shown:
            control.options = control._options_labels
        self.options = {name: control.options for name, control in self.controls.items()}
        self.start = {name: c.options[c.index] for name, c in self.controls.items()}
        self.stack = self._children(picture)[1]

    def _children(self, model):
        return [self.models[child] for child in model.children]

    def frame(self, **values):
        """The frame's markup: the outer stack has a place for each value of the first control."""
        place = self.stack
        for name, options in self.options.items():
            children = self._children(place)
            assert len(children) == len(options), f"{len(children)} places for {options}"
            place = children[options.index(values[name])]
        return place.value


def first_explorer(notebook):
    """Run a notebook's code here, up to the first explorer, and return that."""
    made = []

    class Recorded(explore.Explorer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    original, explore.Explorer = explore.Explorer, Recorded
    namespace = {"__name__": "__main__"}
    try:
        with contextlib.chdir((ROOT / notebook).parent):  # where a notebook runs
            for cell in nbformat.read(ROOT / notebook, as_version=4).cells:
                if cell.cell_type == "code" and not made:
                    exec(compile(cell.source, notebook, "exec"), namespace)
                    plt.close("all")  # as a notebook does after each cell
    finally:
        explore.Explorer = original
    return made[0]


def sentence_and_pictures(markup):
    """What a frame's markup shows."""
    (sentence,) = SENTENCE.findall(markup)
    return html.unescape(sentence), [html.unescape(source) for source in PICTURES.findall(markup)]


@contextlib.contextmanager
def serve(folder, prefix="some/folder"):
    """Serve a folder on 127.0.0.1 below a prefix, as a static host would. Yields the address."""

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            inside = path.removeprefix(f"/{prefix}")
            return super().translate_path(inside if inside != path else "/not-there")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{prefix}"
    finally:
        server.shutdown()
        server.server_close()


class Watch:
    """Everything a page must not do: errors in its console, failed or foreign requests."""

    def __init__(self, page):
        self.faults = []
        page.on("console", lambda m: m.type == "error" and self.faults.append(m.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._request)
        page.on("response", lambda r: r.status >= 400 and self.faults.append(f"{r.status} {r.url}"))

    def _request(self, request):
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.faults.append(f"foreign request: {request.url}")


class Controls:
    """The controls of one explorer on a page, found by their labels as a reader finds them."""

    def __init__(self, box, explorer):
        self.box, self.explorer = box, explorer

    def control(self, name):
        label = self.explorer.controls[name].description
        exact = re.compile(rf"^{re.escape(label)}$")
        return self.box.locator(".nn-control").filter(
            has=self.box.page.locator(".widget-label", has_text=exact)
        )

    def kind(self, name):
        return self.explorer.controls[name]._model_name.removesuffix("Model")

    def index(self, name):
        """Which value the page says the control is at."""
        control, kind = self.control(name), self.kind(name)
        if kind == "SelectionSlider":
            readout = control.locator(".widget-readout")
            expect(readout).not_to_be_empty()  # a slider is there before its value is
            shown = readout.text_content()
        elif kind == "ToggleButtons":
            shown = control.locator("button.mod-active").text_content()
        else:
            shown = control.locator("select").evaluate("s => s.selectedOptions[0].text")
            shown = shown.replace("\xa0", " ")  # ipywidgets keeps a menu's words on one line
        return list(self.explorer.controls[name].options).index(shown.strip())

    def values(self):
        return {name: options[self.index(name)] for name, options in self.explorer.options.items()}

    def readout(self):
        """The sentence under the picture, as a locator."""
        return self.box.locator(".nn-readout")

    def pictures(self):
        """The alt text and the pictures that are on the page now, without the backdrop."""
        images = self.readout().locator("xpath=..").locator("img")
        sources = images.evaluate_all("all => all.map(i => i.getAttribute('src'))")
        return images.first.get_attribute("alt"), sources

    def by_keyboard(self, name, step):
        """Move by the keyboard: an arrow key (step of 1 or -1), Home or End."""
        control, kind = self.control(name), self.kind(name)
        key = step if isinstance(step, str) else {1: "ArrowRight", -1: "ArrowLeft"}[step]
        if kind == "SelectionSlider":
            handle = control.locator(".noUi-handle")
            handle.focus()
            handle.press(key)
        elif kind == "ToggleButtons":
            last = len(self.explorer.options[name]) - 1
            now = self.index(name)
            goal = {"Home": 0, "End": last}.get(step, None)
            goal = max(0, min(last, now + step)) if goal is None else goal
            button = control.locator("button").nth(goal)
            button.focus()
            button.press("Space")
        else:
            select = control.locator("select")
            select.focus()
            key = {"ArrowRight": "ArrowDown", "ArrowLeft": "ArrowUp"}.get(key, key)
            select.press(key)

    def by_mouse(self, name, index):
        """Move by the mouse to the value with this index."""
        control, kind = self.control(name), self.kind(name)
        if kind == "SelectionSlider":
            control.scroll_into_view_if_needed()
            track = control.locator(".noUi-base").bounding_box()
            share = index / max(1, len(self.explorer.options[name]) - 1)
            self.box.page.mouse.click(
                track["x"] + 1 + share * (track["width"] - 2), track["y"] + track["height"] / 2
            )
            # noUiSlider takes no second tap within the 300 ms of the first one's transition
            control.locator(".noUi-state-tap").wait_for(state="detached")
        elif kind == "ToggleButtons":
            control.locator("button").nth(index).click()
        else:
            control.locator("select").select_option(index=index)

    def tour(self):
        """Settings to visit: (control, way, target), each control by keyboard and by mouse."""
        for name, options in self.explorer.options.items():
            last = len(options) - 1
            for step in (1, -1, "End", "Home"):
                yield name, self.by_keyboard, step
            for index in sorted({last // 2, last}):
                yield name, self.by_mouse, index


def start_stopwatch(box):
    box.evaluate(STOPWATCH)


def latencies(box):
    """Milliseconds from each key press to its picture."""
    return box.evaluate("explorer => explorer.latencies")


def p95(values):
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def record(path, **facts):
    """Add facts to a JSON file of measurements."""
    path = Path(path)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | facts, indent=1), encoding="utf-8")
