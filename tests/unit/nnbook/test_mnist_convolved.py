"""The convolutional networks of the chapter on MNIST, and its moved images."""

from dataclasses import replace

import numpy as np
import pytest

from nnbook.convolution.networks import products_of
from nnbook.mnist.convolved import SIDE, Convolved, aside
from nnbook.mnist.recipe import fit
from nnlib.residual import Residual

ONE = np.zeros((1, SIDE**2))
PLAIN = Convolved(channels=2, block="none")


@pytest.mark.parametrize(
    "change, parameters, count",
    [
        ({}, 52 + 76 + 1970, 2 * 25 * 196 + 72 * 49 + 1960),
        ({"batch_norm": True}, 54 + 80 + 1970, 2 * 25 * 196 + 72 * 49 + 1960),
        ({"block": "plain"}, 52 + 76 + 2 * 148 + 1970, 2 * 25 * 196 + (72 + 288) * 49 + 1960),
        ({"block": "residual"}, 52 + 76 + 2 * 148 + 1970, 2 * 25 * 196 + (72 + 288) * 49 + 1960),
        ({"kind": "LeNet"}, 52 + 204 + 1010, 2 * 25 * 784 + 200 * 100 + 1000),
    ],
)
def test_parameters_and_products(change, parameters, count, rng):
    net = replace(PLAIN, **change).network(SIDE**2, rng)
    assert net.params.size == parameters
    assert products_of(net, ONE) == count


def test_a_plain_and_a_residual_block_differ_by_the_sum_alone(rng):
    nets = [
        replace(PLAIN, block=block, batch_norm=True).network(SIDE**2, np.random.default_rng(0))
        for block in ("plain", "residual")
    ]
    assert np.array_equal(nets[0].params, nets[1].params)
    x = rng.normal(size=(3, SIDE**2))
    *_, block, _, _, _ = nets[1].layers
    assert isinstance(block, Residual)
    block.scale = 0.0  # what is left of the sum is what went in
    before = nets[1].layers[: nets[1].layers.index(block)]
    y = np.float32(x)
    for layer in before:
        y = layer.forward(y)
    np.testing.assert_array_equal(block.forward(y), y)
    assert not np.allclose(nets[0](x), nets[1](x))


@pytest.mark.parametrize("change", [{}, {"kind": "LeNet"}, {"block": "plain", "batch_norm": True}])
def test_training_learns(change, rng):
    """Two kinds of images, a bar that stands and one that lies, which may be moved by a pixel."""
    images, y = np.zeros((64, SIDE, SIDE), np.float32), np.arange(64) % 2
    images[y == 0, 8:20, 13:15] = images[y == 1, 13:15, 8:20] = 1
    X = images.reshape(64, -1)
    recipe = replace(PLAIN, **change, optimizer="adam", lr=0.01, batch=16, epochs=6, shifts=1)
    net, record = fit(recipe, 0, X, y)
    assert record["loss"][-1] < 0.2 < record["loss"][0]
    assert np.array_equal(net.predict(aside(X, 1)), y)


def test_images_are_moved_by_so_many_pixels_in_four_directions():
    images = np.zeros((400, SIDE, SIDE))
    images[:, 10, 12] = 1
    for pixels in (1, 4):
        moved = aside(images.reshape(400, -1), pixels)
        assert (moved.sum(axis=1) == 1).all()
        places, counts = np.unique(moved.argmax(axis=1), return_counts=True)
        by = np.array([-SIDE * pixels, -pixels, pixels, SIDE * pixels])
        assert (places == 10 * SIDE + 12 + by).all() and counts.min() > 60
        assert np.array_equal(moved, aside(images.reshape(400, -1), pixels))


def test_what_leaves_the_image_does_not_come_back():
    moved = aside(np.ones((50, SIDE**2)), 3)
    assert (moved.sum(axis=1) == SIDE * (SIDE - 3)).all()
