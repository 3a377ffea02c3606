"""The checks of the chapter on attention."""

import numpy as np

from nnlib.activations import softmax
from nnlib.sequence import attention_backward
from nnlib.transformer import sinusoids

from ..check import array, function, number, outputs

_rng = np.random.default_rng(0)

by_hand = array(
    [2.9242, 2.1515],
    "Scores 1 and 0, weights 0.731 and 0.269.",
    mistakes=[
        ([3.5232, 0.9536], "Did you forget the root of d?"),
        ([2.4898, 3.0203], "Divide by the root of d, not by d."),
        ([2, 4], "Equal weights: softmax turns the scores 1 and 0 into different ones."),
        ([1.0758, 5.8485], "The two weights are exchanged: the first key fits better."),
        ([4, 0], "Softmax prefers the larger score, and still looks at the other."),
        ([0.7311, 0.2689], "These are the weights. The output is the mean of the values."),
    ],
)  # fmt: skip

spread = number(
    8,
    "Each product has the variance 4 · 1, sixteen of them 64.",
    mistakes={
        4: "The root of d is right for components of variance 1; these queries have 4.",
        64: "That is the variance. Divide by its root.",
        16: "Divide by a root: variances add up, spreads don't.",
        2: "That is the spread of a single product; sixteen are added.",
        32: "Spreads don't add up, variances do: sixteen times 4, and then the root.",
    },
)


def _causal(Q, K, V, scale=None, late=False):
    raw = Q @ K.T / (np.sqrt(Q.shape[1]) if scale is None else scale)
    seen = np.tril(np.ones(raw.shape, bool))
    weights = softmax(raw) * seen if late else softmax(np.where(seen, raw, -np.inf))
    return weights @ V


@function(
    _causal,
    "And the first word can only look at itself.",
    [tuple(_rng.normal(size=(t, d)) for d in (4, 4, 3)) for t in (5, 2)],
)
def causal(Q, K, V):
    unmasked = softmax(Q @ K.T / np.sqrt(Q.shape[1])) @ V
    yield unmasked, "Everybody still sees everybody: where is the mask?"
    late = _causal(Q, K, V, late=True)
    yield late, "Rows no longer sum to 1: hide the scores before softmax, not the weights after it."
    yield _causal(Q, K, V, scale=1), "Did you forget the root of d?"
    yield _causal(Q, K, V, scale=Q.shape[1]), "Divide by the root of d, not by d."
    backwards = _causal(Q[::-1], K[::-1], V[::-1])[::-1]
    yield backwards, "This is the other way round: it hides the past and shows the future."


parameters = array(
    [16640, 33088, 256],
    "Four matrices of 64 · 64, two of 64 · 256, all with biases; two norms.",
    mistakes=[
        ([16384, 32768, 256], "Each matrix has a bias for each of its outputs."),
        ([16640, 33088, 128], "There are two norms, each with a γ and a β for 64 numbers."),
        ([12480, 33088, 256], "Three matrices make Q, K and V; a fourth mixes what the heads say."),
        ([16640, 8320, 256], "The dense part is 4 · 64 units wide inside."),
        ([66560, 33088, 256], "The heads share the 64 numbers: four heads cost what one does."),
    ],
)

overtaken = number(
    256,
    "4 T d² + 2 T² d is more than 8 T d² where T is more than 2 d.",
    mistakes={
        128: "T² d and T d² are equal at T = d; mind their factors, 2 and 8 − 4.",
        512: "Attention's four matrices cost 4 T d² already; only the other half is left.",
        64: "The factors: 2 T² d against (8 − 4) T d².",
        257: "At T = 256 both take as many: above that length, not from it on.",
    },
    tol=1e-4,
)


def _softmax_back(a, g):
    return a * (g - np.sum(a * g, axis=1, keepdims=True))


_weights = softmax(_rng.normal(size=(3, 5)))


