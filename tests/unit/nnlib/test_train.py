import math
import warnings
from functools import partial

import numpy as np
import pytest

from nnlib.data import digits, moons, split
from nnlib.layers import Dropout, Linear, ReLU, Sigmoid, Tanh
from nnlib.losses import binary_cross_entropy, huber, mae, mse, softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import SGD, Adam, Momentum
from nnlib.penalties import L2, max_norm
from nnlib.schedules import Plateau, cosine, exponential, one_cycle
from nnlib.train import History, evaluate, minibatches, train


def digits_net(seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return Network([Linear(64, 20), ReLU(), Linear(20, 10)], rng=rng, dtype=dtype)


@pytest.fixture(scope="module")
def parts():
    """Training and validation data: a few hundred digits."""
    X, y = digits()
    return split(X[:600], y[:600], fractions=(0.7, 0.3), rng=np.random.default_rng(1))


def fit(net, part, **more):
    settings = {
        "optimizer": SGD(lr=0.2),
        "epochs": 3,
        "batch_size": 32,
        "rng": np.random.default_rng(5),
    }
    return train(net, softmax_cross_entropy, *part, **(settings | more))


# ------------------------------------------------------------------------------------- minibatches


def test_minibatches_deal_every_sample_once_with_its_own_label(rng):
    X = np.arange(70.0, dtype=np.float32).reshape(35, 2)
    y = np.arange(35)
    batches = list(minibatches(X, y, 8, rng))
    assert [len(b) for b, _ in batches] == [8, 8, 8, 8, 3]
    np.testing.assert_array_equal(np.sort(np.concatenate([b for _, b in batches])), y)
    for X_batch, y_batch in batches:
        np.testing.assert_array_equal(X_batch, X[y_batch])
        assert X_batch.dtype == np.float32 and y_batch.dtype == y.dtype
        assert not np.shares_memory(X_batch, X)
    assert not (np.concatenate([b for _, b in batches]) == y).all()


def test_minibatches_of_images_and_of_rows_of_targets(rng):
    X, y = rng.random((10, 1, 4, 4)), rng.random((10, 3))
    X_batch, y_batch = next(minibatches(X, y, 6, rng))
    assert X_batch.shape == (6, 1, 4, 4) and y_batch.shape == (6, 3)


def test_every_epoch_has_its_own_order_and_a_seed_repeats_it():
    X = np.arange(50.0)[:, None]
    orders = []
    for seed in (3, 3, 4):
        rng = np.random.default_rng(seed)
        orders.append(
            [
                np.concatenate([y for _, y in minibatches(X, np.arange(50), 7, rng)])
                for _ in range(2)
            ]
        )
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0][0] != orders[0][1]).any() and (orders[0][0] != orders[2][0]).any()


@pytest.mark.parametrize(
    ("n_X", "n_y", "batch_size", "message"),
    [
        (5, 4, 2, "X and y must have the same number of rows, got 5 and 4"),
        (0, 0, 2, r"X must hold at least one sample, got shape \(0, 3\)"),
        (5, 5, 0, "batch_size must be a whole number >= 1, got 0"),
        (5, 5, 2.0, "batch_size must be a whole number >= 1, got 2.0"),
    ],
)
def test_wrong_batches_are_refused_before_the_first_one_is_asked_for(
    n_X, n_y, batch_size, message, rng
):
    with pytest.raises(ValueError, match=message):
        minibatches(np.ones((n_X, 3)), np.ones(n_y), batch_size, rng)


def test_minibatches_need_a_generator():
    with pytest.raises(TypeError, match="rng must be a Generator"):
        minibatches(np.ones((5, 3)), np.ones(5), 2, None)


# ------------------------------------------------------------------------------------------- train


def test_the_loss_decreases_and_the_history_is_kept(parts):
    history = fit(digits_net(), parts[0], epochs=8, validation=parts[1])
    assert isinstance(history, History)
    for values in (
        history.loss,
        history.accuracy,
        history.val_loss,
        history.val_accuracy,
        history.lr,
    ):
        assert len(values) == 8 and all(type(value) is float for value in values)
    assert history.loss[-1] < 0.3 * history.loss[0]
    assert history.val_accuracy[-1] > 0.85 > history.accuracy[0]
    assert history.lr == [0.2] * 8
    assert history.best_epoch == int(np.argmin(history.val_loss))
    assert history.stopped == "trained for 8 epochs" and not history.diverged
    assert repr(history).startswith("History(trained for 8 epochs: loss ")


