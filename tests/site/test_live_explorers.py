"""Explorers with Python in the page: values between the stored ones, and what can be dragged.

Python's own picture is not compared here (the cells' tests do that): where the ring is drawn that
was dragged, what stands beside the slider and in the sentence, and what an address brings back.
"""

import re

import pytest
from driver import Watch
from playwright.sync_api import expect

PATIENCE = 300_000  # ms until Python runs, and with it what the cell needs
LOOK = """card => {
  const slider = name => card.querySelector(`[data-name="${name}"]`);
  const range = slider("w").querySelector("input");
  return {
    value: slider("w").querySelector("select").selectedOptions[0].text,
    spoken: range.getAttribute("aria-valuetext"),
    place: Number(range.value),
    sentence: card.querySelector(".nn-says > span").textContent,
    busy: Boolean(card.live?.busy),
  };
}"""
# Where the drawn point is on the screen, and where the mark is that moves it: their middles.
MIDDLES = """card => {
  const middle = ({left, top, width, height}) => [left + width / 2, top + height / 2];
  const drawn = [...card.querySelectorAll(".nn-frame use, .nn-frame g > path")].at(-1);
  return [drawn, card.querySelector(".nn-mark")].map(node => middle(node.getBoundingClientRect()));
}"""
WHOLE = "card => card.controls.map(control => control.index).every(Number.isInteger)"


class Card:
    """The explorer of the page *Make your own explorer* that has a point to drag."""

    def __init__(self, page, site):
        self.page, self.watch = page, Watch(page)
        self.address = f"{site}/appendix/explorers.html"
        self.box = page.locator("#draw-error-explorer")
        self.layer = self.box.locator(".nn-drag")
        self.range = self.box.locator('[data-name="w"] input')

    def visit(self, hash=""):
        self.page.goto("about:blank")
        self.page.goto(self.address + hash)
        return self

    def start(self):
        self.box.locator(".nn-enliven").click()
        expect(self.layer).to_be_attached(timeout=PATIENCE)
        self.settle()
        return self

    def settle(self):
        self.page.wait_for_function(
            "() => !document.querySelector('#draw-error-explorer').live?.busy"
        )

    def look(self):
        self.settle()
        return self.box.evaluate(LOOK)

    def on_screen(self, x, y):
        """The middle of the layer is at (0, 0.5) of the data; here as shares of its sides."""
        self.layer.scroll_into_view_if_needed()
        box = self.layer.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def mark(self):
        box = self.box.locator(".nn-mark").bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def assert_drawn_where_marked(self):
        self.settle()
        drawn, marked = self.box.evaluate(MIDDLES)
        assert drawn == pytest.approx(marked, abs=1)

    def slide_to(self, share):
        """Press the mouse at a share of the slider's way."""
        self.range.scroll_into_view_if_needed()
        box = self.range.bounding_box()
        x = box["x"] + 12 + share * (box["width"] - 24)
        self.page.mouse.click(x, box["y"] + box["height"] / 2)
        self.settle()

    def query(self):
        return self.page.evaluate("location.hash").partition("?")[2]


@pytest.fixture(scope="module")
def card(site, new_page):
    """With Python running, as most tests need it; each test leaves the page as it likes."""
    with new_page() as page:
        yield Card(page, site).visit().start()


@pytest.fixture(autouse=True)
def fresh(request):
    if "card" in request.fixturenames:
        card = request.getfixturevalue("card")
        card.box.evaluate("card => card.reset()")
        card.watch.faults.clear()
        yield
        assert card.watch.faults == []
    else:
        yield


def sentence_of(w, x="2"):
    return rf"w = {re.escape(w)}: at x = {re.escape(x)} the output is .* off\."


def test_a_slider_stands_between_its_values(card):
    card.slide_to(0.4)
    look = card.look()
    assert look["place"] == pytest.approx(1.2, abs=0.05)
    assert 1.0 < float(look["value"]) < 2.0 and look["value"] not in ("1", "2")
    assert look["spoken"] == look["value"]
    assert re.fullmatch(sentence_of(look["value"]), look["sentence"])
    card.page.wait_for_function(f"location.hash.endsWith('w={look['value']}')")
    assert card.query() == f"w={look['value']}"


def test_near_a_stored_value_it_stands_on_it(card):
    card.slide_to(0.337)
    assert card.look()["value"] == "1"
    assert card.box.evaluate("card => card.shown") is not None  # the stored frame
    assert card.box.locator('[data-name="w"] option').count() == 4


@pytest.mark.parametrize(
    ("key", "value"), [("ArrowRight", "2"), ("ArrowLeft", "1"), ("Home", "0.5"), ("End", "4")]
)
def test_keys_go_to_the_next_value_that_is_offered(card, key, value):
    card.slide_to(0.5)
    card.range.press(key)
    look = card.look()
    assert (look["value"], look["spoken"]) == (value, value)
    assert re.fullmatch(sentence_of(value), look["sentence"])


