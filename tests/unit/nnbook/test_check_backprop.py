import numpy as np
import pytest

from nnbook.backprop import checks as check
from nnlib.activations import sigmoid, softmax, softplus
from nnlib.autodiff import Value
from nnlib.gradcheck import numeric_gradient, relative_error

Y = np.tanh(0.5)
D = 2 * (Y - 1) * (1 - Y**2)
Q = 1 / (1 + np.e**2)


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("noise", "b", {"a": "hardest", "c": "margin", "d": "takes one of"}),
        (
            "one_number",
            [22, 3],
            {
                (3, 22): "other way",
                (22, 22): "count",
                (3, 3): "Squares",
                (22, 2.5): "third",
                (22, 4): "1 of 2",
            },
        ),
        (
            "tanh_neuron",
            [-1.6920, 0.8460],
            {
                (2 * D / 2, -D / 2): "2 from",
                (D / 2, D): "inputs",
                (D, D): "twice",
                (1.6920, -0.8460): "signs",
                (4 * (Y - 1), -2 * (Y - 1)): "slope of tanh",
                (3 * (Y - 1), -1.5 * (Y - 1)): "1 − z²",
                (-0.53484, 0.26742): "sigmoid",
            },
        ),
        ("shapes", "c", {"a": "doesn't even fit", "b": "∂L/∂W"}),
        ("factor", 4, {0.25: "too small", 1.6: "true size", 2.5: "larger", 2: "1/3"}),
        ("find_the_bug", "c", {"a": "W₁", "b": "b₁", "d": "b₂"}),
        (
            "three_doublings",
            26,
            {
                8: "right derivative",
                6: "two doublings",
                12: "third level",
                16: "visits",
                18: "6 · 3",
                27: "large",
            },
        ),
        (
            "runs",
            3,
            {1000: "reverse", 3000: "row or column", 6: "Central", 4: "One-sided", 1: "not all"},
        ),
        (
            "depth",
            20,
            {19: "3.6e-12", 21: "already", np.log(1e-12) / np.log(0.25): "whole", 40: "½"},
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def paper(d2, mask=(1, 0, 1)):
    W2 = np.array([[1, 0], [2, 1], [-1, 1]])
    return np.outer([2, -1], (W2 @ d2) * mask)


@pytest.mark.parametrize(
    "answer, words",
    [
        ([[0.2384, 0, -0.4768], [-0.1192, 0, 0.2384]], "Right."),
        (paper([Q, -Q]), "Right."),
        (paper([Q, -Q], (1, 1, 1)), "silent"),
        (paper([Q, 1 - Q]), "Subtract"),
        (paper([Q - 1, 1 - Q]), "second one"),
        (paper([1, -1]), "0.8808"),
        (paper([0.26894142, -0.26894142]), "b₂ is missing"),
        (paper([-Q, Q]), "signs"),
        (paper([Q, -Q]).T, "transpose"),
        ([[Q, -Q], [0, 0], [Q, -Q]], "∂L/∂W₂"),
    ],
)
def test_paper(said, answer, words):
    assert words in said("paper", answer)


def test_paper_is_what_nudging_says():
    x, y = np.array([2.0, -1.0]), np.array([0.0, 1.0])
    W2, b1 = np.array([[1.0, 0], [2, 1], [-1, 1]]), np.array([0.0, 1, 3])
    b2 = np.array([0.0, 1])

    def loss(W1):
        return -np.log(softmax(np.maximum(x @ W1 + b1, 0) @ W2 + b2)) @ y

    W1 = np.array([[1.0, 0, -1], [1, 2, 0]])
    assert np.allclose(numeric_gradient(loss, W1), paper([Q, -Q]), atol=1e-8)


def pull(p, t, c):
    return np.minimum(np.maximum(p - t, -c), c) / p.size


def vjp(z, g):
    p = softmax(z)
    return g @ (np.diag(p) - np.outer(p, p))


def backward(A, W, delta):
    return A.T @ delta, delta.sum(axis=0), delta @ W.T


def new(slope, value=softplus):
    return lambda v: Value(value(v.data), "s", (v,), (lambda g: slope(v.data, g),))


def off(v):
    return Value(softplus(v.data) + 0.0, "s", (v, v), (lambda g: g, lambda g: g))


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("huber_gradient", pull, "Right."),
        ("huber_gradient", lambda p, t, c: pull(p, t, c) * p.size, "sum"),
        ("huber_gradient", lambda p, t, c: -pull(p, t, c), "sign"),
        ("huber_gradient", lambda p, t, c: (p - t) / p.size, "cut off"),
        ("huber_gradient", lambda p, t, c: pull(p, t, 1.0), "isn't used"),
        (
            "huber_gradient",
            lambda p, t, c: np.where(abs(p - t) <= c, p - t, np.sign(p - t)) / p.size,
            "jumps",
        ),
        ("huber_gradient", lambda p, t, c: 2 * pull(p, t, c), "½"),
        ("huber_gradient", lambda p, t: p, "TypeError"),
        ("softmax_vjp", vjp, "Right."),
        ("softmax_vjp", lambda z, g: softmax(z) * (1 - softmax(z)) * g, "diagonal"),
        ("softmax_vjp", lambda z, g: softmax(z) * g, "second part"),
        ("softmax_vjp", lambda z, g: -vjp(z, g), "sign"),
        ("softmax_vjp", lambda z, g: softmax(z) * (g - g.sum() * softmax(z)), "own pᵢ"),
        ("softmax_vjp", lambda z, g: ..., "return"),
        ("layer_backward", backward, "Right."),
        ("layer_backward", lambda A, W, d: list(backward(A, W, d)), "Right."),
        ("layer_backward", lambda A, W, d: (A.T @ d / 5, d.sum(0), d @ W.T), "divided by N"),
        ("layer_backward", lambda A, W, d: (d.T @ A, d.sum(0), d @ W.T), "exchange"),
        ("layer_backward", lambda A, W, d: (A.T @ d, d.mean(0), d @ W.T), "mean"),
        ("layer_backward", lambda A, W, d: (A.T @ d, d, d @ W.T), "sum over the samples"),
        ("layer_backward", lambda A, W, d: (A.T @ d, d.sum(1), d @ W.T), "adds over the units"),
        ("layer_backward", lambda A, W, d: (A.T @ d, d.sum(0, keepdims=True), d @ W.T), "(1, K)"),
        (
            "layer_backward",
            lambda A, W, d: (A.T @ d, d.sum(0), d @ W.T + 1),
            "dA has the right shape",
        ),
        (
            "layer_backward",
            lambda A, W, d: (A.T @ d, d.sum(0), W),
            "dA should have the shape (5, 3)",
        ),
        ("layer_backward", lambda A, W, d: A.T @ d, "three arrays"),
        ("layer_backward", lambda A, W, d: (A.T @ d, "b", d), "three arrays"),
        ("layer_backward", lambda A, W, d: A @ d, "ValueError"),
        ("new_operation", new(lambda z, g: g * sigmoid(z)), "Right."),
        ("new_operation", lambda v: (v.exp() + 1).log(), "parents"),
        ("new_operation", new(lambda z, g: sigmoid(z)), "ignores g"),
        ("new_operation", new(lambda z, g: g * softplus(z)), "softplus itself"),
        ("new_operation", new(lambda z, g: g), "gradient is not"),
        ("new_operation", new(lambda z, g: g * sigmoid(z), np.tanh), "value is"),
        ("new_operation", lambda v: softplus(v.data), "return a Value"),
        ("new_operation", off, "parents"),
        ("new_operation", lambda: 0, "TypeError"),
    ],
)
def test_functions(said, name, answer, words):
    assert words in said(name, answer)


