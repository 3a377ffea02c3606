"""Training speed of nnlib beside PyTorch, scikit-learn and JAX, side by side in one run.

Every contender trains the same network on the same images, in turns, several times; a time is the
median of its turns, and what is compared are ratios. Each side gets its best settings: one or two
threads, whichever is faster; fused optimizers; denormals flushed to zero; the data in memory as
float32, shuffled anew each time.
"""

import time
from functools import partial
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from nnbook.mnist.folder import mnist_folder
from nnbook.mnist.recipe import FAST, fit
from nnlib.data import mnist
from nnlib.layers import Linear, ReLU
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import SGD, Adam
from nnlib.train import train

from . import peers

SAMPLES = 12_800  # of 60,000: a fifth of an epoch a turn, so that the turns are close in time
TURNS = 7
THREADS = (1, 2)
DENSE = (784, 600, 10)
NORMED = (784, 32, 32, 10)
WEIGHT_DECAY = 4e-4  # lr * decay: an L2 penalty of strength 2e-4
SGD_LIMITS = {  # batch size: at most so many times the epoch of others
    16: {"torch": 0.8, "loader": 0.6, "sklearn": 0.6},
    32: {"torch": 0.8, "loader": 0.6, "sklearn": 0.6},
    128: {"torch": 1.0, "loader": 0.6, "sklearn": 0.6, "jax": 1.1},
    512: {"torch": 1.2},
}


def measure():
    """Rows of (what, value, limit, unit)."""
    X, y, *test = mnist_arrays()
    part = X[:SAMPLES], y[:SAMPLES]
    for batch, limits in SGD_LIMITS.items():
        others = {
            "torch": partial(peers.torch_epoch, *part, batch, DENSE, "sgd", fused=True),
            "loader": partial(peers.torch_loader_epoch, *part, batch, DENSE),
            "sklearn": partial(peers.sklearn_epoch, *part, batch, DENSE),
            "jax": partial(peers.jax_epoch, *part, batch, DENSE),
        }
        times = race(
            nnlib=partial(sgd_epoch, *part, batch),
            bare=partial(bare_epoch, *part, batch, sgd),
            **{name: others[name] for name in limits},
        )
        yield from epoch_rows(f"SGD + L2, batch {batch}", times, limits, len(X))
    for batch in (32, 128):
        times = race(
            nnlib=partial(adam_epoch, *part, batch, DENSE, normed=False),
            bare=partial(bare_epoch, *part, batch, adam),
            default=partial(peers.torch_epoch, *part, batch, DENSE, "adam", fused=False),
            fused=partial(peers.torch_epoch, *part, batch, DENSE, "adam", fused=True),
        )
        limits = {"default": 0.6, "fused": 1.2}
        yield from epoch_rows(f"Adam, batch {batch}", times, limits, len(X))
    times = race(
        nnlib=partial(adam_epoch, *part, 32, NORMED, normed=True),
        torch=partial(peers.torch_epoch, *part, 32, NORMED, "adam", fused=True, normed=True),
    )
    yield from epoch_rows("BatchNorm + Adam, 784-32-32-10, batch 32", times, {"torch": 0.5}, len(X))
    yield from where_the_time_goes(*part, len(X))
    yield from time_to_accuracy(X, y, *test)


def mnist_arrays():
    """MNIST, found where the build and the tests find it."""
    return mnist(mnist_folder())


def race(**contenders):
    """Let contenders take turns with each number of threads: {name: best median seconds}."""
    times = {(name, threads): [] for name in contenders for threads in THREADS}
    for turn in range(TURNS + 1):
        for name, run in contenders.items():
            for threads in THREADS:
                peers.set_threads(threads)
                time.sleep(0.1)  # idle threads of the last contender wait awake for a while
                with threadpool_limits(threads):
                    seconds = run()
                if turn:  # the first turn warms up
                    times[name, threads].append(seconds)
    return {
        name: min((median(times[name, threads]), threads) for threads in THREADS)
        for name in contenders
    }


def epoch_rows(what, times, limits, samples):
    ours, threads = times["nnlib"]
    yield f"{what}: nnlib, {threads} thread(s), epoch", ours * samples / SAMPLES, None, "s"
    for name, limit in limits.items():
        theirs, threads = times[name]
        label = f"{what}: nnlib / {peers.NAMES[name]} ({threads} thread(s), "
        yield label + f"{theirs * samples / SAMPLES:.2f} s)", ours / theirs, limit, "x"
        if "bare" in times:
            label = f"{what}: products and update alone / {peers.NAMES[name]}"
            yield label, times["bare"][0] / theirs, None, "x"


