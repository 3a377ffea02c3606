"""What networks read right, image by image, as the recorded experiments keep it.

A record lists the images that a network reads wrong, as they are few. A comparison of two networks
wants a number for each image, so that `nnbook.claims.claim` can count images as a sample.
"""

import numpy as np

IMAGES = 10_000  # held back from training, or for the test


def right(wrong, n=IMAGES):
    """Of lists of images that are read wrong, one for each seed: 1.0 where right, (seeds, n)."""
    found = np.ones((len(wrong), n))
    for row, images in zip(found, wrong, strict=True):
        row[images] = 0.0
    return found


def points(after, before):
    """How many points more the first of two records reads right, for each seed and image."""
    return 100 * (right(after["wrong"]) - right(before["wrong"]))
