"""What the chapters' figures have in common: one style, points, boundaries, digits and labels.

Every ``draw_*`` and ``scatter_*`` draws on the axes it is given, leaves all other state alone, and
returns what it measured. A figure of only one chapter is drawn in that chapter.
"""

import matplotlib.style
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patheffects import withStroke

from .frames import STYLE

BLUE, ORANGE, GREEN, PINK, AMBER, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
COLOURS = [BLUE, ORANGE, GREEN, PINK, AMBER, SKY, BLACK, "#8C6D31", "#7F7F7F", "#5E3C99"]
MARKERS = ["o", "^", "s", "D", "v", "P", "X", "<", ">", "*"]  # a class is a colour and a shape


def use_style():
    """The book's style for all figures of this notebook, as PNG that is sharp on dense screens."""
    from IPython import get_ipython
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    matplotlib.style.use(["default", str(STYLE)])
    if get_ipython() is not None:
        set_matplotlib_formats("retina")


def scatter_classes(ax, X, y, *, names=None, size=14, alpha=0.8):
    """Points of each class in their own colour and shape.

    Parameters
    ----------
    ax : matplotlib Axes
    X : array (N, 2)
    y : integers (N,)
        Class k takes the k-th colour and marker, whichever classes are present.
    names : sequence of str, optional
        What the classes are called, for a legend.

    Returns
    -------
    dict
        Class to its number of points.
    """
    X, y = np.asarray(X), np.asarray(y)
    for k in np.unique(y).tolist():
        label = None if names is None else names[k]
        ax.scatter(
            *X[y == k].T,
            s=size,
            alpha=alpha,
            color=COLOURS[k],
            marker=MARKERS[k],
            linewidths=0,
            label=label,
        )
    return {k: int(np.sum(y == k)) for k in np.unique(y).tolist()}


def grid(ax, n=60):
    """Points of an n x n grid that fills the axes: x (n,), y (n,) and points (n*n, 2)."""
    x, y = np.linspace(*ax.get_xlim(), n), np.linspace(*ax.get_ylim(), n)
    return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def draw_boundary(ax, score, *, n=60, level=0.0, shade=0.12):
    """The regions that a classifier gives to its classes, within the axes' limits.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits say where to look.
    score : callable
        ``score(points)`` for points (M, 2): (M,) or (M, 1) scores, class 1 where they exceed
        ``level``, or (M, K) scores of K classes, of which the largest wins.
    n : int
        Grid points along each axis.

    Returns
    -------
    ndarray
        The share of the area that each class gets.
    """
    x, y, points = grid(ax, n)
    s = np.asarray(score(points.astype(np.float32)), dtype=float).reshape(n * n, -1)
    if s.shape[1] == 1:
        z = s.reshape(n, n)
        ax.contourf(x, y, z, levels=[-np.inf, level, np.inf], colors=COLOURS[:2], alpha=shade)
        if z.min() < level < z.max():
            ax.contour(x, y, z, levels=[level], colors=[BLACK], linewidths=1.5)
        winner, k = (s[:, 0] > level).astype(int), 2
    else:
        winner, k = s.argmax(axis=1), s.shape[1]
        ax.imshow(
            winner.reshape(n, n),
            extent=(*ax.get_xlim(), *ax.get_ylim()),
            origin="lower",
            aspect=ax.get_aspect(),
            cmap=ListedColormap(COLOURS[:k]),
            vmin=-0.5,
            vmax=k - 0.5,
            alpha=shade + 0.1,
        )
    return np.bincount(winner, minlength=k) / n**2


