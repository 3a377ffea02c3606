"""A network's weights as whole numbers from -127 to 127: a quarter of the bytes of float32.

Each unit has a scale of its own: its largest weight becomes 127 or -127. The restored network is an
ordinary one, whose weights are ``scale * level`` again. Biases are few, and stay as they are.
"""

import numpy as np

from nnlib.layers import Linear

LARGEST = 127


def quantized(net):
    """The parameters of a network of dense layers as arrays, by the names that `restore` takes.

    ``levels0`` (n_in, n_out) int8, ``scale0`` (n_out,) and ``b0`` (n_out,) float32 are those of the
    first dense layer, and so on.
    """
    arrays = {}
    for k, layer in enumerate(dense(net)):
        largest = np.abs(layer.W).max(axis=0)  # (n_out,), of each unit
        scale = np.where(largest > 0, largest, 1) / np.float32(LARGEST)
        levels = np.rint(layer.W / scale).astype(np.int8)
        arrays |= {f"levels{k}": levels, f"scale{k}": scale, f"b{k}": layer.b.copy()}
    return arrays


def restore(net, arrays):
    """Set the parameters of a network that has the same layers; returns it."""
    for k, layer in enumerate(dense(net)):
        layer.W = arrays[f"levels{k}"] * arrays[f"scale{k}"]
        layer.b = arrays[f"b{k}"]
    return net


def dense(net):
    return [layer for layer in net.layers if isinstance(layer, Linear)]
