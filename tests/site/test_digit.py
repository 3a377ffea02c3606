"""Draw a digit: a browser shows what `nnbook.digit` says here of the same ink."""

import base64
import re
from contextlib import contextmanager

import numpy as np
import pytest
from bs4 import BeautifulSoup
from driver import Watch, serve
from playwright.sync_api import expect

from experiments.record import load
from nnbook import digit

PATIENCE = 180_000  # ms until Python runs
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:"
)
EXAMPLES = load("digit")["examples"]
ONE = [(0.5, 0.15), (0.5, 0.85)]
SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]
INK = """canvas => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return btoa(Array.from({length: data.length / 4}, (_, k) => String.fromCharCode(data[4 * k + 3]))
    .join(""));
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll(
    "nn-digit :is(button, select, input, canvas.nn-drawing)")]
  .filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e.className || e.name, (e.closest("label") ?? e).getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([name]) => name)"""


class Tool:
    """The page's tool, as a reader finds it."""

    def __init__(self, page):
        self.page, self.watch = page, Watch(page)
        self.box = page.locator("nn-digit")
        self.pad = page.locator("canvas.nn-drawing")
        self.says = page.locator(".nn-says")

    def visit(self, site):
        self.page.goto(f"{site}/digit.html")
        self.page.wait_for_load_state("networkidle")
        return self

    def start(self):
        self.page.locator(".nn-go").click()
        expect(self.box).not_to_have_class(re.compile("nn-still"), timeout=PATIENCE)
        return self

    def slider(self, name):
        return self.page.locator(f"input[name={name}]")

    def draw(self, points):
        """By the mouse, along points that are shares of the pad's side."""
        self.pad.scroll_into_view_if_needed()
        (x, y), *others = [self.on_screen(point) for point in points]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for x, y in others:
            self.page.mouse.move(x, y, steps=8)
        self.page.mouse.up()

    def on_screen(self, point):
        box = self.pad.bounding_box()
        return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]

    def expected(self):
        """What Python says here of the ink on the pad, at the setting of the page; None: no ink."""
        centre = self.page.locator(".nn-centre").is_checked()
        picture = digit.seen(self.pad.evaluate(INK), centre=centre)
        changes = {n: float(self.slider(n).input_value()) for n in ("right", "turn", "thicker")}
        return picture and digit.read(picture, **changes)

    def assert_shows(self):
        """See that the page comes to what is expected: sentence, bars, picture, units."""
        expect(self.box).to_have_attribute("aria-busy", "false")
        expected = self.expected()
        if expected is None:
            expect(self.says).to_have_text("Nothing is drawn yet.")
            return None
        expect(self.says).to_have_text(expected["says"])
        picture = pixels(expected["picture"])
        assert (
            np.abs(pixels(self.page.locator("canvas.nn-seen").evaluate(INK)) - picture).max() <= 1
        )
        bars = self.page.locator(".nn-bars progress").evaluate_all("all => all.map(e => e.value)")
        np.testing.assert_allclose(bars, expected["probabilities"], atol=1e-4)
        shown = self.page.locator(".nn-units li span").all_text_contents()
        assert [int(re.match(r"Unit (\d+)", text)[1]) for text in shown] == [
            unit["number"] for unit in expected["units"]
        ]
        return expected


def pixels(text):
    return np.frombuffer(base64.b64decode(text), np.uint8).astype(int)


@pytest.fixture(scope="module")
def shared(site, new_page):
    """One page with Python running, for all that leave it as it was."""
    with new_page() as page:
        tool = Tool(page).visit(site).start()
        yield tool
        assert not tool.watch.faults


@pytest.fixture
def tool(shared):
    shared.page.locator(".nn-clear").click()
    if shared.page.locator(".nn-as-drawn").is_visible():
        shared.page.locator(".nn-as-drawn").click()
    shared.page.locator(".nn-centre").check()
    expect(shared.says).to_have_text("Nothing is drawn yet.")
    return shared


