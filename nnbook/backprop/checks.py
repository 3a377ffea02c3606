"""The checks of the chapter on losses and gradients."""

import numpy as np

from nnlib.activations import sigmoid, softmax, softplus
from nnlib.autodiff import Value
from nnlib.gradcheck import relative_error

from ..check import array, call, checker, choice, function, number, outputs, scalar, stops

noise = choice(
    "b",
    "A wild value has one vote, however far away it is.",
    {
        "a": "Maximum likelihood for normal noise. Under it, nonsense pulls hardest of all.",
        "c": "Hinge is for classes −1 and +1: it asks for a margin, not for a number.",
    },
)

one_number = array(
    [22, 3],
    "The mean follows the 100; the median doesn't.",
    mistakes=[
        ([3, 22], "The other way round: squares lead to the mean."),
        ([22, 22], "The mean is right for squares. For absolute values count, don't add."),
        ([3, 3], "The median is right for absolute values. Squares lead to the mean."),
        ([22, 2.5], "The median of five numbers is the middle one, the third."),
    ],
)

_y = np.tanh(0.5)
_delta = 2 * (_y - 1) * (1 - _y**2)
tanh_neuron = array(
    [2 * _delta, -_delta],
    "δ = 2(ŷ − y)(1 − ŷ²) = −0.846, times the inputs 2 and −1.",
    mistakes=[
        ([4 * (_y - 1), -2 * (_y - 1)], "The slope of tanh, 1 − ŷ², is missing."),
        ([_delta, -_delta / 2], "The 2 from the square is missing."),
        ([_delta / 2, _delta], "You multiplied by the weights; it is the inputs that count."),
        ([_delta, _delta], "That is δ, twice. Each weight's gradient is δ times its input."),
        (
            [4 * (_y - 1) * _y * (1 - _y), -2 * (_y - 1) * _y * (1 - _y)],
            "ŷ(1 − ŷ) is the slope of the sigmoid; that of tanh is 1 − ŷ².",
        ),
        (
            [4 * (_y - 1) * 0.75, -2 * (_y - 1) * 0.75],
            "1 − z² in place of 1 − ŷ²: the formula takes the output of tanh.",
        ),
    ],
)

shapes = choice(
    "c",
    "(32, 600) times (600, 784) has the shape of X, and each input adds over the units.",
    {
        "a": "Wᵀδ would be (600, 784) times (32, 600), which doesn't even fit.",
        "b": "Xᵀδ is (784, 600), the shape of W: that is ∂L/∂W.",
    },
)

_q = 1 / (1 + np.e**2)  # softmax(0, 2) = (q, 1 − q)
_x, _W2 = np.array([2, -1]), np.array([[1, 0], [2, 1], [-1, 1]])


def _paper(delta2, mask=(1, 0, 1)):
    return np.outer(_x, (delta2 @ _W2.T) * mask)


paper = array(
    _paper(np.array([_q, -_q])),
    "δ₁ = (0.1192, 0, −0.2384), and the rows are 2δ₁ and −δ₁.",
    mistakes=[
        (
            _paper(np.array([_q, -_q]), (1, 1, 1)),
            "The second hidden unit is silent, z = −1: ReLU's slope there is 0.",
        ),
        (_paper(np.array([_q, 1 - _q])), "You sent p back. Subtract the truth first: p − y."),
        (_paper(np.array([_q - 1, 1 - _q])), "The true class is the second one: y = (0, 1)."),
        (_paper(np.array([1.0, -1.0])), "δ₂ is p − y, and p is (0.1192, 0.8808)."),
        (_paper(np.array([1, -1]) / (1 + np.e)), "The bias b₂ is missing: z₂ is (0, 2)."),
        (np.outer([1, 0, 1], [_q, -_q]), "That is ∂L/∂W₂. One layer further back."),
    ],
)

_errors = (np.array([0.5, -0.2, 4.0, -3.0, 2.0]), np.array([0.0, 0.1, 1.0, 0.0, 0.0]))


def _pull(pred, target, c):
    return np.clip(pred - target, -c, c) / len(pred)