def test_the_notes_are_those_of_the_loop_written_out(parts):
    """train is nothing but this loop."""
    net, mirror = digits_net(), digits_net()
    history = fit(
        net,
        parts[0],
        epochs=2,
        validation=parts[1],
        penalty=L2(1e-3),
        optimizer=Momentum(lr=0.05),
        schedule=exponential(0.05, k=0.01),
    )
    (X, y), rng, optimizer, t = parts[0], np.random.default_rng(5), Momentum(lr=0.05), 0
    for epoch in range(2):
        losses, right = [], 0
        for X_batch, y_batch in minibatches(X, y, 32, rng):
            optimizer.lr = 0.05 * math.exp(-0.01 * t)
            logits = mirror(X_batch)
            losses += [softmax_cross_entropy(logits, y_batch)[0]] * len(y_batch)
            right += (logits.argmax(axis=1) == y_batch).sum()
            optimizer.step(
                mirror.params,
                mirror.value_and_grad(softmax_cross_entropy, X_batch, y_batch, L2(1e-3))[1],
            )
            t += 1
        assert history.loss[epoch] == pytest.approx(np.mean(losses), rel=1e-12)
        assert history.accuracy[epoch] == right / len(y)
        assert history.lr[epoch] == pytest.approx(0.05 * math.exp(-0.01 * (t - 1)))
        logits = mirror(parts[1][0])
        assert history.val_loss[epoch] == pytest.approx(
            softmax_cross_entropy(logits, parts[1][1])[0], rel=1e-6
        )
        assert history.val_accuracy[epoch] == (logits.argmax(axis=1) == parts[1][1]).mean()
    np.testing.assert_array_equal(net.params, mirror.params)


@pytest.mark.parametrize(("kind", "lr"), [(SGD, 0.1), (Adam, 0.01)])
def test_a_hundred_steps_agree_with_pytorch(torch, parts, kind, lr):
    """Same initial weights, same batches, float64, L2 on the weights: the same losses."""
    (X, y), net, losses = parts[0], digits_net(dtype=np.float64), []
    first, _, last = net.layers
    mirror = torch.nn.Sequential(torch.nn.Linear(64, 20), torch.nn.ReLU(), torch.nn.Linear(20, 10))
    mirror.double()
    with torch.no_grad():
        for theirs, ours in ((mirror[0], first), (mirror[2], last)):
            theirs.weight.copy_(torch.from_numpy(ours.W.T.copy()))
            theirs.bias.copy_(torch.from_numpy(ours.b.copy()))
    weights, biases = zip(*[(m.weight, m.bias) for m in (mirror[0], mirror[2])], strict=True)
    groups = [{"params": weights, "weight_decay": 2e-3}, {"params": biases}]  # 2 · strength
    optimizer = getattr(torch.optim, kind.__name__)(groups, lr=lr)
    train(
        net,
        softmax_cross_entropy,
        X,
        y,
        optimizer=kind(lr=lr),
        epochs=8,
        batch_size=32,
        rng=np.random.default_rng(5),
        penalty=L2(1e-3),
        after_step=lambda t, value: losses.append(value),
    )
    rng, t = np.random.default_rng(5), 0
    while t < 100:
        for X_batch, y_batch in minibatches(X.astype(np.float64), y, 32, rng):
            loss = torch.nn.functional.cross_entropy(
                mirror(torch.from_numpy(X_batch)), torch.from_numpy(y_batch)
            )
            penalty = 1e-3 * sum((W.detach() ** 2).sum() for W in weights)
            assert losses[t] == pytest.approx(float(loss.detach() + penalty), rel=1e-9)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            t += 1
    assert losses[100] < 0.5 * losses[0]


def test_one_seed_gives_the_same_bits_and_another_does_not(parts):
    runs = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        net = Network(
            [Linear(64, 20), ReLU(), Dropout(0.2, rng), Linear(20, 10)],
            rng=np.random.default_rng(0),
        )
        runs.append((net, fit(net, parts[0], rng=rng, optimizer=Adam(), validation=parts[1])))
    np.testing.assert_array_equal(runs[0][0].params, runs[1][0].params)
    assert runs[0][1] == runs[1][1] != runs[2][1]
    assert (runs[0][0].params != runs[2][0].params).any()


def test_an_optimizer_is_reset_so_that_a_cell_can_be_run_twice(parts):
    optimizer, nets = Adam(lr=0.01), [digits_net(), digits_net()]
    for net in nets:
        fit(net, parts[0], optimizer=optimizer)
    np.testing.assert_array_equal(nets[0].params, nets[1].params)