@function(
    _softmax_back,
    "How much better than the mean, times the weight.",
    [
        (_weights, _rng.normal(size=(3, 5))),
        (np.array([[1.0, 0.0]]), np.array([[2.0, 3.0]])),
    ],
)
def softmax_back(a, g):
    yield a * (1 - a) * g, "Only the score's own weight: the others change with it, too."
    yield a * (g - np.sum(a * g)), "Each row has a mean of its own: axis=1, and keepdims."
    plain = a * (g - g.mean(axis=1, keepdims=True))
    yield plain, "The mean is taken with the weights a, not with equal ones."
    yield g - np.sum(a * g, axis=1, keepdims=True), "The factor a in front is missing."


def _qkv(t, s, d, e):
    return tuple(_rng.normal(size=shape) for shape in ((t, e), (t, d), (s, d), (s, e)))


@outputs(
    attention_backward,
    "Two products, the softmax, and two products more.",
    ("dQ", "dK", "dV"),
    [_qkv(3, 5, 4, 2), _qkv(2, 2, 3, 3)],
)
def backward(G, Q, K, V):
    dQ, dK, dV = attention_backward(G, Q, K, V)
    root = np.sqrt(Q.shape[1])
    A = softmax(Q @ K.T / root)
    dA = G @ V.T
    yield "dQ", dQ * root, "dQ: the scores were divided by the root of d, and so is their gradient."
    yield "dQ", dA @ K / root, "dQ: where is the way through the softmax?"
    yield "dQ", A * dA @ K / root, "dQ: through the softmax the mean of the row is subtracted."
    yield "dK", dK * root, "dK: the scores were divided by the root of d, and so is their gradient."
    yield "dV", np.ones_like(A).T @ G, "dV: each value gets what came back with its weight."


def _split(x, heads):
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


@function(
    _split,
    "Each head has its own columns of every element.",
    [(_rng.normal(size=(5, 6)), 2), (_rng.normal(size=(4, 6)), 3)],
)
def split(x, heads):
    yield x.reshape(heads, len(x), -1), "reshape alone deals out elements; every head needs all."
    every = x.reshape(len(x), -1, heads).transpose(2, 0, 1)
    yield every, "Head 0 should get the first d / h columns, and not every h-th one."
    yield x.reshape(len(x), heads, -1), "The heads are the first axis: (heads, T, d / heads)."


@function(
    sinusoids,
    "A sine and a cosine for each of d / 2 frequencies, side by side.",
    [(6, 8), (3, 2)],
)
def places(length, d):
    p = sinusoids(length, d)
    halves = np.hstack([p[:, ::2], p[:, 1::2]])
    yield halves, "The order: sine and cosine of a frequency stand side by side."
    yield p.reshape(length, -1, 2)[:, :, ::-1].reshape(length, d), "Sine first, then cosine."
    angles = (np.arange(length) + 1)[:, None] * 10000.0 ** (-np.arange(0, d, 2) / d)
    late = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d)
    yield late, "Places are counted from 0."
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d // 2) / d)
    slow = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d)
    yield slow, "The exponent is −2k / d, for the k-th pair."


turn = array(
    [[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]],
    "A turn by 0.5 · 2 = 1, the same one at every place.",
    mistakes=[
        (
            [[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]],
            "That is one place on: the angle is 0.5 · 2.",
        ),
        ([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]], "This turns back: it gives p(t − 2)."),
        (
            [[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]],
            "The angle is ω · 2 = 0.5 · 2 = 1.",
        ),
        ([[np.sin(1), np.cos(1)], [np.cos(1), -np.sin(1)]], "Use the addition theorems: "
         "sin(α + β) = sin α cos β + cos α sin β."),
    ],
)  # fmt: skip


def _states(X, Wx, Wh, b, carry=True):
    h, states = np.zeros(len(b)), []
    for x in X:
        h = np.tanh(x @ Wx + carry * h @ Wh + b)
        states.append(h)
    return np.array(states)


