"""The checks of the chapter on one neuron."""

import numpy as np

from nnlib.activations import sigmoid, softmax
from nnlib.data import one_hot
from nnlib.losses import binary_cross_entropy

from ..check import array, call, checker, choice, function, number, numbers

weighted_sum = number(
    1,
    "2 · 3 − 1 · 4 − 1 = 1.",
    mistakes={
        2: "Did you forget the bias?",
        3: "The bias is −1: it is added, so the sum gets smaller.",
        9: "The second weight is −1: its product counts negative.",
        sigmoid(1.0): "That is σ(z), the output. The question is for z.",
    },
)

twice_the_weights = choice(
    "b",
    "2z = 0 in the same places as z = 0, and σ(2z) is steeper than σ(z).",
    {
        "a": "It would, if only w were doubled. Here b grows with it: |2b| / ‖2w‖ = |b| / ‖w‖.",
        "c": "The boundary z = 0 stays, but the output is σ(2z) now, and that is not σ(z).",
    },
)

distance = number(
    1.2,
    "z = 3 + 8 − 5 = 6, and ‖w‖ = 5.",
    mistakes={
        6: "That is z. It is measured in units of ‖w‖: divide by the length of w.",
        6 / 25: "You divided by ‖w‖², the squared length.",
        6 / 7: "The length of w is √(w₁² + w₂²), not w₁ + w₂.",
        11 / 5: "Did you forget the bias?",
        16 / 5: "The bias is −5.",
    },
)

_losses = -np.log([0.9, 0.8, 0.4])
loss = number(
    _losses.mean(),
    "The mean of −log 0.9, −log 0.8 and −log 0.4.",
    mistakes={
        _losses.sum(): "That is the sum. The loss is the mean over the examples.",
        _losses.mean() / np.log(10): "This logarithm has base 10; take the natural one, np.log.",
        _losses.mean() / np.log(2): "This logarithm has base 2; take the natural one, np.log.",
        -np.log([0.9, 0.2, 0.6]).mean(): "Where y = 0 it is 1 − ŷ whose logarithm counts.",
        -np.log(0.9) / 3: "Examples with y = 0 count, too: −log(1 − ŷ).",
        np.mean([0.01, 0.04, 0.36]): "That is the mean squared error.",
    },
)

gradient = array(
    [0.5, -0.5],
    "The errors ŷ − y are −½ and +½; times the inputs, the mean is (½, −½).",
    mistakes=[
        ([1.0, -1.0], "That is the sum over both examples. The loss is a mean."),
        ([-0.5, 0.5], "The sign: it is prediction minus truth, not truth minus prediction."),
        ([0.125, -0.125], "There is an extra ŷ(1 − ŷ): in the cross-entropy it cancels."),
        ([0.25, -0.25], "That is the gradient of the squared error."),
        ([[-0.5, -1.0], [1.5, 0.0]], "One row for each example. Now take their mean."),
    ],
)

threshold = number(
    0.1,
    "9ŷ > 1 − ŷ means ŷ > 1/10: where a miss is expensive, say “eight” early.",
    mistakes={
        0.9: "The other way round: this threshold would miss more eights, the expensive mistakes.",
        1 / 9: "Compare 9ŷ with 1 − ŷ, not with 1.",
        0.5: "That is for equal costs.",
    },
)

temperature = number(
    2 / np.log(9),
    "σ(2/T) = 0.9 means 2/T = log(0.9/0.1) = log 9.",
    mistakes={
        np.log(9) / 2: "The reciprocal: logits are divided by T.",
        -2 / np.log(0.9): "The inverse of σ is log(p / (1 − p)), not log p.",
        2 / np.log10(9): "Take the natural logarithm, np.log.",
    },
)

_plain, _huge = np.array([-2.0, 0.0, 1.5]), np.array([-1000.0, 1000.0])


@function(sigmoid, "And nothing overflows.", [(_plain,), (_huge,), (np.array([[0.5], [-3.0]]),)])
def _sigmoid(z):
    naive = np.exp(z) / (1 + np.exp(z))
    yield naive, "exp(1000) overflows, and inf / inf is nan. Use exp(−|z|) only."
    yield sigmoid(-z), "The sign of z: this falls where the sigmoid rises."
    yield sigmoid(z) * (1 - sigmoid(z)), "That is the derivative of the sigmoid."
    yield np.tanh(z), "That is tanh, from −1 to 1."


