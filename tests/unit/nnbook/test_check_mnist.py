import numpy as np
import pytest

from nnbook.mnist import checks as check
from nnlib.metrics import calibration
from nnlib.mnist import DataUnavailable, Mnist


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "parameters",
            238510,
            {
                238200: "biases are missing",
                239294: "inputs",
                235500: "second layer",
                238500: "ten biases",
                238210: "300",
                1094: "pair",
            },
        ),
        (
            "steps",
            31260,
            {
                1563: "one epoch",
                1562: "smaller batch",
                31240: "left over",
                31250: "round up",
                1_000_000: "images",
                20: "epochs",
            },
        ),
        (
            "standard_error",
            0.00133,
            {
                0.133: "percentage points",
                0.982 * 0.018 / 1e4: "variance",
                0.000543: "10,000",
                0.00991: "1 − p",
                13.295: "images",
            },
        ),
        (
            "untouched",
            0.3012,
            {
                0.5488: "2λw",
                (1 - 2e-3) ** 6000: "learning rate",
                0.8869: "one epoch",
                0.998: "every step",
                0.9998: "6,000",
                -0.2: "multiply",
                1: "penalty does",
                0.6988: "gone",
            },
        ),
        (
            "recall",
            [0.95, 0.8, 0.91],
            {
                (0.95, 0.8889, 0.8273): "precision",
                (95, 80, 91): "counts",
                (0.05, 0.2, 0.09): "wrong",
            },
        ),
        (
            "equals",
            [17, 415],
            {
                (415, 17): "other way round",
                (18, 415): "biases",
                ((13_922 - 10) / 795, 329_280 / 794): "Half a unit",
                (17, 17): "at each of them",
            },
        ),
        (
            "better",
            1.4639,
            {-1.4639: "positive", 15 / 105: "root", 0.15: "agree", 2.9277: "differs", 15: "spread"},
        ),
        (
            "honest",
            "c",
            {"a": "luck", "b": "one try per epoch", "d": "trained on", "e": "takes one of"},
        ),
        ("shuffled", "b", {"a": "gain", "c": "order"}),
        (
            "luck",
            0.2428,
            {0.13: "one result", 0.0581: "maximum", 0: "bias", 0.39: "741", 2.6: "slowly"},
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def pair(C):
    both = np.triu(C + C.T, 1)
    return np.unravel_index(both.argmax(), both.shape)


@pytest.mark.parametrize(
    "answer, words",
    [
        (pair, "Right."),
        (lambda C: np.unravel_index(C.argmax(), C.shape), "diagonal"),
        (
            lambda C: np.unravel_index((C - np.diag(np.diag(C))).argmax(), C.shape),
            "other direction",
        ),
        (lambda C: pair(C)[::-1], "smaller class first"),
    ],
)
def test_confused(said, answer, words):
    assert words in said("confused", answer)


def moved(image, down, right):
    H, W = image.shape
    framed = np.pad(image, ((H, H), (W, W)))
    return framed[H - down : 2 * H - down, W - right : 2 * W - right]


def half_moved(image, down, right):
    """Right where both numbers have the same sign."""
    out = np.zeros_like(image)
    H, W = image.shape
    if down >= 0 and right >= 0:
        out[down:, right:] = image[: H - down, : W - right]
    elif down < 0 and right < 0:
        out[:down, :right] = image[-down:, -right:]
    return out


def dropping_the_sure(P, y, bins):
    sure, right = P.max(axis=1), P.argmax(axis=1) == y
    k = (sure * bins).astype(int)
    return sum(abs((right - sure)[k == b].sum()) for b in range(bins)) / len(y)


@pytest.mark.parametrize(
    "answer, words",
    [
        (moved, "Right."),
        (lambda x, d, r: np.roll(x, (d, r), (0, 1)), "goes round"),
        (lambda x, d, r: moved(x, -d, -r), "other way"),
        (lambda x, d, r: moved(x, r, d), "exchanged"),
        (lambda x, d, r: moved(x, abs(d), abs(r)), "up and left"),
        (half_moved, "For "),
    ],
)
def test_shift(said, answer, words):
    assert words in said("shift", answer)


def gaps(P, y, bins):
    c = calibration(P, y, bins)
    full = c.count > 0
    return (c.accuracy - c.confidence)[full], c.count[full]


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda P, y, bins: calibration(P, y, bins).error, "Right."),
        (lambda P, y, bins: np.abs(gaps(P, y, bins)[0]).mean(), "same in yours"),
        (
            lambda P, y, bins: np.abs(gaps(P, y, bins)[0]) @ gaps(P, y, bins)[1],
            "divide by the number",
        ),
        (lambda P, y, bins: gaps(P, y, bins)[0] @ gaps(P, y, bins)[1] / len(y), "cancel"),
        (lambda P, y, bins: -gaps(P, y, bins)[0] @ gaps(P, y, bins)[1] / len(y), "cancel"),
        (lambda P, y, bins: np.mean(P.argmax(axis=1) != y), "error rate"),
        (dropping_the_sure, "exactly 1"),
    ],
)
def test_ece(said, answer, words):
    assert words in said("ece", answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x, W1, b1, W2, b2: np.maximum(x @ W1.T + b1, 0) @ W2.T + b2, "Right."),
        (lambda x, W1, b1, W2, b2: (x @ W1.T + b1) @ W2.T + b2, "ReLU is missing"),
        (
            lambda x, W1, b1, W2, b2: np.maximum(np.maximum(x @ W1.T + b1, 0) @ W2.T + b2, 0),
            "negative",
        ),
        (lambda x, W1, b1, W2, b2: np.maximum(x @ W1.T, 0) @ W2.T, "biases"),
        (
            lambda x, W1, b1, W2, b2: np.maximum(x @ W1 + b1, 0) @ W2.T + b2,
            "stopped with ValueError",
        ),
    ],
)
def test_from_torch(said, answer, words):
    assert words in said("from_torch", answer)


