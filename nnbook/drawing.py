"""From a drawing to a picture such as MNIST's, and what can befall such a picture on the way.

A picture is an array (28, 28) of numbers from 0, paper, to 1, ink; a drawing is a square one of any
size.
"""

import numpy as np

SIDE = 28  # pixels of a picture
BOX = 20  # pixels of the square that a digit just fits into
MIDDLE = 14  # the row and the column of a digit's centre of mass, counted from 0


def centred(drawing):
    """Scale and place a digit as MNIST's makers did.

    What is drawn is scaled, its proportions kept, until it just fits into 20 x 20 pixels. A pixel's
    grey is the share of ink on its area. The result is moved by whole pixels until its centre of
    mass lies in the middle of the picture.

    Parameters
    ----------
    drawing : array_like, (n, n)
        From 0, paper, to 1, ink.

    Returns
    -------
    ndarray, (28, 28)
        All paper if nothing is drawn.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition, Proceedings of the IEEE 86 (1998), section III.A.
    """
    digit = cropped(np.asarray(drawing, float))
    picture = np.zeros((SIDE, SIDE))
    if digit.size:
        scale = BOX / max(digit.shape)
        small = scaled(digit, scale)
        rows, columns = (_window(small.sum(axis=k)) for k in (1, 0))
        picture[rows, columns] = small
    return picture


def shrunk(drawing):
    """A whole drawing, with its paper, as a picture: the digit keeps its place and its size."""
    drawing = np.asarray(drawing, float)
    return scaled(drawing, SIDE / len(drawing))


def cropped(drawing):
    """The smallest rectangle with all ink; empty if there is none."""
    rows, columns = (np.flatnonzero(drawing.any(axis=k)) for k in (1, 0))
    if not len(rows):
        return drawing[:0, :0]
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(image, scale):
    """An image in another size: each new pixel is the mean of what lies on its area."""
    down, across = (_overlap(n, scale) for n in image.shape)
    return down @ image @ across.T


def _overlap(n, scale):
    """How much of new pixel i is covered by old pixel j, of ``n`` in a row: (new, n)."""
    new = int(np.ceil(n * scale - 1e-9))  # a rounding error is no pixel
    left, old_left = np.arange(new)[:, None], scale * np.arange(n)
    return np.clip(np.minimum(left + 1, old_left + scale) - np.maximum(left, old_left), 0, None)


def _window(ink):
    """Where to put rows (or columns) with so much ink, so that their mean is in the middle."""
    mean = ink @ np.arange(len(ink)) / ink.sum()
    start = MIDDLE - round(mean + 1e-9)  # what lies between two pixels goes one way at any size
    start = min(max(start, 0), SIDE - len(ink))  # whatever its mass, the digit stays on the picture
    return slice(start, start + len(ink))


def moved(picture, right=0.0, turn=0.0):
    """Turn a picture clockwise about its middle by ``turn`` degrees, and move it to the right.

    Where a new pixel's middle falls between four old ones, it takes their mean, weighted by
    nearness. What leaves the picture is lost.
    """
    angle = np.deg2rad(turn)
    across, down = np.meshgrid(*2 * [np.arange(SIDE) - MIDDLE])
    across = across - right
    old_across = MIDDLE + np.cos(angle) * across + np.sin(angle) * down  # turned back
    old_down = MIDDLE - np.sin(angle) * across + np.cos(angle) * down
    return _between(picture, old_down, old_across)


def _between(picture, down, across):
    """The picture at places between its pixels, bilinearly; paper around it."""
    framed = np.pad(picture, 1)
    down, across = (np.clip(places + 1, 0, SIDE + 1 - 1e-9) for places in (down, across))
    i, j = down.astype(int), across.astype(int)
    u, v = down - i, across - j
    upper = (1 - v) * framed[i, j] + v * framed[i, j + 1]
    lower = (1 - v) * framed[i + 1, j] + v * framed[i + 1, j + 1]
    return (1 - u) * upper + u * lower


def thickened(picture, pixels):
    """Make strokes thicker by so many pixels on each side, or thinner if it is negative.

    For one pixel each pixel takes the largest number among its own and its four neighbours', or the
    smallest; for a part of a pixel, so much of the way there.
    """
    extreme = np.maximum if pixels > 0 else np.minimum
    left = abs(pixels)
    while left > 0:
        framed, part = np.pad(picture, 1), min(left, 1)
        sides = framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:]
        picture = (1 - part) * picture + part * extreme.reduce([picture, *sides])
        left -= 1
    return picture
