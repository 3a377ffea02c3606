"""The playground in a real browser: Python starts on a click, and the book's own network learns."""

import re

import pytest
from driver import Watch, serve
from playwright.sync_api import expect

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:"
)
PATIENCE = 180_000  # ms, for Python to start on a busy machine
EPOCH = re.compile(r"Epoch (\d+)")
LOSS = re.compile(r"training: loss ([\d.]+)")
TARGETS = """
tool => [...tool.querySelectorAll("button, select, input[type=range], label:has([type=radio])")]
  .filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect())
  .filter(r => r.height < 43.5 || r.width < 43.5).length
"""
# What a program prints that runs in the page's Python, as a reader may run it in a cell.
RUN = """async (source) => {
  const { python } = await import("./_static/live/python.js");
  const texts = [];
  await python.run(source, ({ kind, text }) => kind === "stream" && texts.push(text));
  return texts.join("");
}"""


def open_page(page, site, hash=""):
    watch = Watch(page)
    page.goto(f"{site}/playground.html{hash}")
    page.wait_for_load_state("networkidle")
    return watch


def start(page):
    page.get_by_role("button", name="Start").press("Enter")
    expect(page.locator(".nn-train")).to_be_focused(timeout=PATIENCE)


def epoch(page):
    return int(EPOCH.search(page.locator(".nn-state").inner_text())[1])


def loss(page):
    return float(LOSS.search(page.locator(".nn-state").inner_text())[1])


def go_to(page, query):
    """Follow a link to a setting; the tool is at its beginning then."""
    page.evaluate("query => { location.hash = `playground?${query}`; }", query)
    expect(page.locator(".nn-state")).to_have_text(re.compile("Epoch 0"))


def picture(page, name):
    return page.locator(name).evaluate("canvas => canvas.toDataURL()")


@pytest.fixture(scope="module")
def tool(site, new_page):
    """The page with Python running, for all tests that start from a setting of their own."""
    with new_page() as page:
        watch = open_page(page, site)
        start(page)
        yield page
        assert watch.faults == []


def test_nothing_is_loaded_before_the_click(site, new_page):
    with new_page() as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        watch = open_page(page, site)
        expect(page.locator("nn-playground .nn-panel")).to_have_count(2)
        expect(page.get_by_role("button", name=re.compile(r"Start: \d\d MB"))).to_be_visible()
        names = {url.split("?")[0].rsplit("/", 1)[-1] for url in asked if "/live/" in url}
        assert names == {"engine.js", "playground.js"}
        assert watch.faults == []


def test_without_scripts_the_picture_and_a_sentence_stand(site, new_page):
    with new_page(java_script_enabled=False) as page:
        page.goto(f"{site}/playground.html")
        expect(page.locator("nn-playground")).to_contain_text("this page needs scripts")
        expect(page.locator("nn-playground .nn-panel").first).to_be_visible()
        expect(page.locator("nn-playground button")).to_be_hidden()


def test_under_a_strict_policy_it_trains_as_well(book, new_page):
    with serve(book, headers={"Content-Security-Policy": POLICY}) as strict, new_page() as page:
        watch = open_page(page, strict)
        start(page)
        page.get_by_role("button", name="One epoch").click()
        expect(page.locator(".nn-state")).to_contain_text("Epoch 1,")
        assert watch.faults == []


def test_when_python_is_stopped_start_brings_it_back(site, new_page):
    with new_page() as page:
        watch = open_page(page, site, "#playground?layers=3")
        start(page)
        page.get_by_role("button", name="Train").click()
        page.evaluate("async () => (await import('./_static/live/python.js')).python.stop()")
        expect(page.locator(".nn-tool")).to_be_hidden()
        start(page)
        expect(page.get_by_label("Hidden layers")).to_have_attribute("aria-valuetext", "3")
        expect(page.locator(".nn-state")).to_contain_text("Epoch 0")
        assert watch.faults == []


