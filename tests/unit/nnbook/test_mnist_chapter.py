"""What the chapter on MNIST promises: its programs do it, and its situations all pass."""

import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from book_files import ROOT
from threadpoolctl import threadpool_limits

import nnlib.mnist
from experiments.reference import RECIPE
from nnbook.mnist import checks as check
from nnbook.mnist import figures as draw_mnist
from nnbook.mnist.recipe import fit
from nnlib.metrics import accuracy
from nnlib.mnist import mnist

NO_NETWORK = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}

CELLS = json.loads((ROOT / "chapters" / "mnist.ipynb").read_text(encoding="utf-8"))["cells"]


@pytest.fixture(autouse=True)
def one_thread():
    """Batches of 16 gain nothing by a second thread, and lose much where others want it."""
    with threadpool_limits(1):
        yield


def source(cell):
    return "".join(cell["source"])


def fenced(cell):
    return re.findall(r"^```python\n(.*?)^```$", source(cell), re.M | re.S)


@pytest.fixture(scope="module")
def folder(real_folder):
    return real_folder


@pytest.fixture(scope="module")
def data(folder):
    return mnist(folder)


@pytest.fixture(scope="module")
def program():
    """The cell of the headline number, and the lines to add in a new notebook."""
    (number,) = (k for k, c in enumerate(CELLS) if "headline" in c["metadata"].get("tags", []))
    (lines,) = fenced(CELLS[number - 1]) or fenced(CELLS[number + 1])
    return source(CELLS[number]), lines


def reference():
    path = ROOT / "experiments" / "results" / "reference.json"
    return json.loads(path.read_text(encoding="utf-8"))


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


@pytest.mark.slow
def test_headline_runs_as_printed(program, data, monkeypatch, capsys):
    """All of its lines, with one epoch in place of 25, beside the recipe of the experiments."""
    monkeypatch.setattr("nnlib.data.mnist", lambda: data)
    code = "\n".join(program).replace("epochs=25", "epochs=1")
    exec(code, {})
    reached = float(capsys.readouterr().out.strip().rstrip("%"))
    net, record = fit(RECIPE, 0, data.X_train, data.y_train, epochs=1)
    assert reached == pytest.approx(100 * accuracy(net.predict(data.X_test), data.y_test), abs=0.3)
    assert record["loss"][0] == pytest.approx(reference()["runs"][0]["loss"][0], rel=0.01)


@pytest.mark.slow
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


# ---------------------------------------------------------------------------- three situations


@pytest.fixture
def find(monkeypatch, tmp_path):
    """Runs the cell that looks for MNIST, with an empty cache; returns the names it binds."""
    monkeypatch.setattr(nnlib.mnist.pooch, "os_cache", lambda name: tmp_path / name)
    monkeypatch.delenv("MNIST_DIR", raising=False)
    (cell,) = (source(c) for c in CELLS if "except DataUnavailable" in source(c))

    def find():
        names = {"draw_mnist": draw_mnist}
        exec(cell, names)
        return names

    return find


def test_mnist_in_a_folder(find, folder, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(folder))
    names = find()
    assert names["FOUND"] and names["X"].shape == (60000, 784)


def test_mnist_on_a_mirror(find, folder, monkeypatch, tmp_path):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(nnlib.mnist, "MIRRORS", [f"http://127.0.0.1:{server.server_port}/"])
        names = find()
        server.shutdown()
    assert names["FOUND"] and names["X_test"].shape == (10000, 784)
    monkeypatch.setattr(nnlib.mnist, "MIRRORS", [])
    assert find()["FOUND"]  # from the cache


def test_no_mnist_and_no_network(find, monkeypatch):
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
    names = find()
    assert not names["FOUND"] and names["X"].shape == (1500, 64)
    shown = names["result"]._repr_html_()
    assert "MNIST is not here" in shown and "set MNIST_DIR" in shown and "admonition" in shown


@pytest.mark.slow
def test_whole_chapter_without_mnist(tmp_path):
    """nbval: the same text, apart from the cells that say what they have measured on MNIST."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MNIST_DIR", "NO_PROXY")}
    environment |= NO_NETWORK | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-q",
        "-p",
        "no:cacheprovider",
        "chapters/mnist.ipynb",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
