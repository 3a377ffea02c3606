"""Marks of a plot, each drawn where it stands."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from nnbook.colours import Colours
from nnbook.frames import STYLE, book_style
from nnbook.marks import DEFS, HREF, PATH, USE, draw_in_place
from nnbook.svg import fragment

SIZE = np.array([288, 216])  # points
PLACES = [(0.25, 0.25), (0.5, 0.75), (0.875, 0.125)]
AT = [(72, 162), (144, 54), (252, 189)]  # in the picture, from its upper left corner


def drawn(paint):
    """What ``paint`` adds to axes that fill the picture, from (0, 0) to (1, 1)."""
    with book_style():
        fig = Figure(figsize=SIZE / 72)
        ax = fig.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
        ax.set_axis_off()
        paint(ax)
        return ElementTree.fromstring(f"<svg>{fragment(fig, Colours(), 'a-')}</svg>")


def points(places=PLACES, fmt="o", **style):
    return drawn(lambda ax: ax.plot(*np.transpose(places), fmt, **style))


def style(element):
    return dict(part.split(":") for part in element.get("style").split(";"))


def starts(path):
    return [tuple(map(float, m)) for m in re.findall(r"M (-?[\d.]+) (-?[\d.]+)", path.get("d"))]


def circles(svg):
    return [tuple(float(c.get(name)) for name in ("cx", "cy", "r")) for c in svg.iter("circle")]


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 2), min_size=1, max_size=30))
def test_points_of_one_colour_are_one_path_of_dots(places):
    svg = points(places, markersize=4, markeredgewidth=1)
    (path,) = svg.iter("path")
    expected = np.array(places) * SIZE * (1, -1) + (0, SIZE[1])
    assert np.array(starts(path)) == pytest.approx(expected, abs=0.051)
    assert set(re.findall("[a-z][^a-zM]*", path.get("d"))) <= {"l 0 0 ", "l 0 0"}
    assert style(path) == {
        "stroke": "var(--f-1)",
        "stroke-width": "5",  # the size, and half an edge at each side
        "stroke-linecap": "round",
    }
    assert svg.find(".//use") is None and svg.find(".//circle") is None


def test_dots_without_an_edge_have_the_size_of_their_points():
    (path,) = points(markersize=4, markeredgewidth=0).iter("path")
    assert style(path)["stroke-width"] == "4"


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        ({"alpha": 0.5}, {"fill-opacity": "0.5", "stroke-opacity": "0.5"}),
        ({"mec": "w"}, {"fill": "var(--f-1)", "stroke": "var(--f-paper)"}),
        ({"mfc": "none"}, {"fill-opacity": "0", "stroke": "var(--f-1)"}),
    ],
)
def test_points_that_show_what_is_below_or_have_an_edge_are_circles(look, expected):
    svg = points(markersize=5, **look)
    assert circles(svg) == [(*place, 2.5) for place in AT]
    for circle in svg.iter("circle"):
        assert expected.items() <= style(circle).items()
    assert svg.find(".//use") is None


@pytest.mark.parametrize("look", [{}, {"alpha": 0.5}])
def test_marks_of_straight_lines_keep_their_shape_and_overlap_as_they_did(look):
    """A triangle's tip is half its size above its place."""
    paths = list(points(fmt="^", markersize=6, **look).iter("path"))
    assert [starts(path) for path in paths] == [[(x, y - 3)] for x, y in AT]
    assert all(path.get("d").endswith("l -3 6 6 0 z") for path in paths)


def test_faces_are_never_one_path():
    """Of a shape that turns both ways, two that overlap would leave a hole."""
    bow_tie = [(-1, -1), (1, 1), (1, -1), (-1, 1)]
    svg = points(fmt="none", linestyle="", marker=bow_tie, markersize=40)
    assert [path.get("d").count("M") for path in svg.iter("path")] == [1, 1, 1]


