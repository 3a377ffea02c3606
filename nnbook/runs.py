"""Many small networks trained as one: what a page needs to say something over settings and seeds.

A network with 64 inputs, 32 hidden units and 10 outputs keeps NumPy busy for some microseconds a
step, and Python's own work around it takes longer. So R runs are trained side by side: every array
gets axes in front, one entry for each run, and a matrix product becomes R products. The runs share
the code and nothing else: each is what `nnlib.train.train` does with one network.

Runs are numbered by one axis, (R,), or by two, such as (S, n) for S settings with the same n seeds.
"""

from base64 import b64decode, b64encode
from copy import copy
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from nnlib.activations import log_softmax
from nnlib.data import digits
from nnlib.init import he_normal
from nnlib.layers import Activation, Dropout, Linear, ReLU
from nnlib.network import Network
from nnlib.norms import BatchNorm, GroupNorm, LayerNorm, moments, standardize, standardize_backward
from nnlib.optim import SGD
from nnlib.schedules import constant, rates_kept
from nnlib.stepping import fresh

INPUTS, HIDDEN, CLASSES = 64, 32, 10  # of the network that learns the digits
BATCH_STATE = ("running_mean", "running_var")


class StackedLinear:
    """Dense layers side by side: X (…, N, D), W (…, D, K), b (…, 1, K); Y = X W + b for each.

    A layer without a bias has b = 0 and no db.
    """

    def __init__(self, layer, W, dW, b=0.0, db=None):
        self.W, self.b, self.dW, self.db = W, b, dW, db

    def forward(self, x, training=False):
        self.x = x
        y = x @ self.W  # a product for each run
        y += self.b
        return y

    def backward(self, dy, needs_dx=True):
        np.matmul(self.x.swapaxes(-1, -2), dy, out=self.dW)
        if self.db is not None:
            dy.sum(axis=-2, keepdims=True, out=self.db)
        return dy @ self.W.swapaxes(-1, -2) if needs_dx else None


class StackedNorm:
    """Batch, layer or group norms side by side: X (…, N, D), γ and β (…, 1, D).

    Attributes
    ----------
    running_mean, running_var : (…, 1, D)
        What batch norm uses after training.
    """

    def __init__(self, layer, gamma, dgamma, beta, dbeta):
        self.gamma, self.dgamma, self.beta, self.dbeta = gamma, dgamma, beta, dbeta
        self.eps, self.axis = layer.eps, -1
        self.groups = getattr(layer, "groups", 1)  # layer norm: all features are one group
        if isinstance(layer, BatchNorm):
            self.decay, self.axis = layer.decay, -2
            self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def grouped(self, x):
        """(…, N, D) as (…, N, G, D/G): what shares a mean is on an axis of its own."""
        return x.reshape(*x.shape[:-1], self.groups, -1)

    def forward(self, x, training=False):
        if self.axis == -1:
            _, centred, variance = moments(self.grouped(x), -1)
        elif training:
            mean, centred, variance = moments(x, -2)
        else:
            centred, variance = x - self.running_mean, self.running_var
        if self.axis == -2 and training:
            n, new = x.shape[-2], 1 - self.decay
            self.running_mean += new * (mean - self.running_mean)
            self.running_var += new * (variance * (n / (n - 1)) - self.running_var)
        x_hat, self.std = standardize(centred, variance, self.eps)
        self.x_hat = x_hat.reshape(x.shape)
        y = self.gamma * self.x_hat
        y += self.beta
        return y

    def backward(self, dy):
        """After ``forward`` in training."""
        (dy * self.x_hat).sum(axis=-2, keepdims=True, out=self.dgamma)
        dy.sum(axis=-2, keepdims=True, out=self.dbeta)
        if self.axis == -1:
            dx_hat, x_hat = self.grouped(self.gamma * dy), self.grouped(self.x_hat)
            return standardize_backward(dx_hat, x_hat, self.std, -1).reshape(dy.shape)
        n = dy.shape[-2]  # its two means are at hand: see `BatchNorm.backward`
        dx = dy - self.x_hat * (self.dgamma / n)
        dx -= self.dbeta / n
        dx *= self.gamma / self.std
        return dx


