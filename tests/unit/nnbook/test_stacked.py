import numpy as np
import pytest

from nnbook.stacked import EachPenalty, evaluate_stack, stacked_networks, train_stack
from nnlib.layers import Linear, ReLU
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.optim import Adam
from nnlib.penalties import ElasticNet, max_norm
from nnlib.train import evaluate, train


def data(s, n):
    rng = np.random.default_rng(0)
    return rng.normal(size=(s, n, 4)), rng.integers(3, size=(s, n))


def alone(net, k):
    """The k-th network by itself, as nnlib's own."""
    single = Network(
        [Linear(4, 5), ReLU(), Linear(5, 3)], rng=np.random.default_rng(0), dtype=np.float64
    )
    single.layers[0].W, single.layers[0].b = net.layers[0].W[k], net.layers[0].b[k, 0]
    single.layers[2].W, single.layers[2].b = net.layers[2].W[k], net.layers[2].b[k, 0]
    return single


@pytest.mark.parametrize("patience", [None, 3])
def test_each_network_learns_as_if_it_were_alone(patience):
    (X, y), validation = data(3, 20), data(3, 10)
    net = stacked_networks(3, 4, 5, 3, rng=np.random.default_rng(1))
    singles = [alone(net, k) for k in range(3)]
    penalty = EachPenalty([0, 0.01, 0.02], [0.01, 0, 0.03])
    runs = train_stack(
        net,
        X,
        y,
        optimizer=Adam(lr=0.05),
        steps=40,
        validation=validation,
        penalty=penalty,
        patience=patience,
        every=1,
    )
    losses, accuracies = evaluate_stack(net, *validation)
    for k, single in enumerate(singles):
        strengths = penalty.l1[k].item(), penalty.l2[k].item()
        history = train(
            single,
            softmax_cross_entropy,
            X[k],
            y[k],
            optimizer=Adam(lr=0.05),
            epochs=40,
            batch_size=20,
            rng=np.random.default_rng(0),
            penalty=ElasticNet(*strengths),
            early_stopping=patience,
            validation=(validation[0][k], validation[1][k]),
        )
        assert np.allclose(runs.val_loss[: len(history.val_loss), k], history.val_loss)
        if patience:
            assert runs.best_step[k] == history.best_epoch + 1
        expected = evaluate(single, softmax_cross_entropy, validation[0][k], validation[1][k])
        assert np.allclose((losses[k], accuracies[k]), expected)


def test_penalties_of_each_network():
    w = np.random.default_rng(0).normal(size=(2, 3, 4))
    both = EachPenalty([0.1, 0], [0.2, 0.3])
    single = [ElasticNet(0.1, 0.2), ElasticNet(0, 0.3)]
    assert np.allclose(both.gradient(w), [p.gradient(a) for p, a in zip(single, w, strict=True)])
    assert np.isclose(both.value(w), sum(p.value(a) for p, a in zip(single, w, strict=True)))


def test_changes_are_seen_and_steps_are_followed():
    (X, y), seen, after = data(2, 6), [], []
    net = stacked_networks(2, 4, 5, 3, rng=np.random.default_rng(1), p=0.5)
    runs = train_stack(
        net,
        X,
        y,
        optimizer=Adam(lr=0.05),
        steps=4,
        validation=(X, y),
        every=2,
        change=lambda a: seen.append(a) or a,
        after_step=after.append,
    )
    assert len(seen) == len(after) == 4 and after[0] is net
    assert runs.loss.shape == runs.val_loss.shape == (2, 2) and (runs.best_step == 4).all()
    assert runs.steps.tolist() == [2, 4]
    assert np.allclose(runs.loss, runs.val_loss)
    assert repr(net.layers[0]) == "StackedLinear(2, 4, 5)"


def test_max_norm_limits_every_unit_of_every_network():
    net = stacked_networks(2, 4, 5, 3, rng=np.random.default_rng(1))
    before = [W.copy() for W, _ in net.weights]
    max_norm(net, 1)
    for (W, _), old in zip(net.weights, before, strict=True):
        lengths = np.linalg.norm(old, axis=1, keepdims=True)
        assert np.allclose(W, old * np.minimum(1, 1 / lengths))
        assert (lengths > 1).any() and (lengths < 1).any()
