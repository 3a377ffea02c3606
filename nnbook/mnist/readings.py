"""What networks read right, image by image, as the recorded experiments keep it.

A record lists the images that a network reads wrong, as they are few. A comparison of two networks
wants a number for each image, so that `nnbook.claims.claim` can count images as a sample.
"""

from pathlib import Path

import numpy as np

IMAGES = 10_000  # held back from training, or for the test
MISREAD = Path(__file__).with_name("misread.npz")  # written by experiments/reference.py


def right(wrong, n=IMAGES):
    """Of lists of images that are read wrong, one for each seed: 1.0 where right, (seeds, n)."""
    found = np.ones((len(wrong), n))
    for row, images in zip(found, wrong, strict=True):
        row[images] = 0.0
    return found


def points(after, before):
    """How many points more the first of two records reads right, for each seed and image."""
    return 100 * (right(after["wrong"]) - right(before["wrong"]))


def misread():
    """The test images of the reference network's most confident mistakes: (12, 784), 0 to 1."""
    with np.load(MISREAD) as file:
        return file["images"] / 255
