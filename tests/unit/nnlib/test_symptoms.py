"""Symptoms of a network that does not learn: set-ups broken in one place, and healthy ones."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nnlib.convolution import Conv2d, MaxPool2d
from nnlib.data import circles, digits, moons, noisy_sine, spirals
from nnlib.diagnose import diagnose
from nnlib.init import he_normal, zeros
from nnlib.layers import Activation, Dropout, Flatten, Layer, Linear, Softmax
from nnlib.losses import binary_cross_entropy, mse, softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm, LayerNorm
from nnlib.optim import SGD, Adam, AdamW, Momentum
from nnlib.symptoms import Case, muted_label
from nnlib.train import train
from nnlib.transformer import Embedding

X, Y = digits()
X = (X - X.mean()) / X.std()


def rng(seed=0):
    return np.random.default_rng(seed)


def dense(*sizes, activation="relu", init=he_normal, extra=(), seed=0, **options):
    layers = []
    for k, (n_in, n_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
        layers.append(Linear(n_in, n_out, init))
        if k < len(sizes) - 2:
            layers += [*[make(n_out) for make in extra], Activation(activation)]
    return Network(layers, rng=rng(seed), **options)


def said(net, loss=softmax_cross_entropy, x=X, y=Y, **options):
    return diagnose(net, loss, x, y, rng=rng(1), **options)


def with_last(layer):
    net = dense(64, 32, 10)
    return Network([*(Linear(64, 32), Activation("relu"), Linear(32, 10)), layer], rng=rng()), net


def scaled(g):
    return lambda shape, r: g * he_normal(shape, r)


class Detached(Layer):
    """Forgets the way back."""

    def forward(self, x, training=False):
        return x

    def backward(self, dy):
        return np.zeros_like(dy)


class WrongWay(Activation):
    def backward(self, dy):
        return -super().backward(dy)


class Forgetful(Activation):
    """A backward pass that leaves the derivative out."""

    def backward(self, dy):
        return 3 * dy


def sum_loss(pred, y):
    value, d = softmax_cross_entropy(pred, y)
    return value, d * len(y)


def flipped(pred, y):
    value, d = softmax_cross_entropy(pred, y)
    return value, -d


def hinge(pred, y):
    """The mean of max(0, 1 - y pred), for labels -1 and 1."""
    y = np.asarray(y).reshape(-1, 1)
    gap = np.maximum(0.0, 1 - y * pred)
    return float(gap.mean()), np.where(gap > 0, -y, 0.0) / len(y)


def shifted_net():
    net = dense(64, 32, 32, 10)
    for layer in net.layers:
        if isinstance(layer, Linear) and layer.n_out == 32:
            layer.b = -20.0
    return net


def stale():
    net = dense(64, 32, 10, extra=[BatchNorm])
    train(
        net,
        softmax_cross_entropy,
        X,
        Y,
        optimizer=Adam(lr=0.01),
        epochs=5,
        batch_size=64,
        rng=rng(),
    )
    net.state[:] = 50.0
    return net


def bad(x=X, rows=slice(5, 8), value=np.nan):
    x = x.copy()
    x[rows] = value
    return x


RAW = np.rint(digits()[0] * 255)
WIDE = X * np.where(np.arange(64) == 20, 1e4, 1.0)
MIXED = X.T.reshape(-1, 64)  # pictures along the last axis, and then rows of 64
TWINS = np.repeat(X[:300], 2, axis=0), np.repeat(Y[:300], 2)
BX, BY = moons(300, 0.1, rng())

BROKEN = {
    "not_finite": [
        lambda: said(dense(64, 32, 10), x=bad()),
        lambda: said(dense(64, 32, 10), x=bad(value=np.inf)),
        lambda: said(dense(64, 32, 1), mse, y=bad(Y.astype(float))),
    ],
    "one_class": [
        lambda: said(dense(64, 32, 10), y=np.full(len(Y), 3)),
        lambda: said(dense(64, 32, 10), y=np.where(np.arange(len(Y)) % 50, 0, Y)),
    ],
    "constant_inputs": [lambda: said(dense(64, 32, 10), x=np.zeros_like(X))],
    "doubled_output": [
        lambda: said(with_last(Softmax())[0]),
        lambda: said(
            Network(
                [Linear(2, 8), Activation("relu"), Linear(8, 1), Activation("sigmoid")], rng=rng()
            ),
            binary_cross_entropy,
            BX,
            BY,
        ),
    ],
    "bounded_output": [
        lambda: said(with_last(Activation("relu"))[0]),
        lambda: said(with_last(Activation("tanh"))[0]),
        lambda: said(with_last(Dropout(0.5, rng()))[0]),
    ],
    "loss_refuses": [
        lambda: said(dense(64, 32, 10), y=Y + 1),
        lambda: said(dense(64, 32, 9)),
        lambda: said(dense(63, 32, 10)),
        lambda: said(dense(64, 32, 10), y=Y.astype(float)),
    ],
    "large_inputs": [
        lambda: said(dense(64, 32, 10), x=RAW),
        lambda: said(dense(64, 32, 10), x=1000 + X),
    ],
    "small_inputs": [lambda: said(dense(64, 32, 10), x=X / 255)],
    "far_inputs": [lambda: said(dense(64, 32, 10), x=X + 15)],
    "unequal_columns": [lambda: said(dense(64, 32, 10), x=WIDE / 1e2)],
    "large_targets": [lambda: said(dense(64, 32, 1), mse, y=1e4 * X[:, 20])],
    "contradictions": [
        lambda: said(
            dense(64, 32, 10),
            x=TWINS[0],
            y=np.where(np.arange(600) % 2, TWINS[1], (TWINS[1] + 1) % 10),
        ),
        lambda: said(dense(64, 32, 10), x=MIXED),
    ],
    "unrelated_labels": [
        lambda: said(dense(64, 32, 10), y=rng().permutation(Y)),
        lambda: said(dense(64, 32, 10), x=MIXED + 0.01 * rng().normal(size=X.shape)),
    ],
    "muted_label": [lambda: said(dense(2, 16, 1), hinge, BX, BY)],
    "same_units": [
        lambda: said(dense(64, 32, 10, init=zeros)),
        lambda: said(dense(64, 32, 10, init=lambda shape, r: np.full(shape, 0.05))),
    ],
    "much_dropout": [
        lambda: said(
            Network(
                [Linear(64, 32), Activation("relu"), Dropout(0.95, rng()), Linear(32, 10)],
                rng=rng(),
            )
        )
    ],
    "no_activation": [lambda: said(Network([Linear(64, 32), Linear(32, 10)], rng=rng()))],
    "stale_averages": [lambda: said(stale())],
    "silent_units": [lambda: said(shifted_net())],
    "saturated_units": [
        lambda: said(dense(64, 32, 32, 10, activation="tanh", init=scaled(20))),
        lambda: said(dense(64, 32, 32, 10, activation="sigmoid", init=scaled(40))),
    ],
    "fading_signal": [
        lambda: said(dense(64, *[32] * 10, 10, activation="tanh", init=scaled(0.1))),
        lambda: said(dense(64, *[32] * 12, 10, activation="sigmoid")),
    ],
    "loud_start": [lambda: said(dense(64, 32, 32, 10, init=scaled(10)))],
    "wrong_gradient": [
        lambda: said(dense(64, 32, 10), flipped),
        lambda: said(dense(64, 32, 10), sum_loss),
        lambda: said(Network([Linear(64, 32), WrongWay("relu"), Linear(32, 10)], rng=rng())),
        lambda: said(Network([Linear(64, 32), Forgetful("tanh"), Linear(32, 10)], rng=rng())),
    ],
    "blocked_gradient": [
        lambda: said(
            Network([Linear(64, 32), Activation("relu"), Detached(), Linear(32, 10)], rng=rng())
        ),
    ],
    "heavy_decay": [
        lambda: said(dense(64, 32, 10), optimizer=SGD(lr=0.1, weight_decay=1.0)),
        lambda: said(dense(64, 32, 10), optimizer=SGD(lr=0.1, weight_decay=0.4)),
    ],
    "rate_too_large": [
        lambda: said(dense(64, 32, 10), optimizer=SGD(lr=30.0)),
        lambda: said(dense(64, 32, 10), optimizer=Adam(lr=3.0)),
        lambda: said(dense(64, 32, 10), optimizer=Adam(lr=0.3)),
    ],
    "rate_too_small": [
        lambda: said(dense(64, 32, 10), optimizer=SGD(lr=1e-5)),
        lambda: said(dense(64, 32, 10), optimizer=Adam(lr=1e-7)),
        lambda: said(dense(64, 32, 10), optimizer=SGD(lr=1e-9)),
    ],
    "few_not_learned": [
        lambda: said(dense(2, 1), binary_cross_entropy, *circles(300, 0.05, rng())),
    ],
}
CASES = [(name, k) for name, makes in BROKEN.items() for k in range(len(makes))]


def test_there_are_enough_broken_set_ups():
    assert len(CASES) >= 25


@pytest.mark.parametrize("name, k", CASES)
def test_a_broken_set_up_is_named(name, k):
    diagnosis = BROKEN[name][k]()
    assert diagnosis.names[:1] == (name,), str(diagnosis)
    assert str(diagnosis).startswith("1. ") and str(diagnosis).endswith(".")


@pytest.mark.parametrize(
    "name, words",
    [
        ("one_class", "All 1797 labels are 3: there is nothing to tell apart"),
        ("blocked_gradient", "net.layers[0] gets no gradient, while net.layers[3] does"),
        ("loss_refuses", "target must hold labels 0 to 9, got 1 to 10"),
        ("unrelated_labels", "shuffled apart"),
        ("rate_too_large", "lr = 30 looks too large"),
        ("muted_label", "takes labels -1 and 1."),
    ],
)
def test_its_sentence_has_the_number(name, words):
    assert words in str(BROKEN[name][0]())


@pytest.mark.parametrize(
    "name, k, words",
    [
        ("contradictions", 1, "label: one number over and over"),
        ("unrelated_labels", 1, "Show ten inputs with their labels"),
        ("rate_too_small", 2, "even with 1000 times the learning rate: lr = 1e-09"),
    ],
)
def test_a_sentence_fits_its_set_up(name, k, words):
    assert words in str(BROKEN[name][k]())


def test_a_label_that_is_only_answered_well_is_not_muted():
    """A hinge that makes -1 of label 0, and a network that answers -2 to all."""
    net = dense(2, 16, 1)
    net.params[:] = 0
    net.layers[-1].b = -2.0
    case = Case(net, lambda pred, y: hinge(pred, 2 * y - 1), BX, BY, None, rng())
    assert muted_label(case) == ""
    assert muted_label(replace(case, loss=hinge)) != ""


# ---- Healthy ones: every chapter's kind of network ----

SPIRALS = spirals(300, 0.05, rng())
SINE = noisy_sine(200, 0.1, rng())


def trained():
    net = dense(64, 32, 10, extra=[BatchNorm])
    options = {"optimizer": Adam(lr=0.01), "epochs": 8, "batch_size": 64, "rng": rng()}
    train(net, softmax_cross_entropy, X, Y, **options)
    return net


FAR = moons(300, 0.0, rng())[0], 2 * moons(300, 0.0, rng())[1] - 1


def separated(seed):
    """All margins are kept, so that no sample passes a gradient back."""
    net, optimizer = dense(2, 32, 1, seed=seed), Adam(lr=0.01)
    for _ in range(1000):
        optimizer.step(net.params, net.value_and_grad(hinge, *FAR)[1])
    assert hinge(net.forward(FAR[0]), FAR[1])[0] == 0
    return net


def zero_end():
    net = dense(64, 32, 10)
    net.layers[-1].W = 0.0
    return net


def tokens(vocabulary, seed, asks=lambda x: (x == 7).any(axis=1)):
    """Something about sixteen tokens, such as whether the seventh is among them."""
    x = rng(seed).integers(vocabulary, size=(600, 16))
    x[::2, 3] = 7
    layers = [Embedding(vocabulary, 12), Flatten(), Linear(192, 32), Activation("relu")]
    net = Network([*layers, Linear(32, 2)], rng=rng(seed))
    return said(net, x=x.astype(float), y=asks(x).astype(int), optimizer=Adam(lr=0.01))


def many_columns(seed):
    x = rng(seed).normal(size=(200, 100))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    return said(dense(100, 32, 2, seed=seed), x=x, y=y, optimizer=Adam(lr=0.01))


def images():
    layers = [Conv2d(1, 4, 3, padding=1), Activation("relu"), MaxPool2d(2), Flatten()]
    return Network([*layers, Linear(64, 10)], rng=rng())


HEALTHY = {
    "neuron": lambda s: said(
        dense(64, 1, seed=s), binary_cross_entropy, y=Y % 2, optimizer=SGD(lr=0.1)
    ),
    "a hinge, labels -1 and 1": lambda s: said(
        dense(2, 16, 1, seed=s), hinge, BX, 2 * BY - 1, optimizer=Adam(lr=0.01)
    ),
    "a hinge, trained": lambda s: said(separated(s), hinge, *FAR),
    "softmax regression": lambda s: said(dense(64, 10, seed=s), optimizer=SGD(lr=0.5)),
    "network, moons": lambda s: said(
        dense(2, 16, 1, seed=s), binary_cross_entropy, BX, BY, optimizer=Adam(lr=0.01)
    ),
    "network, spirals": lambda s: said(
        dense(2, 32, 32, 1, activation="tanh", seed=s),
        binary_cross_entropy,
        *SPIRALS,
        optimizer=Adam(lr=0.01),
    ),
    "backprop, float64": lambda s: said(
        dense(64, 32, 10, activation="tanh", seed=s, dtype=np.float64)
    ),
    "regularization, smoothed labels": lambda s: said(
        dense(64, 32, 10, seed=s), partial(softmax_cross_entropy, label_smoothing=0.5)
    ),
    "optimizers": lambda s: said(dense(64, 32, 10, seed=s), optimizer=Momentum(lr=0.05)),
    "initialization, twenty layers": lambda s: said(
        dense(64, *[32] * 20, 10, seed=s), optimizer=Adam(lr=1e-3)
    ),
    "initialization, zero end": lambda s: said(zero_end(), optimizer=Adam(lr=0.01)),
    "regularization, dropout": lambda s: said(
        dense(64, 64, 10, extra=[lambda n: Dropout(0.5, rng())], seed=s), optimizer=Adam(lr=0.01)
    ),
    "normalization, batch": lambda s: said(
        dense(64, 32, 32, 10, extra=[BatchNorm], seed=s), optimizer=Adam(lr=0.01)
    ),
    "normalization, layer": lambda s: said(
        dense(64, 32, 32, 10, extra=[LayerNorm], seed=s), optimizer=SGD(lr=0.1)
    ),
    "normalization, trained": lambda s: said(trained()),
    "mnist's shape": lambda s: said(dense(64, 600, 10, seed=s), optimizer=SGD(lr=0.1)),
    "convolution": lambda s: said(images(), x=X.reshape(-1, 1, 8, 8), optimizer=Adam(lr=0.01)),
    "regression": lambda s: said(
        dense(1, 32, 1, activation="tanh", seed=s), mse, SINE[0], SINE[1], optimizer=Adam(lr=0.01)
    ),
    "attention, few tokens": lambda s: tokens(64, s),
    "attention, tokens like pixels": lambda s: tokens(200, s),
    "attention, even or odd": lambda s: tokens(30, s, asks=lambda x: x[:, 0] % 2),
    "many columns that are noise": many_columns,
    "a strong decay that data hold": lambda s: said(
        dense(64, 32, 10, seed=s), optimizer=AdamW(lr=0.01, weight_decay=0.5)
    ),
    "raw ink from 0 to 1": lambda s: said(
        dense(64, 32, 10, seed=s), x=digits()[0], optimizer=Adam(lr=0.01)
    ),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_set_up_raises_no_alarm(name, seed):
    diagnosis = HEALTHY[name](seed)
    assert diagnosis.findings == (), str(diagnosis)
    assert str(diagnosis).startswith("Nothing stands out")
