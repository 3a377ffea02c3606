"""Cells of a page that a reader runs: what they give, what goes wrong, what they cannot do."""

import json
import re
from contextlib import contextmanager

import nbformat
import pytest
from book_files import notebooks
from driver import serve
from driver.live import PATIENCE, LivePage, code_cells
from driver.page import MATH_IS_SET
from playwright.sync_api import expect

PAGE = "chapters/neuron"
POLICY = (
    "default-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:"
)
KEPT_UNDER = "'nnlib cells ' + location.pathname"
CHAPTERS = [name for name in notebooks() if name.startswith("chapters/")]


def cell_with(words, notebook=f"{PAGE}.ipynb"):
    """The number of the first code cell that has these words."""
    return next(k for k, cell in enumerate(code_cells(notebook)) if words in cell.source)


FIRST = cell_with("x = np.array([0.2")  # three cells in a row that are seen, and print
SECOND, THIRD = FIRST + 1, FIRST + 2
FIGURE = cell_with("X, y = digits()")
STOPS = """
() => [...document.querySelectorAll(".nn-run *, .nn-live *")]
  .filter(e => e.tabIndex >= 0 && e.checkVisibility()).map(e => e.textContent)
"""


@pytest.fixture(scope="module")
def shared(site, new_page):
    """One page with Python running, for all that leave its cells as they were."""
    with new_page() as page:
        live = LivePage(page, f"{site}/{PAGE}.html")
        live.wake()
        yield live
        assert live.watch.faults == []


@pytest.fixture
def live(shared):
    shared.undo_all()
    return shared


@pytest.fixture
def opening(site, new_page):
    """Open a page as some reader does."""

    @contextmanager
    def opening(name=PAGE, *, address=site, script=None, **options):
        with new_page(**options) as page:
            if script:
                page.add_init_script(script)
            yield LivePage(page, f"{address}/{name}.html")

    return opening


# ---- Before a click ----


def test_before_a_click_nothing_is_fetched_and_the_keyboard_has_one_stop_more(opening):
    """A hundred Run buttons would be a hundred stops on the way down."""
    with opening() as live:
        assert [url for url in live.requests if "/live/" in url] == [], "Python, or its scripts"
        assert live.page.evaluate(STOPS) == ["Run the code on this page"]
        assert live.watch.faults == []


def test_after_a_click_each_cells_buttons_are_stops(live):
    seen = "all => all.filter(e => e.checkVisibility()).length"
    cells = live.page.locator(".nn-run").evaluate_all(seen)
    assert live.page.evaluate(STOPS).count("Edit") == cells > 10


def test_scripts_off_leaves_the_page_as_it_was(opening):
    with opening(java_script_enabled=False) as live:
        expect(live.page.locator(".nn-run")).to_have_count(0)
        expect(live.page.locator(".nn-live")).to_be_hidden()
        cell = live.cell(FIRST).box
        expect(cell.locator(".cell_input")).to_be_visible()
        assert cell.locator(".cell_output").inner_text().strip() == stored_text(FIRST).strip()


# ---- Running ----


def test_a_cell_in_the_middle_runs_after_what_it_needs(opening, book):
    number = cell_with("X_train = X[train & pair]")
    with opening() as live:
        cell = live.cell(number)
        cell.run()  # the first click: it loads Python, too
        assert any(url.endswith("engine.json") for url in live.requests)
        assert cell.text() == stored_text(number)
        assert re.fullmatch(r"Ran here, [\d.]+ s\.", cell.status.inner_text())
        expect(cell.yours).to_have_count(1)
        label = cell.yours.evaluate("e => getComputedStyle(e, '::before').content")
        assert label == '"Your output"'
        file = book / f"_static/live/cells/{PAGE}.json"
        facts = json.loads(file.read_text(encoding="utf-8"))["cells"][number]
        assert len(facts["needs"]) > 5 and live.ran() == {*facts["needs"], number}
        assert live.watch.faults == []


def stored_text(number, notebook=f"{PAGE}.ipynb"):
    outputs = code_cells(notebook)[number].outputs
    return "".join(o.text for o in outputs if o.output_type == "stream")


