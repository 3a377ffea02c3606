"""Digits on a sheet with a margin, so that they can lie elsewhere than in the middle."""

import numpy as np

from nnlib.data import digits

MARGIN = 2  # pixels of paper around the 8 x 8 digit
SIDE = 8 + 2 * MARGIN
TRAINING, VALIDATION = 957, 300  # of 1,797 digits; the other 540 are for the test
COPIES = 4  # sheets that a training digit gets if digits may lie anywhere
WAYS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])  # up, down, left, right


def sheets():
    """All digits in the middle of a sheet, float32 (1797, 1, 12, 12), and their labels (1797,)."""
    X, y = digits()
    margin = (MARGIN, MARGIN)
    return np.pad(X.reshape(-1, 1, 8, 8), ((0, 0), (0, 0), margin, margin)), y


def moved(images, down, right):
    """Images (N, 1, H, W), each moved by its own number of pixels: down and right, (N,) or numbers.

    What leaves the sheet on one side comes back on the other: up to the margin that is paper.
    """
    down, right = (np.broadcast_to(d, len(images)) for d in (down, right))
    shifts = zip(images, down, right, strict=True)
    return np.stack([np.roll(image, (d, r), axis=(1, 2)) for image, d, r in shifts])


def anywhere(images, rng):
    """Each image at a place of its own, drawn from all at which it lies wholly on the sheet."""
    return moved(images, *rng.integers(-MARGIN, MARGIN + 1, (2, len(images))))


def aside(images, distance):
    """Each image moved by a distance in one of four directions, the same ones with every call."""
    ways = WAYS[np.random.default_rng(0).integers(4, size=len(images))]
    return moved(images, *(distance * ways).T)


def deal(seed):
    """The numbers of the digits to train on, (957,), to choose by, (300,), and to test, (540,)."""
    order = np.random.default_rng(seed).permutation(len(digits().y))
    return np.split(order, [TRAINING, TRAINING + VALIDATION])
