import numpy as np
import pytest

from nnbook.optimizers.sparse import problem, rare_losses
from nnlib.optim import Adam


def test_the_last_feature_is_rare_and_the_first_is_not():
    for X, y in problem(0):
        share = X.mean(axis=0)
        assert 0.45 < share[0] < 0.55
        assert share[-1] < 0.005
        assert set(np.unique(y)) == {0, 1}


def test_each_rate_trains_by_itself():
    together = rare_losses(Adam, [0.003, 0.03], seeds=2, steps=50)
    alone = rare_losses(Adam, [0.03], seeds=2, steps=50)
    assert together.shape == (2, 2)
    assert together[:, 1] == pytest.approx(alone[:, 0])


def test_training_helps_on_new_samples():
    before, after = (rare_losses(Adam, [0.02], seeds=1, steps=n)[0, 0] for n in (0, 1000))
    assert before == pytest.approx(np.log(2))
    assert after < 0.6 * before
