"""The checks of the chapter on normalization."""

import numpy as np

from ..check import array, checker, choice, function, number, numbers

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


def _forward(X, gamma, beta, eps):
    return gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta


def _wrong_unit(unit, use_hat=True):
    def wrong(X, gamma, beta, eps):
        x_hat = (X - X.mean(axis=0)) / unit(X, eps)
        return gamma * (x_hat if use_hat else X) + beta

    return wrong


_rng = np.random.default_rng(0)
_X = _rng.normal(2, 3, (6, 3))
_constant = np.column_stack([np.full(6, 7.0), _X[:, :2]])
_two = np.array([0.5, 2.0, -1.0]), np.array([1.0, -1.0, 0.0])
forward = function(
    _forward,
    "Mean and variance over the batch, one of each for every feature.",
    [(_X, *_two, 1e-5), (_X, *_two, 0.5), (_constant, *_two, 1e-5)],
    mistakes=[
        (
            lambda X, gamma, beta, eps: _forward(X.T, gamma[0], beta[0], eps).T,
            "Averaged over axis 1: that is layer norm.",
        ),
        (
            lambda X, gamma, beta, eps: (
                gamma
                * (X - X.mean(axis=1, keepdims=True))
                / np.sqrt(X.var(axis=1, keepdims=True) + eps)
                + beta
            ),
            "Averaged over the features of each sample: that is layer norm.",
        ),
        (
            lambda X, gamma, beta, eps: gamma * (X - X.mean()) / np.sqrt(X.var() + eps) + beta,
            "One mean for everything. Each feature has its own: axis=0.",
        ),
        (_wrong_unit(lambda X, eps: X.std(axis=0)), "ε isn't used: a constant feature gives nan."),
        (_wrong_unit(lambda X, eps: X.std(axis=0) + eps), "ε belongs inside the root."),
        (
            _wrong_unit(lambda X, eps: X.var(axis=0) + eps),
            "Divided by the variance; take its root.",
        ),
        (
            _wrong_unit(lambda X, eps: np.sqrt(X.var(axis=0, ddof=1) + eps)),
            "The variance divides by N here, not by N − 1.",
        ),
        (_wrong_unit(lambda X, eps: 1.0, use_hat=False), "x̂ is not used: γ · X + β."),
        (
            lambda X, gamma, beta, eps: (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps),
            "γ and β are missing.",
        ),
    ],
)


def _arrays(value, count):
    """A tuple of so many arrays of numbers, or None."""
    if not isinstance(value, tuple | list) or len(value) != count:
        return None
    arrays = [numbers(v) for v in value]
    return None if any(v is None for v in arrays) else arrays


def _returned(answer, arguments, names):
    """What the reader's function returns, by name, and what is wrong with it otherwise."""
    if not callable(answer):
        return None, "This takes your function, without calling it."
    try:
        with np.errstate(all="ignore"):
            value = answer(*(np.copy(a) for a in arguments))
    except Exception as error:  # whatever a reader's function raises is for the reader to see
        return None, f"Your function stopped with {type(error).__name__}: {error}"
    got = _arrays(value, len(names))
    if got is None:
        return None, f"Your function should return {len(names)} arrays, ({', '.join(names)})."
    return dict(zip(names, got, strict=True)), None


def _compared(got, right, wrong):
    """The first sentence that fits: a known mistake, a wrong shape, wrong numbers, or None."""
    for name, looks, sentence in wrong:
        if got[name].shape == np.shape(looks) and np.allclose(got[name], looks):
            return sentence
    for name, expected in right.items():
        if got[name].shape != expected.shape:
            return f"{name} should have the shape {expected.shape}, not {got[name].shape}."
        if not np.allclose(got[name], expected):
            return f"The shape of {name} is right, the numbers are not."
    return None


def _judge_backward(answer):
    rng = np.random.default_rng(1)
    X, g, gamma = rng.normal(1, 3, (7, 4)), rng.normal(size=(7, 4)), rng.normal(size=4)
    s = np.sqrt(X.var(axis=0) + 0.1)
    x_hat = (X - X.mean(axis=0)) / s
    d = gamma * g
    mean, spread = d.mean(axis=0), x_hat * np.mean(d * x_hat, axis=0)
    right = {
        "dX": (d - mean - spread) / s,
        "dgamma": (g * x_hat).sum(axis=0),
        "dbeta": g.sum(axis=0),
    }
    wrong = [
        ("dX", d / s, "dX is the first path alone. Mean and spread depend on X, too."),
        ("dX", (d - mean) / s, "In dX the path through the spread is missing."),
        ("dX", (d - spread) / s, "In dX the path through the mean is missing."),
        (
            "dX",
            (g - g.mean(axis=0) - x_hat * np.mean(g * x_hat, axis=0)) / s,
            "In dX γ is missing.",
        ),
        ("dX", (d - mean - spread) / s**2, "dX is divided by the variance; it is s."),
        ("dX", (d - 7 * mean - 7 * spread) / s, "Sums in dX where means belong."),
        ("dX", (d + mean + spread) / s, "The second and third term of dX have a minus."),
        ("dgamma", g * x_hat, "dgamma needs the sum over the samples: its shape is (D,)."),
        ("dgamma", (g * x_hat).mean(axis=0), "dgamma is a mean; add over the samples."),
        ("dgamma", (d * x_hat).sum(axis=0), "dgamma has a γ too many: use g."),
        ("dgamma", g.sum(axis=0), "dgamma multiplies each g by its x̂ before it adds."),
        ("dbeta", g, "dbeta needs the sum over the samples: its shape is (D,)."),
        ("dbeta", g.mean(axis=0), "dbeta is a mean; add over the samples."),
        ("dbeta", d.sum(axis=0), "dbeta has no γ: β is added after it."),
    ]
    got, problem = _returned(answer, (g, x_hat, s, gamma), tuple(right))
    return problem or _compared(got, right, wrong)