class Stack:
    """Networks side by side, in float64: dense, ReLU, dropout where p > 0, dense.

    `Stack.of` makes one of networks with other layers.

    Parameters
    ----------
    runs : tuple of int
        How many: (R,) or (S, n). Inputs are X (*runs, N, n_in); axes that are missing in front, or
        are 1, are the same data for all.
    n_in, n_hidden, n_out : int
    rng : numpy.random.Generator
        Draws the first weights (He), and what dropout drops.
    p : float in [0, 1)
        The probability to drop a hidden unit.

    Attributes
    ----------
    params, grads : ndarray, (*runs, P)
        A row for each run, in the order of ``Network.params``. To an optimizer these are walkers
        in P dimensions, so each run may have its own learning rate.
    layers : list
        Their ``W``, ``b``, ``dW``, ``db`` (or ``gamma``, …) are views into those rows.
    weights : list of (W, dW), each (R, n_in, n_out)
        What is penalized; views, too, with the axes of the runs flattened into one.
    """

    def __init__(self, runs, n_in, n_hidden, n_out, *, rng, p=0.0):
        dropout = [Dropout(p, rng)] if p else []
        self._lay_out(runs, [Linear(n_in, n_hidden), ReLU(), *dropout, Linear(n_hidden, n_out)])
        for weights, _ in self.weights:
            for W in weights:
                W[:] = he_normal(W.shape, rng)

    @classmethod
    def of(cls, nets):
        """Networks that are there already: a stack with copies of their parameters and averages.

        Parameters
        ----------
        nets : list of Network, or list of lists of Network
            (R,) or (S, n) of them, all with the same layers: a dense one first; dense ones,
            activations, dropout, batch norm, group norm, and layer norm over the features. A layer
            of your own may be among them if it has no parameters, takes x (…, N, D), and says so by
            an attribute ``stacks = True``.

        Raises
        ------
        ValueError
            If a layer is of another kind, the networks' layers differ, or there are none.
        """
        nested = bool(nets) and isinstance(nets[0], list)
        runs = (len(nets), len(nets[0])) if nested else (len(nets),)
        nets = [net for some in nets for net in some] if nested else nets
        kinds = {repr(net.layers) for net in nets}
        if len(kinds) != 1:
            raise ValueError(f"nets must all have the same layers, got {len(kinds)} kinds")
        layers = nets[0].layers
        for k, layer in enumerate(layers):
            if not (isinstance(layer, Linear) or (k > 0 and _stacks(layer))):
                raise ValueError(
                    "nets must have dense layers, the first among them, activations, dropout, "
                    f"batch norm, group norm and layer norm, got {layer} as layer {k}"
                )
        stack = cls.__new__(cls)
        stack._lay_out(runs, [copy(layer) for layer in layers])
        stack.params.reshape(len(nets), -1)[:] = [net.params for net in nets]
        for k, norm in stack._batch_norms():
            for name in BATCH_STATE:
                a = getattr(norm, name)
                a[:] = np.reshape([getattr(net.layers[k], name) for net in nets], a.shape)
        return stack

    def copy_to(self, nets):
        """Give networks, of which this is a stack, its parameters and running averages.

        Parameters
        ----------
        nets : list of Network, or list of lists of Network
            As `Stack.of` took them.
        """
        for run in np.ndindex(self.params.shape[:-1]):
            net = nets[run[0]] if len(run) == 1 else nets[run[0]][run[1]]
            net.params[:] = self.params[run]
            for k, norm in self._batch_norms():
                for name in BATCH_STATE:
                    setattr(net.layers[k], name, getattr(norm, name)[run][0])

    def _batch_norms(self):
        """Where they are, and the layers."""
        return [(k, a) for k, a in enumerate(self.layers) if hasattr(a, "running_mean")]

    def _lay_out(self, runs, layers):
        """Allocate the rows, and put a stacked layer in the place of each with parameters."""
        of_layer = [
            {name: shape if len(shape) == 2 else (1, *shape) for name, shape in shapes.items()}
            for shapes in (layer.param_shapes() for layer in layers)
        ]
        shapes = [shape for shapes in of_layer for shape in shapes.values()]
        self.params = np.zeros((*runs, sum(map(prod, shapes))))
        self.grads = np.zeros_like(self.params)
        p, g = iter(_views(self.params, shapes)), iter(_views(self.grads, shapes))
        self.layers, self.weights = [], []
        for layer, names in zip(layers, of_layer, strict=True):
            if names:
                views = {name: next(p) for name in names} | {f"d{name}": next(g) for name in names}
                kind = StackedLinear if isinstance(layer, Linear) else StackedNorm
                layer = kind(layer, **views)
            if isinstance(layer, StackedLinear):
                self.weights.append((_flat(layer.W), _flat(layer.dW)))
            self.layers.append(layer)

    def forward(self, X, training=False):
        """The logits (*runs, N, n_out) of X."""
        y = np.asarray(X, self.params.dtype)
        for layer in self.layers:
            y = layer.forward(y, training)
        return y

    __call__ = forward

    def backward(self, dlogits):
        """Write ``grads``, from the gradient of each run's loss with respect to its logits."""
        first, *others = self.layers
        dy = dlogits
        for layer in reversed(others):
            dy = layer.backward(dy)
        first.backward(dy, needs_dx=False)


