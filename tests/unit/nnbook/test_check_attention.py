import numpy as np
import pytest

from nnbook.attention import checks as check
from nnlib.activations import softmax
from nnlib.gradcheck import numeric_gradient, relative_error
from nnlib.recurrence import LSTM
from nnlib.transformer import SelfAttention, sinusoids


@pytest.fixture
def said(capsys):
    def said(name, answer):
        getattr(check, name)(answer)
        return capsys.readouterr().out

    return said


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "by_hand",
            softmax([1.0, 0]) @ [[4, 0], [0, 8]],
            {
                tuple(softmax([2.0, 0]) @ [[4, 0], [0, 8]]): "forget the root",
                tuple(softmax([0.5, 0]) @ [[4, 0], [0, 8]]): "not by d",
                (2, 4): "Equal weights",
                tuple(softmax([0.0, 1]) @ [[4, 0], [0, 8]]): "exchanged",
                (4, 0): "prefers",
                tuple(softmax([1.0, 0])): "These are the weights",
            },
        ),
        (
            "spread",
            8,
            {4: "variance 1", 64: "its root", 16: "a root", 2: "single", 32: "variances do"},
        ),
        (
            "parameters",
            [4 * (64**2 + 64), 2 * 64 * 256 + 256 + 64, 4 * 64],
            {
                (16384, 32768, 256): "bias",
                (16640, 33088, 128): "two norms",
                (12480, 33088, 256): "a fourth",
                (16640, 8320, 256): "wide inside",
                (66560, 33088, 256): "share",
            },
        ),
        ("overtaken", 2 * 128, {128: "factors", 512: "other half", 64: "8 − 4", 257: "as many"}),
        (
            "turn",
            [[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]],
            {
                ((np.cos(1), np.sin(1)), (-np.sin(1), np.cos(1))): "turns back",
                ((np.cos(2), -np.sin(2)), (np.sin(2), np.cos(2))): "0.5 · 2",
                ((np.cos(0.5), -np.sin(0.5)), (np.sin(0.5), np.cos(0.5))): "one place on",
                ((np.sin(1), np.cos(1)), (np.cos(1), -np.sin(1))): "addition",
            },
        ),
        (
            "keep",
            4.2714,
            {0.98623: "f itself", -4.2714: "nearly shut", 0: "halves", -0.013863: "log f"},
        ),
        ("borders", 8, {17: "reach", 20: "no cause", 12: "border", 4: "two", 2: "four pieces"}),
    ],
)
def test_values(said, name, right, wrong):
    assert said(name, right).startswith("Right")
    for answer, words in wrong.items():
        out = said(name, np.array(answer) if isinstance(answer, tuple) else answer)
        assert out.startswith("Not yet") and words in out, out


