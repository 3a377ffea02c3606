"""Many small networks at once: what a chapter needs to say something over settings and seeds.

A network with 64 inputs, 32 hidden units and 10 outputs keeps NumPy busy for some microseconds a
step, and Python's own work around it takes longer. So R networks are trained as one: every array
gets a leading axis of length R, and a matrix product becomes R products. This is
`nnlib.train.train`, for this one network and for R runs (the tests compare the two).
"""

from typing import NamedTuple

import numpy as np

from ..data import digits
from ..layers import Linear, ReLU
from ..network import Network

INPUTS, HIDDEN, CLASSES = 64, 32, 10


class Runs(NamedTuple):
    """What `train_many` saw: S schedules, each with the same n seeds."""

    loss: np.ndarray  # (S, n, steps): of each step's batch, before the step
    error: np.ndarray  # (S, n, K): percent of the validation digits that are read wrong
    val_loss: np.ndarray  # (S, n, K): mean loss on the validation digits


def train_many(schedules, steps, *, optimizer, seeds=8, batch_size=32, n_train=1024, every=None):
    """Train a 64-32-10 ReLU network on the embedded digits: every schedule with every seed.

    A seed fixes three things: which digits are for training, the first weights, and the batches.
    So two schedules are compared on the same seeds.

    Parameters
    ----------
    schedules : list of functions of the step
        ``schedule(t) -> lr``. If they have a ``momentum`` (`one_cycle`), it must be the same one.
    steps : int
    optimizer : Optimizer with lr=1 and no weight decay
        Its step is proportional to lr. So it writes the direction for lr = 1, for all runs, and
        each run goes its own learning rate times as far.
    seeds : int or list of int
        How many, from 0 on, or which.
    batch_size, n_train : int
        ``n_train`` digits are for training, the rest for validation.
    every : int, optional
        Validate after every so many steps; only after the last one if not given.

    Returns
    -------
    Runs
        A run that diverges has nan or inf as its loss; it is no exception.
    """
    rates = np.array([[schedule(t) for t in range(steps)] for schedule in schedules])
    momentum = _momentum(schedules, steps)
    seeds = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    shape = len(schedules), len(seeds)
    rates = np.repeat(rates, len(seeds), axis=0)  # (R, steps), with R = S * n
    which = np.tile(np.arange(len(seeds)), len(schedules))  # (R,) the seed of each run
    images, labels = digits()
    images, every = images.astype(np.float64), every or steps
    batches, held_out = _deal(len(images), n_train, batch_size, steps, seeds)
    validation = [(images[rows], labels[rows]) for rows in held_out]

    optimizer.reset()
    theta = np.stack([network(seed).params for seed in seeds])[which]  # (R, P)
    grads, losses, errors, val_losses = np.empty_like(theta), [], [], []
    with np.errstate(all="ignore"):
        for t in range(steps):
            rows = batches[which, t]  # (R, batch_size)
            losses.append(_losses_and_grads(theta, grads, images[rows], labels[rows]))
            if momentum is not None:
                setattr(optimizer, optimizer.momentum_name, momentum[t])
            direction = np.zeros_like(theta)
            optimizer.step(direction, grads)
            theta += rates[:, t, None] * direction
            if (t + 1) % every == 0:
                seen = [_validate(p, *validation[k]) for p, k in zip(theta, which, strict=True)]
                errors.append([error for error, _ in seen])
                val_losses.append([loss for _, loss in seen])
    notes = (np.array(a).T.reshape(*shape, -1) for a in (losses, errors, val_losses))
    return Runs(*notes)


def network(seed):
    """The network that `train_many` trains, with the first weights of this seed."""
    layers = [Linear(INPUTS, HIDDEN), ReLU(), Linear(HIDDEN, CLASSES)]
    return Network(layers, rng=np.random.default_rng(seed), dtype=np.float64)


def _momentum(schedules, steps):
    curves = [getattr(schedule, "momentum", None) for schedule in schedules]
    if not any(curves):
        return None
    tables = {tuple(map(curve, range(steps))) if curve else None for curve in curves}
    if len(tables) > 1:
        raise ValueError("schedules must all have the same momentum, got several")
    return tables.pop()


def _deal(n, n_train, batch_size, steps, seeds):
    """By seed: rows of the batches (seeds, steps, batch_size), and of the validation data."""
    batches, held_out = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 1])
        order = rng.permutation(n)
        train, rows = order[:n_train], []
        while len(rows) < steps:  # the rest of an epoch that fills no batch is left out
            mixed = rng.permutation(train)[: n_train // batch_size * batch_size]
            rows.extend(mixed.reshape(-1, batch_size))
        batches.append(rows[:steps])
        held_out.append(order[n_train:])
    return np.array(batches), np.array(held_out)


def _views(theta):
    """W1 (R, 64, 32), b1 (R, 1, 32), W2 (R, 32, 10) and b2 (R, 1, 10): windows onto (R, P)."""
    shapes = (INPUTS, HIDDEN), (1, HIDDEN), (HIDDEN, CLASSES), (1, CLASSES)
    ends = np.cumsum([a * b for a, b in shapes])[:-1]
    return [part.reshape(*theta.shape[:-1], *shape)
            for part, shape in zip(np.split(theta, ends, axis=-1), shapes, strict=True)]


def _losses_and_grads(theta, grads, X, y):
    """The loss of each run (R,) on its own batch X (R, N, 64), y (R, N); fills grads (R, P)."""
    W1, b1, W2, b2 = _views(theta)
    dW1, db1, dW2, db2 = _views(grads)
    A = np.maximum(X @ W1 + b1, 0)
    loss, delta = _cross_entropy(A @ W2 + b2, y)
    delta /= y.shape[-1]
    np.matmul(A.swapaxes(1, 2), delta, out=dW2)
    np.sum(delta, axis=1, keepdims=True, out=db2)
    delta = (delta @ W2.swapaxes(1, 2)) * (A > 0)
    np.matmul(X.swapaxes(1, 2), delta, out=dW1)
    np.sum(delta, axis=1, keepdims=True, out=db1)
    return loss


def _cross_entropy(Z, y):
    """Mean loss over the rows of Z (..., N, K), and p - y."""
    Z = Z - Z.max(axis=-1, keepdims=True)
    p = np.exp(Z)
    total = p.sum(axis=-1, keepdims=True)
    right = np.take_along_axis(Z, y[..., None], axis=-1)
    p /= total
    np.put_along_axis(p, y[..., None], np.take_along_axis(p, y[..., None], axis=-1) - 1, axis=-1)
    return (np.log(total) - right).mean(axis=(-2, -1)), p


def _validate(theta, X, y):
    """One network on its validation data: percent wrong, and mean loss."""
    W1, b1, W2, b2 = _views(theta)
    Z = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    return 100 * np.mean(Z.argmax(axis=-1) != y), _cross_entropy(Z, y)[0]