def _sequence(t, d, h, rng):
    return rng.normal(size=(t, d)), rng.normal(size=(d, h)), rng.normal(size=(h, h)), np.ones(h)


@function(
    _states,
    "The same three arrays at every step, and the state carried along.",
    [_sequence(5, 2, 3, _rng), _sequence(1, 4, 2, _rng)],
)
def states(X, Wx, Wh, b):
    stateless = _states(X, Wx, Wh, b, carry=False)
    yield stateless, "The old state has no effect. Is it carried from step to step?"
    yield _states(X, Wx, Wh, b)[-1], "That is the last state. Give all T."
    yield _states(X, Wx, Wh.T, b), "h @ Wh, not Wh @ h: rows are samples."
    yield _states(X, Wx, Wh, 0 * b), "Did you forget the bias?"


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _lstm(z, c):
    i, f, g, o = np.split(z, 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


@outputs(
    _lstm,
    "Keep, add, and show a part of it.",
    ("h", "c"),
    [(_rng.normal(size=12), _rng.normal(size=3)), (_rng.normal(size=4), np.ones(1))],
)
def lstm(z, c):
    i, f, g, o = np.split(z, 4)
    new = _lstm(z, c)[1]
    forgot = (1 - _sigmoid(f)) * c + _sigmoid(i) * np.tanh(g)
    yield "c", forgot, "c: the gate f multiplies the old cell: at 1 it keeps."
    yield "c", _sigmoid(f) * c + _sigmoid(i) * _sigmoid(g), "c: g is a tanh, no gate."
    yield "c", _sigmoid(i) * np.tanh(g), "c: the old cell is missing."
    yield "c", _sigmoid(f) * c + np.tanh(g), "c: what is new is let in by the gate i."
    yield (
        "c",
        _sigmoid(f) * c + _sigmoid(i) * np.tanh(o),
        "c: the order of the blocks is i, f, g, o.",
    )
    yield "h", new, "h comes first, then c."
    yield "h", _sigmoid(o) * np.tanh(c), "h: it shows the new cell, not the old one."
    yield "h", _sigmoid(o) * new, "h: the cell goes through tanh before it is shown."
    yield "h", np.tanh(new), "h: the gate o decides what is shown."


_kept = 0.5 ** (1 / 50)

keep = number(
    np.log(_kept / (1 - _kept)),
    "f = 0.986: σ of 4.27, so that f to the power of 50 is one half.",
    mistakes={
        _kept: "That is f itself. Which bias gives it, through the sigmoid?",
        -np.log(_kept / (1 - _kept)): "The sign: with this bias the gate is nearly shut.",
        0: "f = 0.5 halves the cell at every step.",
        np.log(0.5) / 50: "That is log f. The bias is the z with σ(z) = f.",
    },
)


def _drawn(logits, temperature):
    return softmax(np.asarray(logits) / temperature)


@function(
    _drawn,
    "Low: nearly always the best; high: nearly all alike.",
    [
        (np.array([2.0, 1.0, 0.0]), 0.5),
        (np.array([2.0, 1.0, 0.0]), 3.0),
        (np.array([3000.0, 2999.0]), 2.0),
        (np.array([-3000.0, -3001.0]), 2.0),
    ],
)
def drawn(logits, temperature):
    yield softmax(logits * temperature), "Divide by the temperature: at a high one all are alike."
    yield softmax(logits), "The temperature is not used."
    yield softmax(logits) / temperature, "It divides the scores, inside of the softmax."


borders = number(
    8,
    "The last two steps of each of the four pieces.",
    mistakes={
        17: "These have a cause. In how many does the gradient reach it?",
        20: "The first three steps have no cause at all.",
        12: "These are the steps whose cause lies across a border, or nowhere.",
        4: "Each piece of five has two: its fourth step sees the first, the fifth the second.",
        2: "Two in each piece, and there are four pieces.",
    },
)
