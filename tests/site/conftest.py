"""A built book, a browser to look at it with, and a JupyterLab to run it in."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import missing
from driver import FLAGS, ROOT, chromium, serve


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium."""
    if chromium() is None:
        missing("Chromium (on Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def book():
    """The built book's folder; a build with nothing to do takes seconds."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", "-W", "-n", "--keep-going", "."]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-3000:]
    if not (ROOT / "_build/html/_static/embed.js").exists():
        missing("npm (for pages that load nothing from elsewhere)")
    return ROOT / "_build/html"


@pytest.fixture(scope="session")
def site(book):
    """Its address on a static host, in a subfolder."""
    with serve(book) as address:
        yield address


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
