"""R networks trained as one are what R networks trained one by one are."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.runs import (
    EachPenalty,
    Stack,
    cross_entropies,
    evaluate_stack,
    network,
    packed,
    reads_right,
    train_digits,
    train_nets,
    train_stack,
    unpacked,
)
from nnlib import schedules as sch
from nnlib.activations import sigmoid
from nnlib.data import digits
from nnlib.layers import Activation, Dropout, Layer, LeakyReLU, Linear, ReLU
from nnlib.losses import binary_cross_entropy, softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from nnlib.optim import SGD, Adam, Lion, Momentum, Nesterov
from nnlib.penalties import L2, ElasticNet, max_norm
from nnlib.schedules import set_rate
from nnlib.train import evaluate, train


def data(runs, n):
    rng = np.random.default_rng(n)
    return rng.normal(size=(*runs, n, 4)), rng.integers(3, size=(*runs, n))


def stack(runs, p=0.0):
    return Stack(runs, 4, 5, 3, rng=np.random.default_rng(1), p=p)


def alone(net, run):
    """One of the networks by itself, as nnlib's own."""
    layers = [Linear(4, 5), ReLU(), Linear(5, 3)]
    single = Network(layers, rng=np.random.default_rng(0), dtype=np.float64)
    single.params[:] = net.params[run]
    return single


def full_batches(X, y, steps):
    return ((X, y) for _ in range(steps))


RUNS = st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple)


@given(runs=RUNS, n=st.integers(1, 8), smoothing=st.sampled_from([0.0, 0.2]))
def test_logits_losses_and_gradients_are_those_of_single_networks(runs, n, smoothing):
    net, (X, y) = stack(runs), data(runs, n)
    loss, dlogits = cross_entropies(net.forward(X, training=True), y, smoothing)
    net.backward(dlogits)
    assert loss.shape == runs and net.grads.shape == net.params.shape == (*runs, 43)
    for run in np.ndindex(runs):
        single = alone(net, run)
        value, grads = single.value_and_grad(
            lambda pred, y: softmax_cross_entropy(pred, y, smoothing), X[run], y[run]
        )
        np.testing.assert_allclose(net(X)[run], single(X[run]), atol=1e-12)
        np.testing.assert_allclose(loss[run], value, rtol=1e-12)
        np.testing.assert_allclose(net.grads[run], grads, atol=1e-12)


def test_first_weights_are_he_normal_and_no_two_alike():
    net = Stack((3, 4), 100, 50, 20, rng=np.random.default_rng(0))
    for weights, n_in in zip((W for W, _ in net.weights), (100, 50), strict=True):
        assert weights.shape[0] == 12
        assert np.allclose(weights.std(axis=(1, 2)), np.sqrt(2 / n_in), rtol=0.1)
        assert len(set(weights[:, 0, 0])) == 12
    assert not any(layer.b.any() for layer in (net.layers[0], net.layers[-1]))


def test_layers_and_weights_are_views_of_the_rows():
    net = stack((2, 3))
    assert [layer.W.shape for layer in (net.layers[0], net.layers[-1])] == [
        (2, 3, 4, 5),
        (2, 3, 5, 3),
    ]
    net.params[1, 2] = 7
    assert (net.layers[0].W[1, 2] == 7).all() and (net.layers[-1].b[1, 2] == 7).all()
    assert (net.weights[1][0][5] == 7).all() and not (net.weights[1][0][:5] == 7).any()
    net.grads[1, 2] = 8
    assert (net.weights[0][1][5] == 8).all() and (net.layers[0].db[1, 2] == 8).all()


ACTIVATED = {
    "one layer": lambda: [Linear(4, 1)],
    "tanh": lambda: [Linear(4, 5), Activation("tanh"), Linear(5, 1)],
    "deep": lambda: [Linear(4, 5), ReLU(), Linear(5, 3), LeakyReLU(slope=0.3), Linear(3, 1)],
}


def networks_of(make, n=3):
    rng = np.random.default_rng(0)
    return [Network(make(), rng=rng, dtype=np.float64) for _ in range(n)]


