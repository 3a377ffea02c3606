"""Pictures as SVG of the page, and their colours by day and by night."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from nnbook.colours import NAMED, Colours, dark, linear_rgb, oklab
from nnbook.frames import STYLE, book_style
from nnbook.plots import halo
from nnbook.svg import HALO, _distance, _lines, _thinned, fragment

EDGE = ("stroke-width", "stroke-opacity")
COLOUR = st.tuples(*[st.integers(0, 255)] * 3).map(lambda rgb: "#{:02x}{:02x}{:02x}".format(*rgb))


def drawn(paint, prefix="a-"):
    """The fragment of what ``paint`` does to axes, as an element, and its colours."""
    colours = Colours()
    with book_style():
        fig = Figure(figsize=(4, 3))
        paint(fig.add_subplot())
        text = fragment(fig, colours, prefix)
    return ElementTree.fromstring(f"<svg>{text}</svg>"), colours


def styles(element):
    return [e.get("style", "") for e in element.iter()]


def test_words_are_words_and_formulas_outlines():
    svg, _ = drawn(lambda ax: ax.set(xlabel="input < 1", ylabel="$x_1$", title="a\nb"))
    words = [e.text for e in svg.iter("text")]
    assert "input < 1" in words and "a" in words and "b" in words
    assert not any("x" in (word or "") for word in words)
    assert any("DejaVuSans" in e.get("id", "") for e in svg.iter("path"))
    sizes = {re.search(r"--t:(\d+)px", e.get("style", "")) for e in svg.iter("text")}
    assert {m[1] for m in sizes if m} == {"10"}  # of ticks; labels have the style's 11
    assert "font-family" not in ElementTree.tostring(svg, encoding="unicode")


def test_words_with_a_halo_are_words_and_the_figure_keeps_its_effects():
    texts = []

    def paint(ax):
        texts[:] = [
            halo(ax.annotate(word, (0, 0), color="#0072b2")) for word in ("a", "b\nc", "$x$")
        ]
        ax.text(0, 1, "plain")

    svg, _ = drawn(paint)
    assert [e.text for e in svg.iter("text") if e.get("class") == HALO] == ["a", "b", "c"]
    assert {"fill:var(--f-1)"} == {
        re.search("fill:[^;]*", e.get("style"))[0] for e in svg.iter("text") if e.get("class")
    }
    assert "plain" in [e.text for e in svg.iter("text") if not e.get("class")]
    assert sum("stroke:var(--f-paper)" in style for style in styles(svg)) == 1  # the formula's
    assert all(text.get_path_effects() and text.get_gid() is None for text in texts)


def test_the_style_sheet_draws_the_halo_of_a_figure():
    css = STYLE.with_name("explorer.css").read_text(encoding="utf-8")
    rule = re.search(rf"\.{HALO} {{([^}}]*)}}", css)[1]
    (effect,) = halo(Figure().text(0, 0, "a")).get_path_effects()
    edge = effect._gc
    width, opacity = (float(re.search(rf"{name}: ([\d.]+)", rule)[1]) for name in EDGE)
    assert (width, opacity) == (edge["linewidth"], edge["alpha"])
    assert edge["foreground"] == "white" and "stroke: var(--f-paper)" in rule
    assert "paint-order: stroke" in rule


def test_powers_of_ten_are_words():
    svg, _ = drawn(lambda ax: ax.set(xlim=(1e-3, 1), xscale="log", ylim=(-10, 10), yscale="symlog"))
    words = {e.text for e in svg.iter("text")}
    assert {"10⁻³", "10⁰", "−10¹", "10¹"} <= words
    assert not any("DejaVu" in e.get("id", "") for e in svg.iter("path"))


def test_every_reference_is_met_and_begins_with_the_prefix():
    def paint(ax):
        ax.plot([0, 1], [0, 1], "o--", label="$x$")
        ax.scatter([0, 1], [1, 0], marker="^")
        ax.legend()

    svg, _ = drawn(paint, "mine-")
    ids = [e.get("id") for e in svg.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) and all(i.startswith("mine-") for i in ids)
    text = ElementTree.tostring(svg, encoding="unicode")
    used = set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text))
    assert {a or b for a, b in used} == set(ids)


def test_what_is_unseen_is_left_out():
    svg, _ = drawn(lambda ax: ax.set_axis_off())
    assert [e.tag for e in svg.iter()] == ["svg"] or set(styles(svg)) == {""}


def test_coordinates_are_rounded_and_scales_are_not():
    svg, _ = drawn(lambda ax: ax.plot([0.123456, 1], [0, 1 / 3], label="$x$") and ax.legend())
    for path in svg.iter("path"):
        assert not re.search(r"\.\d\d", path.get("d", ""))
    for element in svg.iter():
        for place in re.findall(r"translate\([^)]*\)", element.get("transform", "")):
            assert not re.search(r"\.\d\d", place)
    scale = next(
        m for e in svg.iter("g") if (m := re.search(r"scale\(([\d.]+)", e.get("transform", "")))
    )
    assert 0 < float(scale[1]) < 1


def test_pictures_of_pixels_stay_as_they_are():
    svg, _ = drawn(lambda ax: ax.imshow(np.eye(3)))
    (image,) = svg.iter("image")
    assert image.get("href").startswith("data:image/png;base64,iVBORw0KGgo")
    assert not re.search(r"\s", image.get("href"))


def test_colours_become_variables():
    def paint(ax):
        ax.plot([0, 1], color="#0072b2")
        ax.plot([0, 2], color="#8C6D31")
        ax.plot([0, 3], color="#8c6d31", alpha=0.5)

    svg, colours = drawn(paint)
    text = "".join(styles(svg))
    assert "stroke:var(--f-1)" in text and "stroke:var(--8c6d31)" in text and "#" not in text
    assert "stroke-opacity:0.5" in text
    assert colours.css() == f"--8c6d31:light-dark(#8c6d31,{dark('#8c6d31')});"


def test_every_colour_of_the_style_has_a_name():
    colours = re.findall(r"\b[0-9a-fA-F]{6}\b", STYLE.read_text(encoding="utf-8"))
    assert len(colours) > 10
    assert {f"#{c.lower()}" for c in colours} <= set(NAMED)


def test_style_sheet_defines_every_name():
    css = STYLE.with_name("explorer.css").read_text(encoding="utf-8")
    assert {name for name in NAMED.values() if f"{name}:" not in css} == set()


@given(COLOUR)
def test_oklab_and_back(colour):
    lightness, a, b = oklab(colour)
    assert -1e-6 <= lightness <= 1 + 1e-6
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    assert linear_rgb(lightness, a, b) == pytest.approx(linear, abs=1e-6)


@given(COLOUR)
def test_dark_turns_lightness_round_and_keeps_hue(colour):
    other = dark(colour)
    assert re.fullmatch("#[0-9a-f]{6}", other)
    (l0, a0, b0), (l1, a1, b1) = oklab(colour), oklab(other)
    assert l1 == pytest.approx(0.93 - 0.73 * l0, abs=0.02)
    chroma = np.hypot(a0, b0), np.hypot(a1, b1)
    assert chroma[1] <= chroma[0] + 0.02
    if min(chroma) > 0.05:
        turn = np.angle(complex(a1, b1) / complex(a0, b0))
        assert abs(turn) < 0.15


@pytest.mark.parametrize(
    ("colour", "lab"),
    [("#ffffff", (1, 0, 0)), ("#000000", (0, 0, 0)), ("#ff0000", (0.628, 0.225, 0.126))],
)
def test_oklab_of_known_colours(colour, lab):
    """From the table of the colour space's author."""
    assert oklab(colour) == pytest.approx(lab, abs=1e-3)