@function(
    _pull,
    "The error, cut off at c: nobody pulls harder than that.",
    [(*_errors, 1.0), (*_errors, 2.5), (np.array([7.0]), np.array([0.0]), 0.5)],
)
def huber_gradient(p, t, c):
    yield _pull(p, t, c) * len(p), "A sum; the loss is a mean over N."
    yield -_pull(p, t, c), "The sign: it is prediction minus target."
    yield (p - t) / len(p), "Nothing is cut off: that is half the squared error's."
    yield _pull(p, t, 1.0), "The threshold c isn't used; it is not always 1."
    jumping = np.where(np.abs(p - t) <= c, p - t, np.sign(p - t)) / len(p)
    yield jumping, "Beyond c the pull is c, not 1: otherwise it jumps there."
    yield 2 * _pull(p, t, c), "Huber's loss has a ½, so there is no 2."


_rng = np.random.default_rng(0)


def _vjp(z, g):
    p = softmax(z)
    return p * (g - g @ p)


@function(
    _vjp,
    "2K multiplications in place of K².",
    [(_rng.normal(size=4), _rng.normal(size=4)), (np.array([1000.0, 0.0]), np.array([1.0, 2.0]))],
)
def softmax_vjp(z, g):
    p = softmax(z)
    yield p * (1 - p) * g, "Only the diagonal: each probability also depends on the other logits."
    yield p * g, "The second part is missing: − p (g · p)."
    yield -_vjp(z, g), "The sign: p on the diagonal counts positive."
    yield p * (g - g.sum() * p), "The sum weighs each gᵢ with its own pᵢ: g · p."


@outputs(
    lambda A, W, delta: (A.T @ delta, delta.sum(axis=0), delta @ W.T),
    "These three lines are the way back of every dense layer.",
    ("dW", "db", "dA"),
    [(_rng.normal(size=(5, 3)), _rng.normal(size=(3, 2)), _rng.normal(size=(5, 2)))],
)
def layer_backward(A, W, delta):
    yield "dW", A.T @ delta / len(A), "dW is divided by N; the 1/N is in delta already."
    yield "dW", delta.T @ A, "dW has the shape (K, D): exchange the two factors."
    yield "db", delta.mean(axis=0), "db is a mean; the 1/N is in delta already, so add."
    yield "db", delta, "db needs the sum over the samples: its shape is (K,), as b's."
    yield "db", delta.sum(axis=1), "db adds over the units; it should add over the samples."
    yield "db", delta.sum(axis=0, keepdims=True), "db is (1, K); b is (K,)."


factor = number(
    4,
    "(4 − 1) / (4 + 1) = 0.6. Do you sum where you should take the mean of 4?",
    mistakes={
        0.25: "That is the factor by which it would be too small. The question is for too large.",
        1.6: "1 + 0.6 would be the factor if the error were divided by the true size alone.",
        2.5: "1 / (1 − 0.6) divides by the larger of the two; here it is their sum.",
        2: "A factor of 2 gives (2 − 1) / (2 + 1) = 1/3.",
    },
)


def _float32_error(h):
    """The relative error of central differences in float32 with the step h, measured on exp."""
    x, h = np.linspace(0, 1, 50, dtype=np.float32), np.float32(h)
    slope = (np.exp(x + h) - np.exp(x - h)) / (2 * h)
    return relative_error(slope, np.exp(x.astype(float)))


@checker("put a number in place of the dots")
def step(answer):
    """Whether h is a good step for central differences in float32; measured on exp at some x."""
    h = scalar(answer, "one number, the step h")
    if h <= 0:
        return False, "A step is a positive number."
    if h > 0.1:
        truncation = f"{min(1, h**2 / 6):.0e}"
        return False, f"Too large: truncation, h²/6, makes a relative error of {truncation}."
    error = _float32_error(h)
    if error <= 1e-4:
        return True, "The relative error on exp is below 1e-4; ε^(1/3) is 4e-3."
    measured = f"measured on the exponential function, the relative error is {error:.0e}."
    return False, f"Too {'large' if h > 0.004 else 'small'}: {measured}"


