"""Explorers of the chapter on gradients: an outlier, the step of a difference, and depth."""

from functools import cache

import numpy as np

from nnlib.activations import sigmoid
from nnlib.data import digits
from nnlib.layers import Activation, Linear
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network

from ..plots import BLACK, BLUE, GREEN, ORANGE, label

GREY = "#777777"

# how hard a point pulls on its prediction, by its error; of the squared error, half
PULLS = {
    "squared": lambda e: e,
    "absolute": np.sign,
    "Huber": lambda e: np.clip(e, -1, 1),
}
X_LINE = np.linspace(0, 10, 12)
Y_LINE = 1 + X_LINE / 2 + np.random.default_rng(3).normal(0, 0.4, 12)
MOVED = 10  # the point that goes away


def fit_line(x, y, pull, rounds=100):
    """The line at which the pulls balance, by least squares with weights pull / error.

    Returns
    -------
    array (2,)
        Intercept and slope.
    """
    A, weight = np.stack([np.ones_like(x), x], axis=1), np.ones_like(x)
    for _ in range(rounds):
        root = np.sqrt(weight)
        theta = np.linalg.lstsq(A * root[:, None], y * root)[0]
        e = A @ theta - y
        e = np.where(np.abs(e) < 1e-6, 1e-6, e)  # no division by 0
        weight = pull(e) / e
    return theta


def outlier_axes(axes):
    """Left the points that stay and the true line, right room for the pulls."""
    stay = np.arange(len(X_LINE)) != MOVED
    axes[0].plot(X_LINE[stay], Y_LINE[stay], "o", color=BLUE)
    axes[0].plot([0, 10], [1, 6], ":", color=GREY)
    axes[0].set(xlim=(-0.4, 10.4), ylim=(-9, 8), xlabel="x", ylabel="y")
    axes[1].axhline(0, color=GREY, lw=1)
    axes[1].set(xlim=(-4, 16), ylim=(-3, 12), xlabel="error of a point, e")
    axes[1].set(ylabel="its pull, ℓ′(e)")


def outlier(axes, loss, distance, point=(X_LINE[MOVED], Y_LINE[MOVED])):
    """The line that a loss fits when one point is so far below its place, and all pulls."""
    pull, stay = PULLS[loss], np.arange(len(X_LINE)) != MOVED
    x, y = X_LINE.copy(), Y_LINE.copy()
    x[MOVED], y[MOVED] = point[0], point[1] - distance
    a, b = fit_line(x, y, pull)
    e = a + b * x - y
    axes[0].plot([point[0]] * 2, [point[1], y[MOVED]], ":", color=ORANGE, lw=1)
    axes[0].plot(X_LINE[[0, -1]], a + b * X_LINE[[0, -1]], color=GREEN)
    axes[0].plot(x[MOVED], y[MOVED], "X", color=ORANGE, ms=11)
    grid = np.linspace(-4, 16, 101)
    axes[1].plot(grid, pull(grid), color=GREEN)
    axes[1].plot(e[stay], pull(e[stay]), "o", color=BLUE)
    axes[1].plot(e[MOVED], pull(e[MOVED]), "X", color=ORANGE, ms=11)
    share = np.abs(pull(e[MOVED])) / np.abs(pull(e)).sum()
    return (
        f"{loss.capitalize()} error, outlier {distance:g} below: the fit is "
        f"{a:.2f} + {b:.2f} x, the truth 1 + 0.5 x; "
        f"the outlier has {share:.0%} of all pull."
    )


WEIGHT = 0.18  # the neuron's first weight
MANY = np.linspace(0.1, 0.3, 400)  # rounding can be lucky at one weight, not at all of these
STEPS = [float(f"{m}e{-k}") for k in range(11, -1, -1) for m in (1, 3)][:-1]
COLOUR = {"float64": BLUE, "float32": ORANGE}


def loss_of_w(w):
    """The neuron's loss against its first weight, in the precision of w."""
    number = np.asarray(w).dtype.type
    return (sigmoid(number(1.4) * w + number(0.6068)) - number(1)) ** 2


def true_slope(w):
    """The derivative of `loss_of_w`, by the chain rule."""
    y_hat = sigmoid(1.4 * w + 0.6068)
    return 2 * (y_hat - 1) * y_hat * (1 - y_hat) * 1.4


def slope_by(h, precision, difference, w=WEIGHT):
    """The same by a difference, "central" or "one-sided", in "float64" or "float32"."""
    number = getattr(np, precision)
    w, h = np.asarray(w, precision), number(h)
    left, width = (w, h) if difference == "one-sided" else (w - h, number(2) * h)
    return (loss_of_w(w + h) - loss_of_w(left)).astype(float) / float(width)


