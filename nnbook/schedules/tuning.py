"""Schedules of the chapter, each at the best rate of a grid, and what they read wrong."""

from typing import NamedTuple

import numpy as np

from nnlib.optim import Momentum

from ..claims import claim
from ..runs import train_digits

RATES = (0.04, 0.08, 0.16, 0.32, 0.64)


class Tuned(NamedTuple):
    """A schedule at each rate of a grid, and at the best one."""

    lr: float  # the best one: the lowest mean of ``wrong`` over seeds
    rates: tuple
    wrong: np.ndarray  # (rates, seeds), in % of the validation digits
    loss: np.ndarray  # (rates, seeds), of validation; infinite where it is no number
    right: np.ndarray  # (seeds, digits) at the best rate, as in `Runs.right`

    def own_best(self):
        """The rate with the lowest validation loss, for each seed."""
        return np.array(self.rates)[self.loss.argmin(axis=0)]


def tuned(make, steps, *, rates=RATES, optimizer=None, seeds=12, **options):
    """Train the digits with ``make(lr)`` for each rate, by momentum 0.9 if not told otherwise."""
    runs = train_digits(
        [make(lr) for lr in rates],
        steps,
        optimizer=optimizer or Momentum(lr=1),
        seeds=seeds,
        **options,
    )
    wrong, loss = runs.error[..., -1], runs.val_loss[..., -1]
    best = int(wrong.mean(axis=1).argmin())
    loss = np.nan_to_num(loss, nan=np.inf)
    return Tuned(rates[best], tuple(rates), wrong, loss, runs.right[best])


def percent(errors):
    """Errors as texts; of what diverges only the size can be repeated."""
    return [next((f">{b}" for b in (50, 20, 10) if error > b), f"{error:.1f}") for error in errors]


def claim_fewer_wrong(sentence, better, worse, *, budget, within=None):
    """Claim that one schedule reads fewer digits wrong than another, on the same seeds.

    ``better`` and ``worse`` are a name and a `Tuned` each.
    """
    sides = (better, worse)
    claim(
        sentence,
        gain=100 * (better[1].right - worse[1].right),
        unit="points",
        over="seeds × digits",
        budget=budget,
        tuned={f"{name}, lr": (side.lr, side.rates) for name, side in sides},
        within=within,
    )
