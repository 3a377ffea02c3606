import numpy as np
import pytest

from nnlib.activations import relu, sigmoid, softmax
from nnlib.data import one_hot


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("weighted_sum", 1, {2: "bias", 3: "−1", 9: "negative", sigmoid(1.0): "σ(z)"}),
        ("twice_the_weights", "b", {"a": "b grows", "c": "σ(2z)", "d": "takes one of"}),
        ("distance", 6 / 5, {6: "divide", 0.24: "squared", 6 / 7: "√", 2.2: "bias", 3.2: "−5"}),
        (
            "loss",
            0.41493,
            {
                1.24480: "sum",
                0.18020: "base 10",
                0.59862: "base 2",
                0.74188: "1 − ŷ",
                0.03512: "−log(1 − ŷ)",
                0.13667: "squared",
                -0.41493: "sign",
            },
        ),
        (
            "gradient",
            [0.5, -0.5],
            {
                (1, -1): "sum",
                (-0.5, 0.5): "prediction minus truth",
                (0.125, -0.125): "extra",
                (0.25, -0.25): "squared",
                (0.5, 0.5): "1 of 2",
            },
        ),
        ("threshold", 0.1, {0.9: "other way", 1 / 9: "1 − ŷ", 0.5: "equal costs"}),
        ("temperature", 0.910239, {1.09861: "reciprocal", 18.98244: "inverse", 2.09590: "natural"}),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def test_gradient_of_each_example(said):
    assert "mean" in said("gradient", [[-0.5, -1.0], [1.5, 0.0]])


def stable(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def from_logits(z, y):
    return np.mean(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z))


def gradient(X, y, W, b, f=softmax):
    return X.T @ (f(X @ W + b) - one_hot(y, W.shape[1])) / len(y)


def absolute(X):
    return relu(X @ np.array([[1, -1], [-1, 1]])) @ [1, 1] - 0.5


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("stable_sigmoid", stable, "Right."),
        ("stable_sigmoid", lambda z: np.exp(-np.logaddexp(0, -z)), "Right."),
        # inf is silent, and 1/inf is 0
        ("stable_sigmoid", lambda z: 1 / (1 + np.exp(-z)), "exp overflows on the way"),
        ("stable_sigmoid", lambda z: np.exp(z) / (1 + np.exp(z)), "overflows"),
        ("stable_sigmoid", lambda z: stable(-z), "sign"),
        ("stable_sigmoid", lambda z: stable(z) * (1 - stable(z)), "derivative"),
        ("stable_sigmoid", np.tanh, "tanh"),
        ("stable_sigmoid", lambda z: stable(z).ravel(), "shape is (2,), not (2, 1)"),
        ("stable_sigmoid", lambda z: ..., "return"),
        ("logit_loss", from_logits, "Right."),
        ("logit_loss", lambda z, y: len(z) * from_logits(z, y), "sum"),
        ("logit_loss", lambda z, y: -from_logits(z, y), "minus"),
        ("logit_loss", lambda z, y: from_logits(-z, y), "exchanged"),
        (
            "logit_loss",
            lambda z, y: -np.mean(y * np.log(stable(z)) + (1 - y) * np.log(1 - stable(z))),
            "rounded to 0",
        ),
        ("logit_loss", lambda z: 0, "TypeError"),
        ("softmax_gradient", gradient, "Right."),
        ("softmax_gradient", lambda X, y, W, b: len(y) * gradient(X, y, W, b), "sum"),
        ("softmax_gradient", lambda X, y, W, b: -gradient(X, y, W, b), "prediction minus truth"),
        ("softmax_gradient", lambda X, y, W, b: gradient(X, y, W, 0), "bias is missing"),
        ("softmax_gradient", lambda X, y, W, b: gradient(X, y, W, 3 * b), "Not yet."),
        ("softmax_gradient", lambda X, y, W, b: gradient(X, y, W, b, sigmoid), "Sigmoid"),
        ("softmax_gradient", lambda X, y, W, b: X.T @ softmax(X @ W + b) / len(y), "subtract"),
        (
            "softmax_gradient",
            lambda X, y, W, b: gradient(X, y, W, b, lambda z: softmax(z, axis=0)),
            "wrong axis",
        ),
        ("softmax_gradient", lambda X, y, W, b: gradient(X, y, W, b).T, "transpose"),
        ("xor", absolute, "Right."),
        ("xor", lambda X: (relu(X.sum(1)) - 2 * relu(X.sum(1) - 1) - 0.5)[:, None], "Right."),
        ("xor", lambda X: -absolute(X), "wrong sign"),
        ("xor", lambda X: X.sum(1) - 0.5, "wrong sign for [(1, 1)]"),
        ("xor", lambda X: absolute(X) + 0.5, "boundary"),
        ("xor", lambda X: X.sum(), "four numbers"),
        ("xor", lambda X: np.where(X.sum(1) == 1, 1, np.nan), "wrong sign for [(0, 0), (1, 1)]"),
        ("xor", lambda X: X @ np.ones(3), "ValueError"),
    ],
)
def test_functions(said, name, answer, words):
    assert words in said(name, answer)


def test_ink_line(said):
    F = np.array([[0.1, 0.1], [0.2, 0.1], [0.5, 0.6], [0.6, 0.6]])
    eight = np.array([0.0, 0, 1, 1])
    assert said("ink_line", ..., F, eight).startswith("Not answered yet: ")
    assert "Right." in said("ink_line", (20, 20, -14), F, eight)
    assert "The loss is 0.6931, with 2 digits wrong." in said("ink_line", (0, 0, 0), F, eight)
    assert "wrong sign" in said("ink_line", (-20, -20, 14), F, eight)
    for nonsense in [(1, 2), "abc", None, 5]:
        assert "three numbers" in said("ink_line", nonsense, F, eight)
    assert "Not yet" in said("ink_line", (np.nan, 1, 1), F, eight)
