"""Learning curves: what do more training images bring, to a linear model and to a hidden layer?

Softmax regression and 784-100-10 learn from 500 to 50,000 images, which each seed draws for itself,
in 1,000 steps of 100 images, and are judged by the last 10,000 training images. For each number of
images each of the two has its own learning rate (see `ablation`).
"""

from dataclasses import asdict, replace

from nnbook.mnist.readings import right
from nnbook.mnist.recipe import Recipe
from nnbook.runs import packed

from .ablation import SEED_FOR_LR, Ladder
from .ablation import SEEDS as SEEDS

COST = "3 minutes"
STEPS = 1000
IMAGES = [500, 2000, 10_000, 50_000]
RECIPE = Recipe(optimizer="adam", one_cycle=True, batch=100)
MODELS = {"softmax regression": (), "100 hidden units": (100,)}


def experiment(run):
    found = []
    for name, hidden in MODELS.items():
        for images in IMAGES:
            epochs = STEPS * RECIPE.batch // images
            recipe = replace(RECIPE, hidden=hidden, epochs=epochs)
            _, measured = Ladder(run, "validation", images).measure(recipe)
            rights = [packed(row.astype(bool)) for row in right(measured.pop("wrong"))]
            found.append({"model": name, "images": images} | measured | {"right": rights})
    return {"seed_for_lr": SEED_FOR_LR, "steps": STEPS, "recipe": asdict(RECIPE), "found": found}
