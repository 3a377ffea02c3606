"""Is the gradient right? Nudge the parameters, and see whether the value follows.

A wrong gradient often still trains, only worse, so it has to be looked for. The central difference
(f(x + h) - f(x - h)) / 2h is off by about h² f'''/6 from cutting off the Taylor series and by about
``eps |f| / h`` from rounding. In float64 (eps = 2e-16) the two balance near h = 1e-5, with some ten
correct digits; in float32 (eps = 1e-7) no more than four are left, so check in float64. Stay away
from kinks (ReLU at 0), and give biases values other than 0: zeros hide mistakes.
"""

import numpy as np

from ._check import floats, generator, positive


def relative_error(a, b) -> float:
    """‖a - b‖ / (‖a‖ + ‖b‖): 0 for equal vectors, 1 for opposite ones, and free of units.

    nan where one of them holds nan: a comparison with nan is false, so ask ``error < 1e-6``.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"a and b must have one shape, got {np.shape(a)} and {np.shape(b)}")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(np.subtract(a, b)) / size) if size != 0 else 0.0


def numeric_gradient(f, theta, h=1e-5) -> np.ndarray:
    """The gradient of f by central differences, one parameter at a time.

    Parameters
    ----------
    f : callable
        ``f(theta) -> float``.
    theta : array_like
        Any shape; left as it was.
    h : float
        How far each parameter is moved up and down.

    Returns
    -------
    ndarray
        (f(theta + h e_i) - f(theta - h e_i)) / 2h for every i, in theta's shape.
    """
    h = positive("h", h)
    theta = floats("theta", theta).copy()  # an integer could not be moved by h
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        kept = theta[i]
        theta[i] = kept + h
        above = f(theta)
        theta[i] = kept - h
        grad[i] = (above - f(theta)) / (2 * h)
        theta[i] = kept
    return grad


def check_gradient(value_and_grad, theta, h=1e-5) -> float:
    """Compare a gradient with central differences; below 1e-6 it is right, above 1e-3 wrong.

    Costs two evaluations per parameter and one more; ``check_direction`` costs three in all.

    Parameters
    ----------
    value_and_grad : callable
        ``theta -> (float, gradient)``.
    theta : ndarray of float64

    Returns
    -------
    float
        ‖g - n‖ / (‖g‖ + ‖n‖) with the gradient g and the numerical one n.

    Raises
    ------
    TypeError, ValueError
        If theta isn't float64, or the gradient hasn't its shape.
    """
    theta = _float64(theta)
    grad = _gradient(value_and_grad, theta)
    return relative_error(grad, numeric_gradient(lambda t: value_and_grad(t)[0], theta, h))


def check_direction(value_and_grad, theta, rng, h=1e-5) -> float:
    """Compare the slope along one random direction v: g · v against the central difference.

    A mistake anywhere in the gradient shows in almost every direction, so one is enough for
    networks of any size, for three evaluations. Parameters and result as in ``check_gradient``; v
    has length 1.
    """
    theta, h = _float64(theta), positive("h", h)
    v = generator(rng).normal(size=theta.shape)
    v /= np.linalg.norm(v)
    slope = np.sum(_gradient(value_and_grad, theta) * v)
    difference = value_and_grad(theta + h * v)[0] - value_and_grad(theta - h * v)[0]
    return relative_error(slope, difference / (2 * h))


def _float64(theta):
    if getattr(theta, "dtype", None) != np.float64:
        got = getattr(theta, "dtype", type(theta).__name__)
        raise TypeError(f"theta must be a float64 array, got {got}: differences need the precision")
    return theta.copy()  # it may be net.params, which a network's objective writes into


def _gradient(value_and_grad, theta):
    grad = np.array(value_and_grad(theta)[1])  # a copy: the next call may overwrite the original
    if grad.shape != theta.shape:
        raise ValueError(
            f"value_and_grad must return a gradient of theta's shape {theta.shape}, "
            f"got {grad.shape}"
        )
    return grad
