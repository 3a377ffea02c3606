"""The race of the chapter on optimizers: how many steps each learning rate needs to arrive."""

from functools import cache

import numpy as np

from nnlib.landscapes import beale, himmelblau, mccormick, quadratic, rosenbrock, saddle
from nnlib.optim import (
    SGD,
    Adadelta,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    Nadam,
    Nesterov,
    RMSprop,
)

from ..claims import claim

ALL = [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adadelta]
ALL += [Adam, AdaMax, Nadam, AMSGrad, AdamW, Lion]
BY_NAME = {make.__name__: make for make in ALL}
PLACES = {  # name: landscape and standard start
    "McCormick": (mccormick, (-1, 2.75)),
    "Rosenbrock": (rosenbrock, (-1.5, 2)),
    "Himmelblau": (himmelblau, (0, 0)),
    "Beale": (beale, (1, 1.5)),
    "quadratic": (quadratic(condition=100, angle=0.5), (-1.5, 1)),
    "saddle": (saddle, (-1.5, 0.001)),
}

GRID = 10.0 ** (np.arange(-20, 13) / 4)  # four rates for each factor of ten
GOAL, STAY = 1e-4, 100  # how low, and for how many steps
BLOCK = 200  # steps that are judged together


def walk(optimizer, place, theta, steps):
    """The points (steps + 1, …, 2) of a walk that goes on from theta, which is moved to its end.

    What `nnlib.descend` does, without its care for walkers that diverge.
    """
    points = [theta.copy()]
    for _ in range(steps):
        optimizer.step(theta, place.grad(theta))
        points.append(theta.copy())
    return np.array(points)


def race(optimizer, place, starts, *, rates=GRID, steps=20_000, all_rates=False):
    """Steps until a walker is low enough to stay, for each rate and each start.

    All walk at once: an optimizer updates each number by itself, and takes a rate for each. On a
    landscape with a minimum the goal is a height of less than ``GOAL`` above it for ``STAY`` steps
    in a row; on a saddle it is to fall below -1 with no step longer than ½. A walker that has left
    the map, which is the domain with half of its size around it, is out for good.

    Parameters
    ----------
    optimizer : Optimizer
        Reset before the first step.
    place : Landscape
    starts : array (S, 2)
    rates : array (R,)
    steps : int
        Who arrives later has not arrived.
    all_rates : bool
        Whether to go on after the first rate has all its walkers home.

    Returns
    -------
    int array (R, S)
        -1 for walkers that don't arrive.
    """
    theta = np.tile(np.asarray(starts, float), (len(rates), 1, 1))
    optimizer.reset()
    optimizer.lr = np.reshape(rates, (-1, 1, 1))
    stay = STAY if np.isfinite(place.minimum) else 0
    since = np.zeros(theta.shape[:2], int)  # when each came to where it has been since
    arrived, walking = since - 1, since == 0
    with np.errstate(all="ignore"):  # of rates that are far too large
        for begin in range(0, steps + stay + 1, BLOCK):
            low, on_map = _judge(walk(optimizer, place, theta, BLOCK), place)
            on_map = np.logical_and.accumulate(np.concatenate([walking[None], on_map]))
            time = begin + np.arange(BLOCK).reshape(-1, 1, 1)
            came = np.where(low, 0, time + 1)
            came = np.maximum.accumulate(np.maximum(came, since))
            home = (time - came >= stay) & on_map[:-1]
            first = np.take_along_axis(came, home.argmax(axis=0)[None], axis=0)[0]
            arrived = np.where((arrived < 0) & home.any(axis=0), first, arrived)
            since, walking = came[-1], on_map[-1]
            done = arrived >= 0
            if (done | ~walking).all() if all_rates else done.all(axis=1).any():
                break
    return np.where(arrived <= steps, arrived, -1)


def best_rate(make, place, starts):
    """The rate of the grid whose slowest walker is the fastest, and the steps from all starts.

    Both are None if no rate brings all starts to the goal.
    """
    arrived = race(make(lr=1.0), place, starts)
    slowest = np.where((arrived >= 0).all(axis=1), arrived.max(axis=1), np.iinfo(int).max)
    best = int(np.argmin(slowest))
    return (float(GRID[best]), arrived[best]) if (arrived[best] >= 0).all() else (None, None)


@cache
def tuned(make, where):
    """The best rate of an optimizer at its other defaults, and its steps from the standard start.

    Two more starts are a hundredth away; on the saddle, whose start is that close to the ridge,
    a ten-thousandth. Both results are None if no rate brings all three to the goal.
    """
    place, start = PLACES[where]
    apart = 0.0001 if where == "saddle" else 0.01
    starts = np.array(start) + apart * np.array([[0, 0], [1, 0], [0, 1]])
    lr, steps = best_rate(make, place, starts)
    return lr, steps if lr is None else int(steps[0])


def rounded(steps):
    """A step count in words, long ones to two digits: the rest depends on the last bit."""
    if steps is None:
        return "not within 20,000"
    return f"{steps if steps < 1000 else round(steps, 2 - len(str(steps))):,}"


def claim_more_steps(sentence, slow, fast, place, starts, **options):
    """Claim that the first optimizer needs more steps than the second, each at its best rate."""
    (lr_slow, many), (lr_fast, few) = (best_rate(make, place, starts) for make in (slow, fast))
    rates = {slow.__name__: lr_slow, fast.__name__: lr_fast}
    claim(
        sentence,
        factor=many / few,
        over="starts",
        budget=f"until f − f* < {GOAL:g}",
        tuned={f"{name}, lr": (lr, GRID) for name, lr in rates.items()},
        **options,
    )


def _judge(points, place):
    """Who is low enough before each step (T, …), and on the map after it; points (T + 1, …, 2)."""
    low, high = np.transpose(place.domain)
    on_map = (np.abs(points[1:] - (low + high) / 2) < high - low).all(axis=-1)
    value = place.value(points[:-1])
    if np.isfinite(place.minimum):
        return np.abs(value - place.minimum) < GOAL, on_map
    return value < -1, on_map & (np.linalg.norm(np.diff(points, axis=0), axis=-1) <= 0.5)
