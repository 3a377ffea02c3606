"""A problem whose inputs are rare: logistic regression on features that most samples lack."""

import numpy as np

from nnlib.activations import sigmoid

FEATURES, SAMPLES = 60, 4000


def problem(seed):
    """Two sets of samples (X, y) by one law; X (4000, 60) is 0 or 1, the first feature common.

    Feature j is 1 with a probability that falls from ½ for the first to 0.002 for the last.
    """
    rng = np.random.default_rng(seed)
    often, w = np.geomspace(0.5, 0.002, FEATURES), 2 * rng.normal(size=FEATURES)
    X = (rng.random((2, SAMPLES, FEATURES)) < often).astype(float)
    y = (rng.random((2, SAMPLES)) < sigmoid(X @ w)).astype(float)
    return zip(X, y, strict=True)


def rare_losses(make, rates, seeds=8, steps=1500, batch=8):
    """Cross-entropy on new samples (seeds, rates) after training on problems of their own."""
    losses = []
    for seed in range(seeds):
        (X, y), (X_new, y_new) = problem(seed)
        rng, optimizer = np.random.default_rng([seed, 1]), make(lr=np.reshape(rates, (-1, 1)))
        theta = np.zeros((len(rates), FEATURES))  # all rates at once
        for _ in range(steps):
            rows = rng.integers(SAMPLES, size=batch)
            error = sigmoid(theta @ X[rows].T) - y[rows]  # (rates, batch)
            optimizer.step(theta, error @ X[rows] / batch)
        z = theta @ X_new.T
        losses.append(np.mean(np.logaddexp(0, z) - y_new * z, axis=1))
    return np.array(losses)
