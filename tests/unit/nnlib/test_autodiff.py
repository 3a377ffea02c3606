from fractions import Fraction

import numpy as np
import pytest

from nnlib.autodiff import Value
from nnlib.gradcheck import numeric_gradient, relative_error
from nnlib.layers import Linear, Tanh
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network


def test_a_value_used_several_times_sums_its_gradients():
    a = Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4.0, 2.0, 1.0)


def test_why_the_order_matters():
    """The tempting recursion, which hands on at every visit, counts a's gradient three times
    for b's two shares: 2 at the first, 4 at the second."""

    def naive(value, g):
        value.grad = value.grad + g
        for parent, back in zip(value.parents, value.backs, strict=True):
            naive(parent, back(value.grad))

    a = Value(3.0)
    b = a + a
    c = b + b
    naive(c, 1.0)
    assert a.grad != 4.0
    c.backward()
    assert a.grad == 4.0


def test_parents_come_before_children_and_everything_comes_once():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = (c + a) * (c - b) + c
    order = d.graph()
    assert len(order) == len(set(order)) == 7 and order[-1] is d
    for value in order:
        assert all(order.index(parent) < order.index(value) for parent in value.parents)


def test_one_neuron_by_hand():
    """x = (1.4, .62, .21), w = (.18, .24, -.2), b = .5, target 1, sigmoid, squared error."""
    x = [1.4, 0.62, 0.21]
    w = [Value(0.18, name="w1"), Value(0.24, name="w2"), Value(-0.2, name="w3")]
    b = Value(0.5, name="b")
    z = w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b
    loss = (z.sigmoid() - 1) ** 2
    loss.backward()
    np.testing.assert_allclose([v.grad for v in w], [-0.174175, -0.077135, -0.026126], atol=5e-7)
    assert b.grad == pytest.approx(-0.124411, abs=5e-7)
    p = 1 / (1 + np.exp(-(np.dot([0.18, 0.24, -0.2], x) + 0.5)))
    assert b.grad == pytest.approx(2 * (p - 1) * p * (1 - p), rel=1e-14)


def test_softmax_regression_by_hand(rng):
    """dL/dlogits = (p - y) / N, dW = Xᵀ (p - y) / N, db = its column sums."""
    X, y = rng.normal(size=(6, 4)), np.eye(3)[rng.integers(0, 3, 6)]
    W, b = Value(rng.normal(size=(4, 3))), Value(rng.normal(size=3))
    scores = (X @ W + b).exp()
    p = scores / scores.sum(axis=1, keepdims=True)
    loss = -(y * p.log()).sum() / 6
    loss.backward()
    np.testing.assert_allclose(W.grad, X.T @ (p.data - y) / 6, rtol=1e-12)
    np.testing.assert_allclose(b.grad, (p.data - y).sum(axis=0) / 6, rtol=1e-12)


def test_a_network_of_layers_has_the_same_gradients(rng):
    net = Network([Linear(4, 5), Tanh(), Linear(5, 3)], rng=rng, dtype=np.float64)
    net.params[:] = rng.normal(size=net.params.size)  # biases that aren't zero
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    value, _ = net.value_and_grad(softmax_cross_entropy, X, y)
    first, last = net.layers[0], net.layers[2]
    W1, b1, W2, b2 = (Value(array.copy()) for array in (first.W, first.b, last.W, last.b))
    logits = (X @ W1 + b1).tanh() @ W2 + b2
    log_sum = logits.exp().sum(axis=1).log()
    loss = (log_sum - (np.eye(3)[y] * logits).sum(axis=1)).sum() / 7
    loss.backward()
    assert loss.data == pytest.approx(value, rel=1e-13)
    for ours, theirs in ((W1, first.dW), (b1, first.db), (W2, last.dW), (b2, last.db)):
        np.testing.assert_allclose(ours.grad, theirs, rtol=1e-11)