def test_what_a_cell_finds_is_what_it_finds_in_the_book(live):
    """Cells in another order: those that it needs run again, as w and b have other values."""
    early, late = cell_with('print(f"z = {w @ x + b'), cell_with("w_ink, b_ink, losses")
    live.cell(cell_with("w, b, point =")).run()
    live.cell(late).run()
    live.cell(early).run()
    assert live.cell(early).text() == stored_text(early)
    live.cell(early).run()
    assert live.cell(early).text() == stored_text(early)


def test_a_figure_is_a_picture(live):
    cell = live.cell(FIGURE)
    cell.run()
    picture = cell.yours.locator("img")
    expect(picture).to_have_count(1)
    expect(picture).to_have_attribute("width", re.compile(r"\d"))  # it is loaded
    assert picture.evaluate("e => e.naturalWidth") > 400
    assert picture.get_attribute("alt")
    assert picture.evaluate("e => e.width < e.naturalWidth"), "sharp on dense screens"


def test_an_error_shows_its_traceback(live):
    cell = live.cell(FIRST)
    cell.type("x = 1\n\ndef f():\nreturn 1 / 0\n\nf()".replace("\nreturn", "\n    return"))
    cell.run()
    assert "ZeroDivisionError: division by zero" in cell.text()
    assert "line 6, in <module>" in cell.text() and "nnbook/live" not in cell.text()
    expect(cell.status).to_contain_text("Ended with an error")


def test_a_cell_that_needs_a_broken_one_says_which(live):
    live.cell(FIRST).type("broken")
    cell = live.cell(SECOND)
    cell.run()
    expect(cell.status).to_have_text(
        f"Cell {FIRST + 1}, which this one needs, ended with an error."
    )
    assert "NameError" in live.cell(FIRST).text()


@pytest.mark.parametrize("keys", ["Shift+Enter", "Control+Enter"])
def test_typed_code_runs_by_keys_and_the_books_comes_back(keys, live):
    cell = live.cell(FIRST)
    before = cell.box.locator(".cell_output").inner_text()
    cell.type("print(6 * 7)")
    cell.editor.press(keys)
    cell.wait()
    assert cell.text() == "42\n"
    cell.button("Undo").click()
    assert cell.box.locator(".cell_output").inner_text() == before
    expect(cell.editor).to_have_count(0)
    expect(cell.box.locator(".cell_input .highlight").first).to_be_visible()
    expect(cell.button("Run")).to_be_focused()


def test_enter_indents_as_the_line_before(live):
    cell = live.cell(FIRST)
    cell.type("")
    cell.editor.press_sequentially("for k in range(2):\nprint(k)")
    assert cell.editor.input_value() == "for k in range(2):\n    print(k)"
    cell.editor.press("Escape")
    expect(cell.button("Run")).to_be_focused()


def test_an_explorer_stands_between_its_values_and_comes_back(live):
    number = cell_with("explore(curve")
    cell = live.cell(number)
    before = cell.box.locator("nn-explorer .nn-frame").first.inner_html()
    cell.run()
    slider = cell.box.locator("nn-explorer input[type=range]").first
    box = slider.bounding_box()
    live.page.mouse.click(box["x"] + 0.47 * box["width"], box["y"] + box["height"] / 2)
    assert not float(slider.input_value()).is_integer()
    frame = cell.box.locator("nn-explorer .nn-frame").first
    expect(frame.locator("path[d]").first).to_be_attached()
    live.page.wait_for_function(
        "([e, before]) => e.innerHTML !== before", arg=[frame.element_handle(), before]
    )
    cell.box.locator(".nn-reset").click()
    assert frame.inner_html() == before
    expect(cell.box.locator("nn-explorer")).to_have_count(1)


def test_an_explorer_of_the_readers_own_is_drawn(live):
    number = cell_with("explore(curve")
    source = code_cells(f"{PAGE}.ipynb")[number].source
    cell = live.cell(number)
    cell.type(source.replace("w=[-4, -2, ", "w=[-4, -3.25, -2, "))
    cell.run()
    card = cell.yours.locator("nn-explorer")
    expect(card.locator(".nn-frame path[d]").first).to_be_attached()
    slider = card.locator("input[type=range]").first
    slider.press("Home")
    slider.press("ArrowRight")
    expect(card.locator(".nn-slider select").first).to_have_value("-3.25")
    expect(card.locator(".nn-says > span")).not_to_have_text("")
    assert card.locator("svg").first.get_attribute("viewBox")
    assert card.get_attribute("data-frames") is None