@pytest.fixture
def opening(site, new_page):
    @contextmanager
    def opening(**options):
        with new_page(**options) as page:
            tool = Tool(page).visit(site)
            yield tool
            assert not tool.watch.faults

    return opening


# ---------------------------------------------------------------------------- before it starts


def test_nothing_is_loaded_before_the_click(site, new_page):
    with new_page() as page:
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        Tool(page).visit(site)
        names = {url.split("?")[0].rsplit("/", 1)[-1] for url in requests if "/live/" in url}
        assert names == {"digit.js", "engine.js", "pad.js", "pictures.js"}
        assert re.search(r"\(\d+ MB\)$", page.locator(".nn-go").text_content())


def test_the_built_page_has_its_numbers(book):
    page = BeautifulSoup((book / "digit.html").read_text(encoding="utf-8"), "html.parser")
    text = " ".join(page.select_one("article").get_text().split())
    record, [run] = load("digit"), load("digit")["runs"]
    after = record["eight_bits"]["held_accuracy"]
    assert f"reads {100 * run['held_accuracy']:.2f} % right, and {100 * after:.2f} %" in text
    assert f"the file has {record['bytes'] / 1000:.0f} kB" in text
    assert "{{" not in text


def test_without_scripts_the_picture_stays(site, new_page):
    with new_page(java_script_enabled=False) as page:
        page.goto(f"{site}/digit.html")
        expect(page.locator(".nn-pad svg")).to_be_visible()
        expect(page.locator(".nn-needs")).to_be_visible()
        expect(page.locator(".nn-go")).not_to_be_visible()
        expect(page.locator(".nn-clear")).not_to_be_visible()


def test_from_disk_it_says_what_it_needs(book, new_page):
    with new_page() as page:
        page.goto((book / "digit.html").as_uri())
        expect(page.locator(".nn-needs")).to_have_css("opacity", "1")
        expect(page.locator(".nn-needs")).to_be_visible()
        expect(page.locator(".nn-go")).not_to_be_visible()


def test_a_start_that_fails_can_be_tried_again(site, new_page):
    with new_page() as page:
        tool = Tool(page).visit(site)
        page.route("**/engine/*", lambda route: route.abort())
        page.locator(".nn-go").click()
        expect(page.locator(".nn-problem")).to_be_visible(timeout=PATIENCE)
        assert page.locator(".nn-problem").text_content().endswith(".")
        expect(page.locator(".nn-pad svg")).to_be_visible()
        page.unroute("**/engine/*")
        tool.start()
        expect(page.locator(".nn-problem")).not_to_be_visible()


def test_if_python_ends_it_says_so_and_goes_on_after_another_start(opening):
    with opening() as tool:
        tool.start().draw(SEVEN)
        before = tool.assert_shows()["says"]
        tool.page.evaluate("""async () => {
          const {python} = await import(new URL("_static/live/python.js", location));
          python.ask = async () => {
            delete python.ask;
            throw new Error("Its memory is full.");
          };
        }""")
        tool.slider("turn").press("ArrowRight")
        expect(tool.page.locator(".nn-problem")).to_have_text("Its memory is full.")
        expect(tool.page.locator(".nn-clear")).not_to_be_visible()
        tool.start()
        expect(tool.page.locator(".nn-problem")).not_to_be_visible()
        expect(tool.page.locator(".nn-examples option")).to_have_count(1 + len(EXAMPLES))
        tool.slider("turn").press("ArrowLeft")
        assert tool.assert_shows()["says"] == before, "the drawing is still there"


# ---------------------------------------------------------------------------- drawing


@pytest.mark.parametrize(("points", "guess"), [(ONE, 1), (SEVEN, 7)])
def test_by_mouse(tool, points, guess):
    tool.draw(points)
    assert int(np.argmax(tool.assert_shows()["probabilities"])) == guess


def test_several_strokes_are_one_digit(tool):
    tool.draw([(0.35, 0.2), (0.3, 0.5), (0.7, 0.5)])
    before = tool.assert_shows()["picture"]
    tool.draw([(0.65, 0.15), (0.6, 0.85)])
    four = tool.assert_shows()
    assert four["picture"] != before and int(np.argmax(four["probabilities"])) == 4


