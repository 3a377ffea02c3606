"""Networks side by side: layers with one more axis in front, for statements over seeds.

To say "on average, over ten seeds", ten networks must be trained. One after the other, small
networks spend most of their time in Python; side by side they cost little more than one. X is
(S, N, D): one batch for each of the S networks, which share the code and nothing else.
"""

from dataclasses import dataclass

import numpy as np

from nnlib.activations import log_softmax
from nnlib.layers import Dropout, Linear, ReLU
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network


class StackedLinear(Linear):
    """S dense layers side by side: X (S, N, D), W (S, D, K), b (S, 1, K)."""

    def __init__(self, s, n_in, n_out):
        super().__init__(n_in, n_out)
        self.s = s

    def param_shapes(self):
        return {"W": (self.s, self.n_in, self.n_out), "b": (self.s, 1, self.n_out)}

    def initialize(self, rng):
        for W in self.W:
            W[:] = self.init(W.shape, rng)
        self.b = 0

    def forward(self, x, training=False):
        self.x = x
        return x @ self.W + self.b  # S products of (N, D) and (D, K)

    def backward(self, dy, needs_dx=True):
        np.matmul(self.x.swapaxes(1, 2), dy, out=self.dW)
        dy.sum(axis=1, keepdims=True, out=self.db)
        return dy @ self.W.swapaxes(1, 2) if needs_dx else None

    def __repr__(self):
        return f"StackedLinear({self.s}, {self.n_in}, {self.n_out})"


class EachPenalty:
    """L1 and L2 (elastic net), with other strengths for each network: l1 and l2 are (S,)."""

    def __init__(self, l1, l2):
        self.l1, self.l2 = (np.asarray(a, dtype=float).reshape(-1, 1, 1) for a in (l1, l2))

    def value(self, w):
        return float(np.sum(self.l1 * np.abs(w) + self.l2 * w**2))

    def gradient(self, w):
        return self.l1 * np.sign(w) + 2 * self.l2 * w


@dataclass
class Runs:
    """What `train_stack` noted of S networks."""

    steps: np.ndarray  # (T,): when, counted from 1
    loss: np.ndarray  # (T, S), on the training data as they are, without dropout and penalty
    val_loss: np.ndarray  # (T, S)
    best_step: np.ndarray  # (S,): the step whose weights each network has in the end


def stacked_networks(s, n_in, n_hidden, n_out, *, rng, p=0.0):
    """S networks n_in-n_hidden-n_out with ReLU, and dropout p after it where p > 0, in float64."""
    dropout = [Dropout(p, rng)] if p else []
    layers = [StackedLinear(s, n_in, n_hidden), ReLU(), *dropout, StackedLinear(s, n_hidden, n_out)]
    return Network(layers, rng=rng, dtype=np.float64)


def stacked_losses(logits, y, label_smoothing=0.0):
    """The *sum* of the S mean losses: then each network gets its own gradient, undivided."""
    s, n, k = logits.shape
    value, d = softmax_cross_entropy(logits.reshape(-1, k), y.ravel(), label_smoothing)
    return s * value, s * d.reshape(logits.shape)


def each_loss(logits, y):
    """The cross-entropy of each network: logits (S, N, K) and labels (S, N) to (S,)."""
    log_p = np.take_along_axis(log_softmax(logits), y[..., None], axis=-1)
    return -log_p.mean(axis=(1, 2))


def evaluate_stack(net, X, y):
    """Mean loss and accuracy of each network on its own data: two arrays (S,)."""
    pieces = [net(X[:, i : i + 400]) for i in range(0, X.shape[1], 400)]  # small ones stay in cache
    logits = np.concatenate(pieces, axis=1)
    return each_loss(logits, y), np.mean(logits.argmax(axis=-1) == y, axis=1)


def train_stack(
    net,
    X,
    y,
    *,
    optimizer,
    steps,
    validation,
    penalty=None,
    label_smoothing=0.0,
    change=None,
    after_step=None,
    patience=None,
    every=5,
) -> Runs:
    """Train all networks on full batches: a step is an epoch.

    Parameters
    ----------
    net : Network of StackedLinear layers
    X, y : arrays (S, N, D) and (S, N)
    validation : (X, y), of the same kind
    change : function, optional
        ``change(X)`` is what the networks see in a step: noisy or shifted copies.
    after_step : function, optional
        ``after_step(net)`` is called after each step, for max-norm.
    patience : int, optional
        Early stopping, for each network by itself: it gets back the weights of its lowest
        validation loss so far when that is so many steps old.
    every : int
        Steps between two notes; with patience, every step is noted.
    """
    optimizer.reset()
    notes, times, s = [], [], len(X)
    best, best_step, waiting = np.full(s, np.inf), np.zeros(s, int), np.ones(s, bool)
    parts = [a for layer in net.layers if layer.param_shapes() for a in (layer.W, layer.b)]
    kept = [a.copy() for a in parts]
    for t in range(1, steps + 1):
        _, grads = net.value_and_grad(
            lambda pred, y: stacked_losses(pred, y, label_smoothing),
            X if change is None else change(X),
            y,
            penalty,
        )
        optimizer.step(net.params, grads)
        if after_step is not None:
            after_step(net)
        if patience is None and t % every:
            continue
        val_loss = evaluate_stack(net, *validation)[0]
        notes.append((evaluate_stack(net, X, y)[0], val_loss))
        times.append(t)
        if patience is not None:
            better = waiting & (val_loss < best)
            best[better], best_step[better] = val_loss[better], t
            for a, copy in zip(parts, kept, strict=True):
                copy[better] = a[better]
            waiting &= t - best_step < patience
    if patience is not None:
        for a, copy in zip(parts, kept, strict=True):
            a[:] = copy
    else:
        best_step[:] = steps
    loss, val_loss = np.array(notes).transpose(1, 0, 2)
    return Runs(np.array(times), loss, val_loss, best_step)