def draw_line(ax, w, b, *, arrow=None, **style):
    """The line w[0] x + w[1] y + b = 0 across the axes, and w as an arrow at right angles to it.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits say where the line ends; they are kept.
    w, b : two weights and a bias
    arrow : float, optional
        Length of the arrow that shows w's direction, in data units; no arrow without it.

    Returns
    -------
    float
        The line's distance from the origin, ``|b| / ‖w‖``; nan where w = 0 and there is no line.
    """
    w, b = np.asarray(w, dtype=float), float(b)
    length = float(np.hypot(*w))
    if length == 0:
        return np.nan
    normal, along = w / length, np.array([-w[1], w[0]]) / length
    limits = np.array([ax.get_xlim(), ax.get_ylim()])
    foot = -b / length * normal  # the line's point closest to the origin
    middle = foot + along * np.dot(limits.mean(axis=1) - foot, along)  # and to the axes' centre
    reach = along * np.abs(limits - middle[:, None]).sum()  # beyond any corner
    ax.plot(*np.stack([middle - reach, middle + reach], axis=1), **{"color": BLACK} | style)
    ax.set(xlim=limits[0], ylim=limits[1])
    if arrow is not None:
        tip = middle + arrow * normal
        ax.annotate(
            "",
            tip,
            middle,
            arrowprops={"arrowstyle": "-|>", "lw": 2, "color": BLACK, "shrinkA": 0, "shrinkB": 0},
        )
        label(ax, "w", tip)
    return abs(b) / length


def draw_digits(ax, images, *, columns=10, titles=None, signed=False, gap=1):
    """Images as tiles of one picture, dark ink on paper.

    Parameters
    ----------
    ax : matplotlib Axes
    images : array (N, side, side) or (N, side * side)
        Pixels from 0 (paper) to 1 (ink).
    columns : int
        Tiles in a row.
    titles : sequence of str, optional
        A line above each tile.
    signed : bool
        For weights: blue below 0, white at 0, red above, on a scale symmetric about 0.

    Returns
    -------
    float
        The largest absolute value, which has the full colour.
    """
    images = np.asarray(images, dtype=float)
    side = images.shape[-1] if images.ndim == 3 else int(round(images.shape[-1] ** 0.5))
    images = images.reshape(-1, side, side)
    room = gap + (0 if titles is None else max(1, side // 3))
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (side + room), columns * (side + gap) - gap), np.nan)
    for k, image in enumerate(images):
        top, left = k // columns * (side + room) + room, k % columns * (side + gap)
        sheet[top : top + side, left : left + side] = image
        if titles is not None:
            ax.text(left + side / 2 - 0.5, top - 0.8, titles[k], ha="center", fontsize=10)
    scale = float(np.nanmax(np.abs(sheet))) or 1.0
    if signed:
        ax.imshow(sheet, cmap="RdBu_r", vmin=-scale, vmax=scale)
    else:
        ax.imshow(sheet, cmap="Greys", vmin=0, vmax=1)
    ax.set_axis_off()
    return scale


def draw_bars(ax, values, labels, *, mark=None, decimals=3, color=BLUE):
    """Bars with their values above, where these don't round to 0; returns the highest's number.

    ``mark`` is the number of one bar to highlight.
    """
    colours = [ORANGE if k == mark else color for k in range(len(values))]
    ax.bar(range(len(values)), values, color=colours)
    ax.set_xticks(range(len(values)), labels)
    ax.grid(False, axis="x")
    for k, value in enumerate(values):
        if round(value, decimals) != 0:
            ax.annotate(
                f"{value:.{decimals}f}",
                (k, value),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=10,
            )
    return int(np.argmax(values))


def label(ax, text, xy, offset=(6, 0), **style):
    """A direct label beside a point, in the same colour as what it names: no legend to look up.

    ``xy`` is in data units, ``offset`` in points.
    """
    style = {"va": "center", "ha": "left" if offset[0] >= 0 else "right"} | style
    return halo(ax.annotate(text, xy, offset, textcoords="offset points", **style))


def halo(text):
    """Give a text a pale edge, so that it can be read over lines and points."""
    text.set_path_effects([withStroke(linewidth=2.5, foreground="white", alpha=0.8)])
    return text
