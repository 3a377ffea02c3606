import re
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nnlib.convolution import Conv2d
from nnlib.data import digits
from nnlib.layers import Flatten, Linear, ReLU, Sigmoid, Softmax, Tanh
from nnlib.losses import binary_cross_entropy, kl_divergence, mse, softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import SGD
from nnlib.pitfalls import lonely_sample, other_classes, output_twice, pitfalls, raw_pixels
from nnlib.train import train
from nnlib.transformer import Embedding

X, Y = digits()


def network(*layers):
    return Network(layers, rng=np.random.default_rng(0))


def fit(net, X, y, loss=softmax_cross_entropy, **more):
    settings = {"optimizer": SGD(lr=0.01), "epochs": 1, "batch_size": 30}
    return train(net, loss, X, y, rng=np.random.default_rng(0), **(settings | more))


# ------------------------------------------------------------------------------------- raw pixels


def test_raw_pixels():
    raw = np.rint(255 * X)
    sentence = raw_pixels(raw.astype(np.float32))
    assert sentence.startswith("X holds whole numbers from 0 to 255") and "\n" not in sentence
    assert raw_pixels(raw.astype(np.uint8)) and raw_pixels(raw.reshape(-1, 1, 8, 8))
    with pytest.warns(UserWarning, match="^X holds whole numbers .* divide X by 255 .see"):
        fit(network(Linear(64, 10)), raw, Y)


@pytest.mark.parametrize(
    "inputs",
    [
        X,
        16 * X,  # as the digits are stored
        255 * X + 0.25,
        X - X.mean(axis=0),
        255 * X,  # from 0 to 255, but not whole
        np.rint(255 * X) - 100,
        1000 * np.rint(255 * X),
        np.rint(255 * X[:, 20:24]),  # a table of a few columns may hold such numbers
        np.zeros((5, 64)),
    ],
)
def test_other_inputs_are_no_raw_pixels(inputs):
    assert raw_pixels(inputs) == ""


# ---------------------------------------------------------------------------------- output, twice


@pytest.mark.parametrize(
    "last, loss, doubled",
    [
        (Softmax, softmax_cross_entropy, "softmax"),
        (Softmax, partial(softmax_cross_entropy, label_smoothing=0.1), "softmax"),
        (Softmax, partial(partial(softmax_cross_entropy), label_smoothing=0.1), "softmax"),
        (Softmax, kl_divergence, "softmax"),
        (Sigmoid, binary_cross_entropy, "sigmoid"),
        (Softmax, mse, ""),
        (Sigmoid, mse, ""),
        (Sigmoid, softmax_cross_entropy, ""),
        (Softmax, binary_cross_entropy, ""),
        (Tanh, softmax_cross_entropy, ""),
        (Softmax, lambda pred, y: softmax_cross_entropy(pred, y), ""),
    ],
)
def test_output_twice(last, loss, doubled):
    sentence = output_twice(network(Linear(4, 3), last()), loss)
    assert (
        sentence.startswith(f"the network ends in a {doubled}, and ") if doubled else not sentence
    )
    assert output_twice(network(Linear(4, 3), last(), Linear(3, 3)), loss) == ""


def test_a_second_softmax_is_warned_of_where_train_is_called():
    with pytest.warns(UserWarning, match="and softmax_cross_entropy applies another") as seen:
        fit(network(Linear(64, 10), Softmax()), X, Y)
    assert len(seen) == 1 and seen[0].filename == __file__


# --------------------------------------------------------------------------------- a lonely sample


@pytest.mark.parametrize("n, batch_size, lonely", [(61, 30, 1), (61, 60, 1), (1, 30, 1), (5, 1, 1)])
def test_a_last_batch_of_one_is_refused_before_the_first_step(n, batch_size, lonely):
    net, steps = network(Linear(64, 9), BatchNorm(9), Linear(9, 10)), []
    before = net.snapshot()
    with pytest.raises(ValueError, match=f"^batch_size = {batch_size} leaves a last batch of one"):
        fit(net, X[:n], Y[:n], batch_size=batch_size, after_step=lambda t, v: steps.append(t))
    assert steps == [] and all(map(np.array_equal, net.snapshot(), before))


