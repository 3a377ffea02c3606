"""The digits with careless labels, ten networks at once, and each remedy in several strengths.

The chapter shows these functions and trains for 150 steps. The experiment `remedies` goes on to
1,000 and records which test digits are read right; `read` finds that in its record.
"""

from dataclasses import dataclass
from functools import partial
from itertools import repeat

import numpy as np

from nnlib.activations import softmax
from nnlib.data import digits
from nnlib.optim import Adam
from nnlib.penalties import L1, L2, ElasticNet, max_norm

from ..claims import effect, without_untested
from ..runs import Stack, train_stack, unpacked
from ..tables import table

SEEDS = 10
DIGITS, OWN = 1797, 200  # all there are, and how many of them are for training and validation


def deal(seed, wrong=0.2):
    """Shuffled digits; a share of the first 200 labels is drawn blindly."""
    images, labels = digits()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    y, blind = labels[order], rng.random(200) < wrong
    y[:200][blind] = rng.integers(10, size=blind.sum())
    return images[order].astype(float), y


def deal_all(wrong=0.2, seeds=range(SEEDS)):
    """(X, y) for training, validation and test: X (10, N, 64), y (10, N)."""
    parts = [deal(seed, wrong) for seed in seeds]
    X, y = map(np.stack, zip(*parts, strict=True))
    ends = [(0, 100), (100, 200), (200, None)]
    return [(X[:, i:j], y[:, i:j]) for i, j in ends]


def experiment(data, width=32, p=0.0, lr=0.01, kind=Adam, change=None, steps=150, **options):
    """Train a network 64-width-10 for each of the seeds, on full batches."""
    (X, y), validation, _ = data
    net = Stack((len(X),), 64, width, 10, rng=np.random.default_rng(0), p=p)
    batches = ((change(X) if change else X, y) for _ in range(steps))
    options = {"every": steps, "training": (X, y), "validation": validation} | options
    return net, train_stack(net, batches, optimizer=kind(lr=lr), **options)


def committee(data, own_draws, members=10, steps=150):
    """What networks with other first weights each say of the validation data: probabilities.

    Parameters
    ----------
    data : as from `deal_all`
    own_draws : bool
        Each member learns from as many digits as there are, drawn from them with replacement.
    members, steps : int

    Returns
    -------
    array (members, seeds, N, 10)
    """
    (X, y), validation, _ = data
    seeds, n = y.shape
    rng = np.random.default_rng(0)
    rows = np.broadcast_to(np.arange(n), (members, seeds, n))
    if own_draws:
        rows = rng.integers(n, size=rows.shape)
    seed = np.arange(seeds)[:, np.newaxis]
    net = Stack((members, seeds), 64, 32, 10, rng=rng)
    drawn = repeat((X[seed, rows], y[seed, rows]), steps)
    train_stack(net, drawn, optimizer=Adam(lr=0.01), validation=validation, every=steps)
    return softmax(net(validation[0]))


def shifted(share, seed=1):
    """A change of the inputs (..., 64): a share moves by up to one pixel."""
    rng = np.random.default_rng(seed)
    row, column = np.arange(8)[:, None], np.arange(8)

    def change(X):
        padded = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
        which = np.arange(len(padded))[:, None, None]
        down, right = rng.integers(3, size=(2, len(padded), 1, 1))
        still = rng.random((len(padded), 1, 1)) >= share
        down[still], right[still] = 1, 1  # the middle of the padded picture
        moved = padded[which, row + down, column + right]
        return moved.reshape(X.shape)

    return change


def noisy(level, seed=1):
    """A change of the inputs: normal noise with this standard deviation."""
    rng = np.random.default_rng(seed)
    return lambda X: X + level * rng.standard_normal(X.shape)


def noisy_and_shifted(level, share):
    first, then = shifted(share, seed=2), noisy(level)
    return lambda X: then(first(X))


