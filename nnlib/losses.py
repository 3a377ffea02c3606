"""How wrong a prediction is, and in which direction it should move.

Every loss is ``loss(pred, target) -> (value, dpred)``: a Python float, and the gradient of that
float with respect to pred, in pred's shape and precision. The value is a *mean*, so that the
learning rate doesn't depend on the batch size: over all numbers of pred for mse, mae, huber, hinge
and binary cross-entropy, over the N rows for softmax cross-entropy and KL.

Classification losses take *logits*, the raw scores of the last layer. Sigmoid and softmax are part
of the loss: computed together, exp and log cancel, and the gradient is just ``p - target``.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ._check import floats, positive, unit_interval
from .activations import sigmoid, softmax_and_log, softplus

Loss = Callable[..., tuple[float, np.ndarray]]  # loss(pred, target)


def _pair(pred: npt.ArrayLike, target: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """pred and target as float arrays of one shape; a column (N, 1) may meet a target (N,)."""
    pred, target = floats("pred", pred), floats("target", target)
    if pred.size == 0:
        raise ValueError(f"pred must hold at least one sample, got shape {pred.shape}")
    column = pred.shape[:1] == target.shape and pred.size == target.size
    if pred.shape != target.shape and not column:  # broadcasting (N, 1) - (N,) would give (N, N)
        raise ValueError(f"target must have pred's shape {pred.shape}, got {target.shape}")
    return pred, target.astype(pred.dtype, copy=False).reshape(pred.shape)


def mse(pred: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean squared error, mean((pred - target)²): what Gaussian noise asks for.

    Parameters
    ----------
    pred, target : array_like
        Arrays of one shape; a pred of (N, 1) may come with a target of (N,).

    Returns
    -------
    value : float
    dpred : ndarray
        2 (pred - target) / (number of elements).
    """
    pred, target = _pair(pred, target)
    error = pred - target
    return float(np.mean(np.square(error))), (2 / error.size) * error


