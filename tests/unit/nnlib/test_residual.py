import copy

import numpy as np
import pytest
from layer_checks import build, gradient_errors, torch_errors

from nnlib.convolution import Conv2d
from nnlib.layers import Dropout, Linear, ReLU, Tanh
from nnlib.losses import mse
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.penalties import L2
from nnlib.residual import Residual


def nested():
    return [Linear(4, 3), Residual([Linear(3, 5), Residual([Tanh()]), Linear(5, 3), BatchNorm(3)])]


def test_around_nothing_it_doubles(rng):
    x = rng.normal(size=(2, 3))
    net = Network([Residual([])], rng=rng, dtype=np.float64)
    assert np.array_equal(net(x), 2 * x)


def test_by_hand(rng):
    net = build([Residual([Linear(3, 3), Tanh()])], rng)
    dense, x = net.layers[0].layers[0], rng.normal(size=(5, 3))
    assert np.allclose(net(x), x + np.tanh(x @ dense.W + dense.b))
    dense.W = dense.b = 0
    dy = rng.normal(size=x.shape)
    assert np.array_equal(net(x), x) and np.array_equal(net.backward(dy), dy)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_layers_inside_of_layers(training, rng):
    net = build(nested(), rng)
    assert net.params.size == 4 * 3 + 3 + (3 * 5 + 5) + (5 * 3 + 3) + 2 * 3
    assert max(gradient_errors(net, rng.normal(size=(6, 4)), rng, training)) < 1e-8


def test_gradients_of_convolutions(rng):
    net = build([Residual([Conv2d(2, 3, 3, padding=1), Tanh(), Conv2d(3, 2, 3, padding=1)])], rng)
    assert max(gradient_errors(net, rng.normal(size=(2, 2, 4, 5)), rng)) < 1e-8


def test_against_torch(torch, rng):
    net = build([Residual([Linear(4, 4), Tanh()], scale=0.3)], rng)
    dense = net.layers[0].layers[0]

    def theirs(x):
        return x + 0.3 * torch.tanh(x @ torch.tensor(dense.W) + torch.tensor(dense.b))

    assert max(torch_errors(torch, net, rng.normal(size=(5, 4)), theirs, [], rng)) < 1e-10


def test_the_network_knows_all_weights(rng):
    net = build(nested(), rng)
    assert [W.shape for W, _ in net.weights] == [(4, 3), (3, 5), (5, 3)]
    assert net.weight_mask.sum() == 12 + 15 + 15 and net.state.size == 6
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    net.value_and_grad(mse, x, y)
    plain = net.grads.copy()
    net.value_and_grad(mse, x, y, L2(0.1))
    assert np.allclose(net.grads - plain, 2 * 0.1 * net.params * net.weight_mask)


def test_copies_saves_and_summaries_see_what_is_inside(rng, tmp_path):
    net, x = build(nested(), rng), rng.normal(size=(6, 4))
    net.forward(x, training=True)
    twin = copy.deepcopy(net)
    twin.layers[1].layers[0].W = 0
    assert np.all(twin.params[15:30] == 0) and not np.any(net.params[15:30] == 0)
    net.save(tmp_path / "net.npz")
    other = Network(nested(), rng=rng, dtype=np.float64)
    other.load(tmp_path / "net.npz")
    assert np.array_equal(other(x), net(x))
    assert net.summary().splitlines()[-2].split()[-1] == str(20 + 18 + 6)


def test_training_mode_reaches_the_inside(rng):
    net = Network([Residual([Dropout(0.5, rng)])], rng=rng)
    x = np.ones((50, 20), np.float32)
    assert set(np.unique(net.forward(x, training=True))) == {1, 3}
    assert np.array_equal(net(x), 2 * x)


def test_a_layer_is_there_only_once(rng):
    dense = Linear(3, 3)
    for layers in ([dense, Residual([dense])], [Residual([dense, dense])]):
        with pytest.raises(ValueError, match=r"^layers must be new ones, but Linear\(3, 3\)"):
            Network(layers, rng=rng)
    Network([Residual([dense])], rng=rng)
    with pytest.raises(ValueError, match=r"but Linear\(3, 3\) is already in a network"):
        Network([Residual([dense])], rng=rng)


def test_bad_arguments(rng):
    with pytest.raises(TypeError, match=r"^layers must be one list: .* got Linear\(3, 3\)"):
        Residual(Linear(3, 3))
    with pytest.raises(ValueError, match="^scale must be a finite number, got nan"):
        Residual([Tanh()], np.nan)
    with pytest.raises(TypeError, match="^layers must hold layers .* got 'ReLU'"):
        Network([Residual(["ReLU"])], rng=rng)
    net = Network([Residual([Linear(3, 2), ReLU()])], rng=rng)
    with pytest.raises(ValueError, match=r"adds x \(5, 3\) and f\(x\) \(5, 2\): f must keep"):
        net(np.ones((5, 3)))
    with pytest.raises(AttributeError, match="parameters appear when"):
        Linear(3, 2).W  # noqa: B018


def test_the_way_around_keeps_a_deep_gradient(rng):
    """Thirty layers of small weights: the plain chain's gradient is gone, the other's is not."""

    def gradient(layers):
        net = Network(layers, rng=rng, dtype=np.float64)
        net.params *= 0.1
        net.forward(np.ones((1, 8)))
        return np.abs(net.backward(np.ones((1, 8)))).max()

    assert gradient([Linear(8, 8) for _ in range(30)]) < 1e-15
    assert gradient([Residual([Linear(8, 8)]) for _ in range(30)]) > 0.1


def test_repr():
    assert repr(Residual([Linear(2, 2)])) == "Residual([Linear(2, 2)])"
    assert repr(Residual([Linear(2, 2)], 0.5)) == "Residual([Linear(2, 2)], scale=0.5)"
