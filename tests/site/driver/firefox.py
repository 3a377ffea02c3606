"""Firefox as it is installed, driven by WebDriver BiDi; Playwright drives only a build of its own.

A page here has the few words of Playwright's that our drivers use (`locator`, `evaluate`, `press`,
`on`), so that `Watch` and the controls of `driver.page` work with both.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

from websocket import create_connection

PATIENCE = 60  # seconds that Firefox may take to start, or to end
ANSWER = 600  # seconds that it may take to answer: a cell may run for minutes
KEYS = {
    "Backspace": "\ue003",
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Alt": "\ue00a",
    "Escape": "\ue00c",
    "Space": " ",
    "PageUp": "\ue00e",
    "PageDown": "\ue00f",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Delete": "\ue017",
}
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "network.responseCompleted"]

EVALUATE = """
async (parameters) => JSON.stringify(await (FUNCTION)(...JSON.parse(parameters))) ?? "null"
"""
ON_ELEMENT = """
(selectors, ...parameters) => {
  const element = selectors.reduce((found, css) => found?.querySelector(css), document);
  if (!element) throw new Error(`no element ${selectors.join(" ")}`);
  return (FUNCTION)(element, ...parameters);
}
"""


def find():
    """The Firefox that FIREFOX names, or an installed one; None without one."""
    names = [os.environ.get("FIREFOX"), "firefox-esr", "firefox"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@contextmanager
def launch(path):
    """A `Firefox` without a window, with a profile of its own; at the end it is closed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [path, "--headless", "--no-remote", "--profile", profile]
        with open(Path(profile) / "log.txt", "w", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*command, "--remote-debugging-port=0", "about:blank"], stdout=log, stderr=log
            )
            try:
                address = _address(process, Path(profile))
                with closing(create_connection(address, ANSWER, suppress_origin=True)) as socket:
                    firefox = Firefox(socket)
                    yield firefox
                    firefox.send("browser.close")
                process.wait(timeout=PATIENCE)
            finally:
                process.kill()
                process.wait()


def _address(process, profile):
    """Where Firefox listens: it writes that into its profile."""
    written, deadline = profile / "WebDriverBiDiServer.json", time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            at = json.loads(written.read_text(encoding="utf-8"))
            return f"ws://{at['ws_host']}:{at['ws_port']}/session"
        time.sleep(0.05)
    said = (profile / "log.txt").read_text(encoding="utf-8")
    raise RuntimeError(f"Firefox did not start: {said}")


class Firefox:
    """A running Firefox."""

    def __init__(self, socket):
        self.socket, self.numbers, self.pages = socket, itertools.count(1), {}
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=EVENTS)

    def send(self, method, **params):
        """Send a command; its result. What happens in pages meanwhile, they are told.

        Raises
        ------
        RuntimeError
            If Firefox answers with an error.
        """
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message["type"] == "event":
                self._tell(message["method"], message["params"])
            elif message["id"] == number:
                break
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['message']}")
        return message["result"]

    def _tell(self, method, event):
        context = event.get("context") or event.get("source", {}).get("context")
        if page := self.pages.get(context):
            page.tell(method, event)

    @contextmanager
    def new_page(self, width=1280, height=900):
        """A page that knows nothing of other pages."""
        user = self.send("browser.createUserContext")["userContext"]
        context = self.send("browsingContext.create", type="tab", userContext=user)["context"]
        viewport = {"width": width, "height": height}
        self.send("browsingContext.setViewport", context=context, viewport=viewport)
        page = self.pages[context] = Page(self, context)
        try:
            yield page
        finally:
            del self.pages[context]
            self.send("browser.removeUserContext", userContext=user)


class Page:
    """A tab: opened, asked, and moved by the keyboard."""

    def __init__(self, firefox, context):
        self.firefox, self.context, self.handlers = firefox, context, []

    def send(self, method, **params):
        return self.firefox.send(method, context=self.context, **params)

    def goto(self, address):
        """Open an address, and wait until all that it names has loaded."""
        self.send("browsingContext.navigate", url=address, wait="complete")

    def evaluate(self, function, *parameters):
        """What a function in JavaScript returns, awaited. All are what JSON can hold."""
        answer = self.firefox.send(
            "script.callFunction",
            target={"context": self.context},
            functionDeclaration=EVALUATE.replace("FUNCTION", function.strip()),
            arguments=[{"type": "string", "value": json.dumps(parameters)}],
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for(self, function, *parameters, seconds=30):
        """Ask a function again and again until it returns something true, which is returned."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(function, *parameters)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {function}")
            time.sleep(0.05)
        return value

    def locator(self, css):
        return Element(self, [css])

    def press(self, keys):
        """Press a key, "Tab" or "a", or some at once, "Control+Enter": where the focus is."""
        values = [KEYS.get(key, key) for key in keys.split("+")]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def click(self, x, y):
        """Click with the mouse at a point of the screen, in CSS pixels."""
        actions = [{"type": "pointerMove", "x": round(x), "y": round(y)}]
        actions += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def drag(self, start, *stops):
        """Press the mouse at a point of the screen, and let it go at the last of others."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in (start, *stops)]
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        actions = [moves[0], down, *moves[1:], up]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def _act(self, device):
        self.send("input.performActions", actions=[device])

    def screenshot(self):
        """What is on the screen, as PNG bytes."""
        return base64.b64decode(self.send("browsingContext.captureScreenshot")["data"])

    def on(self, kind, handler):
        """Have a handler told of each "console" message, "pageerror", "request" or "response"."""
        self.handlers.append((kind, handler))

    def tell(self, method, event):
        kind, what = _as_playwright_tells(method, event)
        for asked, handler in self.handlers:
            if asked == kind:
                handler(what)


def _as_playwright_tells(method, event):
    if method == "log.entryAdded":
        if event["type"] == "javascript":
            return "pageerror", event["text"]
        return "console", SimpleNamespace(type=event["level"], text=event["text"])
    url = event["request"]["url"]
    if method == "network.beforeRequestSent":
        return "request", SimpleNamespace(url=url)
    return "response", SimpleNamespace(url=url, status=event["response"]["status"])


class Element:
    """The first element that a selector finds, in the page or in another element."""

    def __init__(self, page, selectors):
        self.page, self.selectors = page, selectors

    def locator(self, css):
        return Element(self.page, [*self.selectors, css])

    def evaluate(self, function, *parameters):
        """What a function of the element, and of what else is given, returns."""
        on_element = ON_ELEMENT.replace("FUNCTION", function.strip())
        return self.page.evaluate(on_element, self.selectors, *parameters)

    def press(self, keys):
        self.evaluate("element => element.focus()")
        self.page.press(keys)

    def click(self):
        """Click in its middle, on the screen."""
        self.page.click(
            *self.evaluate("""element => {
              element.scrollIntoView({block: "center", behavior: "instant"});
              const box = element.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + box.height / 2];
            }""")
        )