@pytest.mark.parametrize("make", ACTIVATED.values(), ids=ACTIVATED)
def test_a_stack_of_networks_learns_as_they_do_alone(make):
    nets, (X, labels) = networks_of(make), data((), 20)
    first, y = [net.params.copy() for net in nets], labels > 0
    stacked, optimizer = Stack.of(nets), Adam(lr=0.1)
    for _ in range(10):
        stacked.backward((sigmoid(stacked(X)) - y[:, np.newaxis]) / len(y))
        optimizer.step(stacked.params, stacked.grads)
    for net, before, trained in zip(nets, first, stacked.params, strict=True):
        assert np.array_equal(net.params, before), "the stack has copies"
        alone = Adam(lr=0.1)
        for _ in range(10):
            alone.step(net.params, net.value_and_grad(binary_cross_entropy, X, y)[1])
        np.testing.assert_allclose(trained, net.params, rtol=1e-9, atol=1e-12)
        assert not np.allclose(trained, before, atol=0.1)


def test_a_stack_of_networks_leaves_their_layers_alone():
    """Each may be used between a stack's way forward and its way back."""
    nets, (X, _) = networks_of(ACTIVATED["tanh"]), data((), 6)
    stacked, ones = Stack.of(nets), np.ones((3, 6, 1))
    stacked(X)
    stacked.backward(ones)
    grads = stacked.grads.copy()
    stacked(X)
    nets[0](X[:2])
    stacked.backward(ones)
    assert np.array_equal(stacked.grads, grads) and grads.any()


def test_a_stack_of_networks_drops_units_of_each():
    def make():
        return [Linear(4, 50), Dropout(0.5, np.random.default_rng(1)), Linear(50, 1)]

    stacked = Stack.of(networks_of(make))
    stacked.forward(data((), 200)[0], training=True)
    dropped = stacked.layers[1].scale == 0  # (3, 200, 50)
    assert dropped.shape == (3, 200, 50) and np.isclose(dropped.mean(), 0.5, atol=0.02)
    assert not np.array_equal(dropped[0], dropped[1])


class Squared(Layer):
    """A layer that doesn't say that it may be stacked."""

    def forward(self, x, training=False):
        return x**2


class Doubled(Layer):
    stacks = True

    def forward(self, x, training=False):
        return 2 * x

    def backward(self, dy):
        return 2 * dy


NORMALIZED = {
    "batch": lambda: [Linear(4, 5, bias=False), BatchNorm(5, decay=0.8), ReLU(), Linear(5, 3)],
    "layer": lambda: [Linear(4, 5), LayerNorm(5), ReLU(), Doubled(), Linear(5, 3)],
    "group": lambda: [Linear(4, 6), GroupNorm(2, 6), ReLU(), Linear(6, 3)],
}


@pytest.mark.parametrize("make", NORMALIZED.values(), ids=NORMALIZED)
def test_normalized_networks_side_by_side_learn_as_they_do_alone(make):
    """And get their parameters and running averages back, with those of an earlier training."""
    (X, y), validation = data((), 20), data((), 10)
    flat = networks_of(make, 6)
    for net in flat:
        net.forward(X, training=True)
    nets = [flat[:3], flat[3:]]
    stacked = Stack.of(nets)
    assert stacked.params.shape[:2] == (2, 3)
    how = {"optimizer": SGD(lr=0.1), "validation": validation}
    runs = train_stack(stacked, full_batches(X, y, 9), every=3, **how)
    for k, net in enumerate(flat):
        history = train(net, softmax_cross_entropy, X, y, epochs=9, batch_size=20,
                        rng=np.random.default_rng(0), **how)  # fmt: skip
        assert np.allclose(runs.val_loss[divmod(k, 3)], history.val_loss[2::3])
        np.testing.assert_allclose(stacked.params[divmod(k, 3)], net.params, atol=1e-9)
    others = networks_of(make, 6)
    stacked.copy_to([others[:3], others[3:]])
    for net, other in zip(flat, others, strict=True):
        np.testing.assert_allclose(other.forward(X), net.forward(X), atol=1e-9)
        np.testing.assert_allclose(other.state, net.state, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: [ReLU(), Linear(4, 1)],
        lambda: [Linear(4, 5), RMSNorm(5), Linear(5, 1)],
        lambda: [Linear(4, 5), InstanceNorm(5), Linear(5, 1)],
        lambda: [Linear(4, 5), Squared(), Linear(5, 1)],
    ],
)
def test_networks_that_cannot_be_stacked_are_refused(make):
    with pytest.raises(ValueError, match=r"nets must have dense layers.*, got .* as layer [01]"):
        Stack.of(networks_of(make))