def noisy_net():
    """One that remembers as much as a network can: running averages, and a generator."""
    rng = np.random.default_rng(0)
    layers = [Linear(64, 20), BatchNorm(20), ReLU(), Dropout(0.3, rng), Linear(20, 10)]
    return Network(layers, rng=rng)


@pytest.mark.parametrize("optimizer", [SGD, Adam, Momentum])
def test_a_run_that_is_resumed_is_the_run_at_once(parts, optimizer):
    def run(*pieces):
        net, notes, rng, o = noisy_net(), None, np.random.default_rng(5), optimizer(lr=0.05)
        schedule, seen = one_cycle(0.1, 70), []
        for epochs in pieces:
            notes = fit(
                net,
                parts[0],
                epochs=epochs,
                validation=parts[1],
                schedule=schedule,
                optimizer=o,
                rng=rng,
                resume=notes,
                after_step=lambda t, value: seen.append(t),
            )
        assert seen == [*range(notes.steps)]
        return net.params, vars(notes)

    params, notes = run(5)
    params_of_pieces, notes_of_pieces = run(2, 1, 2)
    np.testing.assert_array_equal(params_of_pieces, params)
    assert notes_of_pieces == notes
    assert notes["steps"] == 5 * 14 and notes["stopped"] == "trained for 5 epochs"


def test_the_best_epoch_stays_the_best_when_a_run_goes_on(parts):
    net, optimizer, rng = digits_net(), SGD(lr=0.2), np.random.default_rng(5)
    more = {"optimizer": optimizer, "rng": rng, "validation": parts[1]}
    notes = fit(net, parts[0], **more)
    optimizer.lr = 3.0
    fit(net, parts[0], resume=notes, **more)
    assert notes.best_epoch == int(np.argmin(notes.val_loss)) < 3


def test_divergence_names_the_step_of_the_whole_run(parts):
    net, optimizer = digits_net(), SGD(lr=0.1)
    notes = fit(net, parts[0], optimizer=optimizer, epochs=2)
    optimizer.lr = 1e30
    fit(net, parts[0], optimizer=optimizer, resume=notes)
    assert notes.diverged and "in epoch 3," in notes.stopped
    assert int(notes.stopped.split("at step ")[1].split(",")[0]) >= 28


def test_a_run_that_was_put_back_and_goes_well_has_not_diverged(parts):
    net, optimizer, rng = digits_net(), SGD(lr=0.1), np.random.default_rng(5)
    more = {"optimizer": optimizer, "rng": rng, "epochs": 1}
    notes = fit(net, parts[0], **more)
    kept, optimizer.lr = net.snapshot(), 1e30
    fit(net, parts[0], resume=notes, **more)
    assert notes.diverged
    net.restore(kept)
    optimizer.lr = 0.1
    notes.val_loss.append(np.nan)
    fit(net, parts[0], resume=notes, validation=parts[1], **more)
    assert not notes.diverged and notes.stopped.startswith("trained for")
    assert notes.best_epoch == 1 == len(notes.val_loss) - 1, "nan is never the best"


def test_validation_data_that_do_not_fit_are_refused_before_the_first_step(parts):
    net = digits_net()
    before = net.params.copy()
    with pytest.raises(ValueError, match="takes x of shape"):
        fit(net, parts[0], validation=(parts[1][0][:, :60], parts[1][1]))
    np.testing.assert_array_equal(net.params, before)


@pytest.mark.parametrize("value", [np.ones(32), None, "a", 1j])
def test_a_loss_has_one_number(parts, value):
    def broken(pred, y):
        return value, softmax_cross_entropy(pred, y)[1]

    with pytest.raises(TypeError, match="^loss must return one number as its value, got"):
        fit_to(digits_net(), broken, *parts[0])
    with pytest.raises(TypeError, match="^loss must return one number as its value, got"):
        digits_net().value_and_grad(broken, *parts[0])


def test_a_network_that_blew_up_is_evaluated_without_warnings(parts):
    net = digits_net()
    net.params = 1e30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isfinite(evaluate(net, softmax_cross_entropy, *parts[0])[0])


