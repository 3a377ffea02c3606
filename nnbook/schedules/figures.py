"""The explorer of all shapes: the schedules it offers, the runs behind it, and its axes."""

from functools import cache

import numpy as np

from nnlib import schedules
from nnlib.optim import Momentum

from .. import plots
from ..runs import train_digits

E1, BLOCK = 160, 8  # steps of a run, and how many of them are averaged in a picture
ONE_LRS = [0.02, 0.1, 0.2, 0.4]


def _line(lr, share):
    """Constant, and then a line to 0 that takes the last ``share`` of the run."""
    return lambda t: lr * min(1, (1 - t / E1) / share if share else 1)


ONE = {  # name: (values of its second parameter p, p in words, the schedule)
    "constant, then a line to 0": ([0, 0.1, 0.3, 0.6], "the line takes {:.0%}", _line),
    "step_decay": (
        [80, 53, 40, 20],
        "halved every {} steps",
        lambda lr, p: schedules.step_decay(lr, every=p),
    ),
    "exponential": (
        [0.005, 0.015, 0.03, 0.06],
        "k = {}",
        lambda lr, p: schedules.exponential(lr, k=p),
    ),
    "inverse_time": (
        [0.01, 0.03, 0.1, 0.3],
        "k = {}",
        lambda lr, p: schedules.inverse_time(lr, k=p),
    ),
    "polynomial": (
        [0.5, 1, 2, 4],
        "power {}",
        lambda lr, p: schedules.polynomial(lr, E1, power=p),
    ),
    "cosine": (
        [0.5, 0.2, 0.05, 0],
        "ends at {:.0%} of the start",
        lambda lr, p: schedules.cosine(lr, E1, final=p * lr),
    ),
    "warm_restarts": (
        [160, 80, 40, 20],
        "period {}",
        lambda lr, p: schedules.warm_restarts(lr, p),
    ),
    "one_cycle": (
        [0.1, 0.3, 0.5, 0.7],
        "rises for {:.0%} of the run",
        lambda lr, p: schedules.one_cycle(lr, E1, rise=p),
    ),
}


def smooth(loss, block=BLOCK):
    """Losses (seeds, steps): means over seeds and blocks of steps; what exploded stays at 10."""
    loss = np.nan_to_num(loss, nan=10, posinf=10).clip(0, 10).mean(axis=0)
    return loss.reshape(-1, block).mean(axis=1)


@cache
def one_run(name, place):
    """One shape at a value of its second parameter (1 to 4): all first rates, four seeds each."""
    values, _, make = ONE[name]
    curves = [make(lr, values[place - 1]) for lr in ONE_LRS]
    return train_digits(curves, E1, optimizer=Momentum(lr=1), seeds=4)


def one_axes(axes):
    """The rate on the left, the loss on the right, with that of the constant rate 0.1."""
    axes[0].set(xlim=(0, E1), ylim=(0, 0.42), xlabel="step", ylabel="learning rate")
    axes[1].set(xlim=(0, E1), ylim=(0.01, 10), yscale="log", xlabel="step", ylabel="training loss")
    still = smooth(one_run("constant, then a line to 0", 1).loss[ONE_LRS.index(0.1)])
    axes[1].plot(np.arange(BLOCK / 2, E1, BLOCK), still, ":", color="#777777")
    plots.label(axes[1], "dotted: constant 0.1", (60, 5), color="#777777")
