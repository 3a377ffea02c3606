"""Twenty layers: which first weights train, and what do clipping and residual connections cure?

The networks of the chapter on initialization. Each case is trained at all the learning rates with
the same eight seeds. Every run's training loss in the last epoch is recorded, null for nan, with
the digits of the 359 new ones that it then reads right; and the rate with the lowest mean loss,
where one nan makes the mean infinite.
"""

from functools import partial

import numpy as np

from nnbook.initialization.deep import (
    NARROW,
    TWENTY,
    data,
    dense,
    fit,
    residual_net,
    scaled,
)  # fmt: skip
from nnbook.runs import packed
from nnlib import init

COST = "8 minutes"
SEEDS = list(range(8))
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
EPOCHS = 3

small = partial(init.normal, std=0.01)
large = partial(init.normal, std=1)


def plain(scheme, activation, sizes=TWENTY, bias=0.0):
    def build(seed):
        net = dense(scheme, activation, sizes, seed)
        for layer in net.layers[:-1:2]:
            layer.b = bias
        return net

    return build


def residual(scheme, activation, scale=1.0):
    return lambda seed: residual_net(scheme, activation, 19, seed, scale)


def damaged():
    images = data()[0][0].copy()
    images[7] *= 1000
    return images


# The network to a seed, and what `fit` is to be called with.
CASES = {
    "tanh, SD 0.01": (plain(small, "tanh"), {}),
    "tanh, LeCun": (plain(init.lecun_normal, "tanh"), {}),
    "tanh, Glorot": (plain(init.glorot_uniform, "tanh"), {}),
    "tanh, He": (plain(init.he_normal, "tanh"), {}),
    "tanh, orthogonal": (plain(init.orthogonal, "tanh"), {}),
    "tanh, SD 1": (plain(large, "tanh"), {}),
    "tanh, 0": (plain(init.zeros, "tanh"), {}),
    "tanh, SD 0.01, clipped": (plain(small, "tanh"), {"max_norm": 1.0}),
    "tanh, SD 1, clipped": (plain(large, "tanh"), {"max_norm": 1.0}),
    "relu, He": (plain(init.he_normal, "relu"), {}),
    "relu, g = 1.8": (plain(scaled(1.8), "relu"), {}),
    "relu, g = 1.8, clipped": (plain(scaled(1.8), "relu"), {"max_norm": 1.0}),
    "relu, He, 12 epochs": (plain(init.he_normal, "relu"), {"epochs": 12}),
    "relu, g = 1.8, clipped, 12 epochs": (
        plain(scaled(1.8), "relu"),
        {"max_norm": 1.0, "epochs": 12},
    ),
    "tanh, SD 0.01, residual": (residual(small, "tanh"), {}),
    "tanh, 0, residual": (residual(init.zeros, "tanh"), {}),
    "tanh, LeCun, residual": (residual(init.lecun_normal, "tanh"), {}),
    "relu, He, residual": (residual(init.he_normal, "relu"), {}),
    "relu, He, residual, scaled": (residual(init.he_normal, "relu", 20**-0.5), {}),
    "one damaged image": (plain(init.he_normal, "relu", NARROW), {"images": damaged}),
    "one damaged image, clipped": (
        plain(init.he_normal, "relu", NARROW),
        {"images": damaged, "max_norm": 1.0},
    ),
    "biases 0": (plain(init.he_normal, "relu", NARROW), {}),
    "biases 0.1": (plain(init.he_normal, "relu", NARROW, bias=0.1), {}),
}


def experiment(run, cases=tuple(CASES), rates=RATES, seeds=SEEDS):
    settings = [{"case": c, "lr": lr, "seeds": seeds} for c in cases for lr in rates]
    tried = run(train_case, settings)
    found = [tried[i : i + len(rates)] for i in range(0, len(tried), len(rates))]
    return {
        "lrs": rates,
        "cases": [chosen(case, rates, runs) for case, runs in zip(cases, found, strict=True)],
    }


def train_case(case, lr, seeds):
    """For each seed the training loss of the last epoch (None for nan), and what is read right."""
    build, options = CASES[case]
    options = {"epochs": EPOCHS} | options
    if "images" in options:
        options["images"] = options["images"]()
    X, y = data()[1]
    runs = []
    for seed in seeds:
        net = build(seed)
        notes = fit(net, lr, seed=seed, **options)
        right = np.zeros(len(y), bool) if notes.diverged else net.predict(X) == y
        runs.append({"loss": None if notes.diverged else notes.loss[-1], "right": packed(right)})
    return runs


def chosen(case, rates, found):
    """All runs of a case, and the rate with the lowest mean loss."""
    losses = [[run["loss"] for run in runs] for runs in found]
    means = [np.mean([np.inf if loss is None else loss for loss in each]) for each in losses]
    return {
        "case": case,
        "lr": rates[int(np.argmin(means))],
        "losses": losses,
        "right": [[run["right"] for run in runs] for runs in found],
    }