def test_what_cannot_be_resumed_is_refused(parts):
    optimizer = SGD(lr=0.2)
    notes = fit(digits_net(), parts[0], epochs=1, optimizer=optimizer)
    more = {"resume": notes, "optimizer": optimizer, "validation": parts[1], "early_stopping": 2}
    with pytest.raises(ValueError, match="early_stopping must be None to resume"):
        fit(digits_net(), parts[0], **more)
    with pytest.raises(ValueError, match=r"run to resume, after 14 steps, got Adam\(.* after 0$"):
        fit(digits_net(), parts[0], resume=notes, optimizer=Adam())
    with pytest.raises(ValueError, match="run to resume, after 14 steps, got 'adam'$"):
        fit(digits_net(), parts[0], resume=notes, optimizer="adam")
    with pytest.raises(TypeError, match="resume must be what train has returned, got True"):
        fit(digits_net(), parts[0], resume=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays_whatever_the_datas(parts, dtype):
    (X, y), net = parts[0], digits_net(dtype=dtype)
    seen = set()

    def after_step(t, value):
        seen.update({net.grads.dtype, net.layers[0].x.dtype, net.layers[2].x.dtype})

    fit(
        net,
        (X.astype(np.float64), y),
        schedule=lambda t: np.float64(0.1),
        optimizer=Momentum(lr=1),
        penalty=L2(1e-3),
        after_step=after_step,
    )
    assert net.params.dtype == dtype and seen == {np.dtype(dtype)}
    assert np.shares_memory(net.layers[0].W, net.params)


def test_float64_targets_do_not_change_a_float32_networks_dtype(rng):
    net = Network([Linear(2, 4), Tanh(), Linear(4, 1)], rng=rng)
    X = rng.normal(size=(40, 2))
    history = train(
        net,
        mse,
        X,
        X[:, :1] * X[:, 1:],
        optimizer=Adam(lr=0.03),
        epochs=100,
        batch_size=10,
        rng=rng,
        validation=(X[:5], X[:5, :1]),
    )
    assert net.grads.dtype == net.layers[2].x.dtype == np.float32
    assert history.loss[-1] < 0.2 * history.loss[0]
    assert history.accuracy == history.val_accuracy == []  # no labels


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1)])
def test_accuracy_of_a_single_logit(labels, rng):
    X, y = moons(200, 0.1, rng)
    net = Network([Linear(2, 8), Tanh(), Linear(8, 1)], rng=rng)
    loss = binary_cross_entropy if labels == (0, 1) else lambda pred, y: mse(pred, y)
    targets = np.where(y == 1, labels[1], labels[0])[:, None]
    history = train(
        net,
        loss,
        X,
        targets,
        optimizer=Adam(lr=0.03),
        epochs=60,
        batch_size=20,
        rng=rng,
        validation=(X, targets),
    )
    assert history.val_accuracy[-1] == (net.predict(X) == y).mean() > 0.85


def test_the_schedule_is_asked_at_every_step_from_0(parts):
    asked = []
    optimizer = Momentum(lr=9)
    history = fit(
        digits_net(),
        parts[0],
        epochs=2,
        optimizer=optimizer,
        schedule=lambda t: asked.append(t) or 0.1 / (t + 1),
    )
    assert asked == list(range(2 * 14))  # 420 samples in batches of 32
    assert history.lr[-1] == 0.1 / 28 and optimizer.lr == 9  # its own again


def test_one_cycle_moves_the_momentum(parts):
    optimizer, seen = Momentum(lr=1), []
    fit(
        digits_net(),
        parts[0],
        epochs=1,
        optimizer=optimizer,
        schedule=one_cycle(0.1, 14),
        after_step=lambda t, value: seen.append(optimizer.mu),
    )
    assert seen[0] == pytest.approx(0.95) == seen[-1] and min(seen) < 0.86
    assert optimizer.lr == 1 and optimizer.mu == 0.9


@pytest.mark.parametrize("with_validation", [True, False])
def test_a_plateau_is_told_the_validation_loss_or_the_training_loss(parts, with_validation):
    told = []

    class Listener(Plateau):
        def report(self, loss):
            told.append(loss)
            super().report(loss)

    history = fit(
        digits_net(),
        parts[0],
        epochs=4,
        schedule=Listener(0.2),
        validation=parts[1] if with_validation else None,
    )
    assert told == (history.val_loss if with_validation else history.loss)


def test_after_step_sees_every_step_and_may_change_the_weights(parts):
    net, values = digits_net(), []

    def after_step(t, value):
        assert t == len(values)
        values.append(value)
        max_norm(net, 0.5)

    fit(net, parts[0], epochs=1, batch_size=420, penalty=L2(0.1), after_step=after_step)
    mirror = digits_net()
    expected, _ = mirror.value_and_grad(softmax_cross_entropy, *parts[0], L2(0.1))
    assert len(values) == 1 and values[0] == pytest.approx(expected, rel=1e-4)  # other row order
    assert np.linalg.norm(net.layers[0].W, axis=0).max() <= 0.5 * (1 + 1e-6)