def test_training_moves_the_loss_down_until_it_is_paused(tool):
    go_to(tool, "layers=1")
    tool.get_by_role("button", name="One epoch").click()
    expect(tool.locator(".nn-state")).to_contain_text("Epoch 1,")
    first, before = loss(tool), picture(tool, ".nn-plane")
    tool.get_by_role("button", name="Train").click()
    tool.wait_for_function("() => Number(/Epoch (\\d+)/.exec(document.body.innerText)[1]) > 20")
    tool.get_by_role("button", name="Pause").click()
    expect(tool.get_by_role("button", name="Train")).to_be_visible()
    spoken = re.compile(r"^Epoch (?!1,)")  # what was under way has arrived
    expect(tool.locator(".nn-voice")).to_have_text(spoken)
    at = epoch(tool)
    assert loss(tool) < first and picture(tool, ".nn-plane") != before
    tool.wait_for_timeout(300)
    assert epoch(tool) == at
    tool.get_by_role("button", name="One epoch").click()
    expect(tool.locator(".nn-state")).to_contain_text(f"Epoch {at + 1},")
    tool.get_by_role("button", name="Reset").click()
    expect(tool.locator(".nn-state")).to_contain_text("Epoch 0")


def test_it_pauses_when_nobody_looks(tool):
    go_to(tool, "layers=0")
    tool.get_by_role("button", name="Train").click()
    tool.evaluate("""() => {
      Object.defineProperty(document, "hidden", {get: () => true, configurable: true});
      document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
      delete document.hidden;
    }""")
    expect(tool.get_by_role("button", name="Train")).to_be_visible()


def test_a_link_is_the_setting_and_a_control_writes_it(tool):
    go_to(tool, "data=circles&layers=3&optimizer=Adam")
    expect(tool.get_by_label("Data", exact=True)).to_have_value("1")
    expect(tool.get_by_label("Hidden layers")).to_have_attribute("aria-valuetext", "3")
    tool.get_by_label("Hidden layers").press("ArrowLeft")
    tool.wait_for_function("() => location.hash === '#playground?data=circles&optimizer=Adam'")
    tool.get_by_label("Activation").select_option(label="relu")
    tool.wait_for_function("() => location.hash.includes('activation=relu')")
    expect(tool.locator(".nn-state")).to_contain_text("Epoch 0")


def test_a_reload_keeps_the_setting(site, new_page):
    with new_page() as page:
        watch = open_page(page, site, "#playground?width=2&lr=1")
        start(page)
        expect(page.get_by_label("Units in each")).to_have_attribute("aria-valuetext", "2")
        page.reload()
        start(page)
        expect(page.get_by_label("Learning rate")).to_have_attribute("aria-valuetext", "1")
        assert watch.faults == []


def test_a_link_with_a_fault_starts_with_a_sentence(site, new_page):
    with new_page() as page:
        open_page(page, site, "#playground?layers=99")
        start(page)
        sentence = "layers must be one of 0, 1, 2, 3, 4, got 99"
        expect(page.locator(".nn-tool > .nn-problem")).to_contain_text(sentence)
        expect(page.get_by_label("Hidden layers")).to_have_attribute("aria-valuetext", "2")


def test_the_rate_is_moved_on_the_way_and_stands_in_the_code(tool):
    go_to(tool, "layers=1&width=3")
    tool.get_by_role("button", name="One epoch").click()
    expect(tool.locator(".nn-state")).to_contain_text("Epoch 1,")
    tool.get_by_label("Learning rate").press("ArrowLeft")
    tool.get_by_role("button", name="One epoch").click()
    expect(tool.locator(".nn-state")).to_contain_text("Epoch 2, learning rate 0.1;")
    tool.get_by_text("As code", exact=True).last.click()
    code = tool.locator(".nn-code pre")
    expect(code).to_contain_text("epochs=1, resume=history")
    program = code.inner_text()
    assert "Linear(2, 3, glorot_normal)" in program and "optimizer.lr = 0.1" in program
    shown = tool.evaluate("() => document.querySelector('nn-playground').view.now.loss")
    assert tool.evaluate(RUN, f"{program}\nprint(repr(history.loss[-1]))").split()[-1] == repr(
        shown
    )
    names = {}
    exec(program, names)  # another machine: its last digits may be others
    assert names["history"].loss[-1] == pytest.approx(shown, rel=1e-4)
    tool.get_by_text("As code", exact=True).last.click()


