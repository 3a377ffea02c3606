"""A chapter in real JupyterLab: its cells run, its sliders draw on demand.

Every chapter's cells are executed by nbval; here it is the chapter that takes the fewest seconds.
"""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from book_files import ROOT
from driver import latencies, record, start_stopwatch
from driver.lab import LabControls, first_explorer
from playwright.sync_api import TimeoutError, expect

from nnbook.explore import WIDGET

NOTEBOOKS = ["appendix/explorers.ipynb", "chapters/backprop.ipynb"]
TIMEOUT = 180_000  # milliseconds for a notebook to run


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the notebooks without outputs: its address, and the copy's folder.

    It is stopped by its process id.
    """
    folder = tmp_path_factory.mktemp("lab")
    for name in NOTEBOOKS:
        (folder / name).parent.mkdir(exist_ok=True)
        nbformat.write(without_outputs(nbformat.read(ROOT / name, as_version=4)), folder / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.workspaces_dir={folder / 'workspaces'}",
    ]
    with open(folder / "log.txt", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, folder / "log.txt")
        yield f"http://127.0.0.1:{port}", folder
    finally:
        server.terminate()
        server.wait(timeout=60)


def without_outputs(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def wait_for(address, server, log, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, Path(log).read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(
        f"JupyterLab did not answer within {seconds} s: {Path(log).read_text(encoding='utf-8')}"
    )


# What Lab's own scripts raise now and then, on a slow machine, with any notebook.
LABS_OWN = [
    "Session has no kernel.",  # jupyterlab-myst looks for values before one is chosen
    "Cannot read properties of undefined (reading 'node')",  # its list of cells, while that changes
]


def watch_faults(page):
    """A list to which each error of a script is added: its stack, as that says whose it is."""
    faults = []

    def note(error):
        of_widgets = "@jupyter-widgets" in (error.stack or "")
        if of_widgets or error.message not in LABS_OWN:
            faults.append(error.stack or error.message)

    page.on("pageerror", note)
    return faults


@pytest.fixture
def page(new_page):
    with new_page() as page:
        yield page


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_sliders_draw_on_demand_in_jupyterlab(notebook, lab, page):
    address, folder = lab
    explorer = first_explorer(notebook)
    faults = watch_faults(page)
    page.goto(f"{address}/lab/tree/{notebook}?reset")  # no other notebook of an earlier test
    choose_kernel(page)
    run_all_cells(page)
    box = page.locator(".nn-explorer").first
    scroll_to(page, box)
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    idle.wait_for(timeout=TIMEOUT)  # a kernel that still runs cells draws late
    box.scroll_into_view_if_needed()  # Lab has scrolled on to the cell that ran last
    wait_for_focus(page, box)
    start_stopwatch(box)
    controls = LabControls(box, explorer)
    setting = dict(controls.start)
    controls.assert_shows(setting)
    visited, times = [dict(setting)], {"new": [], "seen": []}
    for name, move, target in controls.tour():
        count = len(latencies(box))
        setting[name] = move(name, target, setting[name])
        controls.assert_shows(setting)
        kind = "seen" if setting in visited else "new"
        visited.append(dict(setting))
        times[kind] += latencies(box)[count:]
    record(ROOT / "_build/latency-lab.json", **{notebook: times})
    assert_all_cells_ran(page, folder / notebook)
    assert faults == []


def test_a_chapter_reads_well_in_jupyterlab(lab, page):
    """Labels are anchors there, and no text; what a page folds is folded."""
    address, _ = lab
    page.goto(f"{address}/lab/tree/chapters/backprop.ipynb?reset")
    first = page.locator(".jp-MarkdownCell").first
    title = first.get_by_role("heading", name="Losses and gradients", exact=True)
    expect(title).to_be_visible(timeout=TIMEOUT)
    label = first.get_by_text("chapter-backprop").locator("visible=true")
    expect(label).to_have_count(0)
    setup = page.locator(".jp-CodeCell").first
    expect(setup.locator(".jp-InputPlaceholder")).to_be_visible()
    expect(setup.locator(".jp-InputArea-editor")).to_have_count(0)


def wait_for_focus(page, box):
    """When a notebook has run, Lab takes the focus to a cell: wait until it stays where we put it.

    A key that is pressed before goes elsewhere, as it would for a reader.
    """
    control = box.locator("button, select, .noUi-handle").first
    for _ in range(50):
        control.focus()
        page.wait_for_timeout(400)
        if control.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("JupyterLab took the focus from the explorer for 20 s")


def assert_all_cells_ran(page, path):
    """Save the notebook in Lab, and see in its file that no cell was left out or failed."""

    def is_saved(response):
        return response.request.method == "PUT" and "/api/contents/" in response.url

    with page.expect_response(is_saved, timeout=TIMEOUT) as response:
        page.keyboard.press("Control+s")
    assert response.value.ok
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    first = cells[0].execution_count  # not 1 where a slow Lab was asked twice to run them
    assert [cell.execution_count for cell in cells] == list(range(first, first + len(cells)))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    widgets = [output.data for output in outputs if WIDGET in output.get("data", {})]
    assert widgets and all("image/png" in data for data in widgets)  # for viewers without widgets


def choose_kernel(page):
    """Wait for an idle Python kernel; a slow start of Lab asks which one, as it would a reader."""
    name = page.locator(".jp-KernelName, .jp-Toolbar-kernelName")
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    select = page.get_by_role("button", name="Select", exact=True)
    for _ in range(900):
        page.wait_for_timeout(200)
        if select.count():
            select.first.click()
        elif idle.count() and "Python" in name.first.inner_text():
            return
    pytest.fail("JupyterLab started no kernel within a minute")


def run_all_cells(page):
    """Lab forgets the command while it is busy with the notebook: give it until cells wait."""
    waits_or_ran = page.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]"))
    for _ in range(10):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(TimeoutError):
            return waits_or_ran.first.wait_for(timeout=5_000)
    pytest.fail("JupyterLab did not run the cells")


def scroll_to(page, box):
    """Lab renders what is near the screen: go down until the explorer is there, again and again.

    It may appear behind us, when its cell has run.
    """
    panel = page.locator(".jp-WindowedPanel-outer")
    for _ in range(800):
        if box.count() and box.locator(".nn-says").count():
            box.scroll_into_view_if_needed()
            return
        panel.evaluate("""p => {
            const end = p.scrollTop + p.clientHeight >= p.scrollHeight - 1;
            p.scrollTop = end ? 0 : p.scrollTop + 250;
        }""")
        page.wait_for_timeout(250)
    pytest.fail("no explorer appeared in the notebook")