def test_drawing_leaves_pyplot_alone():
    drawn(lambda ax: ax.plot([0, 1]))
    assert plt.get_fignums() == []


POINTS = st.lists(st.tuples(*[st.integers(-500, 500)] * 2), min_size=1, max_size=80)


def corners(short):
    return np.cumsum(np.array(re.findall(r"-?[\d.]+", short), float).reshape(-1, 2), axis=0)


@given(st.lists(st.tuples(POINTS, st.booleans()), min_size=1, max_size=4))
def test_lines_by_their_steps_go_through_the_same_corners(parts):
    """Ends stay where they are, and every corner is one of the points: errors don't add up."""
    path = " ".join(
        "M " + " L ".join(f"{x + 0.0123} {y}" for x, y in points) + " z" * closed
        for points, closed in parts
    )
    for (points, closed), short in zip(parts, re.findall("M[^M]*", _lines(path)), strict=True):
        found = np.round(corners(short), 6).tolist()
        assert found[0] == list(points[0]) and found[-1] == list(points[-1])
        assert set(map(tuple, found)) <= set(points)
        assert short.rstrip().endswith("z") == closed


@given(POINTS)
def test_points_that_are_left_out_lie_on_what_stays(points):
    kept = _thinned(points)
    assert kept[0] == points[0] and kept[-1] == points[-1] and len(kept) <= len(points)
    at = 0
    for point in points:  # each lies between two corners that follow each other
        while _distance(point, *kept[at : at + 2] * (1 if at + 1 < len(kept) else 2)) > 2:
            at += 1
        assert at < len(kept)


def test_a_straight_line_needs_two_points_and_a_circle_some():
    assert _thinned([(k, 2 * k) for k in range(25)]) == [(0, 0), (24, 48)]
    angles = np.linspace(0, 2 * np.pi, 1000)
    circle = [(round(1000 * np.cos(a)), round(1000 * np.sin(a))) for a in angles]
    assert 40 < len(_thinned(circle)) < 120


def test_curves_keep_their_places():
    assert _lines("M 0 0 L 1 1 z L 2 2.04") == "M 0 0 L 1 1 z L 2 2"
    assert _lines("M 1.23 4.56 Q 1.11 2 3.456 4 z") == "M 1.2 4.6 Q 1.1 2 3.5 4 z"
