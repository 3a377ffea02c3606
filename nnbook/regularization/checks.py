"""The checks of the chapter on regularization."""

from itertools import repeat

import numpy as np

from nnlib.data import moons
from nnlib.optim import SGD, Adam
from nnlib.penalties import L2

from ..check import array, checker, choice, choices, function, number, scalar
from ..runs import Stack, train_stack

which_data = choice(
    "b",
    "Whatever is chosen on data tends to look better on them than it is.",
    {
        "a": "The winner's validation accuracy includes its luck; fifty coins reach 61 % that way.",
        "c": "Then the test data choose, and nothing is left to tell how good the choice is.",
    },
)

price = array(
    [0.9, -0.4, 0.99],
    "9 · 0.1, 2 · 0.1 · (−2), and 1 − 2 · 0.05 · 0.1.",
    mistakes=[
        ([0.9, -0.2, 0.99], "The square's derivative has a 2: the gradient is 2λw."),
        ([0.9, -0.2, 0.995], "The square's derivative has a 2, in the gradient and in the factor."),
        ([0.9, -0.4, 0.995], "The factor is 1 − 2ηλ; the 2 is missing."),
        ([0.9, 0.4, 0.99], "The gradient has the sign of the weight; the step subtracts it."),
        ([0.3, -0.4, 0.99], "That is λ times the length; the penalty takes its square."),
        ([0.5, -0.4, 0.99], "That is L1, the sum of absolute values."),
        ([0.9, -0.4, 0.8], "1 − 2λ lacks the learning rate."),
        ([0.9, -0.4, 0.01], "That is what the step takes away; the factor is what is left."),
        ([0.9, -0.02, 0.99], "The gradient alone, without the learning rate."),
    ],
)

_decay = np.log(0.5) / np.log(1 - 2 * 0.1 * 0.001)
half_life = number(
    np.ceil(_decay),
    "About ln 2 / (2ηλ); weight decay alone is slow.",
    tol=1e-9,
    mistakes={
        _decay: "Steps come in whole numbers.",
        np.floor(_decay): "One step less is not yet below one half.",
        np.ceil(np.log(0.5) / np.log(1 - 0.1 * 0.001)): "The factor is 1 − 2ηλ; the 2 is missing.",
        np.ceil(np.log(0.5) / np.log(1 - 2 * 0.001)): "The learning rate is missing.",
        2500: "It shrinks by a factor each step, not by an amount.",
    },
)

four_predictions = array(
    [1, 2, 3.25],
    "1 + 2 + 0.25: the mean is 4, one above the truth.",
    mistakes=[
        ([1, 2, 3], "The noise, 0.5², is missing from the last number."),
        ([1, 2, 3.5], "The noise enters as its square, 0.25."),
        ([1, 8 / 3, 1 + 8 / 3 + 0.25], "You divided by 3. Variance here is the mean, so by 4."),
        ([1, 2**0.5, 3.25], "That is the standard deviation; the variance is its square."),
        ([1, 3, 4.25], "Variance is measured from the predictions' mean, not from the truth."),
        ([1, 3, 3.25], "Variance is measured from the predictions' mean, not from the truth."),
        ([-1, 2, 3.25], "Squared, please."),
    ],
)

_a = np.array([2, -0.3, 0.1])
soft = array(
    [1.75, -0.05, 0],
    "Each moves by a quarter, and the last one stays at 0.",
    mistakes=[
        ([1.5, 0, 0], "Moved by λ. The squared loss has a 2 in its derivative: move by λ/2."),
        ([1.75, -0.05, -0.15], "The last one would cross 0. It stops there."),
        ([1.75, -0.55, -0.15], "Towards 0: negative weights move up."),
        ([2.25, -0.55, 0.35], "Towards 0, not away from it."),
        (_a / 1.5, "That is L2, which scales."),
        (_a / 1.25, "Scaled; that is what L2 does. L1 moves by an amount."),
        ([1.75, -0.3, 0.1], "All weights are pulled alike, the small ones, too."),
        ([1.75, 0.05, 0], "The second keeps its sign."),
    ],
)

strength = number(
    0.00125,
    "0.25 / 200. Much data and little noise: a weak penalty.",
    mistakes={
        0.0025: "Standard deviations enter as squares.",
        0.005: "Both enter as squares: s² and r².",
        0.0625: "The number of measurements is missing: beside a mean, λ is divided by N.",
        0.3125: "Noise and weights are exchanged, perhaps: s is the noise, r the weights.",
        0.32: "s and r are exchanged: s is the noise, r the weights.",
        800: "That is 1/λ.",
    },
)

