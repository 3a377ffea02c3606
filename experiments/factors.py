"""What does each part of a convolutional network add, and what does it do for moved digits?

One change a row. The dense networks have about as many parameters as the network with four
convolutions, or do about as many products for an image. All learn from 10,000 images, which each
seed draws, in three epochs, and read the last 10,000 training images; the first of these also moved
by some pixels. Each has a learning rate of its own (see `ablation`).
"""

from dataclasses import asdict, replace

import numpy as np

from nnbook.convolution.networks import products_of
from nnbook.mnist.convolved import SIDE, Convolved, aside
from nnbook.mnist.recipe import Recipe, fit
from nnlib.metrics import accuracy

from .ablation import SEED_FOR_LR, Ladder
from .ablation import SEEDS as SEEDS
from .running import arrays, drawn, held, percent, predict

COST = "25 minutes"
IMAGES = 10_000
PIXELS, MOVED = [1, 2, 3, 4], 2000  # how far, and how many images
FIRST_LR = 1e-2
TRAINING = {"optimizer": "adam", "one_cycle": True, "batch": 64, "epochs": 3}
DENSE = Recipe(**TRAINING)
PLAIN = Convolved(**TRAINING, channels=8, block="none")
NORMED = replace(PLAIN, batch_norm=True)
ROWS = {
    "dense, as many parameters": replace(DENSE, hidden=(17,)),
    "dense, as many products": replace(DENSE, hidden=(415,)),
    "dense, as many products, shifts": replace(DENSE, hidden=(415,), shifts=1),
    "two convolutions": PLAIN,
    "+ batch normalization": NORMED,
    "+ two convolutions more": replace(NORMED, block="plain"),
    "+ a residual connection": replace(NORMED, block="residual"),
    "+ shifts by up to 1 pixel": replace(NORMED, block="residual", shifts=1),
    "as LeNet, with shifts": replace(NORMED, kind="LeNet", block="none", shifts=1),
}


def experiment(run, rows=ROWS, data="validation"):
    found = []
    for name, recipe in rows.items():
        found.append({"row": name} | measured(run, recipe, data))
        print(f"{name}: {found[-1]['validation_accuracy']['mean']:.2f} %", flush=True)
    return {
        "seed_for_lr": SEED_FOR_LR,
        "images": IMAGES,
        "pixels": PIXELS,
        "moved": MOVED,
        "training": TRAINING,
        "rows": found,
    }


def measured(run, recipe, data):
    """What is recorded of a recipe, at its best learning rate."""
    tried = Ladder(run, data, IMAGES).try_rates(recipe, FIRST_LR)
    recipe = replace(recipe, lr=max(tried, key=tried.get))
    records = run(read_aside, [{"recipe": recipe, "seed": s, "data": data} for s in SEEDS])
    net = recipe.network(SIDE**2, np.random.default_rng(0))
    return {
        "recipe": asdict(recipe),
        "parameters": net.params.size,
        "products": products_of(net, np.zeros((1, SIDE**2))),
        "lr": recipe.lr,
        "lrs": sorted(tried),
        "validation_accuracy": percent(records),
        "wrong": [record["wrong"] for record in records],
        "aside": np.transpose([record["aside"] for record in records]).tolist(),
    }


def read_aside(recipe, seed, data):
    """Train once; how the images held back are read, as they are and moved by each of PIXELS."""
    X, y, X_held, y_held = arrays(data)
    net, _ = fit(recipe, seed, *drawn(X, y, IMAGES, seed))
    first, labels = X_held[:MOVED], y_held[:MOVED]
    moved = [accuracy(predict(net, aside(first, pixels)), labels) for pixels in PIXELS]
    return held(predict(net, X_held), y_held) | {"aside": moved}
