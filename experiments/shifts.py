"""How much does a convolution help to read digits that lie elsewhere, and at which price?

The networks of the chapter on convolution, in several widths, learn the small digits: in the middle
of a sheet, or lying anywhere on it. Each is trained at four learning rates. The rate with the
highest mean accuracy of the validation digits, which lie as the training digits do, is recorded
with the test digits that its five networks read right, at four kinds of places.
"""

import numpy as np

from nnbook.convolution.networks import KINDS, held_back, learn, products
from nnbook.convolution.sheets import deal
from nnbook.runs import packed
from nnlib.network import Network

COST = "4 minutes"
SEEDS = [0, 1, 2, 3, 4]
RATES = {
    "dense": [0.003, 0.01, 0.03, 0.1],
    "LeNet": [0.003, 0.01, 0.03, 0.1],
    "residual": [0.01, 0.03, 0.1, 0.3],
}
WIDTHS = {"dense": [8, 17, 50, 150, 346], "LeNet": [4, 8, 16], "residual": [6, 12, 18]}
COMPARED = [("dense", 17), ("dense", 346), ("LeNet", 8), ("residual", 12)]
PLACE = {"middle": "in the middle", "anywhere": "anywhere"}  # of training: that of validation


def experiment(run):
    every = [(kind, width, "anywhere") for kind, widths in WIDTHS.items() for width in widths]
    every += [(*network, "middle") for network in COMPARED]
    settings = [{"kind": kind, "width": width, "lies": lies} for kind, width, lies in every]
    return {"test_digits": len(deal(0)[2]), "found": run(network, settings)}


def network(kind, width, lies, seeds=tuple(SEEDS)):
    """What is recorded of a network."""
    rates, make = RATES[kind], KINDS[kind]
    runs = [[scores(make(width), lr, seed, lies) for seed in seeds] for lr in rates]
    validation = [float(np.mean([one["validation"] for one in at_rate])) for at_rate in runs]
    best, names = int(np.argmax(validation)), runs[0][0]["right"]
    right = {name: [[one["right"][name] for one in at_rate] for at_rate in runs] for name in names}
    return {
        "kind": kind,
        "width": width,
        "lies": lies,
        "parameters": Network(make(width), rng=np.random.default_rng(0)).params.size,
        "products": products(make(width)),
        "rates": rates,
        "validation": validation,
        "lr": rates[best],
        "by_rate": {name: [float(np.mean(r)) for r in rows] for name, rows in right.items()},
        "right": {name: [packed(row) for row in rows[best]] for name, rows in right.items()},
    }


def scores(layers, lr, seed, lies):
    """Of one training: the accuracy to choose by, and which test digits are read right."""
    net = learn(layers, lr, seed, lies)
    X, y = held_back(seed, part=1)[PLACE[lies]]
    return {
        "validation": float(np.mean(net.predict(X) == y)),
        "right": {name: net.predict(X) == y for name, (X, y) in held_back(seed).items()},
    }
