"""Schedules: the learning rate as a function of the step, ``schedule(t) -> lr`` for t = 0, 1, 2, …

Each function here takes the shape of the curve and returns the curve, a function of t alone. It
remembers nothing from call to call, so it can be plotted before it is used, and nothing compounds.
(`Plateau`, which waits for the loss to stop falling, has to remember.) Whether a step is a
mini-batch or an epoch is up to whoever calls it; `nnlib.train.train` calls it for every mini-batch.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from . import _check
from ._check import count, non_negative, positive, unit_interval
from .stepping import Optimizer

Schedule = Callable[[int], float]


def set_rate(optimizer: Optimizer, schedule: Schedule, t: int) -> None:
    """Give an optimizer its learning rate for step t, and its momentum if the schedule has one."""
    optimizer.lr = non_negative("schedule(t)", schedule(t))
    if hasattr(schedule, "momentum") and optimizer.momentum_name:
        momentum = unit_interval("schedule.momentum(t)", schedule.momentum(t))
        setattr(optimizer, optimizer.momentum_name, momentum)


@contextmanager
def rates_kept(optimizer: Optimizer) -> Iterator[None]:
    """Inside of ``with``, schedules may set the rates; at its end the optimizer has its own."""
    names = [name for name in ("lr", optimizer.momentum_name) if name]
    rates = {name: getattr(optimizer, name) for name in names}
    try:
        yield
    finally:
        vars(optimizer).update(rates)


def constant(lr: float) -> Schedule:
    """The same learning rate at every step: ``lr``."""
    lr = positive("lr", lr)
    return lambda t: lr


def step_decay(lr: float, *, every: int, factor: float = 0.5) -> Schedule:
    """A staircase: ``lr * factor**floor(t / every)``, so the first drop comes at t = every."""
    lr, every, factor = positive("lr", lr), count("every", every), positive("factor", factor)
    return lambda t: lr * factor ** (t // every)


def exponential(lr: float, *, k: float) -> Schedule:
    """The same share is lost at every step: ``lr * exp(-k * t)``.

    PyTorch and Keras name the ratio of two neighbours instead, ``gamma = exp(-k)``.
    """
    lr, k = positive("lr", lr), non_negative("k", k)
    return lambda t: lr * math.exp(-k * t)


def inverse_time(lr: float, *, k: float) -> Schedule:
    """Fast at first, then slower and slower: ``lr / (1 + k * t)``; halved at t = 1 / k.

    It falls slowly enough to get anywhere (its sum is infinite) and fast enough for the noise to
    die out (the sum of its squares is finite): the conditions of Robbins and Monro (1951).
    """
    lr, k = positive("lr", lr), non_negative("k", k)
    return lambda t: lr / (1 + k * t)


def polynomial(lr: float, steps: int, *, power: float = 1.0, final: float = 0.0) -> Schedule:
    """From lr to ``final``: ``final + (lr - final) * (1 - t / steps)**power``; a line for power 1.

    ``final`` is reached at t = steps, one step after the last of ``steps`` steps, and kept.
    """
    lr, steps = positive("lr", lr), count("steps", steps)
    power, final = positive("power", power), non_negative("final", final)
    return lambda t: final + (lr - final) * (1 - min(t / steps, 1)) ** power


def cosine(lr: float, steps: int, *, final: float = 0.0) -> Schedule:
    """Half a wave from lr to ``final``: ``final + (lr - final) * (1 + cos(pi * t / steps)) / 2``.

    ``final`` is reached at t = steps and kept (PyTorch's goes up again).

    References
    ----------
    Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts,
    arXiv:1608.03983.
    """
    lr, steps, final = positive("lr", lr), count("steps", steps), non_negative("final", final)
    return lambda t: _half_wave(lr, final, min(t / steps, 1))


def warm_restarts(lr: float, period: int, *, growth: int = 1, final: float = 0.0) -> Schedule:
    """`cosine` again and again, each ``growth`` times longer than the one before.

    A period starts at lr; ``final`` would be reached at the step that restarts.

    References
    ----------
    Loshchilov and Hutter (2017), as for `cosine`.
    """
    lr, period, growth = positive("lr", lr), count("period", period), count("growth", growth)
    final = non_negative("final", final)

    def schedule(t: int) -> float:
        length = period
        if growth == 1:
            t %= period  # the same as the loop, at once
        while t >= length:
            t, length = t - length, length * growth
        return _half_wave(lr, final, t / length)

    return schedule


def warmup(schedule: Schedule, steps: int) -> Schedule:
    """Begin gently: rise in a line to ``schedule(0)``, then follow the schedule from its start.

    ``schedule(0) * (t + 1) / steps`` for t < steps, ``schedule(t - steps)`` from then on. The first
    step has ``schedule(0) / steps``, and not 0, which would waste it.

    References
    ----------
    Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour,
    arXiv:1706.02677.

    Raises
    ------
    ValueError
        For `one_cycle`, which warms up itself, and `Plateau`, which has no beginning.
    """
    steps = count("steps", steps)
    _check.schedule(schedule)
    if hasattr(schedule, "report") or hasattr(schedule, "momentum"):
        raise ValueError(
            "schedule must give a learning rate and nothing else to be warmed up, "
            "got a Plateau, or a one_cycle with its momentum"
        )
    return lambda t: schedule(0) * (t + 1) / steps if t < steps else schedule(t - steps)


def triangular(low: float, high: float, half_cycle: int) -> Schedule:
    """Up and down in straight lines, for ever: low at t = 0, high at t = half_cycle, low again.

    ``cycle = floor(1 + t / (2 * half_cycle))``
    ``x = |t / half_cycle - 2 * cycle + 1|``
    ``lr = low + (high - low) * (1 - x)``

    References
    ----------
    Smith (2017), Cyclical learning rates for training neural networks, arXiv:1506.01186.
    """
    low, high = non_negative("low", low), positive("high", high)
    half_cycle = count("half_cycle", half_cycle)
    if low > high:
        raise ValueError(f"low must be at most high = {high}, got {low}")

    def schedule(t: int) -> float:
        cycle = math.floor(1 + t / (2 * half_cycle))
        x = abs(t / half_cycle - 2 * cycle + 1)
        return low + (high - low) * (1 - x)

    return schedule


def one_cycle(
    max_lr: float,
    steps: int,
    *,
    rise: float = 0.3,
    start_factor: float = 25.0,
    final_factor: float = 1e4,
    low_momentum: float = 0.85,
    high_momentum: float = 0.95,
) -> Schedule:
    """One wave up to a large learning rate and down to almost nothing, momentum the other way.

    The learning rate goes in half waves from ``max_lr / start_factor`` to ``max_lr`` and on to
    ``max_lr / start_factor / final_factor``; the momentum from high to low and back. The top is at
    ``t = rise * steps - 1``, the end at ``t = steps - 1`` (and kept), as in PyTorch's OneCycleLR.

    Returns
    -------
    function of the step
        With an attribute ``momentum``, a function of the step too, which `set_rate` hands to
        optimizers that have one (``mu`` or ``beta1``).

    References
    ----------
    Smith and Topin (2019), Super-convergence: very fast training of neural networks using large
    learning rates, arXiv:1708.07120.
    """
    max_lr, steps = positive("max_lr", max_lr), count("steps", steps, 2)
    rise = unit_interval("rise", rise)
    start = max_lr / positive("start_factor", start_factor)
    final = start / positive("final_factor", final_factor)
    low_momentum = unit_interval("low_momentum", low_momentum)
    high_momentum = unit_interval("high_momentum", high_momentum)
    top, end = rise * steps - 1, steps - 1

    def wave(first: float, middle: float, last: float, t: int) -> float:
        if t < top:
            return _half_wave(first, middle, t / top)
        return _half_wave(middle, last, min((t - top) / (end - top), 1))

    def schedule(t: int) -> float:
        return wave(start, max_lr, final, t)

    schedule.momentum = lambda t: wave(high_momentum, low_momentum, high_momentum, t)
    return schedule


def _half_wave(first: float, last: float, share: float) -> float:
    """From first (share = 0) to last (share = 1) along half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


class Plateau:
    """Lower the learning rate when the loss has stopped falling.

    Call ``report(loss)`` after each epoch; ``schedule(t)`` is the current rate, whatever t. Once
    the loss has failed ``patience + 1`` times in a row to get below ``best * (1 - threshold)``, the
    rate is multiplied by ``factor``. It remembers, so make a new one for each run.

    Parameters
    ----------
    lr : float > 0
    factor : float in [0, 1)
    patience : int >= 0
        How many bad epochs are forgiven.
    threshold : float in [0, 1)
        What share of the best loss counts as better.
    min_lr : float in [0, lr]
    """

    def __init__(
        self,
        lr: float,
        *,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ):
        self.lr = positive("lr", lr)
        self.factor = unit_interval("factor", factor)
        self.patience = count("patience", patience, 0)
        self.threshold = unit_interval("threshold", threshold)
        self.min_lr = non_negative("min_lr", min_lr)
        if self.min_lr > self.lr:
            raise ValueError(f"min_lr must be at most lr = {self.lr}, got {min_lr}")
        self.best, self.bad_epochs = math.inf, 0

    def __call__(self, t: int) -> float:
        return self.lr

    def report(self, loss: float) -> None:
        """Take note of the newest loss; nan counts as bad."""
        if loss < self.best * (1 - self.threshold):
            self.best, self.bad_epochs = loss, 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs > self.patience:
            self.lr, self.bad_epochs = max(self.lr * self.factor, self.min_lr), 0


class RangeTest(NamedTuple):
    """What `range_test` saw: the learning rates it tried, and the loss at each."""

    lrs: np.ndarray
    losses: np.ndarray


def range_test(
    step: Callable[[float], float],
    *,
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    blow_up: float = 4.0,
) -> RangeTest:
    """Find the learning rates that work: take steps with ever larger ones, and watch the loss.

    ``lr = low * (high / low)**(t / (steps - 1))``

    The loss first hardly moves, then falls, then explodes. A good maximum lies where it still
    falls, well before it turns up. The loss of one mini-batch is noisy, so the end of the test is
    decided on a running average with weights ``0.9**k``, ``k`` steps back, that sum to 1.

    Parameters
    ----------
    step : function of lr
        Takes one training step with this learning rate and returns the loss before it, for example
        of the next mini-batch. It trains: use a copy of the network, or start anew afterwards.
    low, high : float > 0
        The first and the last learning rate; the steps between are equal ratios.
    steps : int >= 2
    blow_up : float > 1
        The test ends early where the running average is above ``blow_up`` times the lowest one so
        far, or is infinite or nan.

    Returns
    -------
    RangeTest
        ``lrs`` and ``losses``, arrays of equal length. The losses are not averaged; the one that
        ended the test is the last.

    References
    ----------
    Smith (2017), Cyclical learning rates for training neural networks, arXiv:1506.01186.
    """
    low, high, steps = positive("low", low), positive("high", high), count("steps", steps, 2)
    if low >= high:
        raise ValueError(f"low must be less than high = {high}, got {low}")
    if positive("blow_up", blow_up) <= 1:
        raise ValueError(f"blow_up must be a number > 1, got {blow_up}")
    lrs, losses, total, best = [], [], 0.0, math.inf
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            lrs.append(low * (high / low) ** (t / (steps - 1)))
            losses.append(float(step(lrs[-1])))
            total = 0.9 * total + 0.1 * losses[-1]
            average = total / (1 - 0.9 ** (t + 1))  # as Adam corrects its bias towards 0
            best = min(best, average)
            if not math.isfinite(average) or average - best > (blow_up - 1) * abs(best):
                break
    return RangeTest(np.array(lrs), np.array(losses))
