"""Pictures of the chapter on attention: who looks at whom, what is hidden, how far it reaches."""

import numpy as np
from matplotlib.patches import Rectangle

from nnlib.activations import softmax
from nnlib.sequence import causal_mask
from nnlib.transformer import sinusoids

from ..plots import BLUE, COLOURS, ORANGE, label

INK, GREY = "#222222", "#777777"


def draw_looks(ax, words, weights, who):
    """A sentence, and lines from one word to those that it looks at, the thicker the more."""
    widths = np.array([len(word) + 2.0 for word in words])
    x = np.cumsum(widths) - widths / 2
    for s, (word, weight) in enumerate(zip(words, weights, strict=True)):
        ax.text(x[s], 0, word, ha="center", va="top", fontsize=12,
                color=ORANGE if s == who else INK)  # fmt: skip
        ax.text(x[s], -0.75, f"{weight:.2f}", ha="center", va="top", fontsize=10, color=GREY)
        if weight > 0.01:
            along = np.linspace(0, 1, 17)
            top = 0.35 + 0.055 * abs(x[s] - x[who])
            loop = 0.7 * np.sin(2 * np.pi * along) if s == who else 0
            ax.plot(x[who] + (x[s] - x[who]) * along + loop, 0.15 + 4 * top * along * (1 - along),
                    color=BLUE, lw=7 * weight)  # fmt: skip
    ax.set(xlim=(0, widths.sum()), ylim=(-1.4, 3.2))
    ax.set_axis_off()


def heat(ax, A, rows, columns=None, *, turn=60):
    """Weights (T, S) as squares, the darker the larger; who looks is a row."""
    ax.imshow(A, cmap="Greys", vmin=0, vmax=1)
    columns = rows if columns is None else columns
    ax.set_xticks(range(len(columns)), columns, rotation=turn, ha="right" if turn else "center")
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)


def score_axes(axes):
    """Left room for the scores of eight keys, right for the weights that they get."""
    axes[0].set(ylim=(-80, 80), ylabel="score", yscale="symlog")
    axes[0].set_yticks([-10, -1, 0, 1, 10], ["−10", "−1", "0", "1", "10"])
    axes[1].set(ylim=(0, 1.1), ylabel="attention weight")
    for ax in axes:
        ax.set(xlim=(0.4, 8.6), xlabel="key", xticks=range(1, 9))
        ax.axhline(0, color=GREY, lw=1)


def attention_weights(axes, d, scaling, query):
    """Scores of a random query with eight random keys of dimension d, and their softmax."""
    rng = np.random.default_rng(ord(query))
    q, k = rng.normal(size=1024)[:d], rng.normal(size=(8, 1024))[:, :d]
    scores = k @ q / (np.sqrt(d) if scaling == "divided by √d" else 1)
    p, keys = softmax(scores), np.arange(1, 9)
    colours = [ORANGE if i == p.argmax() else BLUE for i in range(8)]
    axes[0].bar(keys, scores, color=colours)
    axes[1].bar(keys, p, color=colours)
    return (
        f"d = {d}, scores {scaling}: the largest weight is {p.max():.3f}; "
        f"sum of p(1 − p) = {np.sum(p * (1 - p)):.3f}."
    )


PLACES = np.arange(6)
MASKS = {  # who looks (a row) may see whom
    "none": np.ones((6, 6), bool),
    "causal": causal_mask(6),
    "causal, the last three": causal_mask(6) & (PLACES[:, None] - PLACES < 3),
    "two are padding": np.tile(PLACES < 4, (6, 1)),
}


def mask_axes(axes):
    """Six who look, and six who are looked at."""
    for ax in axes:
        ax.set(xticks=PLACES, yticks=PLACES, xticklabels=PLACES + 1, yticklabels=PLACES + 1)
        ax.set(xlim=(-0.5, 6.7 if ax is axes[1] else 5.5), ylim=(5.5, -0.5))
        ax.set(xlabel="is looked at", ylabel="looks")
        ax.grid(False)


