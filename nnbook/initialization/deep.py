"""Deep networks for the digits, plain and residual: what the chapter and its experiment train."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from nnlib.data import digits, split
from nnlib.layers import Activation, Linear
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import SGD
from nnlib.residual import Residual
from nnlib.train import train

from ..runs import unpacked
from ..tables import table as shown

NARROW = [64, 64, 64, 10]  # sizes: two hidden layers
TWENTY = 20 * [64] + [10]  # 64 inputs, 19 hidden layers, 10 logits


@cache
def data():
    """Digits to learn from and digits to judge by; pixels with mean 0 and mean square 1."""
    rng = np.random.default_rng(0)
    (X, y), (X_val, y_val) = split(*digits(), fractions=(0.8, 0.2), rng=rng)
    mean, std = X.mean(), X.std()  # of what is to learn from
    return ((X - mean) / std, y), ((X_val - mean) / std, y_val)


def dense(scheme, activation, sizes, seed, batch_norm=False, **options):
    """A network of dense layers that ends with logits; options are the activation's."""
    parts = []
    for n_in, n_out in pairwise(sizes):
        norm = [BatchNorm(n_out)] if batch_norm else []
        parts += [Linear(n_in, n_out, scheme), *norm, Activation(activation, **options)]
    behind_logits = 2 if batch_norm else 1
    return Network(parts[:-behind_logits], rng=np.random.default_rng(seed), dtype=np.float64)


def fit(net, lr, epochs, seed, images=None, **options):
    """Train a network on the digits, or on changed ``images`` of them."""
    X, y = data()[0]
    return train(net, softmax_cross_entropy, X if images is None else images, y,
                 optimizer=SGD(lr=lr), epochs=epochs, batch_size=32,
                 rng=np.random.default_rng(seed), **options)  # fmt: skip


def scaled(g):
    """Normal weights of size g: their SD times the root of the number of inputs."""
    return lambda shape, rng: rng.normal(0, g / shape[0] ** 0.5, shape)


def rms(a):
    """Root mean square of an array."""
    return float(np.sqrt(np.mean(np.square(a))))


def measure(net, seed=0):
    """RMS of each hidden layer's activations, and of its δ: digits forwards, noise backwards."""
    a, forward, backward = data()[0][0][:100].astype(float), [], []
    for layer in net.layers[:-1]:
        a = layer.forward(a)
        if isinstance(layer, Activation):
            forward.append(rms(a))
    back = np.random.default_rng(seed).normal(size=a.shape)
    for layer in reversed(net.layers[:-1]):
        back = layer.backward(back)
        if isinstance(layer, Activation):
            backward.append(rms(back))  # behind f', so this is δ
    return np.array(forward), np.array(backward[::-1])


def residual_net(scheme, activation, depth, seed, scale=1.0):
    """Residual layers, and one that makes logits."""
    blocks = [
        Residual([Linear(64, 64, scheme), Activation(activation)], scale) for _ in range(depth)
    ]
    rng = np.random.default_rng(seed)
    return Network([*blocks, Linear(64, 10, scheme)], rng=rng, dtype=np.float64)


@dataclass
class Case:
    """What the experiment `depth` recorded of one case: R learning rates with the same seeds."""

    lrs: list
    lr: float  # the one with the lowest mean training loss
    losses: np.ndarray  # (R, seeds): training loss of the last epoch, inf for nan
    right: np.ndarray  # (R, seeds, 359): 100 where a digit to judge by is read right, else 0

    def at(self, lr=None):
        """(loss, right) of each seed, at a rate or else at the best one."""
        k = self.lrs.index(self.lr if lr is None else lr)
        return self.losses[k], self.right[k]

    def tuned(self, name):
        """The rate as `nnbook.claims.claim` takes it."""
        return {f"{name}, lr": (self.lr, self.lrs)}


def read(record):
    """{case: Case} from the record of the experiment `depth`."""
    count = len(data()[1][1])
    return {
        case["case"]: Case(
            record["lrs"],
            case["lr"],
            np.array([[np.inf if v is None else v for v in losses] for losses in case["losses"]]),
            100.0 * np.array([[unpacked(text, count) for text in row] for row in case["right"]]),
        )
        for case in record["cases"]
    }


def table(cases, names):
    """Each case at its best rate: training loss, and what is read right of new digits."""
    rows = []
    for name in names:
        loss, right = cases[name].at()
        if not np.isfinite(loss).all():
            rows.append([name, "nan at each", None, None, None])
            continue
        each = right.mean(axis=1)
        seeds = f"{each.min():.0f} to {each.max():.0f}"
        rows.append([name, cases[name].lr, f"{loss.mean():.2f}", f"{each.mean():.0f}", seeds])
    return shown(rows, ["", "best rate", "training loss", "% right", "by seed"])


def by_rate(cases, names, lrs):
    """How many new digits each case reads at some learning rates, the mean of the seeds."""
    rows = []
    for name in names:
        runs = [cases[name].at(lr) for lr in lrs]
        texts = [f"{r.mean():.0f}" if np.isfinite(loss).any() else "nan" for loss, r in runs]
        rows.append([name, *texts])
    return shown(rows, ["% right at the rate", *(f"{lr:g}" for lr in lrs)])
