"""The checks of the chapter on normalization."""

import numpy as np

from ..check import array, choice, function, number, outputs

means = array(
    [16, 32, 512, 128],
    "What remains of (N, C, H, W): C; N; N · C; N · G.",
    mistakes=[
        (
            [32, 16, 512, 128],
            "Batch and layer norm are exchanged: batch norm averages the batch "
            "away, and keeps one mean per channel.",
        ),
        ([16, 32, 16, 4], "Instance and group norm keep the samples apart: times 32."),
        (
            [16, 32, 512, 512],
            "Four groups of four channels: each group has one mean, not each channel.",
        ),
        ([16 * 64, 32, 512, 128], "Batch norm of images averages over the pixels, too."),
        ([16, 32 * 64, 512, 128], "Layer norm over (C, H, W) takes one mean per image."),
        ([16, 32 * 16, 512, 128], "Layer norm over (C, H, W) takes all channels together."),
    ],
)

scalings = array(
    [1, 2, 3],
    "Range 7, spread 2, interquartile range 1.5: three units for one column.",
    mistakes=[
        ([1, 4 / (32 / 7) ** 0.5, 3], "The spread divides by N, 8, and not by N − 1."),
        ([1, 1, 3], "You divided by the variance, 4. Its root is the unit of a z-score."),
        ([1, 2, 4 / 1.5], "Robust scaling subtracts the median, 4.5, and not the mean."),
        ([9 / 7, 2, 3], "Min–max subtracts the smallest value first."),
        ([1, 2, 4.5 / 2], "The interquartile range is 5.5 − 4 = 1.5."),
    ],
)

condition = number(
    4,
    "(1 + ρ)/(1 − ρ) = 1.6/0.4. Scaling columns keeps the correlation.",
    mistakes={
        1.6: "That is the larger eigenvalue. Divide by the smaller one.",
        2.5: "1/(1 − ρ): the larger eigenvalue is 1 + ρ, not 1.",
        1.36 / 0.64: "ρ is squared here; the eigenvalues are 1 + ρ and 1 − ρ.",
        1: "It is 1 only without correlation.",
        2: "That is the root: the ratio of the half axes of the contours. κ is the ratio of the "
        "eigenvalues.",
    },
)

running = number(
    2.71,
    "0.9³ = 0.729 of the start is left, so 10 · (1 − 0.729).",
    mistakes={
        7.29: "That is what is left of the start's weight: 10 · 0.9³. The average has the rest.",
        9.99: "The weights are exchanged: decay, 0.9, belongs to the old value.",
        1: "That is after one batch.",
        1.9: "That is after two batches.",
        3: "Three tenths, but each step also shrinks what was there.",
        10: "After infinitely many batches.",
    },
)

translate = number(
    0.005,
    "Keras weighs the old value, PyTorch the new one.",
    mistakes={
        0.995: "PyTorch's momentum is the weight of the new value: with 0.995 nothing is averaged.",
        0.05: "1 − 0.995 has two zeros after the point.",
        0.1: "That is PyTorch's default, not a translation.",
        0.01: "That would be Keras's default, 0.99.",
    },
)

_hat = np.array([-1.5, -0.5, 0, 0.5, 1.5])
_g = np.array([0.0, 0, 0, 0, 5])
one_pulls = array(
    2 * (_g - 1 - 1.5 * _hat),
    "One sample pulls, and all get a gradient: by the mean and the spread.",
    mistakes=[
        (2 * _g, "γ/s · g: the paths through the mean and the spread are missing."),
        (2 * (_g - 1.5 * _hat), "The path through the mean is missing: the sum must be 0."),
        (2 * (_g - 1), "The path through the spread is missing."),
        (2 * (_g - 5 - 7.5 * _hat), "Sums in place of means: divide them by N = 5."),
        ((_g - 1 - 1.5 * _hat) / 2, "γ is missing."),
        (_g - 1 - 1.5 * _hat, "You divided by the variance, 4. It is s = 2."),
        (2 * (_g + 1 + 1.5 * _hat), "The two other paths have a minus."),
        (2 * (_g - 1 - 1.5), "The third term is times x̂ of each sample."),
    ],
)

_rng = np.random.default_rng(0)
_X = _rng.normal(2, 3, (6, 3))
_constant = np.column_stack([np.full(6, 7.0), _X[:, :2]])
_two = np.array([0.5, 2.0, -1.0]), np.array([1.0, -1.0, 0.0])


