"""L2 with 2e-4: is it 2e-4 * sum(W**2), or half of that? Both readings, on validation data.

The `reference` network, trained on 50,000 images and measured on the last 10,000 training images
after every epoch. The one with the lower mean loss is the reference's. Its runs are kept for
their curves.
"""

from .reference import OTHER, RECIPE
from .running import percent, score

COST = "8 minutes"
SEEDS = [100, 101, 102, 103, 104]


def experiment(run):
    records = {
        recipe.l2: run(
            score,
            [
                {"recipe": recipe, "seed": seed, "data": "validation", "watch": True}
                for seed in SEEDS
            ],
        )
        for recipe in (RECIPE, OTHER)
    }
    return {
        "readings": [
            {
                "l2": l2,
                "validation_loss": [record["watch_loss"][-1] for record in some],
                "validation_accuracy": percent(some),
            }
            for l2, some in records.items()
        ],
        "runs": records[RECIPE.l2],
    }
