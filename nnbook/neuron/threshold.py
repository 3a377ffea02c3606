"""A threshold on a score: what it finds, what it takes for it, and how often it is right."""

import numpy as np


def rates(scores, truth, threshold):
    """Recall and false alarms: the shares of class 1 and of class 0 with a score above it.

    Parameters
    ----------
    scores : array (N,)
        The larger, the more likely class 1: probabilities, or z.
    truth : array (N,) of bool
        Which examples are of class 1.
    threshold : float

    Returns
    -------
    (float, float)
    """
    above = scores > threshold
    return float(above[truth].mean()), float(above[~truth].mean())


def roc(scores, truth):
    """Recall and false alarms at every threshold that changes them: two arrays, from 0 to 1."""
    thresholds = np.append(np.unique(scores)[::-1], -np.inf)  # from "never" to "always"
    return np.transpose([rates(scores, truth, t) for t in thresholds])


def precision(recall, false_alarms, share):
    """Which share of the alarms is right, where a ``share`` of all examples is of class 1.

    nan where there are no alarms.
    """
    right, wrong = share * np.asarray(recall), (1 - share) * np.asarray(false_alarms)
    with np.errstate(invalid="ignore"):
        return right / (right + wrong)


def area(scores, truth):
    """The area under the ROC curve.

    It is the share of pairs, one example of either class, in which the one of class 1 has the
    higher score; equal scores count half.
    """
    gaps = np.subtract.outer(scores[truth], scores[~truth])
    return float(np.mean((gaps > 0) + 0.5 * (gaps == 0)))
