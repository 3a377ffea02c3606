"""The built book in a real browser: every explorer, every control, by keyboard and by mouse."""

import ast
import gzip
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from book_files import notebooks
from bookbuild.sheets import purge
from driver import Watch, stored_sizes
from driver.live import code_cells
from driver.page import opened_cards, soup, weight_of_a_click, weight_of_scripts, weights
from playwright.sync_api import expect

HTML_LIMIT = FRAMES_LIMIT = 120_000  # bytes as they travel, of a page and of an explorer's frames
SCRIPTS_LIMIT = 15_000
SHEETS_LIMIT = 40_000
CLICK_LIMIT = 48 * 1024  # of the scripts around Python
TARGET = 44  # CSS pixels, for a finger
SLIDER = 200  # CSS pixels at least, for a mouse

# What a reader with a keyboard sees of each control: its focus. A key has been pressed before.
# Radio buttons have no look of their own: the text after them shows that they have the focus.
FOCUS = """
controls => controls.map(control => {
  control.focus();
  const style = getComputedStyle(control.type === "radio" ? control.nextElementSibling : control);
  return [document.activeElement === control, style.outlineStyle, style.outlineWidth];
})
"""
RECTANGLES = """
elements => elements.map(e => e.getBoundingClientRect())
  .map(r => ({left: r.left, right: r.right, width: r.width, height: r.height}))
"""
PARTS = "nn-explorer :is([type=range], .nn-choice label, .nn-menu select, .nn-play)"


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
        controls = opened_cards(page, (book / notebook).with_suffix(".html"))
        for c in controls:
            c.assert_shows(c.start)  # what the page holds itself is what the frames' file has there
        yield SimpleNamespace(notebook=notebook, page=page, watch=watch, controls=controls)


def test_the_book_is_built(book):
    """First of all, so that the seconds of the build are told apart from those of the pages."""
    assert (book / "intro.html").is_file()


@pytest.mark.parametrize("name", ["intro", "chapters/neuron", "digit", "playground", "search"])
def test_a_page_asks_for_few_and_light_style_sheets(name, book):
    page = book / f"{name}.html"
    links = soup(page).select("link[rel=stylesheet]")
    sheets = [page.parent / link["href"].partition("?")[0] for link in links]
    assert len(sheets) == 3
    assert sum(len(gzip.compress(sheet.read_bytes())) for sheet in sheets) < SHEETS_LIMIT


def test_style_sheets_lose_the_rules_for_what_stands_nowhere(book, tmp_path):
    """By PurgeCSS, which the book's build has installed."""
    rules = ".page{a:b}.script{a:b}.nowhere{a:b}.bs-tooltip-auto{a:b}.part{a:b}"
    nameless = ":focus-visible{a:b}p.page mjx-container{a:b}"
    files = {
        "_static/styles/theme.css": rules + nameless,
        "_static/mathjax/tex-chtml.js": "node('mjx-container')",
        "_static/book.css": rules,
        "_static/macros.html": '<p class="part">',
        "_static/page.js": "show('script')",
        "chapters/a.html": '<p class="page">',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    theme = tmp_path / "_static/styles/theme.css"
    for _ in range(2):  # twice is as once
        purge(tmp_path)
        text = theme.read_text(encoding="utf-8")
        assert text.endswith(".page{a:b}.script{a:b}.bs-tooltip-auto{a:b}" + nameless)
    assert (tmp_path / "_static/book.css").read_text(encoding="utf-8") == rules
    theme.write_text("p{", encoding="utf-8")
    with pytest.raises(RuntimeError, match="(?s)PurgeCSS failed: .*Unclosed block"):
        purge(tmp_path)


def test_explorers_show_the_frame_their_controls_name(opened):
    sizes = [[len(words) for words in c.words.values()] for c in opened.controls]
    played = False  # to the end, on this page: once, as that takes seconds
    assert sizes == stored_sizes(opened.notebook)
    for controls in opened.controls:
        setting = dict(controls.start)
        heights = {height(controls.box)}
        for name, move, target in controls.tour():
            setting[name] = move(name, target, setting[name])
            controls.assert_shows(setting)
            heights.add(height(controls.box))
        assert len(heights) == 1, f"{controls.card.name} changes its height: {heights} px"
        if setting == controls.start:  # nothing to reset yet
            name, move, target = next(iter(controls.tour()))
            move(name, target, setting[name])
        assert_reset_returns_to_the_start(controls)
        if controls.card.plays:
            assert_play_moves_the_picture(opened.page, controls, to_the_end=not played)
            played = True
        for text, setting in controls.card.tries:
            controls.box.get_by_role("link", name=text, exact=True).click()
            controls.assert_shows(setting)
    assert opened.watch.faults == []


def test_the_line_of_python_calls_what_the_notebook_has(opened, book):
    """A function of its own, or one of a module that it imports."""
    known = {}
    for cell in code_cells(opened.notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.FunctionDef):
                known[node.name] = node
            elif isinstance(node, ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), known)
    for button in soup((book / opened.notebook).with_suffix(".html")).select(".nn-copy-python"):
        name, _, attribute = button["data-call"].partition("(")[0].partition(".")
        assert name in known, f"{button['data-call']}: {opened.notebook} has no {name}"
        assert not attribute or callable(getattr(known[name], attribute))


