"""Explorers in Firefox: each control by the keyboard, the right frame, nothing from elsewhere."""

import time

import pytest
from driver import Watch
from driver.page import MATH_IS_SET, opened_cards

CHAPTERS = ["appendix/explorers", "chapters/neuron"]  # between them each kind of control


@pytest.mark.parametrize("name", CHAPTERS)
def test_explorers_answer_the_keyboard_in_firefox(name, book, site, firefox):
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/{name}.html")
        explorers = opened_cards(page, book / f"{name}.html")
        assert explorers, f"{name} has no explorers"
        for controls in explorers:
            setting = dict(controls.start)
            controls.assert_shows(setting)
            for control in setting:
                for key in ("End", -1, "Home", 1):
                    setting[control] = controls.by_keyboard(control, key, setting[control])
                    controls.assert_shows(setting)
        assert watch.faults == []


def test_the_driver_tells_what_goes_wrong_in_a_page(site, firefox):
    """Else no fault would be a proof of nothing."""
    with firefox.new_page() as page:
        watch = Watch(page, ours=(f"{site}/intro",))
        page.goto(f"{site}/intro.html")
        page.evaluate("""async () => {
          console.error("a message");
          setTimeout(() => { throw new Error("an error"); });
          await fetch("not-there.html");
        }""")
        wanted = {"a message", "Error: an error", f"foreign request: {site}/_static", "404 "}
        deadline = time.monotonic() + 10  # a timer's error can come after the function's answer
        while missed := {fault for fault in wanted if fault not in "\n".join(watch.faults)}:
            assert time.monotonic() < deadline, f"{missed} not in {watch.faults}"
            page.evaluate("() => null")  # events are heard with the next answer
        with pytest.raises(RuntimeError, match="no element nn-nothing"):
            page.locator("nn-nothing").evaluate("element => element.id")
        with pytest.raises(TimeoutError, match="not within"):
            page.wait_for("() => false", seconds=0)


def test_the_mouse_and_the_screen_in_firefox(site, firefox):
    """A radio button that is clicked is chosen; a narrow screen is as narrow as was asked for."""
    with firefox.new_page(width=390, height=844) as page:
        page.goto(f"{site}/appendix/explorers.html")
        assert page.evaluate("() => [innerWidth, innerHeight]") == [390, 844]
        radio = "nn-explorer .nn-choice input:not(:checked)"
        value = page.locator(radio).evaluate("radio => radio.value")
        page.locator(radio).click()
        page.wait_for("value => document.querySelector(`[value='${value}']`).checked", value)
        assert page.screenshot().startswith(b"\x89PNG")


# Where the mark is and where it can go, on the screen; what is said of it, what is drawn.
DRAGGED = """card => {
  const at = ({left, top, width, height}, x, y) => [left + x * width, top + y * height];
  const layer = card.querySelector(".nn-drag");
  layer.scrollIntoView({block: "center", behavior: "instant"});
  layer.focus({preventScroll: true}); // the mark of one of several points is seen then
  return {
    mark: at(card.querySelector(".nn-mark").getBoundingClientRect(), 0.5, 0.5),
    goal: at(layer.getBoundingClientRect(), 0.3, 0.4),
    label: layer.getAttribute("aria-label"),
    picture: card.querySelector(".nn-frame").innerHTML,
    query: card.query,
  };
}"""
RESTS = """css => {
  const card = document.querySelector(css);
  return Boolean(card?.querySelector(".nn-drag") && !card.live.busy);
}"""


# Another cell in the place of an explorer's, run.
REPLACE = """(css, source) => {
  const cell = document.querySelector(css).closest("div.cell");
  const press = name =>
    [...cell.querySelectorAll(".nn-run button")].find(b => b.textContent === name).click();
  press("Edit");
  const editor = cell.querySelector("textarea");
  editor.value = source;
  editor.dispatchEvent(new Event("input", {bubbles: true}));
  press("Run");
}"""
POINTS = """
def draw_dots(ax, w, dots=np.array([[0.25, 0.75], [0.75, 0.25]])):
    ax.plot(*dots.T, "o")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return f"{w}: {dots.round(1).tolist()}"

explore(draw_dots, w=[1, 2], drag="dots")
"""


def dragged(page, css):
    """What is seen of an explorer before and after its mark has been dragged to its goal."""
    page.wait_for(RESTS, css, seconds=300)
    card = page.locator(css)
    card.evaluate(DRAGGED)  # it scrolls there, where formulas are set then
    page.wait_for(MATH_IS_SET)
    before = card.evaluate(DRAGGED)
    (x, y), goal = before["mark"], before["goal"]
    page.drag((x, y), ((x + goal[0]) / 2, y), goal)
    page.wait_for(RESTS, css)
    after = card.evaluate(DRAGGED)
    assert after["mark"] == pytest.approx(goal, abs=1)
    assert after["picture"] != before["picture"]
    return before, after


def test_a_start_on_a_landscape_is_dragged_in_firefox(site, firefox):
    """The mark is where the mouse has let it go, and Python draws the way from there."""
    css = "#valley-explorer"
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/chapters/optimizers.html")
        page.wait_for(MATH_IS_SET)
        page.locator(f"{css} .nn-enliven").click()
        before, after = dragged(page, css)
        assert after["label"].startswith("start: x = ") and after["label"] != before["label"]
        assert after["query"].startswith("start=")
        assert watch.faults == []


def test_one_of_several_points_is_dragged_in_firefox(site, firefox):
    """It alone moves, and is named by its number."""
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/appendix/explorers.html")
        page.wait_for(MATH_IS_SET)
        page.locator("#draw-error-explorer .nn-enliven").click()
        dragged(page, "#draw-error-explorer")
        page.evaluate(REPLACE, "#draw-error-explorer", POINTS)
        _, after = dragged(page, "#draw-dots-explorer")
        assert after["label"].startswith("dots, 1 of 2: x = ")
        assert after["query"].startswith("dots=0%3A") and "%3B" not in after["query"]
        says = page.locator("#draw-dots-explorer .nn-says > span")
        assert says.evaluate("span => span.textContent") == "1: [[0.3, 0.6], [0.8, 0.2]]"
        assert watch.faults == []