def test_the_values_asked_for_are_those_of_the_library():
    p = sinusoids(9, 2)
    angles = 0.5 * np.arange(9)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    assert np.allclose(p[1], [np.sin(1), np.cos(1)])
    M = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    assert np.allclose(waves[:-2] @ M, waves[2:])
    f = 1 / (1 + np.exp(-4.2714))
    assert f**50 == pytest.approx(0.5, abs=1e-3)
    reached = [t for t in range(20) if t >= 3 and t // 5 == (t - 3) // 5]
    assert len(reached) == 8


def scores(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[1])


def later(scores):
    return np.triu(np.ones(scores.shape, bool), k=1)


def causal(Q, K, V, raw=scores):
    s = raw(Q, K)
    return softmax(np.where(later(s), -np.inf, s)) @ V


def masked_late(Q, K, V):
    s = scores(Q, K)
    return (softmax(s) * ~later(s)) @ V


def the_future(Q, K, V):
    s = scores(Q, K)
    return softmax(np.where(later(s).T, -np.inf, s)) @ V


def softmax_back(a, g):
    """By the whole Jacobian of each row."""
    rows = [(np.diag(r) - np.outer(r, r)) @ b for r, b in zip(a, g, strict=True)]
    return np.array(rows)


def back(G, Q, K, V):
    """By nudging: nothing of the formulas."""

    def f(Q, K, V):
        return np.sum(G * (softmax(scores(Q, K)) @ V))

    return (
        numeric_gradient(lambda a: f(a, K, V), Q),
        numeric_gradient(lambda a: f(Q, a, V), K),
        numeric_gradient(lambda a: f(Q, K, a), V),
    )


def root(Q):
    return Q.shape[1] ** 0.5


def with_first(change):
    return lambda *a: (change(*a), *back(*a)[1:])


def split(x, heads):
    return np.array(np.split(x, heads, axis=1))


def places(length, d, first=0):
    p = np.zeros((length, d))
    for t in range(length):
        for k in range(d // 2):
            angle = (t + first) / 10000 ** (2 * k / d)
            p[t, 2 * k], p[t, 2 * k + 1] = np.sin(angle), np.cos(angle)
    return p


def slow(length, d):
    p = np.zeros((length, d))
    for t in range(length):
        for k in range(d // 2):
            p[t, 2 * k] = np.sin(t / 10000 ** (k / d))
            p[t, 2 * k + 1] = np.cos(t / 10000 ** (k / d))
    return p


def states(X, Wx, Wh, b, carry=1):
    h, out = np.zeros(len(b)), []
    for x in X:
        h = np.tanh(x @ Wx + carry * h @ Wh + b)
        out.append(h)
    return np.array(out)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(z, c, keep=lambda f: f, new=np.tanh, let=sigmoid, bend=np.tanh, show=sigmoid):
    i, f, g, o = z.reshape(4, -1)
    c = keep(sigmoid(f)) * c + let(i) * new(g)
    return show(o) * bend(c), c


def one(z):
    return np.ones_like(z)


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("causal", causal, "Right."),
        ("causal", lambda Q, K, V: softmax(scores(Q, K)) @ V, "mask"),
        ("causal", masked_late, "sum to 1"),
        ("causal", lambda Q, K, V: causal(Q, K, V, lambda Q, K: Q @ K.T), "root"),
        ("causal", lambda Q, K, V: causal(Q, K, V, lambda Q, K: Q @ K.T / Q.shape[1]), "not by d"),
        ("causal", the_future, "hides the past"),
        ("softmax_back", softmax_back, "Right."),
        ("softmax_back", lambda a, g: a * (1 - a) * g, "own weight"),
        ("softmax_back", lambda a, g: a * (g - np.sum(a * g)), "Each row"),
        ("softmax_back", lambda a, g: a * (g - g.mean(axis=1, keepdims=True)), "equal ones"),
        ("softmax_back", lambda a, g: g - (a * g).sum(axis=1, keepdims=True), "factor a"),
        ("backward", back, "Right."),
        ("backward", lambda *a: back(*a)[:2], "three arrays"),
        ("backward", with_first(lambda *a: back(*a)[0] * root(a[1])), "dQ: the scores"),
        ("backward", with_first(lambda G, Q, K, V: G @ V.T @ K / root(Q)), "through the"),
        (
            "backward",
            with_first(lambda G, Q, K, V: softmax(scores(Q, K)) * (G @ V.T) @ K / root(Q)),
            "mean of the row",
        ),
        (
            "backward",
            lambda *a: (back(*a)[0], back(*a)[1] * root(a[1]), a[3]),
            "dK: the scores",
        ),
        (
            "backward",
            lambda G, Q, K, V: (*back(G, Q, K, V)[:2], np.ones((len(K), len(G))) @ G),
            "with its weight",
        ),
        ("split", split, "Right."),
        ("split", lambda x, h: x.reshape(h, len(x), -1), "deals out elements"),
        ("split", lambda x, h: np.array([x[:, k::h] for k in range(h)]), "every h-th"),
        ("split", lambda x, h: split(x, h).swapaxes(0, 1), "first axis"),
        ("places", places, "Right."),
        ("places", lambda t, d: np.hstack([places(t, d)[:, 0::2], places(t, d)[:, 1::2]]), "order"),
        ("places", lambda t, d: places(t, d)[:, np.arange(d) ^ 1], "Sine first"),
        ("places", lambda t, d: places(t, d, first=1), "from 0"),
        ("places", slow, "exponent"),
        ("states", states, "Right."),
        ("states", lambda X, Wx, Wh, b: states(X, Wx, Wh, b, carry=0), "carried"),
        ("states", lambda X, Wx, Wh, b: states(X, Wx, Wh, b)[-1], "last state"),
        ("states", lambda X, Wx, Wh, b: states(X, Wx, Wh.T, b), "h @ Wh"),
        ("states", lambda X, Wx, Wh, b: states(X, Wx, Wh, 0 * b), "bias"),
        ("states", lambda X, Wx: X, "TypeError"),
        ("lstm", lstm, "Right."),
        ("lstm", lambda z, c: lstm(z, c, keep=lambda f: 1 - f), "at 1 it keeps"),
        ("lstm", lambda z, c: lstm(z, c, new=sigmoid), "no gate"),
        ("lstm", lambda z, c: lstm(z, 0 * c), "old cell is missing"),
        ("lstm", lambda z, c: lstm(z, c, let=one), "gate i"),
        ("lstm", lambda z, c: lstm(z, c, bend=lambda c: c), "through tanh"),
        ("lstm", lambda z, c: lstm(z, c, show=one), "gate o"),
        ("lstm", lambda z, c: lstm(z, c)[::-1], "h comes first"),
        (
            "lstm",
            lambda z, c: (sigmoid(z.reshape(4, -1)[3]) * np.tanh(c), lstm(z, c)[1]),
            "old one",
        ),
        (
            "lstm",
            lambda z, c: lstm(z.reshape(4, -1)[[0, 1, 3, 2]].ravel(), c),
            "order of the blocks",
        ),
        ("drawn", lambda z, t: softmax(z / t), "Right."),
        ("drawn", lambda z, t: softmax(z * t), "Divide"),
        ("drawn", lambda z, t: softmax(z), "not used"),
        ("drawn", lambda z, t: softmax(z) / t, "inside"),
        ("drawn", lambda z, t: np.exp(z / t) / np.exp(z / t).sum(), "nan"),
        ("drawn", lambda z, t: softmax(np.clip(z / t, -700, 700)), "2999"),
        ("drawn", lambda z, t: softmax(np.minimum(z / t, 50)), "2999"),
        ("drawn", lambda z, t: softmax(np.maximum(z / t, -700)), "-3001"),
    ],
)
def test_functions(said, name, answer, words):
    out = said(name, answer)
    assert words in out and out.startswith("Right") == (words == "Right."), out


def test_heads_and_cells_are_those_of_the_library(rng):
    x = rng.normal(size=(5, 6))
    assert np.array_equal(SelfAttention(6, 3).split(x[None])[0], split(x, 3))
    z, c = rng.normal(size=(2, 12)), rng.normal(size=(2, 3))
    layer = LSTM(1, 3)
    layer.Wh = np.zeros((3, 12))
    (h, cell), _ = layer.step(z, (0 * c, c))
    for k in range(2):
        assert relative_error(lstm(z[k], c[k])[0], h[k]) < 1e-12
        assert relative_error(lstm(z[k], c[k])[1], cell[k]) < 1e-12
