"""Pictures of the chapter on MNIST, and the note that it shows where MNIST is not at hand."""

from html import escape
from textwrap import fill

import numpy as np

from ..plots import BLACK, BLUE, GREEN, ORANGE, draw_digits, halo, label

GREY = "#777777"


class Note:
    """A box that a notebook and a page show, and that is plain text elsewhere."""

    def __init__(self, title, text, kind="warning"):
        self.title, self.text, self.kind = title, text, kind

    def _repr_html_(self):
        return (
            f'<div class="admonition {self.kind}"><p class="admonition-title">'
            f"{escape(self.title)}</p><p>{escape(self.text)}</p></div>"
        )

    def __repr__(self):
        return f"{self.title}: {self.text}"


def draw_confusion(ax, C):
    """Mistakes by true class (row) and prediction (column), each with its count.

    Returns
    -------
    int
        How many mistakes there are: all that is off the diagonal.
    """
    C = np.asarray(C)
    off = np.where(np.eye(len(C), dtype=bool), 0, C)
    ax.imshow(off, cmap="Oranges", vmin=0, vmax=1.4 * off.max())
    for i, j in np.ndindex(*C.shape):
        if i == j:
            ax.text(j, i, C[i, j], ha="center", va="center", color=GREY, fontsize=10)
        elif C[i, j]:
            ax.text(j, i, C[i, j], ha="center", va="center", color=BLACK)
    ax.set(xticks=range(len(C)), yticks=range(len(C)), xlabel="predicted", ylabel="written")
    ax.grid(False)
    return int(off.sum())


def draw_reliability(ax, confidence, accuracy, count):
    """How often predictions of each confidence come true, with two standard errors."""
    bins = [row for row in zip(confidence, accuracy, count, strict=True) if row[2]]
    confidence, accuracy, count = map(np.array, zip(*bins, strict=True))
    error = 2 * np.sqrt(confidence * (1 - confidence) / count)  # if the network were calibrated
    ax.plot([0, 1], [0, 1], ":", color=GREY)
    ax.errorbar(confidence, accuracy, yerr=error, fmt="o", color=BLUE, capsize=3, lw=1.5)
    for c, a, n in zip(confidence, accuracy, count, strict=True):
        label(ax, f"{n:,}", (c, a), (8, -9) if c < 0.95 else (-8, 10))
    ax.set(
        xlim=(0, 1.02),
        ylim=(0, 1.1),
        xlabel="confidence (largest probability)",
        ylabel="share that is right",
    )
    return np.abs(accuracy - confidence).max()


def draw_probabilities(ax, p, truth):
    """Ten bars: green where the truth is, orange where the network is sure of something else."""
    guess = int(np.argmax(p))
    colours = [GREEN if k == truth else ORANGE if k == guess else BLUE for k in range(len(p))]
    ax.bar(range(len(p)), p, color=colours)
    return guess


def draw_reading(axes, image, p, truth):
    """An image and what a network makes of it; returns the digit that it reads."""
    draw_digits(axes[0], image.reshape(1, -1).clip(0, 1))
    return draw_probabilities(axes[1], p, truth)


def probability_axes(ax):
    """Limits and labels for `draw_probabilities`."""
    ax.set(xlim=(-0.6, 9.6), ylim=(0, 1.02), xticks=range(10), xlabel="digit", ylabel="probability")
    ax.grid(False, axis="x")


def draw_steps(ax, names, means, spreads, kept):
    """Accuracies one below the other, with their spread; hollow where a step was not kept."""
    rows = np.arange(len(names))[::-1]
    for row, mean, spread, keep in zip(rows, means, spreads, kept, strict=True):
        colour = BLUE if keep else ORANGE
        ax.errorbar(
            mean,
            row,
            xerr=spread,
            fmt="o",
            color=colour,
            capsize=3,
            lw=1.5,
            ms=7,
            mfc=colour if keep else "white",
        )
        halo(
            ax.annotate(
                f"{mean:.2f}",
                (mean, row),
                (0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=10,
            )
        )
    ax.set_yticks(rows, [fill(name, 20) for name in names])
    ax.set(ylim=(-0.6, len(names) - 0.2), xlabel="validation accuracy (%)")
    return float(max(means))


def draw_errors(ax, rows, ours=()):
    """Test errors in percent on a logarithmic axis, the best at the bottom.

    ``rows`` are (name, error); those in ``ours`` are marked.
    """
    rows = sorted(rows, key=lambda row: -row[1])
    for k, (name, error) in enumerate(reversed(rows)):
        mine = name in ours
        ax.plot(error, k, "D" if mine else "o", color=ORANGE if mine else BLUE, ms=7)
        halo(
            ax.annotate(
                f"{error:.2f}",
                (error, k),
                (9, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
            )
        )
    ax.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
    ax.set(xscale="log", xlim=(0.06, 20), xlabel="wrong test images (%)")
    ax.set_xticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
    ax.minorticks_off()
    return rows[-1][1]


def draw_twins(axes, ours, theirs):
    """Losses of two implementations, and how far apart they are; returns the largest distance."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    axes[0].plot(ours, color=BLUE)
    axes[0].plot(theirs, ".", color=ORANGE, ms=4)
    axes[0].set(xlabel="step", ylabel="loss of the batch")
    apart = np.abs(ours - theirs)
    axes[1].semilogy(np.maximum(apart, 1e-9), ".", color=GREEN)
    axes[1].set(xlabel="step", ylabel="difference", ylim=(5e-10, 3e-5))
    axes[1].axhline(1e-5, color=GREY, ls=":")
    return apart.max()
