"""Metrics: how good the predictions are, in numbers that a person can use."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._check import count, floats


def accuracy(pred: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The share of predicted labels that are right.

    Parameters
    ----------
    pred, labels : integers (N,)
        Predicted and true labels; ``net.predict(X)`` gives the first.

    Raises
    ------
    ValueError
        If they aren't integers of one shape (N,), or N is 0.
    """
    pred, labels = _label_pair(pred, labels)
    return float(np.mean(pred == labels))


def confusion_matrix(pred: npt.ArrayLike, labels: npt.ArrayLike, n_classes: int) -> np.ndarray:
    """Who is taken for whom: ``C[i, j]`` samples of class i were predicted to be j.

    Right answers lie on the diagonal; row i sums to the number of samples of class i.

    Parameters
    ----------
    pred, labels : integers (N,), each in 0 … n_classes - 1
    n_classes : int

    Returns
    -------
    array (n_classes, n_classes) of integers
    """
    n_classes = count("n_classes", n_classes)
    pred, labels = _label_pair(pred, labels, n_classes)
    pairs = np.bincount(n_classes * labels + pred, minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes)


class Calibration(NamedTuple):
    """What `calibration` found, per bin of confidence; nan where a bin is empty."""

    confidence: np.ndarray  # (bins,) mean confidence of the bin's samples
    accuracy: np.ndarray  # (bins,) share of them that are right
    count: np.ndarray  # type: ignore[assignment]  # (bins,) how many they are; tuple.count is hidden
    error: float  # mean of |accuracy - confidence| over all samples


def calibration(probabilities: npt.ArrayLike, labels: npt.ArrayLike, bins: int = 10) -> Calibration:
    """Do predictions made with 80 % confidence come true 80 % of the time?

    Samples are sorted into bins of equal width by their confidence, the largest of their
    probabilities. A calibrated network has ``accuracy = confidence`` in each; where accuracy is
    lower it is overconfident. ``error`` is the expected calibration error,
    ``sum over bins of count / N * |accuracy - confidence|``.

    Parameters
    ----------
    probabilities : array (N, K)
        Rows that sum to 1: the softmax of logits.
    labels : integers (N,), each in 0 … K - 1
    bins : int >= 1
        Bin i holds ``i / bins <= confidence < (i + 1) / bins``; the last one 1 as well.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
    binning; Guo et al. (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """
    probabilities, bins = floats("probabilities", probabilities), count("bins", bins)
    if (
        probabilities.ndim != 2
        or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)
        or probabilities.min(initial=0) < 0
    ):
        raise ValueError(
            "probabilities must be rows of numbers >= 0 that sum to 1, "
            f"got an array of shape {probabilities.shape}"
        )
    pred, labels = _label_pair(
        probabilities.argmax(axis=1), labels, probabilities.shape[1], name="probabilities"
    )
    confidence = probabilities.max(axis=1).astype(np.float64)
    where = np.digitize(confidence, np.arange(1, bins) / bins)  # (N,) the bin of each
    n, right, total = (
        np.bincount(where, weights, minlength=bins)
        for weights in (None, pred == labels, confidence)
    )
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin
        error = np.abs(right - total).sum() / len(labels)
        return Calibration(total / n, right / n, n, float(error))


def _label_pair(
    pred: npt.ArrayLike, labels: npt.ArrayLike, n_classes: int | None = None, name: str = "pred"
) -> tuple[np.ndarray, np.ndarray]:
    pred, labels = np.asarray(pred), np.asarray(labels)
    for its_name, values in ((name, pred), ("labels", labels)):
        if values.ndim != 1 or values.dtype.kind not in "iu":
            raise ValueError(
                f"{its_name} must be integers of shape (N,), "
                f"got {values.dtype} of shape {values.shape}"
            )
    if len(pred) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"{name} and labels must have the same length, at least one, "
            f"got {len(pred)} and {len(labels)}"
        )
    for its_name, values in ((name, pred), ("labels", labels)):
        if n_classes is not None and (values.min() < 0 or values.max() >= n_classes):
            raise ValueError(
                f"{its_name} must lie in 0 … {n_classes - 1}, got {values.min()} to {values.max()}"
            )
    return pred.astype(np.int64), labels.astype(np.int64)  # uint8 * 10 would overflow