def test_crosses_are_one_path_unless_something_shows_through():
    (crosses,) = points(fmt="x", markersize=4).iter("path")
    assert starts(crosses)[:2] == [(70, 164), (70, 160)]
    assert len(list(points(fmt="x", markersize=4, alpha=0.5).iter("path"))) == 3


def test_dashed_edges_begin_where_they_did():
    look = {"s": 200, "lw": 4, "ls": "--", "ec": "face"}
    svg = drawn(lambda ax: ax.scatter(*np.transpose(PLACES * 3), **look))
    assert svg.find(".//circle") is None
    uses = list(svg.iter("use"))
    assert len(uses) == len(PLACES * 3)
    assert all("stroke-dasharray" in use.get("style") for use in uses)


def test_rings_are_circles():
    svg = drawn(lambda ax: ax.scatter(*np.transpose(PLACES * 3), s=25, fc="none", ec="k"))
    assert circles(svg) == [(*place, 2.5) for place in AT * 3]
    for circle in svg.iter("circle"):
        assert style(circle) == {"fill": "none", "stroke": "var(--f-ink)"}


def test_points_of_several_colours_stay_in_their_order():
    colours = ["#0072b2", "#0072b2", "#d55e00"] * 3
    svg = drawn(lambda ax: ax.scatter(*np.transpose(PLACES * 3), c=colours, s=9, linewidth=0))
    assert [starts(path) for path in svg.iter("path")] == [[at] for at in AT * 3]
    names = {"#0072b2": "var(--f-1)", "#d55e00": "var(--f-2)"}
    assert [style(path)["stroke"] for path in svg.iter("path")] == [names[c] for c in colours]
    assert {style(path)["stroke-width"] for path in svg.iter("path")} == {"3"}


def test_a_shape_outside_of_the_picture_leaves_nothing():
    """Matplotlib refers to a path of which it has cut away everything."""
    root = ElementTree.Element("svg")
    defs, group = ElementTree.SubElement(root, DEFS), ElementTree.SubElement(root, "g")
    ElementTree.SubElement(defs, PATH, {"id": "m1", "style": "stroke: #44617b"})
    ElementTree.SubElement(group, USE, {HREF: "#m1", "x": "0", "y": "9", "style": "fill: #4a98c9"})
    draw_in_place(root)
    assert [node.tag for node in root.iter()] == ["svg", DEFS, "g"]


def test_ticks_are_lines():
    svg = drawn(lambda ax: ax.set(xticks=[0.25, 0.5]) and ax.set_axis_on())
    ticks = [p.get("d") for p in svg.iter("path") if re.search("l 0 3.5$", p.get("d"))]
    assert ticks == ["M 72 216 l 0 3.5", "M 144 216 l 0 3.5"]
    assert svg.find(".//use") is None


def test_letters_and_shapes_with_other_curves_are_referred_to():
    """A letter "l" is of straight lines, and none of it may go."""
    svg = drawn(lambda ax: ax.text(0.5, 0.5, "$l_1$"))
    kept = {path.get("id") for path in svg.iter("path")}
    assert {use.get("href")[1:] for use in svg.iter("use")} == kept and len(kept) == 2
    moons = drawn(lambda ax: ax.scatter(*np.transpose(PLACES * 3), marker="$)$"))
    kept = {path.get("id") for path in moons.iter("path")}
    assert {use.get("href")[1:] for use in moons.iter("use")} == kept
    assert len(list(moons.iter("use"))) == len(PLACES * 3)


def test_black_that_matplotlib_leaves_out_is_ink():
    """By day it would be right by chance; by night it would be black on black."""
    for path in points(fmt="k^").iter("path"):
        assert "fill" not in style(path)
    css = STYLE.with_name("explorer.css").read_text(encoding="utf-8")
    rule = re.search(r"\.nn-panel \{([^}]*)\}", css)[1]
    assert "fill: var(--f-ink);" in rule
    (dots,) = points(fmt="ko").iter("path")
    assert style(dots)["stroke"] == "var(--f-ink)"
