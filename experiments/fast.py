"""What does a network reach that trains for seconds: 98.0 % and 98.5 %?

The seconds themselves are measured beside PyTorch, by ``python -m benchmarks training.recipes``.
"""

from dataclasses import asdict

from nnbook.mnist.recipe import FAST

from .running import percent, score

COST = "1 minute"
SEEDS = [0, 1, 2, 3, 4]


def experiment(run):
    settings = [
        {"recipe": recipe, "seed": seed, "data": "test"}
        for recipe in FAST.values()
        for seed in SEEDS
    ]
    records = run(score, settings)
    return {
        "goals": {
            goal: {
                "recipe": asdict(recipe),
                "test_accuracy": percent(records[i * len(SEEDS) : (i + 1) * len(SEEDS)]),
            }
            for i, (goal, recipe) in enumerate(FAST.items())
        }
    }
