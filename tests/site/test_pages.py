"""The built book in a real browser: every explorer, every control, by keyboard and by mouse."""

import gzip
from urllib.parse import urlsplit

import pytest
from driver import (
    ROOT,
    Controls,
    Watch,
    latencies,
    notebooks,
    page_explorers,
    record,
    sentence_and_pictures,
    start_stopwatch,
    stored_sizes,
)
from playwright.sync_api import expect

HTML_LIMIT = 1_000_000  # bytes, gzipped
TARGET = 44  # CSS pixels, for a finger


def open_page(page, address):
    watch = Watch(page)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return watch


@pytest.mark.parametrize("notebook", notebooks())
def test_explorers_show_the_frame_their_controls_name(notebook, book, site, page):
    watch = open_page(page, f"{site}/{notebook.removesuffix('.ipynb')}.html")
    explorers = page_explorers((book / notebook).with_suffix(".html"))
    sizes = [[len(options) for options in e.options.values()] for e in explorers]
    assert sizes == stored_sizes(notebook)
    boxes = page.locator(".nn-explorer")
    if explorers:
        boxes.first.wait_for()
    assert boxes.count() == len(explorers)
    measured = []
    for box, explorer in zip(boxes.all(), explorers, strict=True):
        box.scroll_into_view_if_needed()
        start_stopwatch(box)
        controls = Controls(box, explorer)
        assert controls.values() == explorer.start
        assert_right_frame(controls)
        for name, move, target in controls.tour():
            before = controls.index(name)
            move(name, target)
            assert_moved(controls, name, move, target, before)
            assert_right_frame(controls)
        measured += latencies(box)
        if box.locator(".widget-play").count():
            assert_play_moves_the_picture(page, controls)
    assert watch.faults == []
    if explorers:
        assert measured, "no key press changed a picture"
        record(ROOT / "_build/latency-pages.json", **{notebook: measured})


def assert_play_moves_the_picture(page, controls):
    sentence = controls.readout().inner_text()
    play = controls.box.get_by_role("button", name="Play or pause")
    play.click()
    expect(controls.readout()).not_to_have_text(sentence)
    play.click()
    page.wait_for_timeout(400)  # longer than a step of the player
    assert_right_frame(controls)


def assert_moved(controls, name, move, target, before):
    last = len(controls.explorer.options[name]) - 1
    if move == controls.by_mouse:
        goal = target
    else:
        goal = {"Home": 0, "End": last}.get(target)
        goal = max(0, min(last, before + target)) if goal is None else goal
    assert controls.index(name) == goal, f"{name} moved by {target!r} from {before}"


def assert_right_frame(controls):
    markup = controls.explorer.frame(**controls.values())
    sentence, pictures = sentence_and_pictures(markup)
    expect(controls.readout()).to_have_text(sentence)  # waits for the browser to draw
    alt, sources = controls.pictures()
    assert alt == sentence
    assert sources == pictures, f"another picture than that of {controls.values()}"


@pytest.mark.parametrize("notebook", notebooks())
def test_page_is_light_enough(notebook, book):
    html = (book / notebook).with_suffix(".html").read_bytes()
    assert len(gzip.compress(html)) < HTML_LIMIT


def test_pages_are_found_from_any_folder(site, page):
    watch = open_page(page, f"{site}/index.html")
    page.wait_for_url("**/intro.html")
    links = page.locator("nav.bd-links a.internal, nav.bd-links a")
    hrefs = links.evaluate_all("all => all.map(a => a.href)")
    assert len(hrefs) >= len(notebooks())
    for href in hrefs:
        if urlsplit(href).fragment == "":
            assert page.request.get(href).ok, href
    assert watch.faults == []


@pytest.mark.parametrize("notebook", notebooks())
def test_nothing_sticks_out_and_controls_fit_a_finger(notebook, site, page):
    watch = open_page(page, f"{site}/{notebook.removesuffix('.ipynb')}.html")
    controls = page.locator(".nn-explorer .nn-control")
    if page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
        controls.first.wait_for()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"the page is {wide} px wide on a screen of {width} px"
        for control in controls.all():
            for part in control.locator("select:visible, button:visible, .slider-container").all():
                assert part.bounding_box()["height"] >= TARGET
        for picture in page.locator(".nn-explorer img").all():
            box = picture.bounding_box()
            assert 0 <= box["x"] and box["x"] + box["width"] <= width
    assert watch.faults == []


@pytest.mark.parametrize("notebook", notebooks())
def test_controls_have_names_and_a_visible_focus(notebook, site, page):
    open_page(page, f"{site}/{notebook.removesuffix('.ipynb')}.html")
    if page.locator("script[type='application/vnd.jupyter.widget-view+json']").count():
        page.locator(".nn-explorer .nn-control").first.wait_for()
    for slider in page.locator(".nn-explorer .widget-slider").all():
        label = slider.locator(".widget-label").inner_text()
        handle = slider.get_by_role("slider", name=label, exact=True)
        assert handle.get_attribute("aria-valuetext") == (
            slider.locator(".widget-readout").inner_text()
        )
        handle.focus()
        page.keyboard.press("ArrowRight")
        assert handle.get_attribute("aria-valuetext") == (
            slider.locator(".widget-readout").inner_text()
        )
        assert_visible_focus(handle)
    for group in page.locator(".nn-explorer .widget-toggle-buttons").all():
        label = group.locator(".widget-label").inner_text()
        assert group.get_attribute("aria-label") == label
        assert group.get_by_role("button", pressed=True).count() == 1
    for control in page.locator(".nn-explorer :is(.widget-toggle-buttons button, select)").all():
        control.focus()
        page.keyboard.press("Shift")  # a key, so that the browser shows the focus
        assert_visible_focus(control)
    for picture in page.locator(".nn-explorer .nn-readout").all():
        assert picture.inner_text().strip()
    for image in page.locator(".bd-article img:not(.nn-picture)").all():
        alt = image.get_attribute("alt") or ""
        assert alt and not alt.endswith((".png", ".svg")), f"{image} has no alt text of its own"


def assert_visible_focus(element):
    script = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    style = element.evaluate(script)
    assert style == ["solid", "3px"]
