"""Networks with a convolution that are trained side by side do what they do alone."""

import numpy as np
import pytest

from nnbook.network.wirings import ConvStack, best_rate, compare, cut
from nnbook.runs import cross_entropies
from nnlib.convolution import Conv2d, MaxPool2d
from nnlib.data import digits
from nnlib.layers import Flatten, Linear, ReLU
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network


def layers(stride=1):
    # 9 x 8 pixels, 7 x 6 windows: the last row of windows is in no block
    return [Conv2d(2, 4, 3, stride=stride), ReLU(), MaxPool2d(2), Flatten(), Linear(36, 5)]


def networks(n=3, make=layers):
    rng = np.random.default_rng(0)
    return [Network(make(), rng=rng, dtype=np.float64) for _ in range(n)]


@pytest.mark.parametrize("shared", [True, False])
def test_logits_and_gradients_are_those_of_single_networks(shared):
    nets, rng = networks(), np.random.default_rng(1)
    images, y = rng.normal(size=(3, 7, 2, 9, 8)), rng.integers(5, size=(3, 7))
    images[:, :, :, 4:] = 0  # windows that are alike: the first one wins
    for net in nets:
        net.layers[0].b = rng.normal(size=4)
    if shared:
        images, y = np.stack([images[0]] * 3), np.stack([y[0]] * 3)
    stack = ConvStack(nets)
    logits = stack(np.stack([cut(some, 3, 2) for some in images]))
    stack.backward(cross_entropies(logits, y)[1])
    kernels, *_, dense = stack.layers
    for run, net in enumerate(nets):
        np.testing.assert_allclose(logits[run], net(images[run]), atol=1e-12)
        net.value_and_grad(softmax_cross_entropy, images[run], y[run])
        conv, *_, last = net.layers
        np.testing.assert_allclose(kernels.dW[run].T, conv.dW.reshape(4, -1), atol=1e-12)
        np.testing.assert_allclose(kernels.db[run, 0], conv.db, atol=1e-12)
        np.testing.assert_allclose(dense.dW[run], last.dW, atol=1e-12)
        np.testing.assert_allclose(dense.db[run, 0], last.db, atol=1e-12)


@pytest.mark.parametrize("make", [lambda: layers(stride=2), lambda: layers()[:-1]])
def test_other_networks_are_refused(make):
    with pytest.raises(ValueError, match="ConvStack takes"):
        ConvStack(networks(make=make))


@pytest.mark.parametrize(
    "make",
    [
        lambda: [Linear(64, 10)],
        lambda: [Conv2d(1, 2, 3), ReLU(), MaxPool2d(3), Flatten(), Linear(8, 10)],
    ],
    ids=["dense", "convolution"],
)
def test_the_best_rate_is_the_one_that_reads_most_of_what_was_held_back(make):
    X, rates = digits()[0].reshape(-1, 1, 8, 8), (1e-6, 0.03, 1e-5)
    rate, right = best_rate(make, X, rates=rates, steps=30, seeds=3)
    assert rate == 0.03 and right.shape == (3, len(X))
    assert (np.sum(~np.isnan(right), axis=1) == 540).all()
    assert set(right[~np.isnan(right)]) == {0, 1} and np.nanmean(right) > 0.2
    alone = best_rate(make, X, rates=[0.03], steps=30, seeds=3)[1]
    assert np.array_equal(right, alone, equal_nan=True), "rates have nothing to do with each other"


def test_a_dense_network_gets_the_pixels_in_their_order():
    X = digits()[0]
    flat = best_rate(lambda: [Linear(64, 10)], X, rates=[0.03], steps=20, seeds=2)[1]
    sheet = X.reshape(-1, 1, 8, 8)
    square = best_rate(lambda: [Linear(64, 10)], sheet, rates=[0.03], steps=20, seeds=2)[1]
    assert np.array_equal(flat, square, equal_nan=True)


def test_several_networks_are_each_tuned():
    X, rates = digits()[0], [1e-6, 0.03, 1e-5]
    networks = {"ten": lambda: [Linear(64, 10)], "more": lambda: [Linear(64, 20), Linear(20, 10)]}
    right, tuned = compare(networks, X, rates=rates, steps=20, seeds=2)
    assert tuned == {"ten, lr": (0.03, rates), "more, lr": (0.03, rates)}
    for name, layers in networks.items():
        alone = best_rate(layers, X, rates=rates, steps=20, seeds=2)[1]
        assert np.array_equal(right[name], alone, equal_nan=True)