def broken_network(theta):
    """A loss and its gradient for 23 parameters; one of the four parts of the gradient is wrong."""
    rng = np.random.default_rng(7)
    X, Y = rng.normal(size=(6, 4)), np.eye(2)[rng.integers(2, size=6)]
    W1, b1, W2, b2 = np.split(np.asarray(theta, dtype=float), [12, 15, 21])
    W1, W2 = W1.reshape(4, 3), W2.reshape(3, 2)
    A = np.tanh(X @ W1 + b1)
    P = softmax(A @ W2 + b2)
    delta2 = (P - Y) / len(X)
    delta1 = (delta2 @ W2.T) * (1 - A**2)
    dW2 = np.tanh(X @ W1).T @ delta2
    parts = [X.T @ delta1, delta1.sum(axis=0), dW2, delta2.sum(axis=0)]
    return -float(np.sum(Y * np.log(P))) / len(X), np.concatenate([p.ravel() for p in parts])


find_the_bug = choice(
    "c",
    "It uses hidden values computed without their bias, so at b₁ = 0 nothing shows.",
    {
        "a": "Split the gradient at 12, 15 and 21 and compare part by part: W₁ agrees.",
        "b": "b₁ agrees with nudging. Compare part by part.",
        "d": "b₂ agrees with nudging. Compare part by part.",
    },
)


def _naive(value):
    """∂/∂a by the recursion that hands on at every visit."""
    for parent, back in zip(value.parents, value.backs, strict=True):
        parent.grad = parent.grad + back(value.grad)
        _naive(parent)


def _doublings(n):
    a = total = Value(1.0)
    for _ in range(n):
        total = total + total
    total.grad = np.array(1.0)
    _naive(total)
    return float(a.grad)


three_doublings = number(
    _doublings(3),
    "Each value hands on early shares again, and it gets worse with every level.",
    mistakes={
        8: "That is the right derivative. The naive order gives more.",
        6: "That is what it gives for two doublings.",
        12: "6 · 2 would be right if the third level made no new mistakes.",
        16: "Close in size. Write down b's gradient at each of its visits.",
        18: "6 · 3: but c comes to b with 1 and then with 2, and b keeps what it has.",
    },
)


@checker()
def new_operation(answer):
    """Whether a function of a Value is softplus, with its way back."""
    for data in (0.5, np.array([-2.0, 0.0, 3.0]), -1.0):
        v = Value(data)
        y = call(answer, v)
        if not isinstance(y, Value):
            return False, "Your function should return a Value; wrap the result in one."
        if y.data.shape != v.data.shape or not np.allclose(y.data, softplus(v.data)):
            return False, f"For {data} the value is {y.data}; softplus is {softplus(v.data)}."
        if y.parents != (v,):
            return False, "Its parents should be (v,), a tuple with the argument alone."
        with stops("Your function"):
            (2 * (y + y)).sum().backward()
        if v.grad.shape == v.data.shape and np.allclose(v.grad, 4 * sigmoid(v.data)):
            continue
        if np.allclose(v.grad, sigmoid(v.data)):
            return False, "back ignores g: it should return g times the slope."
        if np.allclose(v.grad, 4 * softplus(v.data)):
            return False, "back multiplies by softplus itself. Its slope is the sigmoid."
        return False, "The value is right, the gradient is not. The slope is sigmoid(v.data)."
    return True, "The engine differentiates it now, in any program."


runs = number(
    3,
    "Forward mode, one run for each input.",
    mistakes={
        1000: "That is reverse mode, one run for each output. The other mode is cheaper here.",
        3000: "One run gives more than one derivative: a whole row or column of the Jacobian.",
        6: "Central differences take six; automatic differentiation doesn't go up and down.",
        4: "One-sided differences take four; automatic differentiation needs no starting point.",
        1: "One run gives one column or one row, not all of them.",
    },
)

depth = number(
    20,
    "0.25²⁰ = 9.1e-13.",
    tol=1e-9,
    mistakes={
        19: "0.25¹⁹ = 3.6e-12 is not yet below.",
        21: "0.25²⁰ is below already. Did you count the input as a layer?",
        np.log(1e-12) / np.log(0.25): "Layers come in whole numbers.",
        40: "That is for factors of ½.",
    },
)