# ---- What is typed stays ----


def test_what_is_typed_survives_a_reload_and_is_saved_as_a_notebook(opening):
    with opening() as live:
        live.wake()
        live.cell(FIRST).type("print('mine')")
        live.cell(THIRD).type("changed = 1")
        with live.page.expect_download() as download:
            live.page.get_by_role("button", name="Save as a notebook").click()
        assert download.value.suggested_filename == "neuron.ipynb"
        notebook = nbformat.read(download.value.path(), as_version=4)
        nbformat.validate(notebook)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        book = [cell.source for cell in code_cells(f"{PAGE}.ipynb")]
        book[FIRST], book[THIRD] = "print('mine')", "changed = 1"
        assert sources == book
        live.page.reload()
        live.page.wait_for_load_state("networkidle")
        expect(live.cell(FIRST).editor).to_have_value("print('mine')")
        assert live.page.evaluate("document.activeElement === document.body && scrollY === 0")
        assert not any("/engine/" in url for url in live.requests_since_load())
        live.wake()
        live.page.get_by_role("button", name="Undo all changes").click()
        expect(live.page.locator(".nn-editor")).to_have_count(0)
        live.page.reload()
        live.page.wait_for_load_state("networkidle")
        expect(live.page.locator(".nn-editor")).to_have_count(0)
        assert live.page.evaluate(f"localStorage.getItem({KEPT_UNDER})") is None


def test_what_was_typed_over_another_text_of_the_book_is_not_put_back(opening):
    texts = [cell.source for cell in code_cells(f"{PAGE}.ipynb")]
    kept = json.dumps(
        {
            FIRST: {"book": "of last year", "text": "old"},
            SECOND: {"book": texts[SECOND], "text": "mine"},
        }
    )
    script = f"localStorage.setItem({KEPT_UNDER}, {json.dumps(kept)})"
    with opening(script=script) as live:
        expect(live.cell(SECOND).editor).to_have_value("mine")
        expect(live.page.locator(".nn-editor")).to_have_count(1)


def test_two_tabs_work_by_themselves_and_keep_what_both_typed(site, new_page):
    with new_page() as page:
        tabs = [LivePage(p, f"{site}/{PAGE}.html") for p in (page, page.context.new_page())]
        for k, tab in enumerate(tabs):
            tab.wake()
            tab.cell(FIRST + k).type(f"mine = {k}")
            tab.cell(FIRST + k).run()
        for k, tab in enumerate(tabs):
            tab.cell(THIRD).type("print(mine)")
            tab.cell(THIRD).run()
            assert tab.cell(THIRD).text() == f"{k}\n"
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(tabs[0].cell(FIRST).editor).to_have_value("mine = 0")
        expect(tabs[0].cell(SECOND).editor).to_have_value("mine = 1")


# ---- What does not end well ----


def test_stop_ends_an_endless_loop_and_what_was_before_is_there(live):
    live.cell(FIRST).type("kept = 5")
    live.cell(FIRST).run()
    other, endless = live.cell(THIRD), live.cell(SECOND)
    other.type("kept = 7")
    endless.type("kept = 6\nprint('begun')\nwhile True:\n    pass")
    endless.start()
    expect(endless.yours).to_contain_text("begun", timeout=PATIENCE)
    expect(other.button("Run")).to_be_disabled()
    other.editor.press("Shift+Enter")
    expect(other.status).to_contain_text(f"Cell {SECOND + 1} is running")
    endless.button("Stop").click()
    expect(endless.status).to_have_text("Stopped. Everything is as it was before this run.")
    expect(endless.button("Run")).to_be_enabled()
    expect(other.button("Run")).to_be_enabled()
    endless.type("print(kept)")
    endless.run()
    assert endless.text() == "5\n"


