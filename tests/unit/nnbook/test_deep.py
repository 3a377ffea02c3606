import numpy as np
import pytest

from nnbook.initialization import deep
from nnbook.runs import packed
from nnlib import init
from nnlib.gradcheck import check_direction
from nnlib.losses import softmax_cross_entropy


def test_pixels_have_mean_0_and_mean_square_1():
    (X, y), (X_val, y_val) = deep.data()
    assert (X.shape, X_val.shape) == ((1438, 64), (359, 64))
    assert len(y) == 1438 and len(y_val) == 359
    assert X.mean() == pytest.approx(0, abs=1e-5) and np.mean(X**2) == pytest.approx(1, rel=1e-5)


def test_twenty_layers():
    net = deep.dense(init.he_normal, "relu", deep.TWENTY, seed=0)
    assert sum(hasattr(layer, "W") for layer in net.layers) == 20
    assert net.layers[-1].n_out == 10 and net.params.dtype == np.float64


def test_with_batch_norm_the_size_of_the_weights_changes_nothing():
    def logits(g):
        net = deep.dense(deep.scaled(g), "relu", [64, 32, 32, 10], seed=0, batch_norm=True)
        net.layers[-1].W[:] = 1  # behind which nothing is normalized
        return net.layers, net.forward(deep.data()[0][0][:50], training=True)

    (layers, small), (_, large) = logits(1), logits(4)
    names = ["Linear", "BatchNorm", "Activation"]
    assert [type(layer).__name__ for layer in layers] == [*names, *names, "Linear"]
    assert np.allclose(small, large, rtol=1e-3)


def test_weights_have_their_size():
    W = deep.scaled(3)((400, 300), np.random.default_rng(0))
    assert W.std() * 400**0.5 == pytest.approx(3, rel=0.01)


def test_a_fit_learns_and_repeats_itself():
    def fitted(**options):
        net = deep.dense(init.he_normal, "relu", [64, 16, 10], seed=0)
        return deep.fit(net, 0.1, 1, seed=0, **options).loss, net.params

    loss, params = fitted()
    assert loss[0] < np.log(10) and np.array_equal(fitted()[1], params)
    assert not np.allclose(fitted(images=2 * deep.data()[0][0])[1], params)
    assert not np.allclose(fitted(max_norm=0.1)[1], params)


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_gradient_of_residual_layers(scale):
    (X, y), _ = deep.data()
    net = deep.residual_net(init.lecun_normal, "tanh", 3, seed=0, scale=scale)
    f = net.objective(softmax_cross_entropy, X[:20], y[:20])
    assert check_direction(f, net.params, np.random.default_rng(1)) < 1e-7


def test_a_residual_layer_without_weights_is_the_identity():
    net = deep.residual_net(init.zeros, "tanh", 2, seed=0)
    h = np.random.default_rng(0).normal(size=(5, 64))
    assert np.array_equal(net.layers[0].forward(h), h)


def tiny_record():
    """Two rates and two seeds: the second rate ends in nan once, and one case always does."""
    texts = [packed(np.arange(359) < count) for count in (359, 0)]
    case = {"case": "fine", "lr": 0.1, "losses": [[0.5, 0.7], [0.1, None]], "right": [texts, texts]}
    broken = {"case": "broken", "lr": 0.1, "losses": [[None, None]] * 2, "right": [texts, texts]}
    return {"lrs": [0.1, 1.0], "cases": [case, broken]}


def test_a_record_is_read():
    case = deep.read(tiny_record())["fine"]
    loss, right = case.at()
    assert loss.tolist() == [0.5, 0.7] and right.mean(axis=1).tolist() == [100, 0]
    assert case.at(1.0)[0].tolist() == [0.1, np.inf]
    assert case.tuned("it") == {"it, lr": (0.1, [0.1, 1.0])}


def test_tables_of_a_record():
    cases = deep.read(tiny_record())
    shown = deep.table(cases, ["fine", "broken"])
    assert shown.rows == [["fine", "0.1", "0.60", "50", "0 to 100"],
                          ["broken", "nan at each", "", "", ""]]  # fmt: skip
    shown = deep.by_rate(cases, ["fine", "broken"], [0.1, 1.0])
    assert shown.headers[1:] == ["0.1", "1"]
    assert shown.rows == [["fine", "50", "50"], ["broken", "nan", "nan"]]


def test_sizes_are_measured_both_ways():
    assert deep.rms([3, -4]) == pytest.approx(12.5**0.5)
    net = deep.dense(deep.scaled(0.5), "linear", 11 * [64] + [10], seed=0)
    forward, backward = deep.measure(net)
    assert len(forward) == len(backward) == 10
    assert forward[-1] / forward[0] == pytest.approx(0.5**9, rel=0.5)
    assert backward[0] / backward[-1] == pytest.approx(0.5**9, rel=0.5)
    assert np.array_equal(deep.measure(net, seed=1)[0], forward)
    assert not np.allclose(deep.measure(net, seed=1)[1], backward)
