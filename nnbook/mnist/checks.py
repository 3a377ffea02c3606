"""The checks of the chapter on MNIST, and its challenge."""

import numpy as np

from nnlib.metrics import accuracy, calibration
from nnlib.mnist import DataUnavailable, mnist

from ..check import array, checker, choice, function, number, numbers, stops

parameters = number(
    784 * 300 + 300 + 300 * 10 + 10,
    "235,200 + 300 + 3,000 + 10.",
    tol=1e-9,
    mistakes={
        238200: "The biases are missing: one for each hidden and each output unit.",
        239294: "You gave biases to the inputs, too. A bias belongs to a unit.",
        235500: "The second layer is missing.",
        238500: "The ten biases of the output are missing.",
        238210: "The 300 biases of the hidden layer are missing.",
        1094: "That is the number of inputs and units. Each pair of neighbours has a weight.",
    },
)

steps = number(
    20 * 1563,
    "1,563 steps an epoch, 20 times.",
    tol=1e-9,
    mistakes={
        1563: "That is one epoch.",
        1562: "That is one epoch, and its last, smaller batch is missing.",
        31240: "In each epoch 16 images are left over. They make a batch, too.",
        31250: "Steps of an epoch are a whole number: round up before you multiply.",
        1_000_000: "That is the number of images seen. One step sees 32 of them.",
        20: "Those are epochs. A step is one batch.",
    },
)

_p = 0.982
standard_error = number(
    np.sqrt(_p * (1 - _p) / 10_000),
    "About 0.13 percentage points: 13 images.",
    tol=5e-3,
    mistakes={
        np.sqrt(_p * (1 - _p)): "That is for one image; the mean of n has σ/√n. Or you mean "
        "percentage points: the check wants a share, as 0.982 is one.",
        _p * (1 - _p) / 10_000: "That is the variance. Take the root.",
        np.sqrt(_p * (1 - _p) / 60_000): "The test set has 10,000 images.",
        np.sqrt(_p / 10_000): "The factor 1 − p is missing.",
        np.sqrt(10_000 * _p * (1 - _p)): "That is the spread of the count, in images. Divide by n.",
    },
)

untouched = number(
    (1 - 2e-4) ** 6000,
    "About e^(−1.2).",
    tol=5e-4,
    mistakes={
        (1 - 1e-4) ** 6000: "The penalty's gradient is 2λw: a step takes 2·lr·λ of a weight.",
        (1 - 2e-3) ** 6000: "The learning rate is missing.",
        (1 - 2e-4) ** 600: "That is after one epoch.",
        (1 - 2e-4) ** 10: "The decay acts at every step, not at every epoch.",
        1 - 1.2: "Shares multiply: it is (1 − 2e-4)^6000, and not 1 − 6000 · 2e-4.",
        1.0: "The data doesn't pull at this weight, but the penalty does, in each of 6,000 steps.",
        1 - (1 - 2e-4) ** 6000: "That is the share that is gone.",
    },
)

_C = np.array([[95, 2, 3], [4, 80, 16], [1, 8, 91]])
recall = array(
    np.diag(_C) / _C.sum(axis=1),
    "Rows are the true classes.",
    tol=2e-3,
    mistakes=[
        (
            np.diag(_C) / _C.sum(axis=0),
            "You divided by the columns: that is precision, the share "
            "of the predictions that are right.",
        ),
        (np.diag(_C), "Those are counts, or percent; a share is divided by the row's sum."),
        (1 - np.diag(_C) / _C.sum(axis=1), "Those are the shares that are wrong."),
    ],
)

_D = np.array([[90, 1, 2, 0], [0, 95, 9, 1], [6, 2, 80, 7], [1, 0, 3, 93]])
_E = np.array([[90, 1, 0, 5], [2, 70, 0, 1], [0, 8, 60, 0], [6, 0, 0, 99]])


def _cell(C):
    return np.array(np.unravel_index(np.argmax(C), C.shape))


def _pair(C):
    return _cell(np.triu(C + C.T, 1))


