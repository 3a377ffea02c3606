"""Networks that read digits on a sheet: dense, as LeNet, and with a residual connection.

The chapter shows these functions and trains some of the networks; the experiment `shifts` trains
all of them, over and over, and `read` gives its record to the chapter.
"""

from dataclasses import dataclass

import numpy as np

from nnlib.convolution import AveragePool2d, Conv2d, MaxPool2d
from nnlib.layers import Flatten, Linear, ReLU, unfold
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import Adam
from nnlib.residual import Residual
from nnlib.schedules import cosine
from nnlib.train import train

from ..runs import unpacked
from .sheets import COPIES, SIDE, anywhere, aside, deal, sheets

STEPS, BATCH = 480, 32


def dense(units):
    return [Flatten(), Linear(SIDE**2, units), ReLU(), Linear(units, 10)]


def lenet(channels):
    c = channels
    return [
        *(Conv2d(1, c, 3, padding=1), ReLU(), MaxPool2d(2)),  # (N, c, 6, 6)
        *(Conv2d(c, 2 * c, 3, padding=1), ReLU(), MaxPool2d(2)),  # (N, 2 c, 3, 3)
        *(Flatten(), Linear(9 * 2 * c, 10)),
    ]


def residual(channels):
    c = channels
    block = [
        *(Conv2d(c, c, 3, padding=1, bias=False), BatchNorm(c), ReLU()),
        *(Conv2d(c, c, 3, padding=1, bias=False), BatchNorm(c)),
    ]
    return [
        *(Conv2d(1, c, 3, padding=1, bias=False), BatchNorm(c)),
        *(ReLU(), MaxPool2d(2)),  # (N, c, 6, 6)
        *(Residual(block), ReLU()),
        *(AveragePool2d(6), Flatten(), Linear(c, 10)),
    ]


KINDS = {"dense": dense, "LeNet": lenet, "residual": residual}


def products(layers):
    """Multiplications for one sheet."""
    net = Network(layers, rng=np.random.default_rng(0))
    return products_of(net, np.zeros((1, 1, SIDE, SIDE)))


def products_of(net, x):
    """Multiplications in the convolutions and dense layers of a network, for a batch x of one."""
    net(x)
    every = list(unfold(net.layers))
    dense = sum(layer.W.size for layer in every if isinstance(layer, Linear))
    windows = {layer: layer.patches.shape[-1] for layer in every if isinstance(layer, Conv2d)}
    return dense + sum(layer.W.size * count for layer, count in windows.items())


def learn(layers, lr, seed, lies="middle", steps=STEPS):
    """Train on the digits that `deal` gives this seed; they lie in the middle, or anywhere."""
    rng, rows = np.random.default_rng(seed), deal(seed)[0]
    X, y = sheets()
    X, y = X[rows], y[rows]
    if lies == "anywhere":
        X, y = np.concatenate([anywhere(X, rng) for _ in range(COPIES)]), np.tile(y, COPIES)
    net, schedule = Network(layers, rng=rng), cosine(lr, steps)
    epochs = steps // -(-len(X) // BATCH)
    train(net, softmax_cross_entropy, X, y, epochs=epochs, batch_size=BATCH,
          optimizer=Adam(lr=lr), schedule=schedule, rng=rng)  # fmt: skip
    return net


def held_back(seed, part=2):
    """{name: (X, y)}: digits that this seed has not trained on, at four kinds of places.

    ``part`` is 1 for the digits to choose by, and 2 for those of the test.
    """
    rows = deal(seed)[part]
    X, y = sheets()
    X, y = X[rows], y[rows]
    places = {
        "in the middle": X,
        "a pixel aside": aside(X, 1),
        "two pixels aside": aside(X, 2),
        "anywhere": anywhere(X, np.random.default_rng(0)),
    }
    return {name: (images, y) for name, images in places.items()}


@dataclass
class Found:
    """What the experiment `shifts` found for one network.

    Attributes
    ----------
    parameters, products : int
    lr : float
        The one of ``rates`` with the highest mean accuracy of the digits to choose by.
    by_rate : {name of a test: mean accuracy at each of the rates}
    right : {name of a test: bool (seeds, 540)}
        At the best rate, which of the seed's test digits are read right.
    """

    parameters: int
    products: int
    lr: float
    rates: list
    by_rate: dict
    right: dict

    def accuracy(self, test):
        return self.right[test].mean()


def read(record):
    """{(kind, width, where the training digits lay): Found} from the record of `shifts`."""
    return {
        (row["kind"], row["width"], row["lies"]): Found(
            **{name: row[name] for name in ("parameters", "products", "lr", "rates", "by_rate")},
            right={
                test: np.array([unpacked(text, record["test_digits"]) for text in texts])
                for test, texts in row["right"].items()
            },
        )
        for row in record["found"]
    }


def by_digit(right):
    """Values (seeds, 540) for test digits as (seeds, 1797), nan where a seed has not tested it."""
    placed = np.full((len(right), len(sheets()[1])), np.nan)
    for seed, row in enumerate(right):
        placed[seed, deal(seed)[2]] = row
    return placed