HEAVY = {
    "memory": "held = []\nwhile True:\n    held.append(np.ones(4_000_000))",
    "calls": "def f(n):\n    return f(n + 1)\n\nf(0)",
    "parentheses": "eval('(' * 10_000 + ')' * 10_000)",
    "signs": "import ast\nast.parse('-' * 100_000 + '1')",
    "lists": "x = []\nfor _ in range(100_000):\n    x = [x]\nprint(len(repr(x)))",
    "json": "import json\nx = []\nfor _ in range(100_000):\n    x = [x]\nprint(json.dumps(x))",
    "objects": "class A:\n    def __repr__(self):\n        return repr(self)\n\nA()",
}


@pytest.mark.parametrize("source", HEAVY.values(), ids=HEAVY)
def test_what_takes_too_much_ends_with_a_sentence_and_python_goes_on(source, live):
    cell = live.cell(SECOND)
    cell.type(source)
    cell.run()
    assert re.match(r"Ended with an error|Python ended: ", cell.status.inner_text())
    if cell.status.inner_text().startswith("Ended"):
        assert re.search(r"(Memory|Recursion|Syntax)Error", cell.text())
    other = live.cell(FIRST)
    other.run()
    assert other.text() == stored_text(FIRST)


def test_a_million_lines_do_not_stop_the_page(live):
    cell = live.cell(SECOND)
    cell.type(
        "for k in range(1_000_000):\n    print(k)\nprint('x' * 1_000_000)\ndisplay(*range(600))"
    )
    live.page.evaluate("""() => {
      window.gap = 0;
      window.begun = performance.now();
      let last = begun;
      window.beat = setInterval(() => {
        const now = performance.now();
        gap = Math.max(gap, now - last);
        last = now;
      }, 20);
    }""")
    cell.run()
    gap, run = live.page.evaluate("clearInterval(beat), [gap, performance.now() - begun]")
    assert gap < run / 2, f"of {run:.0f} ms the page answered nobody for {gap:.0f}"
    assert cell.text().startswith("0\n1\n2\n")
    assert "[more is not shown]" in cell.text() and len(cell.text()) < 300_000
    expect(cell.yours.locator("pre")).to_have_count(500)


@contextmanager
def answered(page, pattern, **answer):
    """The site has something else there."""
    page.route(pattern, lambda route: route.fulfill(**answer))
    yield
    page.unroute(pattern)


def test_an_engine_that_is_not_there_or_not_whole_is_told_and_asked_for_again(opening, book):
    fonts = (book / "_static/live/engine/fonts.bin").read_bytes()
    changed = fonts[:-1] + bytes([fonts[-1] ^ 1])
    with opening() as live:
        page, cell = live.page, live.cell(FIRST)
        for pattern, answer, sentence in [
            ("**/engine.json", {"status": 404}, "this site has no engine.json (404)"),
            ("**/fonts.bin*", {"status": 404}, "this site has no fonts.bin (404)"),
            ("**/fonts.bin*", {"body": fonts[:-9]}, "fonts.bin arrived damaged"),
            ("**/fonts.bin*", {"body": changed}, "fonts.bin arrived damaged"),
        ]:
            with answered(page, pattern, **answer):
                page.get_by_role("button", name="Run the code on this page").click()
                expect(live.status).to_contain_text(sentence, timeout=PATIENCE)
        page.route("**/fonts.bin*", lambda route: route.abort())
        cell.run()
        expect(cell.status).to_contain_text("connection to this site is broken")
        page.unroute("**/fonts.bin*")
        live.wake()
        cell.run()
        assert cell.text() == stored_text(FIRST)


def test_an_old_browser_is_told_which_are_new_enough(opening):
    with opening(script="WebAssembly.validate = () => false;") as live:
        before = live.cell(FIRST).box.locator(".cell_output").inner_text()
        live.page.get_by_role("button", name="Run the code on this page").click()
        expect(live.status).to_contain_text("This browser cannot run Python in a page")
        live.cell(FIRST).run()
        expect(live.cell(FIRST).status).to_contain_text("Firefox 131")
        assert live.cell(FIRST).box.locator(".cell_output").inner_text() == before
        assert not [url for url in live.requests if "/engine/" in url]