dense_truth = choice(
    "b",
    "No input is useless, so zeros are mistakes.",
    {
        "a": "Measure it again: setting weights to 0 costs, if all of them count.",
        "c": "Forty weights from sixty noisy points: without a penalty the variance is large.",
    },
)

_rng = np.random.default_rng(0)
_W = _rng.normal(size=(5, 3)) * [0.1, 1, 3]


def _limit(W, c, length=None):
    length = np.linalg.norm(W, axis=0) if length is None else length
    return W * c / np.maximum(length, c)


@function(
    _limit,
    "Long units are cut to c, short ones stay.",
    [
        (np.array([[3.0, 0.3], [-4.0, 0.4]]), 2.0),
        (_W, 1.5),
        (_rng.normal(size=(4, 4)), 1.0),
        (np.zeros((3, 2)), 1.0),
    ],
)
def limit(W, c):
    length = np.linalg.norm(W, axis=0)
    rows = _limit(W.T, c).T
    yield rows, "You limit the rows: a unit is a column, its inputs run along axis 0."
    whole = _limit(W, c, np.linalg.norm(W))
    yield whole, "You limit the whole matrix; each unit has a length of its own."
    all_c = W * c / length
    yield all_c, "All units get the length c, the short ones, too. Only long ones should shrink."
    yield np.clip(W, -c, c), "You limit each weight; the limit is for the length."
    square = _limit(W, c, length**2)
    yield square, "The root is missing: you compare the squared length with c."
    absolute = _limit(W, c, np.sum(np.abs(W), axis=0))
    yield absolute, "That is the sum of absolute values; the length is √Σw²."
    no_limit = W / np.maximum(length, c)
    yield no_limit, "The limit is missing in the numerator: c / max(length, c)."


_x, _u = _rng.normal(size=(6, 5)), _rng.random((6, 5))


@function(
    lambda x, p, u: np.where(u < p, 0, x / (1 - p)),
    "The mean is kept, in training already.",
    [(_x, 0.2, _u), (_x, 0.7, _u), (_x, 0.0, _u)],
)
def dropout(x, p, u):
    kept = x * (u >= p)
    yield kept / p, "Divided by the probability to drop; divide by that to keep, 1 − p."
    yield kept, "Nothing is scaled: the mean is (1 − p) x."
    yield kept * (1 - p), "Multiplied by 1 − p: that makes it smaller still. Divide."
    yield np.where(u < p, x / p, 0), "You keep what should be dropped."
    yield x * (u < p) / (1 - p), "You keep what should be dropped."
    dropped_above = x * (u < 1 - p) / (1 - p)
    yield dropped_above, "The shares are right, but dropped is where u < p."


_losses = [3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 1.55, 1.8, 1.4, 1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 1.0]
_flat = [2.0, 1.0, 1.0, 1.0, 1.5, 1.2, 1.4]
_stops = [(_losses, 2), (_losses, 4), (_losses, 5), (_losses, 100)]


def _stop(losses, patience, restart=False, equal=False):
    best, waited = 0, 0
    for epoch, loss in enumerate(losses):
        better = loss <= losses[best] if equal else loss < losses[best]
        if restart and epoch and loss < losses[epoch - 1]:
            waited = epoch
        if better:
            best = waited = epoch
        if epoch - (waited if restart else best) >= patience:
            break
    return epoch + 1, best


@function(
    _stop,
    "Stopping late costs time; restoring makes it cost nothing else.",
    [*_stops, ([5.0, 4.0, 3.0], 1), (_flat, 2), (_losses, 1)],
)
def stopping(losses, patience):
    trained, best = _stop(losses, patience)
    yield (trained, trained - 1), "You return the last epoch; restored is the best one."
    future = trained, np.argmin(losses)
    yield future, "The best of all epochs would need a look into the future. Best so far."
    index = "The first number is an index; asked is how many epochs are trained."
    yield (trained - 1, best), index
    yield (trained, best + 1), "The second number counts from 1; asked is the index."
    yield _stop(losses, patience + 1), "One epoch too patient."
    again = "You begin to wait again whenever the loss falls. "
    compare = "Compare with the best loss so far, not with the last one."
    yield _stop(losses, patience, restart=True), again + compare
    yield _stop(losses, patience, equal=True), "An equal loss is not a better one."


