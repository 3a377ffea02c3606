"""Convolutional networks for MNIST, and their training: what differs from a dense `Recipe`.

The experiments `convolved` and `factors` train them.
"""

from dataclasses import dataclass

import numpy as np

from nnlib.convolution import Conv2d, MaxPool2d
from nnlib.init import glorot_normal
from nnlib.layers import Flatten, Layer, Linear, ReLU
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.residual import Residual

from .recipe import RandomShift, Recipe

SIDE = 28


class Images(Layer):
    """Rows of pixels (N, 784) become images (N, 1, 28, 28)."""

    def forward(self, x, training=False):
        return x.reshape(-1, 1, SIDE, SIDE)

    def backward(self, dy):
        return dy.reshape(len(dy), -1)


def lenet(channels, batch_norm=True):
    """About LeNet-5 (LeCun et al., 1998): two convolutions, each with a pooling."""
    c = channels
    return [
        *(Conv2d(1, c, 5, padding=2, bias=not batch_norm), MaxPool2d(2)),  # (N, c, 14, 14)
        *normalized(c, batch_norm),
        *(Conv2d(c, 2 * c, 5, bias=not batch_norm), MaxPool2d(2)),  # (N, 2 c, 5, 5)
        *normalized(2 * c, batch_norm),
        *(Flatten(), Linear(25 * 2 * c, 10, init=glorot_normal)),
    ]


def strided(channels, batch_norm=True, block="residual"):
    """Two convolutions with stride 2, then two more without ("plain", "residual"), or none."""
    c = channels
    return [
        Conv2d(1, c, 5, stride=2, padding=2, bias=not batch_norm),  # (N, c, 14, 14)
        *normalized(c, batch_norm),
        Conv2d(c, 2 * c, 3, stride=2, padding=1, bias=not batch_norm),  # (N, 2 c, 7, 7)
        *normalized(2 * c, batch_norm),
        *two_more(2 * c, batch_norm, block),
        *(Flatten(), Linear(49 * 2 * c, 10, init=glorot_normal)),
    ]


def two_more(c, batch_norm, block):
    if block == "none":
        return []
    first, second = (Conv2d(c, c, 3, padding=1, bias=not batch_norm) for _ in range(2))
    *norm, relu = normalized(c, batch_norm)
    inside = [first, *norm, relu, second, *normalized(c, batch_norm)[:-1]]
    return [*([Residual(inside)] if block == "residual" else inside), ReLU()]


def normalized(channels, batch_norm):
    return [*([BatchNorm(channels)] if batch_norm else []), ReLU()]


@dataclass(frozen=True)
class Convolved(Recipe):
    """A convolutional network and its training.

    It has none of the dense hidden layers that a `Recipe` has, nor their dropout.
    """

    hidden: tuple[int, ...] = ()
    kind: str = "strided"  # or "LeNet"
    channels: int = 16  # of the first convolution; the others have twice as many
    block: str = "residual"  # of a strided network: or "plain" or "none"

    def network(self, n_in, rng):
        shift = [RandomShift(self.shifts, rng)] if self.shifts else []
        return Network([*shift, Images(), *self.layers()], rng=rng)

    def layers(self):
        if self.kind == "LeNet":
            return lenet(self.channels, self.batch_norm)
        return strided(self.channels, self.batch_norm, self.block)


def aside(X, pixels):
    """Images (N, 784), each moved by so many pixels up, down, left or right; the others are paper.

    The directions are drawn, and the same ones with every call.
    """
    p, images = pixels, X.reshape(-1, SIDE, SIDE)
    ways = np.random.default_rng(0).integers(4, size=len(X))
    moved = np.zeros_like(images)
    moved[ways == 0, p:] = images[ways == 0, : SIDE - p]
    moved[ways == 1, : SIDE - p] = images[ways == 1, p:]
    moved[ways == 2, :, p:] = images[ways == 2, :, : SIDE - p]
    moved[ways == 3, :, : SIDE - p] = images[ways == 3, :, p:]
    return moved.reshape(X.shape)
