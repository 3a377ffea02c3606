"""Networks that learn to answer in digits: a transformer, and recurrent ones.

The chapter shows these functions and trains some of the networks; the experiment `lengths` trains
all of them, over and over, and `read` gives its record to the chapter.
"""

from dataclasses import dataclass

import numpy as np

from nnlib.layers import Linear, ReLU
from nnlib.network import Network
from nnlib.norms import LayerNorm
from nnlib.optim import Adam
from nnlib.recurrence import LSTM, RNN
from nnlib.residual import Residual
from nnlib.schedules import cosine, warmup
from nnlib.sequence import token_cross_entropy
from nnlib.train import train
from nnlib.transformer import Embedding, Positions, SelfAttention

from ..runs import unpacked
from .sequences import TOKENS, deal
from .through_time import NormedRNN

STEPS, BATCH, RISE = 300, 32, 30
WIDTH = 32  # numbers per token


def block(d, heads):
    """Attention and a dense network, each with a norm before and a way around."""
    return [
        Residual([LayerNorm(d), SelfAttention(d, heads, causal=True)]),
        Residual([LayerNorm(d), Linear(d, 4 * d), ReLU(), Linear(4 * d, d)]),
    ]


def transformer(length, blocks=1, d=WIDTH, heads=2):
    return [
        *(Embedding(TOKENS, d), Positions(length, d)),
        *(layer for _ in range(blocks) for layer in block(d, heads)),
        *(LayerNorm(d), Linear(d, 10)),
    ]


def recurrent(layer, d=WIDTH):
    return [Embedding(TOKENS, d), layer, Linear(layer.n_hidden, 10)]


KINDS = {  # about as many parameters each
    "transformer": lambda length: transformer(length),
    "LSTM": lambda length: recurrent(LSTM(WIDTH, 44)),
    "plain": lambda length: recurrent(RNN(WIDTH, 96)),
    "plain, layer norm": lambda length: recurrent(NormedRNN(WIDTH, 96, axis=1)),
    "plain, batch norm": lambda length: recurrent(NormedRNN(WIDTH, 96, axis=0)),
}


def learn(layers, X, target, lr, rng):
    """Train once through all sequences, by Adam with a warm-up and a cosine."""
    net = Network(layers, rng=rng)
    schedule = warmup(cosine(lr, len(X) // BATCH - RISE), RISE)
    train(net, token_cross_entropy, X, target, epochs=1, batch_size=BATCH,
          optimizer=Adam(lr=lr), schedule=schedule, max_norm=1.0, rng=rng)  # fmt: skip
    return net


def learn_task(kind, task, n, lr, seed, steps=STEPS):
    """One of `KINDS`, trained on ``steps`` batches of new sequences with n digits."""
    rng = np.random.default_rng(seed)
    return learn(KINDS[kind](2 * n), *deal(task, steps * BATCH, n, rng), lr, rng)


def right(net, X, target):
    """Which answers are right, (count, n) bool, if all digits before them are.

    So a row is right as a whole just where the network would have written it by itself.
    """
    asked = target[0] >= 0
    return (net(X).argmax(axis=-1) == target)[:, asked]


@dataclass
class Found:
    """What the experiment `lengths` found for one kind of network on one task.

    Attributes
    ----------
    parameters : int
    lr : float
        The one of ``rates`` with the highest share of right digits, of sequences to choose by.
    rates : list
    digits : array (seeds,)
        At this rate, by other seeds, which share of the test sequences' digits is right.
    right : bool (seeds, sequences)
        Which of their answers are right from the first to the last digit.
    """

    parameters: int
    lr: float
    rates: list
    digits: np.ndarray
    right: np.ndarray


def read(record):
    """{(kind, task, n): Found} from the record of `lengths`."""
    return {
        (row["kind"], row["task"], row["n"]): Found(
            **{name: row[name] for name in ("parameters", "lr", "rates")},
            digits=np.array(row["digits"]),
            right=np.array([unpacked(text, record["sequences"]) for text in row["right"]]),
        )
        for row in record["found"]
    }
