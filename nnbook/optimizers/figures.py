"""Drawing for the chapters on optimizers: landscapes from above, and the paths across them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm

from ..plots import BLACK, ORANGE, grid
from .race import PLACES, race, rounded, tuned, walk

DECADES = 4.4  # of height, in contours of equal ratios
LEVELS = 16


def contour_levels(place, z):
    """Heights at which to draw contours: equal ratios above the minimum, or equal steps."""
    if not np.isfinite(place.minimum):
        return np.linspace(z.min(), z.max(), LEVELS)
    top = z.max() - place.minimum
    return place.minimum + top * 10.0 ** np.linspace(-DECADES, 0, LEVELS)


def draw_landscape(ax, place, *, start=None, n=160, labels=True):
    """Filled contours over the landscape's domain, its lowest points as stars, and the start.

    The stronger the colour, the higher. The heights of the contours depend on the landscape alone,
    so that all pictures of it have the same scale.

    Parameters
    ----------
    ax : matplotlib Axes
        Gets the limits of the landscape's domain.
    place : Landscape
    start : (x, y), optional
        Marked with a ring.
    n : int
        Grid points along each axis.
    labels : bool
        Whether to label the axes x and y.

    Returns
    -------
    ndarray
        The heights of the contours.
    """
    (x0, x1), (y0, y1) = place.domain
    ax.set(xlim=(x0, x1), ylim=(y0, y1))
    x, y, points = grid(ax, n)
    z = place.value(points).reshape(n, n)
    levels = contour_levels(place, z)
    # from nearly white (low) to a middle blue: a path stays readable on all of it
    colours = colormaps["Blues"](np.linspace(0.0, 0.6, LEVELS))
    z, top = np.maximum(z, levels[0]), max(z.max(), levels[-1]) + 1
    for level, colour in zip(levels, colours, strict=True):  # all above it: each rim is drawn once
        areas = ax.contourf(x, y, z, levels=[level, top], colors=[colour])
        areas.set(edgecolor="#44617b", linewidth=0.4)
    ax.grid(False)
    ax.plot(*place.minima.T, "*", color=ORANGE, ms=13, mec="white", mew=1, zorder=4)
    if start is not None:
        draw_start(ax, start)
    if labels:
        ax.set(xlabel="x", ylabel="y")
    return levels


def draw_start(ax, start):
    """A ring where a walk starts, at (x, y)."""
    ax.plot(*start, "o", color="white", ms=8, mec=BLACK, mew=1.8, zorder=4)


def draw_path(ax, thetas, *, color=BLACK, dots=True, lw=1.6, fineness=0.004):
    """A walk, as far as it stays near the picture, with a dot on each step that can be told apart.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits say how fine to draw, and where the walk leaves the picture.
    thetas : array (T + 1, 2)
    color : colour
    dots : bool
        Whether to mark the steps.
    fineness : float
        Steps shorter than this share of the axes are not drawn one by one.

    Returns
    -------
    int
        The step at which the walk is outside of the axes for the first time; -1 if it never is.
    """
    thetas = np.asarray(thetas, dtype=float)
    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    size = high - low
    outside = ~((thetas >= low) & (thetas <= high)).all(axis=-1)
    far = ~((thetas >= low - 3 * size) & (thetas <= high + 3 * size)).all(axis=-1)
    end = int(np.argmax(far)) if far.any() else len(thetas)
    kept = thinned(thetas[:end] / size, fineness)
    points = thetas[:end][kept]
    style = {"marker": "o", "ms": 2.6} if dots else {}
    ax.plot(*points.T, color=color, lw=lw, zorder=3, **style)
    if end == len(thetas) and not outside[-1]:
        ax.plot(*thetas[-1], "o", color=color, ms=6, mec="white", mew=0.8, zorder=5)
    return int(np.argmax(outside)) if outside.any() else -1


def thinned(points, fineness):
    """Indices of the points to keep such that neighbours are at least this far apart."""
    kept, last = [], None
    for k, (x, y) in enumerate(points.tolist()):
        if last is None or abs(x - last[0]) + abs(y - last[1]) >= fineness:
            kept.append(k)
            last = x, y
    if kept and kept[-1] != len(points) - 1:
        kept.append(len(points) - 1)
    return kept


def verdict(path, place):
    """How one walk ended, in words with numbers: where, how high, or when and why it diverged.

    Parameters
    ----------
    path : Path
        Of one walker, from `nnlib.descend`.
    place : Landscape

    Returns
    -------
    str
        A phrase without a full stop.
    """
    steps = len(path.theta) - 1
    if path.diverged_at >= 0:
        lengths = np.linalg.norm(np.diff(path.theta, axis=0), axis=-1)
        lengths = lengths[lengths > 0]  # the last one is zero: a lost walker stands still
        growth = (
            ""
            if len(lengths) < 3
            else (
                f" (its last step {lengths[-1] / lengths[-2]:.1f} times as long as the one before)"
            )
        )
        return f"diverged at step {path.diverged_at}{growth}: the rate is too large here"
    x, y = path.theta[-1]
    where = f"at ({x:.2f}, {y:.2f})"
    (x0, x1), (y0, y1) = place.domain
    if not (x0 <= x <= x1 and y0 <= y <= y1):
        inside = ((path.theta >= (x0, y0)) & (path.theta <= (x1, y1))).all(axis=-1)
        left = int(np.flatnonzero(inside).max(initial=-1)) + 1
        return f"left the picture at step {left}, and is {where} after {steps} steps"
    return f"after {steps} steps f = {path.values[-1]:.4g} {where}"


def draw_map(ax, table, x, y, *, most, log_x=True):
    """A heat map of step counts: yellow is few, violet is many, grey is never.

    Parameters
    ----------
    ax : matplotlib Axes
    table : array (len(y), len(x))
        Steps, -1 for never.
    x, y : arrays
        What belongs to the columns and rows; x on a logarithmic axis unless ``log_x`` is False.
    most : int
        The step count at the violet end.

    Returns
    -------
    (int, float, float)
        The fewest steps, and the x and y where they are.
    """
    table = np.asarray(table, dtype=float)
    table = np.where(table < 0, np.nan, table)
    ax.set_facecolor("#d9d9d9")
    if log_x:
        ax.set_xscale("log")
    mesh = ax.pcolormesh(x, y, table, cmap="viridis_r", norm=LogNorm(10, most), shading="nearest")
    ax.grid(False)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    bar.set_label("steps")
    row, column = np.unravel_index(np.nanargmin(table), table.shape)
    ax.plot(x[column], y[row], "*", color=ORANGE, ms=14, mec="white", mew=1)
    return int(table[row, column]), float(x[column]), float(y[row])


def portraits(*makers):
    """Each optimizer's walk to the goal at its tuned rate: a row each, McCormick and Rosenbrock.

    Parameters
    ----------
    makers : classes of optimizers
    """
    size = 5.8, 0.3 + 2.2 * len(makers)
    fig, axes = plt.subplots(
        len(makers),
        2,
        figsize=size,
        sharex="col",
        sharey="col",
        squeeze=False,
        layout="constrained",
    )
    for row, make in zip(axes, makers, strict=True):
        for ax, where in zip(row, ("McCormick", "Rosenbrock"), strict=True):
            place, start = PLACES[where]
            lr, steps = tuned(make, where)
            draw_landscape(ax, place, start=start, n=80, labels=False)  # small, and many
            draw_path(ax, walk(make(lr=lr), place, np.array(start, float), steps))
            ax.set_title(f"{make.__name__}: {rounded(steps)} steps")
            ax.set_xlabel(f"learning rate {lr:.2g}")


def draw_convergence(ax, make, where, name, values, rates):
    """A map of the steps to the goal, 500 at most, over learning rate and one more parameter.

    Parameters
    ----------
    ax : matplotlib Axes
    make : class of an optimizer
    where : str
        One of `PLACES`.
    name : "mu" or "beta1"
        The parameter on the y axis.
    values, rates : arrays
        Of that parameter, and of the learning rate.

    Returns
    -------
    (int, float, float)
        The fewest steps, and the rate and the value that take them.
    """
    place, start = PLACES[where]
    table = [
        race(make(lr=1.0, **{name: value}), place, [start], rates=rates, steps=500, all_rates=True)
        for value in values
    ]
    ax.set(
        xlabel="learning rate",
        ylabel={"mu": "μ", "beta1": "β1"}[name],
        title=f"{make.__name__}, {where}",
    )
    return draw_map(ax, np.array(table)[:, :, 0], rates, values, most=500)