@pytest.mark.parametrize(
    "h, words",
    [
        (0.004, "Right."),
        (1e-2, "Right."),
        (1e-3, "Right."),
        (2.0**-8, "Right."),
        (1e-6, "Too small"),
        (1e-4, "Too small"),
        (1e-9, "Too small"),
        (1e-50, "Too small"),  # 0 in float32
        (0.05, "Too large"),
        (1, "Too large"),
        (100, "Too large"),
        (0, "positive"),
        (-0.004, "positive"),
    ],
)
def test_step(said, h, words):
    assert words in said("step", h)


def test_the_advice_on_a_step_leads_to_a_good_one():
    tried = [(h, *check.step.judge(h)) for h in np.geomspace(1e-9, 10, 101)]
    good = [h for h, ok, _ in tried if ok]
    assert good
    for h, ok, sentence in tried:
        assert ok or sentence.startswith("Too small" if h < min(good) else "Too large")


def test_the_broken_network_is_broken_where_it_says(rng):
    """And right where b1 = 0, as the exercise hints."""
    ends = [12, 15, 21]
    theta = rng.normal(size=23)
    for zero_biases in (False, True):
        if zero_biases:
            theta[12:15] = 0
        got = np.split(check.broken_network(theta)[1], ends)
        true = np.split(numeric_gradient(lambda t: check.broken_network(t)[0], theta), ends)
        errors = [relative_error(a, b) for a, b in zip(got, true, strict=True)]
        assert (errors[2] > 1e-2) != zero_biases
        assert max(errors[0], errors[1], errors[3]) < 1e-7
