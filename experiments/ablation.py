"""From a plain start to the best recipe, one change at a time: what does each step add?

Every step changes one thing in the best recipe so far. The learning rate is chosen anew at each
step, by the validation accuracy of one more seed, so that no step profits or suffers from a rate
that suited another. Three rates are tried first, and more as long as the best of them is the
smallest or the largest, so none that is chosen lies at an end. A change is kept when it gains
more than two standard errors, over the seeds and the images that judge (`nnbook.claims.effect`).
Otherwise the next step is tried without it. The activation and both layers' first weights are also
combined in all eight ways, as their order might matter.

All is measured on the last 10,000 training images, and nothing here looks at the test images.
"""

from dataclasses import asdict, replace
from itertools import product

from nnbook.claims import effect
from nnbook.mnist.readings import right
from nnbook.mnist.recipe import Recipe

from .running import percent, score

COST = "20 minutes"
SEEDS = [0, 1, 2, 3, 4]
SEED_FOR_LR = 100
RATES = [float(f"{digit}e{power}") for power in range(-5, 3) for digit in (1, 3)]
FIRST_LR = {"sgd": 1.0, "momentum": 0.1, "adam": 1e-3}
ERRORS = 2  # so many standard errors a gain must have
PLAIN = Recipe(activation="sigmoid", init="normal", output_init="normal", batch=128, epochs=5)
STEPS = {
    "plain: sigmoid, weights of SD 0.01, SGD": {},
    "ReLU": {"activation": "relu"},
    "He's start, hidden layer": {"init": "he_normal"},
    "Glorot's start, output layer": {"output_init": "glorot_normal"},
    "momentum 0.9": {"optimizer": "momentum"},
    "Adam": {"optimizer": "adam"},
    "one-cycle": {"one_cycle": True},
    "label smoothing 0.1": {"smoothing": 0.1},
    "batch normalization": {"batch_norm": True},
    "dropout 0.2": {"dropout": 0.2},
    "shifts by up to 1 pixel": {"shifts": 1},
    "a second hidden layer of 600": {"hidden": (600, 600)},
}
STARTS = {
    "activation": ("sigmoid", "relu"),
    "init": ("normal", "he_normal"),
    "output_init": ("normal", "glorot_normal"),
}


def experiment(run, steps=STEPS, starts=STARTS, data="validation"):
    ladder = Ladder(run, data)
    best, best_images, found = PLAIN, None, []
    for name, change in steps.items():
        recipe, measured = ladder.measure(replace(best, **change))
        images, gain, error = right(measured["wrong"]), None, None
        if best_images is not None:
            gain, error = map(float, effect(100 * (images - best_images)))
        kept = gain is None or gain > ERRORS * error
        found.append({"step": name, "gain": gain, "standard_error": error, "kept": kept} | measured)
        if kept:
            best, best_images = recipe, images
        accuracy = measured["validation_accuracy"]["mean"]
        print(f"{name}: {accuracy:.2f} %, kept: {kept}", flush=True)
    combined = []
    for values in product(*starts.values()):
        change = dict(zip(starts, values, strict=True))
        combined.append(change | ladder.measure(replace(PLAIN, **change))[1])
    return {
        "seed_for_lr": SEED_FOR_LR,
        "standard_errors": ERRORS,
        "epochs": PLAIN.epochs,
        "steps": found,
        "starts": combined,
        "recipe": asdict(best),
    }


class Ladder:
    """Measures recipes, each with its own learning rate, and none twice."""

    def __init__(self, run, data, images=None):
        self.run, self.data, self.images, self.known = run, data, images, {}

    def measure(self, recipe):
        """The recipe with its best learning rate, and what is recorded of it."""
        key = replace(recipe, lr=0.0)
        if key not in self.known:
            tried = self.try_rates(recipe)
            recipe = replace(recipe, lr=max(tried, key=tried.get))
            records = self.scores([recipe], SEEDS)
            measured = {
                "lr": recipe.lr,
                "lrs": sorted(tried),
                "validation_accuracy": percent(records),
                "wrong": [record["wrong"] for record in records],
            }
            self.known[key] = recipe, measured
        return self.known[key]

    def try_rates(self, recipe, first_lr=None):
        """{learning rate: accuracy}, with a worse one on either side of the best."""
        first = RATES.index(first_lr or FIRST_LR[recipe.optimizer])
        tried, wanted = {}, [first - 1, first, first + 1]
        while wanted:
            recipes = [replace(recipe, lr=RATES[k]) for k in wanted]
            for k, record in zip(wanted, self.scores(recipes, [SEED_FOR_LR]), strict=True):
                tried[k] = record["held_accuracy"]
            best = max(tried, key=tried.get)
            wanted = [k for k in (best - 1, best + 1) if k not in tried and 0 <= k < len(RATES)]
        return {RATES[k]: accuracy for k, accuracy in tried.items()}

    def scores(self, recipes, seeds):
        setting = {"data": self.data, "images": self.images}
        return self.run(
            score, [{"recipe": r, "seed": seed} | setting for r in recipes for seed in seeds]
        )
