"""Attention, in which every element of a sequence looks at all the others, and a loss for tokens.

Plain functions. ``attention_backward`` takes the gradient with respect to the result and returns
those with respect to the arguments, in their order.
"""

import math

import numpy as np
import numpy.typing as npt

from ._check import count, floats
from .activations import softmax
from .losses import softmax_cross_entropy


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
    if 0 in (*Q.shape[-2:], *K.shape[-2:]):
        raise ValueError(f"Q and K must not be empty, got {Q.shape} and {K.shape}")
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


def token_cross_entropy(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean cross-entropy over those tokens of some sequences for which there is an answer.

    Every token of a sequence is a sample for `softmax_cross_entropy`, and the batch is all of them.

    Parameters
    ----------
    logits : array_like, (…, K)
        Scores of K classes, for each token.
    target : array_like of int, (…)
        The right class of each token, and -1 where nothing is asked.

    Returns
    -------
    value : float
    dlogits : ndarray, (…, K)
        (p - q) / (number of tokens that are asked), and 0 for those that are not.
    """
    logits, target = floats("logits", logits), np.asarray(target)
    if target.shape != logits.shape[:-1] or target.dtype.kind not in "iu":
        raise ValueError(
            f"target must hold a label for each token, integers of shape {logits.shape[:-1]}, "
            f"got {target.dtype} of shape {target.shape}"
        )
    asked = target != -1
    if not asked.any():
        raise ValueError("target must ask for at least one token, and there is none but -1")
    if target.min() < -1:
        raise ValueError(
            f"target must hold labels, or -1 where nothing is asked, got {target.min()}"
        )
    dlogits = np.zeros_like(logits)
    value, dlogits[asked] = softmax_cross_entropy(logits[asked], target[asked])
    return value, dlogits


def _floats(**arrays: npt.ArrayLike) -> list[np.ndarray]:
    return [floats(name, array) for name, array in arrays.items()]
