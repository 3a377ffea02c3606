"""Clipping: a gradient that is too long is shortened before an optimizer sees it."""

import math

import numpy as np

from ._check import floats_in_place, positive


def clip_norm(grad: np.ndarray, max_norm: float) -> float:
    """Shorten a gradient that is longer than max_norm, in place; its direction stays.

    ``grad *= min(1, max_norm / norm)``

    The norm is that of all numbers in grad together (PyTorch divides by norm + 1e-6).

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    ValueError
        If max_norm isn't positive, or the norm is nan or infinite: no scaling repairs that.
    """
    floats_in_place("grad", grad)
    norm = shorten(grad, positive("max_norm", max_norm))
    if not math.isfinite(norm):
        raise ValueError(f"grad must have a finite norm to be clipped, got {norm}")
    return norm


def shorten(grad: np.ndarray, max_norm: float) -> float:
    """`clip_norm` without its checks: where the norm isn't finite, grad stays as it is."""
    norm = float(np.linalg.norm(grad.astype(np.float64, copy=False)))  # float32 might overflow
    if max_norm < norm < math.inf:
        grad *= max_norm / norm
    return norm


def clip_value(grad: np.ndarray, limit: float) -> None:
    """Cut every number of a gradient to [-limit, limit], in place; its direction may change."""
    floats_in_place("grad", grad)
    limit = positive("limit", limit)
    np.clip(grad, -limit, limit, out=grad)