def _scaled(X, gamma, beta, unit):
    return gamma * (X - X.mean(axis=0)) / unit + beta


def _forward(X, gamma, beta, eps):
    return _scaled(X, gamma, beta, np.sqrt(X.var(axis=0) + eps))


@function(
    _forward,
    "Mean and variance over the batch, one of each for every feature.",
    [(_X, *_two, 1e-5), (_X, *_two, 0.5), (_constant, *_two, 1e-5)],
)
def forward(X, gamma, beta, eps):
    yield _forward(X.T, gamma[0], beta[0], eps).T, "Averaged over axis 1: that is layer norm."
    rows = gamma * _forward(X.T, 1, 0, eps).T + beta
    yield rows, "Averaged over the features of each sample: that is layer norm."
    whole = gamma * (X - X.mean()) / np.sqrt(X.var() + eps) + beta
    yield whole, "One mean for everything. Each feature has its own: axis=0."
    spread, var = X.std(axis=0), X.var(axis=0)
    yield _scaled(X, gamma, beta, spread), "ε isn't used: a constant feature gives nan."
    yield _scaled(X, gamma, beta, spread + eps), "ε belongs inside the root."
    yield _scaled(X, gamma, beta, var + eps), "Divided by the variance; take its root."
    sample = np.sqrt(X.var(axis=0, ddof=1) + eps)
    yield _scaled(X, gamma, beta, sample), "The variance divides by N here, not by N − 1."
    yield gamma * X + beta, "x̂ is not used: γ · X + β."
    yield _forward(X, 1, 0, eps), "γ and β are missing."


def _backward(g, x_hat, s, gamma):
    d = gamma * g
    dX = (d - d.mean(axis=0) - x_hat * np.mean(d * x_hat, axis=0)) / s
    return dX, (g * x_hat).sum(axis=0), g.sum(axis=0)


def _norm_case(rng):
    X, g, gamma = rng.normal(1, 3, (7, 4)), rng.normal(size=(7, 4)), rng.normal(size=4)
    s = np.sqrt(X.var(axis=0) + 0.1)
    return g, (X - X.mean(axis=0)) / s, s, gamma


@outputs(
    _backward,
    "All three paths: itself, the mean, the spread.",
    ("dX", "dgamma", "dbeta"),
    [_norm_case(np.random.default_rng(1))],
)
def backward(g, x_hat, s, gamma):
    d, N = gamma * g, len(g)
    mean, spread = d.mean(axis=0), x_hat * np.mean(d * x_hat, axis=0)
    yield "dX", d / s, "dX is the first path alone. Mean and spread depend on X, too."
    yield "dX", (d - mean) / s, "In dX the path through the spread is missing."
    yield "dX", (d - spread) / s, "In dX the path through the mean is missing."
    yield "dX", _backward(g, x_hat, s, 1)[0], "In dX γ is missing."
    yield "dX", (d - mean - spread) / s**2, "dX is divided by the variance; it is s."
    yield "dX", (d - N * mean - N * spread) / s, "Sums in dX where means belong."
    yield "dX", (d + mean + spread) / s, "The second and third term of dX have a minus."
    yield "dgamma", g * x_hat, "dgamma needs the sum over the samples: its shape is (D,)."
    yield "dgamma", (g * x_hat).mean(axis=0), "dgamma is a mean; add over the samples."
    yield "dgamma", (d * x_hat).sum(axis=0), "dgamma has a γ too many: use g."
    yield "dgamma", g.sum(axis=0), "dgamma multiplies each g by its x̂ before it adds."
    yield "dbeta", g, "dbeta needs the sum over the samples: its shape is (D,)."
    yield "dbeta", g.mean(axis=0), "dbeta is a mean; add over the samples."
    yield "dbeta", d.sum(axis=0), "dbeta has no γ: β is added after it."


two_samples = array(
    [0, 0],
    "x̂ is (−1, 1) wherever the two are, so nothing can be learned.",
    mistakes=[
        ([2.5, -1], "γ/s · g is the first path alone."),
        ([1.75, -1.75], "The path through the spread is missing."),
        ([0.75, 0.75], "The path through the mean is missing."),
        ([-1, 1], "That is x̂. The gradient is asked."),
        ([5, -2], "That is g, what the next layer hands back."),
    ],
)


def broken_norm(x):
    """A loss behind a batch norm, and a gradient in which one path is missing: x (6, 3)."""
    x = np.asarray(x, dtype=float)
    if x.shape != (6, 3):
        raise ValueError(f"x must have the shape (6, 3), got {x.shape}")
    s = x.std(axis=0)
    x_hat = (x - x.mean(axis=0)) / s
    g = np.cos(np.arange(18)).reshape(6, 3)
    return float(np.sum(g * x_hat)), (g - g.mean(axis=0)) / s