# Every operation, on shapes that broadcast: a (3, 4), b (4,), c (), d (4, 2), all positive.
OPERATIONS = {
    "add": lambda a, b, c, d: (a + b) * (b + c),
    "sub": lambda a, b, c, d: (a - b) * (c - a),
    "mul": lambda a, b, c, d: a * b * c,
    "div": lambda a, b, c, d: a / b / c,
    "matmul": lambda a, b, c, d: (a * b) @ (d * c),
    "pow": lambda a, b, c, d: (a + b) ** 3 + c**-0.5,
    "neg": lambda a, b, c, d: -(a * b),
    "plain numbers": lambda a, b, c, d: 2 + a * 3 - 1 / b + (1 - c) / 2 + 3 * a,
    "sum to rows": lambda a, b, c, d: (a * a).sum(axis=0) * b,
    "sum to columns": lambda a, b, c, d: (a * b).sum(axis=1, keepdims=True) * a,
    "sum to last": lambda a, b, c, d: (a * b).sum(axis=-1) * c,
    "sum of all": lambda a, b, c, d: (a * b).sum() * d,
    "sum of a number": lambda a, b, c, d: c.sum() * d,
    "exp": lambda a, b, c, d: (a * b - c).exp(),
    "log": lambda a, b, c, d: (a * b + c).log(),
    "tanh": lambda a, b, c, d: (a * b - c).tanh(),
    "sigmoid": lambda a, b, c, d: (a * b - c).sigmoid(),
    "relu": lambda a, b, c, d: (a * b - c).relu(),
}


def arguments(rng):
    return [rng.uniform(0.5, 1.5, shape) for shape in ((3, 4), (4,), (), (4, 2))]


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_against_finite_differences(name, rng):
    arrays = arguments(rng)
    values = [Value(array) for array in arrays]
    y = OPERATIONS[name](*values)
    weights = rng.normal(size=y.data.shape)  # so that no gradient is all the same
    (y * weights).sum().backward()
    for i, value in enumerate(values):

        def f(changed, i=i):
            replaced = [Value(changed if j == i else array) for j, array in enumerate(arrays)]
            return float((OPERATIONS[name](*replaced).data * weights).sum())

        assert value.grad.shape == value.data.shape
        assert relative_error(value.grad, numeric_gradient(f, arrays[i])) < 1e-8


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_against_pytorch(torch, name, rng):
    arrays = arguments(rng)
    ours = [Value(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    y, their_y = OPERATIONS[name](*ours), OPERATIONS[name](*theirs)
    np.testing.assert_allclose(y.data, their_y.detach().numpy(), rtol=1e-13)
    (y * y).sum().backward()
    (their_y * their_y).sum().backward()
    for value, tensor in zip(ours, theirs, strict=True):
        expected = np.zeros_like(value.data) if tensor.grad is None else tensor.grad.numpy()
        np.testing.assert_allclose(value.grad, expected, rtol=1e-12, atol=1e-14)


def test_a_random_program_against_pytorch(torch, rng):
    """200 operations on whatever came before: a graph with much sharing."""
    start = rng.uniform(0.5, 1.5, 5)
    tensors = [torch.tensor(x, requires_grad=True) for x in start]
    ours, theirs = [Value(x) for x in start], list(tensors)
    leaves = list(ours)
    kinds = (
        lambda a, b: a + b,
        lambda a, b: (a * b).tanh(),
        lambda a, b: a - b,
        lambda a, b: a.sigmoid() / 2,
        lambda a, b: (a - b).relu(),
    )
    for _ in range(200):
        i, j = rng.integers(0, len(ours), 2)
        kind = rng.integers(0, len(kinds))
        for values in (ours, theirs):
            values.append(kinds[kind](values[i], values[j]))
    total, their_total = sum(ours), sum(theirs)
    total.backward()
    their_total.backward()
    for value, tensor in zip(leaves, tensors, strict=True):
        assert value.grad == pytest.approx(float(tensor.grad), rel=1e-12)


def test_backward_again_starts_afresh():
    a = Value(2.0)
    b = a * a
    b.backward()
    b.backward()
    assert a.grad == 4.0
    c = a * 3
    c.backward()
    assert a.grad == 3.0


def test_a_very_long_chain_needs_no_deep_recursion():
    a = total = Value(1.0)
    for _ in range(5000):
        total = total + a
    total.backward()
    assert a.grad == 5001.0


def test_nodes_know_what_a_drawing_needs():
    a, b = Value(2.0, name="a"), Value(5.0, name="b")
    c = a * b
    d = (a - b).tanh() ** 2
    assert c.op == "*" and c.parents == (a, b) and a.op == "" and a.parents == ()
    assert c.local_derivatives() == (5.0, 2.0)
    assert d.op == "**2" and d.parents[0].op == "tanh" and d.parents[0].parents[0].op == "-"
    assert d.parents[0].parents[0].local_derivatives() == (1.0, -1.0)
    assert repr(a) == "Value(a: 2.0, grad 0.0)" and repr(c) == "Value(10.0, grad 0.0)"


def test_sigmoid_of_a_large_number_is_quiet():
    a = Value(np.array([-1000.0, 1000.0]))
    y = a.sigmoid()
    y.sum().backward()
    np.testing.assert_array_equal(y.data, [0, 1])
    np.testing.assert_array_equal(a.grad, [0, 0])


def test_the_derivative_of_relu_at_0_is_0():
    a = Value(np.array([-1.0, 0.0, 1.0]))
    a.relu().sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 0, 1])


