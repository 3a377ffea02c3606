"""The curvature of a loss over many parameters, from differences of its gradient."""

import numpy as np


def hessian_vector(value_and_grad, theta, v, h=1e-4):
    """H v, the change of the gradient along v, by a central difference: two gradients, no H.

    Parameters
    ----------
    value_and_grad : function
        Takes theta, and returns the loss and its gradient.
    theta, v : array (P,)
    h : float
        How far to go along v, either way.

    Returns
    -------
    array (P,)
    """
    (_, ahead), (_, behind) = (value_and_grad(theta + step * v) for step in (h, -h))
    return (ahead - behind) / (2 * h)


def hessian(value_and_grad, theta):
    """The matrix of second derivatives (P, P), from a Hessian-vector product for each column."""
    columns = [hessian_vector(value_and_grad, theta, e) for e in np.eye(len(theta))]
    H = np.array(columns)
    return (H + H.T) / 2  # its two halves differ by rounding


def spectra(value_and_grad, theta, lr, steps):
    """Gradient descent, with the loss and all curvatures at the steps that are listed.

    Returns
    -------
    losses : array (T,)
    curvatures : array (T, P)
        Eigenvalues of the Hessian, the smallest first.
    """
    losses, curvatures, theta = [], [], theta.copy()
    for t in range(max(steps) + 1):
        value, gradient = value_and_grad(theta)
        if t in steps:
            losses.append(value)
            curvatures.append(np.linalg.eigvalsh(hessian(value_and_grad, theta)))
        theta -= lr * gradient
    return np.array(losses), np.array(curvatures)