def height(box):
    return round(box.evaluate("e => e.getBoundingClientRect().height"), 1)


def assert_reset_returns_to_the_start(controls):
    reset = controls.box.get_by_role("button", name="Reset", exact=True)
    reset.click()
    controls.assert_shows(controls.start)
    expect(reset).to_be_hidden()


# Play, and pause at the first frame: a click from outside may come after the last one.
PLAY_ONE_FRAME = """card => new Promise(done => {
  const play = card.querySelector(".nn-play");
  const watch = new MutationObserver(() => {
    watch.disconnect();
    play.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true})); // a mouse does so, too
    play.click();
    done();
  });
  watch.observe(card.querySelector(".nn-pictures"), {subtree: true, childList: true});
  setTimeout(done, 20_000); // nothing played: what follows sees it
  play.click();
})"""


def assert_play_moves_the_picture(page, controls, to_the_end):
    """Play moves one frame after the other; a second press stops it, and so does the last frame."""
    name = controls.card.plays
    label = controls.card.labels[name]
    play = controls.box.get_by_role("button", name=f"Play {label}", exact=True)
    last = controls.last(name)
    start = controls.start | {name: max(0, last - 3)}
    controls.by_mouse(name, start[name], None)
    controls.assert_shows(start)  # the frames are there
    controls.box.evaluate(PLAY_ONE_FRAME)
    controls.assert_shows(start | {name: start[name] + 1})
    if not to_the_end:
        return
    stopped = controls.setting()
    page.wait_for_timeout(600)  # longer than a step of the player
    controls.assert_shows(stopped, patience=0)
    play.click()
    controls.assert_shows(start | {name: last})
    expect(play).to_be_visible()
    page.wait_for_timeout(600)
    controls.assert_shows(start | {name: last}, patience=0)


@pytest.mark.parametrize("notebook", notebooks())
def test_page_is_light_enough(notebook, book):
    html, frames = weights((book / notebook).with_suffix(".html"))
    assert html <= HTML_LIMIT, f"the HTML has {html:,} bytes, compressed"
    assert frames <= FRAMES_LIMIT, f"an explorer's frames have {frames:,} bytes, compressed"


def test_scripts_are_light_enough():
    assert 0 < weight_of_scripts() <= SCRIPTS_LIMIT


def test_a_click_on_run_loads_few_scripts(book):
    assert 20_000 < weight_of_a_click(book / "_static") <= CLICK_LIMIT


