"""Dense networks and ones with a convolution, trained side by side on images of the digits.

The library's ``Conv2d`` is written for one network. Here the windows of all images are cut once,
and then a convolution is a dense layer for windows, of which `nnbook.runs` trains many at a time.
"""

import numpy as np

from nnlib.convolution import Conv2d, MaxPool2d, windows
from nnlib.data import digits
from nnlib.layers import Flatten, Layer, Linear, ReLU
from nnlib.network import Network
from nnlib.optim import Adam

from ..runs import Stack, deal, reads_right, train_stack


class ConvStack(Stack):
    """Networks side by side: Conv2d with stride 1, ReLU, MaxPool2d, Flatten, Linear.

    Inputs are (*runs, N, F): each row has the numbers of all windows of an image, see `cut`. The
    largest number of a block is found before the ReLU, which is the same and has less to do.
    """

    def __init__(self, nets):
        kinds = [type(layer) for layer in nets[0].layers]
        if kinds != [Conv2d, ReLU, MaxPool2d, Flatten, Linear]:
            raise ValueError(f"ConvStack takes another kind of networks, got {nets[0].layers}")
        conv, relu, pool, _, dense = nets[0].layers
        if (conv.stride, conv.padding) != (1, 0):
            raise ValueError(f"ConvStack takes stride 1 and no padding, got {conv}")
        self.size = conv.n_in * conv.size**2  # numbers in a window
        largest = _Largest(pool.size**2, dense.n_in // conv.n_out)
        kernels = Linear(self.size, conv.n_out)
        self._lay_out(
            (len(nets),), [kernels, largest, relu, _Flat(), Linear(dense.n_in, dense.n_out)]
        )
        for run, net in enumerate(nets):
            conv, *_, dense = net.layers
            first, *_, last = self.layers
            first.W[run], first.b[run] = conv.W.reshape(conv.n_out, -1).T, conv.b
            last.W[run], last.b[run] = dense.W, dense.b

    def forward(self, X, training=False):
        return super().forward(X.reshape(*X.shape[:-2], -1, self.size), training)

    __call__ = forward


class _Largest(Layer):
    """Max pooling, windows as in `cut`: (R, N·places·blocks, C) -> (R, N, blocks, C)."""

    def __init__(self, places, blocks):
        self.places, self.blocks = places, blocks

    def forward(self, x, training=False):
        x = x.reshape(len(x), -1, self.places, self.blocks, x.shape[-1])
        self.shape, self.winner = x.shape, x.argmax(axis=2)[:, :, np.newaxis]
        return np.take_along_axis(x, self.winner, axis=2)[:, :, 0]

    def backward(self, dy):
        dx = np.zeros(self.shape)
        np.put_along_axis(dx, self.winner, dy[:, :, np.newaxis], axis=2)
        return dx.reshape(len(dx), -1, self.shape[-1])


class _Flat(Layer):
    """(R, N, blocks, C) -> (R, N, C·blocks), each channel together as in nnlib's Flatten."""

    def forward(self, x, training=False):
        self.shape = x.shape
        return x.swapaxes(-1, -2).reshape(*x.shape[:-2], -1)

    def backward(self, dy):
        return dy.reshape(*self.shape[:-2], self.shape[-1], self.shape[-2]).swapaxes(-1, -2)


def cut(images, size, block):
    """All windows of images (N, C, H, W) that max pooling by blocks uses, a row for each image.

    In a row come first the windows at the first place of all blocks, then those at the second one,
    and so on: the largest number of each block is then found over whole rows.
    """
    every = windows(images, size)  # (N, C, size, size, H', W')
    n, channels, *_, rows, columns = every.shape
    rows, columns = rows // block, columns // block
    every = every[..., : rows * block, : columns * block]
    every = every.reshape(n, channels, size, size, rows, block, columns, block)
    return every.transpose(0, 5, 7, 4, 6, 1, 2, 3).reshape(n, -1)


def best_rate(layers, images, *, rates, steps=300, seeds=6):
    """Train at each rate, and see which of the digits that were held back are read right.

    Each seed deals the digits anew, 1,257 to learn from and 540 held back, and draws the first
    weights and the batches of 32. The optimizer is Adam; all is float64.

    Parameters
    ----------
    layers : function
        Gives the layers of a network: of a dense one, which gets the images as rows, or of one for
        `ConvStack`.
    images : (1797, C, H, W), or (1797, D) for a dense network
        The digits to learn from, in the order of `nnlib.data.digits`.
    rates : sequence of float

    Returns
    -------
    rate : float
        The one of the rates at which most are read right.
    right : (seeds, 1797)
        At this rate, 1 where a digit that was held back is read right and 0 where not; nan where
        it was for training.
    """
    images, y = _rows(layers(), images), digits()[1]
    dealt = [deal(len(y), 1257, 32, steps, seed) for seed in range(seeds)]
    batches, held_out = map(np.stack, zip(*dealt, strict=True))
    right = np.full((len(rates), seeds, len(y)), np.nan)
    for k, rate in enumerate(rates):
        nets = [
            Network(layers(), rng=np.random.default_rng(s), dtype=np.float64) for s in range(seeds)
        ]
        stack = ConvStack(nets) if _convolves(layers()) else Stack.of(nets)
        train_stack(
            stack,
            ((images[rows], y[rows]) for rows in batches.swapaxes(0, 1)),
            optimizer=Adam(lr=rate),
            validation=(images[held_out[:, :1]], y[held_out[:, :1]]),  # nobody looks at it
            every=steps,
        )
        read = reads_right(stack, images[held_out], y[held_out])
        np.put_along_axis(right[k], held_out, read, axis=-1)
    best = np.nanmean(right, axis=(1, 2)).argmax()
    return rates[best], right[best]


def compare(networks, images, *, rates, **options):
    """`best_rate` for several networks: {name: right}, and what `claim` prints of the rates."""
    right, tuned = {}, {}
    for name, layers in networks.items():
        rate, right[name] = best_rate(layers, images, rates=rates, **options)
        tuned[f"{name}, lr"] = rate, rates
    return right, tuned


def _convolves(layers):
    return isinstance(layers[0], Conv2d)


def _rows(layers, images):
    """What a stack takes of images: the windows of a convolution, or the pixels."""
    images = images.astype(np.float64)
    if _convolves(layers):
        return cut(images, layers[0].size, layers[2].size)
    return images.reshape(len(images), -1)
