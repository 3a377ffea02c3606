"""Penalties: a price for large weights, added to the loss.

A penalty has a value and a gradient for one array of weights; a network adds them up over its
weights. Biases and the scales of norms go free: they are few, and a large one overfits nothing.
"""

import numpy as np

from . import _check
from ._check import non_negative, positive
from .network import Network


class L2:
    """strength · sum(w²), gradient 2 · strength · w: pulls every weight in proportion to itself.

    A step of gradient descent multiplies the weights by 1 - 2 lr strength, hence "weight decay".
    (A ``weight_decay`` parameter elsewhere is often 2 · strength.)

    Parameters
    ----------
    strength : float >= 0
    """

    def __init__(self, strength: float):
        self.strength = non_negative("strength", strength)

    def value(self, w: np.ndarray) -> float:
        """strength · sum(w²)."""
        return self.strength * float(np.vdot(w, w))  # sum of squares without an array of squares

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """2 · strength · w."""
        return (2 * self.strength) * w


class L1:
    """``strength · sum(|w|)``, gradient ± strength: pulls all weights alike, many of them to 0.

    Parameters
    ----------
    strength : float >= 0
    """

    def __init__(self, strength: float):
        self.strength = non_negative("strength", strength)

    def value(self, w: np.ndarray) -> float:
        """``strength · sum(|w|)``."""
        return self.strength * float(np.sum(np.abs(w)))

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """strength · sign(w); 0 where w is 0."""
        return self.strength * np.sign(w)


class ElasticNet:
    """L1 plus L2, each with its own strength (Zou & Hastie, 2005)."""

    def __init__(self, l1: float, l2: float):
        self.l1, self.l2 = L1(non_negative("l1", l1)), L2(non_negative("l2", l2))

    def value(self, w: np.ndarray) -> float:
        """Both values added."""
        return self.l1.value(w) + self.l2.value(w)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """Both gradients added."""
        return self.l1.gradient(w) + self.l2.gradient(w)


def max_norm(net: Network, c: float) -> None:
    """Shrink, in place, every unit's incoming weights whose length exceeds c to the length c.

    To be called after each step (Srebro & Shraibman, 2005). A unit is a column of W (in, out), or a
    kernel of W (out, in, height, width); its weights shrink together and keep their direction.
    """
    c = positive("c", c)
    _check.network(net)
    for W, _ in net.weights:
        incoming = (1, 2, 3) if W.ndim == 4 else -2
        squares = np.square(W, dtype=np.float64)  # float32 might overflow
        norms = np.sqrt(np.sum(squares, axis=incoming, keepdims=True))
        W *= c / np.maximum(norms, c)  # 1 for those that are short enough