backward = checker(
    "write your function, and give it to the check by its name",
    _judge_backward,
    "All three paths: itself, the mean, the spread.",
)

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


def _judge_fold(answer):
    rng = np.random.default_rng(2)
    W, b, gamma, beta, m = (rng.normal(size=shape) for shape in ((3, 4), 4, 4, 4, 4))
    v, eps = rng.uniform(0.5, 2, 4), 0.1
    factor = gamma / np.sqrt(v + eps)
    right = {"W": W * factor, "b": (b - m) * factor + beta}
    wrong = [
        ("W", W, "W isn't changed. Each of its columns gets a factor."),
        ("W", W * gamma, "W has γ, but isn't divided by the spread."),
        ("W", W / np.sqrt(v + eps), "γ is missing in W."),
        ("W", W * gamma / np.sqrt(v), "ε is missing."),
        ("W", W * gamma / (v + eps), "Divide by the root of the variance."),
        ("b", b * factor + beta, "The running mean is missing in b."),
        ("b", (b - m) * factor, "β is missing in b."),
        ("b", b + beta - m * factor, "b, too, is multiplied by the factor."),
        ("b", beta - m * factor, "The old b is missing."),
        ("b", (b + m) * factor + beta, "The running mean is subtracted."),
    ]
    got, problem = _returned(answer, (W, b, gamma, beta, m, v, eps), ("W", "b"))
    return problem or _compared(got, right, wrong)


fold = checker(
    "write your function, and give it to the check by its name",
    _judge_fold,
    "At inference batch norm costs nothing: it is part of the weights.",
)


def _normalize(x, axes):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)


def _group(x, groups):
    return _normalize(x.reshape(len(x), groups, -1), 2).reshape(x.shape)


def _interleaved(x, groups):
    apart = x.reshape(len(x), x.shape[1] // groups, groups, *x.shape[2:])
    return _normalize(apart, (1, 3, 4)).reshape(x.shape)


_images = _rng.normal(size=(3, 6, 2, 2)) + np.arange(6).reshape(6, 1, 1)
group = function(
    _group,
    "Split the channels, normalize each part, and put them together.",
    [(_images, 2), (_images, 3), (_images, 1), (_images, 6)],
    mistakes=[
        (lambda x, groups: _normalize(x, (1, 2, 3)), "groups isn't used: that is layer norm."),
        (lambda x, groups: _normalize(x, (2, 3)), "groups isn't used: that is instance norm."),
        (
            lambda x, groups: _group(x, x.shape[1] // groups),
            "You have C/G groups of G channels. It should be G groups of C/G.",
        ),
        (
            _interleaved,
            "A group is made of neighbouring channels: split C into (G, C/G), in this order.",
        ),
        (
            lambda x, groups: _normalize(x.reshape(len(x), groups, -1), (0, 2)).reshape(x.shape),
            "You average over the samples as well.",
        ),
        (
            lambda x, groups: _group(x, groups).reshape(len(x), groups, -1),
            "The numbers are right; bring them back to the shape of x.",
        ),
        (
            lambda x, groups: _group(x, groups).reshape(
                len(x), groups, x.shape[1] // groups, *x.shape[2:]
            ),
            "The numbers are right; bring them back to the shape of x.",
        ),
    ],
)


def _rms_backward(g, x_hat, s):
    return (g - x_hat * np.mean(g * x_hat, axis=1, keepdims=True)) / s


_tokens, _back = _rng.normal(1, 2, (4, 5)), _rng.normal(size=(4, 5))
_rms = np.sqrt(np.mean(_tokens**2, axis=1, keepdims=True) + 0.1)
rms_backward = function(
    _rms_backward,
    "Itself and the scale; no mean is subtracted, so no path goes there.",
    [(_back, _tokens / _rms, _rms)],
    mistakes=[
        (lambda g, x_hat, s: g / s, "The path through the scale is missing."),
        (
            lambda g, x_hat, s: _rms_backward(g, x_hat, s) - g.mean(axis=1, keepdims=True) / s,
            "That is layer norm: RMS norm subtracts no mean.",
        ),
        (
            lambda g, x_hat, s: (g - x_hat * np.mean(g * x_hat, axis=0)) / s,
            "The mean is over the features of each token, axis 1, and not over the tokens.",
        ),
        (
            lambda g, x_hat, s: (g - x_hat * np.sum(g * x_hat, axis=1, keepdims=True)) / s,
            "A sum in place of the mean over the features.",
        ),
        (
            lambda g, x_hat, s: (g + x_hat * np.mean(g * x_hat, axis=1, keepdims=True)) / s,
            "The sign: the scale's path is subtracted.",
        ),
    ],
)