def test_where_it_is_drawn_changes_nothing_unless_it_is_not_centred(tool):
    small = [(0.1 + 0.4 * x, 0.05 + 0.4 * y) for x, y in SEVEN]
    tool.draw(small)
    centred = tool.assert_shows()["picture"]
    rows = np.flatnonzero(pixels(centred).reshape(28, 28).any(axis=1))
    assert rows[-1] - rows[0] == 19
    tool.page.locator(".nn-centre").uncheck()
    as_it_is = tool.assert_shows()["picture"]
    assert not pixels(as_it_is).reshape(28, 28)[14:].any()


def test_by_touch(opening):
    with opening(width=390, has_touch=True, is_mobile=True) as tool:
        tool.start()
        tool.pad.scroll_into_view_if_needed()
        top = tool.page.evaluate("scrollY")
        touch = tool.page.context.new_cdp_session(tool.page)

        def send(kind, *points):
            points = [dict(zip("xy", tool.on_screen(point), strict=True)) for point in points]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        send("touchStart", (0.5, 0.15))
        for y in np.linspace(0.15, 0.85, 15):
            send("touchMove", (0.5, float(y)))
        send("touchEnd")
        assert int(np.argmax(tool.assert_shows()["probabilities"])) == 1
        assert tool.page.evaluate("scrollY") == top, "the page moved under the finger"
        actions = "all => [...new Set(all.map(e => getComputedStyle(e).touchAction))]"
        others = tool.page.locator("nn-digit, nn-digit :not(.nn-drawing)")
        assert "none" not in others.evaluate_all(actions)


def test_a_second_finger_and_the_other_button_draw_nothing(tool):
    tool.draw(ONE)
    tool.page.mouse.down()
    before = tool.pad.evaluate(INK)
    x, y = tool.on_screen((0.9, 0.5))
    for finger in ({"pointerId": 7, "button": 0}, {"pointerId": 7, "button": 2}):
        tool.pad.dispatch_event("pointerdown", finger | {"clientX": x, "clientY": y})
        tool.pad.dispatch_event("pointermove", finger | {"clientX": x, "clientY": y - 20})
        assert tool.pad.evaluate(INK) == before
        tool.page.mouse.up()


def test_by_keyboard_alone(opening):
    with opening() as tool:
        keys = tool.page.keyboard
        tool.page.locator(".nn-go").focus()
        keys.press("Enter")
        expect(tool.box).not_to_have_class(re.compile("nn-still"), timeout=PATIENCE)
        expect(tool.pad).to_be_focused()
        for _ in range(5):
            keys.press("ArrowUp")
        assert tool.expected() is None, "the pen is up"
        keys.press(" ")
        for _ in range(20):
            keys.press("ArrowDown")
        expect(tool.page.locator(".nn-voice")).to_contain_text("It reads a 1")
        keys.press(" ")
        drawn = tool.pad.evaluate(INK)
        keys.press("ArrowLeft")
        keys.press(" ")
        keys.press("Escape")
        keys.press("ArrowLeft")
        assert int(np.argmax(tool.assert_shows()["probabilities"])) == 1
        assert tool.pad.evaluate(INK) != drawn, "a dot"
        keys.press("Tab")
        expect(tool.page.locator(".nn-clear")).to_be_focused()
        keys.press("Enter")
        tool.assert_shows()


