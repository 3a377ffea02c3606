"""The explorers: what they offer, the runs behind them, and their axes."""

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


def one_schedule(axes, shape, lr, second):
    """One shape: its rates, and its losses."""
    values, meaning, make = ONE[shape]
    p, runs, k = values[second - 1], one_run(shape, second), ONE_LRS.index(lr)
    schedule, loss = make(lr, p), smooth(runs.loss[k])
    axes[0].plot([schedule(t) for t in range(E1)], color=plots.GREEN)
    axes[1].plot(np.arange(BLOCK / 2, E1, BLOCK), loss, color=plots.GREEN)
    return (
        f"{shape}, {lr} at most, {meaning.format(p)}: training loss at "
        f"the end {loss[-1]:.2f}; {runs.error[k, :, -1].mean():.1f} % "
        "of the validation digits wrong (mean of 4 seeds)."
    )


E3, WATCH = 384, 12  # steps of a run of cycles, and between two looks at its error
HALVES, HIGHS = [12, 24, 48, 96, 192], [0.04, 0.08, 0.16, 0.32]


@cache
def cycled(half):
    """Mean error over 6 seeds, each 12 steps, for each high: (4, 32)."""
    curves = [schedules.triangular(high / 20, high, half) for high in HIGHS]
    runs = train_digits(curves, E3, optimizer=Momentum(lr=1), seeds=6, every=WATCH)
    return runs.error.mean(axis=1)


def cycle_axes(axes):
    """The rate on the left, the validation error on the right."""
    axes[0].set(xlim=(0, E3), ylim=(0, 0.34), xlabel="step", ylabel="learning rate")
    axes[1].set(xlim=(0, E3), ylim=(3, 60), yscale="log", xlabel="step")
    axes[1].set_ylabel("validation error (%)")
    axes[1].set_yticks([3, 5, 10, 20, 50], ["3", "5", "10", "20", "50"])
    axes[1].minorticks_off()


WARM, WARM_LRS = [0, 5, 10, 20, 80], [0.003, 0.01, 0.03, 0.1, 0.2, 0.3]


def warm_axes(axes):
    """The rate on the left, the training loss on the right."""
    axes[0].set(xlim=(0, E1), ylim=(0, 0.31), xlabel="step", ylabel="learning rate")
    axes[1].set(xlim=(0, E1), ylim=(0.01, 20), yscale="log", xlabel="step", ylabel="training loss")
