"""Shared fixtures. CI sets REQUIRE_ALL=1, and then nothing may be skipped."""

import importlib
import os

import hypothesis
import matplotlib
import numpy as np
import pytest
from times import place, table

from nnbook.mnist.folder import mnist_folder

hypothesis.settings.register_profile("book", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("book")

if folder := mnist_folder():
    os.environ["MNIST_DIR"] = str(folder)  # notebooks find MNIST where the build finds it


def pytest_addoption(parser):
    parser.addoption("--times", action="store_true", help="print the seconds of each kind of test")
    parser.addoption(
        "--slices", help="which cells to run alone: all, or the sample of a day's number"
    )


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place(item.nodeid))


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--times"):
        seen = [r for reports in terminalreporter.stats.values() for r in reports]
        durations = [(r.nodeid, r.duration) for r in seen if hasattr(r, "when")]
        terminalreporter.section("seconds by kind")
        for line in table(durations):
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def own_style():
    """No test leaves its figures' style to the next: some run a notebook, which sets the book's."""
    with matplotlib.rc_context():
        yield


def missing(what: str):
    """Skip a test loudly, or fail it where everything must be present (CI)."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and REQUIRE_ALL=1 turns a skip into a failure")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def torch():
    """PyTorch in its reproducible setting; tests that compare with it ask for this fixture."""
    try:
        import torch
    except ImportError:
        missing("PyTorch (pip install -r requirements-torch.txt)")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def real_folder():
    """The folder with MNIST's own files."""
    return mnist_folder() or missing("MNIST (set MNIST_DIR)")


@pytest.fixture
def rng():
    return np.random.default_rng(20240229)


@pytest.fixture
def said(request, capsys):
    """What a check of the chapter that test_check_<chapter>.py is about says to an answer."""
    chapter = request.path.stem.removeprefix("test_check_")
    check = importlib.import_module(f"nnbook.{chapter}.checks")

    def said(name, *answer):
        assert getattr(check, name)(*answer) is None
        return capsys.readouterr().out

    return said


@pytest.fixture
def judged(said):
    """See that a check accepts the right answer, and tells what is wrong with each other one.

    ``wrong`` maps answers, with tuples for lists, to words that the sentence must have.
    """

    def judged(name, right, wrong):
        assert said(name, right).startswith("Right. ")
        for answer, words in wrong.items():
            out = said(name, list(answer) if isinstance(answer, tuple) else answer)
            assert out.startswith("Not yet. ") and words in out, (answer, out)

    return judged