def test_by_keyboard_in_firefox(site, firefox):
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/digit.html")
        page.wait_for("() => document.querySelector('.nn-go').hidden === false")
        page.locator(".nn-go").press("Enter")
        running = "() => document.querySelector('nn-digit:not(.nn-still)') !== null"
        page.wait_for(running, seconds=PATIENCE / 1000)
        pad = page.locator("canvas.nn-drawing")
        for key in [*["ArrowUp"] * 5, "Space", *["ArrowDown"] * 20]:
            pad.press(key)
        page.wait_for("() => document.querySelector('nn-digit').ariaBusy === 'false'")
        said = "document.querySelector('.nn-says').textContent"
        page.wait_for(f"() => document.querySelector('.nn-voice').textContent === {said}")
        reading = digit.read(digit.seen(pad.evaluate(INK)))
        says = page.locator(".nn-says").evaluate("e => e.textContent")
        assert says == reading["says"] and says.startswith("It reads a 1,")
        assert watch.faults == []


def test_two_arrows_are_a_diagonal(tool):
    tool.pad.focus()
    keys = tool.page.keyboard
    keys.press(" ")
    keys.down("ArrowLeft")
    keys.down("ArrowDown")
    keys.up("ArrowLeft")
    keys.up("ArrowDown")
    keys.press(" ")
    rows, columns = np.nonzero(pixels(tool.pad.evaluate(INK)).reshape(280, 280))
    assert np.ptp(columns) == pytest.approx(41, abs=1)  # the pen, 22, and two steps of 10
    assert np.ptp(rows) == pytest.approx(31, abs=1)


def test_clear(tool):
    tool.draw(SEVEN)
    tool.assert_shows()
    tool.page.locator(".nn-clear").click()
    assert tool.assert_shows() is None
    assert not pixels(tool.pad.evaluate(INK)).any()
    expect(tool.page.locator(".nn-is-wrong")).to_be_disabled()
    expect(tool.page.locator(".nn-units")).not_to_be_visible()


def test_ink_has_the_pages_colour(tool):
    tool.draw(SEVEN)
    said = tool.assert_shows()["says"]
    colour = """canvas => {
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const k = data.findIndex((value, k) => k % 4 === 3 && value === 255) - 3;
      return data.slice(k, k + 3).join();
    }"""
    shades = {}
    for theme in ("dark", "light"):
        tool.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        for canvas in ("canvas.nn-drawing", "canvas.nn-seen"):
            shades[theme, canvas] = tool.page.locator(canvas).evaluate(colour)
    assert shades["dark", "canvas.nn-drawing"] == "231,234,237"
    assert shades["light", "canvas.nn-drawing"] == "27,32,38"
    assert shades["dark", "canvas.nn-seen"] != shades["light", "canvas.nn-seen"]
    expect(tool.says).to_have_text(said)


# ---------------------------------------------------------------------------- examples, sliders


@pytest.mark.parametrize("k", range(len(EXAMPLES)))
def test_examples_are_read_as_recorded(tool, k):
    tool.page.locator(".nn-examples").select_option(index=k + 1)
    reading = tool.assert_shows()
    np.testing.assert_allclose(reading["probabilities"], EXAMPLES[k]["probabilities"], atol=1e-3)
    assert reading["picture"] == digit.examples()[k]["picture"]


def test_an_example_can_be_drawn_on(tool):
    tool.page.locator(".nn-examples").select_option(index=5)
    before = tool.assert_shows()["picture"]
    tool.draw([(0.2, 0.2), (0.8, 0.2)])
    assert tool.assert_shows()["picture"] != before


@pytest.mark.parametrize(
    ("name", "words"), [("right", "0.5 pixels"), ("turn", "3°"), ("thicker", "0.25 pixels")]
)
def test_sliders_change_what_is_seen(tool, name, words):
    tool.page.locator(".nn-examples").select_option(index=5)
    before = tool.assert_shows()["picture"]
    slider = tool.slider(name)
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", words)
    value = tool.page.locator(".nn-control", has=slider).locator(".nn-value")
    expect(value).to_have_text(words)
    assert tool.assert_shows()["picture"] != before
    slider.press("Home")
    expect(value).to_contain_text("−")
    tool.assert_shows()
    tool.page.locator(".nn-as-drawn").click()
    assert tool.assert_shows()["picture"] == before
    expect(tool.page.locator(".nn-as-drawn")).not_to_be_visible()