def test_the_penalty_shrinks_weights_and_sgds_decay_is_the_same(parts):
    free, penalized, decayed = digits_net(), digits_net(), digits_net()
    fit(free, parts[0])
    fit(penalized, parts[0], penalty=L2(0.02))
    fit(decayed, parts[0], optimizer=SGD(lr=0.2, weight_decay=0.04, decay_mask=decayed.weight_mask))
    np.testing.assert_allclose(penalized.params, decayed.params, atol=1e-5)
    assert np.linalg.norm(penalized.layers[0].W) < 0.9 * np.linalg.norm(free.layers[0].W)


@pytest.mark.parametrize("K", [1, 3])
def test_the_loss_is_a_mean_over_samples_however_many_numbers_each_has(K, rng):
    net = Network([Linear(4, K)], rng=rng, dtype=np.float64)
    X, y = rng.normal(size=(70, 4)), rng.normal(size=(70, K))
    expected = np.mean((net(X) - y) ** 2)
    history = train(net, mse, X, y, optimizer=SGD(lr=1e-12), epochs=1, batch_size=16, rng=rng)
    assert history.loss[0] == pytest.approx(expected, rel=1e-9)
    assert evaluate(net, mse, X, y)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("loss", [mse, mae, huber, partial(huber, delta=2.0)])
@pytest.mark.parametrize("targets", [[0, 1, 2, 3], [0, 1, 1, 0], [-1, 1, 1, -1]])
def test_whole_numbers_to_be_met_are_no_labels(loss, targets, rng):
    net, X, y = Network([Linear(2, 1)], rng=rng), rng.normal(size=(4, 2)), np.array(targets)
    history = fit_to(net, loss, X, y)
    assert history.accuracy == history.val_accuracy == []
    assert evaluate(net, loss, X, y[:, None])[1] is None


def test_a_loss_of_ones_own_has_an_accuracy_only_if_the_numbers_can_be_labels(rng):
    net, X = Network([Linear(2, 1)], rng=rng), rng.normal(size=(4, 2))
    for targets, labels in [
        ([0, 5, 2, 3], False),
        ([0, 2, 2, 0], False),
        ([-2, 0, 1, 1], False),
        ([-1, 1, 1, -1], True),
    ]:
        y = np.array(targets)
        history = fit_to(net, lambda pred, y: mse(pred, y), X, y)
        assert bool(history.accuracy) == bool(history.val_accuracy) == labels
        assert (evaluate(net, lambda pred, y: mse(pred, y), X, y)[1] is not None) == labels


def fit_to(net, loss, X, y):
    return train(
        net,
        loss,
        X,
        y,
        optimizer=SGD(lr=0.01),
        epochs=2,
        batch_size=2,
        rng=np.random.default_rng(0),
        validation=(X, y),
    )


# ---------------------------------------------------------------------------------- early stopping


def test_early_stopping_gives_back_the_best_parameters_exactly(parts):
    rng = np.random.default_rng(0)
    net = Network([Linear(64, 30), BatchNorm(30), ReLU(), Linear(30, 10)], rng=rng)
    kept = []  # parameters and running averages after every step
    history = fit(
        net,
        parts[0],
        validation=parts[1],
        early_stopping=3,
        epochs=200,
        optimizer=Adam(lr=0.05),
        after_step=lambda t, value: kept.append((net.params.copy(), net.state.copy())),
    )
    epochs = len(history.loss)
    assert 3 < epochs < 200
    assert history.best_epoch == epochs - 1 - 3 == int(np.argmin(history.val_loss))
    assert history.stopped == f"stopped after {epochs} epochs: no better validation loss in 3"
    params, state = kept[14 * (history.best_epoch + 1) - 1]
    np.testing.assert_array_equal(net.params, params)
    np.testing.assert_array_equal(net.state, state)
    assert (net.params != kept[-1][0]).any() and (net.state != kept[-1][1]).any()
    assert evaluate(net, softmax_cross_entropy, *parts[1])[0] == min(history.val_loss)


def test_the_first_epoch_may_be_the_best(parts):
    X, y = parts[1]
    history = fit(digits_net(), parts[0], validation=(X, (y + 1) % 10), early_stopping=2, epochs=50)
    assert history.best_epoch == 0 and len(history.loss) == 3


