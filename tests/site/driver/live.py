"""Python in a page: started, given cells of the book, and asked what came of them.

It works with pages of Playwright's and of `driver.firefox`.
"""

import re
import time
from dataclasses import dataclass, field

import nbformat
from book_files import ROOT
from bookbuild.cells import facts_of
from playwright.sync_api import expect

from . import Watch

PATIENCE = 120_000  # ms until Python is there, or a cell has run
ENDED = re.compile(r"\.$")  # what a cell says at its end is a sentence

# All of a page's Python is behind this one object; its script loads nothing by itself.
WITH_PYTHON = """
async (given) => {
  const {python} = await import(new URL("_static/live/python.js", ROOT_OF_THE_SITE));
  const {source} = given;
  BODY
}
"""
RUN = """
  const texts = {stdout: "", stderr: ""}, shown = [];
  let problem = null;
  try {
    await python.run(source, event => {
      if (event.kind === "stream") texts[event.name] += event.text;
      if (event.kind === "display") shown.push(event.data["text/plain"]);
      if (event.kind === "error") problem = event.traceback;
    });
  } catch (error) {
    problem = error.message;
  }
  return {...texts, shown, problem, megabytes: python.size / 2 ** 20};
"""
RAN = """
boxes => boxes
  .filter(box => box.querySelector(".nn-run [role=status]").textContent.startsWith("Ran here"))
  .map(box => Number(box.dataset.cell))
"""
UNFOLD = """
box => [box.closest("details"), ...box.querySelectorAll("details")].forEach(fold => {
  if (fold) fold.open = true;
})
"""


@dataclass
class Ran:
    """What came of a cell."""

    stdout: str
    stderr: str
    shown: list[str]
    problem: str | None
    megabytes: float


class LivePython:
    """The Python of a page that is open on a site."""

    def __init__(self, page, site, name="intro"):
        self.page, self.site = page, site
        page.goto(f"{site}/{name}.html")

    def run(self, source):
        return Ran(**self._do(RUN, source))

    def afresh(self):
        self._do("python.afresh()")

    def _do(self, body, source=None):
        script = WITH_PYTHON.replace("ROOT_OF_THE_SITE", f'"{self.site}/"').replace("BODY", body)
        return self.page.evaluate(script, {"source": source})


@dataclass
class Comparison:
    """How a notebook's cells did in a page."""

    problems: dict[int, str] = field(default_factory=dict)
    compared: int = 0
    seconds: dict[int, float] = field(default_factory=dict)
    megabytes: dict[int, float] = field(default_factory=dict)  # after each cell


def code_cells(notebook):
    cells = nbformat.read(ROOT / notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def compare(python, notebook, asked=None):
    """Run a notebook's cells in a page: all in order, or each asked one with only its slice.

    Parameters
    ----------
    python : LivePython
    notebook : str
        Its path from the book's root.
    asked : list of int, optional
        Each is run in a Python where nothing else has been run than what it needs.
    """
    cells, found = code_cells(notebook), Comparison()
    facts = facts_of(cells, ROOT / notebook)
    if asked is None:
        python.afresh()
    for k in range(len(cells)) if asked is None else asked:
        if "refuses" in facts[k]:
            continue
        if asked is not None:
            python.afresh()
            for needed in facts[k]["needs"]:
                python.run(cells[needed].source)
        one(python, k, cells[k], found)
    return found


def one(python, number, cell, found):
    """Run a cell, and add to what was found."""
    begin = time.perf_counter()
    ran = python.run(cell.source)
    found.seconds[number] = time.perf_counter() - begin
    found.megabytes[number] = ran.megabytes
    if ran.problem:
        found.problems[number] = ran.problem
    if "nbval-ignore-output" not in cell.metadata.get("tags", ()):
        found.compared += 1
        if fault := difference(ran, cell.outputs):
            found.problems.setdefault(number, fault)


def difference(ran, outputs):
    """Where a cell's texts are not those that its notebook stores, or None."""
    stored = {
        name: "".join(o.text for o in outputs if o.output_type == "stream" and o.name == name)
        for name in ("stdout", "stderr")
    }
    stored["shown"] = [o.data["text/plain"] for o in outputs if "data" in o]
    got = {name: getattr(ran, name) for name in stored}
    faults = [
        f"{n}\n{got[n]!r}\nis stored as\n{stored[n]!r}" for n in stored if got[n] != stored[n]
    ]
    return "\n".join(faults) or None


class LivePage:
    """A page of the book in which a reader runs cells; of Playwright's."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.watch, self.requests = Watch(page), []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("framenavigated", lambda frame: frame == page.main_frame and self._navigated())
        page.goto(address)
        page.wait_for_load_state("networkidle")

    def _navigated(self):
        self.loaded = len(self.requests)

    def requests_since_load(self):
        return self.requests[self.loaded :]

    def wake(self):
        """Press the page's one button, and wait until Python is there."""
        self.page.get_by_role("button", name="Run the code on this page").click()
        expect(self.status).to_contain_text("Python is ready", timeout=PATIENCE)

    @property
    def status(self):
        return self.page.locator(".nn-live [role=status]")

    def cell(self, number):
        return LiveCell(self, number)

    def undo_all(self):
        self.page.get_by_role("button", name="Undo all changes").click()

    def ran(self):
        """The numbers of the cells that say that they have been run."""
        boxes = self.page.locator("div.cell[data-cell]")
        return set(boxes.evaluate_all(RAN))


class LiveCell:
    """One code cell, and what a reader finds at it."""

    def __init__(self, live, number):
        self.live, self.number = live, number
        self.box = live.page.locator(f'div.cell[data-cell="{number}"]')
        self.status = self.box.locator(".nn-run [role=status]")
        self.editor = self.box.locator("textarea")
        self.yours = self.box.locator(".nn-yours")

    def button(self, name):
        return self.box.locator(".nn-run").get_by_role("button", name=re.compile(f"^{name}\\b"))

    def unfold(self):
        """Open what the page keeps folded: the cell, or its code."""
        self.box.evaluate(UNFOLD)

    def type(self, text):
        """Put a text in place of the cell's."""
        self.unfold()
        if not self.editor.count():
            self.button("Edit").click()
        self.editor.fill(text)

    def run(self, patience=PATIENCE):
        self.start()
        self.wait(patience)

    def start(self):
        """Begin to run."""
        self.unfold()
        self.status.evaluate("status => { status.textContent = ''; }")
        self.button("Run").click()

    def wait(self, patience=PATIENCE):
        expect(self.status).to_have_text(ENDED, timeout=patience)

    def text(self):
        """All text of the reader's output."""
        return "".join(self.yours.locator("pre").all_text_contents())
