"""Explorers of the chapter on optimizers: what a slider changes, and what the picture says of it.

Each is a pair: what stays (``…_axes``), and what the sliders draw, which returns the read-out.
"""

from functools import lru_cache

import numpy as np

from nnlib.descend import descend
from nnlib.landscapes import himmelblau, mccormick, quadratic, rosenbrock
from nnlib.optim import SGD, Adam, Momentum

from ..plots import BLUE, GREEN, ORANGE, PINK
from .figures import draw_landscape, draw_path, draw_start, verdict
from .noise import ewma, noisy_walk
from .race import BY_NAME, tuned

GREY = "#777777"


def valley_axes(ax):
    """McCormick's valley."""
    draw_landscape(ax, mccormick)


def valley(ax, optimizer, lr, start=(-1, 2.75)):
    """150 steps of one optimizer on McCormick."""
    draw_start(ax, start)
    path = descend(mccormick, BY_NAME[optimizer](lr=lr), start, 150)
    draw_path(ax, path.theta)
    best = tuned(BY_NAME[optimizer], "McCormick")[0]
    return f"{optimizer}, lr = {lr:g} (tuned {best:.2g}): {verdict(path, mccormick)}."


_turn = np.linspace(0, 2 * np.pi, 41)
CIRCLE = np.stack([np.cos(_turn), np.sin(_turn)])


def edge_axes(axes):
    """Left room for a bowl, right the limit that a step's factor must not cross."""
    axes[0].set(xlim=(-2, 2), ylim=(-2, 2), xlabel="x", ylabel="y")
    axes[1].axhline(1, color=ORANGE, ls="--")
    axes[1].set(xscale="log", xlim=(0.8, 130), ylim=(0, 2.5))
    axes[1].set(xlabel="curvature λ", ylabel="factor of a step, |1 − lr·λ|")
    axes[1].text(0.9, 1.05, "above: diverges", color=ORANGE, va="bottom")


def edge(axes, condition, lr):
    """60 steps of gradient descent in a bowl, and the factor of a step for each curvature."""
    bowl, curves = quadratic(condition=condition), np.geomspace(1, 100, 30)
    for r in (0.5, 1.1, 1.7):
        x, y = r * CIRCLE
        axes[0].plot(x, y / np.sqrt(condition), color="#8fa8bd", lw=1)
    path = descend(bowl, SGD(lr=lr), (-1.7, 1), steps=60, limit=1e3)
    draw_path(axes[0], path.theta)
    axes[0].plot(0, 0, "*", color=ORANGE, ms=13)
    axes[1].plot(curves, np.abs(1 - lr * curves), color=GREY, lw=1)
    ends = np.array([1, condition])
    axes[1].plot(ends, np.abs(1 - lr * ends), "o", color=BLUE, ms=8)
    slow = np.abs(1 - lr * ends).max()
    return (
        f"κ = {condition}, lr = {lr:g}, limit 2/κ = {2 / condition:g}: "
        f"slowest factor {slow:.3f}; {verdict(path, bowl)}."
    )


def noise_axes(axes):
    """Left McCormick and the start, right room for heights."""
    draw_landscape(axes[0], mccormick, start=(-1, 2.75))
    axes[1].set(xlim=(0, 300), ylim=(1e-4, 100), yscale="log")
    axes[1].set(xlabel="step", ylabel="height, f − f*")


def noise_floor(axes, batch, lr):
    """300 steps of mini-batch gradient descent: the walk, and its heights."""
    walk = noisy_walk(batch, lr)
    height = mccormick.value(walk) - mccormick.minimum
    out = draw_path(axes[0], walk, lw=0.9, fineness=0.012, dots=False)
    shown = np.maximum(height[: None if out < 0 else out + 1], 1e-5)[::2]
    axes[1].plot(2 * np.arange(len(shown)), shown, lw=1.2)
    floor = (
        f"median of the last 100 heights {np.median(height[200:]):.2g}"
        if out < 0
        else f"thrown out of the picture at step {out}"
    )
    return f"Batch {batch}, lr {lr:g}: {floor}; 300 steps are {300 * batch / 2000:.3g} epochs."


STEP = np.arange(1, 121)
TRUTH = np.where(STEP < 60, 1.0, 2.0)
NOISY = TRUTH + np.random.default_rng(2).normal(0, 0.4, 120)


