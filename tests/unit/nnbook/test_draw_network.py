import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.network.figures import (
    draw_units,
    sum_axes,
    units_add_up,
)
from nnlib.layers import Linear, ReLU
from nnlib.network import Network


def axes(n):
    return [Figure().add_subplot() for _ in range(n)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.fixture
def net(rng):
    net = Network([Linear(3, 4), ReLU(), Linear(4, 2)], rng=rng, dtype=np.float64)
    net.params[:] = rng.normal(size=net.params.size)
    return net


def test_units_and_weights_are_counted_and_drawn(net):
    (ax,) = axes(1)
    assert draw_units(ax, net) == (6, 20)
    assert len(ax.lines) == 20
    assert sum(len(c.get_offsets()) for c in ax.collections) == 9
    for text in ("3 inputs", "Linear(3, 4)\nrelu", "Linear(4, 2)"):
        assert text in texts(ax)
    for layer in (net.layers[0], net.layers[2]):
        for w in layer.W.ravel():
            assert f"{w:.2f}" in texts(ax)
        for b in layer.b:
            assert f"{b:+.2f}" in texts(ax)


def test_weights_sign_and_size_show(net):
    (ax,) = axes(1)
    draw_units(ax, net, weights=False)
    W = np.concatenate([net.layers[0].W.ravel(), net.layers[2].W.ravel()])
    widths = np.array([line.get_linewidth() for line in ax.lines])
    assert np.array_equal(np.argsort(widths), np.argsort(np.abs(W)))
    assert len({line.get_color() for line, w in zip(ax.lines, W, strict=True) if w > 0}) == 1
    assert len({line.get_color() for line in ax.lines}) == 2
    assert not any(f"{w:.2f}" in texts(ax) for w in W)


def test_circles_hold_the_networks_own_numbers(net):
    (ax,) = axes(1)
    x = np.array([1.5, -0.25, 2.0])
    draw_units(ax, net, x, weights=False)
    hidden = np.maximum(x @ net.layers[0].W + net.layers[0].b, 0)
    for value in [*x, *hidden, *net(x[None])[0]]:
        assert f"{value:.2f}" in texts(ax)


def test_layers_without_bias_and_of_zeros(rng):
    (ax,) = axes(1)
    net = Network([Linear(2, 1, bias=False)], rng=rng)
    net.params[:] = 0
    assert draw_units(ax, net) == (1, 2)


def test_units_need_a_dense_first_layer(rng):
    with pytest.raises(ValueError, match="starts with Linear"):
        draw_units(axes(1)[0], Network([ReLU(), Linear(2, 1)], rng=rng))


def test_units_add_up_to_the_sum_that_is_drawn():
    panels = axes(2)
    sum_axes(panels)
    said = units_add_up(panels, 6, "ramps", "zigzag")
    parts, (target, network) = panels[0].lines[1:], panels[1].lines[1:]
    assert len(parts) == 6
    assert np.allclose(network.get_ydata()[::4], target.get_ydata(), atol=1e-9)
    assert said.startswith("6 hidden units, 19 parameters: the sum misses the zigzag by 0.000")
