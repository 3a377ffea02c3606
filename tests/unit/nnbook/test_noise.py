import numpy as np
import pytest

from nnbook.optimizers.noise import SIGMA, XI, ewma, floors, noisy_walk
from nnlib.descend import descend
from nnlib.landscapes import mccormick
from nnlib.optim import SGD


def test_all_samples_together_have_no_noise():
    assert np.allclose(XI.mean(axis=0), 0)
    assert np.allclose(XI.std(axis=0), SIGMA)


def test_the_full_batch_walks_as_gradient_descent_does():
    path = descend(mccormick, SGD(lr=0.1), (-1, 2.75), steps=20)
    assert np.allclose(noisy_walk(2000, 0.1, steps=20), path.theta)


def test_small_batches_walk_with_noise():
    apart = [np.std(noisy_walk(batch, 0.01)[200:], axis=0)[0] for batch in (4, 64)]
    assert apart[0] > 2 * apart[1] > 0


@pytest.mark.parametrize(("lr", "n"), [(0.1, 16), (0.05, 64)])
def test_floors_are_those_of_the_formula(lr, n):
    expected = sum(lr / 2 / (2 - lr * c) * s**2 / n for c, s in zip((1, 10), SIGMA, strict=True))
    assert floors(SGD(lr=lr), n, steps=500).mean() == pytest.approx(expected, rel=0.03)


def test_averages_by_hand():
    assert ewma([10, 12, 11], 0.9, correct=False) == pytest.approx([1, 2.1, 2.99])
    assert ewma([10, 12, 11], 0.9) == pytest.approx([10, 2.1 / 0.19, 2.99 / 0.271])
    assert ewma(np.full(40, 3.0), 0.8) == pytest.approx(np.full(40, 3.0))
