"""Training speed of nnlib beside PyTorch, scikit-learn and JAX, side by side in one run.

Every contender trains the same network on the same images, in turns, several times; a time is the
median of its turns, and what is compared are ratios. Each side gets its best settings: one or two
threads, whichever is faster; fused optimizers; denormals flushed to zero; the data in memory as
float32, shuffled anew each time.
"""

import time
from functools import cache, partial
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
SCALE = 60_000 / SAMPLES
STEPS = 200  # updates a turn
TURNS = 7
THREADS = (1, 2)
DENSE = (784, 600, 10)
NORMED = (784, 32, 32, 10)
torch_dense = partial(peers.torch_net, DENSE)
torch_normed = partial(peers.torch_net, NORMED, normed=True)
WEIGHT_DECAY = 4e-4  # lr * decay: an L2 penalty of strength 2e-4
SGD_LIMITS = {  # batch size: at most so many times the epoch of others
    16: {"torch": 0.8, "loader": 0.6, "sklearn": 0.6},
    32: {"torch": 0.8, "loader": 0.6, "sklearn": 0.6},
    128: {"torch": 1.0, "loader": 0.6, "sklearn": 0.6, "jax": 1.1},
    512: {"torch": 1.1},
}
ADAM_LIMITS = {"default": 0.6, "fused": 1.1}
BARE_LIMIT = 1.2  # times the bare loop of an epoch's products and updates
PASS_LIMIT = 1.5  # an update by SGD: times one pass that reads and writes every parameter


def measure(start=""):
    """Rows of (what, value, limit, unit), of the parts whose names begin so."""
    for name, rows in PARTS.items():
        if name.startswith(start):
            yield from rows()


def sgd_rows(batch):
    part, limits = fifth(), SGD_LIMITS[batch]
    others = {
        "torch": partial(peers.torch_epoch, *part, batch, torch_dense, "sgd", fused=True),
        "loader": partial(peers.torch_loader_epoch, *part, batch, DENSE),
        "sklearn": partial(peers.sklearn_epoch, *part, batch, DENSE),
        "jax": partial(peers.jax_epoch, *part, batch, DENSE),
    }
    times = race(
        nnlib=partial(sgd_epoch, *part, batch),
        bare=partial(bare_epoch, *part, batch, lambda net: sgd(net).step),
        one_pass=partial(bare_epoch, *part, batch, lambda net: one_pass),
        **{name: others[name] for name in limits},
    )
    yield from epoch_rows(f"SGD + L2, batch {batch}", times, limits)
    yield from bare_rows(f"SGD + L2, batch {batch}", times, BARE_LIMIT)


def adam_rows(batch):
    part = fifth()
    times = race(
        nnlib=partial(adam_epoch, *part, batch, partial(dense, DENSE)),
        bare=partial(bare_epoch, *part, batch, lambda net: adam(net).step),
        one_pass=partial(bare_epoch, *part, batch, lambda net: one_pass),
        default=partial(peers.torch_epoch, *part, batch, torch_dense, "adam", fused=False),
        fused=partial(peers.torch_epoch, *part, batch, torch_dense, "adam", fused=True),
    )
    yield from epoch_rows(f"Adam, batch {batch}", times, ADAM_LIMITS)
    yield from bare_rows(f"Adam, batch {batch}", times, None)


def normed_rows():
    part = fifth()
    times = race(
        nnlib=partial(adam_epoch, *part, 32, partial(dense, NORMED, normed=True)),
        torch=partial(peers.torch_epoch, *part, 32, torch_normed, "adam", fused=True),
    )
    yield from epoch_rows("BatchNorm + Adam, 784-32-32-10, batch 32", times, {"torch": 0.5})


