import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnbook.regularization import figures, remedies
from nnbook.runs import packed
from nnlib.data import digits
from nnlib.layers import Linear
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.optim import SGD
from nnlib.train import train


def test_labels_are_careless_among_the_first_200_only():
    images, labels = digits()
    order = np.random.default_rng(3).permutation(len(images))
    X, y = remedies.deal(3)
    assert np.array_equal(X, images[order]) and np.array_equal(y[200:], labels[order][200:])
    assert 0.1 < np.mean(y[:200] != labels[order][:200]) < 0.25
    assert np.array_equal(remedies.deal(3, wrong=0)[1], labels[order])


def test_ten_experiments_have_their_own_digits():
    training, validation, test = remedies.deal_all()
    assert [X.shape for X, _ in (training, validation, test)] == [
        (10, 100, 64),
        (10, 100, 64),
        (10, 1597, 64),
    ]
    X, y = remedies.deal(7)
    assert np.array_equal(training[0][7], X[:100]) and np.array_equal(validation[1][7], y[100:200])


def test_the_networks_share_nothing_but_the_code():
    data = remedies.deal_all(seeds=range(3))
    net, runs = remedies.experiment(data, width=8, steps=10, every=5)
    other = [(X.copy(), y.copy()) for X, y in data]
    other[0][0][1] = 0
    changed, _ = remedies.experiment(other, width=8, steps=10)
    equal = np.all(net.params == changed.params, axis=1)
    assert equal.tolist() == [True, False, True]
    assert runs.steps.tolist() == [5, 10]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_the_pictures_moves_by_a_pixel(share):
    X = np.zeros((2, 1000, 8, 8))
    X[..., 3, 4] = 1
    moved = remedies.shifted(share)(X.reshape(2, 1000, 64)).reshape(2000, 8, 8)
    assert (moved.sum(axis=(1, 2)) == 1).all()
    _, row, column = np.nonzero(moved)
    assert set(zip(row, column, strict=True)) == (
        {(i, j) for i in (2, 3, 4) for j in (3, 4, 5)} if share else {(3, 4)}
    )
    assert np.mean((row != 3) | (column != 4)) == pytest.approx(share * 8 / 9, abs=0.04)


def test_noise_is_new_in_each_call():
    change = remedies.noisy(0.3)
    first, second = change(np.zeros((100, 64))), change(np.zeros((100, 64)))
    assert first.std() == pytest.approx(0.3, rel=0.05) and not np.any(first == second)
    both = remedies.noisy_and_shifted(0.01, 1)(np.ones((500, 64))).reshape(500, 8, 8)
    rim = np.mean(both[:, 0] < 0.5)  # what comes in from above is 0
    assert rim == pytest.approx(1 / 3 + 2 / 3 * 2 / 3 / 8, abs=0.06)


def test_a_record_is_read_as_it_was_written():
    right = np.random.default_rng(0).random((2, 1597)) < 0.7
    texts = [packed(row) for row in right]
    row = {"wrong": 0.2, "steps": 150, "method": "noise+L2", "strengths": [[0.3, 0.01]]}
    row |= {"strength": [0.3, 0.01], "validation": [0.5], "training": 0.9, "right": texts}
    record = {"found": [row, row | {"wrong": 0.0}, row | {"steps": 1000}]}
    [(name, found)] = remedies.read(record, 0.2, 150).items()
    assert name == "noise+L2" and found.strength == (0.3, 0.01) == found.strengths[0]
    assert found.training == 0.9 and found.validation == 0.5
    np.testing.assert_allclose(found.test, right.mean(axis=1))
    first, second = (np.random.default_rng(seed).permutation(1797)[200:] for seed in (0, 1))
    tested = np.union1d(first, second)
    assert found.right.shape == (2, len(tested)) and len(tested) < 1797
    assert np.isnan(found.right).sum(axis=1).tolist() == [len(tested) - 1597] * 2
    assert np.array_equal(found.right[1, np.searchsorted(tested, second)], right[1])


def test_every_remedy_has_several_strengths():
    for name, strengths in remedies.REMEDIES.items():
        assert len(strengths) > 1 or name == "plain"


def tiny_record():
    """Plain networks read 3 of 5 test digits, L2 reads 4, in both experiments of all ten."""
    right = {"plain": [1, 1, 1, 0, 0], "L2": [1, 1, 1, 1, 0]}
    found = [
        {
            "wrong": 0.2,
            "steps": steps,
            "method": name,
            "strengths": [0, 0.01],
            "strength": 0.01,
            "validation": [0.5, 0.6],
            "training": 1.0,
            "right": [packed(np.resize(row, 1597))] * 10,
        }
        for steps in (150, 1000)
        for name, row in right.items()
    ]
    return {"steps": [150, 1000], "found": found}


