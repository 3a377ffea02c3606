import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib.gradcheck import check_gradient, relative_error
from nnlib.sequence import (
    attention,
    attention_backward,
    attention_weights,
    causal_mask,
    token_cross_entropy,
)

N, D, T, S, E = 5, 3, 6, 7, 2


def qkv(rng, batch=()):
    return [rng.normal(size=(*batch, *shape)) for shape in [(T, D), (S, D), (S, E)]]


def check_argument(f, backward, arguments, i, r):
    """The gradient of sum(r * f) with respect to argument i alone."""

    def value_and_grad(theta):
        changed = [*arguments[:i], theta, *arguments[i + 1 :]]
        return float(np.sum(r * f(*changed))), backward(r, *changed)[i]

    return check_gradient(value_and_grad, arguments[i])


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
@pytest.mark.parametrize("i", range(3))
def test_attention_gradients(batch, i, rng):
    r = rng.normal(size=(*batch, T, E))
    assert check_argument(attention, attention_backward, qkv(rng, batch), i, r) < 1e-8


@pytest.mark.parametrize("i", range(3))
def test_masked_attention_gradients(i, rng):
    mask = rng.random((2, T, S)) < 0.5
    mask[..., 0] = True

    def f(Q, K, V):
        return attention(Q, K, V, mask)

    def backward(dY, Q, K, V):
        return attention_backward(dY, Q, K, V, mask)

    r = rng.normal(size=(2, T, E))
    assert check_argument(f, backward, qkv(rng, (2,)), i, r) < 1e-8


def torch_gradients(torch, f, arguments, r):
    tensors = [torch.tensor(a, requires_grad=True) for a in arguments]
    y = f(*tensors)
    (y * torch.tensor(r)).sum().backward()
    return y.detach().numpy(), [t.grad.numpy() for t in tensors]


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_attention_against_torch(torch, batch, rng):
    arguments, r = qkv(rng, batch), rng.normal(size=(*batch, T, E))
    sdpa = torch.nn.functional.scaled_dot_product_attention
    y, grads = torch_gradients(torch, sdpa, arguments, r)
    assert relative_error(attention(*arguments), y) < 1e-10
    for ours, theirs in zip(attention_backward(r, *arguments), grads, strict=True):
        assert relative_error(ours, theirs) < 1e-10


def test_masked_attention_against_torch(torch, rng):
    (Q, _, _), (_, K, V) = qkv(rng, (2,)), qkv(rng, (2,))
    mask = np.tri(T, S, dtype=bool)
    r = rng.normal(size=(2, T, E))

    def sdpa(Q, K, V):
        hidden = torch.tensor(mask)
        return torch.nn.functional.scaled_dot_product_attention(Q, K, V, attn_mask=hidden)

    y, grads = torch_gradients(torch, sdpa, [Q, K, V], r)
    assert relative_error(attention(Q, K, V, mask), y) < 1e-10
    for ours, theirs in zip(attention_backward(r, Q, K, V, mask), grads, strict=True):
        assert relative_error(ours, theirs) < 1e-10


def test_a_mask_rules_out_and_the_rest_sums_to_one(rng):
    Q, K, V = qkv(rng)
    mask = causal_mask(S)[1 : T + 1]
    A = attention_weights(Q, K, mask)
    assert np.all(A[~mask] == 0) and np.all(A[mask] > 0) and np.allclose(A.sum(axis=-1), 1)
    V[-1] = 1e9  # nobody may look there
    assert np.abs(attention(Q, K, V, mask)[:-1]).max() < 100
    assert causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True] * 3]


def asked_for(rng):
    """Logits (N, T, E), and labels (N, T) of which some are not asked."""
    target = rng.integers(-1, E, (N, T))
    target[0, :2] = -1, 0
    return rng.normal(size=(N, T, E)), target


def test_token_cross_entropy_gradient(rng):
    logits, target = asked_for(rng)
    assert check_gradient(lambda z: token_cross_entropy(z, target), logits) < 1e-8