def test_a_policy_that_allows_no_python_is_named(opening, book):
    policy = POLICY.replace(" 'wasm-unsafe-eval'", "")
    with (
        serve(book, headers={"Content-Security-Policy": policy}) as address,
        opening(address=address) as live,
    ):
        live.page.get_by_role("button", name="Run the code on this page").click()
        expect(live.status).to_contain_text("The policy of the host of this site")
        live.cell(FIRST).run()
        expect(live.cell(FIRST).status).to_contain_text("'wasm-unsafe-eval'")
        assert not [url for url in live.requests if "/engine/" in url]


def test_a_page_from_a_disk_says_how_to_open_it(new_page, book):
    with new_page() as page:
        live = LivePage(page, (book / f"{PAGE}.html").as_uri())
        live.page.get_by_role("button", name="Run the code on this page").click()
        expect(live.status).to_contain_text("python -m http.server")


# ---- What a reader's cell returns cannot reach the page ----

ATTACK = """
class Html:
    def _repr_html_(self):
        return '''
          <script>window.reached = 1</script><img src="x" onerror="window.reached = 2">
          <iframe srcdoc="<script>parent.reached = 3</script>"></iframe>
          <form action="https://example.org"><button>Send</button></form>
          <style>body { display: none }</style>
          <div style="position: fixed; inset: 0; z-index: 9999; background: red">cover</div>
          <div style="background: url(https://example.org/a.png)">a</div>
          <p style="background: u\\\\72l(https://example.org/b.png)">b</p>
          <img src="https://example.org/c.png" srcset="https://example.org/d.png 2x">
          <video src="https://example.org/e" poster="https://example.org/f.png"></video>
          <svg><image href="https://example.org/g.png"/></svg>
          <svg><rect fill="url(https://example.org/h#x)"/></svg>
          <a href="javascript:window.reached = 4" id="link">link</a>
          <button popovertarget="pop" data-bs-toggle="modal">open</button>
          <div popover id="pop">p</div>
          <svg onload="window.reached = 5"><script>window.reached = 6</script></svg>
          <nn-explorer data-frames="https://example.org/i.js"><figure></figure></nn-explorer>
          <table border="1"><td colspan="2">kept</td></table>
        '''

class Svg:
    def _repr_svg_(self):
        return ('<svg xmlns="http://www.w3.org/2000/svg" onload="parent.reached = 7" '
                'width="9" height="9"><script>parent.reached = 8</script></svg>')

class Card:
    def __init__(self, card):
        self.card = card
    def _repr_mimebundle_(self):
        return {"application/vnd.nnbook.explorer+json": {"name": "x", "card": self.card}}

good = ('<nn-explorer id="own" data-frames="https://example.org/j.js" onclick="reached = 9">'
        '<figure><div class="nn-pictures"><svg><g class="nn-frame"></g></svg></div>'
        '<p class="nn-says"><span>says</span><span class="nn-voice"></span></p>'
        '<script>reached = 10</script></figure></nn-explorer>')
mute = good.replace("nn-voice", "")
cards = "<b>none</b>", "<nn-explorer></nn-explorer>", mute, good
display(Html(), Svg(), *map(Card, cards))
"""
OUTSIDE = """
box => {
  const page = document.documentElement.cloneNode(true);
  page.querySelector(`[data-cell="${box.dataset.cell}"]`).remove();
  // what scrolling brings: formulas that are set, frames that are fetched
  page.querySelectorAll("mjx-container, head script[src*='/frames/']").forEach(e => e.remove());
  page.querySelectorAll("nn-explorer").forEach(e => e.removeAttribute("class"));
  return page.querySelector("main").innerHTML + page.querySelector("head").innerHTML;
}
"""