def test_patience_that_is_never_lost_still_ends_with_the_best_parameters(parts):
    net = digits_net()
    history = fit(
        net, parts[0], validation=parts[1], early_stopping=50, epochs=12, optimizer=SGD(lr=1.5)
    )
    assert history.stopped == "trained for 12 epochs"
    assert evaluate(net, softmax_cross_entropy, *parts[1])[0] == min(history.val_loss)


def test_without_early_stopping_the_last_parameters_stay(parts):
    net = digits_net()
    history = fit(net, parts[0], validation=parts[1], epochs=12, optimizer=SGD(lr=1.5))
    assert history.best_epoch != 11  # so that it makes a difference
    assert evaluate(net, softmax_cross_entropy, *parts[1])[0] == history.val_loss[-1]


def test_a_tie_is_not_better(parts):
    """The first of several equal minima is the best epoch, and patience counts from it."""
    values = iter([3.0, 2.0, 2.0, 2.0, 1.9, 1.9, 1.9, 1.9, 1.0])

    def loss(pred, y):
        if len(y) == len(parts[1][1]):
            return next(values), pred
        return softmax_cross_entropy(pred, y)

    net, kept = digits_net(), []
    history = train(
        net,
        loss,
        *parts[0],
        optimizer=SGD(lr=0.1),
        epochs=20,
        batch_size=420,
        rng=np.random.default_rng(0),
        validation=parts[1],
        early_stopping=3,
        after_step=lambda t, value: kept.append(net.params.copy()),
    )
    assert history.val_loss == [3, 2, 2, 2, 1.9, 1.9, 1.9, 1.9] and history.best_epoch == 4
    np.testing.assert_array_equal(net.params, kept[4])


# -------------------------------------------------------------------------------------- divergence


@pytest.mark.parametrize("lr", [1e4, 1e30])
def test_a_diverging_run_stops_and_says_so_without_a_warning(parts, lr):
    (X, y), steps = parts[0], []
    net = Network([Linear(64, 20), ReLU(), Linear(20, 1)], rng=np.random.default_rng(0))
    history = train(
        net,
        mse,
        X,
        y[:, None] / 9,
        optimizer=SGD(lr=lr),
        epochs=20,
        batch_size=32,
        rng=np.random.default_rng(0),
        after_step=lambda t, value: steps.append(value),
    )
    assert history.diverged
    assert history.stopped.startswith("diverged: the loss was ")
    assert f" at step {len(steps)}, in epoch 1, with lr = {lr:g}" in history.stopped
    assert len(history.loss) == 1 and not np.isfinite(history.loss[0])
    assert np.isfinite(steps).all()


def test_a_last_step_into_nowhere_is_divergence(parts):
    def poison(t, value):
        net.params[0] = np.nan

    net = digits_net()
    history = fit(net, parts[0], epochs=1, after_step=poison, batch_size=420, validation=parts[1])
    assert history.diverged and history.val_loss == []
    assert history.stopped == (
        "diverged: a parameter was not finite at step 1, in epoch 1, with lr = 0.2 "
        '(see the chapter "It doesn\'t learn")'
    )


def test_a_validation_loss_that_is_not_finite_is_divergence(parts):
    def loss(pred, y):
        value, dpred = softmax_cross_entropy(pred, y)
        return (value if len(y) == 420 else math.inf), dpred

    history = train(
        digits_net(),
        loss,
        *parts[0],
        optimizer=SGD(lr=0.2),
        epochs=3,
        batch_size=420,
        rng=np.random.default_rng(0),
        validation=parts[1],
    )
    assert history.diverged and history.val_loss == [math.inf] and history.best_epoch is None
    assert history.stopped.startswith("diverged: the validation loss was inf at step 1, in epoch 1")


# --------------------------------------------------------------------------------------- max_norm


def test_long_gradients_are_shortened(parts):
    clipped, plain = digits_net(), digits_net()
    before = plain.params.copy()
    fit(clipped, parts[0], epochs=1, batch_size=420, max_norm=0.01, optimizer=SGD(lr=1))
    fit(plain, parts[0], epochs=1, batch_size=420, optimizer=SGD(lr=1))
    step, free = clipped.params - before, plain.params - before
    assert np.linalg.norm(step) == pytest.approx(0.01, rel=1e-3) and np.linalg.norm(free) > 0.02
    np.testing.assert_allclose(step / 0.01, free / np.linalg.norm(free), atol=1e-4)


