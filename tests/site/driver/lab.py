"""The explorers of JupyterLab: a notebook's code run here says what its widgets must show there."""

import contextlib
import re

import matplotlib.pyplot as plt
import nbformat
from book_files import ROOT

from nnbook import explore

from . import Controls


def first_explorer(notebook):
    """Run a notebook's code here, up to the first explorer, and return that."""
    made = []

    class Recorded(explore.Explorer):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    original, explore.Explorer = explore.Explorer, Recorded
    explore.NAMES.clear()  # a kernel of its own counts from one
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


class LabControls(Controls):
    """The widgets of one explorer, found by their labels as a reader finds them."""

    LOOK = """() => {
      const word = control => tidy(
        control.querySelector(".widget-readout, button.mod-active")?.textContent
        ?? control.querySelector("select")?.selectedOptions[0]?.text);
      const controls = [...explorer.querySelectorAll(".nn-control:has(.widget-label)")].map(
        control => [control.querySelector(".widget-label").textContent, word(control)]);
      return {
        controls: Object.fromEntries(controls),
        sentence: tidy(explorer.querySelector(".nn-says")?.textContent),
        alt: explorer.querySelector(".nn-pictures[role=img]")?.getAttribute("aria-label"),
        pictures: [...explorer.querySelectorAll("g.nn-frame")].map(
          // a slow Lab is asked twice to run its cells: their second explorer has a number
          group => group.innerHTML.replace(/-explorer-\\d+-/g, "-explorer-")),
      };
    }"""

    def __init__(self, box, explorer):
        options = explorer.options  # by their labels here, as Lab shows them
        super().__init__(
            box,
            {option.label: list(option.names) for option in options.values()},
            {o.label: o.values.index(explorer.start[name]) for name, o in options.items()},
        )
        self.explorer = explorer
        self.kinds = {option.label: option.kind for option in options.values()}

    def expected(self, setting):
        values = {n: o.values[setting[o.label]] for n, o in self.explorer.options.items()}
        drawings, sentence = self.explorer.frame(**values)
        return {
            "controls": {label: self.words[label][index] for label, index in setting.items()},
            "sentence": " ".join(sentence.split()),
            "alt": sentence,
            "pictures": list(drawings),
        }

    def control(self, name):
        exact = re.compile(rf"^{re.escape(name)}$")
        return self.box.locator(".nn-control").filter(
            has=self.box.page.locator(".widget-label", has_text=exact)
        )

    def by_keyboard(self, name, step, now):
        """Move by the keyboard: an arrow key (step of 1 or -1), Home or End; the index to reach."""
        control, kind, last = self.control(name), self.kinds[name], self.last(name)
        goal = {"Home": 0, "End": last, 1: min(last, now + 1), -1: max(0, now - 1)}[step]
        if kind == "slider":
            key = {1: "ArrowRight", -1: "ArrowLeft"}.get(step, step)
            control.locator(".noUi-handle").press(key)
        elif kind == "choice":
            control.locator("button").nth(goal).press("Space")
        else:
            key = {1: "ArrowDown", -1: "ArrowUp"}.get(step, step)
            control.locator("select").press(key)
        return goal

    def by_mouse(self, name, goal, now):
        """Move by the mouse to the value with this index."""
        control, kind = self.control(name), self.kinds[name]
        if kind == "slider":
            # noUiSlider takes no second tap within the 300 ms of the first one's transition
            control.locator(".noUi-state-tap").wait_for(state="detached")
            base = control.locator(".noUi-base")
            width, height = base.evaluate("e => [e.offsetWidth, e.offsetHeight]")
            share = goal / max(1, self.last(name))
            base.click(position={"x": 1 + share * (width - 2), "y": height / 2})
        elif kind == "choice":
            control.locator("button").nth(goal).click()
        else:
            control.locator("select").select_option(index=goal)
        return goal
