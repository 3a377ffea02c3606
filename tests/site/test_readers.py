"""Explorers for every reader: without scripts, under a strict policy, on paper, on any screen.

What holds for each explorer of the book is in test_pages.py; here it is one page or two.
"""

import io
import re
from types import SimpleNamespace
from urllib.parse import urlencode

import matplotlib.pyplot as plt
import nbformat
import pytest
from book_files import ROOT
from bookbuild.mistakes import chapters
from driver import Watch, serve
from driver.page import COUNT_SHIFTS, MATH_IS_SET, cards, opened_cards
from PIL import Image
from playwright.sync_api import expect

from nnbook import explore
from nnbook.frames import readable

PAGE = "appendix/explorers"
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:"
)
WIDTHS = [320, 390, 768, 1280, 1600]
SHIFT_LIMIT = 0.02
TABS = 25

HIGHER_WITH = """
(box, sentences) => {
  const height = () => Math.round(box.getBoundingClientRect().height);
  const shown = box.querySelector(".nn-says > span");
  const [before, sentence] = [height(), shown.textContent];
  const higher = sentences.filter(text => {
    shown.textContent = text;
    return height() !== before;
  });
  shown.textContent = sentence;
  return higher;
}
"""
COUNT_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => violations.push(
  `${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));
"""
LIST_WATCHED = """
window.watched = new Set();
const {observe, unobserve} = IntersectionObserver.prototype;
IntersectionObserver.prototype.observe = function(target) {
  watched.add(target);
  observe.call(this, target);
};
IntersectionObserver.prototype.unobserve = function(target) {
  watched.delete(target);
  unobserve.call(this, target);
};
"""
OVER_A_CARD = """
() => {
  const button = document.querySelector("#pst-back-to-top");
  const {top, bottom} = button.getBoundingClientRect();
  return button.checkVisibility({visibilityProperty: true}) &&
    [...document.querySelectorAll("nn-explorer")].filter(card => {
      const box = card.getBoundingClientRect();
      return box.top < bottom && box.bottom > top;
    }).map(card => card.id).join();
}
"""
# What the scrolling calls for has been done.
TWO_FRAMES = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
# What moves by itself, but for the line that says that frames are on their way.
ANIMATED = """document.getAnimations().map(a => a.animationName).filter(n => n !== "nn-wait")"""
# A link within the page, until its address has been heard of.
FOLLOWED = """link => new Promise(done => {
  addEventListener("hashchange", () => setTimeout(done), {once: true});
  link.click();
})"""
OVER_THE_TEXT = """
() => [...document.querySelectorAll("body *")]
  .filter(e => getComputedStyle(e).position === "fixed" && e.checkVisibility()
    && e.getBoundingClientRect().width * e.getBoundingClientRect().height > 0)
  .map(e => e.id || e.className)
"""


@pytest.fixture
def opening(book, site, new_page):
    """Open a page of the book as some reader does; its explorers, and what goes wrong."""
    contexts = []

    def opening(name=PAGE, fragment="", *, address=None, script=None, **options):
        context = new_page(**options)
        page = context.__enter__()
        contexts.append(context)
        watch = Watch(page, ("http://127.0.0.1:", "file:", "data:", "blob:"))
        if script:
            page.add_init_script(script)
        page.goto(f"{address or site}/{name}.html{fragment}")
        page.wait_for_load_state("networkidle")
        controls = opened_cards(page, book / f"{name}.html")
        assert controls, f"{name} has no explorers"
        return SimpleNamespace(page=page, controls=controls, watch=watch)

    yield opening
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture
def chapter(book):
    """A page with five explorers, formulas and folds, unless only the other page is built."""
    return "chapters/neuron" if cards(book / "chapters/neuron.html") else PAGE


def at_the_ends(controls):
    """Move each control to its last value by the keyboard; the setting."""
    setting = dict(controls.start)
    for name in setting:
        setting[name] = controls.by_keyboard(name, "End", setting[name])
    return setting


def luminance(color):
    """Of "rgb(…)" or a triple: how light it is, from 0 to 1 (WCAG 2.2)."""
    if isinstance(color, str):
        color = [float(part) for part in re.findall(r"[\d.]+", color)[:3]]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in map(_unit, color)
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _unit(part):
    return part / 255


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def style(locator, name):
    return locator.evaluate(f"e => getComputedStyle(e).getPropertyValue('{name}')")


def photograph(locator):
    return Image.open(io.BytesIO(locator.screenshot())).convert("RGB")


# ---- Without scripts, without a host ----


@pytest.mark.parametrize("how", ["switched off", "forbidden"])
def test_without_scripts_picture_and_words_are_there(how, book, opening):
    """No control is shown that can't answer."""
    with serve(book, headers={"Content-Security-Policy": "script-src 'none'"}) as forbidding:
        off = how == "switched off"
        seen = opening(address=None if off else forbidding, java_script_enabled=not off)
        for controls in seen.controls:
            box = controls.box
            drawings, sentence = controls.card.frame(controls.start)
            expect(box.locator(".nn-ask")).to_be_visible()
            expect(box.get_by_role("img", name=sentence, exact=True)).to_be_visible()
            expect(box.locator(".nn-frame")).to_have_count(len(drawings))
            expect(box.locator(".nn-says > span")).to_have_text(sentence)
            for part in (".nn-controls", ".nn-reset", ".nn-share"):
                expect(box.locator(part), part).to_be_hidden()
        captions = seen.page.locator("nn-explorer .nn-caption")
        assert captions.count()
        expect(captions.first).to_be_visible()


def test_pages_open_from_a_disk(book, opening):
    seen = opening(address=book.as_uri())
    for controls in seen.controls:
        controls.assert_shows(at_the_ends(controls))
    assert seen.watch.faults == []


def test_a_strict_policy_takes_nothing_away(book, opening, chapter):
    """Explorers, formulas and the switch of the theme work where no script may be in the page."""
    with serve(book, headers={"Content-Security-Policy": POLICY}) as strict:
        seen = opening(chapter, address=strict, script=COUNT_VIOLATIONS, color_scheme="light")
        for controls in seen.controls:
            controls.assert_shows(at_the_ends(controls))
        assert_formulas_are_set(seen.page)
        assert_theme_switches(seen.page, seen.controls[0].box)
        assert seen.page.evaluate("violations") == []
        assert seen.watch.faults == []


def assert_formulas_are_set(page):
    formula = page.locator(".bd-article .math").first
    formula.scroll_into_view_if_needed()
    expect(formula.locator("mjx-container")).to_be_visible(timeout=15_000)


def assert_theme_switches(page, box):
    """To dark and back; a picture's text stands out from the ground, and nothing is inverted."""
    root, text = page.locator("html"), box.locator(".nn-panel text").first
    seen = {}
    for _ in range(3):  # light, dark, and as the system is
        page.locator("button.theme-switch-button:visible").first.click()
        ground = style(page.locator("body"), "background-color")
        seen[root.get_attribute("data-theme")] = luminance(ground) < 0.5
        assert contrast(ground, style(text, "fill")) >= 4.5
        assert style(box.locator(".nn-panel").first, "filter") == "none"
    assert seen == {"light": False, "dark": True}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_first_visit_has_its_colours_at_once(scheme, opening):
    """Before the theme's script, which comes last: no flash, and nothing is laid out anew."""
    watch_theme = """
    new MutationObserver(() => {
      window.themes = [...window.themes ?? [], document.documentElement.dataset.theme];
    }).observe(document, {subtree: true, attributeFilter: ["data-theme"]});
    """
    page = opening(color_scheme=scheme, script=watch_theme).page
    assert set(page.evaluate("themes")) == {scheme}


def test_what_scrolls_is_a_stop_for_the_keyboard_and_nothing_else(opening, chapter):
    page = opening(chapter, width=390).page
    stops = page.locator("article pre").evaluate_all(
        "all => all.filter(e => e.checkVisibility())"
        ".map(e => [e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight, e.tabIndex])"
    )
    assert {True, False} == {scrolls for scrolls, _ in stops}
    assert all(index == (0 if scrolls else -1) for scrolls, index in stops)


# ---- Colours, paper ----


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_show_what_is_chosen_and_where_a_slider_lies(scheme, opening):
    seen = opening(forced_colors="active", color_scheme=scheme)
    looks = "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.color]; }"
    for controls in seen.controls:
        for radios in controls.box.locator(".nn-choice").all():
            chosen = radios.locator(":checked + span").evaluate(looks)
            others = radios.locator(":not(:checked) + span").all()
            assert others and all(other.evaluate(looks)[0] != chosen[0] for other in others)
            assert contrast(*chosen) >= 4.5
        for slider in controls.box.locator("[type=range]").all():
            slider.press("Home")
            image = photograph(slider)
            x, middle = int(0.85 * image.width), image.height // 2
            ground = image.getpixel((x, 1))
            track = [image.getpixel((x, y)) for y in range(middle - 6, middle + 7)]
            assert max(contrast(ground, pixel) for pixel in track) >= 3, "the track can't be seen"
        for panel in controls.box.locator(".nn-panel").all():
            image = photograph(panel)
            counts = sorted(image.getcolors(image.width * image.height), reverse=True)
            ground = counts[0][1]
            clear = sum(n for n, color in counts if contrast(ground, color) >= 3)
            assert clear >= 0.004 * image.width * image.height, "the picture has no clear lines"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_is_light_and_has_all_that_can_be_read(theme, opening, chapter):
    remember = f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
    seen = opening(chapter, script=remember)
    page = seen.page
    assert page.locator("html").get_attribute("data-theme") == theme
    closed = page.locator("details:not([open])").count()
    moved = {c.card.name: at_the_ends(c) for c in seen.controls[:2]}
    for controls in seen.controls[:2]:
        controls.assert_shows(moved[controls.card.name])
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    ground = style(page.locator("body"), "background-color")
    assert luminance(ground) > 0.9 or ground == "rgba(0, 0, 0, 0)", ground
    words = page.locator("article.bd-article :is(p, h2, li, .nn-says > span)")
    for color in set(words.evaluate_all("all => all.map(e => getComputedStyle(e).color)")):
        assert contrast((255, 255, 255), color) >= 4.5, f"text of {color} on white paper"
    expect(page.locator("details:not([open])")).to_have_count(0)
    assert page.evaluate(ANIMATED) == [], "a sheet is one frame of it"
    expect(page.get_by_text("Hide code cell").locator("visible=true")).to_have_count(0)
    assert page.evaluate(OVER_THE_TEXT) == [], "fixed over the text of each sheet"
    for controls in seen.controls:
        text = controls.box.locator(".nn-panel text").first
        assert contrast((255, 255, 255), style(text, "fill")) >= 4.5
        expect(controls.box.locator(".nn-pictures")).to_be_visible()
        expect(controls.box.locator(".nn-says > span")).to_be_visible()
        controls.assert_shows(controls.start)  # paper has no controls, and the text speaks of it
        captions = controls.box.locator(".nn-caption")
        assert captions.count() == captions.locator("visible=true").count()
        for part in (".nn-controls", ".nn-share", ".nn-reset"):
            expect(controls.box.locator(part), part).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    for controls in seen.controls[:2]:
        controls.assert_shows(moved[controls.card.name])
    expect(page.locator("details:not([open])")).to_have_count(closed)
    assert page.locator("html").get_attribute("data-theme") == theme


def test_a_dark_page_prints_as_a_light_one_does(opening):
    sizes = []
    for theme in ("light", "dark"):
        remember = f"localStorage.mode = localStorage.theme = '{theme}'"
        page = opening(script=remember).page
        page.wait_for_function(MATH_IS_SET)
        pdf = page.pdf()
        assert pdf.startswith(b"%PDF")
        sizes.append(len(pdf))
    assert 20_000 < min(sizes) and max(sizes) < 3_000_000, sizes
    assert max(sizes) < 1.02 * min(sizes), f"printed from light, from dark: {sizes} bytes"


# ---- Screens ----


@pytest.mark.parametrize("width", WIDTHS)
def test_on_any_screen_a_card_keeps_one_height(width, opening):
    seen = opening(width=width)
    for controls in seen.controls:
        setting, heights = dict(controls.start), set()
        for name in setting:
            for key in ("End", "Home"):
                setting[name] = controls.by_keyboard(name, key, setting[name])
                controls.assert_shows(setting)
                heights.add(round(controls.box.bounding_box()["height"]))
        assert len(heights) == 1, f"{controls.card.name} has heights of {heights} px"
    assert_nothing_sticks_out(seen.page, width)


def assert_nothing_sticks_out(page, width):
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width} px"


def test_a_chapter_fits_any_screen(opening, chapter):
    """Every sentence of every frame finds its room in the card as it is."""
    seen = opening(chapter)
    for width in WIDTHS:
        seen.page.set_viewport_size({"width": width, "height": 900})
        assert_nothing_sticks_out(seen.page, width)
        for controls in seen.controls:
            sentences = sorted({frame[-1] for frame in controls.card.frames})
            higher = controls.box.evaluate(HIGHER_WITH, sentences)
            assert higher == [], f"{controls.card.name} grows at {width} px with {higher}"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", chapters())
def test_nothing_moves_while_a_page_loads(name, width, opening):
    page = opening(name, width=width, script=COUNT_SHIFTS).page
    page.wait_for_function(MATH_IS_SET)
    page.wait_for_timeout(500)
    shifts = page.evaluate("shifts")
    total = sum(value for value, _ in shifts)
    assert total < SHIFT_LIMIT, f"what is on the screen shifts by {total:.3f}: {shifts}"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_link_to_an_explorer_ends_there(width, book, opening, chapter):
    """Formulas above it may take another height when they are set."""
    last = cards(book / f"{chapter}.html")[-1].name
    controls = opening(chapter, f"#{last}", width=width).controls[-1]
    controls.box.page.wait_for_function(MATH_IS_SET)
    controls.box.page.wait_for_timeout(500)
    top = controls.box.bounding_box()["y"]
    assert 0 <= top < 200, f"{last} lies at {top:.0f} px"


def test_a_screen_reader_finds_every_heading(opening, chapter):
    """What a browser passes over, to be quicker, it tells no screen reader (content-visibility)."""
    page = opening(chapter).page
    page.wait_for_function(MATH_IS_SET)
    tools = page.context.new_cdp_session(page)
    nodes = tools.send("Accessibility.getFullAXTree")["nodes"]
    found = [n for n in nodes if not n["ignored"] and n["role"]["value"] == "heading"]
    shown = "all => all.filter(heading => heading.checkVisibility()).length"
    headings = page.locator("h1, h2, h3, h4, h5, h6, [role=heading]")
    assert len(found) == headings.evaluate_all(shown) > 10


def test_the_title_of_a_fold_can_be_touched(opening, chapter):
    folds = opening(chapter, width=390).page.locator("article details > summary")
    height = "e => e.getBoundingClientRect().height"
    heights = folds.evaluate_all(f"all => all.filter(e => e.checkVisibility()).map({height})")
    assert heights and round(min(heights), 1) >= 44
    assert max(heights) < 44 + 4 * 24, "a title of some lines is one of text, not of buttons"


def test_the_themes_menus_open(opening):
    """Their script hears every click, and asks whom it was for (bookbuild.theme)."""
    page = opening().page
    button = page.get_by_role("button", name="Download this page")
    for part, state in [(button, "true"), (button.locator("svg"), "false")]:
        part.click()
        expect(button).to_have_attribute("aria-expanded", state)
    page.locator("[data-bs-toggle=tooltip]").first.hover()
    expect(page.get_by_role("tooltip")).to_be_visible()


# ---- Fingers ----


def test_a_finger_moves_a_slider_and_follows_a_link(opening):
    seen = opening(width=390, height=844, has_touch=True, is_mobile=True)
    controls = seen.controls[1]
    text, setting = controls.card.tries[0]
    controls.box.get_by_role("link", name=text, exact=True).tap()
    controls.assert_shows(setting)
    name = next(name for name in setting if controls.kind(name) == "slider")
    drag(seen.page, controls.control(name).locator("[type=range]"))
    controls.assert_shows(setting | {name: controls.last(name)})
    assert seen.watch.faults == []


def drag(page, slider):
    """Move a finger from where the thumb is to the slider's right end."""
    slider.scroll_into_view_if_needed()
    box, share = slider.bounding_box(), slider.evaluate("s => s.value / s.max")
    start, end, thumb = box["x"] + 12, box["x"] + box["width"] - 12, 24
    y, x = box["y"] + box["height"] / 2, start + share * (box["width"] - thumb)
    touches = page.context.new_cdp_session(page)
    path = [x + (end - x) * step / 8 for step in range(9)]
    for kind, at in [("touchStart", x), *(("touchMove", at) for at in path), ("touchEnd", None)]:
        points = [] if at is None else [{"x": at, "y": y}]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.mark.parametrize("width", [390, 1100])  # on wider screens the theme has none
def test_back_to_top_lies_on_no_card(width, opening):
    """The theme shows it near the lower edge of the screen to who scrolls up."""
    page = opening(width=width, height=600).page
    shown = []
    for y in range(page.evaluate("document.body.scrollHeight - innerHeight"), 600, -300):
        page.evaluate("y => scrollTo({top: y, behavior: 'instant'})", y)
        page.evaluate(TWO_FRAMES)
        page.wait_for_function(f"() => !({OVER_A_CARD.strip()})()")
        shown.append(page.locator("#pst-back-to-top").is_visible())
    assert any(shown) and not all(shown)


# ---- Settings that are kept ----


@pytest.mark.parametrize("late", [False, True])
def test_a_setting_survives_reload_and_a_visit_elsewhere(late, opening):
    """Also far below, where nobody has scrolled to; and whichever of the page's scripts runs first.

    Controls and picture agree.
    """
    seen = opening(height=300)
    first, second, *others = seen.controls
    settings = [at_the_ends(first), at_the_ends(second), *(each.start for each in others)]
    query = urlencode(second.card.query(settings[1]))  # all of it, not only a first part
    seen.page.wait_for_url(lambda url: url.endswith(f"#{second.card.name}?{query}"))
    if late:
        seen.page.route("**/explorer.js*", answer_after_the_page)
    for return_to in (
        seen.page.reload,
        seen.page.reload,
        lambda: (seen.page.goto("about:blank"), seen.page.go_back()),
    ):
        return_to()
        seen.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        for controls, setting in zip(seen.controls, settings, strict=True):
            controls.assert_shows(setting)


def answer_after_the_page(route):
    """As a slow line may do it with a script that the page doesn't wait for."""
    route.request.frame.wait_for_load_state("domcontentloaded")
    route.continue_()


def test_an_address_sets_its_explorer_and_no_other(opening):
    seen = opening(fragment="#draw-neuron-explorer?b=4&w=7&colour=red")
    first, second, *others = seen.controls
    second.assert_shows(second.card.named({"b": "4", "w": "4"}))  # w: the nearest there is
    for each in (first, *others):
        each.assert_shows(each.start)
    expect(second.box).to_be_in_viewport()
    heading = seen.page.locator("article section h2 a.headerlink").first
    heading.evaluate(FOLLOWED)  # to another place of the page
    second.assert_shows(second.card.named({"b": "4", "w": "4"}))


def test_a_link_to_a_setting_is_undone_and_done_again(opening):
    seen = opening()
    page, controls = seen.page, seen.controls[1]
    for text, setting in controls.card.tries:
        link = controls.box.get_by_role("link", name=text, exact=True)
        link.click()
        controls.assert_shows(setting)
        expect(link).to_have_attribute("aria-current", "true")
        page.go_back()
        controls.assert_shows(controls.start)
        page.go_forward()
        controls.assert_shows(setting)
        page.go_back()
    link = page.get_by_role("link", name="a weight of 4")  # in the text
    link.click()
    controls.assert_shows(controls.card.named({"w": "4"}))
    expect(controls.box).to_be_in_viewport()
    expect(link).to_have_attribute("aria-current", "true")
    page.go_back()
    controls.assert_shows(controls.start)
    assert seen.watch.faults == []


def test_frames_are_asked_for_when_a_reader_comes_near(opening):
    """By the screen, or by the focus of the keyboard, which may be far ahead of it."""
    page = opening("chapters/optimizers").page
    page.wait_for_timeout(500)
    loaded = page.locator("nn-explorer").evaluate_all("all => all.map(card => !!card.frames)")
    assert loaded[0] and not any(loaded[2:])
    page.locator("nn-explorer").last.locator("[type=range], select").first.evaluate(
        "control => control.focus({preventScroll: true})"
    )
    page.wait_for_function("() => [...document.querySelectorAll('nn-explorer')].at(-1).frames")
    page.locator("nn-explorer").nth(2).scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelectorAll('nn-explorer')[2].frames")


def test_a_saved_page_goes_on_from_the_picture_that_it_was_saved_with(opening, new_page, book):
    """A browser saves the elements as they are, and of a slider where it was at the start."""
    seen = opening()
    setting = at_the_ends(seen.controls[1])
    seen.controls[1].assert_shows(setting)
    saved = seen.page.content()
    for frames_are_there in (True, False):
        with new_page() as page:
            page.route(
                "**/explorers.html",
                lambda route: route.fulfill(body=saved, content_type="text/html"),
            )
            if not frames_are_there:
                page.route("**/frames/**", lambda route: route.abort())
            page.goto(seen.page.url.partition("#")[0])
            controls = opened_cards(page, book / f"{PAGE}.html")
            controls[1].assert_shows(setting)
            assert page.locator(".nn-next").count() == len(controls) + 1
            if frames_are_there:
                controls[1].box.get_by_role("button", name="Reset", exact=True).click()
                controls[1].assert_shows(controls[1].start)
            else:
                controls[1].by_keyboard("b", "Home", setting["b"])
                said = ", ".join(
                    f"{controls[1].card.labels[n]} = {controls[1].words[n][k]}"
                    for n, k in setting.items()
                )
                expect(controls[1].box.locator(".nn-problem")).to_contain_text(f"is for {said}.")


def test_a_setting_is_copied_as_a_link_and_as_python(opening):
    """The line of Python, executed, draws the frame and says the sentence that the page shows."""
    seen = opening(permissions=["clipboard-read", "clipboard-write"])
    page, code = seen.page, namespace(PAGE)
    for controls in seen.controls:
        setting = at_the_ends(controls)
        controls.assert_shows(setting)
        controls.box.get_by_role("button", name="Copy link", exact=True).click()
        expect(controls.box.get_by_role("button", name="Copied", exact=True)).to_be_visible()
        other = opening(
            fragment=page.evaluate("navigator.clipboard.readText()").partition(".html")[2]
        )
        place = seen.controls.index(controls)
        other.controls[place].assert_shows(setting)
        controls.box.get_by_role("button", name="Copy as Python", exact=True).click()
        page.wait_for_function("async () => !(await navigator.clipboard.readText()).includes('#')")
        line = page.evaluate("navigator.clipboard.readText()")
        axes = plt.figure().subplots(1, controls.card.panels, squeeze=False)[0]
        said = eval(line, code | {"ax": axes[0] if len(axes) == 1 else list(axes)})
        plt.close("all")
        assert readable(said) == controls.card.frame(setting)[1], line
        assert all(ax.has_data() for ax in axes), f"{line} has drawn nothing"


def namespace(name):
    """What a notebook's cells define; explorers are not made."""
    code = {"__name__": "__main__"}
    original, explore.explore = explore.explore, lambda *args, **kwargs: None
    try:
        for cell in nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, name, "exec"), code)
    finally:
        explore.explore = original
    return code


# ---- Frames that don't come; ways for the keyboard, and for the ear ----


# A page as it is while it is on its way: its beginning, to the first explorer's end.
BEGINNING = """async () => {
  const text = await (await fetch(location.href)).text();
  const end = text.indexOf("</nn-explorer>");
  window.rest = text.slice(end);
  document.open();
  document.write(text.slice(0, end));
}"""


def test_an_explorer_answers_before_the_rest_of_the_page_is_there(site, new_page, book):
    with new_page() as page:
        address = f"{site}/{PAGE}.html"
        empty = {"body": "", "content_type": "text/html; charset=utf-8"}
        page.route(address, lambda route: route.fulfill(**empty))
        page.goto(address)
        page.unroute(address)
        page.evaluate(BEGINNING)
        first, *others = opened_cards(page, book / f"{PAGE}.html")
        expect(first.box).to_have_attribute("role", "group")  # it is awake
        moved = at_the_ends(first)
        first.assert_shows(moved)
        assert page.evaluate("document.readyState") == "loading" and others
        page.evaluate("document.write(rest), document.close()")
        for controls in others:
            expect(controls.box).to_have_attribute("role", "group")
            controls.assert_shows(at_the_ends(controls))
        first.assert_shows(moved)


def test_frames_that_do_not_come_are_told_and_asked_for_again(opening, new_page, site, book):
    with new_page() as page:
        page.route("**/frames/**", lambda route: route.abort())
        page.goto(f"{site}/{PAGE}.html")
        controls = opened_cards(page, book / f"{PAGE}.html")[1]
        setting = dict(controls.start)
        setting["b"] = controls.by_keyboard("b", "End", setting["b"])
        alert = controls.box.get_by_role("alert")
        expect(alert).to_contain_text(re.compile("could not be loaded"))
        expect(alert).to_contain_text(f"bias b = {controls.words['b'][controls.start['b']]}")
        shown = controls.box.locator(".nn-says > span")
        expect(shown).to_have_text(controls.card.frame(controls.start)[1])
        page.unroute("**/frames/**")
        alert.get_by_role("button", name="Try again", exact=True).click()
        controls.assert_shows(setting)
        expect(alert).to_have_count(0)


def test_the_last_explorer_is_near_for_the_keyboard(opening, chapter):
    """Tab, and Enter on a link to the next explorer; formulas are no stops on the way."""
    seen = opening(chapter)
    page, last = seen.page, seen.controls[-1]
    assert_formulas_are_set(page)
    page.evaluate("""() => {
      const start = document.querySelector("article.bd-article");
      start.tabIndex = -1;
      start.focus();
    }""")
    stops = []
    while len(stops) <= TABS and not reached(last, page):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        stops.append(focused.inner_text() or focused.get_attribute("class"))
        if focused.get_attribute("class") == "nn-next" and "Back" not in stops[-1]:
            page.keyboard.press("Enter")
    assert len(stops) <= TABS, f"the last explorer is not reached within {TABS} tabs: {stops}"
    name = next(iter(last.start))
    page.wait_for_timeout(200)
    moved = last.by_keyboard(name, 1, last.start[name])
    last.assert_shows(last.start | {name: moved})
    formulas = page.locator("article mjx-container:is([tabindex='0'], :has([tabindex='0']))")
    expect(formulas).to_have_count(0)


def reached(controls, page):
    return controls.box.evaluate("box => box.contains(document.activeElement)")


def test_a_card_reads_from_the_question_to_the_links(opening):
    """In the tree that a screen reader is given: a group, and its parts in order."""
    controls = opening().controls[1]
    sentence = controls.card.frame(controls.start)[1]
    expect(controls.box.locator("..")).to_match_aria_snapshot(f"""
      - group "Which of the two moves the curve, and which turns it?":
        - /children: equal
        - link "Next explorer"
        - paragraph
        - 'img "{sentence}"'
        - text: weight w
        - combobox "weight w, value"
        - slider "weight w"
        - button "Play bias b"
        - text: bias b
        - combobox "bias b, value"
        - slider "bias b"
        - paragraph: "{sentence}"
        - paragraph:
          - text: Try
          - link "a large bias"
          - link "a small weight"
        - paragraph: /^Dashed/
        - paragraph:
          - button "Copy link"
          - button "Copy as Python"
          - button /^Run Python to take any value/
        - status
        - status
    """)
    play = controls.box.locator(".nn-play")
    play.click()
    expect(play).to_have_accessible_name("Pause bias b")
    assert play.get_attribute("aria-pressed") is None


def test_short_style_sheets_keep_what_only_scripts_and_keys_need(opening, chapter):
    """Elements that MathJax makes stand in no page, and the focus of the keyboard has no name."""
    page = opening(chapter).page
    formula = page.locator("div.math").first
    formula.scroll_into_view_if_needed()
    container = formula.locator("mjx-container")
    expect(container).to_be_visible(timeout=15_000)
    # asked until it holds: an element that MathJax has just put another in place of has no style
    expect(container).to_have_css("overflow-x", "auto")
    page.keyboard.press("Tab")
    link = page.locator("article.bd-article p a.reference").first
    link.focus()
    expect(link).to_have_css("outline-style", "solid")


def test_formulas_are_set_as_a_reader_comes_near(opening, chapter):
    """Paragraphs are watched: a browser looks at all that is watched for each new picture."""
    page = opening(chapter, script=LIST_WATCHED).page
    page.wait_for_function(MATH_IS_SET)
    waiting, ends = page.locator("mjx-lazy"), "[...watched].filter(e => e.matches('mjx-lazy'))"
    before = waiting.count()
    assert before > 100 and page.evaluate(ends) == []
    last = page.locator("article p:visible > span.math").last
    last.scroll_into_view_if_needed()
    expect(last.locator("mjx-lazy")).to_have_count(0)
    page.wait_for_function(MATH_IS_SET)
    assert 50 < waiting.count() < before
    done = "p => watched.has(p) && !p.querySelector('mjx-lazy')"
    paragraphs = page.locator("article p:has(> span.math)")
    assert paragraphs.evaluate_all(f"all => all.filter({done}).length") == 0
    watched = paragraphs.evaluate_all("all => all.filter(p => watched.has(p)).length")
    assert 20 < watched < before / 2


def test_no_style_sheet_asks_what_elements_have(opening):
    """For each new picture a browser would look at all elements that ``:has`` is said of."""
    page = opening().page
    sheets = page.locator("link[rel=stylesheet]").evaluate_all("all => all.map(l => l.href)")
    assert len(sheets) == 3
    for sheet in sheets:
        assert ":has(" not in page.request.get(sheet).text(), sheet


def test_the_sentence_is_spoken_when_a_move_has_come_to_rest(opening):
    controls = opening().controls[1]
    voice = controls.box.locator(".nn-voice")
    expect(voice).to_have_attribute("aria-live", "polite")
    expect(voice).to_be_empty()  # nothing was moved
    setting = at_the_ends(controls)
    expect(voice).to_have_text(controls.card.frame(setting)[1])
