"""784-600-10 in 8 bits: what does it lose, and what does it say of a few digits?

The `reference` network of seed 0, trained again. Its weights in 8 bits are the file that the page
*Draw a digit* reads with (`nnbook.digit`), together with some test images to try: of each digit the
first that is read right, and the most confident mistakes. The test images choose nothing else.
"""

from dataclasses import asdict
from pathlib import Path

import numpy as np

import nnbook
from nnbook.eight_bits import quantized, restore
from nnbook.mnist.recipe import fit
from nnlib.activations import softmax
from nnlib.metrics import confusion_matrix

from .reference import RECIPE
from .running import arrays, held

COST = "1 minute"
SEEDS = [0]
FILE = Path(nnbook.__file__).with_name("digit.npz")
MISTAKES = 3


def experiment(run):
    [(record, contents)] = run(one_seed, [{"seed": seed} for seed in SEEDS])
    with FILE.open("wb") as file:
        np.savez_compressed(file, **contents)
    return {"recipe": asdict(RECIPE), "bytes": FILE.stat().st_size} | record


def one_seed(seed):
    """The record of a training, and what goes into the file."""
    X, y, X_test, y_test = arrays("test")
    net, training = fit(RECIPE, seed, X, y)
    training |= held(net.predict(X_test), y_test)
    contents = quantized(net) | {"seed": seed, "kept": kept(len(X))}
    found = eight_bits(restore(net, contents), X_test, y_test)
    images = [example["test_image"] for example in found["examples"]]
    contents |= {
        "images": np.rint(255 * X_test[images]).astype(np.uint8),  # (N, 784)
        "labels": y_test[images].astype(np.uint8),
        "confusion": confusion_matrix(net.predict(X_test), y_test, 10).astype(np.int16),
    }
    return {"runs": [training]} | found, contents


def kept(n):
    """Which share of a first weight is left when decay has shrunk it at every step."""
    steps = RECIPE.epochs * -(-n // RECIPE.batch)
    return (1 - RECIPE.lr * 2 * RECIPE.l2) ** steps


def eight_bits(net, X, y):
    """How a restored network reads the test images, and what it says of the examples."""
    P = softmax(net(X).astype(float))  # (N, 10)
    return {
        "eight_bits": held(P.argmax(axis=1), y),
        "examples": [
            {
                "test_image": int(i),
                "label": int(y[i]),
                "predicted": int(P[i].argmax()),
                "probabilities": P[i].round(4).tolist(),
            }
            for i in examples(P, y)
        ],
    }


def examples(P, y):
    pred = P.argmax(axis=1)
    right = [np.flatnonzero((pred == k) & (y == k))[0] for k in range(10)]
    wrong = np.flatnonzero(pred != y)
    return [*right, *wrong[np.argsort(-P[wrong].max(axis=1))][:MISTAKES]]