def test_different_networks_are_refused():
    nets = networks_of(ACTIVATED["tanh"]) + networks_of(ACTIVATED["deep"])
    with pytest.raises(ValueError, match="the same layers, got 2 kinds"):
        Stack.of(nets)
    with pytest.raises(ValueError, match="the same layers, got 0 kinds"):
        Stack.of([])


@pytest.mark.parametrize("shared", ["one data set for all", "one for each entry of the last axis"])
def test_runs_may_share_their_data(shared):
    net = stack((2, 3))
    X, y = data((3,) if "last" in shared else (), 6)
    copies = np.broadcast_to(X, (2, 3, 6, 4)).copy(), np.broadcast_to(y, (2, 3, 6)).copy()
    for ours, theirs in zip(evaluate_stack(net, X, y), evaluate_stack(net, *copies), strict=True):
        assert ours.shape == (2, 3) and np.allclose(ours, theirs, rtol=1e-12)
    dlogits = cross_entropies(net.forward(X, training=True), y)[1]
    net.backward(dlogits)
    grads = net.grads.copy()
    net.backward(cross_entropies(net.forward(copies[0], training=True), copies[1])[1])
    np.testing.assert_allclose(grads, net.grads, atol=1e-12)


@pytest.mark.parametrize("n", [1, 99, 100, 101, 250])
def test_evaluation_in_pieces_is_that_of_the_whole(n):
    net, (X, y) = stack((2,)), data((2,), n)
    losses, accuracies = evaluate_stack(net, X, y)
    for k in range(2):
        expected = evaluate(alone(net, k), softmax_cross_entropy, X[k], y[k])
        assert np.allclose((losses[k], accuracies[k]), expected, rtol=1e-12)
        assert (reads_right(net, X, y)[k] == (alone(net, k).predict(X[k]) == y[k])).all()


