"""The best dense network of this book, as `search` has found it: does it reach 99 %?

Trained on all 60,000 images; the test images are used once, at the end. This recipe was recorded
twice, the second time to keep which images are read wrong.
"""

from dataclasses import asdict, replace

from .running import percent, score
from .search import GUESS

COST = "5 minutes"
SEEDS = [0, 1, 2, 3, 4]
RECIPE = replace(GUESS, batch_norm=True)


def experiment(run):
    records = run(score, [{"recipe": RECIPE, "seed": seed, "data": "test"} for seed in SEEDS])
    return {"recipe": asdict(RECIPE), "test_accuracy": percent(records), "runs": records}
