"""Networks with weights that are written down do what is said of them."""

import numpy as np
import pytest

from nnbook.network.by_hand import KINDS, TARGETS, dense, ramps, staircase
from nnlib.layers import Linear, ReLU


def square(x):
    return x**2


def test_dense_has_the_widths_and_no_activation_behind_the_last():
    net = dense([3, 4, 2], ReLU, seed=1)
    assert [type(layer) for layer in net.layers] == [Linear, type(ReLU()), Linear]
    assert net.params.size == 4 * 4 + 5 * 2
    assert not np.array_equal(net.params, dense([3, 4, 2], ReLU, seed=2).params)


def test_ramps_join_points_of_the_function_by_lines():
    net, points = ramps(square, 4), np.arange(5) / 4
    np.testing.assert_allclose(net(points[:, None])[:, 0], points**2, atol=1e-12)
    middles = (points[:-1] + points[1:]) / 2
    chords = (points[:-1] ** 2 + points[1:] ** 2) / 2
    np.testing.assert_allclose(net(middles[:, None])[:, 0], chords, atol=1e-12)


def test_a_staircase_has_the_functions_value_amid_each_stair():
    middles = (np.arange(5) + 0.5) / 5
    out = staircase(square, 4, 1000)(middles[:, None])[:, 0]
    np.testing.assert_allclose(out, middles**2, atol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", KINDS)
def test_many_units_come_close_to_each_target(kind, target):
    x, f = np.linspace(0, 1, 1001), TARGETS[target]
    assert np.abs(KINDS[kind](f, 128)(x[:, None])[:, 0] - f(x)).max() < 0.1
