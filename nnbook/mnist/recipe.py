"""A recipe: everything that decides how a network is made and trained, apart from the seed.

The recorded experiments and the benchmarks train by it.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import nnlib.init
from nnlib.layers import Activation, Dropout, Layer, Linear
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import SGD, Adam, Momentum
from nnlib.schedules import one_cycle
from nnlib.train import train

FIRST = 200  # steps whose losses are kept, so that a test can run them again


class RandomShift(Layer):
    """In training, move every image by up to ``pixels`` down or up and right or left.

    What moves in is paper (0). At test time images pass unchanged. It has to be a network's first
    layer: it has no backward pass, as nobody asks for the gradient of the images.
    """

    def __init__(self, pixels, rng):
        self.pixels, self.rng = pixels, rng

    def forward(self, x, training=False):
        if not training:
            return x
        p, side = self.pixels, math.isqrt(x.shape[1])
        images = np.pad(x.reshape(-1, side, side), ((0, 0), (p, p), (p, p)))  # (N, side + 2p, …)
        windows = sliding_window_view(images, (side, side), axis=(1, 2))  # (N, 2p+1, 2p+1, …)
        down, right = self.rng.integers(0, 2 * p + 1, (2, len(x)))
        return windows[np.arange(len(x)), down, right].reshape(x.shape)

    def __repr__(self):
        return f"RandomShift({self.pixels})"


@dataclass(frozen=True)
class Recipe:
    """A dense network and its training.

    ``l2`` is the strength s of a penalty s * (sum of all squared weights), without biases, that is
    added to the loss; with "sgd" only, which applies its gradient as ``weight_decay = 2 * s``.
    ``lr`` is the largest learning rate if there is a ``one_cycle``, otherwise the only one.
    """

    hidden: tuple[int, ...] = (600,)
    activation: str = "relu"
    init: str = "he_normal"
    output_init: str = "glorot_normal"
    optimizer: str = "sgd"
    lr: float = 0.02
    one_cycle: bool = False
    batch: int = 128
    epochs: int = 6
    l2: float = 0.0
    smoothing: float = 0.0  # of the labels
    dropout: float = 0.0  # probability to drop a hidden unit
    batch_norm: bool = False
    shifts: int = 0  # pixels

    def network(self, n_in, rng):
        init, output_init = getattr(nnlib.init, self.init), getattr(nnlib.init, self.output_init)
        layers = [RandomShift(self.shifts, rng)] if self.shifts else []
        sizes = (n_in, *self.hidden)
        for fan_in, units in pairwise(sizes):
            layers += [Linear(fan_in, units, init=init, bias=not self.batch_norm)]
            layers += [BatchNorm(units)] if self.batch_norm else []
            layers += [Activation(self.activation)]
            layers += [Dropout(self.dropout, rng)] if self.dropout else []
        return Network([*layers, Linear(sizes[-1], 10, init=output_init)], rng=rng)

    def make_optimizer(self, net):
        if self.optimizer == "sgd":
            return SGD(lr=self.lr, weight_decay=2 * self.l2, decay_mask=net.weight_mask)
        if self.l2:
            raise ValueError(f"l2 must be 0 with the optimizer {self.optimizer!r}, got {self.l2}")
        if self.optimizer == "momentum":
            return Momentum(lr=self.lr)
        return Adam(lr=self.lr, beta2=0.99)  # a short run can't wait for a mean over 1000 steps

    def loss(self, pred, y):
        return softmax_cross_entropy(pred, y, label_smoothing=self.smoothing)


TO_98_0 = Recipe(hidden=(1000,), optimizer="adam", lr=4e-3, one_cycle=True, batch=256, epochs=3)
FAST = {"98.0": TO_98_0, "98.5": replace(TO_98_0, epochs=4, smoothing=0.1)}  # by their goals, in %


def fit(recipe, seed, X, y, *, watch=None, epochs=None):
    """Train a new network. Returns it, and a record of the training.

    Parameters
    ----------
    watch : (X, y), optional
        Measured after each epoch; "watch_loss" and "watch_accuracy" in the record.
    epochs : int, optional
        Stop after so many epochs of the recipe's: its beginning, with the same schedule.
    """
    rng, first_losses = np.random.default_rng(seed), []
    start = perf_counter()
    net = recipe.network(X.shape[1], rng)
    steps = recipe.epochs * math.ceil(len(X) / recipe.batch)
    history = train(
        net,
        recipe.loss,
        X,
        y,
        optimizer=recipe.make_optimizer(net),
        schedule=one_cycle(recipe.lr, steps) if recipe.one_cycle else None,
        epochs=epochs or recipe.epochs,
        batch_size=recipe.batch,
        rng=rng,
        validation=watch,
        after_step=lambda t, value: first_losses.append(value) if t < FIRST else None,
    )
    record = {"seed": seed, "loss": history.loss, "accuracy": history.accuracy}
    if watch:
        record |= {"watch_loss": history.val_loss, "watch_accuracy": history.val_accuracy}
    if history.diverged:
        record["diverged"] = history.stopped
    return net, record | {"first_losses": first_losses, "seconds": perf_counter() - start}