def test_a_finger_chooses_any_value(site, new_page):
    with new_page(width=390, height=800, has_touch=True, is_mobile=True) as page:
        card = Card(page, site).visit().start()
        card.range.scroll_into_view_if_needed()
        box = card.range.bounding_box()
        page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
        card.settle()
        look = card.look()
        assert not look["place"].is_integer()
        assert re.fullmatch(sentence_of(look["value"]), look["sentence"])
        card.layer.scroll_into_view_if_needed()
        begin, end = card.mark(), card.on_screen(0.25, 0.25)
        touch = page.context.new_cdp_session(page)
        for kind, points in [("Start", [begin]), ("Move", [end]), ("End", [])]:
            points = [{"x": x, "y": y} for x, y in points]
            touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
        assert card.mark() == pytest.approx(end, abs=2)
        card.assert_drawn_where_marked()
        assert card.watch.faults == []


def test_the_mouse_drags_the_point(card):
    begin, end = card.mark(), card.on_screen(0.25, 0.3)
    card.page.mouse.move(*card.mark())
    card.page.mouse.down()
    card.page.mouse.move(*end, steps=5)
    assert card.mark() == pytest.approx(end, abs=2) and begin != end
    card.page.mouse.up()
    card.assert_drawn_where_marked()
    assert re.search(r"at x = -?−?3", card.look()["sentence"])
    card.page.mouse.move(*card.on_screen(0.9, 0.9), steps=3)  # it has been let go
    assert card.mark() == pytest.approx(end, abs=2)


def test_who_presses_elsewhere_drags_nothing(card):
    before = card.mark()
    card.page.mouse.move(*card.on_screen(0.1, 0.1))
    card.page.mouse.down()
    card.page.mouse.move(*card.on_screen(0.5, 0.5))
    card.page.mouse.up()
    assert card.mark() == before


def test_keys_move_the_point_and_put_it_back(card):
    card.layer.focus()
    label = card.layer.get_attribute("aria-label")
    assert label == "point: x = 2, y = 0.2"
    card.layer.press("ArrowLeft")
    assert card.layer.get_attribute("aria-label") == "point: x = 1.88, y = 0.2"
    card.layer.press("Shift+ArrowUp")
    assert card.layer.get_attribute("aria-label") == "point: x = 1.88, y = 0.31"
    card.assert_drawn_where_marked()
    expect(card.box.locator(".nn-reset")).to_be_visible()
    card.page.wait_for_function("location.hash.includes('point=1.88%2C0.31')")
    card.layer.press("Home")
    assert card.layer.get_attribute("aria-label") == label
    for _ in range(12):
        card.layer.press("Shift+ArrowRight")
    assert "x = 6," in card.layer.get_attribute("aria-label")  # the axes' end
    card.assert_drawn_where_marked()


def test_reset_puts_everything_back(card):
    first = card.box.locator(".nn-frame").first.inner_html()
    card.slide_to(0.6)
    card.layer.press("Shift+ArrowUp")
    card.settle()
    card.box.locator(".nn-reset").click()
    assert card.look()["value"] == "0.5"
    assert card.box.locator(".nn-frame").first.inner_html() == first
    assert card.box.evaluate("card => card.address") == "#draw-error-explorer"
    expect(card.box.locator(".nn-reset")).to_be_hidden()


def test_python_for_what_is_shown_can_be_copied(card):
    card.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card.slide_to(0.4)
    card.layer.press("ArrowLeft")
    card.settle()
    value = card.look()["value"]
    card.box.locator(".nn-copy-python").click()
    expect(card.box.locator(".nn-copy-python")).to_have_text("Copied")
    copied = card.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"draw_error(ax, w={value}, point=(1.88, 0.2))"
    card.box.locator(".nn-copy-link").click()
    expect(card.box.locator(".nn-copy-link")).to_have_text("Copied")
    link = card.page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"#draw-error-explorer?w={value}&point=1.88%2C0.2")


def test_an_address_is_restored_once_python_runs(site, new_page):
    with new_page() as page:
        card = Card(page, site).visit("#draw-error-explorer?w=1.3&point=-3,0.9")
        look = card.look()  # the nearest that is stored
        assert (look["value"], look["place"]) == ("1", 1)
        assert re.fullmatch(sentence_of("1"), look["sentence"])
        assert card.box.evaluate("card => card.query") == "w=1.3&point=-3%2C0.9"
        card.start()
        look = card.look()
        assert (look["value"], look["spoken"]) == ("1.3", "1.3")
        assert look["sentence"].startswith("w = 1.3: at x = −3 ")
        card.assert_drawn_where_marked()
        page.reload()
        assert card.box.evaluate("card => card.query") == "w=1.3&point=-3%2C0.9"
        assert card.watch.faults == []