# For each method its strengths, and what `experiment` is to be called with. What changes the inputs
# draws random numbers, so it is made anew for each call.
REMEDIES = {
    "plain": {0: {}},
    "rate": {lr: {"lr": lr} for lr in (1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03)},
    "units": {k: {"width": k} for k in (8, 16, 32, 64, 128, 256)},
    "L2": {v: {"penalty": L2(v)} for v in (3e-4, 0.001, 0.003, 0.01, 0.03)},
    "L1": {v: {"penalty": L1(v)} for v in (3e-4, 0.001, 0.003, 0.01, 0.02)},
    "elastic": {
        (u, v): {"penalty": ElasticNet(u, v)} for u in (0.001, 0.003) for v in (0.003, 0.01, 0.03)
    },
    "max-norm": {c: {"after_step": partial(max_norm, c=c)} for c in (0.75, 1, 1.5, 2, 3)},
    "dropout": {p: {"p": p} for p in (0.1, 0.2, 0.35, 0.5, 0.65)},
    "early": {n: {"patience": n, "every": 1} for n in (5, 20)},
    "shifts": {v: {"change": partial(shifted, v)} for v in (0.05, 0.1, 0.25, 0.5, 1)},
    "noise": {v: {"change": partial(noisy, v)} for v in (0.1, 0.3, 0.6, 0.9)},
    "smooth": {v: {"label_smoothing": v} for v in (0.03, 0.1, 0.3)},
    "noise+L2": {
        (v, u): {"change": partial(noisy, v), "penalty": L2(u)}
        for v in (0.3, 0.6)
        for u in (0.003, 0.01)
    },
    "noise+shifts": {
        (v, u): {"change": partial(noisy_and_shifted, v, u)}
        for v in (0.3, 0.6)
        for u in (0.25, 0.5)
    },
}


@dataclass
class Found:
    """What the record says of one method after some steps, at the strength it was given."""

    strength: float | tuple  # the one with the highest mean validation accuracy
    strengths: list
    training: float  # mean accuracies
    validation: float
    right: np.ndarray  # (seeds, all digits): 1 or 0, and nan where a seed doesn't test on it

    @property
    def test(self):
        """Test accuracy of each seed."""
        return np.nanmean(self.right, axis=1)


def read(record, wrong, steps):
    """{method: Found} from the record of the experiment `remedies`."""
    return {
        row["method"]: Found(
            _hashable(row["strength"]),
            [_hashable(strength) for strength in row["strengths"]],
            row["training"],
            max(row["validation"]),
            by_digit(np.array([unpacked(text, DIGITS - OWN) for text in row["right"]])),
        )
        for row in record["found"]
        if (row["wrong"], row["steps"]) == (wrong, steps)
    }


def _hashable(strength):
    return tuple(strength) if isinstance(strength, list) else strength


def by_digit(values, start=OWN):
    """A value for each of some digits of each seed (seeds, N), by the number of the digit.

    They are the N digits that `deal` has dealt to the seed from ``start`` on: 100 for validation,
    200 for test. Where a digit is not among them there is nan; one that no seed has is left out.
    """
    placed = np.full((len(values), DIGITS), np.nan)
    for seed, row in enumerate(values):
        order = np.random.default_rng(seed).permutation(DIGITS)
        placed[seed, order[start : start + len(row)]] = row
    return without_untested(placed)


def gains_table(record, wrong):
    """What each method gains over the plain networks, and with which strength, as a table.

    The gain in test accuracy has one standard error, over the seeds and the test digits
    (`nnbook.claims.effect`). The accuracy in training is the one after the longer training.
    """
    early, late = (read(record, wrong, steps) for steps in record["steps"])
    rows = [
        [name, _strength(early[name]), _gain(early, name), _strength(late[name])]
        + [_gain(late, name), f"{100 * late[name].training:.1f}"]
        for name in early
        if name != "plain"
    ]
    short, long = (f"after {steps:,} steps" for steps in record["steps"])
    plain = [
        f"{100 * found['plain'].test.mean():.1f} % {when}"
        for found, when in ((early, short), (late, long))
    ]
    return table(
        rows,
        ["", "strength", f"gain {short}", "strength", f"gain {long}", "training"],
        caption=f"Gain in test accuracy, in points, over plain networks, which read {plain[0]} "
        f"and {plain[1]}; and training accuracy at the end, in %.",
    )


def _strength(found):
    return "+".join(f"{v:g}" for v in np.atleast_1d(found.strength))


def _gain(found, name):
    gain, error = effect(100 * (found[name].right - found["plain"].right))
    return f"{gain:+.1f} ± {error:.1f}"