def test_a_gradient_that_no_clipping_repairs_is_divergence(parts):
    def loss(pred, y):
        value, dpred = softmax_cross_entropy(pred, y)
        return value, dpred * np.nan

    net = digits_net()
    before = net.params.copy()
    history = train(
        net,
        loss,
        *parts[0],
        optimizer=SGD(lr=0.2),
        epochs=3,
        batch_size=32,
        rng=np.random.default_rng(0),
        max_norm=1,
    )
    assert history.diverged
    assert history.stopped.startswith("diverged: the gradient's norm was nan at step 0")
    np.testing.assert_array_equal(net.params, before)


# ---------------------------------------------------------------------------------------- pitfalls


def test_pitfalls_are_looked_for_before_the_first_step(parts):
    """What each of them is, and where it is none, is in test_pitfalls.py."""
    (X, y), steps = parts[0], []
    net = Network([Linear(64, 9), BatchNorm(9), Linear(9, 10)], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="^batch_size = 20 leaves a last batch of one of the 401"):
        fit(net, (X[:401], y[:401]), batch_size=20, after_step=lambda t, v: steps.append(t))
    assert steps == []
    with pytest.warns(UserWarning, match="^the validation data hold no sample of class"):
        fit(net, parts[0], validation=(X[y < 9], y[y < 9]))


# ---------------------------------------------------------------------------------------- evaluate


def test_evaluate_in_pieces_is_evaluate_in_one(rng):
    net = Network([Linear(5, 3)], rng=rng, dtype=np.float64)
    X, y = rng.normal(size=(2345, 5)), rng.integers(0, 3, 2345)
    value, accuracy = evaluate(net, softmax_cross_entropy, X, y)
    assert value == pytest.approx(softmax_cross_entropy(net(X), y)[0], rel=1e-13)
    assert accuracy == (net.predict(X) == y).mean()
    assert evaluate(net, mse, X, rng.normal(size=(2345, 3)))[1] is None


def test_a_logit_of_exactly_0_counts_as_1_as_in_predict(rng):
    net = Network([Linear(2, 1)], rng=rng)
    net.params[:] = 0
    X = np.ones((3, 2))
    np.testing.assert_array_equal(net.predict(X), 1)
    assert evaluate(net, binary_cross_entropy, X, np.array([[1], [1], [0]]))[1] == 2 / 3


def test_booleans_are_labels(rng):
    X = rng.normal(size=(30, 2))
    y = X[:, 0] > 0.5
    net = Network([Linear(2, 1)], rng=rng)
    assert evaluate(net, binary_cross_entropy, X, y)[1] == np.mean(net.predict(X) == y)
    assert evaluate(net, mse, X, y)[1] is None


def test_one_hot_integers_are_no_labels(parts):
    (X, y), rows = parts[1], np.eye(10, dtype=int)
    net = digits_net()
    assert evaluate(net, softmax_cross_entropy, X, rows[y])[1] is None
    history = fit(net, parts[0], epochs=2, validation=(X, rows[y]))
    assert len(history.accuracy) == 2 and history.val_accuracy == []
    history = fit(net, (parts[0][0], rows[parts[0][1]]), epochs=2, validation=(X, y))
    assert history.accuracy == [] and len(history.val_accuracy) == 2


def test_the_accuracy_of_a_network_that_ends_in_a_sigmoid(rng):
    net = Network([Linear(1, 1), Sigmoid()], rng=rng)
    net.layers[0].W, net.layers[0].b = 1, 0
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 0])
    assert evaluate(net, mse, X, y)[1] == 0.75


def test_evaluate_drops_nothing_out(rng):
    net = Network([Linear(5, 9), Dropout(0.5, rng), Linear(9, 3)], rng=rng)
    X, y = rng.normal(size=(20, 5)), rng.integers(0, 3, 20)
    assert evaluate(net, softmax_cross_entropy, X, y) == evaluate(net, softmax_cross_entropy, X, y)


# ---------------------------------------------------------------------------------------- progress


