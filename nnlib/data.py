"""Data: something to learn from, from two dimensions up to handwritten digits.

Everything comes as ``X`` (N, D), one sample a row, and ``y``, one label or target a row. Inputs are
float32 (what training uses) and labels int64. The toy sets draw from the generator you pass in:
the same generator state gives the same points.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _check
from ._check import count, generator, non_negative, number
from .mnist import DataUnavailable, Mnist, mnist

__all__ = ["DataUnavailable", "Digits", "Mnist", "digits", "mnist"]
__all__ += ["blobs", "circles", "moons", "noisy_sine", "spirals", "one_hot", "split"]


class Digits(NamedTuple):
    """Images as rows of pixels between 0 and 1, and the digit that each of them shows."""

    X: np.ndarray  # (N, D) float32
    y: np.ndarray  # (N,) int64


def digits() -> Digits:
    """Small handwritten digits that come with the library: 8 x 8 pixels, 13 writers.

    A network learns them in under a second, so they serve wherever a page trains while you watch.

    Returns
    -------
    Digits
        ``X`` (1797, 64) float32, 0 is paper and 1 is ink; ``y`` (1797,) int64, the digit 0 to 9.
        ``X[i].reshape(8, 8)`` is image i.

    References
    ----------
    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, doi:10.24432/C50P49, CC BY 4.0. The file beside the data says more.
    """
    with np.load(Path(__file__).with_name("_data") / "digits.npz", allow_pickle=False) as file:
        return Digits(file["X"].astype(np.float32) / 16, file["y"].astype(np.int64))


def one_hot(labels: npt.ArrayLike, n_classes: int) -> np.ndarray:
    """Turn each label into a row of zeros with a single 1, in the label's column.

    The width is an argument because data cannot tell it: a batch without the highest label would
    come out one column too narrow.

    Parameters
    ----------
    labels : integers (N,), each in 0 ... n_classes - 1
    n_classes : int

    Returns
    -------
    array (N, n_classes), float32

    Raises
    ------
    ValueError
        If a label or n_classes is not an integer, or a label lies outside the range.
    """
    labels, n_classes = np.asarray(labels), count("n_classes", n_classes)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be integers of shape (N,), got {labels.dtype} {labels.shape}"
        )
    outside = labels[(labels < 0) | (labels >= n_classes)]
    if outside.size:
        raise ValueError(f"labels must lie in 0 ... {n_classes - 1}, got {outside[0]}")
    rows = np.zeros((len(labels), n_classes), dtype=np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def split(
    X: npt.ArrayLike, y: npt.ArrayLike, *, fractions: npt.ArrayLike, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Shuffle the samples, each image with its label, and deal them into parts.

    One permutation serves ``X`` and ``y``; two would give every image a stranger's label.

    Parameters
    ----------
    X, y : arrays with N rows each
    fractions : sequence of positive numbers that sum to 1
        (0.8, 0.2) gives training and validation data, (0.6, 0.2, 0.2) a test set too.
    rng : numpy.random.Generator

    Returns
    -------
    list of (X, y), one pair for each fraction
        Every sample is in exactly one part. Sizes are rounded to whole samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> (X_train, y_train), (X_val, y_val) = split(*digits(), fractions=(0.8, 0.2), rng=rng)
    >>> len(X_train), len(X_val)
    (1438, 359)
    """
    X, y, fractions = np.asarray(X), np.asarray(y), np.asarray(fractions, dtype=float)
    _check.rows("X", X, "y", y)
    if fractions.ndim != 1 or not (fractions > 0).all() or abs(fractions.sum() - 1) > 1e-9:
        raise ValueError(f"fractions must be positive and sum to 1, got {fractions.tolist()}")
    ends = np.rint(np.cumsum(fractions) * len(X)).astype(int)
    parts = np.split(generator(rng).permutation(len(X)), ends[:-1])  # row numbers
    if min(len(rows) for rows in parts) == 0:
        raise ValueError(f"fractions {fractions.tolist()} leave a part of {len(X)} rows empty")
    return [(X[rows], y[rows]) for rows in parts]


def moons(n: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into each other: no straight line separates them.

    Class 0 is the upper arc (cos a, sin a), class 1 the lower one (1 - cos a, 1/2 - sin a), with
    random angles a from 0 to pi.

    Parameters
    ----------
    n : int
        Points in all. Even rows belong to class 0, odd rows to class 1.
    noise : float, at least 0
        Standard deviation of the normal noise added to both coordinates.
    rng : numpy.random.Generator

    Returns
    -------
    X (n, 2) float32, y (n,) int64
    """
    y = _classes(n, 2)
    angle = generator(rng).uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (n, 2)
    X = np.where(y[:, None] == 0, upper, [1, 0.5] - upper)
    return _noisy(X, noise, rng), y


def circles(
    n: int, noise: float, rng: np.random.Generator, *, inner: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """A ring of radius 1 (class 0) around a ring of radius ``inner`` (class 1, between 0 and 1).

    The other parameters and what is returned are those of `moons`.
    """
    if not 0 < number("inner", inner) < 1:
        raise ValueError(f"inner must lie between 0 and 1, got {inner}")
    y = _classes(n, 2)
    radius = np.where(y == 0, 1, inner)
    return _noisy(_polar(radius, generator(rng).uniform(0, 2 * np.pi, n)), noise, rng), y


def blobs(
    n: int, noise: float, rng: np.random.Generator, *, classes: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """One round cloud for each class, their centres evenly spaced on the unit circle.

    ``noise`` is the standard deviation of a cloud: about 0.2 leaves three of them apart, 0.6 lets
    them overlap. The other parameters and what is returned are those of `moons`.
    """
    y = _classes(n, classes)
    centres = _polar(1, 2 * np.pi * y / classes)
    return _noisy(centres, noise, rng), y


def spirals(
    n: int, noise: float, rng: np.random.Generator, *, classes: int = 2, turns: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Arms of a galaxy, one for each class, wound ``turns`` times around the origin.

    On an arm the radius grows from 0 to 1 with the angle. The other parameters and what is returned
    are those of `moons`.
    """
    y = _classes(n, classes)
    turns, radius = number("turns", turns), generator(rng).uniform(0, 1, n)
    return _noisy(_polar(radius, 2 * np.pi * (turns * radius + y / classes)), noise, rng), y


def noisy_sine(n: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One period of a sine, seen at random places and through noise: y = sin(2 pi x) + noise.

    Parameters
    ----------
    n : int
        Number of samples.
    noise : float, at least 0
        Standard deviation of the normal noise added to y.
    rng : numpy.random.Generator

    Returns
    -------
    x (n, 1) float32 in [0, 1], y (n, 1) float32
    """
    x = generator(rng).uniform(0, 1, (count("n", n), 1))
    return x.astype(np.float32), _noisy(np.sin(2 * np.pi * x), noise, rng)


def _classes(n: int, classes: int) -> np.ndarray:
    """Labels 0, 1, ..., classes - 1, 0, 1, ... (n,): every class as often as the others."""
    return np.arange(count("n", n)) % count("classes", classes)


def _polar(radius: npt.ArrayLike, angle: np.ndarray) -> np.ndarray:
    """Points (n, 2) at a distance and an angle from the origin."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _noisy(values: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Add normal noise with the standard deviation ``noise``; the result is float32."""
    errors = non_negative("noise", noise) * generator(rng).standard_normal(values.shape)
    return (values + errors).astype(np.float32)
