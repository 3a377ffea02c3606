"""Pictures of the chapter on normalization, from the bowl of its inputs to the axes of a mean."""

from functools import cache

import numpy as np
from matplotlib.patches import Polygon

from nnlib.norms import moments, standardize

from ..plots import BLACK, BLUE, GREEN, ORANGE, SKY, halo, label
from .scaling import SCALINGS, scaled

INK, GREY = "#222222", "#777777"


def bowl(scale, scaling, correlation):
    """Second derivatives (2, 2) of a linear neuron's squared error, of inputs with mean = spread.

    Parameters
    ----------
    scale : float
        The second input is multiplied by it.
    scaling : "none" or a name in `SCALINGS`
    correlation : float
        Of the two inputs.
    """
    X = np.random.default_rng(4).normal(size=(400, 2))
    X -= X.mean(axis=0)
    X = X @ np.linalg.inv(np.linalg.cholesky(np.cov(X.T)).T)  # spreads 1, no correlation
    X[:, 1] = correlation * X[:, 0] + (1 - correlation**2) ** 0.5 * X[:, 1]
    X = (X + 1) * [1, scale]
    if scaling != "none":
        X = scaled(X, SCALINGS[scaling])
    return 2 * X.T @ X / len(X)


def bowl_axes(ax):
    """The plane of two weights around the best ones."""
    ax.plot(0, 0, "+", color=BLACK, ms=12, mew=2)
    label(ax, "minimum", (0, 0), (10, 9), fontsize=10)
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.8, 1.8), aspect="equal")
    ax.set(xlabel="w₁ − best w₁", ylabel="w₂ − best w₂")


def bowl_descent(ax, scale, scaling, correlation):
    """Contours of a `bowl`, and gradient descent in it at its best learning rate."""
    H = bowl(scale, scaling, correlation)
    values, vectors = np.linalg.eigh(H)
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    start = np.array([-1.9, 1.3])
    for level in np.linspace(0.2, 1, 5) ** 2 * (start @ H @ start):
        ax.plot(*(vectors / np.sqrt(values / level) @ circle), lw=0.9, color=SKY)
    path = [start]
    for _ in range(40):
        path.append(path[-1] - 2 / values.sum() * (H @ path[-1]))
    ax.plot(*np.transpose(path), "o-", color=ORANGE, ms=4, lw=1.4)
    kappa = values[1] / values[0]
    left = np.linalg.norm(path[10]) / np.linalg.norm(start)
    steps = np.ceil(np.log(100) / np.log((kappa + 1) / (kappa - 1)))
    return (
        f"Second input times {scale:g}, scaling: {scaling}, "
        f"correlation {correlation}: condition number {kappa:.4g}. "
        f"After 10 steps {left:.1%} of the distance is left; steps to "
        f"1 %: at most {steps:,.0f}."
    )


@cache
def normalized_values():
    """2,000 random numbers with mean 0 and spread 1, as they come out of batch norm."""
    values = np.random.default_rng(0).normal(size=2000)
    return (values - values.mean()) / values.std()


def gamma_beta_axes(axes):
    """Left a sigmoid with its nearly straight part, right room for what comes out."""
    z = np.linspace(-8, 8, 161)
    axes[0].axvspan(-1, 1, color=GREEN, alpha=0.12, lw=0)
    axes[0].plot(z, 1 / (1 + np.exp(-z)), color=BLUE)
    axes[0].set(xlim=(-8, 8), ylim=(0, 1.05))
    axes[0].set(xlabel="z = γ x̂ + β", ylabel="σ(z), and share of samples")
    axes[1].set(xlim=(0, 1), ylim=(0, 1.05), xlabel="output σ(z)", ylabel="share of samples")


def gamma_beta(axes, gamma, beta):
    """Histograms of γ x̂ + β, and of its sigmoid."""
    z = gamma * normalized_values() + beta
    a = 1 / (1 + np.exp(-z))
    bins = np.linspace(-8, 8, 17), np.linspace(0, 1, 11)
    for ax, values, edges in zip(axes, (z, a), bins, strict=True):
        share = np.histogram(values, edges)[0] / len(values)
        ax.stairs(share, edges, fill=True, alpha=0.6, color=ORANGE)
    return (
        f"γ = {gamma:g}, β = {beta:g}: {np.mean(abs(z) < 1):.0%} of the "
        f"samples lie in the nearly straight part, |z| < 1; the slope "
        f"is {np.mean(a * (1 - a)):.3f} on average (0.25 at most)."
    )


