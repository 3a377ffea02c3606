"""Networks whose weights are written down, not trained: what hidden units can add up to."""

import numpy as np

from nnlib.layers import Linear, ReLU, Sigmoid, Tanh
from nnlib.network import Network


def build(layers, seed=0):
    """A network of these layers, in float64."""
    return Network(layers, rng=np.random.default_rng(seed), dtype=np.float64)


def dense(widths, activation=Tanh, seed=0):
    """A network of dense layers with these widths, inputs first."""
    layers = []
    for D, K in zip(widths[:-1], widths[1:], strict=True):
        layers += [Linear(D, K), activation()]
    return build(layers[:-1], seed)  # no activation behind the last


def staircase(f, n, steepness):
    """A network 1–n–1 whose output climbs along f in n + 1 stairs."""
    net = dense([1, n, 1], Sigmoid)
    first, _, last = net.layers
    steps = np.arange(1, n + 1) / (n + 1)  # n places
    levels = f((np.arange(n + 1) + 0.5) / (n + 1))  # f amid each stair
    first.W, first.b = np.full((1, n), steepness), -steepness * steps
    last.W, last.b = np.diff(levels)[:, None], levels[:1]
    return net


def ramps(f, n):
    """A network 1–n–1 of ReLUs that joins n + 1 points of f by lines."""
    net = dense([1, n, 1], ReLU)
    first, _, last = net.layers
    knots, points = np.arange(n) / n, f(np.arange(n + 1) / n)
    slopes = n * np.diff(points)
    first.W, first.b = np.ones((1, n)), -knots
    last.W, last.b = np.diff(slopes, prepend=0)[:, None], points[:1]
    return net


KINDS = {
    "steps": lambda f, n: staircase(f, n, 1000),
    "soft steps": lambda f, n: staircase(f, n, 3 * n + 3),
    "ramps": ramps,
}
TARGETS = {
    "wave": lambda x: np.sin(2 * np.pi * x),
    "hill": lambda x: np.exp(-((x - 0.6) ** 2) / 0.02),
    "zigzag": lambda x: 2 * np.abs((3 * x + 1) % 2 - 1) - 1,
}
