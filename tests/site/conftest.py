"""A built book, a browser to look at it with, and a JupyterLab to run it in."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from book_files import ROOT
from conftest import missing
from driver import firefox as firefox_driver
from driver import launch, serve
from playwright.sync_api import expect, sync_playwright

expect.set_options(timeout=20_000)  # a machine may be busy; what holds at once takes no longer


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            missing("Chromium (apt-get install chromium, or python -m playwright install chromium)")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def firefox():
    """Headless Firefox."""
    path = firefox_driver.find() or missing("Firefox (apt-get install firefox-esr)")
    with firefox_driver.launch(path) as firefox:
        yield firefox


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The built book's folder, written once in a run: a second build would change files in use."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", "-W", "-n", "--keep-going", "."]
    folder, run = tmp_path_factory.getbasetemp().parent, os.environ.get("PYTEST_XDIST_TESTRUNUID")
    with one_at_a_time(folder):
        built = folder / f"built-{run}"
        if not run or not built.exists():
            result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-3000:]
            built.touch()
    if not (ROOT / "_build/html/_static/mathjax/tex-chtml.js").exists():
        missing("npm (for pages that load nothing from elsewhere)")
    return ROOT / "_build/html"


@contextlib.contextmanager
def one_at_a_time(folder):
    """Of the workers of a run, which share a folder, one builds and the others wait."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    lock = folder / f"building-{run}"
    while run:
        try:
            lock.touch(exist_ok=False)
            break
        except FileExistsError:
            time.sleep(1)
    try:
        yield
    finally:
        if run:
            lock.unlink()


@pytest.fixture(scope="session")
def site(book):
    """Its address on a static host, in a subfolder."""
    with serve(book) as address:
        yield address


@pytest.fixture(scope="session")
def new_page(browser):
    """A context manager: a page of its own, which knows nothing of other pages."""

    @contextlib.contextmanager
    def new_page(width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        yield context.new_page()
        context.close()

    return new_page