def test_luck_is_what_a_simulation_gives(said, rng):
    best = rng.normal(0, 0.13, (100_000, 20)).max(axis=1).mean()
    assert said("luck", best).startswith("Right. ")


# ---------------------------------------------------------------------------- the challenge


@pytest.fixture
def small(monkeypatch, rng):
    """5,000 images to learn from whose label is the number of their brightest pixel, 1,000 more
    that are held back. The test images have wrong labels, as nobody should ask them."""
    X, X_test = (rng.random((n, 10), dtype=np.float32) for n in (6000, 10))
    data = Mnist(X, X.argmax(axis=1), X_test, X_test.argmin(axis=1))
    monkeypatch.setattr(check, "mnist", lambda: data)
    return data.y_train[5000:]


class Brightest:
    def predict(self, X):
        return X.argmax(axis=1)


def test_challenge_takes_predictions(said, small):
    labels = small.copy()
    assert "100.00 %" in said("challenge", labels)
    labels[:17] = (labels[:17] + 1) % 10  # 98.3 % are not more than 98.3 %
    assert said("challenge", labels) == (
        "Not yet. 98.30 % of the images held back, 1 too few for more than 98.3 %.\n"
    )
    labels[16] = small[16]
    assert said("challenge", labels).startswith("Right. 98.40 %")


def test_challenge_trains(said, small):
    dealt = []

    def training(batches):
        for X, y in batches(2000):
            assert (X.argmax(axis=1) == y).all()
            dealt.append(len(X))
        assert list(batches(2000)) == []  # nothing is left
        return Brightest()

    assert said("challenge", training).startswith("Right. 100.00 %")
    assert dealt == [2000, 2000, 1000] * 3


@pytest.mark.parametrize(
    "answer, words",
    [
        ("98.5", "takes a function"),
        (lambda batches: None, "stopped with AttributeError"),
        (lambda batches: 1 / 0, "stopped with ZeroDivisionError"),
        (np.zeros(7), "1,000 digits"),
        (np.full(1000, 0.5), "whole numbers"),
        (lambda batches: type("Net", (), {"predict": lambda self, X: X})(), "their shape"),
    ],
)
def test_challenge_refuses(said, small, answer, words):
    out = said("challenge", answer)
    assert out.startswith("Not yet. ") and words in out


def test_challenge_without_mnist(said, monkeypatch):
    def nowhere():
        raise DataUnavailable("no mirror has answered")

    monkeypatch.setattr(check, "mnist", nowhere)
    out = said("challenge", lambda batches: Brightest())
    assert "MNIST itself" in out and "no mirror has answered" in out and out.count("\n") == 1


def test_budget_is_shared_by_all_calls(rng):
    deal = check.Budget(rng.random((10, 2)), np.arange(10), epochs=3)
    first = next(deal(4))
    rest = [y for X, y in deal(7)]
    assert len(first[1]) + sum(map(len, rest)) == 30
    assert deal.left == 0