def test_a_wrong_reading_leads_to_the_chapter(tool, book):
    [k] = [k for k, e in enumerate(EXAMPLES) if (e["label"], e["predicted"]) == (4, 9)]
    tool.page.locator(".nn-examples").select_option(index=k + 1)
    probabilities = tool.assert_shows()["probabilities"]
    tool.page.locator(".nn-is-wrong").click()
    expect(tool.page.locator(".nn-is-wrong")).to_have_attribute("aria-expanded", "true")
    tool.page.locator(".nn-truth").get_by_role("button", name="4").click()
    expect(tool.page.locator(".nn-verdict output")).to_have_text(digit.wrong(probabilities, 4))
    for link in tool.page.locator(".nn-verdict a").all():
        file, _, name = link.get_attribute("href").partition("#")
        chapter = BeautifulSoup((book / file).read_text(encoding="utf-8"), "html.parser")
        assert chapter.find(id=name), f"{file} has no {name}"
    tool.slider("turn").press("ArrowRight")  # another reading: the verdict is not about it
    expect(tool.page.locator(".nn-verdict")).not_to_be_visible()


# ---------------------------------------------------------------------------- for every reader


def test_a_drawing_is_read_while_it_is_drawn(tool):
    tool.pad.scroll_into_view_if_needed()
    start, *others = [tool.on_screen(point) for point in SEVEN]
    tool.page.mouse.move(*start)
    tool.page.mouse.down()
    for place in others:
        before = tool.says.text_content()
        tool.page.mouse.move(*place, steps=8)
        expect(tool.says).not_to_have_text(before)
    tool.page.mouse.up()
    tool.assert_shows()


def test_under_a_strict_policy(book, new_page):
    script = "addEventListener('securitypolicyviolation', e => (window.violations ??= []).push("
    script += "`${e.violatedDirective}: ${e.blockedURI}`));"
    with serve(book, headers={"Content-Security-Policy": POLICY}) as site, new_page() as page:
        page.add_init_script(script)
        tool = Tool(page).visit(site).start()
        tool.draw(SEVEN)
        tool.assert_shows()
        assert page.evaluate("window.violations ?? []") == []
        assert not tool.watch.faults


def test_only_what_rests_is_spoken(tool):
    """Each with the milliseconds for which it has been shown before it is spoken."""
    tool.page.evaluate("""() => {
      window.spoken = [];
      let shown = 0;
      const watch = (css, seen) =>
        new MutationObserver(seen).observe(document.querySelector(css), {childList: true});
      watch(".nn-says", () => { shown = performance.now(); });
      watch(".nn-voice", ([{target}]) =>
        spoken.push([target.textContent, performance.now() - shown]));
    }""")
    tool.draw(SEVEN)
    said = tool.assert_shows()["says"]
    expect(tool.page.locator(".nn-voice")).to_have_text(said)
    spoken = tool.page.evaluate("spoken.filter(([text]) => text.startsWith('It reads'))")
    assert spoken[-1][0] == said and all(rest > 690 for _, rest in spoken)


def test_the_card_keeps_its_height(tool):
    heights = set()
    for k in range(1, 14):
        tool.page.locator(".nn-examples").select_option(index=k)
        tool.assert_shows()
        heights.add(tool.box.bounding_box()["height"])
    assert len(heights) == 1


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone(opening, width):
    with opening(width=width) as tool:
        tool.start()
        tool.draw(SEVEN)
        tool.assert_shows()
        tool.page.locator(".nn-is-wrong").click()
        assert tool.page.evaluate("document.documentElement.scrollWidth") <= width
        assert tool.page.evaluate(SMALL_TARGETS) == []


def test_every_control_has_a_name(tool):
    tool.draw(SEVEN)
    tool.page.locator(".nn-is-wrong").click()
    for control in tool.page.locator("nn-digit :is(button, select, input, progress)").all():
        if control.is_visible():
            expect(control).to_have_accessible_name(re.compile(r"\w"))
    expect(tool.pad).to_have_accessible_description(re.compile("arrow keys"))