def _views(rows, shapes):
    """Windows onto rows (*runs, P): one for each shape, (*runs, *shape), in order."""
    views, start = [], 0
    for shape in shapes:
        stop = start + prod(shape)
        views.append(rows[..., start:stop].reshape(*rows.shape[:-1], *shape))
        start = stop
    return views


def _stacks(layer):
    if isinstance(layer, LayerNorm):
        return type(layer) is LayerNorm and len(layer.shape) == 1
    return (
        isinstance(layer, Activation | Dropout)
        or type(layer) in (BatchNorm, GroupNorm)
        or (getattr(layer, "stacks", False) and not layer.param_shapes())
    )


def _flat(W):
    """W (*runs, D, K) as (R, D, K), the same numbers."""
    return W.reshape(-1, *W.shape[-2:])


class EachPenalty:
    """L1 and L2 (elastic net), with other strengths for each run: l1 and l2 are (R,)."""

    def __init__(self, l1, l2):
        self.l1, self.l2 = (np.asarray(a, dtype=float).reshape(-1, 1, 1) for a in (l1, l2))

    def gradient(self, w):
        return self.l1 * np.sign(w) + 2 * self.l2 * w


def cross_entropies(logits, y, label_smoothing=0.0):
    """Each run's cross-entropy, and its gradient with respect to that run's logits.

    Parameters
    ----------
    logits : (*runs, N, K)
    y : int array (*runs, N), or with fewer axes where runs share their labels

    Returns
    -------
    loss : (*runs)
    dlogits : (*runs, N, K)
    """
    n, k = logits.shape[-2:]
    q = (y[..., np.newaxis] == np.arange(k)) * (1 - label_smoothing) + label_smoothing / k
    log_p = log_softmax(logits)
    loss = -np.einsum("...nk,...nk->...", q, log_p) / n
    return loss, (np.exp(log_p) - q) / n


def evaluate_stack(net, X, y):
    """Mean loss and accuracy of each run on its own data: two arrays (*runs)."""
    loss, right = 0.0, 0
    for logits, labels in _by_pieces(net, X, y):
        loss = loss + cross_entropies(logits, labels)[0] * labels.shape[-1]
        right = right + np.sum(logits.argmax(axis=-1) == labels, axis=-1)
    return loss / X.shape[-2], right / X.shape[-2]


def reads_right(net, X, y):
    """Which of its data each run classifies correctly: bool (*runs, N)."""
    pieces = [logits.argmax(axis=-1) == labels for logits, labels in _by_pieces(net, X, y)]
    return np.concatenate(pieces, axis=-1)


def packed(right):
    """Which data a run reads right, as a short text: four letters for 24 of them."""
    return b64encode(np.packbits(right)).decode()


def unpacked(text, count):
    """What `packed` has packed, bool (count,)."""
    return np.unpackbits(np.frombuffer(b64decode(text), np.uint8), count=count).astype(bool)


def _by_pieces(net, X, y):
    """Logits and labels of 100 examples after another, which stay in the processor's cache."""
    for i in range(0, X.shape[-2], 100):
        yield net(X[..., i : i + 100, :]), y[..., i : i + 100]


@dataclass
class Runs:
    """What `train_stack` noted: the axes of the runs come first, time comes last.

    A run that diverges has nan or inf, or huge numbers, from there on; it is no exception.
    """

    loss: np.ndarray  # (*runs, steps): of each step's batch, before the step, dropout at work
    steps: np.ndarray  # (K,): when the following was noted, counted from 1
    val_loss: np.ndarray  # (*runs, K): mean loss on the validation data
    error: np.ndarray  # (*runs, K): percent of the validation data that is read wrong
    train_loss: np.ndarray  # (*runs, K): mean loss on `training`; (K,) of nan if that isn't given
    best_step: np.ndarray  # (*runs): the step whose parameters each run has in the end
    right: np.ndarray  # (*runs, N): which validation data it then reads right


