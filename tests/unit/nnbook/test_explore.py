"""Explorers: what they refuse, what they draw, live and for a page."""

import io
import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnbook.explore import Explorer, explore
from nnbook.frames import Frames, slim

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
    """The HTML that a live explorer shows."""
    return explorer.children[1].children[1].value


def svgs(html):
    return [
        ElementTree.fromstring(unquote(source.split(",", 1)[1]))
        for source in re.findall(r'src="([^"]*)"', html)
    ]


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
    explorer = explore(lambda ax, x: f"{x}", x=values)
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
        drawn.append(slope)
        return f"The line climbs to {slope}, after {len(drawn)} others."

    with pytest.raises(ValueError, match="same picture each time for {'slope': 2}; .* another"):
        explore(remembers, slope=[1, 2], start={"slope": 2})


@pytest.mark.parametrize("answer", [None, "", 3])
def test_draw_without_a_sentence_is_an_error(answer):
    with pytest.raises(TypeError, match="draw must return the read-out"):
        Frames(lambda ax, x: answer).frame(x=1)


def follow(explorer, **indices):
    """What the page shows when the links have carried the controls' indices to the stacks."""
    here = explorer.children[1].children[1]
    for name in explorer.options:
        assert isinstance(here, widgets.Stack)
        here = here.children[indices[name]]
    return here.value


def test_page_holds_every_frame_at_its_place(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    explorer = explore(draw_two, slope=[1, 2, 3], shift=[0, 5], start={"slope": 2})
    for i, slope in enumerate([1, 2, 3]):
        for j, shift in enumerate([0, 5]):
            assert f"slope {slope}, shift {shift}" in follow(explorer, slope=i, shift=j)
    outer = explorer.children[1].children[1]
    assert outer.selected_index == 1
    assert [inner.selected_index for inner in outer.children] == [0, 0, 0]


def test_page_keeps_its_frames_in_order_when_sorted_by_id(monkeypatch):
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    made = [explore(draw_two, slope=[1, 2, 3], shift=[0, 5]) for _ in range(2)]
    ids = [
        frame.model_id
        for explorer in made
        for inner in explorer.children[1].children[1].children
        for frame in inner.children
    ]
    assert len(set(ids)) == 12
    assert ids == sorted(ids)


def test_page_bundle_has_a_picture_for_paper(monkeypatch):
    explorer = explore(draw, slope=[1, 2])
    assert "image/png" not in explorer._repr_mimebundle_()
    monkeypatch.setenv("NNLIB_EXPLORERS", "page")
    assert explorer._repr_mimebundle_()["image/png"].startswith("iVBORw0KGgo")


def test_play_drives_its_control(monkeypatch):
    explorer = explore(draw, slope=[1, 2, 3], play="slope", start={"slope": 2})
    player = explorer.children[0].children[-1]
    assert isinstance(player, widgets.Play)
    assert (player.min, player.max, player.value) == (0, 2, 1)


def test_sentence_is_read_out_and_alt_text_and_escaped():
    html, sentence = Frames(lambda ax, x: 'a "b" < c & d').frame(x=1)
    assert sentence == 'a "b" < c & d'
    assert 'alt="a &quot;b&quot; &lt; c &amp; d"' in html
    assert '<p class="nn-readout">a &quot;b&quot; &lt; c &amp; d</p>' in html


def test_backdrop_is_drawn_once_and_frames_lie_over_it():
    frames = Frames(draw, backdrop)
    base, frame = svgs(frames.backdrop_html())[0], svgs(frames.frame(slope=9)[0])[0]
    assert base.get("viewBox") == frame.get("viewBox")
    ids = [element.get("id", "") for element in frame.iter()]
    assert any(i.startswith("line2d") for i in ids)
    assert not any(i.startswith(("xtick", "ytick", "matplotlib.axis")) for i in ids)


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
    assert frames.backdrop_html()


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
    left, right = svgs(frames.frame(slope=1)[0])
    has_axis = [
        any(e.get("id", "").startswith("xtick") for e in svg.iter()) for svg in (left, right)
    ]
    assert has_axis == [False, True]


def test_frames_are_the_same_in_every_run():
    assert Frames(draw, backdrop).frame(slope=2) == Frames(draw, backdrop).frame(slope=2)


def test_frames_leave_pyplot_and_its_settings_alone():
    before = dict(plt.rcParams)
    Frames(draw, backdrop).frame(slope=2)
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


def test_slim_rounds_coordinates_only():
    svg = '<?xml version="1.0"?>\n<!-- c -->\n<g style="a: 0.123"><path d="M 1.2345 -6.789"/></g>'
    assert slim(svg) == '<g style="a: 0.123"><path d="M 1.2 -6.8"/></g>'


def test_explorer_is_a_widget():
    assert isinstance(explore(draw, slope=[1]), Explorer)
    assert isinstance(explore(draw, slope=[1]), widgets.Widget)