def mae(pred: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean absolute error, ``mean(|pred - target|)``: an outlier pulls no harder than any other."""
    pred, target = _pair(pred, target)
    error = pred - target
    return float(np.mean(np.abs(error))), np.sign(error) / error.size


def huber(
    pred: npt.ArrayLike, target: npt.ArrayLike, delta: float = 1.0
) -> tuple[float, np.ndarray]:
    """Half the squared error up to delta, a straight line beyond it (Huber, 1964).

    The gradient is the error clipped to [-delta, delta], and with it c the loss is c (e - c/2).
    """
    delta = positive("delta", delta)
    pred, target = _pair(pred, target)
    error = pred - target
    clipped = np.clip(error, -delta, delta)
    return float(np.mean(clipped * (error - clipped / 2))), clipped / error.size


def hinge(pred: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean of max(0, 1 - y s), the margin loss of support vector machines (Cortes & Vapnik, 1995).

    Parameters
    ----------
    pred : array_like, (N,) or (N, 1)
        Scores s; their sign is the predicted class.
    target : array_like, (N,)
        Labels y, -1 or +1.
    """
    score, y = _pair(pred, target)
    if not np.all(np.abs(y) == 1):
        raise ValueError(f"target must hold the labels -1 and +1, got {np.unique(y)[:5]}")
    margin = 1 - y * score
    return float(np.mean(np.maximum(margin, 0))), np.where(margin > 0, -y, 0) / y.size


def binary_cross_entropy(pred: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean of -y log p - (1 - y) log(1 - p), with p = sigmoid(pred).

    Computed as y softplus(-z) + (1 - y) softplus(z), from the logit z: p itself rounds to exactly
    1 at z = 37, and log(1 - p) would be -infinity.

    Parameters
    ----------
    pred : array_like, (N,) or (N, 1)
        Logits z.
    target : array_like, (N,)
        Labels 0 and 1, or probabilities in between.

    Returns
    -------
    value : float
    dpred : ndarray
        (p - y) / (number of elements).
    """
    z, y = _pair(pred, target)
    if not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"target must be in [0, 1], got values from {y.min()} to {y.max()}")
    value = y * softplus(-z) + (1 - y) * softplus(z)
    return float(np.mean(value)), (sigmoid(z) - y) / y.size


def _rows(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """logits (N, K), and for each row the target q (N, K): probabilities, or of a label True."""
    logits, target = floats("logits", logits), np.asarray(target)
    if logits.ndim != 2 or logits.size == 0:
        raise ValueError(f"logits must have shape (N, K) with N, K >= 1, got {logits.shape}")
    n, k = logits.shape
    if target.shape == (n,) and target.dtype.kind in "iu":
        one_hot = target[:, np.newaxis] == np.arange(k)
        if np.count_nonzero(one_hot) < n:
            raise ValueError(
                f"target must hold labels 0 to {k - 1}, got {target.min()} to {target.max()}"
                f"{_ONE_LOGIT if k == 1 else ''}"
            )
        return logits, one_hot
    if target.shape != (n, k):
        raise ValueError(
            f"target must hold integer labels ({n},) or probabilities ({n}, {k}), "
            f"got {target.dtype} of shape {target.shape}{_ONE_LOGIT if k == 1 else ''}"
        )
    q = floats("target", target)
    rounding = max(1e-5, k * float(np.finfo(q.dtype).eps))
    if not (q.min() >= 0 and np.abs(q.sum(axis=1, dtype=np.float64) - 1).max() < rounding):
        raise ValueError("target must hold probabilities: rows of numbers >= 0 that sum to 1")
    return logits, q.astype(logits.dtype, copy=False)


_ONE_LOGIT = ": for a single logit take binary_cross_entropy"


def _mean_over_rows(q: np.ndarray, surprise: np.ndarray) -> float:
    """The mean over rows of sum_k q_k surprise_k, where 0 times infinity counts as 0."""
    if q.dtype.kind == "b":
        return float(surprise[q].sum()) / len(q)
    return float(np.vdot(q, np.where(q > 0, surprise, 0))) / len(q)


def softmax_cross_entropy(
    logits: npt.ArrayLike, target: npt.ArrayLike, label_smoothing: float = 0.0
) -> tuple[float, np.ndarray]:
    """Mean over rows of -sum_k q_k log p_k, with p = softmax(logits): the surprise at the truth.

    Parameters
    ----------
    logits : array_like, (N, K)
        Scores of K classes.
    target : array_like
        Integer labels (N,), or rows q of probabilities (N, K).
    label_smoothing : float in [0, 1)
        s mixes the target with the uniform distribution, (1 - s) q + s / K, so that no logit
        needs to grow for ever (Szegedy et al., 2016).

    Returns
    -------
    value : float
    dlogits : ndarray, (N, K)
        (p - q) / N.

    Raises
    ------
    ValueError
        If a label is not one of 0 … K - 1, or rows don't sum to 1.
    """
    s = unit_interval("label_smoothing", label_smoothing)
    logits, q = _rows(logits, target)
    if s > 0:
        q = (1 - s) * q.astype(logits.dtype) + s / logits.shape[1]
    p, log_p = softmax_and_log(logits)
    value = 0.0 - _mean_over_rows(q, log_p)  # and not -0.0
    p -= q
    p /= len(q)
    return value, p


def kl_divergence(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[float, np.ndarray]:
    """Mean over rows of sum_k q_k log(q_k / p_k), with p = softmax(logits); 0 where p equals q.

    It is the cross-entropy less the entropy of q, and q doesn't depend on the logits: the gradient
    is that of the cross-entropy (Kullback & Leibler, 1951).

    Parameters
    ----------
    logits : array_like, (N, K)
    target : array_like, (N, K)
        Rows q of probabilities; 0 log 0 counts as 0.
    """
    logits, q = _rows(logits, target)
    p, log_p = softmax_and_log(logits)
    log_q = np.log(np.where(q > 0, q, 1))  # of a label 0 everywhere
    return _mean_over_rows(q, log_q - log_p), (p - q) / len(q)
