"""A small convolutional network: its epoch beside PyTorch's, and where the time of a step goes."""

import time
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from nnlib.convolution import Conv2d, MaxPool2d
from nnlib.layers import Flatten, Linear, ReLU
from nnlib.network import Network

from . import peers
from .training import STEPS, adam_epoch, epoch_rows, fifth, race

BATCH = 64
LIMIT = 2.0  # times PyTorch's epoch, whose convolutions are written for the processor


def measure():
    """Rows of (what, value, limit, unit)."""
    X, y = fifth()
    images = X.reshape(-1, 1, 28, 28)
    times = race(
        nnlib=lambda: adam_epoch(images, y, BATCH, lenet),
        torch=lambda: peers.torch_epoch(images, y, BATCH, peers.torch_lenet, "adam", fused=True),
    )
    yield from epoch_rows(f"LeNet + Adam, batch {BATCH}", times, {"torch": LIMIT})
    spent = seconds_by_layer(lenet(np.random.default_rng(0)), images[:BATCH])
    for name, seconds in spent.items():
        share = 100 * seconds / sum(spent.values())
        yield f"LeNet, batch {BATCH}: {name}, share of both ways", share, None, "%"


def lenet(rng):
    """About LeNet-5 (LeCun et al., 1998), with ReLU and max pooling, as it is built today."""
    layers = [Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2)]
    layers += [Conv2d(6, 16, 5), ReLU(), MaxPool2d(2)]
    layers += [Flatten(), Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, 10)]
    return Network(layers, rng=rng)


def seconds_by_layer(net, x):
    """{layer: median seconds of its forward and backward pass together}, on one thread.

    As in a training step, the first layer leaves out the gradient of the images.
    """
    spent = {f"{k}. {layer}": [] for k, layer in enumerate(net.layers, 1)}
    with threadpool_limits(1):
        for _ in range(STEPS):
            there, y = [], x
            for layer in net.layers:
                start = time.perf_counter()
                y = layer.forward(y, training=True)
                there.append(time.perf_counter() - start)
            for name, layer, seconds in zip(
                reversed(spent), reversed(net.layers), reversed(there), strict=True
            ):
                options = {"needs_dx": False} if layer is net.layers[0] else {}
                start = time.perf_counter()
                y = layer.backward(y, **options)
                spent[name].append(seconds + time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in spent.items()}
