"""Seconds: of an epoch beside PyTorch, to 98.0 % and 98.5 %, and of the other experiments' runs.

Meant for a quiet machine. Contenders and recipes are those of the benchmarks and the other
experiments; each gets the better of one and two threads, or two where nothing else is said. It
needs what requirements-bench.txt lists.
"""

from functools import partial
from statistics import median

from threadpoolctl import threadpool_limits

from . import best, fast, reference, torch_way
from .recipe import fit
from .running import arrays

COST = "4 minutes"
ALONE = True
SEEDS = [0, 1, 2]
BATCHES = (16, 32, 128)


def experiment(run):
    data = arrays("test")
    return {
        "epochs": [epoch_beside_torch(batch, *data[:2]) for batch in BATCHES],
        "torch_way_epoch": min(
            torch_way.one_seed(0, epochs=2, threads=threads)["seconds"] / 2 for threads in (1, 2)
        ),
        "to_accuracy": {goal: beside_torch(recipe, data) for goal, recipe in fast.RECIPES.items()},
        "reference_training": training_seconds(reference, data),
        "best_training": training_seconds(best, data),
    }


def epoch_beside_torch(batch, X, y):
    """Seconds of an epoch of 784-600-10 with SGD and L2: here, best PyTorch, and its DataLoader."""
    from benchmarks import peers, training

    part = X[: training.SAMPLES], y[: training.SAMPLES]
    times = training.race(
        nnlib=partial(training.sgd_epoch, *part, batch),
        torch=partial(peers.torch_epoch, *part, batch, training.DENSE, "sgd", fused=True),
        loader=partial(peers.torch_loader_epoch, *part, batch, training.DENSE),
    )
    scale = len(X) / training.SAMPLES
    return {"batch": batch} | {
        name: {"seconds": seconds * scale, "threads": threads}
        for name, (seconds, threads) in times.items()
    }


def beside_torch(recipe, data):
    """A whole training, from arrays to a network, in turns with the same recipe in PyTorch."""
    from benchmarks.training import side_by_side

    ours, theirs, reached = side_by_side(recipe, *data, seeds=len(SEEDS))
    return {
        "nnlib_seconds": ours,
        "torch_seconds": theirs,
        "ratio_of_medians": median(ours) / median(theirs),
        "nnlib_test_accuracy": reached,
        "median_test_accuracy": median(reached),
    }


def training_seconds(module, data):
    """Of one seed of an experiment, with two threads."""
    with threadpool_limits(2):
        _, record = fit(module.RECIPE, module.SEEDS[0], *data[:2])
    return {"seconds": record["seconds"], "epochs": module.RECIPE.epochs, "threads": 2}
