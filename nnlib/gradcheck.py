"""Is the gradient right? Nudge the parameters, and see whether the value follows.

A wrong gradient often still trains, only worse, so it has to be looked for. The central difference
(f(x + h) - f(x - h)) / 2h is off by about h² f'''/6 from cutting off the Taylor series and by about
``eps |f| / h`` from rounding. In float64 (eps = 2e-16) the two balance near h = 1e-5, with some ten
correct digits; in float32 (eps = 1e-7) no more than four are left, so check in float64. Stay away
from kinks (ReLU at 0), and give biases values other than 0: zeros hide mistakes.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _check
from ._check import floats, generator, numbers, one_number, positive
from .landscapes import Landscape

Objective = Landscape | Callable[[np.ndarray], tuple[float, np.ndarray]]
PASSED = 1e-6  # the relative error of a right gradient is smaller


def relative_error(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """‖a - b‖ / (‖a‖ + ‖b‖): 0 for equal vectors, 1 for opposite ones, and free of units.

    nan where one of them holds nan: a comparison with nan is false, so ask ``error < 1e-6``.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"a and b must have one shape, got {np.shape(a)} and {np.shape(b)}")
    a, b = (numbers(name, v).astype(np.float64) for name, v in (("a", a), ("b", b)))
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(np.subtract(a, b)) / size) if size != 0 else 0.0


def numeric_gradient(
    f: Landscape | Callable[[np.ndarray], float], theta: npt.ArrayLike, h: float = 1e-5
) -> np.ndarray:
    """The gradient of f by central differences, one parameter at a time.

    Parameters
    ----------
    f : landscape or callable
        ``f(theta) -> float``.
    theta : array_like
        Any shape; left as it was. In float32 theta + h is rounded: take float64, or a larger h.
    h : float
        How far each parameter is moved up and down.

    Returns
    -------
    ndarray
        (f(theta + h e_i) - f(theta - h e_i)) / 2h for every i, in theta's shape.
    """
    called: Any = getattr(f, "value", f)
    value: Callable = _check.function("f", called, "theta -> float")
    h = positive("h", h)
    theta = floats("theta", theta).copy()  # an integer could not be moved by h
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        kept = theta[i]
        theta[i] = kept + h
        above = one_number("f", value(theta))
        theta[i] = kept - h
        grad[i] = (above - one_number("f", value(theta))) / (2 * h)
        theta[i] = kept
    return grad


def check_gradient(value_and_grad: Objective, theta: np.ndarray, h: float = 1e-5) -> float:
    """Compare a gradient with central differences; below 1e-6 it is right, above 1e-3 wrong.

    Costs two evaluations per parameter and one more; ``check_direction`` costs three in all.

    Parameters
    ----------
    value_and_grad : landscape or callable
        ``theta -> (float, gradient)``.
    theta : ndarray of float64

    Returns
    -------
    float
        ‖g - n‖ / (‖g‖ + ‖n‖) with the gradient g and the numerical one n.

    Raises
    ------
    TypeError, ValueError
        If theta isn't float64, the gradient hasn't its shape, or the value isn't a number, or not
        the same number when asked twice: dropout, for one, draws anew each time.
    """
    f, theta = _check.objective("value_and_grad", value_and_grad), _float64(theta)
    value, grad = _evaluate(f, theta)
    error = relative_error(grad, numeric_gradient(lambda t: _evaluate(f, t)[0], theta, h))
    return _certain(error, f, theta, value)


def check_direction(
    value_and_grad: Objective, theta: np.ndarray, rng: np.random.Generator, h: float = 1e-5
) -> float:
    """Compare the slope along one random direction v: g · v against the central difference.

    A mistake anywhere in the gradient shows in almost every direction, so one is enough for
    networks of any size, for three evaluations. Parameters and result as in ``check_gradient``; v
    has length 1.
    """
    f, theta = _check.objective("value_and_grad", value_and_grad), _float64(theta)
    h, v = positive("h", h), generator(rng).normal(size=theta.shape)
    v /= np.linalg.norm(v)
    value, grad = _evaluate(f, theta)
    slope = np.sum(grad * v)
    difference = _evaluate(f, theta + h * v)[0] - _evaluate(f, theta - h * v)[0]
    return _certain(relative_error(slope, difference / (2 * h)), f, theta, value)


def _float64(theta: np.ndarray) -> np.ndarray:
    if getattr(theta, "dtype", None) != np.float64:
        got = getattr(theta, "dtype", type(theta).__name__)
        raise TypeError(
            f"theta must be a float64 array, got {got}: differences need the precision, and a "
            "network gets it by Network(layers, rng=rng, dtype=np.float64)"
        )
    return theta.copy()  # f may write into it


def _evaluate(f: Callable, theta: np.ndarray) -> tuple[float, np.ndarray]:
    value, grad = _check.number_and_gradient("value_and_grad", f(theta))
    grad = np.array(grad)  # f may overwrite its own
    if grad.shape != theta.shape:
        raise ValueError(
            f"value_and_grad must return a gradient of theta's shape {theta.shape}, "
            f"got {grad.shape}"
        )
    return value, grad


def _certain(error: float, f: Callable, theta: np.ndarray, value: float) -> float:
    """The error; before it is called large, a look whether f says the same thing twice."""
    if error < PASSED:
        return error
    again = _evaluate(f, theta)[0]
    if math.isfinite(value + again) and not math.isclose(value, again, rel_tol=1e-12):
        raise ValueError(
            f"value_and_grad must give the same value at the same theta, got {value:g} and "
            f"{again:g}: does it draw random numbers, as dropout does in training?"
        )
    return error
