"""Run cells of one notebook, each in a fresh interpreter with no more than its slice.

An interpreter that has imported what notebooks import is forked for each cell. Cells whose slices
begin alike share that beginning: the runs are a tree, and a process forks where they part.

    python tests/slices/forks.py chapters/neuron.ipynb 3 17 57

writes a line of JSON for each of these cells: what went wrong or null, and the seconds it took.
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib_inline.backend_inline import configure_inline_support

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "_ext"), str(ROOT / "tools")]

from bookbuild.slices import slices  # noqa: E402
from refresh import merged, text_only  # noqa: E402

INLINE = "module://matplotlib_inline.backend_inline"
WARM = "matplotlib.pyplot", "nnlib.train", "nnbook.explore", "nnbook.plots", "nnbook.runs"


@dataclass
class Run:
    """A cell that is run after those on the way to it; ``asked`` if it's one to compare."""

    cell: int
    asked: bool = False
    after: dict[int, "Run"] = field(default_factory=dict)


def tree(needs: list[list[int]], asked: list[int]) -> dict[int, Run]:
    """The runs that give each asked cell its slice; those on the top level start afresh."""
    top = {}
    for cell in asked:
        level = top
        for earlier in needs[cell]:
            level = level.setdefault(earlier, Run(earlier)).after
        level.setdefault(cell, Run(cell)).asked = True
    return top


class Recorder:
    """What a cell writes and shows, as a notebook stores it. It stands for ``sys.stdout``, too."""

    def __init__(self):
        self.outputs = []

    def write(self, text):
        self.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=text))

    def flush(self):
        pass

    def show(self, kind, data):
        self.outputs.append(nbformat.v4.new_output(kind, data=data))

    def texts(self):
        """All that was recorded, without pictures; nothing is left for the next cell."""
        outputs, self.outputs = self.outputs, []
        return merged([kept for output in outputs if (kept := text_only(output))])


RECORDER = Recorder()


class Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **_):
        RECORDER.show("display_data", data)


class Hook(DisplayHook):
    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        RECORDER.show("execute_result", format_dict)

    def finish_displayhook(self):
        pass


class Shell(InteractiveShell):
    displayhook_class = Hook
    display_pub_class = Publisher

    def enable_gui(self, gui=None):
        """Pictures are shown as in a notebook, in no window."""


def grow(level: dict[int, Run], cells, shell: Shell, report):
    """Run every branch in a process of its own, one after the other."""
    for run in level.values():
        child = os.fork()
        if not child:
            try:
                execute(run, cells[run.cell], shell, report)
                grow(run.after, cells, shell, report)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if status:
            report(run.cell, f"the process ended with status {status}", 0.0)


def execute(run: Run, cell, shell: Shell, report):
    start = time.perf_counter()
    result = shell.run_cell(cell.source)
    seconds = time.perf_counter() - start
    try:
        result.raise_error()
    except Exception as error:
        report(run.cell, f"{type(error).__name__}: {error}", seconds)
        os._exit(0)
    got, stored = RECORDER.texts(), cell.outputs
    if run.asked:
        report(run.cell, None if ignored(cell) else difference(got, stored), seconds)


def ignored(cell) -> bool:
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def difference(got, stored) -> str | None:
    got, stored = (
        [output.get("text") or dict(output.data) for output in outputs] for outputs in (got, stored)
    )
    return None if got == stored else f"gave\n{got}\nand the notebook has\n{stored}"


def main(notebook: str, *asked: str):
    path = ROOT / notebook
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    solutions = {i for i, c in enumerate(cells) if "solution" in c.metadata.get("tags", [])}
    needs = slices([cell.source for cell in cells], solutions)
    os.chdir(path.parent)
    out, sys.stdout = sys.stdout, RECORDER
    for name in WARM:
        __import__(name)
    shell = Shell.instance()
    matplotlib.use(INLINE)
    matplotlib.interactive(True)
    configure_inline_support(shell, INLINE)  # figures are shown when their cell has run

    def report(cell, problem, seconds):
        out.write(json.dumps({"cell": cell, "problem": problem, "seconds": seconds}) + "\n")
        out.flush()

    grow(tree(needs, [int(cell) for cell in asked] or range(len(cells))), cells, shell, report)


if __name__ == "__main__":
    main(*sys.argv[1:])
