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
from book_files import ROOT
from playwright.sync_api import Error

from nnbook import explore

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

# What an explorer shows, once it is what is expected or patience ends: drawing takes a while.
ONCE_IT_SHOWS = """
async (explorer, [expected, patience]) => {
  const tidy = text => (text ?? "").replace(/\\s+/g, " ").trim();
  const word = control => tidy(
    control.querySelector(".widget-readout, button.mod-active")?.textContent
    ?? control.querySelector("select")?.selectedOptions[0]?.text);
  const look = () => {
    const controls = [...explorer.querySelectorAll(".nn-control:has(.widget-label)")].map(
      control => [control.querySelector(".widget-label").textContent, word(control)]);
    const readout = explorer.querySelector(".nn-readout");
    const images = [...readout?.parentElement.querySelectorAll("img") ?? []];
    return {
      controls: Object.fromEntries(controls),
      sentence: tidy(readout?.textContent),
      alt: images[0]?.alt,
      pictures: images.map(image => image.getAttribute("src")),
    };
  };
  const same = (a, b) => Object.keys(a).length === Object.keys(b).length
    && Object.keys(a).every(key => a[key] === b[key]);
  const right = shown => ["sentence", "alt"].every(part => shown[part] === expected[part])
    && ["controls", "pictures"].every(part => same(shown[part], expected[part]));
  const end = performance.now() + patience;
  let shown = look();
  while (expected && !right(shown) && performance.now() < end) {
    await new Promise(requestAnimationFrame);
    shown = look();
  }
  return shown;
}
"""

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


def launch(playwright):
    """An installed Chromium, or the one that CHROMIUM names; else Playwright's own, or None."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    path = next((path for name in names if name and (path := shutil.which(name))), None)
    try:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    except Error:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            return None
        raise


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
    """The controls of one explorer on a page, found by their labels as a reader finds them.

    ``frame(**values)`` is the markup that the page must show for these values. A setting is
    written as name to index: which of its values each control is at.
    """

    def __init__(self, box, explorer, frame):
        self.box, self.explorer, self.frame = box, explorer, frame

    def control(self, name):
        label = self.explorer.controls[name].description
        exact = re.compile(rf"^{re.escape(label)}$")
        return self.box.locator(".nn-control").filter(
            has=self.box.page.locator(".widget-label", has_text=exact)
        )

    def kind(self, name):
        return self.explorer.controls[name]._model_name.removesuffix("Model")

    def last(self, name):
        return len(self.explorer.options[name]) - 1

    def start(self):
        """The setting that the explorer starts with."""
        return {n: list(o).index(self.explorer.start[n]) for n, o in self.explorer.options.items()}

    def assert_shows(self, setting, patience=5):
        """See that the page comes to this setting: each control, the sentence, the pictures."""
        words = {c.description: c.options[setting[n]] for n, c in self.explorer.controls.items()}
        values = {name: self.explorer.options[name][index] for name, index in setting.items()}
        sentence, pictures = sentence_and_pictures(self.frame(**values))
        expected = {
            "controls": words,
            "sentence": " ".join(sentence.split()),
            "alt": sentence,
            "pictures": pictures,
        }
        shown = self.box.evaluate(ONCE_IT_SHOWS, [expected, 1000 * patience])
        for part in expected:
            assert shown[part] == expected[part], (part, values, str(shown[part])[:300])

    def setting(self):
        """The setting that the page names now."""
        shown = self.box.evaluate(ONCE_IT_SHOWS, [None, 0])["controls"]
        return {
            name: list(control.options).index(shown[control.description])
            for name, control in self.explorer.controls.items()
        }

    def by_keyboard(self, name, step, now):
        """Move by the keyboard: an arrow key (step of 1 or -1), Home or End; the index to reach."""
        control, kind, last = self.control(name), self.kind(name), self.last(name)
        goal = {"Home": 0, "End": last, 1: min(last, now + 1), -1: max(0, now - 1)}[step]
        if kind == "SelectionSlider":
            key = {1: "ArrowRight", -1: "ArrowLeft"}.get(step, step)
            control.locator(".noUi-handle").press(key)
        elif kind == "ToggleButtons":
            control.locator("button").nth(goal).press("Space")
        else:
            key = {1: "ArrowDown", -1: "ArrowUp"}.get(step, step)
            control.locator("select").press(key)
        return goal

    def by_mouse(self, name, goal, now):
        """Move by the mouse to the value with this index."""
        control, kind = self.control(name), self.kind(name)
        if kind == "SelectionSlider":
            # noUiSlider takes no second tap within the 300 ms of the first one's transition
            control.locator(".noUi-state-tap").wait_for(state="detached")
            base = control.locator(".noUi-base")
            width, height = base.evaluate("e => [e.offsetWidth, e.offsetHeight]")
            share = goal / max(1, self.last(name))
            base.click(position={"x": 1 + share * (width - 2), "y": height / 2})
        elif kind == "ToggleButtons":
            control.locator("button").nth(goal).click()
        else:
            control.locator("select").select_option(index=goal)
        return goal

    def tour(self):
        """Moves to make: (control, way, target), each control by keyboard and by mouse.

        The keys lie between the clicks, which need a pause; each click changes something.
        """
        for name in self.explorer.options:
            yield name, self.by_keyboard, "End"
            yield name, self.by_mouse, self.last(name) // 2
            yield name, self.by_keyboard, 1
            yield name, self.by_keyboard, -1
            yield name, self.by_keyboard, "Home"
            yield name, self.by_mouse, self.last(name)


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
    path.parent.mkdir(exist_ok=True)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | facts, indent=1), encoding="utf-8")
