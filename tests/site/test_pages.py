"""The built book in a real browser: every explorer, every control, by keyboard and by mouse."""

import gzip
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from book_files import ROOT, notebooks
from driver import (
    Controls,
    Watch,
    latencies,
    page_explorers,
    record,
    start_stopwatch,
    stored_sizes,
)
from playwright.sync_api import expect

HTML_LIMIT = 1_000_000  # bytes, gzipped
TARGET = 44  # CSS pixels, for a finger

# What a reader with a keyboard sees of each control: its focus. A key has been pressed before.
FOCUS = """
controls => controls.map(control => {
  control.focus();
  const style = getComputedStyle(control);
  return [document.activeElement === control, style.outlineStyle, style.outlineWidth];
})
"""
RECTANGLES = """
elements => elements.map(e => e.getBoundingClientRect()).map(r => [r.left, r.right, r.height])
"""


def open_page(page, address):
    watch = Watch(page)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return watch


@pytest.fixture(scope="module", params=notebooks())
def opened(request, book, site, new_page):
    """A notebook's page, loaded once for all that is seen of it, with its explorers there."""
    notebook = request.param
    with new_page() as page:
        watch = open_page(page, f"{site}/{notebook.removesuffix('.ipynb')}.html")
        explorers = page_explorers((book / notebook).with_suffix(".html"))
        boxes = page.locator(".nn-explorer")
        expect(boxes).to_have_count(len(explorers))
        pairs = zip(boxes.all(), explorers, strict=True)
        controls = [Controls(box, explorer, explorer.frame) for box, explorer in pairs]
        for c in controls:
            c.assert_shows(c.start())
        yield SimpleNamespace(notebook=notebook, page=page, watch=watch, controls=controls)


def test_the_book_is_built(book):
    """First of all, so that the seconds of the build are told apart from those of the pages."""
    assert (book / "intro.html").is_file()


def test_explorers_show_the_frame_their_controls_name(opened):
    sizes = [[len(o) for o in c.explorer.options.values()] for c in opened.controls]
    assert sizes == stored_sizes(opened.notebook)
    measured = []
    for controls in opened.controls:
        start_stopwatch(controls.box)
        setting = controls.setting()
        for name, move, target in controls.tour():
            setting[name] = move(name, target, setting[name])
            controls.assert_shows(setting)
        measured += latencies(controls.box)
        if controls.box.locator(".widget-play").count():
            assert_play_moves_the_picture(opened.page, controls)
    assert opened.watch.faults == []
    if opened.controls:
        assert measured, "no key press changed a picture"
        record(ROOT / "_build/latency-pages.json", **{opened.notebook: measured})


def assert_play_moves_the_picture(page, controls):
    readout = controls.box.locator(".nn-readout")
    sentence = readout.inner_text()
    play = controls.box.get_by_role("button", name="Play or pause")
    play.click()
    expect(readout).not_to_have_text(sentence)
    play.click()
    page.wait_for_timeout(400)  # longer than a step of the player
    controls.assert_shows(controls.setting())


@pytest.mark.parametrize("notebook", notebooks())
def test_page_is_light_enough(notebook, book):
    html = (book / notebook).with_suffix(".html").read_bytes()
    assert len(gzip.compress(html)) < HTML_LIMIT


def test_pages_are_found_from_any_folder(site, new_page):
    with new_page() as page:
        watch = open_page(page, f"{site}/index.html")
        page.wait_for_url("**/intro.html")
        links = page.locator("nav.bd-links a.internal, nav.bd-links a")
        hrefs = links.evaluate_all("all => all.map(a => a.href)")
        assert len(hrefs) >= len(notebooks())
        for href in hrefs:
            if urlsplit(href).fragment == "":
                assert page.request.get(href).ok, href
        assert watch.faults == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_and_controls_fit_a_finger(opened, width):
    page = opened.page
    page.set_viewport_size({"width": width, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width} px"
    parts = page.locator(".nn-control :is(select:visible, button:visible, .slider-container)")
    heights = [height for _, _, height in parts.evaluate_all(RECTANGLES)]
    assert len(heights) >= sum(len(c.explorer.controls) for c in opened.controls)
    assert all(height >= TARGET for height in heights), heights
    pictures = page.locator(".nn-explorer img").evaluate_all(RECTANGLES)
    assert len(pictures) >= len(opened.controls)
    assert all(0 <= left and right <= width for left, right, _ in pictures), pictures
    assert opened.watch.faults == []


def test_controls_have_names_and_a_visible_focus(opened):
    page = opened.page
    for slider in page.locator(".nn-explorer .widget-slider").all():
        label = slider.locator(".widget-label").inner_text()
        handle = slider.get_by_role("slider", name=label, exact=True)
        handle.press("Home")
        first = assert_spoken_as_shown(slider, handle)
        handle.press("ArrowRight")
        assert assert_spoken_as_shown(slider, handle) != first
    for group in page.locator(".nn-explorer .widget-toggle-buttons").all():
        label = group.locator(".widget-label").inner_text()
        assert group.get_attribute("aria-label") == label
        assert group.get_by_role("button", pressed=True).count() == 1
    page.keyboard.press("Shift")  # a key, so that the browser shows the focus
    all_kinds = ":is(.noUi-handle, .widget-toggle-buttons button, select)"
    focus = page.locator(f".nn-explorer {all_kinds}").evaluate_all(FOCUS)
    assert len(focus) >= sum(len(c.explorer.controls) for c in opened.controls)
    assert all(seen == [True, "solid", "3px"] for seen in focus), focus
    assert all(page.locator(".nn-explorer .nn-readout").all_inner_texts())
    for image in page.locator(".bd-article img:not(.nn-picture)").all():
        alt = image.get_attribute("alt") or ""
        assert alt and not alt.endswith((".png", ".svg")), f"{image} has no alt text of its own"


def assert_spoken_as_shown(slider, handle):
    """A screen reader says what the read-out beside a slider shows; returns it."""
    spoken = handle.get_attribute("aria-valuetext")
    assert spoken == slider.locator(".widget-readout").inner_text()
    return spoken
