"""What the explorers of the chapter on gradients compute, draw and say."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.backprop import figures, microscope


@pytest.fixture
def pair():
    return Figure().subplots(1, 2)


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_pulls_balance_at_the_fitted_line():
    y = figures.Y_LINE - 9 * (np.arange(12) == figures.MOVED)
    for name in ("squared", "Huber"):  # the absolute error has no balance between two points
        pull = figures.PULLS[name]
        a, b = figures.fit_line(figures.X_LINE, y, pull)
        pulls = pull(a + b * figures.X_LINE - y)
        assert abs(pulls.sum()) < 1e-6 and abs(pulls @ figures.X_LINE) < 1e-6


def test_only_the_squared_error_follows_an_outlier_without_end(pair):
    figures.outlier_axes(pair)
    fits = {
        (loss, far): figures.outlier(pair, loss, far).split(" below: ")[1].split(",")[0]
        for loss in figures.PULLS
        for far in (8, 13)
    }
    for loss in figures.PULLS:
        assert (fits[loss, 8] == fits[loss, 13]) == (loss != "squared")


def test_differences_find_the_slope():
    true = figures.true_slope(figures.WEIGHT)
    assert np.isclose(true, -0.174175, atol=1e-6)
    assert np.isclose(figures.slope_by(1e-5, "float64", "central"), true, rtol=1e-9)
    assert figures.slope_error(1e-10, "float32", "central") == 1  # nothing moves


def test_the_errors_make_a_v(pair):
    figures.step_axes(pair)
    assert len(pair[1].lines) == 4
    for line in pair[1].lines:
        error = line.get_ydata()
        assert 0 < error.argmin() < len(error) - 1
    said = figures.step(pair, "float32", "central", 1e-7)
    assert "true -0.1741" in said.replace("−", "-")


def test_a_linear_layer_of_weight_size_one_keeps_lengths(ax):
    lengths = figures.gradient_lengths(20, "linear", 1)
    assert lengths.shape == (20,) and lengths[-1] == 1
    assert 0.3 < lengths[0] < 3
    figures.depth_axes(ax)
    assert "sigmoid, weight size 1" in figures.depth(ax, "sigmoid", 1, 5)
    assert len(ax.lines[-1].get_xdata()) == 5


@pytest.mark.parametrize("program", microscope.PROGRAMS)
def test_the_sorted_order_agrees_with_nudging(program):
    result, leaves, *_ = microscope.state(program, "sorted", 99)
    assert result.grad == 1
    for name, value in leaves.items():
        assert np.isclose(value.grad, microscope.nudge(program, name), atol=1e-8)


def test_the_naive_order_counts_a_first_share_twice(ax):
    said = microscope.microscope(ax, "b = a + a; c = b + b", "naive", 99)
    assert said.endswith("a has 6, nudged 4.")


def test_each_step_is_told(ax):
    said = [microscope.microscope(ax, "one neuron", "sorted", step) for step in range(16)]
    assert said[0].endswith("the inputs are there.")
    assert "forwards, × gives 0.252" in said[1]
    assert "backwards, the result starts with 1." in said[6]
    assert "done after" in said[-1]