def train_stack(
    net,
    batches,
    *,
    optimizer,
    validation,
    every,
    schedules=None,
    training=None,
    penalty=None,
    label_smoothing=0.0,
    after_step=None,
    patience=None,
) -> Runs:
    """Train all runs of a stack, one step for each batch.

    Parameters
    ----------
    net : Stack
        Trained in place.
    batches : iterable of (X, y)
        X (*runs, N, D) and labels y (*runs, N); axes that are missing are data for all runs.
    optimizer : Optimizer
        Reset before the first step. Its learning rate and momentum are put back at the end.
    validation : (X, y)
        Data of each run that it isn't trained on.
    every : int
        Steps between two notes.
    schedules : list of functions of the step, optional
        ``schedule(t) -> lr`` for t = 0, 1, 2, …, one for each entry of the first axis of the runs.
        If they have a ``momentum`` (`one_cycle`), it must be the same one.
    training : (X, y), optional
        Where to note ``train_loss``, with all units at work.
    penalty : L1, L2, ElasticNet or EachPenalty, optional
        Part of what is minimized, and of no loss that is noted.
    label_smoothing : float in [0, 1)
    after_step : function, optional
        ``after_step(net)`` is called after each step: for max-norm, or averages of the weights.
    patience : int, optional
        Early stopping, for each run by itself: it gets back the parameters of its lowest noted
        validation loss so far when that is so many steps old. When all have stopped, training ends.

    Raises
    ------
    ValueError
        If schedules have different momenta, or there are fewer batches than ``every``.
    """
    losses, notes, stopping, t = [], [], _EarlyStopping(net, patience), 0
    with rates_kept(fresh(optimizer)), np.errstate(all="ignore"):
        for t, (X, y) in enumerate(batches, 1):
            if schedules is not None:
                set_rates(optimizer, schedules, t - 1, net.params.ndim)
            loss, dlogits = cross_entropies(net.forward(X, training=True), y, label_smoothing)
            net.backward(dlogits)
            if penalty is not None:
                for W, dW in net.weights:
                    dW += penalty.gradient(W)
            optimizer.step(net.params, net.grads)
            if after_step is not None:
                after_step(net)
            losses.append(loss)
            if t % every == 0:
                val_loss, right = evaluate_stack(net, *validation)
                train_loss = np.nan if training is None else evaluate_stack(net, *training)[0]
                notes.append((val_loss, 100 * (1 - right), train_loss))
                if stopping.all_have_stopped(net, t, val_loss):
                    break
    if not notes:
        raise ValueError(f"every must be at most the number of batches, {t}, got {every}")
    best_step = stopping.restore(net, t)
    steps = np.arange(every, t + 1, every)
    val_loss, error, train_loss = (_by_time(values) for values in zip(*notes, strict=True))
    right = reads_right(net, *validation)
    return Runs(_by_time(losses), steps, val_loss, error, train_loss, best_step, right)


def set_rates(optimizer, schedules, t, ndim):
    """Give each run its learning rate for step t, and all of them their momentum, if they have one.

    The rates broadcast against parameters with ``ndim`` axes, one rate for each entry of the first.
    """
    optimizer.lr = np.reshape([schedule(t) for schedule in schedules], (-1, *[1] * (ndim - 1)))
    momenta = {getattr(schedule, "momentum", lambda t: None)(t) for schedule in schedules}
    if len(momenta) > 1:
        raise ValueError("schedules must all have the same momentum, got several")
    [momentum] = momenta
    if momentum is not None and optimizer.momentum_name:
        setattr(optimizer, optimizer.momentum_name, momentum)


class _EarlyStopping:
    """Keeps the parameters of each run's best step, until that is ``patience`` steps old."""

    def __init__(self, net, patience):
        runs = net.params.shape[:-1]
        self.patience, self.params = patience, net.params.copy()
        self.best, self.step = np.full(runs, np.inf), np.zeros(runs, int)
        self.waiting = np.ones(runs, bool)

    def all_have_stopped(self, net, t, val_loss):
        if self.patience is None:
            return False
        better = self.waiting & (val_loss < self.best)
        self.best[better], self.step[better] = val_loss[better], t
        self.params[better] = net.params[better]
        self.waiting &= t - self.step < self.patience
        return not self.waiting.any()

    def restore(self, net, t):
        """The step whose parameters each run now has: its best one, or t, the last one."""
        if self.patience is None:
            self.step[:] = t
        else:
            net.params[:] = self.params
        return self.step


def _by_time(values):
    """A list of arrays (*runs), one for each time, as one array (*runs, times)."""
    return np.stack(values, axis=-1)


