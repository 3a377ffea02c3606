"""Convolution and pooling: the same small computation at every place of an image.

Images are (N, C, H, W): samples, channels, rows, columns. Both layers cut an image into windows,
compute one number per window, and on the way back add each window's gradient to the places it was
cut from.
"""

from collections.abc import Iterator

import numpy as np

from ._check import count
from .init import he_normal, zeros
from .layers import Initializer, Layer, Shapes, initializer


def windows(x: np.ndarray, size: int, stride: int = 1, dilation: int = 1) -> np.ndarray:
    """All windows of images x (N, C, H, W), as a view (N, C, size, size, H', W').

    Entry [n, c, u, v, r, s] is x[n, c, stride · r + dilation · u, stride · s + dilation · v]. The
    place inside of the window comes first: for each of the size² places, the H' × W' windows show
    a part of the image in its own order, which is quick to copy and to add up.
    """
    x, size = np.asarray(x), count("size", size)
    stride, dilation = count("stride", stride), count("dilation", dilation)
    reach = dilation * (size - 1) + 1
    if x.ndim != 4 or min(x.shape[2:]) < reach:
        raise ValueError(f"x must be (N, C, H, W) with H, W >= {reach}, got {x.shape}")
    every = np.lib.stride_tricks.sliding_window_view(x, (reach, reach), axis=(2, 3))
    cut = every[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return cut.transpose(0, 1, 4, 5, 2, 3)


def places(
    size: int, counts: tuple[int, ...], stride: int = 1, dilation: int = 1
) -> Iterator[tuple[slice, slice]]:
    """For each place of a window, row by row, where it lies in all (H', W') windows of an image.

    These are slices of the image's rows and columns.
    """
    for place in np.ndindex(size, size):
        firsts = (dilation * k for k in place)
        row, column = (
            slice(a, a + stride * n, stride) for a, n in zip(firsts, counts, strict=True)
        )
        yield row, column


def add_windows(
    dwindows: np.ndarray, shape: tuple[int, ...], stride: int = 1, dilation: int = 1
) -> np.ndarray:
    """The way back: add gradients (N, C, size, size, H', W') up where the windows came from."""
    dx = np.zeros(shape, dwindows.dtype)
    size, counts = dwindows.shape[2], dwindows.shape[4:]
    inside, there = np.ndindex(size, size), places(size, counts, stride, dilation)
    for (u, v), (row, column) in zip(inside, there, strict=True):
        dx[:, :, row, column] += dwindows[:, :, u, v]  # windows overlap, hence +=
    return dx


class Conv2d(Layer):
    """Slide a small kernel over an image: every place gets the same weights (LeCun et al., 1989).

    y[n, o, r, s] = b[o] + sum over i, u, v of
    W[o, i, u, v] · x[n, i, stride · r + dilation · u, stride · s + dilation · v].
    With a column for every window ("im2col"), that is one matrix product per image.

    Parameters
    ----------
    n_in, n_out : int
        Channels of the input and of the output.
    size : int
        Height and width of the kernel; W has shape (n_out, n_in, size, size).
    stride : int
        Steps between windows.
    padding : int
        Rows and columns of zeros on every side. An image of H rows gives
        (H + 2 padding - dilation (size - 1) - 1) // stride + 1.
    dilation : int
        Steps between the pixels of one window (Yu & Koltun, 2016).
    init : callable
    bias : bool
    """

    W: np.ndarray
    b: np.ndarray

    def __init__(
        self,
        n_in: int,
        n_out: int,
        size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        init: Initializer = he_normal,
        bias: bool = True,
    ):
        self.n_in, self.n_out = count("n_in", n_in), count("n_out", n_out)
        self.size, self.stride = count("size", size), count("stride", stride)
        self.padding = count("padding", padding, least=0)
        self.dilation = count("dilation", dilation)
        self.init, self.bias = initializer(init), bool(bias)

    def param_shapes(self) -> Shapes:
        shapes = {"W": (self.n_out, self.n_in, self.size, self.size), "b": (self.n_out,)}
        return shapes if self.bias else {"W": shapes["W"]}

    def initialize(self, rng: np.random.Generator) -> None:
        self.W = self.init(self.W.shape, rng)
        if self.bias:
            self.b = zeros(self.b.shape)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.check(x)
        p = self.padding
        x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        cut = windows(x, self.size, self.stride, self.dilation)
        self.x_shape, (n, *_, rows, columns) = x.shape, cut.shape
        self.patches = cut.reshape(n, -1, rows * columns)  # (N, n_in · size², H' · W')
        y = self.kernels(self.W) @ self.patches  # (n_out, n_in · size²) @ …: a column per window
        if self.bias:
            y += self.b[:, np.newaxis]
        return y.reshape(n, self.n_out, rows, columns)

    def backward(self, dy: np.ndarray, needs_dx: bool = True) -> np.ndarray | None:
        """As in a dense layer, dW = sum over n of dY[n] X[n]ᵀ and dX[n] = Wᵀ dY[n], by windows."""
        out = dy.shape[2:]
        dy = dy.reshape(len(dy), self.n_out, -1)
        dW = dy @ self.patches.swapaxes(1, 2)  # (N, n_out, n_in · size²)
        dW.sum(axis=0, out=self.kernels(self.dW))
        if self.bias:
            dy.sum(axis=(0, 2), out=self.db)
        return self.input_gradient(dy, out) if needs_dx else None

    def input_gradient(self, dy: np.ndarray, out: tuple[int, ...]) -> np.ndarray:
        dpatches = self.kernels(self.W).T @ dy
        dwindows = dpatches.reshape(len(dy), self.n_in, self.size, self.size, *out)
        dx = add_windows(dwindows, self.x_shape, self.stride, self.dilation)
        p = self.padding
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]

    def kernels(self, W: np.ndarray) -> np.ndarray:
        """W or dW with a row for every kernel, (n_out, n_in · size²)."""
        return W.reshape(self.n_out, -1)

    def check(self, x: np.ndarray) -> None:
        if x.ndim != 4 or x.shape[1] != self.n_in:
            raise ValueError(f"{self} takes x of shape (N, {self.n_in}, H, W), got {x.shape}")
        least = self.dilation * (self.size - 1) + 1 - 2 * self.padding
        if min(x.shape[2:]) < least:
            raise ValueError(
                f"{self} takes images of {least} or more rows and columns, got x of shape {x.shape}"
            )

    def __repr__(self) -> str:
        options = f"stride={self.stride}, padding={self.padding}"
        if self.dilation > 1:
            options += f", dilation={self.dilation}"
        if not self.bias:
            options += ", bias=False"
        return f"Conv2d({self.n_in}, {self.n_out}, {self.size}, {options})"