def test_the_table_says_who_gains():
    shown = remedies.gains_table(tiny_record(), wrong=0.2)
    assert shown.headers[2::2] == ["gain after 150 steps", "gain after 1,000 steps"]
    [(name, early, gain, late, lasting, training)] = shown.rows
    assert (name, early, late, training) == ("L2", "0.01", "0.01", "100.0")
    for text in (gain, lasting):
        assert re.fullmatch(r"\+20\.0 ± \d\.\d", text)
    assert re.search(r"read 60\.\d % after 150 steps and 60\.\d % after 1,000", shown.caption)


@pytest.mark.parametrize("patience", [1, 3, 20])
def test_a_finished_curve_stops_where_training_would(patience):
    X, y = remedies.deal(1)

    def trained(patience):
        rng = np.random.default_rng(1)
        net = Network([Linear(64, 10)], rng=rng, dtype=np.float64)
        return train(net, softmax_cross_entropy, X[:100], y[:100], optimizer=SGD(lr=1), epochs=25,
                     batch_size=10, rng=rng, early_stopping=patience,
                     validation=(X[100:200], y[100:200]))  # fmt: skip

    stopped = trained(patience)
    end, best = figures.stop_at(trained(None).val_loss, patience)
    assert (end + 1, best) == (len(stopped.val_loss), stopped.best_epoch)


def test_a_learning_curve_names_both_errors():
    fig, ax = plt.subplots()
    figures.draw_learning(ax, [10, 20, 40], [0, 1, 2], [60, 50, 40])
    training, validation = ax.lines
    assert list(training.get_ydata()) == [0, 1, 2]
    assert list(validation.get_xdata()) == [10, 20, 40]
    assert [text.get_text() for text in ax.texts] == ["training", "validation"]
    assert ax.texts[0].xyann[1] < 0 < ax.texts[1].xyann[1]
    plt.close(fig)


def test_a_committee_learns_from_all_digits_or_from_draws():
    training, *_ = remedies.deal_all(seeds=range(2))
    data = [training, training, None]  # asked about what it learned from
    same, drawn = (remedies.committee(data, own, members=3) for own in (False, True))
    assert same.shape == drawn.shape == (3, 2, 100, 10)
    assert not np.array_equal(same[0], same[1])  # other first weights
    whole, left_out = (np.mean(p.argmax(axis=-1) == training[1]) for p in (same, drawn))
    assert whole > 0.98 > 0.9 > left_out  # a draw leaves some out


def test_the_best_epoch_and_the_stop_are_marked():
    fig, ax = plt.subplots()
    figures.draw_stop(ax, [3.0, 1.0, 2.0, 2.5, 4.0], end=3, best=1)
    everything, trained, stop, best = ax.lines
    assert list(everything.get_xdata()) == [1, 2, 3, 4, 5]
    assert list(trained.get_ydata()) == [3.0, 1.0, 2.0, 2.5]
    assert set(stop.get_xdata()) == {4}
    assert (*best.get_xdata(), *best.get_ydata()) == (2, 1.0)
    plt.close(fig)


def test_each_penalty_has_its_curve_and_its_name():
    fig, axes = plt.subplots(1, 4)
    figures.draw_penalty_axes(axes, np.stack([np.zeros(11), np.ones(11)]), ["L2", "L1"])
    assert [line.get_ydata().mean() for line in axes[3].lines] == [0, 1]
    assert [text.get_text() for text in axes[3].texts] == ["L2", "L1"]
    colours = [line.get_color() for line in axes[3].lines]
    assert colours == [text.get_color() for text in axes[3].texts]
    plt.close(fig)


def test_the_accuracies_of_a_dropout_rate_have_names():
    fig, axes = plt.subplots(1, 2)
    figures.draw_rate_axes(axes)
    assert [text.get_text() for text in axes[1].texts] == ["training", "validation"]
    assert axes[1].get_xlabel() == "dropout rate p"
    plt.close(fig)


def test_gains_are_sorted_by_what_is_left_of_them():
    fig, ax = plt.subplots()
    early, late = {"a": [5, 7], "b": [1, 3]}, {"a": [0, 2], "b": [2, 4]}
    assert figures.draw_gains(ax, early, late) == ["a", "b"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    arrow = ax.lines[2]  # after the line at 0 and the small dots
    assert list(arrow.get_xdata()) == [6, 1]
    plt.close(fig)
