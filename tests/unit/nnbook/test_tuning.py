import numpy as np
import pytest

from nnbook.claims import ClaimFails
from nnbook.runs import train_digits
from nnbook.schedules.tuning import RATES, Tuned, claim_fewer_wrong, percent, tuned
from nnlib import schedules
from nnlib.optim import SGD


def test_the_best_rate_is_that_of_the_mean():
    sgd, seeds = SGD(lr=1), range(3)
    with np.errstate(all="ignore"):
        found = tuned(schedules.constant, 20, rates=(0.01, 0.2, 1e200), optimizer=sgd, seeds=seeds)
    assert found.lr == 0.2 and found.wrong.shape == found.loss.shape == (3, 3)
    alone = train_digits([schedules.constant(0.2)], 20, optimizer=sgd, seeds=seeds)
    assert np.array_equal(found.wrong[1], alone.error[0, :, -1])
    assert np.array_equal(found.right, alone.right[0], equal_nan=True)
    assert np.allclose(found.loss[1], alone.val_loss[0, :, -1])
    assert (found.loss[2] == np.inf).all()  # it has diverged


def test_each_seed_has_its_own_best_rate():
    loss = np.array([[1.0, 3.0, 2.0], [2.0, 1.0, np.inf]])
    side = Tuned(0.1, (0.1, 0.3), 100 * loss, loss, None)
    assert side.own_best().tolist() == [0.1, 0.3, 0.1]


def test_of_large_errors_only_the_size_is_told():
    assert percent([4.94, 9.96, 10.1, 20.5, 90.0]) == ["4.9", "10.0", ">10", ">20", ">50"]


def side(share, seeds=8, digits=400):
    right = np.random.default_rng(0).uniform(size=(seeds, digits)) < share
    return Tuned(0.16, RATES, None, None, right.astype(float))


def test_the_claim_counts_points_over_seeds_and_digits(capsys):
    claim_fewer_wrong("A is better.", ("A", side(0.9)), ("B", side(0.6)), budget="8 epochs")
    said = capsys.readouterr().out
    assert said.startswith("Claim: A is better.\n  +")
    assert "points over 8 seeds × 400 digits; 8 epochs" in said
    assert "A, lr 0.16 (of 0.04, 0.08, 0.16, 0.32, 0.64)" in said and "B, lr 0.16" in said
    with pytest.raises(ClaimFails):
        claim_fewer_wrong("B is.", ("B", side(0.6)), ("A", side(0.9)), budget="8 epochs")
    with pytest.raises(ClaimFails, match="not within 1"):
        claim_fewer_wrong("Alike.", ("A", side(0.9)), ("B", side(0.6)), budget="", within=1)