class Pool2d(Layer):
    """What the poolings have in common: one number for every window of every channel.

    Parameters
    ----------
    size : int
        Height and width of the window.
    stride : int, optional
        Steps between windows; ``size`` if not given, so that they tile the image.
    """

    def __init__(self, size: int, stride: int | None = None):
        self.size = count("size", size)
        self.stride = self.size if stride is None else count("stride", stride)

    def window_shape(self, dy: np.ndarray) -> tuple[int, ...]:
        """The shape of all windows, (N, C, size, size, H', W'), for dy (N, C, H', W')."""
        return (*dy.shape[:2], self.size, self.size, *dy.shape[2:])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size}, stride={self.stride})"


class MaxPool2d(Pool2d):
    """The largest number of every window: smaller images, and a shift by a pixel matters less.

    The gradient goes to the place of the maximum, the first one if there are several.
    """

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        y = windows(x, self.size, self.stride)[:, :, 0, 0].copy()  # the largest so far
        self.x_shape, self.winner = x.shape, np.zeros(y.shape, np.intp)
        for k, (row, column) in enumerate(places(self.size, y.shape[2:], self.stride)):
            part = x[:, :, row, column]
            self.winner[part > y] = k
            np.maximum(y, part, out=y)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(self.x_shape, dy.dtype)
        for k, (row, column) in enumerate(places(self.size, dy.shape[2:], self.stride)):
            dx[:, :, row, column] += dy * (self.winner == k)
        return dx


class AveragePool2d(Pool2d):
    """The mean of every window; with a window as large as the image, one number per channel.

    Every place of a window gets the same share of its gradient.
    """

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x_shape = x.shape
        return windows(x, self.size, self.stride).mean(axis=(2, 3))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        share = (dy / self.size**2)[:, :, np.newaxis, np.newaxis]
        return add_windows(np.broadcast_to(share, self.window_shape(dy)), self.x_shape, self.stride)