def test_the_progress_bar_is_shown_only_on_request(parts, capsys):
    fit(digits_net(), parts[0])
    assert capsys.readouterr().err == ""
    fit(digits_net(), parts[0], progress=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown and "loss=" in shown


# --------------------------------------------------------------------------------------- bad input


def with_nan(X):
    X = X.copy()
    X[3, 7] = np.nan
    return X


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": slice(0, 100)}, "X and y must have the same number of rows, got 420 and 100"),
        (
            {"X": slice(0, 0), "y": slice(0, 0)},
            r"X must hold at least one sample, got shape \(0, 64\)",
        ),
        ({"X": with_nan}, r"X must be finite, got nan at index \(3, 7\)"),
        (
            {"y": lambda y: np.where(np.arange(420) == 2, np.inf, y)},
            r"y must be finite, got inf at index \(2,\)",
        ),
        ({"X": lambda X: X[:, :5]}, r"takes x of shape \(N, 64\) or \(N, T, 64\), got \(32, 5\)"),
        ({"y": lambda y: y + 1}, "target must hold labels 0 to 9, got"),
        ({"X": lambda X: X.astype(str)}, "X must hold real numbers, got an array of <U"),
        ({"schedule": 0.1}, "schedule must be a function of the step, got 0.1"),
        ({"schedule": cosine}, r"^schedule must be what cosine\(…\) returns, got cosine itself"),
        ({"schedule": Plateau}, r"^schedule must be what Plateau\(…\) returns, got Plateau itself"),
        ({"after_step": 3}, r"after_step must be a function \(t, value\), got 3"),
        ({"penalty": 0.1}, r"penalty must be one such as L2\(1e-4\), got 0.1"),
        ({"penalty": L2}, r"penalty must be one such as L2\(1e-4\), got <class 'nnlib.pen"),
        ({"y": lambda y: 3}, "^y must hold at least one sample, got array\\(3\\)"),
        ({"X": lambda X: X.astype(float) * 1e39}, "^X must be finite, got inf at index"),
        ({"max_norm": 0}, "max_norm must be a positive number, got 0"),
        ({"epochs": 0}, "epochs must be a whole number >= 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
        ({"batch_size": 1.5}, "batch_size must be a whole number >= 1, got 1.5"),
        ({"rng": None}, "rng must be a Generator"),
        ({"rng": 7}, "rng must be a Generator"),
        ({"optimizer": "adam"}, r"optimizer must be one such as SGD\(lr=0.1\), got 'adam'"),
        ({"optimizer": SGD}, "optimizer must be one such as"),
        ({"early_stopping": 3}, r"early_stopping needs validation=\(X, y\), got None"),
        ({"early_stopping": 0}, "early_stopping must be a whole number >= 1, got 0"),
        ({"validation": 0.2}, r"validation must be a pair \(X, y\), got float"),
        (
            {"validation": (np.ones((3, 64)), np.ones(2, int))},
            "validation X and validation y must have the same number of rows, got 3 and 2",
        ),
        (
            {"validation": (np.full((3, 64), np.nan), np.ones(3, int))},
            "validation X must be finite",
        ),
    ],
)
def test_wrong_arguments_change_nothing(parts, change, message):
    (X, y), change = parts[0], dict(change)
    for name, data in (("X", X), ("y", y)):
        how = change.pop(name, slice(None))
        data = how(data) if callable(how) else data[how]
        X, y = (data, y) if name == "X" else (X, data)
    net = digits_net()
    before = net.params.copy()
    with pytest.raises((ValueError, TypeError), match=message):
        fit(net, (X, y), **change)
    if "labels" not in message:
        np.testing.assert_array_equal(net.params, before)


def test_evaluate_names_what_is_wrong():
    net = digits_net()
    for call in (
        evaluate,
        partial(train, optimizer=SGD(lr=1), epochs=1, batch_size=3, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(TypeError, match="^loss must be a function .* got 'mse'$"):
            call(net, "mse", np.ones((3, 64)), np.ones(3, int))
        with pytest.raises(
            TypeError, match=r"^loss must be a function .* got an array of shape \(3,"
        ):
            call(net, np.ones((3, 64)), np.ones((3, 64)), np.ones(3, int))
        with pytest.raises(
            TypeError, match=r"^loss must return a pair, value and gradient, got 1.5"
        ):
            call(net, lambda pred, y: 1.5, np.ones((3, 64)), np.ones(3, int))
        with pytest.raises(TypeError, match="^loss must be a function .* got an array"):
            call(net, np.ones(3, int), np.ones((3, 64)), softmax_cross_entropy)
        for wrong in [net.layers, ReLU(), "net", SGD(lr=1), Network]:
            with pytest.raises(TypeError, match="^net must be a Network, got "):
                call(wrong, mse, np.ones((3, 64)), np.ones(3, int))
    with pytest.raises(ValueError, match="X and y must have the same number of rows, got 3 and 2"):
        evaluate(net, softmax_cross_entropy, np.ones((3, 64)), np.ones(2, int))
    with pytest.raises(ValueError, match="X must be finite"):
        evaluate(net, softmax_cross_entropy, np.full((3, 64), np.inf), np.ones(3, int))
    with pytest.raises(ValueError, match="X must hold at least one sample"):
        evaluate(net, softmax_cross_entropy, np.ones((0, 64)), np.ones(0, int))
