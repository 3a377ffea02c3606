"""Many small networks at once: what a chapter needs to say something over settings and seeds.

A network with 64 inputs, 32 hidden units and 10 outputs keeps NumPy busy for some microseconds a
step, and Python's own work around it takes longer. So R networks are trained as one: every array
gets a leading axis of length R, and a matrix product becomes R products. This is
`nnlib.train.train`, for this one network and for R runs (the tests compare the two).
"""

from typing import NamedTuple

import numpy as np

from nnlib.data import digits
from nnlib.layers import Linear, ReLU
from nnlib.network import Network

from .stacked import each_loss, evaluate_stack, stacked_losses, stacked_networks

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
    validation = images[held_out[which]], labels[held_out[which]]
    net = _networks([seeds[k] for k in which])
    owner = _owner(net)

    optimizer.reset()
    losses, errors, val_losses = [], [], []
    with np.errstate(all="ignore"):
        for t in range(steps):
            rows = batches[which, t]  # (R, batch_size)
            logits = net.forward(images[rows], training=True)
            losses.append(each_loss(logits, labels[rows]))
            net.backward(stacked_losses(logits, labels[rows])[1])
            if momentum is not None:
                setattr(optimizer, optimizer.momentum_name, momentum[t])
            direction = np.zeros_like(net.params)
            optimizer.step(direction, net.grads)
            net.params += rates[owner, t] * direction
            if (t + 1) % every == 0:
                val_loss, right = evaluate_stack(net, *validation)
                val_losses.append(val_loss)
                errors.append(100 * (1 - right))
    notes = (np.array(a).T.reshape(*shape, -1) for a in (losses, errors, val_losses))
    return Runs(*notes)


def network(seed):
    """The network that `train_many` trains, with the first weights of this seed."""
    layers = [Linear(INPUTS, HIDDEN), ReLU(), Linear(HIDDEN, CLASSES)]
    return Network(layers, rng=np.random.default_rng(seed), dtype=np.float64)


def _networks(seeds):
    """R networks side by side, each with the first weights of its seed."""
    stack = stacked_networks(len(seeds), INPUTS, HIDDEN, CLASSES, rng=np.random.default_rng(0))
    first = {seed: network(seed) for seed in set(seeds)}
    for r, seed in enumerate(seeds):
        for layer, single in zip(stack.layers, first[seed].layers, strict=True):
            if layer.param_shapes():
                layer.W[r], layer.b[r] = single.W, single.b
    return stack


def _owner(stack):
    """Which of the R networks each number of ``stack.params`` belongs to."""
    shapes = [shape for layer in stack.layers for shape in layer.param_shapes().values()]
    return np.concatenate([np.repeat(np.arange(r), a * b) for r, a, b in shapes])


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
