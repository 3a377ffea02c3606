"""From a plain start to the best recipe, one change at a time: what does each step add?

Every step changes one thing in the best recipe so far. The learning rate is chosen anew at each
step, by the validation accuracy of one more seed, so that no step profits or suffers from a rate
that suited another. A change is kept when the mean over the seeds has grown by more than the
standard error of that growth; otherwise the next step is tried without it. All is measured on the
last 10,000 training images; the test images see the last recipe, once.
"""

from dataclasses import asdict, replace

from nnbook.mnist.recipe import Recipe

from .running import percent, score

COST = "10 minutes"
SEEDS = [0, 1, 2]
SEED_FOR_LR = 100
LRS = {"sgd": (0.3, 1.0, 3.0, 10.0, 30.0), "momentum": (0.03, 0.1, 0.3), "adam": (3e-4, 1e-3, 3e-3)}
PLAIN = Recipe(activation="sigmoid", init="normal", output_init="normal", batch=128, epochs=5)
STEPS = {
    "plain: sigmoid, weights of std 0.01, SGD": {},
    "ReLU, He and Glorot initialization": {
        "activation": "relu",
        "init": "he_normal",
        "output_init": "glorot_normal",
    },
    "momentum 0.9": {"optimizer": "momentum"},
    "Adam": {"optimizer": "adam"},
    "one-cycle": {"one_cycle": True},
    "label smoothing 0.1": {"smoothing": 0.1},
    "batch normalization": {"batch_norm": True},
    "dropout 0.2": {"dropout": 0.2},
    "shifts by up to 1 pixel": {"shifts": 1},
    "a second hidden layer of 600": {"hidden": (600, 600)},
}


def experiment(run, steps=STEPS, data=("validation", "test")):
    best, best_accuracy, found = PLAIN, None, []
    for name, change in steps.items():
        recipe = with_best_lr(run, replace(best, **change), data[0])
        accuracy = percent(run(score, trials(recipe, SEEDS, data[0])))
        gain, error = None, None
        if best_accuracy:
            gain = accuracy["mean"] - best_accuracy["mean"]
            error = ((accuracy["std"] ** 2 + best_accuracy["std"] ** 2) / len(SEEDS)) ** 0.5
        kept = gain is None or gain > error
        found.append(
            {
                "step": name,
                "lr": recipe.lr,
                "validation_accuracy": accuracy,
                "gain": gain,
                "standard_error": error,
                "kept": kept,
            }
        )
        if kept:
            best, best_accuracy = recipe, accuracy
        print(f"{name}: {accuracy['mean']:.2f} %, kept: {kept}", flush=True)
    test = percent(run(score, trials(best, SEEDS, data[1])))
    return {
        "seed_for_lr": SEED_FOR_LR,
        "lrs": LRS,
        "epochs": PLAIN.epochs,
        "steps": found,
        "final": {"recipe": asdict(best), "test_accuracy": test},
    }


def trials(recipe, seeds, data):
    return [{"recipe": recipe, "seed": seed, "data": data} for seed in seeds]


def with_best_lr(run, recipe, data):
    recipes = [replace(recipe, lr=lr) for lr in LRS[recipe.optimizer]]
    records = run(score, [trial for r in recipes for trial in trials(r, [SEED_FOR_LR], data)])
    accuracies = [record["held_accuracy"] for record in records]
    return recipes[accuracies.index(max(accuracies))]
