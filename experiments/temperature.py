"""How sure are networks that were trained for long, or with smoothed labels, and does T mend it?

Three trainings of 784-300-10 that differ in epochs and label smoothing. Of the 10,000 images held
back the first half chooses the temperature T, by the lowest loss of softmax(z / T), and the second
half judges.
"""

from dataclasses import asdict, replace

import numpy as np

from nnbook.mnist.recipe import FAST, fit
from nnlib.activations import softmax
from nnlib.losses import softmax_cross_entropy
from nnlib.metrics import accuracy, calibration

from .running import arrays

COST = "6 minutes"
SEEDS = [0, 1, 2, 3, 4]
SHORT = replace(FAST["98.5"], hidden=(300,), smoothing=0.0)
TRAININGS = {
    "4 epochs": SHORT,
    "16 epochs": replace(SHORT, epochs=16),
    "4 epochs, smoothing 0.1": replace(SHORT, smoothing=0.1),
}
TEMPERATURES = np.geomspace(0.25, 4, 65).round(4).tolist()


def experiment(run):
    trainings = []
    for name, recipe in TRAININGS.items():
        found = run(one_seed, [{"recipe": recipe, "seed": seed} for seed in SEEDS])
        trainings.append({"training": name, "recipe": asdict(recipe), "found": found})
    return {"temperatures": TEMPERATURES, "trainings": trainings}


def one_seed(recipe, seed, data="validation"):
    X, y, X_held, y_held = arrays(data)
    net, _ = fit(recipe, seed, X, y)
    logits, half = net(X_held).astype(float), len(y_held) // 2
    T = best_temperature(logits[:half], y_held[:half])
    logits, labels = logits[half:], y_held[half:]
    return {
        "seed": seed,
        "T": T,
        "accuracy": accuracy(logits.argmax(axis=1), labels),
        "before": judged(logits, labels),
        "after": judged(logits / T, labels),
    }


def best_temperature(logits, labels):
    losses = [softmax_cross_entropy(logits / T, labels)[0] for T in TEMPERATURES]
    return TEMPERATURES[int(np.argmin(losses))]


def judged(logits, labels):
    P = softmax(logits)
    return {
        "loss": softmax_cross_entropy(logits, labels)[0],
        "confidence": float(P.max(axis=1).mean()),
        "calibration_error": calibration(P, labels).error,
    }