gap = number(
    np.log(17),
    "ln(0.85 / 0.05): beyond that the loss rises again.",
    mistakes={
        np.log(16): "The true class gets its share α/K on top: 0.8 + 0.05.",
        17: "That is the ratio of the probabilities; the logits differ by its logarithm.",
        np.log(0.8 / (0.2 / 3)): "Here the share α is spread over all four classes, "
        "the true one included.",
        np.log10(17): "The natural logarithm, please.",
        np.log(0.85): "That is the logarithm of the true class's target alone.",
    },
)

_images = _rng.random((3, 8, 8))


def _shift(images, down, right):
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return padded[:, 1 - down : 9 - down, 1 - right : 9 - right]


@function(
    _shift,
    "Every picture makes nine.",
    [(_images, 1, 0), (_images, 0, -1), (_images, -1, 1), (_images, 0, 0)],
)
def shift(images, down, right):
    yield _shift(images, -down, -right), "It moves the other way: down is to higher rows."
    yield _shift(images, right, down), "Down and right are exchanged: rows come first."
    rolled = np.roll(images, (down, right), axis=(1, 2))
    yield rolled, "np.roll brings in at one side what leaves at the other; 0 should come in."
    samples = np.roll(images, (down, right), axis=(0, 1))
    yield samples, "Axis 0 counts the images; rows are axis 1, columns axis 2."


def _ridge_parts(lam):
    """Bias² and variance of a polynomial of degree 14 on 15 points, with L2, over 200 data sets."""
    chebyshev = np.polynomial.chebyshev.chebvander
    x, fine = np.linspace(0, 1, 15), np.linspace(0, 1, 201)
    A, truth = chebyshev(2 * x - 1, 14), np.sin(2 * np.pi * fine)
    noise = np.random.default_rng(0).normal(0, 0.3, (15, 200))
    y = np.sin(2 * np.pi * x)[:, None] + noise
    w = np.linalg.solve(A.T @ A / 15 + lam * np.eye(15), A.T @ y / 15)
    y_hat = chebyshev(2 * fine - 1, 14) @ w
    return np.mean((y_hat.mean(axis=1) - truth) ** 2), np.mean(y_hat.var(axis=1))


@checker("put a number in place of the dots")
def ridge_challenge(answer):
    """Whether λ brings bias² + variance below 0.07."""
    lam = scalar(answer, "one number, the strength λ")
    if lam <= 0:
        return False, f"λ is positive; without a penalty the sum is {sum(_ridge_parts(0.0)):.0f}."
    bias2, variance = _ridge_parts(lam)
    if bias2 + variance < 0.07:
        return True, "A polynomial with as many weights as points, and yet tame."
    advice = "the bias is the larger part, so try a smaller λ."
    if sum(_ridge_parts(1.01 * lam)) < bias2 + variance:
        advice = "the variance is the larger part, so try a larger λ."
    elif variance > bias2:
        advice = "with λ the bias grows faster than the variance falls, so try a smaller λ."
    return False, f"Bias² {bias2:.3g}, variance {variance:.3g}: {advice}"


def four_curves():
    """Training curves of four settings on the moons, four networks each: {"A": Runs, …}."""
    cases = {
        "A": (16, Adam(lr=0.0003), 0),
        "B": (100, Adam(lr=0.03), 0),
        "C": (64, SGD(lr=8), 0),
        "D": (16, Adam(lr=0.05), 0.1),
    }
    curves = {}
    for name, (width, optimizer, lam) in cases.items():
        rng = np.random.default_rng(5)
        X, y = map(np.stack, zip(*(moons(240, 0.35, rng) for _ in range(4)), strict=True))
        shown, held_out = (X[:, :40], y[:, :40]), (X[:, 40:], y[:, 40:])
        curves[name] = train_stack(
            Stack((4,), 2, width, 2, rng=rng),
            repeat(shown, 300),
            training=shown,
            validation=held_out,
            optimizer=optimizer,
            every=3,
            penalty=L2(lam) if lam else None,
        )
    return curves


curves = choices(
    "lrsu",
    "First the training loss, then the gap.",
    "four letters in quotes",
    "rusl",
    {
        1: "Look at A again. Both losses are still falling at the end.",
        2: "Look at B again. Training falls on and validation turns and rises: learned by heart.",
        3: "Look at C again. The training loss itself jumps up and down: the steps are too large.",
        4: "Look at D again. Both are flat, high and close together: "
        "it can't fit even what it is shown.",
    },
)
