"""An ensemble: do ten networks together read better than each, or than one that is ten times wider?

The mean of ten networks' probabilities decides. Ten of 100 hidden units have about as many
parameters as one of 1,000. Five ensembles, no member in two of them. Both widths have their own
learning rate (see `ablation`), and all are judged by the last 10,000 training images.
"""

from dataclasses import asdict, replace

import numpy as np

from nnbook.mnist.recipe import FAST, fit
from nnlib.activations import softmax
from nnlib.metrics import accuracy

from .ablation import SEED_FOR_LR, Ladder
from .running import arrays

COST = "10 minutes"
MEMBERS = 10
SEEDS = list(range(5 * MEMBERS))
RECIPE = replace(FAST["98.5"], hidden=(100,))
WIDE = replace(RECIPE, hidden=(100 * MEMBERS,))


def experiment(run):
    ladder = Ladder(run, "validation")
    recipe, narrow = ladder.measure(RECIPE)
    _, wide = ladder.measure(WIDE)
    groups = np.reshape(SEEDS, (-1, MEMBERS)).tolist()
    return {
        "seed_for_lr": SEED_FOR_LR,
        "recipe": asdict(recipe),
        "lrs": narrow["lrs"],
        "wide": {"hidden": list(WIDE.hidden)} | wide,
        "ensembles": run(ensemble, [{"recipe": recipe, "seeds": seeds} for seeds in groups]),
    }


def ensemble(recipe, seeds, data="validation"):
    """What each member reads wrong, and what the first 1, 2, … of them do together."""
    X, y, X_held, y_held = arrays(data)
    P = np.stack([softmax(fit(recipe, seed, X, y)[0](X_held).astype(float)) for seed in seeds])
    together = np.cumsum(P, axis=0)  # the mean, but for a factor that no argmax sees
    return {
        "members": [accuracy(p.argmax(axis=1), y_held) for p in P],
        "accuracy": [accuracy(p.argmax(axis=1), y_held) for p in together],
        "members_wrong": [np.flatnonzero(p.argmax(axis=1) != y_held).tolist() for p in P],
        "wrong": np.flatnonzero(together[-1].argmax(axis=1) != y_held).tolist(),
    }
