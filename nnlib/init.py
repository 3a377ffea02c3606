"""Where training starts: weights that are random, and of the right size.

Equal weights would stay equal for ever, so they are drawn at random. With a *fan-in* of m inputs,
the variance of a weighted sum is m times the weights' variance: too large, and signals explode from
layer to layer; too small, and they vanish. Each scheme below balances that for another activation.

Every function takes the shape of a weight array and a generator, and returns float64. A shape is
(in, out) for a dense layer, (out, in, height, width) for a convolution.
"""

import math
from collections.abc import Sequence

import numpy as np

from ._check import count, generator, non_negative, number


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs a unit has, and how many units an input feeds: (fan_in, fan_out).

    For a convolution both count the places of the kernel: fan_in = in * height * width.
    """
    lengths = [count("shape", n) for n in shape] if isinstance(shape, Sequence) else []
    if len(lengths) == 2:
        return lengths[0], lengths[1]
    if len(lengths) == 4:
        return lengths[1] * math.prod(lengths[2:]), lengths[0] * math.prod(lengths[2:])
    raise ValueError(f"shape must be (in, out) or (out, in, height, width), got {shape!r}")


def zeros(shape: Sequence[int], rng: np.random.Generator | None = None) -> np.ndarray:
    """All 0, as for biases. Weights of 0 give every unit the same gradient: they stay equal."""
    return np.zeros(shape)


def constant(
    shape: Sequence[int], rng: np.random.Generator | None = None, *, value: float
) -> np.ndarray:
    """All ``value``, with the same fault as zeros: nothing ever tells two units apart."""
    return np.full(shape, number("value", value))


def normal(shape: Sequence[int], rng: np.random.Generator, *, std: float = 0.01) -> np.ndarray:
    """Normal with mean 0 and the given standard deviation."""
    return generator(rng).normal(0, non_negative("std", std), shape)


def uniform(shape: Sequence[int], rng: np.random.Generator, *, limit: float = 0.05) -> np.ndarray:
    """Uniform on [-limit, limit], with standard deviation limit / sqrt(3)."""
    limit = non_negative("limit", limit)
    return generator(rng).uniform(-limit, limit, shape)


def lecun_normal(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Standard deviation sqrt(1 / fan_in), for tanh-like units and SELU (LeCun et al., 1998)."""
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(1 / fan_in))


def glorot_normal(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Standard deviation sqrt(2 / (fan_in + fan_out)), also called Xavier (Glorot & Bengio, 2010).

    A compromise: 1 / fan_in keeps the variance on the way forward, 1 / fan_out on the way back.
    """
    return normal(shape, rng, std=math.sqrt(2 / sum(fans(shape))))


def glorot_uniform(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Glorot's variance 2 / (fan_in + fan_out), uniform on ± sqrt(6 / (fan_in + fan_out))."""
    return uniform(shape, rng, limit=math.sqrt(6 / sum(fans(shape))))


def he_normal(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Standard deviation sqrt(2 / fan_in), for ReLU, which halves the power (He et al., 2015).

    Parameters
    ----------
    shape : tuple of int
        (in, out), or (out, in, height, width).
    rng : numpy.random.Generator

    Returns
    -------
    ndarray
        float64 array of the given shape.
    """
    fan_in, _ = fans(shape)
    return normal(shape, rng, std=math.sqrt(2 / fan_in))


def he_uniform(shape: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """He's variance 2 / fan_in, uniform on ± sqrt(6 / fan_in)."""
    fan_in, _ = fans(shape)
    return uniform(shape, rng, limit=math.sqrt(6 / fan_in))


def orthogonal(shape: Sequence[int], rng: np.random.Generator, *, gain: float = 1.0) -> np.ndarray:
    """Rows or columns, whichever are fewer, at right angles and of length gain (Saxe et al., 2014).

    Such a matrix keeps lengths. It is the Q of a normal matrix's QR decomposition; moving the signs
    of R's diagonal into Q makes all rotations equally likely. A kernel counts as the matrix
    (out, in * height * width).
    """
    if len(shape) < 2:
        raise ValueError(f"shape must have at least two axes, got {shape}")
    rows, columns = shape[0], math.prod(shape[1:])
    a = generator(rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(a)
    q *= np.sign(np.diag(r))
    q = q if rows >= columns else q.T
    return non_negative("gain", gain) * q.reshape(shape)