def test_token_cross_entropy_against_torch(torch, rng):
    logits, target = asked_for(rng)
    z = torch.tensor(logits, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(
        z.transpose(1, 2), torch.tensor(target), ignore_index=-1
    )
    theirs.backward()
    value, dlogits = token_cross_entropy(logits, target)
    assert abs(value - theirs.item()) < 1e-10 * theirs.item()
    assert relative_error(dlogits, z.grad.numpy()) < 1e-10


@given(seed=st.integers(0, 10**6))
def test_weights_are_probabilities_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    Q, K, V = qkv(rng)
    A, order = attention_weights(Q, K), rng.permutation(S)
    assert A.shape == (T, S) and np.all(A >= 0) and np.allclose(A.sum(axis=-1), 1)
    assert np.allclose(attention(Q, K[order], V[order]), attention(Q, K, V))


def test_equal_keys_give_the_mean(rng):
    Q, K, V = qkv(rng)
    assert np.allclose(attention(Q, np.ones_like(K), V), V.mean(axis=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype, rng):
    Q, K, V = [a.astype(dtype) for a in qkv(rng)]
    results = [
        attention(Q, K, V),
        *attention_backward(attention(Q, K, V), Q, K, V),
        attention(Q, K, V, np.tri(T, S, dtype=bool)),
        token_cross_entropy(Q, [0, 1, 2, -1, 0, 1])[1],
    ]
    assert all(a.dtype == dtype for a in results)


def test_lists_will_do():
    assert np.allclose(attention([[1, 0]], [[1, 0], [1, 0]], [[1], [3]]), [[2]])
    value, slope = token_cross_entropy([[[0, 0], [5, 7]]], [[1, -1]])
    assert np.isclose(value, np.log(2)) and np.allclose(slope, [[[0.5, -0.5], [0, 0]]])


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: attention_weights(np.ones((3, 2)), np.ones((3, 4))),
            r"^Q and K must be \(…, T, d\) and \(…, S, d\), got \(3, 2\) and \(3, 4\)",
        ),
        (lambda: attention(np.ones(2), np.ones((3, 2)), np.ones((3, 4))), "^Q and K must be"),
        (
            lambda: attention(np.ones((2, 3, 2)), np.ones((3, 2)), np.ones((3, 4))),
            "^Q and K must be",
        ),
        (
            lambda: attention(np.ones((3, 2)), np.ones((4, 2)), np.ones((3, 2))),
            r"^V must be \(…, S, e\) for K \(…, S, d\) = \(4, 2\), got \(3, 2\)",
        ),
        (
            lambda: attention_weights(np.ones((3, 2)), np.ones((4, 2)), np.ones((3, 4))),
            r"^mask must hold True and False and broadcast to \(3, 4\), got float64 \(3, 4\)",
        ),
        (
            lambda: attention_weights(np.ones((3, 2)), np.ones((4, 2)), np.ones((4, 3), bool)),
            r"broadcast to \(3, 4\), got bool \(4, 3\)",
        ),
        (
            lambda: attention_weights(np.ones((3, 2)), np.ones((4, 2)), np.ones((2, 3, 4), bool)),
            r"broadcast to \(3, 4\), got bool \(2, 3, 4\)",
        ),
        (
            lambda: attention_weights(np.ones((1, 2)), np.ones((2, 2)), [[False, False]]),
            "^mask must leave every query a key to look at, got a row of False",
        ),
        (lambda: causal_mask(0), "^length must be a whole number >= 1, got 0"),
        (
            lambda: attention_backward(
                np.ones((2, 2)), np.ones((3, 2)), np.ones((4, 2)), np.ones((4, 2))
            ),
            r"^dY must have the result's shape \(3, 2\), got \(2, 2\)",
        ),
        (
            lambda: token_cross_entropy(np.ones((2, 3, 4)), np.zeros((2, 4), int)),
            r"^target must hold a label for each token, integers of shape \(2, 3\), "
            r"got int64 of shape \(2, 4\)",
        ),
        (
            lambda: token_cross_entropy(np.ones((2, 3, 4)), np.zeros((2, 3))),
            "^target must hold a label for each token, .* got float64",
        ),
        (
            lambda: token_cross_entropy(np.ones((1, 2, 4)), [[-1, -1]]),
            "^target must ask for at least one token, and there is none but -1",
        ),
        (
            lambda: token_cross_entropy(np.ones((1, 0, 4)), np.zeros((1, 0), int)),
            "^target must ask for at least one token",
        ),
        (
            lambda: token_cross_entropy(np.ones((1, 2, 4)), [[-1, 4]]),
            "^target must hold labels 0 to 3, got 4 to 4",
        ),
        (
            lambda: attention(np.ones((2, 0)), np.ones((3, 0)), np.ones((3, 1))),
            r"^Q and K must not be empty, got \(2, 0\) and \(3, 0\)",
        ),
        (
            lambda: attention(np.ones((0, 4)), np.ones((3, 4)), np.ones((3, 1))),
            r"^Q and K must not be empty, got \(0, 4\) and \(3, 4\)",
        ),
        (
            lambda: token_cross_entropy(np.ones((1, 2, 4)), [[-2, 0]]),
            "^target must hold labels, or -1 where nothing is asked, got -2",
        ),
    ],
)
def test_bad_shapes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bad_types():
    with pytest.raises(TypeError, match="^Q must hold real numbers"):
        attention("a", "b", "c")
    with pytest.raises(TypeError, match="^logits must hold real numbers"):
        token_cross_entropy("a", 0)