@pytest.mark.parametrize("query", ["w=x&point=y", "w=&point=1", "point=1,2,3", "w=1e999&point=,"])
def test_an_address_without_sense_is_the_start(card, query):
    card.box.evaluate("(card, query) => card.set(query)", query)
    look = card.look()
    assert look["value"] == "0.5"
    assert card.layer.get_attribute("aria-label") == "point: x = 2, y = 0.2"


def test_a_point_beyond_the_axes_stays_at_their_end(card):
    card.box.evaluate("card => card.set('point=99,-99')")
    assert card.layer.get_attribute("aria-label") == "point: x = 6, y = −0.05"
    card.assert_drawn_where_marked()


INK = """
def draw_ink(ax, w, ink=np.zeros((3, 4))):
    ax.imshow(ink, cmap="Greys", vmin=0, vmax=1)
    return f"{w}: {np.flatnonzero(ink).tolist()}"

explore(draw_ink, w=[1, 2], drag="ink")
"""
POINTS = """
def draw_points(ax, w, dots=np.array([[0.25, 0.25], [0.75, 0.75]])):
    ax.plot(*dots.T, "o")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return f"{w}: {dots.tolist()}"

explore(draw_points, w=[1, 2], drag="dots")
"""


def test_an_explorer_of_the_readers_own(site, new_page):
    """Another cell in the place of the book's: pixels first, then points."""
    with new_page() as page:
        card = Card(page, site).visit().start()
        cell = page.locator("div.cell", has=card.box)
        cell.get_by_role("button", name="Edit", exact=True).click()
        cell = page.locator("div.cell", has=page.locator("textarea"))
        assert_ink_is_drawn(page, run(cell, INK, "draw-ink-explorer"))
        assert_points_move(page, run(cell, POINTS, "draw-points-explorer"))
        cell.get_by_role("button", name="Undo", exact=True).click()
        expect(page.locator("#draw-error-explorer")).to_be_visible()
        assert card.watch.faults == []


def run(cell, source, name):
    cell.locator("textarea").fill(source)
    cell.locator("textarea").press("Shift+Enter")
    box = cell.page.locator(f"#{name}")
    expect(box.locator(".nn-drag")).to_be_visible(timeout=PATIENCE)
    return box


def assert_ink_is_drawn(page, box):
    layer, says = box.locator(".nn-drag"), box.locator(".nn-says > span")
    layer.scroll_into_view_if_needed()
    area = layer.bounding_box()
    places = [((k + 0.5) * area["width"] / 4, 0.5 * area["height"] / 3) for k in range(3)]
    layer.click(position=dict(zip("xy", places[0], strict=True)))
    expect(says).to_have_text("1: [0]")
    page.mouse.move(area["x"] + places[1][0], area["y"] + places[1][1])  # a stroke over two
    page.mouse.down()
    page.mouse.move(area["x"] + places[2][0], area["y"] + places[2][1], steps=6)
    page.mouse.up()
    expect(says).to_have_text("1: [0, 1, 2]")
    for key in ("ArrowDown", "ArrowLeft", " "):
        layer.press(key)
    expect(says).to_have_text("1: [0, 1, 2, 5]")
    expect(layer).to_have_attribute("aria-label", "ink, row 2, column 2: turned round")
    layer.press("Home")
    expect(says).to_have_text("1: []")
    box.evaluate("card => card.set('ink=3;99;x;11')")
    expect(says).to_have_text("1: [3, 11]")


def assert_points_move(page, box):
    layer, says = box.locator(".nn-drag"), box.locator(".nn-says > span")
    layer.focus()
    for key in ("PageDown", "PageDown", "Shift+ArrowDown"):
        layer.press(key)
    expect(says).to_have_text("1: [[0.25, 0.25], [0.75, 0.65]]")
    expect(layer).to_have_attribute("aria-label", "dots, 2 of 2: x = 0.75, y = 0.65")
    layer.scroll_into_view_if_needed()
    area = layer.bounding_box()
    page.mouse.move(area["x"] + 0.26 * area["width"], area["y"] + 0.74 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 0.5 * area["height"], steps=4)
    page.mouse.up()
    expect(says).to_have_text(re.compile(r"1: \[\[0.5\d*, 0.5\d*\], \[0.75, 0.65\]\]|.*0.49.*"))
    assert box.evaluate("card => card.query").startswith("dots=0%3A")


def test_a_python_that_starts_afresh_leaves_stored_frames(site, new_page):
    with new_page() as page:
        card = Card(page, site).visit().start()
        card.slide_to(0.5)
        page.get_by_role("button", name="Run the code on this page").click()
        page.get_by_role("button", name="Start Python afresh").click()
        assert card.box.evaluate(WHOLE)
        expect(card.layer).not_to_be_attached()
        expect(card.box.locator(".nn-enliven")).to_be_visible()
        assert card.watch.faults == []