@pytest.mark.parametrize("n, batch_size", [(60, 30), (62, 30), (61, 61), (61, 100), (2, 2)])
def test_other_batches_are_not_refused(n, batch_size):
    net = network(Linear(64, 9), BatchNorm(9), Linear(9, 10))
    fit(net, X[:n], Y[:n], batch_size=batch_size)
    assert lonely_sample(net, X[:n], batch_size) == ""


def test_one_image_has_enough_numbers_for_a_batch_norm_of_channels():
    images = X[:61].reshape(-1, 1, 8, 8)
    deep = network(Conv2d(1, 2, 3), BatchNorm(2), Flatten(), Linear(72, 10))
    fit(deep, images, Y[:61])
    then_dense = [Conv2d(1, 2, 3), BatchNorm(2), Flatten(), BatchNorm(72), Linear(72, 10)]
    with pytest.raises(ValueError, match="leaves a last batch of one of the 61 samples"):
        fit(network(*then_dense), images, Y[:61])
    fit(network(Linear(64, 10)), X[:61], Y[:61])  # no batch norm, nothing to refuse


# ----------------------------------------------------------------------------------- other classes


def test_a_sorted_file_that_is_cut():
    order = np.argsort(Y, kind="stable")
    labels, val_labels = Y[order][:1500], Y[order][1500:]
    sentence = other_classes(labels, val_labels)
    assert sentence.startswith("the validation data hold class 9, which the training data never")
    net = network(Linear(64, 10))
    with pytest.warns(UserWarning, match="^the validation data hold class 9"):
        fit(net, X[order][:1500], labels, validation=(X[order][1500:], val_labels))


def test_a_class_that_validation_lacks():
    assert other_classes(Y, Y[Y != 3]).startswith("the validation data hold no sample of class 3")
    assert "which is 10% of the training data" in other_classes(Y, Y[Y != 3])
    assert other_classes(np.array([-1, 1] * 30), np.ones(40, int)).endswith(
        "as nnlib.data.split does"
    )


def test_what_chance_may_do_is_no_pitfall():
    rng = np.random.default_rng(0)
    for n in [1, 5, 20, 100]:
        for _ in range(200):
            parts = np.split(rng.permutation(Y), [1000, 1000 + n])
            assert other_classes(*parts[:2]) == ""
    assert other_classes(np.array([0] * 1000 + [1]), np.zeros(500, int)) == ""  # 1 is rare


def test_targets_that_are_no_labels_have_no_classes():
    rows, x = np.eye(10)[Y], X[:, :1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(network(Linear(64, 10)), X[:60], rows[:60], validation=(X[60:90], Y[60:90]))
        ages = np.arange(60)
        fit(network(Linear(1, 1)), x[:60], ages, mse, validation=(x[:60], ages + 100))


# ------------------------------------------------------------------------------------ all together


def test_pitfalls_come_together_and_a_good_run_has_none():
    doubled = network(Linear(64, 10), Softmax())
    found = list(pitfalls(doubled, softmax_cross_entropy, np.rint(255 * X), Y, Y[Y < 9]))
    assert len(found) == 3 and all(s and "\n" not in s for s in found)
    good = network(Linear(64, 20), ReLU(), Linear(20, 10))
    assert list(pitfalls(good, softmax_cross_entropy, X, Y, Y[:300])) == []
    assert list(pitfalls(good, softmax_cross_entropy, X)) == []
    reads = network(Embedding(256, 4), Flatten(), Linear(256, 10))
    assert list(pitfalls(reads, softmax_cross_entropy, np.rint(255 * X))) == [], "tokens, no bytes"


# --------------------------------------------------------------------------- the page that helps

HELP = re.escape('(see the chapter "It doesn\'t learn")') + "$"


def test_every_message_of_a_run_that_goes_wrong_names_the_page():
    with pytest.warns(UserWarning, match=HELP):
        fit(network(Linear(64, 10), Softmax()), X, Y)
    with pytest.raises(ValueError, match=HELP):
        fit(network(Linear(64, 9), BatchNorm(9), Linear(9, 10)), X[:61], Y[:61])
    history = fit(network(Linear(64, 10)), X, Y, optimizer=SGD(lr=1e38), epochs=3)
    assert history.diverged and re.search(HELP, history.stopped)


def test_the_page_has_that_title():
    chapter = Path(__file__).resolve().parents[3] / "chapters/diagnosis.ipynb"
    assert "# It doesn't learn\\n" in chapter.read_text(encoding="utf-8")