@function(_pair, "Both directions count, and each pair once.", [(_C,), (_D,), (_E,)])
def confused(C):
    yield _cell(C), "You found the diagonal: right answers. Take them out first."
    one_way = _cell(C - np.diag(np.diag(C)))
    yield one_way, "That is the most frequent single mistake. Add the other direction, C[j, i]."
    yield _pair(C)[::-1], "The right pair; give the smaller class first."


_image = np.arange(1, 21, dtype=float).reshape(4, 5)


def _shift(image, down, right):
    moved = np.zeros_like(image)
    rows, columns = image.shape
    moved[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = image[
        max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
    ]
    return moved


@function(
    _shift,
    "Ink that leaves is gone, paper comes in.",
    [(_image, d, r) for d, r in [(1, 0), (0, 2), (-2, -1), (1, -2), (-1, 0), (0, 0)]],
)
def shift(x, d, r):
    rolled = np.roll(x, (d, r), axis=(0, 1))
    yield rolled, "What leaves on one side comes in on the other: np.roll goes round. Fill with 0."
    yield _shift(x, -d, -r), "The other way: positive is down and right."
    yield _shift(x, r, d), "Down and right are exchanged: axis 0 counts rows."
    yield _shift(x, abs(d), abs(r)), "Negative numbers mean up and left."


_rng = np.random.default_rng(0)
_P = _rng.dirichlet(np.full(4, 0.4), size=200)
_y = np.where(_rng.random(200) < 0.7, _P.argmax(axis=1), _rng.integers(4, size=200))


@function(
    lambda P, y, bins: calibration(P, y, bins).error,
    "It agrees with nnlib.metrics.calibration.",
    [
        (_P, _y, 5),
        (_P[:50], _y[:50], 10),
        (_P[:3], _y[:3], 2),
        (np.eye(4)[[0, 1, 2]], np.array([0, 2, 2]), 5),
    ],
)
def ece(P, y, bins):
    confidence, accuracy, count, _ = calibration(P, y, bins)
    sure, right = P.max(axis=1), P.argmax(axis=1) == y
    place = (sure * bins).astype(int)
    gaps = [abs(np.sum((right - sure)[place == k])) for k in range(bins)]
    yield (
        sum(gaps) / len(y),
        "A confidence of exactly 1 belongs to the last bin, and yours drops it.",
    )
    gaps, count = (accuracy - confidence)[count > 0], count[count > 0]
    even = np.abs(gaps).mean()
    yield even, "Every bin counts the same in yours. Weigh each by its share of the samples."
    yield np.abs(gaps) @ count, "A sum; divide by the number of samples."
    signed = gaps @ count / count.sum()
    cancel = "Without absolute values in each bin, too high and too low cancel."
    yield signed, cancel
    yield -signed, cancel
    yield 1 - np.mean(P.argmax(axis=1) == y), "That is the error rate."


_shapes = [((3, 6), (6, 6), (6,), (4, 6), (4,)), ((2, 5), (3, 5), (3,), (4, 3), (4,))]


def _from_torch(x, W1, b1, W2, b2):
    return np.maximum(x @ W1.T + b1, 0) @ W2.T + b2


@function(
    _from_torch,
    "PyTorch stores (out, in), so each weight comes transposed.",
    [tuple(_rng.normal(size=s) for s in shapes) for shapes in _shapes],
)
def from_torch(x, W1, b1, W2, b2):
    yield (x @ W1.T + b1) @ W2.T + b2, "ReLU is missing."
    yield (
        np.maximum(_from_torch(x, W1, b1, W2, b2), 0),
        "No ReLU after the last layer: logits may be negative.",
    )
    yield np.maximum(x @ W1.T, 0) @ W2.T, "The biases are missing."


better = number(
    (60 - 45) / np.sqrt(60 + 45),
    "Less than 2: no evidence that B is better.",
    tol=5e-3,
    mistakes={
        (45 - 60) / np.sqrt(105): "The size is right; count it as positive where B is better.",
        15 / 105: "Divide by the root of 105: the spread of a fair coin's count.",
        15 / np.sqrt(10_000): "The images on which both agree carry no information here.",
        (60 - 45) / (np.sqrt(105) / 2): "60 differs from its mean 52.5 by 7.5, and has the spread "
        "√105/2. The difference 60 − 45 has the spread √105.",
        15.0: "That is the difference. How large is its spread?",
    },
)

honest = choice(
    "c",
    "The test set was looked at once, after everything was decided.",
    {
        "a": "The best of ten on the test set profits from luck: its test images chose it.",
        "b": "Stopping at the best test epoch is tuning on the test set, with one try per epoch.",
        "d": "A part of the training images that was trained on says nothing about new ones.",
    },
)

shuffled = choice(
    "b",
    "A dense layer has no idea which inputs are neighbours.",
    {
        "a": "What could it gain? Every hidden unit sees the same 64 numbers as before.",
        "c": "For you it would be worse. For a dense layer the order of its inputs means nothing.",
    },
)

luck = number(
    1.8675 * 0.13,
    "A quarter of a point from luck alone.",
    tol=0.03,
    mistakes={
        0.13: "That is the spread of one result. The largest of 20 lies further out.",
        0.13 / np.sqrt(20): "The mean of 20 has a smaller spread; the maximum is not a mean.",
        2 * 0.13 / np.sqrt(20): "The mean of 20 has a smaller spread; the maximum is not a mean.",
        0.0: "The mean of the 20 has no bias. Their maximum has.",
        3 * 0.13: "Only one in 741 lies beyond three standard deviations.",
        20 * 0.13: "The maximum grows slowly with the number of tries, like √(2 ln n).",
    },
)

equals = array(
    [17, 415],
    "A convolution has few weights and uses each of them at many places.",
    mistakes=[
        ([415, 17], "Those two are right, the other way round."),
        ([18, 415], "The biases are missing: one for each hidden unit, and ten more."),
        ([17.499, 414.71], "Half a unit can't be built: round to whole ones."),
        (
            [17, 17],
            "The products are those of all places together: one weight of a convolution is "
            "used at each of them.",
        ),
    ],
)

EPOCHS, GOAL = 3, 98.3


class Budget:
    """Deals images and labels in shuffled batches, three epochs in all and no more."""

    def __init__(self, X, y, epochs=EPOCHS, seed=0):
        self.X, self.y, self.rng = X, y, np.random.default_rng(seed)
        self.left = epochs * len(X)

    def __call__(self, batch_size):
        while self.left > 0:
            order = self.rng.permutation(len(self.X))
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size][: self.left]
                if len(rows) == 0:
                    return
                self.left -= len(rows)
                yield self.X[rows], self.y[rows]


