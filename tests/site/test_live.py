"""Cells of a page that a reader runs: what they give, what goes wrong, who can run them."""

import json
import re
import time
from contextlib import contextmanager

import pytest
from book_files import notebooks
from driver.live import PATIENCE, LivePage, code_cells
from playwright.sync_api import expect

PAGE = "chapters/neuron"
CHAPTERS = [name for name in notebooks() if name.startswith("chapters/")]


def cell_with(words, notebook=f"{PAGE}.ipynb"):
    """The number of the first code cell that has these words."""
    return next(k for k, cell in enumerate(code_cells(notebook)) if words in cell.source)


FIRST = cell_with("x = np.array([0.2")  # three cells in a row that are seen, and print
SECOND, THIRD = FIRST + 1, FIRST + 2


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


def test_scripts_off_leaves_the_page_without_buttons(opening):
    with opening(java_script_enabled=False) as live:
        expect(live.page.locator(".nn-run")).to_have_count(0)
        expect(live.page.locator(".nn-live")).to_be_hidden()
        expect(live.page.locator("div.cell").first).to_be_visible()


# ---- Running ----


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
    cell = live.cell(cell_with("X, y = digits()"))
    cell.run()
    picture = cell.yours.locator("img")
    expect(picture).to_have_count(1)
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
    begin = time.perf_counter()
    endless.button("Stop").click()
    expect(endless.status).to_have_text("Stopped. Everything is as it was before this run.")
    assert time.perf_counter() - begin < 2
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


def test_an_old_browser_is_told_which_are_new_enough(opening):
    with opening(script="WebAssembly.validate = () => false;") as live:
        before = live.cell(FIRST).box.locator(".cell_output").inner_text()
        live.page.get_by_role("button", name="Run the code on this page").click()
        expect(live.status).to_contain_text("This browser cannot run Python in a page")
        live.cell(FIRST).run()
        expect(live.cell(FIRST).status).to_contain_text("Firefox 131")
        assert live.cell(FIRST).box.locator(".cell_output").inner_text() == before
        assert not [url for url in live.requests if "/engine/" in url]


def test_a_page_from_a_disk_says_how_to_open_it(new_page, book):
    with new_page() as page:
        live = LivePage(page, (book / f"{PAGE}.html").as_uri())
        live.page.get_by_role("button", name="Run the code on this page").click()
        expect(live.status).to_contain_text("python -m http.server")


# ---- Any reader ----


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


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_an_exercise_is_solved_by_keyboard_alone(notebook, book, site, reader):
    number = exercise(notebook, book)
    solution = code_cells(notebook)[number + 1]
    live = LivePage(reader, f"{site}/{notebook.removesuffix('.ipynb')}.html")
    cell, keys = live.cell(number), reader.keyboard
    live.page.get_by_role("button", name="Run the code on this page").focus()
    keys.press("Enter")
    expect(live.status).to_contain_text("Python is ready", timeout=PATIENCE)
    reached = "box => box.contains(document.activeElement) && document.activeElement.innerText"
    for _ in range(1500):
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