@checker()
def stable_sigmoid(answer):
    """Whether a function is the sigmoid, and overflows nowhere on its way."""
    ok, sentence = _sigmoid.judge(answer)
    if ok:
        try:
            with np.errstate(over="raise"):
                answer(_huge.copy())
        except FloatingPointError:
            return False, "The numbers are right, but exp overflows on the way. Use exp(−|z|) only."
    return ok, sentence


_sure = np.array([1000.0, -1000.0])


def _loss(z, y):
    return binary_cross_entropy(z, y)[0]


@function(
    _loss,
    "From the logit no logarithm of 0 is ever taken.",
    [(_plain, np.array([1.0, 0, 1])), (_sure, np.array([0.0, 1])), (_sure, np.array([1.0, 0]))],
)
def logit_loss(z, y):
    p = sigmoid(z)
    rounded = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
    yield rounded, "The log of a probability that has rounded to 0. Start from z."
    yield len(z) * _loss(z, y), "That is the sum. The loss is the mean."
    yield -_loss(z, y), "The minus sign: a loss is never negative."
    yield _loss(z, 1 - y), "Truths 0 and 1 are exchanged, or the sign of z."


_rng = np.random.default_rng(0)


def _softmax_case(n, d, k, rng):
    return (
        rng.normal(size=(n, d)),
        rng.integers(k, size=n),
        rng.normal(size=(d, k)),
        rng.normal(size=k),
    )


def _gradient(X, y, W, b, activation=softmax):
    return X.T @ (activation(X @ W + b) - one_hot(y, W.shape[1])) / len(y)


@function(
    _gradient,
    "Prediction minus truth, times what came in.",
    [_softmax_case(5, 3, 4, _rng), _softmax_case(1, 2, 3, _rng)],
)
def softmax_gradient(X, y, W, b):
    yield _gradient(X, y, W, b) * len(y), "A sum; the loss is a mean over N."
    yield -_gradient(X, y, W, b), "It is prediction minus truth."
    yield _gradient(X, y, W, 0 * b), "The bias is missing: the scores are X @ W + b."
    yield _gradient(X, y, W, b, sigmoid), "Sigmoid in place of softmax."
    yield X.T @ softmax(X @ W + b) / len(y), "You didn't subtract the truth."
    columns = _gradient(X, y, W, b, lambda z: softmax(z, axis=0))
    yield columns, "Softmax over the wrong axis: each row must sum to 1."


@checker("put three numbers (w1, w2, b) in place of the dots")
def ink_line(answer, F=None, eight=None):
    """Whether (w1, w2, b) has a small enough loss on the ink measurements F and truths eight."""
    theta = numbers(answer)
    if theta is None or theta.shape != (3,):
        return False, "This takes three numbers, (w1, w2, b)."
    z = F @ theta[:2] + theta[2]
    value, wrong = binary_cross_entropy(z, eight)[0], int(np.sum((z > 0) != eight))
    if value < 0.085:
        return True, "Gradient descent has no trouble with what is tedious by hand."
    side = " Do w and b have the wrong sign?" if wrong > len(F) / 2 else ""
    return False, f"The loss is {value:.4f}, with {wrong} digits wrong.{side}"


@checker()
def xor(answer):
    """Whether a function of (4, 2) corners is positive for XOR's ones and negative elsewhere."""
    corners, truth = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [False, True, True, False]
    z = numbers(call(answer, corners))
    if z is None or z.size != 4:
        return False, "Your function should return four numbers, one for each row of X."
    z = z.ravel()
    if np.any(z == 0):
        return False, f"z = {z.round(3).tolist()}: a 0 lies on the boundary. Shift z by a bias."
    wrong = [tuple(c.tolist()) for c in corners[np.isnan(z) | ((z > 0) != truth)]]
    if wrong:
        return False, f"z = {z.round(3).tolist()} has the wrong sign for {wrong}."
    return True, "Two bends, and the corners fall on the right sides."
