"""L2 with 2e-4: is it 2e-4 * sum(W**2), or half of that? Both readings, on validation data.

The `reference` network, trained on 50,000 images and measured on the last 10,000 training images.
The one with the lower mean loss is the reference's.
"""

from .reference import OTHER, RECIPE
from .running import percent, score

COST = "6 minutes"
SEEDS = [100, 101, 102]


def experiment(run):
    recipes = (RECIPE, OTHER)
    records = run(
        score,
        [
            {"recipe": recipe, "seed": seed, "data": "validation", "watch": True}
            for recipe in recipes
            for seed in SEEDS
        ],
    )
    return {
        "readings": [
            {
                "l2": recipe.l2,
                "validation_loss": [record["watch_loss"][-1] for record in some],
                "validation_accuracy": percent(some),
            }
            for recipe, some in zip(recipes, (records[:3], records[3:]), strict=True)
        ]
    }