OPTIMIZERS = {
    "Adam": lambda: Adam(lr=0.05),
    "Nesterov": lambda: Nesterov(lr=0.1),
    "SGD that decays": lambda: SGD(lr=0.5, weight_decay=0.05),
    "Lion that decays": lambda: Lion(lr=0.01, weight_decay=0.1),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("patience", [None, 3])
def test_each_network_learns_as_if_it_were_alone(patience, make):
    (X, y), validation = data((3,), 20), data((3,), 10)
    net = stack((3,))
    singles = [alone(net, k) for k in range(3)]
    l1, l2 = [0, 0.01, 0.02], [0.01, 0, 0.03]
    runs = train_stack(
        net,
        full_batches(X, y, 40),
        optimizer=make(),
        training=(X, y),
        validation=validation,
        every=1,
        penalty=EachPenalty(l1, l2),
        patience=patience,
    )
    assert runs.loss.shape == runs.val_loss.shape == runs.train_loss.shape
    assert np.allclose(runs.loss[:, 1:], runs.train_loss[:, :-1])  # before a step, and after one
    lengths = []
    for k, single in enumerate(singles):
        history = train(
            single,
            softmax_cross_entropy,
            X[k],
            y[k],
            optimizer=make(),
            epochs=40,
            batch_size=20,
            rng=np.random.default_rng(0),
            penalty=ElasticNet(l1[k], l2[k]),
            early_stopping=patience,
            validation=(validation[0][k], validation[1][k]),
        )
        lengths.append(len(history.val_loss))
        assert np.allclose(runs.val_loss[k, : lengths[-1]], history.val_loss)
        errors = 100 * (1 - np.array(history.val_accuracy))
        assert np.allclose(runs.error[k, : lengths[-1]], errors)
        assert runs.best_step[k] == (40 if patience is None else history.best_epoch + 1)
        np.testing.assert_allclose(net.params[k], single.params, atol=1e-9)
        assert (runs.right[k] == (single.predict(validation[0][k]) == validation[1][k])).all()
    assert runs.steps.tolist() == list(range(1, max(lengths) + 1))  # until the last one has stopped


def test_a_run_that_has_stopped_keeps_its_best_parameters_while_others_go_on():
    """Its validation labels are the training labels' opposite: the first step is the best one."""
    X, y = data((), 20)
    labels = np.stack([y, (y + 1) % 3])
    net, seen = stack((2,)), []
    net.params[:] = net.params[0]
    runs = train_stack(
        net,
        full_batches(X, y, 30),
        optimizer=SGD(lr=0.3),
        validation=(X, labels),
        every=1,
        patience=2,
        after_step=lambda net: seen.append(net.params.copy()),
    )
    assert runs.best_step.tolist() == [30, 1] and len(seen) == 30
    assert np.array_equal(net.params, [seen[29][0], seen[0][1]])


@pytest.mark.parametrize(
    ("scales", "best"),
    [
        ([1, 1, 1, 1, 1, 1], 1),  # a tie is no progress
        ([2, 1, 1, 6, 6, 6], 1),  # better than ever, but after it has stopped
        ([1, 2, 1, 6, 6, 6], 4),
    ],
)
def test_early_stopping_follows_each_run_to_its_own_end(scales, best):
    """Labels are what the network says, so larger weights have a lower validation loss."""
    X, y = data((), 20)
    net = stack((2,))
    start = net.params[0].copy()
    net.params[:] = start
    by_step = iter(zip([1, 2, 3, 4, 5, 6], scales, strict=True))

    def after_step(net):
        net.params[:] = np.multiply.outer(next(by_step), start)

    runs = train_stack(
        net,
        full_batches(X, y, 6),
        optimizer=SGD(lr=0.1),
        validation=(X, net(X).argmax(axis=-1)),
        every=1,
        patience=2,
        after_step=after_step,
    )
    assert runs.best_step.tolist() == [6, best]
    assert np.array_equal(net.params[1], scales[best - 1] * start)


def test_patience_counts_steps_also_where_not_every_step_is_noted():
    X, y = data((), 20)
    net = stack((1,))
    runs = train_stack(
        net,
        full_batches(X, y, 30),
        optimizer=SGD(lr=0.3),
        validation=(X, (y + 1) % 3),
        every=4,
        patience=8,
    )
    assert runs.steps.tolist() == [4, 8, 12] and runs.best_step.tolist() == [4]
    assert runs.loss.shape == (1, 12)


def test_penalties_of_each_network():
    w = np.random.default_rng(0).normal(size=(2, 3, 4))
    both = EachPenalty([0.1, 0], [0.2, 0.3])
    single = [ElasticNet(0.1, 0.2), ElasticNet(0, 0.3)]
    assert np.allclose(both.gradient(w), [p.gradient(a) for p, a in zip(single, w, strict=True)])


def test_penalties_and_max_norm_see_runs_of_two_axes_as_runs_of_one():
    (X, y), nets = data((), 12), [stack((2, 3)), stack((6,))]
    for net in nets:
        train_stack(
            net,
            full_batches(X, y, 5),
            optimizer=SGD(lr=0.5),
            validation=(X, y),
            every=5,
            penalty=EachPenalty(np.arange(6) / 50, np.arange(6) / 20),
            after_step=lambda net: max_norm(net, 1.2),
        )
    assert np.allclose(nets[0].params.reshape(6, -1), nets[1].params, rtol=1e-12)


def test_a_penalty_for_all_is_that_of_single_networks():
    (X, y), net = data((2,), 12), stack((2,))
    singles = [alone(net, k) for k in range(2)]
    train_stack(
        net,
        full_batches(X, y, 3),
        optimizer=SGD(lr=0.5),
        validation=(X, y),
        every=3,
        penalty=L2(0.1),
        label_smoothing=0.1,
    )
    for k, single in enumerate(singles):
        optimizer = SGD(lr=0.5)
        for _ in range(3):
            _, grads = single.value_and_grad(
                lambda pred, y: softmax_cross_entropy(pred, y, 0.1), X[k], y[k], L2(0.1)
            )
            optimizer.step(single.params, grads)
        np.testing.assert_allclose(net.params[k], single.params, atol=1e-12)


def test_max_norm_limits_every_unit_of_every_network():
    net = stack((2,))
    before = [W.copy() for W, _ in net.weights]
    max_norm(net, 1)
    for (W, _), old in zip(net.weights, before, strict=True):
        lengths = np.linalg.norm(old, axis=1, keepdims=True)
        assert np.allclose(W, old * np.minimum(1, 1 / lengths))
        assert (lengths > 1).any() and (lengths < 1).any()


def test_dropout_is_at_work_in_training_and_not_in_the_notes():
    net, (X, y) = stack((2,), p=0.5), data((2,), 200)
    assert [type(layer) for layer in net.layers[1:3]] == [ReLU, Dropout]
    runs = train_stack(
        net,
        full_batches(X, y, 2),
        optimizer=SGD(lr=1e-12),  # so the network stays what it is
        training=(X, y),
        validation=(X, y),
        every=1,
    )
    assert np.allclose(runs.train_loss, runs.val_loss) and np.allclose(*runs.train_loss.T)
    assert not np.allclose(runs.loss[:, 0], runs.loss[:, 1], rtol=1e-3)
    assert not np.allclose(runs.loss, runs.train_loss, rtol=1e-3)


def test_notes_are_taken_every_so_many_steps():
    (X, y), seen, after = data((2,), 6), [], []
    net = stack((2,))
    runs = train_stack(
        net,
        ((seen.append(t) or X, y) for t in range(5)),
        optimizer=Adam(lr=0.05),
        validation=(X, y),
        every=2,
        after_step=after.append,
    )
    assert seen == [0, 1, 2, 3, 4] and after == 5 * [net]
    assert runs.loss.shape == (2, 5) and runs.steps.tolist() == [2, 4]
    assert runs.val_loss.shape == runs.error.shape == (2, 2) and np.isnan(runs.train_loss).all()
    assert runs.best_step.tolist() == [5, 5]


def test_an_optimizer_begins_anew_and_gets_its_rate_and_momentum_back():
    optimizer, runs = Momentum(lr=0.25, mu=0.7), []
    for _ in range(2):
        runs.append(train_digits([sch.one_cycle(0.1, 3)], 3, optimizer=optimizer, seeds=1))
    assert np.array_equal(runs[0].loss, runs[1].loss)
    assert (optimizer.lr, optimizer.mu) == (0.25, 0.7)


def one_run(schedule, optimizer, seed, steps, batch_size, n_train):
    """The same run with nnlib's own network; batches as `train_digits` deals them."""
    X, y = digits()
    rng, net, losses, batches = np.random.default_rng([seed, 1]), network(seed), [], []
    order = rng.permutation(len(X))
    while len(batches) < steps:
        rows = rng.permutation(order[:n_train])
        batches.extend(np.split(rows, range(batch_size, n_train, batch_size)))
        if len(batches[-1]) < batch_size:
            batches.pop()
    for t, batch in enumerate(batches[:steps]):
        set_rate(optimizer, schedule, t)
        value, grads = net.value_and_grad(softmax_cross_entropy, X[batch], y[batch])
        optimizer.step(net.params, grads)
        losses.append(value)
    held_out = order[n_train:]
    right = np.full(len(X), np.nan)
    right[held_out] = net.predict(X[held_out]) == y[held_out]
    return losses, evaluate(net, softmax_cross_entropy, X[held_out], y[held_out]), right


@pytest.mark.parametrize(
    "make, schedules",
    [
        (lambda: SGD(lr=1, weight_decay=0.01), [sch.constant(0.1), sch.cosine(0.4, 40)]),
        (lambda: SGD(lr=1), [sch.one_cycle(0.1, 40)]),  # its momentum is for those that have one
        (lambda: Momentum(lr=1), [sch.one_cycle(0.1, 40), sch.one_cycle(0.3, 40)]),
        (lambda: Adam(lr=1), [sch.one_cycle(0.01, 40), sch.one_cycle(0.02, 40)]),
        (lambda: Adam(lr=1), [sch.warmup(sch.constant(0.01), 10), sch.exponential(0.02, k=0.05)]),
    ],
)
def test_schedules_and_seeds_agree_with_single_networks(make, schedules):
    runs = train_digits(schedules, 40, optimizer=make(), seeds=2, batch_size=50, n_train=480)
    shape = len(schedules), 2
    assert runs.loss.shape == (*shape, 40) and runs.best_step.shape == shape
    assert runs.error.shape == runs.val_loss.shape == (*shape, 1) and runs.steps.tolist() == [40]
    for s, schedule in enumerate(schedules):
        for seed in range(2):
            losses, (val_loss, accuracy), right = one_run(schedule, make(), seed, 40, 50, 480)
            np.testing.assert_allclose(runs.loss[s, seed], losses, rtol=1e-9)
            np.testing.assert_allclose(runs.val_loss[s, seed, 0], val_loss, rtol=1e-9)
            assert runs.error[s, seed, 0] == pytest.approx(100 * (1 - accuracy))
            np.testing.assert_array_equal(runs.right[s, seed], right)


def test_seeds_are_the_same_for_all_schedules_and_calls():
    both = train_digits([sch.constant(0.1), sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=3)
    assert np.array_equal(both.loss[0], both.loss[1])
    assert len(set(both.loss[0, :, 0])) == 3
    again = train_digits([sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=3)
    assert np.array_equal(again.loss[0], both.loss[0])
    last = train_digits([sch.constant(0.1)], 6, optimizer=SGD(lr=1), seeds=[2])
    # up to rounding: where in a stack a network lies decides how its sums are vectorized
    np.testing.assert_allclose(last.loss[0, 0], both.loss[0, 2], rtol=1e-12)


def test_validates_every_so_often():
    runs = train_digits([sch.constant(0.1)], 9, optimizer=SGD(lr=1), seeds=2, every=3)
    assert runs.error.shape == (1, 2, 3) and runs.steps.tolist() == [3, 6, 9]
    assert (runs.error[..., -1] < runs.error[..., 0]).all()


def test_divergence_is_data():
    runs = train_digits([sch.constant(1e8)], 5, optimizer=SGD(lr=1), seeds=2)
    assert not np.isfinite(runs.loss[..., -1]).any() or (runs.loss[..., -1] > 1e3).all()


def test_different_momentum_curves_are_refused():
    curves = [sch.one_cycle(0.1, 10), sch.one_cycle(0.1, 20)]
    with pytest.raises(ValueError, match="the same momentum"):
        train_digits(curves, 10, optimizer=Momentum(lr=1))
    with pytest.raises(ValueError, match="the same momentum"):
        train_digits([curves[0], sch.constant(0.1)], 10, optimizer=Momentum(lr=1))


def test_something_else_than_an_optimizer_is_refused():
    with pytest.raises(TypeError, match="optimizer must be"):
        train_digits([sch.constant(0.1)], 1, optimizer=SGD, seeds=1)


@pytest.mark.parametrize("steps", [0, 2])
def test_a_training_without_a_note_is_refused(steps):
    X, y = data((), 6)
    with pytest.raises(ValueError, match=f"number of batches, {steps}, got 3"):
        train_stack(
            stack((1,)),
            full_batches(X, y, steps),
            optimizer=SGD(lr=0.1),
            validation=(X, y),
            every=3,
        )


def test_hidden_units_are_dropped_with_probability_p(rng):
    net = Stack((3,), 4, 50, 2, rng=rng, p=0.3)
    net.forward(np.ones((3, 400, 4)), training=True)
    dropped = net.layers[2].scale == 0  # (3, 400, 50)
    assert np.allclose(dropped.mean(axis=(1, 2)), 0.3, atol=0.02)


@pytest.mark.parametrize("own_inputs", [False, True])
def test_networks_of_any_make_are_trained_at_each_rate_with_each_seed(own_inputs):
    X, y = data((), 20)
    X = np.stack([X, 3 * X]) if own_inputs else X

    def make(seed):
        layers = [Linear(4, 5, bias=False), BatchNorm(5), ReLU(), Linear(5, 3)]
        return Network(layers, rng=np.random.default_rng(seed), dtype=np.float64)

    lrs, seeds = [0.03, 0.3], [7, 4]
    how = {"epochs": 3, "batch_size": 6, "seeds": seeds, "notes": 3}
    nets, runs = train_nets(make, lrs, X, y, **how)
    held_out = data((), 8)
    _, others = train_nets(make, lrs, X, y, validation=held_out, **how)
    assert runs.loss.shape == (2, 2, 9) and runs.steps.tolist() == [3, 6, 9]
    for (i, lr), (j, seed) in product(enumerate(lrs), enumerate(seeds)):
        rng, single = np.random.default_rng([seed, 1]), make(seed)
        inputs = X[j] if own_inputs else X
        order = rng.permutation(20)
        for _ in range(3):
            for rows in np.split(rng.permutation(order)[:18], 3):
                _, grads = single.value_and_grad(softmax_cross_entropy, inputs[rows], y[rows])
                single.params -= lr * grads
        np.testing.assert_allclose(nets[i][j].params, single.params, atol=1e-9)
        np.testing.assert_allclose(nets[i][j].state, single.state, atol=1e-9)
        for noted, where in ((runs, (inputs, y)), (others, held_out)):
            loss, accuracy = evaluate(single, softmax_cross_entropy, *where)
            assert np.isclose(noted.val_loss[i, j, -1], loss)
            assert np.isclose(noted.error[i, j, -1], 100 * (1 - accuracy))


@pytest.mark.parametrize("count", [1, 8, 359])
def test_what_is_read_right_as_a_text(count):
    right = np.random.default_rng(count).random(count) < 0.7
    assert np.array_equal(unpacked(packed(right), count), right)
