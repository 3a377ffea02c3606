"""Where runs happen: in this process, in several on this machine, or on a Dask cluster.

All three go through joblib, and the experiments don't know which it is. A cluster's workers are
started in a checkout of this repository with the same packages, and find MNIST as everybody else
does (see `nnlib.data.mnist`). The record names the processor and the BLAS of the process that asks.
"""

from contextlib import ExitStack, contextmanager
from functools import cache

import numpy as np
from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits

from nnbook.mnist.recipe import fit
from nnlib.data import digits, mnist
from nnlib.metrics import accuracy

PIECE = 500  # images that a network reads at a time


@contextmanager
def runner(jobs=1, dask=None):
    """Gives ``run(function, settings)``: the list of ``function(**setting)`` for each setting.

    Parameters
    ----------
    jobs : int
        Processes on this machine; 1 is this process.
    dask : str, optional
        The address of a scheduler, such as "tcp://10.0.0.1:8786"; then its cluster is used.
    """
    with ExitStack() as stack:
        if dask:
            from distributed import Client

            stack.enter_context(Client(dask))
            stack.enter_context(parallel_config(backend="dask", n_jobs=-1))
        else:
            stack.enter_context(parallel_config(backend="loky", n_jobs=jobs))

        def run(function, settings):
            return Parallel(verbose=10)(delayed(_single)(function, s) for s in settings)

        yield run


def _single(function, setting):
    """One run with one thread: joblib's inner_max_num_threads only reaches its own processes."""
    with threadpool_limits(1):
        return function(**setting)


@cache
def arrays(data):
    """(X, y, X_held, y_held): what to train on, and what to measure on.

    "validation": the first 50,000 training images of MNIST, and the other 10,000 of them.
    "test": all 60,000, and the test images. "digits": the embedded ones, to try things out.
    """
    if data == "digits":
        X, y = digits()
        return X[:1500], y[:1500], X[1500:], y[1500:]
    X, y, X_test, y_test = mnist()
    if data == "test":
        return X, y, X_test, y_test
    return X[:50_000], y[:50_000], X[50_000:], y[50_000:]


def score(recipe, seed, data, watch=False, images=None):
    """Train once; the record of `fit`, and how what was held back is read.

    With ``images`` only so many are learned from, drawn by the seed.
    """
    X, y, X_held, y_held = arrays(data)
    if images:
        X, y = drawn(X, y, images, seed)
    net, record = fit(recipe, seed, X, y, watch=(X_held, y_held) if watch else None)
    return record | held(predict(net, X_held), y_held)


def drawn(X, y, images, seed):
    """So many of the images and their labels, drawn by the seed."""
    rows = np.random.default_rng([seed, images]).permutation(len(X))[:images]
    return X[rows], y[rows]


def predict(net, X):
    """Labels for many images, in pieces: the windows of 10,000 at once would fill gigabytes."""
    return np.concatenate([net.predict(X[i : i + PIECE]) for i in range(0, len(X), PIECE)])


def held(pred, y):
    """The accuracy of predictions, which images are read wrong, and as what."""
    wrong = np.flatnonzero(pred != y)
    return {
        "held_accuracy": accuracy(pred, y),
        "wrong": wrong.tolist(),
        "read_as": pred[wrong].tolist(),
    }


def percent(records):
    """Accuracies of several seeds: each, their mean, median and standard deviation, in percent."""
    each = [100 * record["held_accuracy"] for record in records]
    return {
        "each": [round(value, 4) for value in each],
        "mean": round(float(np.mean(each)), 4),
        "median": round(float(np.median(each)), 4),
        "std": round(float(np.std(each, ddof=1)), 4) if len(each) > 1 else None,
    }