missing_path = choice(
    "b",
    "Its columns add up to 0, so the mean is there; against x̂ they don't.",
    {
        "a": "Without the first term, only two numbers per column would be left: a multiple of 1 "
        "and one of x̂. Look at single entries.",
        "c": "Add each column of the gradient: it is 0. That is the promise of the mean's path.",
    },
)

_draw = np.random.default_rng(2)


def _fold(W, b, gamma, beta, m, v, eps):
    factor = gamma / np.sqrt(v + eps)
    return W * factor, (b - m) * factor + beta


@outputs(
    _fold,
    "At inference batch norm costs nothing: it is part of the weights.",
    ("W", "b"),
    [(_draw.normal(size=(3, 4)), *_draw.normal(size=(4, 4)), _draw.uniform(0.5, 2, 4), 0.1)],
)
def fold(W, b, gamma, beta, m, v, eps):
    factor = gamma / np.sqrt(v + eps)
    yield "W", W, "W isn't changed. Each of its columns gets a factor."
    yield "W", W * gamma, "W has γ, but isn't divided by the spread."
    yield "W", W / np.sqrt(v + eps), "γ is missing in W."
    yield "W", W * gamma / np.sqrt(v), "ε is missing."
    yield "W", W * gamma / (v + eps), "Divide by the root of the variance."
    yield "b", b * factor + beta, "The running mean is missing in b."
    yield "b", (b - m) * factor, "β is missing in b."
    yield "b", b + beta - m * factor, "b, too, is multiplied by the factor."
    yield "b", beta - m * factor, "The old b is missing."
    yield "b", (b + m) * factor + beta, "The running mean is subtracted."


_images = _rng.normal(size=(3, 6, 2, 2)) + np.arange(6).reshape(6, 1, 1)


def _normalize(x, axes):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)


def _group(x, groups):
    return _normalize(x.reshape(len(x), groups, -1), 2).reshape(x.shape)


def _interleaved(x, groups):
    apart = x.reshape(len(x), x.shape[1] // groups, groups, *x.shape[2:])
    return _normalize(apart, (1, 3, 4)).reshape(x.shape)


@function(
    _group,
    "Split the channels, normalize each part, and put them together.",
    [(_images, 2), (_images, 3), (_images, 1), (_images, 6)],
)
def group(x, groups):
    parts = x.reshape(len(x), groups, -1)
    yield _normalize(x, (1, 2, 3)), "groups isn't used: that is layer norm."
    yield _normalize(x, (2, 3)), "groups isn't used: that is instance norm."
    swapped = _group(x, x.shape[1] // groups)
    yield swapped, "You have C/G groups of G channels. It should be G groups of C/G."
    mixed = _interleaved(x, groups)
    yield mixed, "A group is made of neighbouring channels: split C into (G, C/G), in this order."
    yield _normalize(parts, (0, 2)).reshape(x.shape), "You average over the samples as well."
    back = "The numbers are right; bring them back to the shape of x."
    yield _normalize(parts, 2), back
    yield _group(x, groups).reshape(len(x), groups, -1, *x.shape[2:]), back


_tokens, _back = _rng.normal(1, 2, (4, 5)), _rng.normal(size=(4, 5))
_rms = np.sqrt(np.mean(_tokens**2, axis=1, keepdims=True) + 0.1)


def _rms_backward(g, x_hat, s, total=np.mean, axis=1):
    return (g - x_hat * total(g * x_hat, axis=axis, keepdims=True)) / s


@function(
    _rms_backward,
    "Itself and the scale; no mean is subtracted, so no path goes there.",
    [(_back, _tokens / _rms, _rms)],
)
def rms_backward(g, x_hat, s):
    right = _rms_backward(g, x_hat, s)
    yield g / s, "The path through the scale is missing."
    layer_norm = right - g.mean(axis=1, keepdims=True) / s
    yield layer_norm, "That is layer norm: RMS norm subtracts no mean."
    tokens = _rms_backward(g, x_hat, s, axis=0)
    yield tokens, "The mean is over the features of each token, axis 1, and not over the tokens."
    yield _rms_backward(g, x_hat, s, np.sum), "A sum in place of the mean over the features."
    yield 2 * g / s - right, "The sign: the scale's path is subtracted."
