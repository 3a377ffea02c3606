import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import build, gradient_errors, torch_errors

from nnlib.gradcheck import check_gradient, relative_error
from nnlib.layers import GELU, Linear
from nnlib.losses import mse
from nnlib.network import Network
from nnlib.norms import LayerNorm
from nnlib.residual import Residual
from nnlib.sequence import attention
from nnlib.transformer import Embedding, Positions, SelfAttention, sinusoids

N, T, D = 3, 5, 4


def tokens(rng, n_tokens=6):
    return rng.integers(0, n_tokens, (N, T)).astype(float)


def block(heads=2, causal=True):
    return [
        Residual([LayerNorm(D), SelfAttention(D, heads, causal)]),
        Residual([LayerNorm(D), Linear(D, 4 * D), GELU(), Linear(4 * D, D)]),
    ]


# ---- Embedding and positions ----


def test_an_embedding_is_a_dense_layer_for_one_hot_rows(rng):
    net, x = build([Embedding(6, D)], rng), tokens(rng)
    W, one_hot = net.layers[0].W, np.eye(6)[x.astype(int)]
    dy = rng.normal(size=(N, T, D))
    assert np.allclose(net(x), one_hot @ W)
    assert np.array_equal(net.backward(dy), np.zeros((N, T)))
    assert np.allclose(net.layers[0].dW, np.einsum("ntk,ntd->kd", one_hot, dy))


def test_embedding_against_torch(torch, rng):
    net, x = build([Embedding(6, D)], rng), tokens(rng)
    W = torch.tensor(net.layers[0].W, requires_grad=True)
    y = torch.nn.functional.embedding(torch.tensor(x).long(), W)
    dy = rng.normal(size=y.shape)
    (y * torch.tensor(dy)).sum().backward()
    assert relative_error(net(x), y.detach().numpy()) < 1e-10
    net.backward(dy)
    assert relative_error(net.layers[0].dW, W.grad.numpy()) < 1e-10


def test_gradients_start_anew_at_each_step(rng):
    net, x = build([Embedding(6, D), Positions(T, D)], rng), tokens(rng)
    dy = rng.normal(size=net(x).shape)
    net.backward(dy)
    once = net.grads.copy()
    net(x)
    net.backward(dy)
    assert np.array_equal(net.grads, once)


@pytest.mark.parametrize("length", [T, T + 2])
def test_positions_gradients(length, rng):
    net = build([Positions(length, D)], rng)
    x = rng.normal(size=(N, T, D))
    assert np.array_equal(net(x), x + net.layers[0].P[:T])
    assert max(gradient_errors(net, x, rng)) < 1e-8


def test_places_that_a_shorter_sequence_does_not_reach_get_no_gradient(rng):
    net = build([Positions(T, D)], rng)
    for length in (T, 2):
        net.backward(np.ones_like(net(rng.normal(size=(N, length, D)))))
    assert np.array_equal(net.layers[0].dP, np.repeat([[N], [0]], [2, T - 2], axis=0) * np.ones(D))


def test_tables_start_small(rng):
    net = Network([Embedding(300, 20), Positions(300, 20)], rng=rng)
    for table in (net.layers[0].W, net.layers[1].P):
        assert table.std() == pytest.approx(0.02, rel=0.05)
    assert [W.shape for W, _ in net.weights] == [(300, 20)]


def test_sinusoids_by_hand():
    waves = sinusoids(3, 4)
    assert waves[0].tolist() == [0, 1, 0, 1]
    assert np.allclose(waves[2], [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)])


@given(start=st.integers(0, 50), step=st.integers(0, 20))
def test_a_shift_turns_every_pair_by_an_angle_of_its_own(start, step):
    waves, half = sinusoids(80, 8), 10000.0 ** (-np.arange(0, 8, 2) / 8)
    pairs = waves.reshape(80, 4, 2)
    turned = np.exp(-1j * half * step) * (pairs[start, :, 1] + 1j * pairs[start, :, 0]).conj()
    there = pairs[start + step, :, 1] - 1j * pairs[start + step, :, 0]
    assert np.allclose(turned, there)


# ---- Attention ----


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_gradients(heads, causal, rng):
    net = build([SelfAttention(D, heads, causal)], rng)
    assert max(gradient_errors(net, rng.normal(size=(N, T, D)), rng)) < 1e-7