def slope_error(h, precision, difference, w=WEIGHT):
    """The relative error of `slope_by`, at least 1e-12: there is no logarithm of 0."""
    error = slope_by(h, precision, difference, w) / true_slope(w) - 1
    return np.maximum(np.abs(error), 1e-12)


def step_axes(axes):
    """Left the true slope, right the errors of all steps, as medians over many weights."""
    rise = 2 * true_slope(WEIGHT)
    axes[0].plot([-2, 2], [-rise, rise], ":", color=GREY)
    axes[0].set(xlim=(-2, 2), ylim=(-0.6, 0.6), xlabel="(w − 0.18) / h")
    axes[0].set(ylabel="change of the loss / h")
    for precision, colour in COLOUR.items():
        for difference, style in (("central", "-"), ("one-sided", ":")):
            error = [np.median(slope_error(h, precision, difference, MANY)) for h in STEPS]
            axes[1].loglog(STEPS, error, style, color=colour, lw=1.5)
    for precision, height in (("float32", 10), ("float64", 1e-8)):
        label(axes[1], precision, (2e-11, height), offset=(0, 0), color=COLOUR[precision])
    axes[1].set(xlabel="step h", ylabel="relative error, median", ylim=(1e-12, 50))


def step(axes, precision, difference, h):
    """What a difference sees of the loss within a few h, and the slope that it finds."""
    number, t = getattr(np, precision), np.linspace(-2, 2, 121)
    w = number(WEIGHT) + number(h) * t.astype(number)
    change = (loss_of_w(w) - loss_of_w(number(WEIGHT))).astype(float) / h
    found, error = (f(h, precision, difference) for f in (slope_by, slope_error))
    axes[0].plot(t, change, color=COLOUR[precision], lw=1.5)
    axes[0].plot([-2, 2], [-2 * found, 2 * found], color=BLACK, lw=1)
    axes[1].plot(h, error, "o", color=BLACK, ms=9)
    return (
        f"h = {h:g}, {precision}, {difference}: slope {found:.10f}, "
        f"true {true_slope(WEIGHT):.10f}, relative error {error:.1e}."
    )


@cache
def gradient_lengths(depth, activation, gain, seed=0):
    """‖δ‖ of each layer, from first to last, as a share of the last.

    Parameters
    ----------
    depth : int
        Layers, all with 64 units but the last, whose 10 tell digits apart.
    activation : str
        Its name in `nnlib.activations.ACTIVATIONS`.
    gain : float
        The weight size: weights have the standard deviation gain / √64.
    seed : int
        Of the weights.

    Returns
    -------
    array (depth,)
    """

    def init(shape, rng):
        return rng.normal(0, gain / shape[0] ** 0.5, shape)

    images, labels = digits()
    hidden = [
        part for _ in range(depth - 1) for part in (Linear(64, 64, init), Activation(activation))
    ]
    rng = np.random.default_rng(seed)
    net = Network([*hidden, Linear(64, 10, init)], rng=rng, dtype=np.float64)
    _, delta = softmax_cross_entropy(net(images[:100]), labels[:100])
    lengths = []
    for layer in reversed(net.layers):
        if isinstance(layer, Linear):
            lengths.append(np.linalg.norm(delta))
        delta = layer.backward(delta)
    return np.array(lengths[::-1]) / lengths[0]


def depth_axes(ax):
    """Layers against lengths, over 36 powers of ten."""
    ax.axhline(1, color=GREY, lw=1)
    ax.set(xlim=(0, 31), ylim=(1e-24, 1e12), yscale="log")
    ax.set(xlabel="layer (1 is the first)", title="‖δ‖, last layer = 1")
    ax.set_yticks(
        [1e-24, 1e-18, 1e-12, 1e-6, 1, 1e6, 1e12],
        ["10⁻²⁴", "10⁻¹⁸", "10⁻¹²", "10⁻⁶", "1", "10⁶", "10¹²"],
    )


def depth(ax, activation, weights, depth):
    """‖δ‖ of each layer."""
    lengths = gradient_lengths(depth, activation, weights)
    ax.plot(range(1, depth + 1), lengths, "o-", color=BLUE)
    rate = lengths[0] ** (1 / (depth - 1))
    return (
        f"{depth} layers, {activation}, weight size {weights}: ‖δ‖ "
        f"at the first layer is {lengths[0]:.1e} of that at the last, "
        f"a factor of {rate:.2f} for each layer."
    )
