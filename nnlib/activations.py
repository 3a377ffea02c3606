"""What a neuron does with its weighted sum z: activation functions and their derivatives.

Without an activation between them, two layers are one: a linear function of a linear function is
linear. Each function here acts on every number of z by itself, and its derivative is a function of
*z*, not of the activation a. Only ``softmax``, at the end of the file, looks at a whole row.

All of them take a number or an array of any shape, stay finite for every finite z (a logarithm may
be -inf), and give float32 for float32 and float64 for float64. ``exp`` is only ever taken of
numbers <= 0, so that it can vanish but not overflow; that is what makes them *stable*. Two cases,
z > 0 and z < 0, are written with ``np.maximum`` and ``np.minimum``: ``np.where`` costs many times
as much on mixed signs.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ._check import floats, number

SELU_ALPHA = 1.6732632423543772  # chosen such that mean 0 and variance 1 map to themselves
SELU_SCALE = 1.0507009873554805


def heaviside(z: npt.ArrayLike) -> np.ndarray:
    """The perceptron's step: 1 for z >= 0, else 0 (Rosenblatt, 1958)."""
    z = floats("z", z)
    return (z >= 0).astype(z.dtype)


def heaviside_derivative(z: npt.ArrayLike) -> np.ndarray:
    """0 everywhere: a step tells gradient descent nothing, hence all the smoother functions."""
    return np.zeros_like(floats("z", z))[()]  # [()]: a number in, a number out


def linear(z: npt.ArrayLike) -> np.ndarray:
    """No activation: z itself, as a new array."""
    return np.positive(floats("z", z))


def linear_derivative(z: npt.ArrayLike) -> np.ndarray:
    """1 everywhere."""
    return np.ones_like(floats("z", z))[()]


def sigmoid(z: npt.ArrayLike) -> np.ndarray:
    """The logistic function 1 / (1 + exp(-z)), an S from 0 to 1; 1/2 at z = 0.

    Computed as ``exp(min(z, 0)) / (1 + exp(-|z|))``, which is the same number without an overflow:
    for z < 0 the fraction has been multiplied by exp(z) above and below.

    Parameters
    ----------
    z : array_like
        Weighted sums, any shape.

    Returns
    -------
    ndarray
        Values in [0, 1], of z's shape and precision.
    """
    z = floats("z", z)
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def sigmoid_derivative(z: npt.ArrayLike) -> np.ndarray:
    """s (1 - s) with s = sigmoid(z): at most 1/4, and nearly 0 where the sigmoid is saturated.

    Computed as ``e / (1 + e)²`` with ``e = exp(-|z|)``: 1 - s would round to 0 beyond z = 37.
    """
    e = np.exp(-np.abs(floats("z", z)))
    return e / np.square(1 + e)


def tanh(z: npt.ArrayLike) -> np.ndarray:
    """The hyperbolic tangent 2 sigmoid(2z) - 1: an S from -1 to 1, centred at 0."""
    return np.tanh(floats("z", z))


def tanh_derivative(z: npt.ArrayLike) -> np.ndarray:
    """1 - tanh(z)²: at most 1."""
    return 1 - np.square(tanh(z))


def relu(z: npt.ArrayLike) -> np.ndarray:
    """The rectified linear unit max(z, 0) (Fukushima, 1969; Nair & Hinton, 2010)."""
    return floats("z", z).clip(0, np.inf)  # np.maximum(z, 0) takes two to three times as long


def relu_derivative(z: npt.ArrayLike) -> np.ndarray:
    """1 for z > 0, else 0. At the kink, z = 0, any slope in [0, 1] would do; 0 is customary."""
    z = floats("z", z)
    return (z > 0).astype(z.dtype)


def leaky_relu(z: npt.ArrayLike, slope: float = 0.01) -> np.ndarray:
    """z for z > 0, else slope * z: a unit that never goes quite silent (Maas et al., 2013)."""
    return prelu(z, number("slope", slope))


def leaky_relu_derivative(z: npt.ArrayLike, slope: float = 0.01) -> np.ndarray:
    """1 for z > 0, else slope."""
    step = relu_derivative(z)
    return step + number("slope", slope) * (1 - step)


def prelu(z: npt.ArrayLike, slope: npt.ArrayLike) -> np.ndarray:
    """Leaky ReLU whose slope is a parameter and is learned (He et al., 2015).

    ``slope`` is a number, or one number per unit or channel that broadcasts against z.
    """
    z = floats("z", z)
    slope = floats("slope", slope).astype(z.dtype, copy=False)
    return np.maximum(z, 0) + slope * np.minimum(z, 0)


