import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.network.surface import bends_down, direction, draw_surface, losses_at, trained
from nnlib.layers import Linear, unfold
from nnlib.residual import Residual


@pytest.fixture(scope="module")
def nets():
    return {skip: trained(skip, 0.003, seed=0, steps=60) for skip in (False, True)}


def test_both_have_the_same_weights_to_learn(nets):
    assert nets[False].params.size == nets[True].params.size
    assert not any(isinstance(layer, Residual) for layer in nets[False].layers)
    assert sum(isinstance(layer, Residual) for layer in nets[True].layers) == 20


@pytest.mark.parametrize("skip", [False, True])
def test_a_direction_is_as_long_as_the_weights_of_each_unit(nets, skip, rng):
    net = nets[skip]
    start = net.params.copy()
    move = direction(net, rng)
    assert np.array_equal(net.params, start)
    dense = [layer for layer in unfold(net.layers) if isinstance(layer, Linear)]
    lengths = [np.linalg.norm(layer.W, axis=0) for layer in dense]
    net.params[:] = move
    changes = [np.linalg.norm(layer.W, axis=0) for layer in dense]
    biases = [np.abs(layer.b).max() for layer in dense]
    net.params[:] = start
    for length, change in zip(lengths, changes, strict=True):
        assert change == pytest.approx(length)
    assert max(biases) == 0


def test_losses_leave_the_network_as_it_is(nets, rng):
    net = nets[True]
    start = net.params.copy()
    here, there = losses_at(net, [0 * start, direction(net, rng)])
    assert np.array_equal(net.params, start)
    assert here < there


def test_a_plain_network_bends_down_more_often(nets):
    plain, residual = (bends_down(nets[skip], np.random.default_rng(0)) for skip in (False, True))
    assert 100 >= plain > residual >= 0


def test_the_surface_is_drawn_around_the_network(nets, rng):
    ax = Figure().add_subplot()
    shown = draw_surface(ax, nets[True], rng, n=5)
    assert np.array_equal(ax.lines[0].get_xydata(), [[0, 0]])
    assert ax.get_aspect() == 1
    assert len(shown.levels) == 17