def test_pages_are_found_from_any_folder(site, new_page):
    with new_page() as page:
        front = page.request.get(f"{site}/").text()
        assert '<link rel="icon"' in front  # else a browser asks the host for /favicon.ico
        watch = open_page(page, f"{site}/index.html")
        page.wait_for_url("**/intro.html")
        links = page.locator("nav.bd-links a.internal, nav.bd-links a")
        hrefs = links.evaluate_all("all => all.map(a => a.href)")
        assert len(hrefs) >= len(notebooks())
        for href in hrefs:
            if urlsplit(href).fragment == "":
                assert page.request.get(href).ok, href
        assert watch.faults == []


@pytest.mark.parametrize("width", [320, 390, 600, 1280])  # at 600 controls begin to lie beside
def test_nothing_sticks_out_and_controls_fit_a_finger(opened, width):
    page = opened.page
    page.set_viewport_size({"width": width, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width} px"
    parts = page.locator(PARTS).evaluate_all(RECTANGLES)
    assert len(parts) >= sum(len(c.words) for c in opened.controls)
    low = [part for part in parts if part["height"] < TARGET or part["width"] < TARGET]
    assert low == [], f"too small for a finger: {low}"
    sliders = page.locator("nn-explorer [type=range]").evaluate_all(RECTANGLES)
    narrow = [slider["width"] for slider in sliders if slider["width"] < SLIDER]
    assert narrow == [], f"sliders of {narrow} px"
    pictures = page.locator("nn-explorer .nn-panel").evaluate_all(RECTANGLES)
    assert len(pictures) >= len(opened.controls)
    assert all(p["width"] > 0 and 0 <= p["left"] and p["right"] <= width for p in pictures)
    assert opened.watch.faults == []


def test_tables_have_room_on_a_desktop(opened):
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    wide = opened.page.locator("figure.nn-table > div").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    )
    assert wide == [], "a reader must scroll to see all columns"


def test_controls_have_names_and_a_visible_focus(opened):
    page = opened.page
    for controls in opened.controls:
        assert_named_for_all(controls)
    page.keyboard.press("Shift")  # a key, so that the browser shows the focus
    kinds = ":is([type=range], [type=radio], .nn-controls select, button:not(.nn-reset))"
    focus = page.locator(f"nn-explorer {kinds}").evaluate_all(FOCUS)
    assert len(focus) >= sum(len(c.words) for c in opened.controls)
    assert all(seen == [True, "solid", "3px"] for seen in focus), focus
    for image in page.locator(".bd-article img").all():
        alt = image.get_attribute("alt") or ""
        assert alt and not alt.endswith((".png", ".svg")), f"{image} has no alt text of its own"


def assert_named_for_all(controls):
    """Each control has its label as its name, also for who can't see it; the picture its sentence.

    That a slider's value is spoken as it is written, `assert_shows` sees at each move.
    """
    roles = {"slider": "slider", "choice": "group", "menu": "combobox"}
    for name, label in controls.card.labels.items():
        kind = controls.kind(name)
        named = controls.box.get_by_role(roles[kind], name=label, exact=True)
        expect(named, f"{label}, a {kind}").to_have_count(1)
        if kind == "slider":
            value = controls.box.get_by_role("combobox", name=f"{label}, value", exact=True)
            expect(value, f"the value of {label}").to_have_count(1)
        elif kind == "choice":
            radios = named.get_by_role("radio")
            expect(radios).to_have_count(len(controls.words[name]))
            assert named.get_by_role("radio", checked=True).count() == 1
    sentence = controls.box.locator(".nn-says > span").inner_text()
    expect(controls.box.get_by_role("img", name=sentence, exact=True)).to_be_visible()
    question = controls.box.locator(".nn-ask")
    if question.count():
        group = controls.box.page.get_by_role("group", name=question.inner_text(), exact=True)
        expect(group, "a card is named by its question").to_have_count(1)