@cache
def running_track(decay, batch):
    """Of one feature in 300 steps: its true mean, those of its batches, and their running average.

    The feature's spread is 2, so a batch's mean strays by 2 divided by the root of its size.
    """
    truth = np.where(np.arange(300) < 150, 3.0, 1.0)
    means = truth + 2 / batch**0.5 * np.random.default_rng(0).normal(size=300)
    running, track = 0.0, []
    for mean in means:
        running = decay * running + (1 - decay) * mean
        track.append(running)
    return truth, means, np.array(track)


def running_axes(ax):
    """The true mean of a feature, which jumps at step 150."""
    ax.plot([0, 150, 150, 300], [3, 3, 1, 1], color=BLACK, lw=1.2)
    label(ax, "true mean", (150, 3), (6, 4), fontsize=10)
    ax.set(xlim=(0, 300), ylim=(-1.5, 6), xlabel="step", ylabel="mean of the feature")


def running(ax, decay, batch):
    """The means of batches, and a running average that follows them."""
    truth, means, track = running_track(decay, batch)
    ax.plot(means, ".", ms=3, color=SKY)
    ax.plot(track, color=ORANGE)
    late = np.abs(track - truth)[250:]
    close = np.abs(track - 3)[:150] < 0.5
    start = f"step {close.argmax() + 1}" if close.any() else "not by step 150"
    return (
        f"Decay {decay:g} (PyTorch's momentum {1 - decay:.4g}, Keras's "
        f"{decay:g}), batches of {batch}: within 0.5 of the mean for the "
        f"first time: {start}; mean error in the last 50 steps "
        f"{late.mean():.2f}."
    )


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


SHIFT_STYLES = {  # of a curve and its dot: the line's style, its colour
    "batch norm": ("-", ORANGE),
    "same, test batch's own statistics": ("--", ORANGE),
    "layer norm": ("-", BLUE),
}


def shift_axes(ax):
    """Error against the amount of a shift, and which curve is which."""
    for name, (style, colour) in SHIFT_STYLES.items():
        ax.plot([], [], style, color=colour, label=name)
    ax.legend(loc="upper left")
    ax.set(xlim=(-0.02, 0.92), ylim=(0, 1), ylabel="error on new digits")
    ax.set_xlabel("amount a: pixels + a, or pixels times (1 − a)")


CHANNELS, FRONT = 12, (3, 12, 4)  # of the images; the block that stands for them


@cache
def images_with_offsets():
    """Random images (8, 12, 6, 6), in which every channel of every image has a mean of its own."""
    images = np.random.default_rng(0).normal(size=(8, CHANNELS, 6, 6))
    return images + np.random.default_rng(1).normal(0, 2, (8, CHANNELS, 1, 1))


def group_means_axes(axes):
    """Left an empty block, right the means of the last image's channels as they are."""
    draw_block(axes[0], FRONT)
    before = images_with_offsets()[-1].mean(axis=(1, 2))
    axes[1].plot(range(1, CHANNELS + 1), before, "o", color=GREY, ms=5)
    axes[1].axhline(0, color=GREY, lw=1)
    axes[1].set(xlim=(0.3, CHANNELS + 0.7), ylim=(-5, 5), xticks=[1, 4, 8, 12])
    axes[1].set(xlabel="channel", ylabel="its mean: before (grey), after")


def group_means(axes, groups, channel):
    """What shares a mean with a channel (from 1), and all channels' means after group norm."""
    mask = shared("group", FRONT, groups, FRONT[0] - 1, channel - 1)
    draw_block(axes[0], FRONT, mask, names=False)
    image = images_with_offsets()[-1]
    _, centred, variance = moments(image.reshape(groups, -1), 1)
    x_hat, _ = standardize(centred, variance, eps=1e-5)
    before, after = (x.reshape(CHANNELS, -1).mean(axis=1) for x in (image, x_hat))
    size, mean = CHANNELS // groups, after[channel - 1] + 0.0  # no −0
    first = (channel - 1) // size * size
    axes[1].axvspan(first + 0.5, first + size + 0.5, color=ORANGE, alpha=0.2, lw=0)
    axes[1].plot(range(1, CHANNELS + 1), after, "o", color=BLUE, ms=7)
    axes[1].plot(channel, mean, "o", color=ORANGE, ms=9)
    own = f"channels {first + 1} to {first + size} share a mean"
    return (
        f"G = {groups}: {own if size > 1 else 'every channel has its own'} "
        f"({size * image[0].size} numbers); the mean of channel {channel} goes from "
        f"{before[channel - 1]:.2f} to {mean:.2f}. A batch of 8 images has {8 * groups} means."
    )
