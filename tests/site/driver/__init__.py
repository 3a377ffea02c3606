"""A browser, a server for the built book, and what explorers have in common in pages and in Lab.

`driver.page` drives the cards of built pages, `driver.lab` the widgets of JupyterLab.
"""

import contextlib
import functools
import gzip
import json
import mimetypes
import os
import re
import shutil
import statistics
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
from book_files import ROOT
from playwright.sync_api import Error

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TEXT = re.compile(r"text/|application/(javascript|json)|image/svg")  # what a host compresses

# From a key press to the moment the browser has painted the new picture: the first task after the
# frame of the screen that shows it.
STOPWATCH = """
explorer => {
  explorer.latencies = [];
  let pressed = null;
  explorer.addEventListener("keydown", event => { pressed = event.timeStamp; }, true);
  const {port1, port2} = new MessageChannel();
  port1.onmessage = ({data}) => explorer.latencies.push(performance.now() - data);
  const pictures = node => node.matches?.(".nn-pictures") || node.querySelector?.(".nn-pictures");
  const drawn = ({target, addedNodes}) =>
    target.closest?.(".nn-pictures") || [...addedNodes].some(pictures);
  new MutationObserver(records => {
    if (pressed === null || !records.some(drawn)) return;
    const start = pressed;
    pressed = null;
    requestAnimationFrame(() => port2.postMessage(start));
  }).observe(explorer, {childList: true, subtree: true});
}
"""

# What differs from what is expected, once nothing does or patience ends: drawing takes a while.
# LOOK says what an explorer shows. A drawing is expected as text: the browser reads it first, and
# writes it again, as its own are written.
ONCE_IT_SHOWS = """
async (explorer, [expected, patience]) => {
  const tidy = text => (text ?? "").replace(/\\s+/g, " ").trim();
  const look = LOOK;
  const read = text => {
    const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
    group.innerHTML = text;
    return group.innerHTML;
  };
  if (!expected) return look();
  expected.pictures = expected.pictures.map(read);
  const text = part => typeof part === "string" ? part : JSON.stringify(part);
  const differs = (a, b) => {
    [a, b] = [text(a) ?? "nothing", text(b)];
    let k = 0;
    while (k < a.length && a[k] === b[k]) k++;
    const near = whole => whole.slice(Math.max(0, k - 80), k + 120);
    return a === b ? null : {shown: near(a), expected: near(b)};
  };
  const faults = () => {
    const shown = look();
    return Object.fromEntries(Object.keys(expected)
      .map(part => [part, differs(shown[part], expected[part])])
      .filter(([, fault]) => fault));
  };
  const end = performance.now() + patience;
  let found = faults();
  while (Object.keys(found).length && performance.now() < end) {
    await new Promise(requestAnimationFrame);
    found = faults();
  }
  return found;
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


@functools.cache
def compressed(path, changed):
    return gzip.compress(path.read_bytes(), 6, mtime=0)


@contextlib.contextmanager
def serve(folder, prefix="some/folder", headers=None):
    """Serve a folder on 127.0.0.1 below a prefix, as a static host would. Yields the address.

    Texts are compressed; ``headers`` (a dict) come with every answer.
    """
    folder = Path(folder).resolve()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a connection is kept, as by any host

        def do_GET(self):
            path = self.file()
            if path is None:
                return self.send_error(404)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            small = TEXT.match(kind) and "gzip" in self.headers.get("Accept-Encoding", "")
            body = compressed(path, path.stat().st_mtime_ns) if small else path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if small:
                self.send_header("Content-Encoding", "gzip")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def file(self):
            asked = unquote(urlsplit(self.path).path)
            inside = asked.removeprefix(f"/{prefix}")
            path = (folder / inside.strip("/")).resolve()
            if inside == asked or not path.is_relative_to(folder):
                return None
            path = path / "index.html" if path.is_dir() else path
            return path if path.is_file() else None

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # a browser opens several connections at once

        def handle_error(self, request, client_address):
            if not isinstance(sys.exc_info()[1], ConnectionError):  # else a page was left
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{prefix}"
    finally:
        server.shutdown()
        server.server_close()


class Watch:
    """Everything a page must not do: errors in its console, failed or foreign requests."""

    def __init__(self, page, ours=("http://127.0.0.1:", "data:", "blob:")):
        self.faults, self.ours = [], ours
        page.on("console", lambda m: m.type == "error" and self.faults.append(m.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._request)
        page.on("response", lambda r: r.status >= 400 and self.faults.append(f"{r.status} {r.url}"))

    def _request(self, request):
        if not request.url.startswith(self.ours):
            self.faults.append(f"foreign request: {request.url}")


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


class Controls:
    """The controls of one explorer, by name, as a reader finds and moves them.

    A setting is written as name to index: which of its values each control is at.

    Attributes
    ----------
    box : Locator
        The explorer on the page.
    words : dict of str: list of str
        How the values of each control are written for a reader.
    start : dict of str: int
        The setting that the explorer starts with.
    """

    LOOK = NotImplemented  # what a browser says that is shown, as a function in JavaScript

    def __init__(self, box, words, start):
        self.box, self.words, self.start = box, words, start

    def expected(self, setting):
        """What must be shown at a setting, in the form of `LOOK`."""
        raise NotImplementedError

    def last(self, name):
        return len(self.words[name]) - 1

    def assert_shows(self, setting, patience=20):
        """See that the page comes to this setting: each control, the sentence, the pictures."""
        faults = self._look(self.expected(setting), 1000 * patience)
        values = {name: self.words[name][index] for name, index in setting.items()}
        assert not faults, f"at {values} it must show something else: {faults}"

    def setting(self):
        """The setting that the page names now."""
        words = self._look(None, 0)["controls"]
        return {name: self.words[name].index(word) for name, word in words.items()}

    def _look(self, *arguments):
        script = ONCE_IT_SHOWS.replace("LOOK", self.LOOK)
        return self.box.evaluate(script, [*arguments])

    def tour(self):
        """Moves to make: (control, way, target), each control by keyboard and by mouse.

        The keys lie between the clicks, which need a pause in Lab; each click changes something.
        """
        for name in self.words:
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