def update_rows():
    """An optimizer's step alone, on the parameters of 784-600-10, again and again."""
    net = dense(DENSE, np.random.default_rng(0))
    plain = SGD(lr=0.02)
    times = race(
        one_pass=partial(steps, one_pass),
        sgd=partial(steps, plain.step),
        decayed=partial(steps, sgd(net).step),
        adam=partial(steps, adam(net).step),
        torch_sgd=partial(peers.torch_steps, DENSE, "sgd", STEPS),
        torch_adam=partial(peers.torch_steps, DENSE, "adam", STEPS),
    )
    microseconds = {name: 1e6 * seconds / STEPS for name, (seconds, _) in times.items()}
    what = f"update of {net.params.size:,} parameters"
    yield f"{what}: one pass that reads and writes them", microseconds["one_pass"], None, "µs"
    ratios = {
        "SGD / one pass": ("sgd", "one_pass", PASS_LIMIT),
        "SGD + L2 / one pass": ("decayed", "one_pass", PASS_LIMIT),
        "SGD + L2 / PyTorch, fused": ("decayed", "torch_sgd", None),
        "Adam / one pass": ("adam", "one_pass", None),
        "Adam / PyTorch, fused": ("adam", "torch_adam", None),
    }
    for name, (ours, theirs, limit) in ratios.items():
        label = f"{what}: {name} ({microseconds[theirs]:.0f} µs)"
        yield label, microseconds[ours] / microseconds[theirs], limit, "x"


@cache
def mnist_arrays():
    """MNIST, found where the build and the tests find it."""
    return mnist(mnist_folder())


def fifth():
    """Images and labels of a turn."""
    X, y, *_ = mnist_arrays()
    return X[:SAMPLES], y[:SAMPLES]


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


def epoch_rows(what, times, limits):
    ours, threads = times["nnlib"]
    yield f"{what}: nnlib, {threads} thread(s), epoch", ours * SCALE, None, "s"
    for name, limit in limits.items():
        theirs, threads = times[name]
        label = f"{what}: nnlib / {peers.NAMES[name]} ({threads} thread(s), "
        yield label + f"{theirs * SCALE:.2f} s)", ours / theirs, limit, "x"
        if "bare" in times:
            label = f"{what}: products and update alone / {peers.NAMES[name]}"
            yield label, times["bare"][0] / theirs, None, "x"


def bare_rows(what, times, limit):
    """How much a whole epoch adds to what it cannot do without, in two readings of that."""
    ours, bare, one_pass = (times[name][0] for name in ("nnlib", "bare", "one_pass"))
    yield f"{what}: whole epoch / products and update alone", ours / bare, limit, "x"
    yield f"{what}: whole epoch / products and one pass alone", ours / one_pass, None, "x"


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


def adam_epoch(X, y, batch, network):
    net = network(np.random.default_rng(0))
    return timed_epoch(net, adam(net), X, y, batch)


def bare_epoch(X, y, batch, updating):
    """Only what an epoch cannot do without: its five matrix products, and an update for each batch.

    No library on NumPy's BLAS and with this update could be faster than that.
    """
    net = dense(DENSE, np.random.default_rng(0))
    first, _, last = net.layers
    update = updating(net)
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
        update(net.params, net.grads)
    return time.perf_counter() - start


def one_pass(theta, g):
    """The least that an update can do: read the gradient, read and write the parameters."""
    np.add(theta, g, out=theta)


def steps(update):
    """Seconds of STEPS updates of the parameters of 784-600-10, by one gradient."""
    rng = np.random.default_rng(0)
    theta = dense(DENSE, rng).params
    g = rng.normal(0, 1e-3, theta.size).astype(theta.dtype)
    start = time.perf_counter()
    for _ in range(STEPS):
        update(theta, g)
    return time.perf_counter() - start


def recipe_rows():
    """Seconds from raw arrays to a trained network, and what it reaches on the test images."""
    for goal, recipe in FAST.items():
        ours, theirs, reached = side_by_side(recipe, *mnist_arrays())
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


PARTS = {
    **{f"sgd{batch}": partial(sgd_rows, batch) for batch in SGD_LIMITS},
    **{f"adam{batch}": partial(adam_rows, batch) for batch in (32, 128)},
    "normed": normed_rows,
    "update": update_rows,
    "recipes": recipe_rows,
}
