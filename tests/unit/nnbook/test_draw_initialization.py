import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.initialization.figures import (
    SIZES_G,
    active_axes,
    corridor,
    corridor_axes,
    corridor_curves,
    spread_axes,
)


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_without_activation_the_curves_are_powers_of_the_weight_size():
    forward, back = corridor_curves("linear", 10)
    powers = np.array(SIZES_G) ** 10
    assert np.allclose(np.log(forward / powers), np.log(forward / powers)[0])
    assert np.log(forward) == pytest.approx(np.log(powers), abs=1)
    assert np.log(back) == pytest.approx(9 * np.log(SIZES_G), abs=1)


def test_the_sentence_says_what_is_open(ax):
    corridor_axes(ax)
    text = corridor(ax, 1, 20, "tanh")
    assert "20 layers, tanh, g = 1" in text and text.endswith("open from 0.85 to 2.5.")
    assert corridor(ax, 1, 20, "sigmoid").endswith("the corridor is closed.")


def test_points_lie_on_their_curves(ax):
    corridor(ax, 2, 5, "relu")
    curves, points = ax.lines[0:4:2], ax.lines[1:4:2]
    for curve, point in zip(curves, points, strict=True):
        k = SIZES_G.index(2)
        assert point.get_xydata()[0] == pytest.approx(curve.get_xydata()[k])


def test_axes_of_sizes_and_of_shares(ax):
    pair = Figure().subplots(1, 2)
    spread_axes(pair)
    titles = [one.get_title() for one in pair]
    assert titles == ["RMS of activations, going forward", "RMS of δ, going back"]
    assert all(one.get_yscale() == "log" and one.get_xlim()[1] > 40 for one in pair)
    active_axes(ax)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "25", "50", "75", "100"]
    assert ax.get_xlim()[0] < -0.05, "room for the bar of those that respond to nothing"
