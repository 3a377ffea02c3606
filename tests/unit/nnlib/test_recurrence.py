import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import build, gradient_errors

from nnlib.gradcheck import relative_error
from nnlib.init import zeros
from nnlib.layers import Linear
from nnlib.network import Network
from nnlib.recurrence import GRU, LSTM, RNN

N, T, D, H = 3, 5, 2, 4
LAYERS = [RNN, LSTM, GRU]


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients(kind, rng):
    net = build([kind(D, H)], rng)
    assert max(gradient_errors(net, rng.normal(size=(N, T, D)), rng)) < 1e-7


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_through_a_stack(kind, rng):
    net = build([kind(D, H), kind(H, 3), Linear(3, 2)], rng)
    assert max(gradient_errors(net, rng.normal(size=(N, T, D)), rng)) < 1e-7
    assert net.weights[0][0].shape == (D, kind.blocks * H) and len(net.weights) == 5


def their_parameters(torch, layer, theirs):
    """Hand ours to PyTorch, whose second bias serves only GRU's new state."""
    second = np.zeros_like(layer.b)
    if isinstance(layer, GRU):
        second[2 * H :] = layer.bh
    ours = [layer.Wx.T, layer.Wh.T, layer.b, second]
    with torch.no_grad():
        for name, a in zip(["weight_ih", "weight_hh", "bias_ih", "bias_hh"], ours, strict=True):
            getattr(theirs, f"{name}_l0")[:] = torch.tensor(a)


@pytest.mark.parametrize("kind", LAYERS)
def test_against_torch(kind, torch, rng):
    net, x = build([kind(D, H)], rng), rng.normal(size=(N, T, D))
    layer = net.layers[0]
    theirs = getattr(torch.nn, kind.__name__)(D, H, batch_first=True).double()
    their_parameters(torch, layer, theirs)
    x_torch = torch.tensor(x, requires_grad=True)
    y_torch = theirs(x_torch)[0]
    dy = rng.normal(size=y_torch.shape)
    (y_torch * torch.tensor(dy)).sum().backward()
    pairs = [
        (net(x), y_torch.detach()),
        (net.backward(dy), x_torch.grad),
        (layer.dWx.T, theirs.weight_ih_l0.grad),
        (layer.dWh.T, theirs.weight_hh_l0.grad),
        (layer.db, theirs.bias_ih_l0.grad),
    ]
    if kind is GRU:
        pairs.append((layer.dbh, theirs.bias_hh_l0.grad[2 * H :]))
    assert max(relative_error(ours, other.numpy()) for ours, other in pairs) < 1e-10


def test_a_plain_network_is_its_step_repeated(rng):
    net, x = build([RNN(D, H)], rng), rng.normal(size=(N, T, D))
    layer, h, y = net.layers[0], np.zeros((N, H)), net(x)
    for t in range(T):
        h = np.tanh(x[:, t] @ layer.Wx + h @ layer.Wh + layer.b)
        assert np.allclose(y[:, t], h)


@pytest.mark.parametrize("kind", LAYERS)
@given(seed=st.integers(0, 10**6), t=st.integers(0, T - 1))
def test_a_state_knows_nothing_of_what_comes(kind, seed, t):
    rng = np.random.default_rng(seed)
    net, x = build([kind(D, H)], rng), rng.normal(size=(N, T, D))
    before = net(x)[:, : t + 1]
    x[:, t + 1 :] += 1
    assert np.array_equal(net(x)[:, : t + 1], before)


def test_open_gates_keep_what_they_hold(rng):
    """LSTM: f = 1, i = 0 carry the cell on; GRU: u = 1 carries the state on, and its gradient."""
    net = build([LSTM(D, H)], rng)
    layer = net.layers[0]
    layer.Wx = layer.Wh = 0
    layer.b = np.repeat([-100, 100, 0, 100], H)
    layer.start = lambda n, dtype: (np.zeros((n, H)), np.full((n, H), 0.5))
    assert np.allclose(net(np.ones((N, T, D))), np.tanh(0.5))

    net = build([GRU(D, H)], rng)
    layer = net.layers[0]
    layer.Wx = layer.Wh = 0
    layer.b[H : 2 * H] = 100
    layer.start = lambda n, dtype: (np.full((n, H), 0.5),)
    assert np.allclose(net(np.ones((N, T, D))), 0.5)


def test_starts(rng):
    rnn, lstm, gru = Network([RNN(30, 30), LSTM(30, 30), GRU(30, 30)], rng=rng).layers
    for layer in (rnn, lstm, gru):
        for block in np.split(layer.Wh, layer.blocks, axis=1):
            assert np.allclose(block.T @ block, np.eye(30), atol=1e-5)
        assert layer.Wx.std() == pytest.approx(np.sqrt(2 / 60), rel=0.1)
    assert not rnn.b.any() and not gru.b.any() and not gru.bh.any()
    assert np.array_equal(lstm.b, np.repeat([0, 1, 0, 0], 30))
    still = Network([RNN(3, 3, init=zeros)], rng=rng).layers[0]
    assert not still.Wx.any()


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_start_anew_at_each_step(kind, rng):
    net, x = build([kind(D, H)], rng), rng.normal(size=(N, T, D))
    dy = rng.normal(size=net(x).shape)
    net.backward(dy)
    once = net.grads.copy()
    net.backward(dy)
    assert np.array_equal(net.grads, once)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_and_arguments_are_kept(kind, dtype, rng):
    net = Network([kind(D, H)], rng=rng, dtype=dtype)
    x = rng.normal(size=(N, T, D)).astype(dtype)
    before = x.copy()
    y = net(x)
    dx = net.backward(y)
    assert y.dtype == dx.dtype == net.grads.dtype == dtype and dx.shape == x.shape
    kept = dx.copy()
    y += 1
    assert np.array_equal(net.backward(np.ones_like(y)), net.backward(np.ones_like(y)))
    dx += 1
    assert np.array_equal(x, before) and kept.dtype == dtype


def test_repr():
    assert repr([RNN(2, 3), LSTM(2, 3), GRU(2, 3)]) == "[RNN(2, 3), LSTM(2, 3), GRU(2, 3)]"


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: RNN(0, 1), ValueError, "^n_in must be a whole number >= 1, got 0"),
        (lambda: LSTM(1, 0), ValueError, "^n_hidden must be a whole number >= 1, got 0"),
        (lambda: GRU(1, 1, init=1), TypeError, "^init must be a function"),
    ],
)
def test_bad_options(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("shape", [(3, 2), (3, 5, 4), (3, 5, 2, 1), (3, 0, 2)])
def test_bad_shapes(shape, rng):
    with pytest.raises(
        ValueError, match=r"^LSTM\(2, 4\) takes x of shape \(N, T, 2\), T >= 1, got"
    ):
        Network([LSTM(2, 4)], rng=rng)(np.ones(shape))
