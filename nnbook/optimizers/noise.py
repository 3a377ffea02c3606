"""Gradients with noise, as a mini-batch has them, and an average that smooths noisy numbers."""

import numpy as np

from nnlib.landscapes import mccormick, quadratic
from nnlib.optim import SGD

SIGMA = np.array([16.0, 4.0])  # of a sample's gradient, along x and along y
XI = np.random.default_rng(0).normal(0, SIGMA, size=(2000, 2))  # by which each sample is off …
XI = (XI - XI.mean(axis=0)) / XI.std(axis=0) * SIGMA  # … and all of them together are not


def noisy_walk(batch, lr, steps=300):
    """Mini-batch gradient descent on McCormick, from the standard start: (steps + 1, 2)."""
    rng, theta = np.random.default_rng(0), np.array([-1.0, 2.75])
    sgd, walk = SGD(lr=lr), [theta.copy()]
    while len(walk) <= steps:  # an epoch: each sample once
        order = rng.permutation(2000)[: 2000 // batch * batch]
        for rows in order.reshape(-1, batch):
            sgd.step(theta, mccormick.grad(theta) + XI[rows].mean(axis=0))
            walk.append(theta.copy())
    return np.array(walk[: steps + 1])


def floors(optimizer, n, walkers=2000, steps=1000, seed=0):
    """Heights of walkers on a noisy bowl with κ = 10, each the mean over the last half: (walkers,).

    All start at the minimum. Each step's gradient has the noise of a batch of n samples.
    """
    bowl, rng = quadratic(condition=10), np.random.default_rng(seed)
    theta, total = np.zeros((walkers, 2)), np.zeros(walkers)
    optimizer.reset()
    for t in range(steps):
        noise = rng.normal(size=theta.shape) * SIGMA / np.sqrt(n)
        optimizer.step(theta, bowl.grad(theta) + noise)
        if t >= steps // 2:
            total += bowl.value(theta)
    return total / (steps - steps // 2)


def ewma(x, beta, correct=True):
    """Exponentially weighted averages of x, one after each number."""
    m, averages = 0.0, []
    for t, new in enumerate(x, start=1):
        m = beta * m + (1 - beta) * new
        averages.append(m / (1 - beta**t) if correct else m)
    return np.array(averages)