def test_points_are_set_by_mouse_and_by_keyboard(tool):
    go_to(tool, "data=own&points=1,1,1")
    plane = tool.locator(".nn-plane")
    box = plane.bounding_box()
    tool.get_by_label("blue").check()
    plane.click(position={"x": box["width"] / 4, "y": box["height"] * 3 / 4})
    tool.wait_for_function("() => location.hash.split(';').length === 2")
    x, y, label = tool.evaluate("() => location.hash").split(";")[1].split(",")
    assert abs(float(x) + 1) < 0.05 and abs(float(y) + 1) < 0.05 and label == "0"
    tool.get_by_label("orange").check()
    tool.get_by_label("x", exact=True).press("End")
    tool.get_by_label("y", exact=True).press("ArrowRight")
    tool.get_by_role("button", name="Set point").press("Enter")
    tool.wait_for_function("() => location.hash.endsWith(';2,0.1,1')")
    tool.get_by_role("button", name="Take back").click()
    tool.wait_for_function("() => location.hash.split(';').length === 2")
    tool.get_by_role("button", name="Clear all").click()
    tool.get_by_role("button", name="One epoch").click()
    expect(tool.locator(".nn-tool > .nn-problem")).to_contain_text("nothing to learn from")


def test_a_run_that_diverges_says_so_and_pauses(tool):
    go_to(tool, "activation=linear&lr=10")
    tool.get_by_role("button", name="Train").click()
    expect(tool.locator(".nn-tool > .nn-problem")).to_contain_text("Diverged: the loss was")
    expect(tool.get_by_role("button", name="Train")).to_be_visible()


def test_controls_have_names_and_room_for_a_finger(tool):
    go_to(tool, "data=own")
    assert tool.locator(".nn-tool").evaluate(TARGETS) == 0
    nameless = "tool => [...tool.querySelectorAll('input, select')].filter(e => !e.labels.length)"
    assert tool.locator(".nn-tool").evaluate(f"{nameless}.length") == 0


def test_pictures_follow_the_theme(tool):
    go_to(tool, "data=own")
    light = picture(tool, ".nn-network")
    theme = tool.evaluate("() => document.documentElement.dataset.theme")
    other = "dark" if theme == "light" else "light"
    tool.evaluate("theme => { document.documentElement.dataset.theme = theme; }", other)
    tool.wait_for_timeout(100)
    assert picture(tool, ".nn-network") != light
    tool.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)


def test_what_is_heard_is_the_rest_and_not_the_way(tool):
    go_to(tool, "layers=1")
    voice = tool.locator(".nn-voice")
    tool.get_by_role("button", name="Train").click()
    before = voice.inner_text()
    tool.wait_for_timeout(400)
    assert voice.inner_text() == before
    tool.get_by_role("button", name="Pause").click()
    expect(voice).to_have_text(re.compile(r"Epoch [1-9]"))


def test_a_phone_needs_no_sideways_scroll(site, new_page):
    with new_page(width=320, height=640, has_touch=True) as page:
        open_page(page, site, "#playground?data=own&layers=4&width=8")
        start(page)
        page.get_by_text("As code", exact=True).last.click()
        expect(page.locator(".nn-code pre")).to_contain_text("import numpy")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


def test_those_who_want_little_to_move_get_few_pictures(site, new_page):
    with new_page(reduced_motion="reduce") as page:
        open_page(page, site, "#playground?layers=0&n=20")
        start(page)
        page.get_by_role("button", name="Train").click()
        expect(page.locator(".nn-state")).to_contain_text(re.compile(r"Epoch \d*[02468]0,"))
        page.get_by_role("button", name="Pause").click()


def test_it_learns_in_firefox_too(site, firefox):
    with firefox.new_page() as page:
        watch = Watch(page)
        page.goto(f"{site}/playground.html")
        page.wait_for("() => document.querySelector('.nn-start button').checkVisibility()")
        page.locator(".nn-start button").click()
        page.wait_for(
            "() => document.querySelector('.nn-train')?.checkVisibility()", seconds=PATIENCE / 1000
        )
        page.locator(".nn-train").click()
        page.wait_for("() => document.querySelector('nn-playground').view.epoch > 20")
        losses = page.evaluate("() => document.querySelector('nn-playground').view.curves.loss")
        assert losses[-1] < 0.7 * losses[0]
        assert watch.faults == []
