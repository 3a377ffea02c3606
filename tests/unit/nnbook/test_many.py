"""R networks trained as one are what R networks trained one by one are."""

import numpy as np
import pytest

from nnbook.many import network, train_many
from nnlib import schedules as sch
from nnlib.data import digits
from nnlib.losses import softmax_cross_entropy
from nnlib.optim import SGD, Adam, Momentum
from nnlib.schedules import set_rate
from nnlib.train import evaluate


def one_run(schedule, optimizer, seed, steps, batch_size, n_train):
    """The same run with nnlib's own network; batches as `train_many` deals them."""
    X, y = digits()
    rng, net, losses = np.random.default_rng([seed, 1]), network(seed), []
    order = rng.permutation(len(X))
    while len(losses) < steps:
        rows = rng.permutation(order[:n_train])
        for batch in rows[: n_train // batch_size * batch_size].reshape(-1, batch_size):
            set_rate(optimizer, schedule, len(losses))
            value, grads = net.value_and_grad(softmax_cross_entropy, X[batch], y[batch])
            optimizer.step(net.params, grads)
            losses.append(value)
    held_out = order[n_train:]
    return losses[:steps], evaluate(net, softmax_cross_entropy, X[held_out], y[held_out])


@pytest.mark.parametrize(
    "make, schedules",
    [
        (SGD, [sch.constant(0.1), sch.cosine(0.4, 40)]),
        (Momentum, [sch.one_cycle(0.1, 40), sch.one_cycle(0.3, 40)]),
        (Adam, [sch.warmup(sch.constant(0.01), 10), sch.exponential(0.02, k=0.05)]),
    ],
)
def test_agrees_with_single_networks(make, schedules):
    runs = train_many(schedules, 40, optimizer=make(lr=1), seeds=2, batch_size=50, n_train=500)
    assert runs.loss.shape == (2, 2, 40) and runs.error.shape == runs.val_loss.shape == (2, 2, 1)
    for s, schedule in enumerate(schedules):
        for seed in range(2):
            losses, (val_loss, accuracy) = one_run(schedule, make(lr=1), seed, 40, 50, 500)
            np.testing.assert_allclose(runs.loss[s, seed], losses, rtol=1e-9)
            np.testing.assert_allclose(runs.val_loss[s, seed, 0], val_loss, rtol=1e-9)
            assert runs.error[s, seed, 0] == pytest.approx(100 * (1 - accuracy))


def test_seeds_are_the_same_for_all_schedules_and_calls():
    both = train_many([sch.constant(0.1), sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=3)
    assert np.array_equal(both.loss[0], both.loss[1])
    assert len(set(both.loss[0, :, 0])) == 3
    again = train_many([sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=3)
    assert np.array_equal(again.loss[0], both.loss[0])
    last = train_many([sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=[2])
    # up to rounding: where in a stack a network lies decides how its sums are vectorized
    np.testing.assert_allclose(last.loss[0, 0], both.loss[0, 2], rtol=1e-12)


def test_validates_every_so_often():
    runs = train_many([sch.constant(0.1)], 9, optimizer=SGD(lr=1), seeds=2, every=3)
    assert runs.error.shape == (1, 2, 3)
    assert (runs.error[..., -1] < runs.error[..., 0]).all()


def test_divergence_is_data():
    runs = train_many([sch.constant(1e8)], 5, optimizer=SGD(lr=1), seeds=2)
    assert not np.isfinite(runs.loss[..., -1]).any() or (runs.loss[..., -1] > 1e3).all()


def test_different_momentum_curves_are_refused():
    curves = [sch.one_cycle(0.1, 10), sch.one_cycle(0.1, 20)]
    with pytest.raises(ValueError, match="the same momentum"):
        train_many(curves, 10, optimizer=Momentum(lr=1))
    with pytest.raises(ValueError, match="the same momentum"):
        train_many([curves[0], sch.constant(0.1)], 10, optimizer=Momentum(lr=1))
