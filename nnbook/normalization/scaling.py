"""Three ways to scale the columns of a table: each is a shift and a unit."""

import numpy as np


def min_max(X):
    """The smallest value and the range of each column."""
    return X.min(axis=0), np.ptp(X, axis=0)


def z_score(X):
    """The mean and the standard deviation of each column."""
    return X.mean(axis=0), X.std(axis=0)


def robust(X):
    """The median of each column, and the width of its middle half."""
    low, middle, high = np.percentile(X, [25, 50, 75], axis=0)
    return middle, high - low


SCALINGS = {"min–max": min_max, "z-score": z_score, "robust": robust}


def scaled(X, scaling):
    """The columns of X (N, D) with a new zero and a new unit."""
    shift, unit = scaling(X)
    return (X - shift) / unit
