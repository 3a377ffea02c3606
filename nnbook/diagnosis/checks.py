"""The checks of the chapter "It doesn't learn": most of them take code that was to be mended."""

import math

import numpy as np

from nnlib.data import digits
from nnlib.layers import Linear, ReLU, Softmax
from nnlib.network import Network

from ..check import NotYet, call, checker, choice, choices, function, number, numbers, outputs

first_loss = number(
    math.log(26),
    "Guessing gives each letter 1/26, and −log of that is 3.26.",
    mistakes={
        math.log(10): "That is for ten classes. There are 26 letters.",
        1 / 26: "That is the probability. The loss is −log of it.",
        math.log2(26): "In bits. Losses here are natural logarithms.",
        -math.log(26): "The size is right; −log of a probability is positive.",
        math.log10(26): "To base 10. Losses here are natural logarithms.",
    },
)

six_logs = choices(
    "decfab",
    "What the curve leaves open, a test decides: training data by validation's code.",
    "six letters",
    "abcdef",
    {
        1: "1 doesn't move at all, to the last digit: no unit gets a gradient.",
        2: "2 blows up within an epoch.",
        3: "3: training data stay good on the same way as validation data, so the data differ.",
        4: "4: even training data are bad on validation's way, so the code differs.",
        5: "5 is better on validation data: what makes training harder?",
        6: "6 falls by a thousandth in each epoch: it learns, far too slowly.",
    },
)

_P = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.2, 0.2, 0.6]])
_Y = np.array([0, 2, 1, 1])


def _cross_entropy(P, y):
    return -np.log(P[np.arange(len(y)), y]).mean()


@function(_cross_entropy, "One probability of each row.", [(_P, _Y), (_P[:2], _Y[:2])])
def cross_entropy(P, y):
    picked = -np.log(P[:, y])
    yield picked.sum() / len(y), "P[:, y] takes these columns of every row: (N, N) numbers."
    yield picked.mean(), "A mean over (N, N) numbers: every sample meets all labels."
    right = -np.log(P[np.arange(len(y)), y])
    yield right.sum(), "The right ones, and their sum: the mean is asked for."
    yield -right.mean(), "The right ones; the sign is missing."
    yield np.diag(picked), "These are the N losses: take their mean."


_LOGITS = np.array([[2.0, 0.1, 0.3], [0.2, 0.1, 0.9], [2.5, 0.7, 0.2]])


def _accuracy(logits, y):
    return np.mean(logits.argmax(axis=1) == y)


@function(
    _accuracy,
    "A class for each row, compared with its label.",
    [(_LOGITS, np.array([0, 2, 2])), (_LOGITS[:, [2, 0, 1]], np.array([1, 0, 2]))],
)
def accuracy(logits, y):
    yield (
        np.mean(logits.argmax(axis=0) == y),
        "axis=0 asks each class for its best sample. It fits only while N = K.",
    )
    yield np.sum(logits.argmax(axis=1) == y), "That is their number. The share is asked for."
    yield np.mean(logits.argmax(axis=1) != y), "That is the share of wrong answers."


_PRED, _TARGET = np.array([[1.0], [3.0], [2.0]]), np.array([1.5, 2.0, 4.0])


def _squared_error(pred, y):
    return np.mean((pred[:, 0] - y) ** 2)


@function(
    _squared_error,
    "N differences for N samples.",
    [(_PRED, _TARGET), (_PRED[:2], _TARGET[1:])],
)
def squared_error(pred, y):
    yield np.mean((pred - y) ** 2), "Still (N, 1) − (N,): N × N differences."
    yield np.sum((pred[:, 0] - y) ** 2), "The right differences; their mean is asked for."
    yield (pred[:, 0] - y) ** 2, "These are the N squares: take their mean."


