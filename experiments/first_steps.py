"""784-32-32-10 with Adam: how many steps until 90 %, with and without batch normalization?

One pass through the first 48,000 training images in batches of 32 is 1,500 steps. After every 25 of
them the last 10,000 training images are read. Each side has the learning rate that takes it to 90 %
in the fewest steps, over all seeds.
"""

from dataclasses import asdict, replace

import numpy as np

from nnbook.mnist.recipe import Recipe
from nnlib.metrics import accuracy
from nnlib.train import train

from .running import arrays

COST = "3 minutes"
SEEDS = [0, 1, 2, 3, 4]
RECIPE = Recipe(hidden=(32, 32), optimizer="adam", batch=32, epochs=1)
RATES = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1]
STEPS, EVERY = 1500, 25
GOAL = 0.9


def experiment(run):
    sides = []
    for batch_norm in (False, True):
        recipes = [replace(RECIPE, batch_norm=batch_norm, lr=lr) for lr in RATES]
        settings = [{"recipe": r, "seed": seed} for r in recipes for seed in SEEDS]
        curves = np.reshape(run(watched, settings), (len(RATES), len(SEEDS), -1))
        steps = np.array([[first_at(curve) for curve in curves_] for curves_ in curves])
        k = int(np.log(steps).mean(axis=1).argmin())
        sides.append(
            {
                "batch_norm": batch_norm,
                "lr": RATES[k],
                "steps_by_lr": steps.tolist(),
                "accuracy": curves[k].tolist(),
            }
        )
    return {"recipe": asdict(RECIPE), "lrs": RATES, "every": EVERY, "goal": GOAL, "sides": sides}


def watched(recipe, seed):
    """The accuracy on the images held back, after every 25 steps."""
    X, y, X_held, y_held = arrays("validation")
    rng, found = np.random.default_rng(seed), []
    net = recipe.network(X.shape[1], rng)

    def look(t, _):
        if (t + 1) % EVERY == 0:
            found.append(accuracy(net.predict(X_held), y_held))

    n = STEPS * recipe.batch
    train(
        net,
        recipe.loss,
        X[:n],
        y[:n],
        optimizer=recipe.make_optimizer(net),
        batch_size=recipe.batch,
        rng=rng,
        epochs=recipe.epochs,
        after_step=look,
    )
    return found


def first_at(curve):
    """The first step at which the goal was seen; twice as many as there are if it was not."""
    reached = np.flatnonzero(np.array(curve) >= GOAL)
    return EVERY * int(reached[0] + 1) if len(reached) else 2 * STEPS
