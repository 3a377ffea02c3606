"""Which networks put digits in order, and turn them round, as the sequences grow?

A transformer, an LSTM and a plain recurrent network, with about as many parameters, learn both
tasks at several lengths; plain ones with a norm inside learn one of them. Each is trained at five
learning rates with two seeds. The rate with the highest share of right digits, of sequences to
choose by, is trained with five other seeds, and their answers to test sequences are recorded. The
same for a gated network that repeats digits, where the gradient goes back in windows of steps.
"""

import numpy as np

from nnbook.attention.learners import BATCH, KINDS, STEPS, learn, learn_task, recurrent, right
from nnbook.attention.sequences import deal, echo
from nnbook.attention.through_time import truncated
from nnbook.runs import packed
from nnlib.network import Network
from nnlib.recurrence import GRU

COST = "15 minutes"
SEEDS = [0, 1, 2, 3, 4]
CHOOSING = [100, 101]
RATES = [0.001, 0.003, 0.01, 0.03, 0.1]
LENGTHS = [5, 8, 12, 16]
COMPARED = ["transformer", "LSTM", "plain"]
NORMED = [(kind, "sort", 8) for kind in ("plain, layer norm", "plain, batch norm")]
SEQUENCES = 500
WINDOWS, LAG, LENGTH = [3, 6, 12], 4, 12  # of the network that repeats digits


def experiment(run):
    every = [(kind, task, n) for n in LENGTHS for task in ("sort", "reverse") for kind in COMPARED]
    settings = [{"kind": kind, "task": task, "n": n} for kind, task, n in every + NORMED]
    return {
        "sequences": SEQUENCES,
        "found": run(network, settings),
        "windows": run(windowed, [{"window": window} for window in WINDOWS]),
    }


def network(kind, task, n):
    """What is recorded of one kind of network on one task."""
    size = Network(KINDS[kind](2 * n), rng=np.random.default_rng(0)).params.size
    setting = {"kind": kind, "task": task, "n": n, "parameters": size}
    return setting | tuned(
        lambda lr, seed: learn_task(kind, task, n, lr, seed),
        lambda rng: deal(task, SEQUENCES, n, rng),
    )


def windowed(window, steps=STEPS):
    """What is recorded of a GRU that repeats digits, with its way back cut into windows."""

    def trained(lr, seed):
        rng = np.random.default_rng(seed)
        layers = recurrent(truncated(GRU, window)(32, 32))
        return learn(layers, *echo(steps * BATCH, LENGTH, LAG, rng), lr, rng)

    return {"window": window, "lag": LAG} | tuned(
        trained, lambda rng: echo(SEQUENCES, LENGTH, LAG, rng), share=True
    )


def tuned(trained, dealt, share=False):
    """Choose the rate by some seeds, and test it by others.

    Parameters
    ----------
    trained : function of (lr, seed), returns a Network
    dealt : function of a generator, returns sequences and their targets
    share : bool
        Record the share of right digits, and not which sequences are all right.
    """
    to_choose, to_test = (dealt(np.random.default_rng(seed)) for seed in (1000, 1001))
    shares = [[right(trained(lr, seed), *to_choose).mean() for seed in CHOOSING] for lr in RATES]
    validation = [float(np.mean(row)) for row in shares]
    lr = RATES[int(np.argmax(validation))]
    answers = [right(trained(lr, seed), *to_test) for seed in SEEDS]
    return {
        "rates": RATES,
        "validation": validation,
        "lr": lr,
        "digits": [float(answer.mean()) for answer in answers],
        **({} if share else {"right": [packed(answer.all(axis=1)) for answer in answers]}),
    }