def draw_mask(axes, mask, when):
    """Scores with what a mask hides, and the weights; right of each row its sum.

    Returns
    -------
    array (6, 6)
        The weights.
    """
    seen = MASKS[mask]
    scores = np.random.default_rng(3).normal(size=(6, 6))
    if when == "before the softmax":
        A = softmax(np.where(seen, scores, -np.inf))
    else:
        A = softmax(scores) * seen
    axes[0].imshow(np.where(seen, scores, np.nan), cmap="RdBu_r", vmin=-2.5, vmax=2.5,
                   extent=(-0.5, 5.5, 5.5, -0.5))  # fmt: skip
    axes[1].imshow(A, cmap="Greys", vmin=0, vmax=1, extent=(-0.5, 5.5, 5.5, -0.5))
    for t, s in np.argwhere(~seen):
        axes[0].plot(s, t, "x", color=GREY, ms=6)
    for t, total in enumerate(A.sum(axis=1)):
        axes[1].text(5.75, t, f"{total:.2f}", va="center", fontsize=10)
    return A


def place_axes(axes):
    """Left the vectors of 64 places, right how well each fits one of them."""
    axes[0].set(xlabel="column", ylabel="place", xlim=(-0.5, 31.5), ylim=(63.5, -0.5))
    axes[0].grid(False)
    axes[1].set(xlim=(0, 63), ylim=(-0.6, 1.1), xlabel="another place")
    axes[1].set(ylabel="p · p' / (d / 2)")
    axes[1].axhline(0, color=GREY, lw=1)


def draw_places(axes, place, d):
    """The vectors of places, one of them marked, and its products with all of them.

    Returns
    -------
    array (64,)
        The products, divided by d / 2: that with itself is 1.
    """
    P = sinusoids(64, d)
    fits = P @ P[place] / (d / 2)
    axes[0].imshow(P, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto",
                   extent=(-0.5, d - 0.5, 63.5, -0.5))  # fmt: skip
    axes[0].add_patch(Rectangle((-0.5, place - 0.5), d, 1, fill=False, ec=ORANGE, lw=2))
    axes[1].plot(fits, color=BLUE)
    axes[1].plot(place, 1, "o", color=ORANGE)
    return fits


def draw_attention(ax, A, tokens):
    """The weights of one head (T, T) for a sequence of tokens, written as text."""
    heat(ax, A, list(tokens), turn=0)
    ax.set(xlabel="is looked at", ylabel="looks")
    ends = tokens.index("=")
    for draw in (ax.axhline, ax.axvline):
        draw(ends - 0.5, color=ORANGE, lw=1)


def draw_reach(ax, curves):
    """How large the gradient still is, some steps back: {name: norms, the last step first}."""
    for k, (name, norms) in enumerate(curves.items()):
        ax.plot(norms, color=COLOURS[k])
        at = len(norms) - 1
        label(ax, name, (at, norms[at]), (6, 0), fontsize=11, color=COLOURS[k])
    ax.set(
        yscale="log",
        xlim=(-2, 1.45 * len(norms)),
        xticks=range(0, len(norms) + 1, 20),
        xlabel="steps back",
        ylabel="gradient, relative to the last step's",
    )


def length_axes(ax):
    """Sequences that are right as a whole, above the number of their digits."""
    ax.set(xlim=(4, 19.5), ylim=(-0.03, 1.05), xticks=[5, 8, 12, 16])
    ax.set(xlabel="digits in a question", ylabel="answers that are right")


def draw_lengths(ax, shares):
    """{kind: {n: share}}: a line for each kind of network."""
    for k, (kind, by_n) in enumerate(shares.items()):
        ax.plot(list(by_n), list(by_n.values()), "o-", color=COLOURS[k])
        label(ax, kind, (16, by_n[16]), (6, 6 * (1 - k)), fontsize=11, color=COLOURS[k])