def test_the_power_0_is_flat_everywhere():
    a = Value(np.array([0.0, 2.0]))
    (a**0).sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 0])


def test_float32_stays_float32_and_integers_become_floats():
    a = Value(np.ones((2, 2), np.float32))
    b = ((1 / (2 + a * np.float64(3)) - 1) ** 2 @ np.eye(2)).exp().sum()
    b.backward()
    assert a.grad.dtype == b.data.dtype == np.float32
    assert Value(3).data.dtype == np.float64


def test_wrong_input():
    with pytest.raises(ValueError, match=r"backward starts from one number, got shape \(2,\)"):
        Value(np.ones(2)).backward()
    with pytest.raises(ValueError, match=r"@ takes two matrices, got \(2,\) and \(2, 3\)"):
        Value(np.ones(2)) @ np.ones((2, 3))
    with pytest.raises(TypeError, match="data must hold real numbers"):
        Value("three")
    for n in [Value(3.0), None, "2", np.nan]:
        with pytest.raises(ValueError, match="^n must be a finite number, got"):
            Value(2.0) ** n
    for other in [None, "2"]:
        with pytest.raises(TypeError, match="^the other operand must hold real numbers"):
            Value(2.0) + other
    with pytest.raises(ValueError, match="could not be broadcast"):
        Value(np.ones(2)) + np.ones(3)


def test_functions_of_numpy_take_no_value():
    v = Value([1.0, 2.0, 6.0])
    for function in (np.mean, np.cumsum, np.transpose, lambda a: np.dot(a, a), np.asarray):
        with pytest.raises(TypeError, match="use its methods"):
            function(v)
    assert (np.ones(3) + v).data.tolist() == [2, 3, 7]


def test_a_value_has_numbers_of_its_own():
    x = np.array([1.0, 2.0])
    a, b = Value(x), Value(x)
    square = (a * a).sum()
    x[:] = 5
    square.backward()
    a.data -= 1
    assert a.grad.tolist() == [2, 4] and b.data.tolist() == [1, 2]


@pytest.mark.parametrize("size", [1e-23, 1e20])
def test_a_quotient_of_small_or_large_numbers(torch, size):
    a, b = Value(np.float32(size)), Value(np.float32(size))
    (a / b).backward()
    s, t = (torch.tensor(size, dtype=torch.float32, requires_grad=True) for _ in "st")
    (s / t).backward()
    np.testing.assert_allclose([a.grad, b.grad], [s.grad, t.grad], rtol=1e-6)


@pytest.mark.parametrize("exponent", [np.float64(2), Fraction(1, 2), 2])
def test_a_gradient_has_the_precision_of_its_value(exponent):
    a = Value(np.float32([1, 4]))
    ((a**exponent) * Value(np.ones(2))).sum().backward()
    assert a.grad.dtype == np.float32
    np.testing.assert_allclose(a.grad, float(exponent) * a.data ** (float(exponent) - 1), rtol=1e-6)
