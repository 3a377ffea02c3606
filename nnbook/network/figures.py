"""Pictures of the chapter on networks: units, and sums of them.

All are drawn from the real thing, a ``Network`` or an array: they show only what the code does.
"""

import numpy as np

from nnlib.layers import Linear

from ..plots import BLUE, COLOURS, ORANGE, halo
from .by_hand import KINDS, TARGETS

INK, GREY = "#222222", "#777777"


def sum_axes(axes):
    """Left room for the parts of the hidden units, right for their sum."""
    names = "each hidden unit, weighted", "their sum"
    for ax, name, top in zip(axes, names, (2, 1.6), strict=True):
        ax.set(xlim=(0, 1), ylim=(-top, top), xlabel="x", ylabel=name)
        ax.axhline(0, color=GREY, lw=1)
    axes[1].text(0.99, 1.4, "target", color=ORANGE, ha="right")
    axes[1].text(0.75, 1.4, "network", color=BLUE, ha="right")


def units_add_up(axes, units, kind, target):
    """A curve that hidden units add up to: left the part of each, right the sum and the target."""
    f, net = TARGETS[target], KINDS[kind](TARGETS[target], units)
    x = np.linspace(0, 1, 241)
    out, (first, act, last) = net(x[:, None])[:, 0], net.layers
    for k in range(units):
        reach = min(0.4, 6 / first.W[0, k])  # where the unit climbs or bends
        where = -first.b[k] / first.W[0, k] + np.linspace(-reach, reach, 13)
        at = np.concatenate([[0], where[(0 < where) & (where < 1)], [1]])
        part = act.function(at * first.W[0, k] + first.b[k]) * last.W[k, 0]
        axes[0].plot(at, part, lw=1.2, color=COLOURS[k % 6])
    axes[1].plot(x[::4], f(x[::4]), color=ORANGE, lw=1.5)
    axes[1].plot(x, out, color=BLUE)
    error = np.abs(out - f(x)).max()
    return (
        f"{units} hidden unit{'s' * (units > 1)}, {net.params.size} "
        f"parameters: the sum misses the {target} by {error:.3f} at most."
    )


def draw_units(ax, net, x=None, *, weights=True):
    """A dense network: a circle for each unit, a line for each weight.

    Lines are orange where the weight is positive and blue where it is negative, the thicker the
    larger it is.

    Parameters
    ----------
    ax : matplotlib Axes
    net : Network
        Linear layers, with activations between them.
    x : array (D,), optional
        One input. Each circle then holds its unit's output.
    weights : bool
        Write each weight on its line, and each bias above its circle.

    Returns
    -------
    (int, int)
        The units (inputs are none) and the weights that were drawn.
    """
    columns, names = _columns(net, x)
    dense = [layer for layer in net.layers if isinstance(layer, Linear)]
    tallest = max(map(len, columns))
    places = [np.arange(len(c)) * -1.0 + (len(c) - 1) / 2 for c in columns]
    largest = max(np.abs(layer.W).max() for layer in dense) or 1.0
    gap = max(1.6, 0.45 * tallest)
    for k, layer in enumerate(dense):
        for (i, j), w in np.ndenumerate(layer.W):
            start, end = (k * gap, places[k][i]), ((k + 1) * gap, places[k + 1][j])
            ax.plot(
                *zip(start, end, strict=True),
                color=ORANGE if w > 0 else BLUE,
                lw=0.3 + 2.7 * abs(w) / largest,
                zorder=1,
            )
            if weights:
                at = np.add(start, 0.3 * np.subtract(end, start))
                halo(ax.text(*at, f"{w:.2f}", ha="center", va="center", fontsize=10))
        if weights and layer.bias:
            for j, b in enumerate(layer.b):
                halo(
                    ax.text(
                        (k + 1) * gap,
                        places[k + 1][j] + 0.36,
                        f"{b:+.2f}",
                        ha="center",
                        va="bottom",
                        fontsize=10,
                        color=GREY,
                    )
                )
    for k, (values, name) in enumerate(zip(columns, names, strict=True)):
        ax.scatter(
            np.full(len(values), k * gap),
            places[k],
            s=900 if x is not None else 160,
            facecolor="#f2f2f2" if k == 0 else "white",
            edgecolor=INK,
            lw=1.3,
            zorder=2,
        )
        for y, value in zip(places[k], values if x is not None else (), strict=False):
            ax.text(k * gap, y, f"{value:.2f}", ha="center", va="center", fontsize=10, zorder=3)
        ax.text(k * gap, -tallest / 2 - 0.15, name, ha="center", va="top", fontsize=10)
    ax.set(xlim=(-0.6, (len(columns) - 1) * gap + 0.6), ylim=(-tallest / 2 - 0.9, tallest / 2))
    ax.set_axis_off()
    return sum(map(len, columns[1:])), sum(layer.W.size for layer in dense)


def _columns(net, x):
    """The numbers in each column of units, inputs first, and what stands below them."""
    first = net.layers[0]
    if not isinstance(first, Linear):
        raise ValueError(f"draw_units takes a network that starts with Linear, got {first}")
    h = np.zeros((1, first.n_in)) if x is None else np.asarray(x)[None]
    columns, names = [h[0]], [f"{first.n_in} inputs"]
    for layer in net.layers:
        h = layer.forward(h)
        if isinstance(layer, Linear):
            columns.append(h[0])
            names.append(f"Linear({layer.n_in}, {layer.n_out})")
        else:
            columns[-1] = h[0]
            names[-1] += f"\n{getattr(layer, 'name', layer)}"
    return columns, names
