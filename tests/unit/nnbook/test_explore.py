"""Explorers: what they refuse, what they draw, live and for a page."""

import io
import itertools
import json
import re
import subprocess
import sys
from types import ModuleType
from xml.etree import ElementTree

import ipywidgets as widgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

from nnbook.explore import MIME, Explorer, PageExplorer, explore
from nnbook.frames import Frames

XS = np.linspace(0, 1, 5)


def draw(ax, slope):
    ax.plot(XS, slope * XS)
    return f"The line climbs to {slope}."


def draw_two(ax, slope, shift):
    ax.plot(XS, slope * XS + shift)
    return f"slope {slope}, shift {shift}"


def backdrop(ax):
    ax.plot(XS, XS**2)
    ax.set(xlim=(0, 1), ylim=(0, 4), xlabel="x", ylabel="y")


def html_of(explorer):
    """The picture and the sentence that a live explorer shows."""
    layers, sentence = explorer.children[1], explorer.children[3]
    return "".join(part.value for part in (*layers.children, sentence))


def svg(fragment):
    return ElementTree.fromstring(f"<svg>{fragment}</svg>")


def tags(fragment):
    return [element.tag for element in svg(fragment).iter()]


@pytest.mark.parametrize(
    ("controls", "options", "error", "message"),
    [
        ({}, {}, ValueError, "at least one control"),
        ({"slope": []}, {}, ValueError, "control slope has no values"),
        ({"slope": 3}, {}, TypeError, "control slope must be a list of values, got 3"),
        ({"slope": "abc"}, {}, TypeError, "control slope must be a list of values, got 'abc'"),
        ({"slope": [1, 1]}, {}, ValueError, "control slope offers a value twice"),
        ({"tilt": [1, 2]}, {}, TypeError, r"draw must take .* \(tilt\) as arguments"),
        ({"slope": [1], "shift": [2]}, {}, TypeError, "unexpected keyword argument 'shift'"),
        ({"slope": range(1001)}, {}, ValueError, "1,001 frames, at most 1,000"),
        ({"slope": [1, 2]}, {"start": {"slope": 3}}, ValueError, "takes one of 1, 2"),
        ({"slope": [1, 2]}, {"start": {"tilt": 3}}, ValueError, "start names 'tilt'"),
        ({"slope": [1, 2]}, {"labels": {"tilt": "x"}}, ValueError, "labels names 'tilt'"),
        ({"slope": [1, 2]}, {"play": "tilt"}, ValueError, "play names 'tilt'"),
        ({"slope": [None, 1]}, {}, TypeError, "takes numbers, names or booleans, got None"),
        ({"slope": [(1, 2)]}, {}, TypeError, r"takes numbers, names or booleans, got \(1, 2\)"),
        ({"slope": [1]}, {"start": [1]}, TypeError, "start must be a dict"),
        ({"slope": [1]}, {"labels": "w"}, TypeError, "labels must be a dict"),
        ({"slope": [1]}, {"size": [1, 2, 3]}, ValueError, "size must be .* and no control"),
        ({"slope": [1]}, {"panels": 0}, ValueError, "panels must be a whole number >= 1, got 0"),
        ({"slope": [1]}, {"caption": None}, TypeError, "caption must be a text, got None"),
        ({"slope": [1]}, {"question": 1}, TypeError, "question must be a text, got 1"),
        ({"slope": (0, 10)}, {}, TypeError, r"slope is a pair, \(0, 10\); give all its values"),
        ({"slope": [1]}, {"tries": ["a"]}, TypeError, "tries must be a dict from a text to a dict"),
        ({"slope": [1]}, {"tries": {"a": {}}}, TypeError, "tries must be a dict from a text"),
        ({"slope": [1]}, {"tries": {"a": {"tilt": 1}}}, ValueError, r"tries\['a'\] names 'tilt'"),
        ({"slope": [1]}, {"tries": {"a": {"slope": 2}}}, ValueError, "takes one of 1"),
        (
            {"slope": [1]},
            {"tries": {k: {"slope": 1} for k in "abcd"}},
            ValueError,
            "tries must be at most 3, got 4",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence(controls, options, error, message):
    with pytest.raises(error, match=message) as caught:
        explore(draw, **options, **controls)
    assert "\n" not in str(caught.value)


def test_draw_that_needs_more_than_the_controls_is_refused():
    with pytest.raises(TypeError, match="missing a required argument: 'shift'"):
        explore(draw_two, slope=[1, 2])


def test_repr_is_short_and_the_same_every_time():
    assert repr(explore(draw, slope=[1, 2, 3])) == "Explorer(slope: 3 values)"


@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        ([0.001, 0.5, 10], widgets.SelectionSlider, ("0.001", "0.5", "10")),
        ([False, True], widgets.ToggleButtons, ("off", "on")),
        (["sgd", "adam"], widgets.ToggleButtons, ("sgd", "adam")),
        (list("abcdefg"), widgets.Dropdown, tuple("abcdefg")),
        ([1_234_567, 1_234_568], widgets.SelectionSlider, ("1,234,567", "1,234,568")),
        (np.array([1.0, 2.0]), widgets.SelectionSlider, ("1", "2")),
    ],
)
def test_values_choose_the_widget(values, kind, shown):
    explorer = explore(lambda ax, x: ax.set_title("a") and f"{x}", x=values)
    assert type(explorer.controls["x"]) is kind
    assert explorer.controls["x"].options == shown


def test_starts_where_told_and_follows_its_controls():
    explorer = explore(draw_two, slope=[1, 2], shift=[0, 5], start={"shift": 5})
    assert "slope 1, shift 5" in html_of(explorer)
    explorer.controls["slope"].index = 1
    assert "slope 2, shift 5" in html_of(explorer)


def test_live_frames_are_drawn_on_demand_and_kept():
    drawn = []

    def counted(ax, slope):
        drawn.append(slope)
        return draw(ax, slope)

    explorer = explore(counted, slope=[1, 2, 3])
    assert drawn == [1]
    for index in (2, 0, 2):
        explorer.controls["slope"].index = index
    assert drawn == [1, 3]


def test_error_in_draw_is_shown_live_and_goes_away():
    def broken(ax, slope):
        if slope == 2:
            raise ValueError("slope <2> is broken")
        return draw(ax, slope)

    explorer = explore(broken, slope=[1, 2])
    explorer.controls["slope"].index = 1
    assert "ValueError: slope &lt;2&gt; is broken" in html_of(explorer)
    assert 'role="alert"' in html_of(explorer)
    assert repr(explorer) == "Explorer(ValueError: slope <2> is broken)"  # so nbval sees it
    explorer.controls["slope"].index = 0
    assert "The line climbs to 1." in html_of(explorer)
    assert repr(explorer) == "Explorer(slope: 2 values)"


def test_error_in_draw_fails_the_build(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")

    def broken(ax, slope):
        return draw(ax, 1 / slope)

    with pytest.raises(ZeroDivisionError):
        explore(broken, slope=[1, 0])


def test_draw_with_a_memory_fails_the_build(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    drawn = []

    def remembers(ax, slope):
        draw(ax, slope)
        drawn.append(slope)
        return f"The line climbs to {slope}, after {len(drawn)} others."

    with pytest.raises(ValueError, match="same picture each time for {'slope': 2}; .* another"):
        explore(remembers, slope=[1, 2], start={"slope": 2})


@pytest.mark.parametrize("answer", [None, "", 3])
def test_draw_without_a_sentence_is_an_error(answer):
    with pytest.raises(TypeError, match="draw must return the read-out"):
        Frames(lambda ax, x: answer).frame(x=1)


@pytest.mark.parametrize("behind", [None, backdrop])
def test_draw_that_draws_nothing_at_first_is_an_error(behind):
    frames = Frames(lambda ax, x: x and ax.plot(1, x) and "a" or "nothing", behind)
    with pytest.raises(TypeError, match="draw has drawn nothing for {'x': 0}"):
        frames.frame(x=0)
    frames.frame(x=1)
    frames.frame(x=0)  # later an empty picture may mean something


def test_draw_with_pyplot_is_an_error_and_leaves_no_figure():
    with pytest.raises(TypeError, match=r"on the axes it is given: ax\.plot"):
        Frames(lambda ax, x: plt.plot(x) and "a").frame(x=1)
    assert plt.get_fignums() == []


def page(monkeypatch, *what, **options):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    return explore(*what, **options)


def test_page_holds_every_frame_in_the_order_of_its_controls(monkeypatch):
    explorer = page(monkeypatch, draw_two, slope=[1, 2, 3], shift=[0, 5], start={"slope": 2})
    assert isinstance(explorer, PageExplorer)
    bundle = explorer.bundle()
    name, frames = re.fullmatch(r'nnFrames\("(.*?)",(.*)\);\n', bundle["frames"]).groups()
    assert name == bundle["name"] and name.startswith("draw-two-explorer")
    frames = json.loads(frames)
    for frame, (x, y) in zip(frames, itertools.product([1, 2, 3], [0, 5]), strict=True):
        assert frame == [*explorer.frame(slope=x, shift=y)[0], f"slope {x}, shift {y}"]
    assert len({frame[0] for frame in frames}) == 6
    assert frames[2][0] in bundle["card"] and "slope 2, shift 0</span>" in bundle["card"]


def test_page_bundle_has_a_picture_for_paper(monkeypatch):
    explorer = page(monkeypatch, draw, slope=[1, 2])
    bundle = explorer._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBORw0KGgo")
    assert bundle["text/plain"] == "Explorer(slope: 2 values)"
    assert bundle[MIME]["card"].startswith("<nn-explorer ")
    assert 'class="nn-card nn-still"' in bundle["text/html"]
    assert "The line climbs to 1.</span>" in bundle["text/html"]
    assert "{frames}" not in bundle["text/html"] and ".nn-still" in bundle["text/html"]


def test_explorers_of_one_function_have_names_of_their_own():
    def drawn_again(ax, slope):
        return draw(ax, slope)

    names = [explore(drawn_again, slope=[1]).frames.name for _ in range(3)]
    assert names == [
        "drawn-again-explorer",
        "drawn-again-explorer-2",
        "drawn-again-explorer-3",
    ]


def test_play_drives_its_control():
    explorer = explore(draw, slope=[1, 2, 3], play="slope", start={"slope": 2})
    ((player, control),) = [line.children for line in explorer.children[2].children]
    assert isinstance(player, widgets.Play) and control is explorer.controls["slope"]
    assert (player.min, player.max, player.value) == (0, 2, 1)


def test_a_setting_to_try_is_a_button():
    explorer = explore(
        draw_two, slope=[1, 2], shift=[0, 5], tries={"steep": {"slope": 2}, "up": {"shift": 5}}
    )
    steep, up = explorer.children[4].children
    assert steep.description == "steep"
    steep.click()
    assert "slope 2, shift 0" in html_of(explorer)
    up.click()
    assert "slope 1, shift 5" in html_of(explorer), "from the start, as links on the page"


def test_a_value_is_written_as_its_control_has_it(monkeypatch):
    tries = {"a": {"slope": 0}}
    explorer = page(monkeypatch, draw, slope=[0.0, 1.0], start={"slope": 1}, tries=tries)
    card = explorer.bundle()["card"]
    assert 'href="#draw-explorer' in card and "?slope=0.0" in card
    assert '<option value="1.0" selected>' in card


def test_sentence_is_read_out_and_alt_text_and_escaped():
    def quoted(ax, x):
        ax.plot(x, x)
        return 'a "b" < c & d'

    html = html_of(explore(quoted, x=[1]))
    assert 'aria-label="a &quot;b&quot; &lt; c &amp; d"' in html
    assert '<p class="nn-says">a &quot;b&quot; &lt; c &amp; d</p>' in html


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("w = (-10, -0.5), b = -4", "w = (−10, −0.5), b = −4"),
        (
            "1.757e-05 and 2e+10, 3e5",
            "1.757\u00a0×\u00a010⁻⁵ and 2\u00a0×\u00a010¹⁰, 3\u00a0×\u00a010⁵",
        ),
        ("64-32-10, x-1, step-size, f(x)-1", "64-32-10, x-1, step-size, f(x)-1"),
    ],
)
def test_numbers_are_set_as_numbers(said, read):
    def draw(ax, x):
        ax.plot(x, x)
        return said

    assert Frames(draw).frame(x=1)[1] == read


def test_backdrop_is_drawn_once_and_frames_lie_over_it():
    frames = Frames(draw, backdrop)
    (still,), ((frame,), _) = frames.still, frames.frame(slope=9)
    assert tags(still).count("text") > 5 and "text" not in tags(frame)
    assert [e.get("style") for e in svg(frame).iter("path")] == [
        "fill:none;stroke:var(--f-1);stroke-width:2;stroke-linecap:square"
    ]


def everything(ax, x):
    """Much of what a draw may do to its axes."""
    bars = ax.bar([0.2, 0.4 * x], [1, 2], label=f"bars {x}")
    ax.bar_label(bars)
    ax.plot([0, x], [0, 1], label=f"line {x}")
    ax.set(title=f"title {x}", xlim=(-x, x), ylabel=f"y {x}", yscale="symlog")
    ax.imshow([[0, x], [x, 0]], extent=(0, 1, 0, 1), aspect="auto")
    ax.figure.text(0, 0, f"figure {x}")
    ax.legend()
    ax.annotate(f"here {x}", (0, 0), (0.5, 0.5), arrowprops={})
    return f"everything {x}"


def more_axes(ax, x):
    ax.twinx().plot([0, 1], [x, 0])
    ax.figure.colorbar(ax.imshow([[0, x], [x, 0]]), ax=ax)
    return everything(ax, x)


@pytest.mark.parametrize("before", [everything, more_axes, draw])
def test_what_a_frame_has_drawn_is_gone_in_the_next_one(before):
    """Axes are used again: the result is that of new ones."""
    for after, values in ((everything, {"x": 2}), (draw, {"slope": 3})):
        used = Frames(before, backdrop)
        used.frame(**{"slope" if before is draw else "x": 1})
        used.draw = after
        assert used.frame(**values) == Frames(after, backdrop).frame(**values)


def test_draw_cannot_move_the_limits_of_the_backdrop():
    def wild(ax, x):
        ax.plot([0, 100], [0, 100])
        ax.set_xlim(-50, 50)
        return "wild"

    frames = Frames(wild, backdrop)
    expected = frames.base[0].get_position().bounds
    seen = []
    frames.draw = lambda ax, x: seen.append(ax) or wild(ax, x)
    frames.frame(x=1)
    assert seen[0].get_xlim() == (0, 1) and seen[0].get_ylim() == (0, 4)
    assert seen[0].get_position().bounds == expected


def test_backdrop_may_only_set_limits_and_labels():
    frames = Frames(draw, lambda ax: ax.set(xlim=(0, 1), ylim=(0, 4), ylabel="y"))
    seen = []
    frames.draw = lambda ax, x: seen.append(ax) or draw(ax, x)
    frames.frame(x=9)
    assert seen[0].get_ylim() == (0, 4)
    assert "text" in tags(frames.still[0])


def test_frames_lie_exactly_over_any_scale():
    def symlog(ax):
        ax.plot([-1, 1], [-1, 1])
        ax.set_xscale("symlog", linthresh=0.1)

    frames, seen = Frames(draw, symlog), []
    frames.draw = lambda ax, x: seen.append(ax) or draw(ax, x)
    frames.frame(x=1)
    for point in ((0.5, 0.5), (-0.02, 0.1)):
        there = frames.base[0].transData.transform(point)
        assert seen[0].transData.transform(point) == pytest.approx(there)


def test_paper_is_white_and_has_the_colours_of_the_page():
    image = plt.imread(io.BytesIO(Frames(draw, backdrop).png(slope=2)))
    assert image[0, 0].tolist() == [1, 1, 1, 1]


def test_panel_without_backdrop_is_drawn_whole():
    def left_only(axes):
        backdrop(axes[0])

    def both(axes, slope):
        axes[1].hist(XS * slope)
        return draw(axes[0], slope)

    frames = Frames(both, left_only, panels=2)
    pictures, _ = frames.frame(slope=1)
    assert ["text" in tags(picture) for picture in pictures] == [False, True]
    assert [bool(still) for still in frames.still] == [True, False]


def test_frames_are_the_same_in_every_run():
    assert Frames(draw, backdrop).frame(slope=2) == Frames(draw, backdrop).frame(slope=2)


def test_frames_leave_pyplot_and_its_settings_alone():
    before = dict(plt.rcParams)
    Frames(draw, backdrop).frame(slope=2)
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


def test_explorer_is_a_widget():
    assert isinstance(explore(draw, slope=[1]), Explorer)
    assert isinstance(explore(draw, slope=[1]), widgets.Widget)


def test_a_backdrop_is_sent_once_and_each_frame_by_itself():
    """To a notebook's page, which may be far from its kernel."""

    def backdrop(ax):
        ax.set(xlim=(0, 1), ylim=(0, 3), xlabel="stays")

    explorer = explore(draw, backdrop=backdrop, slope=[1, 2])
    below, above = explorer.children[1].children
    assert "stays" in below.value and "stays" not in above.value
    sent = []
    below.observe(sent.append, "value")
    above.observe(sent.append, "value")
    explorer.controls["slope"].index = 1
    assert [change["owner"] for change in sent] == [above]
    assert "nn-frame" in above.value and "nn-backdrop" in below.value


def test_a_widget_has_a_still_picture_beside_it():
    explorer = explore(draw, caption="What the marks are.", slope=[1, 2])
    data = explorer._repr_mimebundle_()
    assert data["text/plain"] == "Explorer(slope: 2 values)"
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    assert data["image/png"].startswith("iVBORw0KGgo")
    with_caption, without = (
        plt.imread(io.BytesIO(explorer.frames.png(words, slope=1)))
        for words in ("What the marks are.", "")
    )
    assert with_caption.shape[0] > without.shape[0]  # a line more


def test_an_explorer_with_an_error_has_no_picture_beside_it():
    def fails(ax, slope):
        raise ZeroDivisionError("at first")

    bundle = explore(fails, slope=[1, 2])._repr_mimebundle_()
    assert bundle["text/plain"] == "Explorer(ZeroDivisionError: at first)"
    assert "image/png" not in bundle


CELL = """
from nnbook.explore import explore

def draw(ax, slope):
    ax.plot([0, 1], [0, slope])
    return f"The line climbs to {slope}."

explore(draw, caption="What the marks are.", slope=[1, 2])
"""


@pytest.mark.slow
def test_nbconvert_shows_the_still_picture(tmp_path):
    """It executes a notebook with nobody there: no widget that would be dead in its page."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    nbformat.write(book, tmp_path / "book.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "book.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    html = (tmp_path / "book.html").read_text(encoding="utf-8")
    output = BeautifulSoup(html, "html.parser").select_one(".jp-OutputArea-child")
    assert output.img["src"].startswith("data:image/png;base64,iVBORw0KGgo")
    assert not output.select("script")


def test_a_slider_goes_between_its_values_where_draw_does(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")

    def goes(ax, a):
        ax.plot([0, a])
        return f"a is {a}"

    def looks_up(ax, a):
        ax.plot([0, {1.0: 1, 2.0: 2}[a]])
        return f"a is {a}"

    def warns(ax, a):
        ax.plot([0, np.mean([a] if a in (1, 2) else [])])
        return f"a is {a}"

    free = {
        draw.__name__: explore(draw, a=[1.0, 2.0]).options["a"].free
        for draw in [goes, looks_up, warns]
    }
    assert free == {"goes": True, "looks_up": False, "warns": False}


def test_the_line_of_python_names_the_function_as_the_notebook_does(monkeypatch):
    """As its own, as one of a module it has imported; else as the function calls itself."""
    notebook, room = ModuleType("__main__"), ModuleType("room")
    room.draw = draw
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")

    def call():
        explorer = explore(draw, slope=[1, 2])
        return re.search('data-call="([^"]*)"', explorer.bundle()["card"])[1]

    assert call() == "draw(ax, {})"
    notebook.figures = room
    assert call() == "figures.draw(ax, {})"
    notebook.draw = draw_two  # another of that name
    assert call() == "figures.draw(ax, {})"
    notebook.draw = draw
    assert call() == "draw(ax, {})"