def test_html_of_a_readers_cell_cannot_reach_the_page(live):
    cell = live.cell(SECOND)
    live.cell(FIRST).run()
    cell.type(ATTACK)
    live.page.wait_for_function(MATH_IS_SET)
    before = cell.box.evaluate(OUTSIDE)
    cell.run()
    shown = cell.yours
    expect(shown).to_contain_text("kept")
    assert shown.locator("td").get_attribute("colspan") == "2", "what is harmless stays"
    for css in ("#link", "button:text('open')", "nn-explorer"):
        shown.locator(css).first.evaluate("e => e.click()")
    live.page.wait_for_timeout(500)
    assert live.page.evaluate("window.reached") is None
    assert cell.box.evaluate(OUTSIDE) == before
    assert "example.org" not in shown.evaluate("e => e.outerHTML")
    assert not shown.locator("script, iframe, form, style, [onclick], [popover]").count()
    assert [url for url in live.requests if "example.org" in url] == []
    heading = live.page.locator("article h1")
    heading.scroll_into_view_if_needed()
    over = "h => h.contains(document.elementFromPoint(h.getBoundingClientRect().x + 9, \
        h.getBoundingClientRect().y + 9))"
    assert heading.evaluate(over), "something covers the page"


# ---- Any reader ----


def test_on_a_phone_under_a_strict_policy(book, opening):
    """Everything works under the policy of a careful host; fingers find the buttons."""
    count = "document.addEventListener('securitypolicyviolation', e => console.error(e.blockedURI))"
    with (
        serve(book, headers={"Content-Security-Policy": POLICY}) as address,
        opening(
            address=address, script=count, width=320, height=640, has_touch=True, is_mobile=True
        ) as live,
    ):
        live.wake()
        live.cell(FIRST).run()
        assert live.cell(FIRST).text() == stored_text(FIRST)
        picture = live.cell(FIGURE)
        picture.run()
        expect(picture.yours.locator("img")).to_be_visible()
        live.cell(SECOND).type("y_hat = " + " + ".join(map(str, range(60))))
        live.cell(cell_with("explore(curve")).run()
        assert live.page.evaluate("document.documentElement.scrollWidth") <= 320
        small = live.page.locator(".nn-button").evaluate_all("""all => all
          .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
          .map(e => e.textContent)""")
        assert small == []
        assert live.watch.faults == []


def test_buttons_have_names_and_are_seen_when_they_have_the_focus(live):
    cell = live.cell(FIRST)
    expect(cell.box.get_by_role("group", name=f"Cell {FIRST + 1}", exact=True)).to_be_visible()
    for name in ("Run", "Edit"):
        cell.button(name).focus()
        live.page.keyboard.press("Shift+Tab")
        live.page.keyboard.press("Tab")
        outline = "e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth"
        assert cell.button(name).evaluate(outline) == "solid3px"
    cell.button("Edit").click()
    expect(
        live.page.get_by_role("textbox", name=f"Code of cell {FIRST + 1}", exact=True)
    ).to_be_focused()


# ---- Exercises ----


def exercise(notebook, book):
    """The first exercise that can be solved with what it needs itself: its number, its solution."""
    file = book / f"_static/live/cells/{notebook.removesuffix('.ipynb')}.json"
    facts = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return next(
        k - 1
        for k, fact in enumerate(facts)
        if fact.get("solution") and set(fact["needs"]) <= {*facts[k - 1]["needs"], k - 1}
    )


@pytest.fixture(scope="module")
def reader(new_page):
    """One browser for all chapters: Python is fetched once."""
    with new_page() as page:
        yield page


def go_to_the_exercises(page):
    """By the link in the page's contents, as whoever doesn't want to press Tab a thousand times."""
    page.locator("a[href='#exercises']:visible").first.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_an_exercise_is_solved_by_keyboard_alone(notebook, book, site, reader):
    number = exercise(notebook, book)
    solution = code_cells(notebook)[number + 1]
    live = LivePage(reader, f"{site}/{notebook.removesuffix('.ipynb')}.html")
    cell, keys = live.cell(number), reader.keyboard
    live.page.get_by_role("button", name="Run the code on this page").focus()
    keys.press("Enter")
    expect(live.status).to_contain_text("Python is ready", timeout=PATIENCE)
    go_to_the_exercises(reader)
    reached = "box => box.contains(document.activeElement) && document.activeElement.innerText"
    for _ in range(500):
        keys.press("Tab")
        if cell.box.evaluate(reached) == "Edit":
            break
    keys.press("Enter")
    keys.press("Control+a")
    keys.insert_text(solution.source)
    keys.press("Shift+Enter")
    cell.wait()
    assert cell.text() == stored_text(number + 1, notebook)
    assert live.watch.faults == []