def elu(z: npt.ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """z for z > 0, else alpha (exp(z) - 1), which levels off at -alpha (Clevert et al., 2016)."""
    z = floats("z", z)
    return np.maximum(z, 0) + number("alpha", alpha) * np.expm1(np.minimum(z, 0))


def elu_derivative(z: npt.ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """1 for z > 0, else alpha exp(z)."""
    step = relu_derivative(z)
    return step + (1 - step) * number("alpha", alpha) * np.exp(np.minimum(z, 0))


def selu(z: npt.ArrayLike) -> np.ndarray:
    """A scaled ELU that keeps activations near mean 0 and variance 1 (Klambauer et al., 2017)."""
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_derivative(z: npt.ArrayLike) -> np.ndarray:
    """The ELU's derivative, scaled."""
    return SELU_SCALE * elu_derivative(z, SELU_ALPHA)


def normal_cdf(z: npt.ArrayLike) -> np.ndarray:
    """The probability that a standard normal number is less than z: erfc(-z / sqrt(2)) / 2.

    NumPy has no error function. The standard library's is exact in both tails but takes one number
    at a time, some 50 ns each, where NumPy's exp needs one or two.
    """
    z = floats("z", z)
    scaled = (z * -math.sqrt(0.5)).ravel().tolist()
    erfc = np.fromiter(map(math.erfc, scaled), z.dtype, z.size).reshape(z.shape)
    return erfc / 2


def gelu(z: npt.ArrayLike) -> np.ndarray:
    """z times the probability that a standard normal is below z (Hendrycks & Gimpel, 2016)."""
    return floats("z", z) * normal_cdf(z)


def gelu_derivative(z: npt.ArrayLike) -> np.ndarray:
    """Phi(z) + z phi(z), with the standard normal's distribution function Phi and density phi."""
    z = floats("z", z)
    near = np.clip(z, -40, 40)  # beyond, the density is 0 in float64, and z² could overflow
    return normal_cdf(z) + near * np.exp(-np.square(near) / 2) / math.sqrt(2 * math.pi)


def silu(z: npt.ArrayLike) -> np.ndarray:
    """z sigmoid(z) (Hendrycks & Gimpel, 2016), or Swish (Ramachandran et al., 2017)."""
    return floats("z", z) * sigmoid(z)


def silu_derivative(z: npt.ArrayLike) -> np.ndarray:
    """s (1 + z (1 - s)) with s = sigmoid(z)."""
    s = sigmoid(z)
    return s * (1 + floats("z", z) * (1 - s))


def softplus(z: npt.ArrayLike) -> np.ndarray:
    """``log(1 + exp(z))``, a smooth ReLU, as ``max(z, 0) + log(1 + exp(-|z|))``."""
    z = floats("z", z)
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def softplus_derivative(z: npt.ArrayLike) -> np.ndarray:
    """The sigmoid."""
    return sigmoid(z)


#: Name: (function, derivative), for those that act on each number by itself.
ACTIVATIONS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "heaviside": (heaviside, heaviside_derivative),
    "linear": (linear, linear_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
    "selu": (selu, selu_derivative),
    "gelu": (gelu, gelu_derivative),
    "silu": (silu, silu_derivative),
    "softplus": (softplus, softplus_derivative),
}


def softmax(z: npt.ArrayLike, axis: int = -1) -> np.ndarray:
    """Turn scores into probabilities, exp(z_k) / sum_j exp(z_j).

    Adding a constant to all scores changes nothing, so the largest is subtracted first: exp(1000)
    overflows, exp(0) doesn't. With two classes it is the sigmoid of the scores' difference.

    Parameters
    ----------
    z : array_like
        Scores, called logits; -inf for a class that is ruled out.
    axis : int
        The axis that holds the classes; the last one, where rows are samples.

    Returns
    -------
    ndarray
        Numbers in [0, 1] that sum to 1 along ``axis``, in z's precision.
    """
    return softmax_and_log(_scores(z), axis)[0]


def log_softmax(z: npt.ArrayLike, axis: int = -1) -> np.ndarray:
    """The logarithm of softmax, z - log(sum_j exp(z_j)), also where the probability rounds to 0.

    It is -inf where z is, and where it lies below the range of z's precision.
    """
    return softmax_and_log(_scores(z), axis)[1]


def _scores(z: npt.ArrayLike) -> np.ndarray:
    z = floats("z", z)
    if z.size == 0:
        raise ValueError(f"z must hold at least one score, got shape {z.shape}")
    return z


def softmax_and_log(z: np.ndarray, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """softmax and log_softmax, which share the exponentials; a cross-entropy needs both."""
    with np.errstate(over="ignore"):  # a difference beyond the range is -inf, and its exp 0
        log_p = z - z.max(axis, keepdims=True)
    p = np.exp(log_p)
    total = p.sum(axis, keepdims=True)
    p /= total
    log_p -= np.log(total)
    return p, log_p
