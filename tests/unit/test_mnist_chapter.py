"""What the chapter on MNIST promises: its programs do it, and its situations all pass."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import missing
from driver import ROOT

from nnlib.book.check import mnist as check
from nnlib.mnist import mnist

CELLS = json.loads((ROOT / "chapters" / "mnist.ipynb").read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def fenced(cell):
    return re.findall(r"^```python\n(.*?)^```$", source(cell), re.M | re.S)


@pytest.fixture(scope="module")
def data():
    beside = ROOT.parent / "shared" / "data" / "mnist"
    for folder in (os.environ.get("MNIST_DIR"), beside):
        if folder and Path(folder).is_dir():
            return mnist(folder)
    missing("MNIST (set MNIST_DIR)")


@pytest.fixture(scope="module")
def program():
    """The cell of the headline number, and the lines to add in a new notebook."""
    (number,) = (k for k, c in enumerate(CELLS) if "headline" in c["metadata"].get("tags", []))
    (lines,) = fenced(CELLS[number - 1]) or fenced(CELLS[number + 1])
    return source(CELLS[number]), lines


def reference():
    path = ROOT / "experiments" / "results" / "reference.json"
    return json.loads(path.read_text())


def test_headline_has_less_than_40_lines(program):
    code = "\n".join(program)
    assert len([line for line in code.splitlines() if line.strip()]) < 40
    assert "mnist()" in code and "experiments" not in code


def test_headline_follows_the_recorded_reference(program, data):
    """Its first steps, in a new namespace: what 25 epochs would give is in the record."""
    recorded, losses, names = reference(), [], {}
    exec(program[0], names)
    assert names["headline"].__defaults__ == (recorded["recipe"]["epochs"], recorded["seeds"][0])

    class Enough(Exception):
        pass

    def note(t, loss):
        losses.append(loss)
        if len(losses) == 200:
            raise Enough

    with pytest.raises(Enough):
        names["headline"](data.X_train, data.y_train, after_step=note)
    first = recorded["runs"][0]["first_losses"]
    np.testing.assert_allclose(losses, first[: len(losses)], atol=1e-3)


def test_headline_runs_as_printed(program, data, monkeypatch, capsys):
    """All of its lines, with one epoch in place of 25."""
    monkeypatch.setattr("nnlib.data.mnist", lambda: data)
    code = "\n".join(program).replace("epochs=25", "epochs=1")
    exec(code, {})
    reached = float(capsys.readouterr().out.strip().rstrip("%"))
    assert reached == pytest.approx(100 * reference()["runs"][0]["watch_accuracy"][0], abs=0.3)


def test_solution_of_the_challenge(data, monkeypatch, capsys):
    (code,) = (c for cell in CELLS for c in fenced(cell) if "check.challenge" in c)
    names = {"check": check}
    for cell in CELLS:  # what the notebook has imported by then
        if cell["cell_type"] == "code":
            for line in source(cell).splitlines():
                if re.match(r"(from nnlib|import numpy)", line):
                    exec(line, names)
    monkeypatch.setattr(check, "mnist", lambda: data)
    exec(code, names)
    assert capsys.readouterr().out.startswith("Right. ")
