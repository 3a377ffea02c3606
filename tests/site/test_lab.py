"""A chapter in real JupyterLab: its cells run, its sliders draw on demand."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from driver import (
    ROOT,
    Controls,
    expected_explorers,
    expected_frame,
    latencies,
    record,
    start_stopwatch,
)
from playwright.sync_api import expect

NOTEBOOKS = ["appendix/explorers.ipynb", "chapters/neuron.ipynb"]
TIMEOUT = 180_000  # milliseconds for a notebook to run


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the notebooks; yields its address, stops it by its process id."""
    folder = tmp_path_factory.mktemp("lab")
    for name in NOTEBOOKS:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=",
        "--ServerApp.password=", "--LabApp.news_url=", "--LabApp.check_for_updates_class="
        "jupyterlab.NeverCheckForUpdate", f"--LabApp.workspaces_dir={folder / 'workspaces'}",
    ]  # fmt: skip
    with open(folder / "log.txt", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address, server, log, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, Path(log).read_text()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within {seconds} s: {Path(log).read_text()}")


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_sliders_draw_on_demand_in_jupyterlab(notebook, lab, page):
    explorer = expected_explorers(notebook)[0]  # before Lab runs it: timings take two cores
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{lab}/lab/tree/{notebook}?reset")  # no other notebook of an earlier test
    choose_kernel(page)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    box = page.locator(".nn-explorer").first
    scroll_to(page, box)
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    idle.wait_for(timeout=TIMEOUT)  # a kernel that still runs cells draws late
    box.scroll_into_view_if_needed()  # Lab has scrolled on to the cell that ran last
    start_stopwatch(box)
    controls = Controls(box, explorer)
    assert_right(controls)
    visited, times = [controls.values()], {"new": [], "seen": []}
    for name, move, target in controls.tour():
        count = len(latencies(box))
        move(name, target)
        assert_right(controls)
        kind = "seen" if controls.values() in visited else "new"
        visited.append(controls.values())
        times[kind] += latencies(box)[count:]
    record(ROOT / "_build/latency-lab.json", **{notebook: times})
    assert faults == []


def choose_kernel(page):
    """Wait for an idle Python kernel; a slow start of Lab asks which one, as it would a reader."""
    name = page.locator(".jp-KernelName, .jp-Toolbar-kernelName")
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    select = page.get_by_role("button", name="Select", exact=True)
    for _ in range(300):
        page.wait_for_timeout(200)
        if select.count():
            select.first.click()
        elif idle.count() and "Python" in name.first.inner_text():
            return
    pytest.fail("JupyterLab started no kernel within a minute")


def scroll_to(page, box):
    """Lab renders what is near the screen: turn the wheel until the explorer is there."""
    page.locator(".jp-WindowedPanel-outer").hover()
    for _ in range(400):
        if box.count() and box.locator(".nn-readout").count():
            box.scroll_into_view_if_needed()
            return
        page.mouse.wheel(0, 250)
        page.wait_for_timeout(250)
    pytest.fail("no explorer appeared in the notebook")


def assert_right(controls):
    sentence, pictures = expected_frame(controls.explorer, controls.values())
    expect(controls.readout()).to_have_text(sentence, timeout=20_000)
    assert controls.pictures() == (sentence, pictures)