@checker()
def sgd_step(answer):
    """Whether the arrays themselves have moved, and by the right amount."""
    starts = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -0.5])]
    params = [p.copy() for p in starts]
    held, grads = list(params), [np.full((2, 2), 2.0), np.array([1.0, -1.0])]
    call(answer, params, grads, 0.1)
    steps = [np.asarray(now) - then for now, then in zip(held, starts, strict=True)]
    wanted = [-0.1 * g for g in grads]
    if all(np.allclose(step, want) for step, want in zip(steps, wanted, strict=True)):
        return True, "The arrays themselves have moved, and whoever holds them sees it."
    if all(np.allclose(step, -want) for step, want in zip(steps, wanted, strict=True)):
        return False, "Uphill: the gradient is to be subtracted."
    if not any(step.any() for step in steps):
        if any(now is not then for now, then in zip(params, held, strict=True)):
            return False, (
                "The list holds new arrays, and the old ones stay as they were. A layer that "
                "holds one of these would never learn: write into the array."
            )
        return False, "Nothing has moved: the result is bound to a name and forgotten."
    return False, f"The arrays moved by {[np.round(step, 3).tolist() for step in steps]}."


def _gradient_descent(gradient, theta, lr, steps):
    for _ in range(steps):
        theta = theta - lr * gradient(theta)
    return theta


def _bowl(theta):
    return np.array([1.0, 4.0]) * theta


@function(
    _gradient_descent,
    "Each step uses the gradient of its own place.",
    [(_bowl, np.array([1.0, -2.0]), 0.1, 5), (_bowl, np.array([3.0, 1.0]), 0.2, 1)],
)
def gradient_descent(gradient, theta, lr, steps):
    start, total, place = theta, 0, theta
    for _ in range(steps):
        total = total + gradient(place)
        place = place - lr * total
    yield place, "The gradients of all steps still add up."
    yield (
        start - lr * steps * gradient(start),
        "Every step uses the gradient of the start: ask for it anew in each step.",
    )
    yield _gradient_descent(gradient, theta, -lr, steps), "Uphill: subtract the gradient."


@checker()
def shuffled(answer):
    """Whether rows and labels stay together, in an order that changes."""
    X = np.arange(40.0).reshape(20, 2)
    y = np.arange(20)
    X_before, y_before = X.copy(), y.copy()
    orders = []
    for seed in (0, 1):
        result = call(answer, X, y, np.random.default_rng(seed))
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise NotYet("Your function should return two arrays, (X, y).")
        rows, labels = map(numbers, result)
        if rows is None or labels is None or rows.shape != X.shape or labels.shape != y.shape:
            raise NotYet("The two arrays should have the shapes of X and y.")
        if not (np.array_equal(X, X_before) and np.array_equal(y, y_before)):
            return False, "It shuffles its arguments in place: take rows by number instead."
        if not np.array_equal(np.sort(labels), y):
            return False, "Some samples are missing, and some there twice: use a permutation."
        if not np.array_equal(rows[:, 0], 2 * labels):
            return False, "Rows and labels have come apart: two calls, two orders."
        orders.append(labels.tolist())
    if orders[0] == y.tolist():
        return False, "They stay together, and in the old order."
    if orders[0] == orders[1]:
        return False, "It is the same order for every generator: draw from rng."
    return True, "One order for both."


_rng = np.random.default_rng(0)
_X, _X_NEW = _rng.normal(3, 2, (6, 2)) * [1, 10], _rng.normal(4, 2, (4, 2)) * [1, 10]


def _prepare(X, X_new):
    mean, spread = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / spread, (X_new - mean) / spread


@outputs(
    _prepare,
    "New data go through the numbers of the training data.",
    ("X", "X_new"),
    [(_X, _X_NEW), (_X[:5] + 1, _X_NEW[:3])],
)
def prepare(X, X_new):
    yield "X", (X - X.mean()) / X.std(), "One number for all columns: each needs its own, axis=0."
    per_row = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
    yield "X", per_row, "axis=1 standardizes each sample; each column is asked for."
    own = (X_new - X_new.mean(axis=0)) / X_new.std(axis=0)
    yield "X_new", own, "X_new still has numbers of its own: use those of X."
    both = np.concatenate([X, X_new])
    leak = (X - both.mean(axis=0)) / both.std(axis=0)
    yield "X", leak, "Numbers of both sets together: new data leak into training."


_SMALL = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 0.3]])
_HUGE = np.array([[1000.0, 0.0, -1000.0], [-2000.0, -2000.0, -2000.0]])


def _mean_loss(Z, y):
    Z = Z - Z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])