def average_axes(axes):
    """Left a value that jumps, and its noisy measurements, right room for the weights."""
    axes[0].plot(STEP, NOISY, ".", color="#999999", ms=4)
    axes[0].step(STEP, TRUTH, color="#555555", lw=1, where="post")
    axes[0].set(xlim=(0, 121), ylim=(-0.3, 3.2), xlabel="step", ylabel="value and its average")
    axes[1].set(xlim=(-0.5, 52), ylim=(0, 1.05), xlabel="age in steps", ylabel="weight")


def average(axes, beta, correct):
    """The exponentially weighted average of the measurements, and its weights."""
    m, ages = ewma(NOISY, beta, correct), np.arange(53)
    axes[0].plot(STEP, m, color=ORANGE)
    axes[1].plot(ages, (1 - beta) * beta**ages, "o-", color=ORANGE, ms=4)
    axes[1].axvline(1 / (1 - beta), color=BLUE, ls="--")
    late = int(np.argmax(m[59:] > 1.5))
    return (
        f"β = {beta}, window {1 / (1 - beta):.1f}, "
        f"{'corrected' if correct else 'raw'}: first value {m[0]:.2f}, "
        f"spread before the jump {np.std(m[25:59]):.2f}, "
        f"half of the jump seen {late} steps after it."
    )


def ravine_axes(ax):
    """Rosenbrock's ravine."""
    draw_landscape(ax, rosenbrock)


@lru_cache
def _ravine_walk(mu, lr, start):
    return descend(rosenbrock, Momentum(lr=lr, mu=mu), start, steps=1280, limit=1e3)


def ravine(ax, mu, lr, steps, start=(-1.5, 2)):
    """The first steps of momentum on Rosenbrock."""
    draw_start(ax, start)
    path = _ravine_walk(mu, lr, start)
    shown = path.theta[: steps + 1]
    draw_path(ax, shown, fineness=0.008)
    name = f"μ = {mu}, lr = {lr:g}"
    if 0 <= path.diverged_at <= steps:
        return f"{name}: {verdict(path, rosenbrock)}."
    x, y = shown[-1]
    return f"{name}, {steps} steps: f = {rosenbrock.value(shown[-1]):.2g} at ({x:.2f}, {y:.2f})."


def betas(ax, beta1, beta2, start=(-1.5, 2)):
    """600 steps of Adam on Rosenbrock."""
    draw_start(ax, start)
    path = descend(rosenbrock, Adam(lr=0.05, beta1=beta1, beta2=beta2), start, steps=600)
    draw_path(ax, path.theta, fineness=0.015, dots=False)
    below = path.values < 1e-4
    when = f"f < 1e-4 after {np.argmax(below)} steps" if below.any() else "f < 1e-4 not reached"
    return f"β1 = {beta1}, β2 = {beta2}: {when}; {verdict(path, rosenbrock)}."


_eighths = np.arange(8) * np.pi / 4
RING = [-0.27, -0.92] + 1.2 * np.stack([np.cos(_eighths), np.sin(_eighths)], axis=1)
BASINS = list(zip("osD^", [BLUE, ORANGE, GREEN, PINK], strict=True))  # marker, colour of a minimum


def eight_walks(name):
    """Walks of 1,500 steps on Himmelblau from eight starts, and the minimum that each ends in."""
    make = BY_NAME[name]
    walks = descend(himmelblau, make(lr=tuned(make, "Himmelblau")[0]), RING, 1500)
    gaps = walks.theta[-1][:, None] - himmelblau.minima  # (8, 4, 2)
    return walks.theta, np.argmin((gaps**2).sum(axis=-1), axis=1)


def basin_axes(ax):
    """Himmelblau's four minima, each with its own mark."""
    draw_landscape(ax, himmelblau)
    for place, (marker, colour) in zip(himmelblau.minima, BASINS, strict=True):
        ax.plot(*place, marker, color=colour, ms=12, mec="w", zorder=6)


def basin(ax, optimizer):
    """Eight walks, in the colours of the minima that they end in."""
    (walks, ends), (_, plain) = eight_walks(optimizer), eight_walks("SGD")
    for k, place in enumerate(RING):
        marker, colour = BASINS[ends[k]]
        draw_path(ax, walks[:, k], dots=False, fineness=0.015, color=colour, lw=1)
        ax.plot(*place, marker, color=colour, ms=7, mec="w")
    return (
        f"{optimizer}: {np.sum(ends != plain)} of the 8 starts end in another minimum "
        "than with SGD."
    )
