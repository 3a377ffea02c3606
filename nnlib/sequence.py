"""Two ways to read a sequence: one element after the other, or all of them at once.

Plain functions, each with its ``_backward``, which takes the gradient with respect to the result
and returns those with respect to the arguments, in their order.
"""

import math

import numpy as np
import numpy.typing as npt

from ._check import count, floats
from .activations import softmax


def causal_mask(length: int) -> np.ndarray:
    """Which of T elements each may look at: itself and those before, a triangle (T, T) of bool."""
    return np.tri(count("length", length), dtype=bool)


def attention_weights(
    Q: npt.ArrayLike, K: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """How much each query looks at each key: softmax(Q Kᵀ / sqrt(d)), rows that sum to 1.

    If queries and keys have components of variance 1, q · k has variance d. The root brings that
    back to 1; without it, softmax saturates and its gradient vanishes.

    Parameters
    ----------
    Q : array_like, (…, T, d)
        T queries.
    K : array_like, (…, S, d)
        S keys.
    mask : array_like of bool, optional
        (T, S), or what broadcasts to (…, T, S): False where a query must not look. Its scores
        become -inf *before* the softmax, so that the others still sum to 1.

    Returns
    -------
    ndarray, (…, T, S)
    """
    Q, K = floats("Q", Q), floats("K", K)
    if min(Q.ndim, K.ndim) < 2 or Q.shape[-1] != K.shape[-1] or Q.shape[:-2] != K.shape[:-2]:
        raise ValueError(f"Q and K must be (…, T, d) and (…, S, d), got {Q.shape} and {K.shape}")
    scores = Q @ K.swapaxes(-1, -2) / math.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(_mask(mask, scores.shape), scores, scores.dtype.type(-np.inf))
    return softmax(scores)


def attention(
    Q: npt.ArrayLike, K: npt.ArrayLike, V: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """Scaled dot-product attention: every query gets a weighted mean of the values.

    softmax(Q Kᵀ / sqrt(d)) V, from Vaswani et al. (2017). The order of keys and values, changed
    together, doesn't matter: position has to be told by other means.

    Parameters
    ----------
    Q : array_like, (…, T, d)
    K : array_like, (…, S, d)
    V : array_like, (…, S, e)
    mask : array_like of bool, optional
        See ``attention_weights``.

    Returns
    -------
    ndarray, (…, T, e)
    """
    return attention_weights(Q, K, mask) @ _values(V, K)


def attention_backward(
    dY: npt.ArrayLike,
    Q: npt.ArrayLike,
    K: npt.ArrayLike,
    V: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dQ, dK, dV) of attention, for the gradient dY (…, T, e) of its result.

    The mask needs no line of its own: where a weight is 0, so is the gradient of its score.
    """
    A, V = attention_weights(Q, K, mask), _values(V, K)  # (…, T, S), (…, S, e)
    dY, Q, K = _floats(dY=dY, Q=Q, K=K)
    shape = (*A.shape[:-1], V.shape[-1])
    if dY.shape != shape:
        raise ValueError(f"dY must have the result's shape {shape}, got {dY.shape}")
    dV = A.swapaxes(-1, -2) @ dY
    dA = dY @ V.swapaxes(-1, -2)
    dscores = A * (dA - np.sum(dA * A, axis=-1, keepdims=True))  # through softmax, row by row
    dscores /= math.sqrt(Q.shape[-1])
    return dscores @ K, dscores.swapaxes(-1, -2) @ Q, dV


def _mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    mask = np.asarray(mask)
    try:
        fits = mask.dtype == bool and np.broadcast_shapes(mask.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask must hold True and False and broadcast to {shape}, got {mask.dtype} {mask.shape}"
        )
    if not mask.any(axis=-1).all():
        raise ValueError("mask must leave every query a key to look at, got a row of False")
    return mask


def _values(V: npt.ArrayLike, K: npt.ArrayLike) -> np.ndarray:
    V = floats("V", V)
    if V.ndim < 2 or V.shape[:-1] != np.shape(K)[:-1]:
        raise ValueError(f"V must be (…, S, e) for K (…, S, d) = {np.shape(K)}, got {V.shape}")
    return V


def recurrent(
    x: npt.ArrayLike, h: npt.ArrayLike, Wx: npt.ArrayLike, Wh: npt.ArrayLike, b: npt.ArrayLike
) -> np.ndarray:
    """One step of a plain recurrent network: the new state tanh(x Wx + h Wh + b) (Elman, 1990).

    The same weights serve every step of a sequence.

    Parameters
    ----------
    x : array_like, (N, D)
        The sequence's next element, for N sequences.
    h : array_like, (N, H)
        The state so far.
    Wx, Wh, b : array_like, (D, H), (H, H), (H,)

    Returns
    -------
    ndarray, (N, H)
    """
    x, h, Wx, Wh, b = _floats(x=x, h=h, Wx=Wx, Wh=Wh, b=b)
    shapes = [a.shape for a in (x, h, Wx, Wh, b)]
    if x.ndim != 2 or h.ndim != 2 or shapes != _recurrent_shapes(x, h):
        raise ValueError(
            f"x, h, Wx, Wh, b must be (N, D), (N, H), (D, H), (H, H), (H,), got {shapes}"
        )
    return np.tanh(x @ Wx + h @ Wh + b)


def recurrent_backward(
    dh_new: npt.ArrayLike,
    x: npt.ArrayLike,
    h: npt.ArrayLike,
    Wx: npt.ArrayLike,
    Wh: npt.ArrayLike,
    b: npt.ArrayLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients (dx, dh, dWx, dWh, db) of one step, for the gradient of the new state (N, H).

    Backpropagation through time: go through the steps in reverse order, pass dh on as the gradient
    of the step before, and add up the dWx, dWh and db of all steps.
    """
    h_new = recurrent(x, h, Wx, Wh, b)
    dh_new, x, h, Wx, Wh = _floats(dh_new=dh_new, x=x, h=h, Wx=Wx, Wh=Wh)
    if dh_new.shape != h_new.shape:
        raise ValueError(f"dh_new must have the state's shape {h_new.shape}, got {dh_new.shape}")
    dz = dh_new * (1 - np.square(h_new))
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)


def _recurrent_shapes(x: np.ndarray, h: np.ndarray) -> list[tuple[int, ...]]:
    (n, d), k = x.shape, h.shape[1]
    return [(n, d), (n, k), (d, k), (k, k), (k,)]


def _floats(**arrays: npt.ArrayLike) -> list[np.ndarray]:
    return [floats(name, array) for name, array in arrays.items()]
