"""The checks of the chapter on initialization."""

import numpy as np

from nnlib.activations import softplus

from ..check import array, call, checker, choice, choices, function, number, numbers, scalar

who_gets_what = choice(
    "a",
    "ReLU halves the mean square; tanh near 0 and SELU keep it.",
    {
        "b": "The other way round: the factor 2 makes up for the half that ReLU removes.",
        "c": "Glorot's variance is half of what ReLU needs, and He's twice what SELU needs.",
    },
)

weighted_sum = number(
    3,
    "The variance is 400 · 0.09 · 0.25 = 9; the SD is its root.",
    mistakes={
        9: "That is the variance. The SD is its root.",
        30: "n · SD · q is neither a variance nor an SD: the variance of the weights is 0.09.",
        6: "That would be for inputs with the mean square 1.",
        20: "Is the mean square of the inputs in it, and the SD of the weights squared?",
        1.5: "q is a mean *square* already. Don't square it again.",
        30**0.5: "You took the root of n · SD · q; the variance of the weights is SD².",
    },
)

_limit, _glorot, _he = (6 / 1384) ** 0.5, (2 / 1384) ** 0.5, (2 / 784) ** 0.5
three_numbers = array(
    [_limit, _glorot, _he],
    "0.0658, 0.0380 and 0.0505. The limit is √3 times the SD.",
    mistakes=[
        ([_limit, _glorot, (1 / 784) ** 0.5], "The third is LeCun's; He's has a 2 above."),
        ([_limit, (1 / 784) ** 0.5, _he], "The second is LeCun's; Glorot's uses both sides."),
        ([_limit, _glorot, (2 / 600) ** 0.5], "He's counts the inputs, 784, not the units."),
        ([_limit**2, _glorot**2, _he**2], "These are the squares. Take the roots."),
        ([_glorot, _limit, _he], "The limit and the SD are exchanged: the limit is the larger."),
        ([_glorot, _glorot, _he], "The limit is √3 times the SD: numbers in it are smaller."),
    ],
)

how_deep = number(
    16,
    "0.4¹⁵ = 1.1e-6 is not yet below a millionth, 0.4¹⁶ = 4.3e-7 is.",
    tol=1e-9,
    mistakes={
        15: "0.4¹⁵ = 1.07e-6 is still above.",
        np.log(1e-6) / np.log(0.4): "Layers come in whole numbers.",
        8: "That is for the mean square. The RMS is its root: 0.4 per layer, not 0.16.",
        4: "The factor per layer isn't 0.02: it is the SD times √400.",
        17: "0.4¹⁶ is below already.",
    },
)


def _std(n_in, slope):
    return (2 / ((1 + slope**2) * n_in)) ** 0.5


@function(
    _std,
    "Between He's (slope 0) and LeCun's (slope 1).",
    [(512, 0.0), (512, 1.0), (100, 0.2), (64, 0.01)],
)
def leaky_std(n, c):
    yield 2 / ((1 + c**2) * n), "That is the variance. The SD is its root."
    yield (2 / n) ** 0.5, "That is He's for every slope. The left half counts, too."
    yield (2 / ((1 + c) * n)) ** 0.5, "Squares are kept: c² for the left half."
    upside = "Upside down: what the activation removes has to be made up for by larger weights."
    yield ((1 + c**2) / (2 * n)) ** 0.5, upside
    yield (1 / n) ** 0.5, "That is LeCun's, right for the slope 1 only."


absolute = array(
    [1, 1],
    "|z|² = z², and f′(z)² = 1: nothing is lost in either direction.",
    mistakes=[
        ([2, 2], "That is ReLU, which removes one side. The absolute value folds it over."),
        ([2, 1], "Forwards, |z| has the same square as z."),
        ([1, 2], "Backwards the slope is −1 or 1, and its square is 1."),
    ],
)

funnel = number(
    1 / 16,
    "The product collapses to 16/256: only the ends count.",
    mistakes={
        1: "He's weights keep the mean square forwards. Backwards n_out stands in for n_in.",
        16: "Upside down: each layer has half as many outputs as inputs.",
        0.25: "That is the RMS. The question is for its square.",
        1 / 256: "The ½ of ReLU and the 2 in He's variance cancel: ½ in each of four layers.",
        1 / 32: "Four matrices, not five.",
        1 / 8: "Four matrices, not three.",
    },
)

_rng = np.random.default_rng(0)
_Z = _rng.normal(-1, 1, (6, 5))
_Z[:, 1] = -np.abs(_Z[:, 1])
_Z[:, 3] = 0
_few = np.array([[1.0, -1], [-1, -1], [-1, -1]]), np.array([[0.0, -1], [0, 2]])


@function(
    lambda Z: np.mean(np.all(Z <= 0, axis=0)),
    "A unit is dead if it is silent for all samples; z = 0 is silent, too.",
    [(_Z,), (_few[0],), (_few[1],)],
)
def dead_share(Z):
    silent = Z <= 0
    dead, rows = np.all(silent, axis=0), np.mean(np.all(silent, axis=1))
    yield rows, "That is the share of samples for which all units are silent. Use the other axis."
    yield np.mean(silent), "That is the share of zeros; dead means silent for *all*."
    yield np.mean(np.any(silent, axis=0)), "Silent for some sample isn't dead: all."
    yield np.mean(np.all(Z < 0, axis=0)), "At z = 0 ReLU's slope counts as 0, too."
    yield np.sum(dead), "A share is asked for, not a number of units."
    yield 1 - np.mean(dead), "That is the share of living units."


