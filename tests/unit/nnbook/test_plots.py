import math

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook import plots


@pytest.fixture
def ax():
    ax = Figure().add_subplot()
    ax.set(xlim=(-2, 2), ylim=(-1, 3))
    return ax


def limits(ax):
    return (*ax.get_xlim(), *ax.get_ylim())


def test_use_style_sets_the_books_style():
    with mpl.rc_context():
        plots.use_style()
        assert mpl.rcParams["axes.spines.top"] is False
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"][0].upper().strip("#") == "0072B2"


def test_the_colours_start_with_the_styles_cycle():
    with mpl.rc_context():
        plots.use_style()
        cycle = ["#" + c.strip("#") for c in mpl.rcParams["axes.prop_cycle"].by_key()["color"]]
    assert plots.COLOURS[: len(cycle)] == cycle
    assert len(set(plots.COLOURS)) == len(set(plots.MARKERS)) == 10


def test_scatter_classes_counts_and_keeps_a_class_its_colour(ax):
    X = np.arange(10.0).reshape(5, 2)
    assert plots.scatter_classes(ax, X, [2, 0, 2, 2, 0]) == {0: 2, 2: 3}
    first, second = (mpl.colors.to_hex(c.get_facecolor()[0]) for c in ax.collections)
    assert first.upper() == plots.COLOURS[0] and second.upper() == plots.COLOURS[2]
    assert np.array_equal(ax.collections[1].get_offsets(), X[[0, 2, 3]])


def test_scatter_classes_names(ax):
    plots.scatter_classes(ax, np.zeros((2, 2)), [0, 1], names=["three", "eight"])
    assert [t.get_label() for t in ax.collections] == ["three", "eight"]


def test_draw_boundary_measures_areas_of_two_classes(ax):
    shares = plots.draw_boundary(ax, lambda p: p[:, 0] + 1, n=80)  # x > -1: three quarters
    assert shares == pytest.approx([0.25, 0.75], abs=0.02)
    assert plots.draw_boundary(ax, lambda p: p[:, :1], level=1.0) == pytest.approx(
        [0.75, 0.25], abs=0.02
    )
    assert limits(ax) == (-2, 2, -1, 3)


def test_draw_boundary_gets_rows_of_points_and_the_axes_corners(ax):
    seen = []
    plots.draw_boundary(ax, lambda p: seen.append(p) or p[:, 1], n=5)
    assert seen[0].shape == (25, 2) and seen[0].dtype == np.float32
    assert np.array_equal(seen[0][[0, -1]], [[-2, -1], [2, 3]])


def test_draw_boundary_where_all_is_one_class(ax):
    assert list(plots.draw_boundary(ax, lambda p: np.ones(len(p)))) == [0, 1]
    assert list(plots.draw_boundary(ax, lambda p: -np.ones(len(p)))) == [1, 0]


def test_draw_boundary_with_many_classes_is_the_right_way_up(ax):
    shares = plots.draw_boundary(ax, lambda p: np.stack([p[:, 1], -p[:, 1], 0 * p[:, 1] - 9], 1))
    assert shares == pytest.approx([0.75, 0.25, 0], abs=0.02)
    (image,) = ax.images
    assert image.origin == "lower" and image.get_array()[0, 0] == 1 == image.get_array()[0, -1]
    assert image.get_array()[-1, 0] == 0
    assert limits(ax) == (-2, 2, -1, 3)


@pytest.mark.parametrize("w, b", [((3, 4), 10), ((0, 2), -1), ((-1, 0), 0.5), ((1e-3, 1e-3), 0)])
def test_draw_line(ax, w, b):
    assert plots.draw_line(ax, w, b) == pytest.approx(abs(b) / math.hypot(*w))
    (line,) = ax.lines
    assert np.allclose(np.array(w) @ line.get_data() + b, 0)
    x, y = line.get_data()
    assert max(np.ptp(x), np.ptp(y)) >= 4  # from edge to edge
    assert limits(ax) == (-2, 2, -1, 3)


def test_draw_line_without_weights_draws_nothing(ax):
    assert math.isnan(plots.draw_line(ax, (0, 0), 1, arrow=1))
    assert not ax.lines and not ax.texts


def test_draw_lines_arrow_starts_on_the_line_and_points_along_w(ax):
    plots.draw_line(ax, (3, 4), -2, arrow=0.5)
    arrow, name = ax.texts
    tail, tip = np.array(arrow.xyann), np.array(arrow.xy)
    assert np.dot((3, 4), tail) - 2 == pytest.approx(0)
    assert tip - tail == pytest.approx([0.3, 0.4])
    assert name.get_text() == "w"


def test_draw_digits_tiles(ax):
    images = np.arange(3 * 16).reshape(3, 16) / 48
    assert plots.draw_digits(ax, images, columns=2) == pytest.approx(47 / 48)
    sheet = ax.images[0].get_array()
    assert sheet.shape == (10, 9)
    assert np.array_equal(sheet[1:5, 5:9], images[1].reshape(4, 4))
    assert np.array_equal(sheet[6:10, 0:4], images[2].reshape(4, 4))
    assert ax.images[0].get_clim() == (0, 1)


def test_draw_digits_signed_scale_and_titles(ax):
    assert plots.draw_digits(ax, np.full((2, 3, 3), -2.0), titles=["a", "b"], signed=True) == 2
    assert ax.images[0].get_clim() == (-2, 2)
    assert [t.get_text() for t in ax.texts] == ["a", "b"]
    assert plots.draw_digits(ax, np.zeros((1, 4)), signed=True) == 1


def test_draw_bars(ax):
    assert plots.draw_bars(ax, [0.2, 0.7, 0.04], "abc", mark=0, decimals=1) == 1
    assert [t.get_text() for t in ax.texts] == ["0.2", "0.7"]
    colours = [mpl.colors.to_hex(p.get_facecolor()).upper() for p in ax.patches]
    assert colours == [plots.ORANGE, plots.BLUE, plots.BLUE]


def test_label_is_at_its_point(ax):
    text = plots.label(ax, "here", (1, 2), offset=(-3, 0))
    assert text.xy == (1, 2) and text.get_ha() == "right"


def test_helpers_leave_pyplot_alone(ax):
    before = plt.get_fignums()
    plots.draw_line(ax, (1, 1), 0, arrow=1)
    plots.draw_boundary(ax, lambda p: p[:, 0])
    plots.draw_digits(ax, np.zeros((1, 4)))
    assert plt.get_fignums() == before
