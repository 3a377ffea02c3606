"""What the page *Draw a digit* asks: a network of the MNIST chapter reads what a reader has drawn.

Each function takes and returns what JSON can hold. Pictures are base64 of one byte a pixel, row by
row: 0 is paper, 255 is ink. ``python -m experiments digit`` makes the file of the network.
"""

import base64
import math
from functools import cache
from pathlib import Path

import numpy as np

from nnlib.activations import softmax
from nnlib.init import glorot_normal
from nnlib.layers import Linear, ReLU
from nnlib.network import Network

from .drawing import centred, moved, shrunk, thickened
from .eight_bits import restore

UNITS = 6  # whose weights are shown


@cache
def contents():
    """The arrays of the file: weights, example images, and what it takes for what."""
    with np.load(Path(__file__).with_name("digit.npz")) as file:
        return dict(file)


@cache
def network():
    """784-600-10, restored from 8 bits; and what its first layer has learned, (784, 600).

    Most of a weight is still its random start, which would hide the rest in a picture. The start is
    known, as the seed is, and so is the share of it that is left.
    """
    saved = contents()
    rng = np.random.default_rng(int(saved["seed"]))
    net = Network([Linear(784, 600), ReLU(), Linear(600, 10, init=glorot_normal)], rng=rng)
    start = net.layers[0].W.copy()
    restore(net, saved)
    return net, net.layers[0].W - saved["kept"] * start


def examples():
    """Some test images of MNIST: ``[{"name": "a 7", "picture": "AAAA…"}, …]``."""
    images, labels = contents()["images"], contents()["labels"].tolist()
    read_as = network()[0].predict(images / 255).tolist()
    return [
        {
            "name": _a(label) + ("" if guess == label else " that it misreads"),
            "picture": _packed(image),
        }
        for image, label, guess in zip(images, labels, read_as, strict=True)
    ]


def seen(drawing, centre=True):
    """A square drawing as the picture that the network gets, 28 x 28; None if there is no ink.

    ``centre``: scaled and placed as MNIST's digits are, else the whole square made smaller.
    """
    ink = _unpacked(drawing)
    if not ink.any():
        return None
    return _packed(255 * (centred(ink) if centre else shrunk(ink)))


def read(picture, right=0.0, turn=0.0, thicker=0.0):
    """What the network says of a picture, after strokes were thickened, it was turned and moved.

    Returns
    -------
    dict
        ``picture``: what the network gets. ``probabilities``: of the ten digits. ``says``: a
        sentence. ``units``: of the hidden units, those with the largest output, each with its
        ``number``, its ``output``, what it ``adds`` to the logit of the digit that is read, and its
        ``weights``: a picture of what it has learned, in which a byte is signed.
    """
    changed = moved(thickened(_unpacked(picture), thicker), right, turn)
    net, learned = network()
    p = softmax(net(changed.reshape(1, -1)).astype(float))[0]  # (10,)
    last = net.layers[-1]
    hidden = last.x[0]  # (600,)
    adds = hidden * last.W[:, p.argmax()]
    return {
        "picture": _packed(255 * changed),
        "probabilities": p.tolist(),
        "says": _says(p) if changed.any() else "No ink is left, and still it has an answer.",
        "units": [
            {
                "number": int(unit),
                "output": float(hidden[unit]),
                "adds": float(adds[unit]),
                "weights": _packed(127 * learned[:, unit] / np.abs(learned[:, unit]).max()),
            }
            for unit in np.argsort(-hidden)[:UNITS]
        ],
    }


def _says(p):
    first, second = np.argsort(-p)[:2]
    return (
        f"It reads {_a(first)}, with a probability of {percent(p[first])}. "
        f"{_a(second).capitalize()} has {percent(p[second])}."
    )


def _a(digit):
    return f"an {digit}" if digit == 8 else f"a {digit}"


def wrong(probabilities, drawn):
    """What to say to who has drawn another digit: its place, and how often others are misread."""
    p, C = np.array(probabilities), contents()["confusion"]
    guess, place = int(p.argmax()), int((p > p[drawn]).sum())
    if guess == drawn:
        return f"So it is right: it reads {_a(drawn)}."
    times, same = C[drawn, guess], C[drawn].sum() - C[drawn, drawn]
    return (
        f"Your {drawn} has {percent(p[drawn])}, place {place + 1} of 10. Of the {C[drawn].sum():,} "
        f"{drawn}s among MNIST's test images it reads {same} wrong, {times} of them as {_a(guess)}."
    )


def percent(p):
    """A probability for a reader; the ends are never quite reached."""
    if p < 0.001:
        return "less than 0.1 %"
    return "more than 99.9 %" if p > 0.999 else f"{p:.1%}".replace("%", " %")


def _packed(values):
    """Numbers from -128 to 255 as base64, each rounded to one byte (if negative, with its sign)."""
    whole = np.rint(values).astype(np.int16)
    return base64.b64encode(whole.astype(np.uint8).tobytes()).decode()


def _unpacked(text):
    """A square picture, from 0 to 1."""
    values = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    side = math.isqrt(len(values))
    if side**2 != len(values):
        raise ValueError(f"a picture must be a square of bytes, got {len(values)}")
    return values.reshape(side, side) / 255
