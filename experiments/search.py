"""Which dense network is best? A small search, judged by the last 10,000 training images.

One change at a time from a first guess, with one seed; then two more seeds for the best two. The
one with the best mean of three is what `best` trains.
"""

from dataclasses import asdict, replace

from nnbook.mnist.recipe import Recipe

from .running import percent, score

COST = "8 minutes"
SEEDS = [100, 101, 102]  # others than those of `best`
GUESS = Recipe(
    hidden=(800, 800),
    optimizer="adam",
    lr=3e-3,
    one_cycle=True,
    batch=256,
    epochs=16,
    smoothing=0.1,
    shifts=1,
)
CHANGES = {
    "guess": {},
    "lr 0.0015": {"lr": 1.5e-3},
    "dropout 0.2": {"dropout": 0.2},
    "batch normalization": {"batch_norm": True},
    "shifts by up to 2 pixels": {"shifts": 2},
    "layers of 1200 and 600": {"hidden": (1200, 600)},
}


def experiment(run):
    recipes = {name: replace(GUESS, **change) for name, change in CHANGES.items()}
    records = {name: [] for name in CHANGES}

    def more(names, seeds):
        pairs = [(name, seed) for name in names for seed in seeds]
        settings = [{"recipe": recipes[n], "seed": s, "data": "validation"} for n, s in pairs]
        for (name, _), record in zip(pairs, run(score, settings), strict=True):
            records[name].append(record)

    more(CHANGES, SEEDS[:1])
    first_two = sorted(CHANGES, key=lambda name: -percent(records[name])["mean"])[:2]
    more(first_two, SEEDS[1:])
    winner = max(first_two, key=lambda name: percent(records[name])["mean"])
    return {
        "guess": asdict(GUESS),
        "tried": [
            {"change": name, "validation_accuracy": percent(records[name])} for name in CHANGES
        ],
        "winner": winner,
        "recipe": asdict(recipes[winner]),
    }
