"""What surrounds the tests of `nnlib.symptoms`: what is refused, what is left, how it reads."""

import numpy as np
import pytest

from nnlib.data import digits
from nnlib.diagnose import Diagnosis, Finding, diagnose
from nnlib.layers import Activation, Linear
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.norms import BatchNorm
from nnlib.optim import Adam

X, Y = digits()


@pytest.fixture
def net(rng):
    layers = [Linear(64, 32), BatchNorm(32), Activation("relu"), Linear(32, 10)]
    return Network(layers, rng=rng)


def test_the_network_and_the_optimizer_stay_as_they_were(net, rng):
    optimizer, before = Adam(lr=0.01), [net.params.copy(), net.state.copy()]
    diagnose(net, softmax_cross_entropy, X, Y, rng=rng, optimizer=optimizer)
    assert all(map(np.array_equal, before, (net.params, net.state)))
    assert optimizer.lr == 0.01


@pytest.mark.parametrize("x, y", [(X[:0], Y[:0]), (X, Y[:-1])])
def test_data_that_do_not_fit_are_refused(net, rng, x, y):
    with pytest.raises(
        ValueError,
        match="X must hold at least one sample|X and y must have the same number of rows",
    ):
        diagnose(net, softmax_cross_entropy, x, y, rng=rng)


def test_arguments_that_are_none_are_refused(net, rng):
    with pytest.raises(TypeError, match="net must be a Network"):
        diagnose(net.layers, softmax_cross_entropy, X, Y, rng=rng)
    with pytest.raises(TypeError, match="^loss must be a function"):
        diagnose(net, "mse", X, Y, rng=rng)
    with pytest.raises(ValueError, match="X must hold at least one sample, got array"):
        diagnose(net, softmax_cross_entropy, 3, Y, rng=rng)


def test_a_seed_is_no_generator(net):
    with pytest.raises(TypeError, match="rng"):
        diagnose(net, softmax_cross_entropy, X, Y, rng=0)


def test_later_stages_are_not_asked_once_one_has_found_a_cause(net, rng):
    x = X.copy()
    x[7, 3] = np.nan
    diagnosis = diagnose(net, softmax_cross_entropy, x, np.zeros_like(Y), rng=rng)
    assert set(diagnosis.names) == {"not_finite", "one_class"}
    assert str(diagnosis).splitlines() == [
        "1. X holds nan or infinity in 1 rows, first in row 7: one is enough to turn all "
        "parameters into nan.",
        "2. All 1797 labels are 0: there is nothing to tell apart.",
    ]


def test_a_cause_found_early_is_the_only_one(net, rng):
    raw, same = np.rint(X * 255), np.zeros_like(Y)
    assert diagnose(net, softmax_cross_entropy, raw, Y, rng=rng).names == ("large_inputs",)
    assert diagnose(net, softmax_cross_entropy, raw, same, rng=rng).names == ("one_class",)


def test_how_it_reads():
    nothing = Diagnosis(())
    assert repr(nothing) == str(nothing) and str(nothing).startswith("Nothing stands out")
    assert str(Diagnosis((Finding("name", "It is so."),))) == "1. It is so."
