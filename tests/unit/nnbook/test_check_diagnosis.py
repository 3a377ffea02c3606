import math

import numpy as np
import pytest

from nnbook.diagnosis import checks
from nnlib.data import one_hot
from nnlib.layers import Linear, ReLU
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "first_loss",
            3.2581,
            {2.302585: "26 letters", 0.038462: "probability", 4.70044: "bits", -3.2581: "positive"},
        ),
        (
            "six_logs",
            "decfab",
            {"becfab": "to the last digit", "dfcfab": "blows up", "deffab": "data differ"},
        ),
        ("six_logs", "d, e, c, f, a, b", {"deccab": "code differs", "decfbb": "harder"}),
        ("lower_loss", 0.249533, {0.3: "Anna's", 0.36: "in bits", 0.51937: "other way"}),
        ("restarted", "c", {"a": "all agree", "b": "all agree", "d": "further training"}),
        (
            "three_mistakes",
            "bdf",
            {
                "adf": "0 to 9",
                "bcf": "belong together",
                "bde": "says no",
                "bdg": "ten labels",
                "cdf": "range",
                "bef": "above 0",
            },
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def picked(P, y):
    return -np.log(np.sum(P * one_hot(y, P.shape[1]), axis=1)).mean()


def from_logits(Z, y):
    return softmax_cross_entropy(Z, y)[0]


def by_masks(X, X_val):
    return sum(any(np.array_equal(row, other) for other in X) for row in X_val)


def without(gradient, theta, lr, steps):
    for _ in range(steps):
        theta = theta - lr * gradient(theta)
    return theta


def scaled(X, X_new):
    return [(part - X.mean(0)) / X.std(0) for part in (X, X_new)]


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("cross_entropy", picked, "Right."),
        ("cross_entropy", lambda P, y: -np.log(P[:, y]).sum() / len(y), "every row"),
        ("cross_entropy", lambda P, y: -np.log(P[:, y]).mean(), "all labels"),
        ("cross_entropy", lambda P, y: len(y) * picked(P, y), "their sum"),
        ("cross_entropy", lambda P, y: -picked(P, y), "sign"),
        ("accuracy", lambda Z, y: np.mean(np.argmax(Z, axis=1) == y), "Right."),
        ("accuracy", lambda Z, y: np.mean(Z.argmax(axis=0) == y), "best sample"),
        ("accuracy", lambda Z, y: np.sum(Z.argmax(axis=1) == y), "share is asked"),
        ("squared_error", lambda p, y: np.mean((p - y[:, None]) ** 2), "Right."),
        ("squared_error", lambda p, y: np.mean((p - y) ** 2), "N × N"),
        ("squared_error", lambda p, y: np.sum((p.ravel() - y) ** 2), "mean is asked"),
        ("gradient_descent", without, "Right."),
        ("gradient_descent", lambda g, t, lr, n: without(g, t, -lr, n), "Uphill"),
        ("gradient_descent", lambda g, t, lr, n: t - n * lr * g(t), "anew in each step"),
        ("prepare", scaled, "Right."),
        ("prepare", lambda X, Z: ((X - X.mean()) / X.std(), Z), "axis=0"),
        (
            "prepare",
            lambda X, Z: [(part - part.mean(0)) / part.std(0) for part in (X, Z)],
            "numbers of its own",
        ),
        ("mean_loss", from_logits, "Right."),
        ("mean_loss", lambda Z, y: picked(np.exp(Z) / np.exp(Z).sum(1)[:, None], y), "overflows"),
        ("epoch_loss", lambda losses, sizes: np.average(losses, weights=sizes), "Right."),
        ("epoch_loss", lambda losses, sizes: (losses * sizes).sum() / sizes.sum(), "Right."),
        ("epoch_loss", lambda losses, sizes: np.mean(losses), "count alike"),
        ("copies_in", by_masks, "Right."),
        ("copies_in", lambda X, Z: by_masks(X, Z) / len(Z), "share"),
        ("copies_in", lambda X, Z: (X[:, None] == Z).all(axis=2).sum(), "counts twice in yours"),
        ("copies_in", lambda X, Z: None, "return"),
    ],
)
def test_functions(said, name, answer, words):
    assert words in said(name, answer)


def in_place(params, grads, lr):
    for k, g in enumerate(grads):
        params[k][...] = params[k] - lr * g


def in_the_list(params, grads, lr):
    for k, g in enumerate(grads):
        params[k] = params[k] - lr * g


def forgotten(params, grads, lr):
    for p, g in zip(params, grads, strict=True):
        p = p - lr * g


@pytest.mark.parametrize(
    "step, words",
    [
        (in_place, "Right."),
        (in_the_list, "new arrays"),
        (forgotten, "bound to a name"),
        (lambda p, g, lr: in_place(p, g, -lr), "Uphill"),
        (lambda p, g, lr: in_place(p, g, 2 * lr), "moved by"),
        (lambda p: None, "TypeError"),
    ],
)
def test_a_step(said, step, words):
    assert words in said("sgd_step", step)


def together(X, y, rng):
    order = rng.permutation(len(y))
    return X[order], y[order]


def in_their_place(X, y, rng):
    order = rng.permutation(len(y))
    X[:], y[:] = X[order], y[order]
    return X, y


def drawn_with_return(X, y, rng):
    rows = rng.integers(len(y), size=len(y))
    return X[rows], y[rows]


@pytest.mark.parametrize(
    "shuffle, words",
    [
        (together, "Right."),
        (lambda X, y, rng: (rng.permutation(X), rng.permutation(y)), "two orders"),
        (lambda X, y, rng: (X, y), "in the old order"),
        (lambda X, y, rng: (X[::-1], y[::-1]), "same order"),
        (in_their_place, "in place"),
        (drawn_with_return, "missing"),
        (lambda X, y, rng: X, "two arrays"),
        (lambda X, y, rng: (X, X), "shapes"),
    ],
)
def test_shuffles(said, shuffle, words):
    assert words in said("shuffled", shuffle)


def test_the_sick_network_has_its_three_mistakes_and_learns_without_them():
    net, X, y = checks.sick()
    assert X.max() == 255 and set(y.tolist()) == set(range(10)) and np.isfinite(X).all()
    assert (net.layers[0].forward(X) <= 0).all()
    assert repr(net.layers[-1]) == "Softmax()"
    assert net.value_and_grad(softmax_cross_entropy, X, y)[0] == pytest.approx(
        math.log(10), rel=1e-3
    )
    mended = Network([Linear(64, 32), ReLU(), Linear(32, 10)], rng=np.random.default_rng(0))
    for _ in range(200):
        loss, grads = mended.value_and_grad(softmax_cross_entropy, X / 255, y)
        mended.params -= 0.3 * grads
    assert loss < 0.5
