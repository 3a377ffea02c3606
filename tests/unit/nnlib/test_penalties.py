import numpy as np
import pytest

from nnlib.convolution import Conv2d
from nnlib.gradcheck import check_gradient
from nnlib.layers import Linear
from nnlib.losses import mse
from nnlib.network import Network
from nnlib.penalties import L1, L2, ElasticNet, max_norm

PENALTIES = [L1(0.3), L2(0.3), ElasticNet(0.3, 0.7)]


def test_by_hand():
    w = np.array([[3.0, -4.0]])
    assert L2(0.1).value(w) == pytest.approx(2.5)
    assert np.allclose(L2(0.1).gradient(w), [[0.6, -0.8]])
    assert L1(0.1).value(w) == pytest.approx(0.7)
    assert np.allclose(L1(0.1).gradient(w), [[0.1, -0.1]])
    assert ElasticNet(0.1, 0.2).value(w) == pytest.approx(0.7 + 5)
    assert np.allclose(ElasticNet(0.1, 0.2).gradient(w), [[1.3, -1.7]])


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("shape", [(3, 2), (4, 3, 2, 2)])
def test_gradient(penalty, shape, rng):
    w = rng.choice([-1, 1], shape) * rng.uniform(0.1, 2, shape)
    assert check_gradient(lambda w: (penalty.value(w), penalty.gradient(w)), w) < 1e-9


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_weight_of_zero_is_not_pulled(penalty):
    assert penalty.gradient(np.zeros((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("penalty", PENALTIES)
def test_precision_is_kept(penalty):
    for dtype in [np.float32, np.float64]:
        assert penalty.gradient(np.ones((2, 3), dtype)).dtype == dtype
        assert type(penalty.value(np.ones((2, 3), dtype))) is float


@pytest.mark.parametrize("penalty", PENALTIES)
def test_biases_go_free(penalty, rng):
    net = Network([Linear(3, 2)], rng=rng, dtype=np.float64)
    net.layers[0].b = 5
    X, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    plain, grads = net.value_and_grad(mse, X, y)
    db, dW = net.layers[0].db.copy(), net.layers[0].dW.copy()
    value, _ = net.value_and_grad(mse, X, y, penalty)
    W = net.layers[0].W
    assert value == pytest.approx(plain + penalty.value(W))
    assert np.array_equal(net.layers[0].db, db)
    assert np.allclose(net.layers[0].dW, dW + penalty.gradient(W))


def test_max_norm_per_unit(rng):
    net = Network([Linear(3, 2)], rng=rng, dtype=np.float64)
    net.layers[0].W, net.layers[0].b = [[3, 0.3], [0, 0.4], [4, 0]], [50, 60]
    max_norm(net, 2)
    assert np.allclose(net.layers[0].W, [[1.2, 0.3], [0, 0.4], [1.6, 0]])  # lengths 5 and 0.5
    assert net.layers[0].b.tolist() == [50, 60]
    assert np.shares_memory(net.layers[0].W, net.params)


def test_max_norm_of_kernels(rng):
    net = Network([Conv2d(2, 3, 4)], rng=rng, dtype=np.float64)
    W = net.layers[0].W  # (3, 2, 4, 4): a unit is W[o]
    W[2] /= 100  # short enough already
    before = W.copy()
    max_norm(net, 0.5)
    for o in range(3):
        length = np.linalg.norm(before[o])
        assert np.allclose(W[o], before[o] * min(1, 0.5 / length), rtol=1e-14)


def test_max_norm_of_large_float32_weights(rng):
    net = Network([Linear(2, 1)], rng=rng)
    net.layers[0].W = [[3e19], [4e19]]
    max_norm(net, 1)
    assert net.layers[0].W.ravel() == pytest.approx([0.6, 0.8])


def test_max_norm_of_zero_weights(rng):
    net = Network([Linear(3, 2)], rng=rng)
    net.params[:] = 0
    max_norm(net, 1)
    assert np.all(net.params == 0) and net.params.dtype == np.float32


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: L1(-1), "^strength must be a number >= 0, got -1"),
        (lambda: L2("a"), "^strength must be a number >= 0, got 'a'"),
        (lambda: ElasticNet(-1, 0), "^l1 must be a number >= 0, got -1"),
        (lambda: ElasticNet(0, np.nan), "^l2 must be a number >= 0, got nan"),
        (lambda: max_norm(None, 0), "^c must be a positive number, got 0"),
    ],
)
def test_bad_options(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_max_norm_takes_a_network(rng):
    net = Network([Linear(3, 2)], rng=rng)
    for wrong in [net.layers, net.layers[0].W, Network, 2]:
        with pytest.raises(TypeError, match="^net must be a Network, got "):
            max_norm(wrong, 1)
