"""Weights in 8 bits: how far a restored network may be from the one that was quantized."""

import numpy as np
import pytest

from nnbook.eight_bits import quantized, restore
from nnlib.layers import Linear, ReLU
from nnlib.network import Network


def network(seed):
    rng = np.random.default_rng(seed)
    net = Network([Linear(20, 12), ReLU(), Linear(12, 5)], rng=rng)
    net.params = net.params + rng.normal(size=net.params.shape)  # biases, too
    return net


@pytest.fixture
def net():
    return network(0)


def test_a_restored_weight_is_off_by_half_a_level_at_most(net):
    arrays = quantized(net)
    again = restore(network(1), arrays)
    for k, place in enumerate((0, 2)):
        old, new, scale = net.layers[place], again.layers[place], arrays[f"scale{k}"]
        assert (np.abs(new.W - old.W) <= scale / 2 * (1 + 1e-5)).all()
        np.testing.assert_array_equal(new.b, old.b)
        np.testing.assert_allclose(scale, np.abs(old.W).max(axis=0) / 127)
        assert arrays[f"levels{k}"].dtype == np.int8
        assert np.abs(arrays[f"levels{k}"]).max(axis=0).tolist() == [127] * old.n_out


def test_restored_twice_is_restored_once(net):
    arrays = quantized(net)
    for name, array in quantized(restore(network(1), arrays)).items():
        np.testing.assert_allclose(array, arrays[name], rtol=1e-6)


def test_a_unit_without_weights(net):
    net.layers[0].W[:, 3] = 0
    again = restore(network(1), quantized(net))
    assert not again.layers[0].W[:, 3].any() and np.isfinite(again.params).all()


def test_the_arrays_are_copies(net):
    arrays = quantized(net)
    before = arrays["b0"].copy()
    net.params[:] = 0
    np.testing.assert_array_equal(arrays["b0"], before)


def test_another_network_is_refused(net):
    other = Network([Linear(20, 7), ReLU(), Linear(7, 5)], rng=np.random.default_rng(0))
    with pytest.raises(ValueError):
        restore(other, quantized(net))
