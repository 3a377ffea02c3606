"""Pictures of the chapter on normalization: the paths of a gradient, and the axes of a mean."""

import numpy as np
from matplotlib.patches import Polygon

from ..plots import BLUE, GREEN, ORANGE, halo

INK, GREY = "#222222", "#777777"

# name, place, and what it holds in a graph of one feature's batch norm
NODES = {
    "x": (0.0, 0.0, "$x_n$"),
    "mu": (1.0, -1.0, "$\\mu$"),
    "d": (2.0, 0.0, "$d_n$"),
    "v": (3.0, 1.0, "$v$"),
    "s": (4.0, 1.0, "$s$"),
    "xhat": (5.0, 0.0, "$\\hat x_n$"),
    "y": (6.2, 0.0, "$y_n$"),
}
EDGES = [  # from, to, local derivative, colour, where the text stands
    ("x", "d", "$1$", BLUE, (1.0, 0.17)),
    ("d", "xhat", "$1/s$", BLUE, (3.5, 0.17)),
    ("xhat", "y", "$\\gamma$", INK, (5.6, 0.17)),
    ("d", "v", "$2d_n/N$", ORANGE, (2.0, 0.68)),
    ("v", "s", "$1/2s$", ORANGE, (3.5, 1.24)),
    ("s", "xhat", "$-d_n/s^2$", ORANGE, (5.05, 0.68)),
    ("x", "mu", "$1/N$", GREEN, (0.2, -0.68)),
    ("mu", "d", "$-1$", GREEN, (1.75, -0.68)),
]


def draw_paths(ax):
    """How an input of batch norm reaches the outputs: itself, by the spread, and by the mean.

    Returns
    -------
    int
        The number of arrows, each with its local derivative.
    """
    for start, end, text, colour, place in EDGES:
        ax.annotate(
            "",
            NODES[end][:2],
            NODES[start][:2],
            arrowprops={
                "arrowstyle": "-|>",
                "lw": 2,
                "color": colour,
                "shrinkA": 13,
                "shrinkB": 13,
            },
        )
        halo(ax.text(*place, text, color=colour, ha="center", va="center", fontsize=12))
    for x, y, name in NODES.values():
        ax.plot(x, y, "o", ms=26, mfc="white", mec=INK, mew=1.2)
        ax.text(x, y, name, ha="center", va="center", fontsize=13, color=INK)
    for text, place, colour in [
        ("itself", (3.5, -0.22), BLUE),
        ("through the spread, to all", (3.5, 1.62), ORANGE),
        ("through the mean, to all", (1.0, -1.42), GREEN),
    ]:
        ax.text(*place, text, color=colour, ha="center", va="center", fontsize=11)
    ax.set(xlim=(-0.5, 6.7), ylim=(-1.65, 1.85), aspect="equal")
    ax.set_axis_off()
    return len(EDGES)


NAMES = ("batch", "layer", "instance", "group")


def shared(name, shape, groups=1, sample=0, channel=0):
    """Which numbers of (N, C, P) have their mean in common with one of this sample and channel.

    Parameters
    ----------
    name : "batch", "layer", "instance" or "group"
    shape : (int, int, int)
        Samples, channels, and pixels in a row.
    groups : int
        For "group": C / groups neighbouring channels share a mean.

    Returns
    -------
    array (N, C, P) of bool
    """
    if name not in NAMES:
        raise ValueError(f"name must be one of {', '.join(NAMES)}, got {name!r}")
    n, c, _ = np.indices(shape)
    size = shape[1] // groups
    return {
        "batch": c == channel,
        "layer": n == sample,
        "instance": (n == sample) & (c == channel),
        "group": (n == sample) & (c // size == channel // size),
    }[name]


def place(n, c, p, shape):
    """Where a corner of the block lies on paper; the last sample is the one in front."""
    return c + 0.55 * (shape[0] - n), p + 0.42 * (shape[0] - n)


def faces(shape):
    """The visible sides of the block: each cell as four corners, and its index (n, c, p)."""
    N, C, P = shape
    for c in range(C):
        for p in range(P):  # front
            yield [(N, c, p), (N, c + 1, p), (N, c + 1, p + 1), (N, c, p + 1)], (N - 1, c, p)
        for n in range(N):  # top
            yield [(n, c, P), (n, c + 1, P), (n + 1, c + 1, P), (n + 1, c, P)], (n, c, P - 1)
    for n in range(N):
        for p in range(P):  # right
            yield [(n, C, p), (n + 1, C, p), (n + 1, C, p + 1), (n, C, p + 1)], (n, C - 1, p)


def draw_block(ax, shape, mask=None, *, colour=ORANGE, names=True):
    """Activations (N, C, H, W) as a block: channels to the right, pixels up, samples to the back.

    Parameters
    ----------
    ax : matplotlib Axes
    shape : (int, int, int)
        N, C and H · W, all of them small.
    mask : array of bool (N, C, H · W), optional
        Cells to colour; without it the empty block is drawn.
    names : bool
        Write the names of the axes at the edges.

    Returns
    -------
    int
        The number of coloured cells, hidden ones as well.
    """
    for corners, index in faces(shape):
        if mask is None or mask[index]:
            ax.add_patch(
                Polygon(
                    [place(*corner, shape) for corner in corners],
                    closed=True,
                    fc="none" if mask is None else colour,
                    ec=GREY,
                    lw=0.7,
                )
            )
    N, C, P = shape
    ax.set(xlim=(-0.9, 1.15 * C + 0.55 * N), ylim=(-0.95, P + 0.42 * N + 0.35), aspect="equal")
    ax.set_axis_off()
    if names:
        ax.text(C / 2, -0.2, "channels C", ha="center", va="top", fontsize=10)
        ax.text(-0.2, P / 2, "pixels", ha="right", va="center", fontsize=10, rotation=90)
        ax.text(
            C + 0.3 * N + 0.25,
            0.15 * N,
            "samples N",
            ha="left",
            va="center",
            fontsize=10,
            rotation=37,
        )
    return 0 if mask is None else int(mask.sum())
