"""Residual connections: what a few layers compute is added to what went into them.

If the best that these layers can do is little, they only have to learn little: at weights of 0 the
whole is the identity, and the gradient comes back through the sum undiminished.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._check import number
from .layers import Layer


class Residual(Layer):
    """y = x + scale · f(x), where f is a chain of layers that keeps the shape (He et al., 2016).

    Its derivative is I + scale · df/dx, so a gradient reaches x along two ways, which add up.

    Parameters
    ----------
    layers : list of Layer
        f, from its input to its output.
    scale : float
        Below 1, such as one over the root of the number of blocks, so that many sums don't explode.
    """

    def __init__(self, layers: Iterable[Layer], scale: float = 1.0):
        if not isinstance(layers, Iterable):
            raise TypeError(f"layers must be one list: Residual([Linear(3, 3)]), got {layers!r}")
        self.layers, self.scale = list(layers), number("scale", scale)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        y = x
        for layer in self.layers:
            y = layer.forward(y, training)
        if y.shape != x.shape:
            raise ValueError(f"{self} adds x {x.shape} and f(x) {y.shape}: f must keep the shape")
        return x + self.scale * y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx: Any = self.scale * dy
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        return dy + dx

    def __repr__(self) -> str:
        scale = "" if self.scale == 1 else f", scale={self.scale}"
        return f"Residual({self.layers}{scale})"
