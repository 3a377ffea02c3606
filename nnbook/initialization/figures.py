"""The explorer of the corridor, for which weight sizes signals pass, and axes of the others."""

from functools import cache

import numpy as np

from .. import plots
from .deep import dense, measure, scaled

SIZES_G = [0.25, 0.5, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2, 2.5, 3, 4, 6]
DEPTHS = [5, 10, 20, 40]
POWERS = [1e-12, 1e-6, 1, 1e6, 1e12], ["10⁻¹²", "10⁻⁶", "1", "10⁶", "10¹²"]  # ticks
OPEN = 0.01, 100  # by which factor a signal may change on its way


@cache
def corridor_curves(activation, depth):
    """RMS at the far ends for each weight size: (13,) forward, (13,) back."""
    sizes = (depth + 1) * [64] + [10]
    runs = [measure(dense(scaled(g), activation, sizes, 0)) for g in SIZES_G]
    return np.array([(f[-1], b[0] / b[-1]) for f, b in runs]).T


def corridor_axes(ax):
    """The band, and the names of the two curves."""
    ax.axhspan(*OPEN, color=plots.GREEN, alpha=0.12, lw=0)
    ax.set(xscale="log", yscale="log", xlim=(0.23, 6.6), ylim=(1e-12, 1e12))
    ax.set_xlabel("weight size g")
    ax.set_xticks([0.25, 0.5, 1, 2, 4], ["¼", "½", "1", "2", "4"])
    ax.set_xticks([], minor=True)
    ax.set_yticks(*POWERS)
    for text, y, colour in [
        ("activations, last layer", 3e10, plots.BLUE),
        ("dashed: δ, first layer over last", 1e8, plots.ORANGE),
    ]:
        plots.label(ax, text, (0.25, y), (0, 0), color=colour)


def corridor(ax, g, depth, activation):
    """The two curves, and on them the chosen weight size."""
    curves, k = corridor_curves(activation, depth), SIZES_G.index(g)
    for curve, line, colour in zip(curves, ("-", "--"), (plots.BLUE, plots.ORANGE), strict=True):
        ax.plot(SIZES_G, curve, line, color=colour)
        ax.plot(g, curve[k], "o", color=colour, ms=9)
    ax.axvline(g, color="#777777", lw=1)
    inside = np.all((curves > OPEN[0]) & (curves < OPEN[1]), axis=0)
    fits = [f"{s:g}" for s, ok in zip(SIZES_G, inside, strict=True) if ok]
    open_ = f"open from {fits[0]} to {fits[-1]}" if fits else "closed"
    return (
        f"{depth} layers, {activation}, g = {g}: the signal ends at {curves[0][k]:.2g}, "
        f"the gradient changes by the factor {curves[1][k]:.2g}; the corridor is {open_}."
    )


def spread_axes(axes):
    """RMS by layer: of activations on the left, of δ on the right."""
    for ax, title in zip(
        axes, ["RMS of activations, going forward", "RMS of δ, going back"], strict=True
    ):
        ax.axhline(1, color="#777777", lw=1)
        ax.set(xlim=(0, 41), ylim=(1e-12, 1e12), yscale="log", xlabel="layer", title=title)
        ax.set_yticks(*POWERS)


def active_axes(ax):
    """Shares of units against the share of digits that they respond to."""
    ax.set(xlim=(-0.06, 1.03), ylim=(0, 100), ylabel="share of units (%)")
    ax.set_xlabel("share of the digits that a unit responds to (%)")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
