from types import SimpleNamespace

import numpy as np
import pytest

from nnbook.runs import train_digits
from nnbook.schedules.averaging import WeightAverage
from nnlib import schedules
from nnlib.optim import SGD


def test_the_average_replaces_the_weights_after_the_last_step_only():
    net, average = SimpleNamespace(params=np.zeros(2)), WeightAverage(0.5, steps=3)
    seen = []
    for weights in ([8.0, 1.0], [4.0, 1.0], [2.0, 1.0]):
        net.params[:] = weights
        average(net)
        seen.append(net.params.tolist())
    assert seen[:2] == [[8, 1], [4, 1]]
    assert seen[2] == pytest.approx([(8 / 8 + 4 / 4 + 2 / 2) / (7 / 8), 1])


def test_a_decay_of_0_is_the_last_weights():
    curves = [schedules.constant(0.2)]
    plain = train_digits(curves, 10, optimizer=SGD(lr=1), seeds=2)
    last = train_digits(curves, 10, optimizer=SGD(lr=1), seeds=2, after_step=WeightAverage(0.0, 10))
    assert np.array_equal(last.loss, plain.loss) and np.array_equal(last.error, plain.error)
    slow = train_digits(
        curves, 10, optimizer=SGD(lr=1), seeds=2, after_step=WeightAverage(0.99, 10)
    )
    assert np.array_equal(slow.loss, plain.loss), "training doesn't know of it"
    assert not np.array_equal(slow.val_loss, plain.val_loss)


def test_the_mean_of_all_places_on_the_noisy_bowl_is_minus_the_mean_noise():
    rng, lr, theta = np.random.default_rng(0), 0.3, 10.0
    places, noise = [], rng.normal(size=1000)
    for xi in noise:
        places.append(theta)
        theta -= lr * (theta + xi)
    left = (theta - places[0]) / (lr * len(noise))
    assert np.mean(places) == pytest.approx(-noise.mean() - left)