@checker("give the check your function, or its predictions")
def challenge(answer):
    """Whether a training of three epochs, or its predictions, gets more than 98.3 % right.

    It learns from the first 50,000 training images, and reads the other 10,000.
    """
    labels = numbers(answer)
    if not callable(answer) and (labels is None or labels.ndim == 0):
        return False, (
            "This takes a function of the dealer that returns a trained network, "
            "or the predicted digits of the last 10,000 training images."
        )
    try:
        X, y, *_ = mnist()
    except DataUnavailable as error:
        missing = f"without which nothing is measured: {error}."
        return False, f"What is missing is MNIST itself, {missing}"
    held = len(X) // 6
    X, y, X_held, y_held = X[:-held], y[:-held], X[-held:], y[-held:]
    if labels is None:
        with stops("Your training"):
            labels = numbers(answer(Budget(X, y)).predict(X_held))
    if labels is None:
        return False, f"Predictions should be {len(y_held):,} digits, and these are no numbers."
    if labels.shape != y_held.shape:
        shape = labels.shape
        return False, f"Predictions should be {len(y_held):,} digits, and their shape is {shape}."
    if np.any(labels != np.round(labels)):
        return False, "Predictions should be digits 0 to 9: whole numbers."
    right = 100 * accuracy(labels.astype(np.int64), y_held)
    reached = f"{right:.2f} % of the images held back"
    if right > GOAL:
        return True, f"{reached}, the goal was {GOAL} %."
    missing = int(np.floor(GOAL * held / 100)) + 1 - round(right * held / 100)
    return False, f"{reached}, {missing} too few for more than {GOAL} %."
