"""784-600-10 with plain mini-batch gradient descent: how good is it, and where is it wrong?

"L2 with 2e-4" is read in two ways. RECIPE adds 2e-4 / 2 times the sum of all squared weights,
biases excepted, to the mean cross-entropy: the gradient 2e-4 W, ``weight_decay=2e-4`` in `SGD` as
in PyTorch. Without the half the penalty is twice as large. `penalty` compares the two on validation
data, and has the curves. Recorded losses are without the penalty. The test images are read once, by
the trained networks. The most confident mistakes are stored as images, too, for who has no MNIST.
"""

from dataclasses import asdict, replace

import numpy as np

from nnbook.mnist.readings import MISREAD
from nnbook.mnist.recipe import Recipe, fit
from nnlib.activations import softmax
from nnlib.metrics import calibration, confusion_matrix

from .running import arrays, held, percent

COST = "3 minutes"
SEEDS = [0, 1, 2]
RECIPE = Recipe(hidden=(600,), optimizer="sgd", lr=0.02, l2=1e-4, batch=16, epochs=25)
OTHER = replace(RECIPE, l2=2e-4)
UNITS = 16  # whose weights are kept as pictures
MISTAKES = 30
SHOWN = 12  # of them, whose images are stored


def experiment(run):
    records = run(one_seed, [{"seed": seed, "close": seed == SEEDS[0]} for seed in SEEDS])
    close_up = records[0].pop("close_up")
    store_images(arrays("test")[2], close_up["confident_mistakes"][:SHOWN])
    return {
        "recipe": asdict(RECIPE),
        "test_accuracy": percent(records),
        "runs": records,
        "close_up": close_up,
    }


def one_seed(seed, close=False):
    X, y, *test = arrays("test")
    net, record = fit(RECIPE, seed, X, y)
    record |= held(net.predict(test[0]), test[1])
    return record | ({"close_up": {"seed": seed} | close_up(net, *test)} if close else {})


def close_up(net, X, y):
    """What one network does with the test images."""
    probabilities = softmax(net(X).astype(np.float64))  # (N, 10)
    pred, bins = probabilities.argmax(axis=1), calibration(probabilities, y)
    wrong = np.flatnonzero(pred != y)
    worst = wrong[np.argsort(-probabilities[wrong].max(axis=1))][:MISTAKES]
    return {
        "confusion": confusion_matrix(pred, y, 10).tolist(),
        "calibration": {
            "confidence": [None if np.isnan(c) else float(c) for c in bins.confidence],
            "accuracy": [None if np.isnan(a) else float(a) for a in bins.accuracy],
            "count": bins.count.tolist(),
            "error": bins.error,
        },
        "confident_mistakes": [
            {
                "test_image": int(i),
                "label": int(y[i]),
                "predicted": int(pred[i]),
                "probabilities": probabilities[i].round(4).tolist(),
            }
            for i in worst
        ],
        "first_layer": [picture(net.layers[0].W[:, unit], unit) for unit in range(UNITS)],
    }


def store_images(X, mistakes):
    """Store the images of these mistakes, of the test images X, for `nnbook.mnist.readings`."""
    images = X[[mistake["test_image"] for mistake in mistakes]]
    with MISREAD.open("wb") as file:
        np.savez_compressed(file, images=np.rint(255 * images).astype(np.uint8))


def picture(w, unit):
    """The weights of one unit as 28 rows of 28 whole percents of the largest one's size."""
    largest = float(np.abs(w).max())
    percents = (100 * w / largest).round().astype(int).reshape(28, 28)
    return {"unit": unit, "largest": largest, "percents": percents.tolist()}
