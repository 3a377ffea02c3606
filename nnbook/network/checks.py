"""The checks of the chapter on networks."""

import numpy as np

from nnlib.activations import relu, softmax

from ..check import array, checker, choice, function, number, numbers, short, stops

layer = array(
    [1, 0, 3],
    "z = (1, −1, 3), and ReLU silences the second unit.",
    mistakes=[
        ([1, -1, 3], "These are the weighted sums. Now ReLU."),
        ([0, 0, 4], "Did you forget the biases?"),
        ([0, 0, 3], "Did you add the bias of the first unit?"),
        ([7, 4], "One number for each input? There are three units: one for each column."),
    ],
)

parameters = number(
    89_610,
    "785 · 100 + 101 · 100 + 101 · 10.",
    tol=1e-9,
    mistakes={
        89_400: "Those are the weights. Every unit has a bias, too.",
        90_384: "One bias for each unit, not for each input.",
        79_510: "That is 784–100–10. There are two hidden layers of 100.",
        90_394: "The inputs have no parameters.",
        994: "That is the number of columns in the picture. Every arrow has a weight.",
    },
)

dot_shape = array(
    [2, 3, 2, 5],
    "dot makes every pair: matrix n of A with matrix m of B.",
    mistakes=[
        ([2, 3, 5], "That is what @ gives. dot doesn't treat the first axis as a batch."),
        ([2, 2, 3, 5], "These are the right axes in another order: first all of A's, then B's."),
        ([2, 3, 4, 2, 4, 5], "The axis of 4 that both have in common is summed over."),
    ],
)


@checker("put a string such as 'nd,dk->nk' in place of the dots")
def scores(letters):
    """Whether einsum's letters make the scores of queries Q and keys K, sentence by sentence."""
    if not isinstance(letters, str):
        return False, f"This takes a string such as 'nd,dk->nk', and got {short(letters)}."
    rng = np.random.default_rng(0)
    Q, K = rng.normal(size=(4, 2, 5)), rng.normal(size=(4, 3, 5))
    with stops("einsum"):
        value = np.einsum(letters, Q, K)
    right = Q @ K.transpose(0, 2, 1)  # (4, 2, 3)
    if value.shape == right.shape and np.allclose(value, right):
        return True, "n stays in front, d is summed over, t and s remain."
    if value.shape == (4, 3, 2) and np.allclose(value, right.transpose(0, 2, 1)):
        return False, "These are the scores with queries and keys exchanged: (N, S, T)."
    if 5 in value.shape:
        why = "A letter right of the arrow isn't summed."
        return False, f"The axis of length d is still there. {why}"
    if value.shape.count(4) == 2:
        why = "both have the same batch axis."
        return False, f"Queries of one sentence with keys of all others: {why}"
    if value.shape == right.shape:
        why = "only the axis of length d is summed."
        return False, f"The shape is right, the numbers are not: {why}"
    shapes = f"(4, 2, 3), not {value.shape}"
    return False, f"For Q (4, 2, 5) and K (4, 3, 5) the shape should be {shapes}."


break_even = number(
    10,
    "2 · 100 / 20: from ten samples on, arithmetic is the limit.",
    mistakes={
        5: "A float32 has four bytes, and using it takes two operations.",
        2.5: "A float32 has four bytes.",
        20: "Two operations for each weight, and four bytes: did you take one, or eight?",
        40: "Two operations for each weight, and four bytes, not eight.",
        0.1: "The reciprocal: fetching a weight takes ten times as long as using it.",
        1e7: "The size of the layer drops out.",
    },
)

_rng = np.random.default_rng(0)


def _forward(X, parameters, activation=relu, last=lambda z: z, bias=True):
    for W, b in parameters[:-1]:
        X = activation(X @ W + bias * b)
    W, b = parameters[-1]
    return last(X @ W + bias * b)


def _network(widths, n, rng):
    pairs = zip(widths[:-1], widths[1:], strict=True)
    layers = [(rng.normal(size=(D, K)), rng.normal(size=K)) for D, K in pairs]
    return rng.normal(size=(n, widths[0])), layers


@function(
    _forward,
    "ReLU between the layers, none behind the last.",
    [_network(w, n, _rng) for w, n in [((3, 4, 2), 5), ((2, 3, 3, 3, 4), 1), ((3, 2), 2)]],
)
def forward(X, p):
    yield _forward(X, p, last=relu), "No ReLU behind the last layer: it gives logits."
    yield _forward(X, p, activation=lambda z: z), "Where is the ReLU?"
    yield _forward(X, p, bias=False), "Did you forget the biases?"
    yield _forward(X, p, last=softmax), "Logits are asked for, not probabilities."


hat = array(
    [2, -4, 2],
    "The slope changes by +2, −4 and +2: up, down, flat.",
    mistakes=[
        ([1, -2, 1], "The shape is right, but only 1 high."),
        ([2, -2, 0], "Slopes add up: 2 − 2 = 0 is flat, but the hat comes down again."),
        ([2, -2, -2], "The slopes add up to 2, 0 and −2; they should be 2, −2 and 0."),
        ([2, -2, 2], "Slopes add up: to get from +2 to −2 takes −4."),
        ([0, 2, 0], "These are the heights at the knots. Weights are changes of slope."),
    ],
)

shallow = number(
    1024,
    "1,023 units make the kinks between the pieces, one more the first slope.",
    tol=1e-9,
    mistakes={
        1023: "These are the kinks inside. The slope that it starts with takes a unit, too.",
        20: "That is the deep network: ten layers of two.",
        19: "The deep network has 20 units, but many more pieces.",
        512: "These are the teeth; each has two sides.",
        511: "Each tooth has a kink at its tip, too.",
        10: "That is the number of folds. Each doubles the pieces.",
    },
)


exact = array(
    [3, 6, 12, 24],
    "The kinks at 1/3 and 2/3 are knots where n is a multiple of 3.",
    mistakes=[
        ([3], "That is the smallest. Which others on the slider put knots at 1/3 and 2/3?"),
        ([3, 6, 12], "One is missing: go on to the right."),
        ([3, 6, 10, 12, 24], "10 is not a multiple of 3."),
        ([24, 12, 6, 3], "The right numbers; put them from small to large."),
    ],
)


@checker("put (t, a, c) in place of the dots")
def few_units(answer):
    """Whether at most eight ReLUs at t, with the weights a and the bias c, make a sine."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return False, "This takes three things: the places t, the weights a and the bias c."
    t, a, c = map(numbers, answer)
    if t is None or a is None or c is None or t.shape != a.shape or t.ndim != 1 or c.size != 1:
        return False, "t and a should be two arrays of the same length, and c a number."
    if len(t) > 8:
        return False, f"These are {len(t)} units; use at most 8."
    x = np.linspace(0, 1, 2001)
    error = np.abs(relu(x[:, None] - t) @ a + c.item() - np.sin(2 * np.pi * x))
    if error.max() < 0.05:
        why = "between them they may pass above and below."
        return True, f"Eight units need not go through the points: {why}"
    return False, f"The largest error is {error.max():.4f}, at x = {x[np.argmax(error)]:.2f}."


symmetry = choice(
    "c",
    "Softmax over the classes is the same for every row.",
    {
        "a": "Batch normalization could: it takes means over the batch. Here no row sees another.",
        "b": "Equivariant, not invariant: the predictions are in another order, too.",
    },
)