def train_digits(
    schedules,
    steps,
    *,
    optimizer,
    seeds=8,
    batch_size=32,
    n_train=1024,
    every=None,
    after_step=None,
):
    """Train a 64-32-10 ReLU network on the embedded digits: S schedules, each with n seeds.

    A seed fixes three things: which digits are for training, the first weights, and the batches.
    So two schedules are compared on the same seeds.

    Parameters
    ----------
    schedules : list of functions of the step
        As for `train_stack`.
    steps : int
    optimizer : Optimizer
        The schedules set its learning rate.
    seeds : int or sequence of int
        How many, from 0 on, or which.
    batch_size, n_train : int
        ``n_train`` digits are for training, the rest for validation.
    every : int, optional
        Validate after every so many steps; only after the last one if not given.
    after_step : function, optional
        As for `train_stack`.

    Returns
    -------
    Runs
        Its arrays begin with the axes (S, n). ``right`` has a column for each of the digits, with
        nan where that one was for training.
    """
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    images, labels = digits()
    images = images.astype(np.float64)
    dealt = [deal(len(images), n_train, batch_size, steps, seed) for seed in seeds]
    batches, held_out = map(np.stack, zip(*dealt, strict=True))  # each (n, …)
    net = Stack((len(schedules), len(seeds)), INPUTS, HIDDEN, CLASSES, rng=np.random.default_rng(0))
    net.params[:] = [network(seed).params for seed in seeds]
    runs = train_stack(
        net,
        ((images[rows], labels[rows]) for rows in batches.swapaxes(0, 1)),  # rows (n, batch_size)
        optimizer=optimizer,
        schedules=schedules,
        validation=(images[held_out], labels[held_out]),
        every=every or steps,
        after_step=after_step,
    )
    right = np.full((*runs.right.shape[:-1], len(images)), np.nan)
    np.put_along_axis(right, np.broadcast_to(held_out, runs.right.shape), runs.right, axis=-1)
    return replace(runs, right=right)


def train_nets(make, lrs, X, y, *, epochs, batch_size, seeds=5, validation=None, notes=1):
    """Train networks of any make by gradient descent: S learning rates, each with n seeds.

    A seed fixes the first weights and the batches, so two makes are compared on the same seeds.

    Parameters
    ----------
    make : function of the seed
        Returns a Network that `Stack.of` takes.
    lrs : list of float
    X, y : (N, D) and (N,)
        The training data. X may be (n, N, D): other inputs for each seed.
    epochs, batch_size : int
        The rest of an epoch that fills no batch is left out.
    seeds : int or sequence of int
        How many, from 0 on, or which.
    validation : (X, y), optional
        The training data if not given.
    notes : int
        Validate so many times, the last time after the last step.

    Returns
    -------
    nets : list of lists of Network
        Trained, (S, n).
    runs : Runs
        Its arrays begin with the axes (S, n).
    """
    seeds = range(seeds) if isinstance(seeds, int) else seeds
    steps = epochs * (len(y) // batch_size)
    dealt = [deal(len(y), len(y), batch_size, steps, seed)[0] for seed in seeds]
    inputs = np.broadcast_to(X, (len(seeds), *X.shape[-2:]))
    own = np.arange(len(seeds))[:, np.newaxis]
    nets = [[make(seed) for seed in seeds] for _ in lrs]
    stack = Stack.of(nets)
    runs = train_stack(
        stack,
        ((inputs[own, rows], y[rows]) for rows in np.stack(dealt, axis=1)),  # rows (n, batch_size)
        optimizer=SGD(lr=1),
        schedules=[constant(lr) for lr in lrs],
        validation=validation or (X, y),
        every=steps // notes,
    )
    stack.copy_to(nets)
    return nets, runs


def network(seed):
    """The network that `train_digits` trains, with the first weights of this seed."""
    layers = [Linear(INPUTS, HIDDEN), ReLU(), Linear(HIDDEN, CLASSES)]
    return Network(layers, rng=np.random.default_rng(seed), dtype=np.float64)


def deal(n, n_train, batch_size, steps, seed):
    """Rows of the seed's batches (steps, batch_size), and of its validation data."""
    rng = np.random.default_rng([seed, 1])
    order = rng.permutation(n)
    train, batches = order[:n_train], []
    while len(batches) < steps:  # the rest of an epoch that fills no batch is left out
        mixed = rng.permutation(train)[: n_train // batch_size * batch_size]
        batches.extend(mixed.reshape(-1, batch_size))
    return np.array(batches[:steps]), order[n_train:]