@function(
    _mean_loss,
    "Nothing overflows, and no logarithm of 0 is taken.",
    [(_SMALL, np.array([1, 2])), (_HUGE, np.array([0, 1])), (_HUGE, np.array([2, 0]))],
)
def mean_loss(Z, y):
    rows = np.arange(len(y))
    E = np.exp(Z)
    yield -np.log((E / E.sum(axis=1, keepdims=True))[rows, y]).mean(), "exp still overflows."
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = (E / E.sum(axis=1, keepdims=True))[rows, y]
    yield -np.log(P).mean(), "exp is safe now; the logarithm of a probability of 0 isn't."
    yield (
        -np.log(P + 1e-9).mean(),
        "A small number inside of the logarithm hides it: the loss of a sample that is very "
        "wrong is bounded by it, and its gradient is lost.",
    )
    yield -np.log(np.maximum(P, 1e-12)).mean(), "Clipping bounds the loss, and loses the gradient."


@function(
    lambda losses, sizes: np.dot(losses, sizes) / np.sum(sizes),
    "Each batch counts as often as it has samples.",
    [
        (np.array([0.5, 0.7, 2.0]), np.array([32, 32, 2])),
        (np.array([1.0, 3.0]), np.array([3, 1])),
    ],
)
def epoch_loss(losses, sizes):
    yield np.mean(losses), "All batches count alike, the small last one, too."
    yield np.dot(losses, sizes), "The sum over the samples: divide by their number."
    yield np.dot(losses, sizes) / len(sizes), "Divided by the number of batches, not of samples."


lower_loss = number(
    0.36 * math.log(2),
    "Ben's: 0.36 · log 2 = 0.25, and Anna's is 19.2 / 64 = 0.30.",
    mistakes={
        0.3: "That is Anna's. What is Ben's in natural logarithms?",
        0.36: "That is Ben's in bits.",
        0.36 / math.log(2): "The other way: a bit is 0.69 of the natural unit.",
        19.2: "That is a sum over 64 samples.",
    },
)


def _copies(X, X_val):
    rows = set(map(tuple, X))
    return sum(tuple(row) in rows for row in X_val)


_ROWS = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
_VAL = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [2.0, 2.0]])


@function(
    _copies,
    "Each row of X_val is looked up.",
    [(_ROWS, _VAL), (_ROWS, _ROWS), (_ROWS, -_VAL), (np.repeat(_ROWS, 2, axis=0), _VAL)],
)
def copies_in(X, X_val):
    anywhere = np.isin(X_val, X).all(axis=1).sum()
    yield anywhere, "Its numbers may stand in different rows of X: compare whole rows."
    yield len(set(map(tuple, X)) & set(map(tuple, X_val))), "A row that stands twice counts twice."
    pairs = (X[:, None] == X_val).all(axis=2).sum()
    yield (
        pairs,
        "A row that stands twice in X counts twice in yours: each row of X_val counts once.",
    )
    yield _copies(X, X_val) / len(X_val), "That is the share. Their number is asked for."
    together = np.concatenate([X, X_val])
    repeated = len(together) - len(np.unique(together, axis=0))
    yield repeated, "That counts what X_val holds twice as well: look up each row in X."


restarted = choice(
    "c",
    "The layers are right, and get inputs of another scale.",
    {
        "a": "Then a layer would give other outputs for the same batch, and all agree.",
        "b": "Then a layer would give other outputs for the same batch, and all agree.",
        "d": "They matter for further training, not for an answer.",
    },
)


def sick():
    """A colleague's network, inputs and labels; three things are wrong with them."""
    X, y = digits()
    layers = [Linear(64, 32), ReLU(), Linear(32, 10), Softmax()]
    net = Network(layers, rng=np.random.default_rng(0))
    net.layers[0].b = -20_000.0
    return net, np.rint(255 * X[:300]).astype(np.float32), y[:300]


three_mistakes = choices(
    "bdf",
    "Bytes as inputs, units that are 0 for all of them, and a softmax before a loss that has one.",
    "three letters, in the order of the alphabet",
    "abcdefg",
    {
        1: "The first in the alphabet is one of the data: what is their range?",
        2: "The second is in the first layer: what is above 0 after it?",
        3: "The third is at the end of the network: print net.layers.",
        (1, "a"): "The labels go from 0 to 9: print np.unique(y).",
        (2, "c"): "Images and labels belong together: print a few of them.",
        (3, "e"): "np.isnan(X).any() says no.",
        (3, "g"): "There are ten labels: print np.unique(y).",
    },
)