_born = 1 - (1 - 0.5**3) ** 20
born_dead = number(
    _born,
    "Nine networks out of ten: depth is dangerous where layers are narrow.",
    mistakes={
        1 - _born: "That is the probability that all layers live.",
        0.125: "That is one layer.",
        2.5: "20 · ⅛ isn't a probability: the cases overlap.",
        0.5**60: "That is all 20 layers at once. One is enough.",
        1 - (1 - 0.5**20) ** 3: "2 to the minus *units*; the layers are the exponent outside.",
    },
)


def _clip(g, limit):
    return g * min(1, limit / norm) if (norm := np.linalg.norm(g)) > 0 else g.copy()


@function(
    _clip,
    "The direction stays, the length is at most the limit.",
    [
        (np.array([3.0, 4.0]), 1.0),
        (np.array([0.3, -0.4]), 1.0),
        (np.zeros(3), 1.0),
        (np.array([[-6.0, 8.0], [0, 0]]), 2.0),
    ],
)
def _clipped(g, limit):
    length = np.linalg.norm(g)
    yield np.clip(g, -limit, limit), "That cuts every number by itself, and changes the direction."
    nan = g * (min(length, limit) / length)
    yield nan, "A gradient of 0 becomes nan. Divide only where the norm is too large."
    longer = "A gradient that is short enough became longer. Leave it as it is."
    yield g * limit / (length or 1), longer
    yield g * limit / length, longer
    yield g, f"A gradient of length {length:g} isn't shortened to {limit:g}."


@checker()
def clip(answer):
    """Whether a function of (grad, limit) clips by the norm, and leaves grad as it is."""
    ok, sentence = _clipped.judge(answer)
    grad = np.array([3.0, 4.0])
    if ok:
        answer(grad, 1.0)
    if grad[0] != 3:
        return False, "Your function changes grad itself. Return a new array."
    return ok, sentence


_s = (2 ** (1 / 50) - 1) ** 0.5
small_change = number(
    _s,
    "(1 + s²)⁵⁰ = 2, so s = 0.118; that is close to √(log 2 / 50).",
    tol=2e-3,
    mistakes={
        _s**2: "That is s². The change's mean square is s² times that of h.",
        50**-0.5: "With s = 1/√50 the mean square grows by e, not by 2.",
        1 / 50: "The mean square grows by s² per layer, not by s.",
        (2 ** (1 / 25) - 1) ** 0.5: "That doubles the RMS; the question is for the mean square.",
    },
)

patients = choices(
    "bcda",
    "Vanishing, saturated, dead, exploding.",
    'four letters such as "abcd"',
    "abcd",
    {
        1: "Patient 1: A ratio of 1e-15 and a loss of exactly log 10: the gradient vanishes.",
        2: "Patient 2: Units that are saturated from the start, and a first loss far above log 10.",
        3: "Patient 3: Alive at the start, silent after a jump. Which step killed them?",
        (3, "a"): "Patient 3: smaller steps prevent it the next time. But you go on from these "
        "weights, and without a leak few dead units come back.",
        4: "Patient 4: 2,000 good steps: the start was right. One step was too long.",
    },
)


@checker("put a number in place of the dots")
def softplus_size(answer):
    """Whether a weight size keeps the RMS 1 for softplus."""
    g = scalar(answer, "one positive number, the weight size g")
    if g <= 0:
        return False, "The weight size g is positive."
    xi = np.linspace(-8, 8, 4001)
    density = np.exp(-(xi**2) / 2) / np.exp(-(xi**2) / 2).sum()
    after = float(density @ softplus(g * xi) ** 2) ** 0.5
    if abs(after - 1) <= 0.01:
        return True, "But δ shrinks: E[f′²] is about 0.30, and g² = 1.2."
    return False, f"With g = {g:.3g} the RMS after one layer is {after:.3f}."


@checker()
def lsuv(answer):
    """Whether a function of (matrices, X) scales each matrix for z of RMS 1, one by one."""
    rng = np.random.default_rng(3)
    X, shapes = rng.normal(size=(50, 8)), [(8, 12), (12, 12), (12, 6)]
    given = [s * rng.normal(size=n) for s, n in zip((3, 0.01, 1), shapes, strict=True)]
    new = call(answer, [W.copy() for W in given], X.copy())
    new = [numbers(W) for W in new] if isinstance(new, list | tuple) else []
    if [None if W is None else W.shape for W in new] != shapes:
        return False, "Your function should return as many matrices as it got, of the same shapes."
    a, old = X, X
    for which, (W, V) in enumerate(zip(new, given, strict=True), start=1):
        size, alone = (np.sqrt(np.mean(z**2)) for z in (a @ W, old @ V))
        if not abs(size - 1) <= 1e-6:
            if which > 1 and np.allclose(W, V / alone):
                cure = "Let the signal run through the new ones."
                return (
                    False,
                    f"Matrix {which} was fitted to the signal of the *old* matrices. {cure}",
                )
            return False, f"With your matrix {which}, z has the RMS {size:.3g}, not 1."
        if not np.allclose(W * (V[0, 0] / W[0, 0]), V):
            return False, f"Matrix {which} isn't the old one times a number."
        a, old = np.tanh(a @ W), np.tanh(old @ V)
    return True, "Every z has the RMS 1, whatever the weights were before."