def dense(sizes, rng, normed=False):
    layers = []
    for n_in, n_out in zip(sizes[:-2], sizes[1:-1], strict=True):
        layers += [Linear(n_in, n_out, bias=not normed)]
        layers += [BatchNorm(n_out)] if normed else []
        layers += [ReLU()]
    return Network([*layers, Linear(*sizes[-2:])], rng=rng)


def timed_epoch(net, optimizer, X, y, batch):
    start = time.perf_counter()
    train(
        net,
        softmax_cross_entropy,
        X,
        y,
        optimizer=optimizer,
        epochs=1,
        batch_size=batch,
        rng=np.random.default_rng(1),
    )
    return time.perf_counter() - start


def sgd(net):
    return SGD(lr=0.02, weight_decay=WEIGHT_DECAY, decay_mask=net.weight_mask)


def adam(net):
    return Adam(lr=1e-3)


def sgd_epoch(X, y, batch):
    net = dense(DENSE, np.random.default_rng(0))
    return timed_epoch(net, sgd(net), X, y, batch)


def adam_epoch(X, y, batch, sizes, normed):
    net = dense(sizes, np.random.default_rng(0), normed)
    return timed_epoch(net, adam(net), X, y, batch)


def bare_epoch(X, y, batch, make):
    """Only what an epoch cannot do without: its five matrix products, and the optimizer's steps.

    No library on NumPy's BLAS and with this update could be faster than that.
    """
    net = dense(DENSE, np.random.default_rng(0))
    first, _, last = net.layers
    optimizer = make(net) if make else None
    hidden = np.ones((batch, DENSE[1]), np.float32)
    out = np.ones((batch, DENSE[2]), np.float32)
    start = time.perf_counter()
    for i in range(0, len(X), batch):
        x = X[i : i + batch]
        x @ first.W
        hidden @ last.W
        np.matmul(hidden.T, out, out=last.dW)
        out @ last.W.T
        np.matmul(x.T, hidden, out=first.dW)
        if optimizer:
            optimizer.step(net.params, net.grads)
    return time.perf_counter() - start


def where_the_time_goes(X, y, samples, batch=16):
    """The same epoch with the matrix products alone, and with the traffic of weights alone."""
    steps = len(X) // batch
    net = dense(DENSE, np.random.default_rng(0))

    def traffic():
        start = time.perf_counter()
        for _ in range(steps):  # read the gradient once, read and write the parameters once
            np.add(net.params, net.grads, out=net.params)
        return time.perf_counter() - start

    times = race(
        nnlib=partial(sgd_epoch, X, y, batch),
        products=partial(bare_epoch, X, y, batch, None),
        traffic=traffic,
    )
    scale = samples / len(X)
    what = f"SGD + L2, batch {batch}"
    yield f"{what}: whole epoch", times["nnlib"][0] * scale, None, "s"
    yield f"{what}: its five matrix products alone", times["products"][0] * scale, None, "s"
    yield f"{what}: its traffic of weights alone", times["traffic"][0] * scale, None, "s"


def time_to_accuracy(X, y, X_test, y_test):
    """Seconds from raw arrays to a trained network, and what it reaches on the test images."""
    for goal, recipe in FAST.items():
        ours, theirs, reached = side_by_side(recipe, X, y, X_test, y_test)
        what = f"recipe for {goal} %: {recipe.epochs} epochs"
        yield f"{what}: nnlib, test accuracy (median of seeds)", median(reached), None, "%"
        yield f"{what}: nnlib, from raw arrays", median(ours), None, "s"
        label = f"{what}: nnlib / PyTorch fused ({median(theirs):.2f} s)"
        yield label, median(ours) / median(theirs), 1.0, "x"


def side_by_side(recipe, X, y, X_test, y_test, seeds=3):
    """Train by a recipe here and in PyTorch, in turns: seconds, seconds, our test accuracies."""
    ours, theirs, reached = [], [], []
    peers.set_threads(2)
    with threadpool_limits(2):
        for seed in range(seeds):
            net, record = fit(recipe, seed, X, y)
            ours.append(record["seconds"])
            reached.append(100 * float(np.mean(net.predict(X_test) == y_test)))
            seconds, _ = peers.torch_recipe(X, y, recipe, seed)
            theirs.append(seconds)
    return ours, theirs, reached