@pytest.mark.parametrize("causal", [False, True])
def test_attention_against_torch(torch, causal, rng):
    net = build([SelfAttention(D, 2, causal)], rng)
    layer, theirs = net.layers[0], torch.nn.MultiheadAttention(D, 2, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight[:] = torch.tensor(np.hstack([d.W for d in layer.layers[:3]]).T)
        theirs.in_proj_bias[:] = torch.tensor(np.hstack([d.b for d in layer.layers[:3]]))
        theirs.out_proj.weight[:] = torch.tensor(layer.mix.W.T)
        theirs.out_proj.bias[:] = torch.tensor(layer.mix.b)
    hidden = torch.triu(torch.ones(T, T, dtype=torch.bool), 1) if causal else None

    def run(x):
        return theirs(x, x, x, attn_mask=hidden, need_weights=False)[0]

    assert max(torch_errors(torch, net, rng.normal(size=(N, T, D)), run, [], rng)) < 1e-10
    dense = [theirs.in_proj_weight.grad.numpy().T, theirs.out_proj.weight.grad.numpy().T]
    ours = [np.hstack([d.dW for d in layer.layers[:3]]), layer.mix.dW]
    assert max(relative_error(a, b) for a, b in zip(ours, dense, strict=True)) < 1e-10


def test_one_head_is_attention_between_dense_layers(rng):
    net, x = build([SelfAttention(D)], rng), rng.normal(size=(N, T, D))
    Q, K, V = (x @ dense.W + dense.b for dense in net.layers[0].layers[:3])
    mix = net.layers[0].mix
    assert np.allclose(net(x), attention(Q, K, V) @ mix.W + mix.b)


def test_heads_look_by_themselves(rng):
    """What the second head sees reaches the result through the second half of `mix` alone."""
    net, x = build([SelfAttention(D, 2)], rng), rng.normal(size=(N, T, D))
    layer = net.layers[0]
    layer.mix.W[2:] = 0
    before = net(x)
    layer.value.W[:, 2:] += 1
    layer.key.W[:, 2:] += 1
    assert np.array_equal(net(x), before)
    layer.key.W[:, :2] += 1
    assert not np.allclose(net(x), before)


@given(seed=st.integers(0, 10**6), t=st.integers(0, T - 1))
def test_causal_means_that_later_tokens_change_nothing(seed, t):
    rng = np.random.default_rng(seed)
    net, x = build(block(causal=True), rng), rng.normal(size=(N, T, D))
    before = net(x)[:, : t + 1]
    x[:, t + 1 :] = rng.normal(size=(N, T - t - 1, D))
    assert np.allclose(net(x)[:, : t + 1], before)
    A = net.layers[0].layers[1].A
    assert A.shape == (N, 2, T, T) and np.all(np.triu(A, 1) == 0)
    assert np.allclose(A.sum(axis=-1), 1)


@given(seed=st.integers(0, 10**6))
def test_without_mask_and_positions_order_is_only_passed_on(seed):
    rng = np.random.default_rng(seed)
    net, x = build(block(causal=False), rng), rng.normal(size=(N, T, D))
    order = rng.permutation(T)
    assert np.allclose(net(x[:, order]), net(x)[:, order])


# ---- All together ----


def test_a_small_transformer(rng):
    net = build([Embedding(6, D), Positions(T, D), *block(), LayerNorm(D), Linear(D, 6)], rng)
    x, y = tokens(rng), rng.normal(size=(N, T, 6))
    assert check_gradient(net.objective(mse, x, y), net.params.copy()) < 1e-6
    assert "(N, 5, 6)" in net.summary((T,))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_and_arguments_are_kept(dtype, rng):
    net = Network([Positions(T, D), *block()], rng=rng, dtype=dtype)
    x = rng.normal(size=(N, T, D)).astype(dtype)
    before = x.copy()
    y = net(x)
    dx = net.backward(y)
    assert y.dtype == dx.dtype == net.grads.dtype == dtype
    y += 1
    dx += 1
    assert np.array_equal(x, before)
    embedding = Network([Embedding(6, D)], rng=rng, dtype=dtype)
    assert embedding(tokens(rng)).dtype == dtype


def test_repr():
    assert repr([Embedding(6, 4), Positions(5, 4), SelfAttention(4, 2)]) == (
        "[Embedding(6, 4), Positions(5, 4), SelfAttention(4, 2)]"
    )
    assert repr(SelfAttention(4, causal=True)) == "SelfAttention(4, 1, causal=True)"


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Embedding(0, 2), "^n_tokens must be a whole number >= 1, got 0"),
        (lambda: Embedding(2, 0), "^d must be a whole number >= 1, got 0"),
        (lambda: Positions(0, 2), "^length must be a whole number >= 1, got 0"),
        (lambda: Positions(2, 0), "^d must be a whole number >= 1, got 0"),
        (lambda: sinusoids(0, 2), "^length must be a whole number >= 1, got 0"),
        (lambda: sinusoids(3, 5), "^d must be even, .* got 5"),
        (lambda: SelfAttention(0), "^d must be a whole number >= 1, got 0"),
        (lambda: SelfAttention(4, 0), "^heads must be a whole number >= 1, got 0"),
        (lambda: SelfAttention(4, 3), "^heads must divide d = 4, got 3"),
    ],
)
def test_bad_options(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "layer, x, message",
    [
        (Embedding(6, 4), [[0.5]], "takes whole numbers from 0 to 5, got numbers from 0.5 to 0.5"),
        (Embedding(6, 4), [[0, 6]], "takes whole numbers from 0 to 5, got numbers from 0 to 6"),
        (Embedding(6, 4), [[-1, 0]], "from 0 to 5, got numbers from -1 to 0"),
        (Embedding(6, 4), np.ones((2, 0)), r"takes at least one token, got x of shape \(2, 0\)"),
        (Embedding(6, 4), [[np.nan, 0]], "from 0 to 5, got numbers from nan to nan"),
        (Positions(2, 4), np.ones((1, 0, 4)), r"T from 1 to 2, got \(1, 0, 4\)"),
        (Positions(2, 4), np.ones((1, 3, 4)), r"\(N, T, 4\), T from 1 to 2, got \(1, 3, 4\)"),
        (Positions(2, 4), np.ones((1, 2, 5)), r"\(N, T, 4\), T from 1 to 2, got \(1, 2, 5\)"),
        (Positions(2, 4), np.ones((2, 4)), r"\(N, T, 4\), T from 1 to 2, got \(2, 4\)"),
        (SelfAttention(4), np.ones((2, 4)), r"takes x of shape \(N, T, 4\), T >= 1, got \(2, 4\)"),
        (SelfAttention(4, causal=True), np.ones((2, 0, 4)), r"T >= 1, got \(2, 0, 4\)"),
        (
            SelfAttention(4),
            np.ones((2, 3, 5)),
            r"takes x of shape \(N, T, 4\), T >= 1, got \(2, 3, 5\)",
        ),
    ],
)
def test_bad_inputs(layer, x, message, rng):
    with pytest.raises(ValueError, match=message):
        Network([layer], rng=rng)(x)
