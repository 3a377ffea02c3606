"""Convolution and pooling: the same small computation at every place of an image.

Images are (N, C, H, W): samples, channels, rows, columns. Both layers cut an image into windows,
compute one number per window, and on the way back add each window's gradient to the places it was
cut from. Written for the eye; a framework's convolution is many times faster.
"""

import numpy as np

from ._check import count
from .init import he_normal, zeros
from .layers import Initializer, Layer, Shapes, initializer


def windows(x: np.ndarray, size: int, stride: int) -> np.ndarray:
    """All size × size windows of images x (N, C, H, W), as a view (N, C, H', W', size, size)."""
    if x.ndim != 4 or min(x.shape[2:]) < size:
        raise ValueError(f"x must be (N, C, H, W) with H, W >= {size}, got {x.shape}")
    every = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    return every[:, :, ::stride, ::stride]


def add_windows(dwindows: np.ndarray, shape: tuple[int, ...], stride: int) -> np.ndarray:
    """The way back: add gradients (N, C, H', W', size, size) up where the windows came from."""
    dx = np.zeros(shape, dwindows.dtype)
    rows, columns, size = dwindows.shape[2:5]
    for i in range(size):  # row and column inside of the window; windows overlap, hence +=
        for j in range(size):
            below, right = i + stride * rows, j + stride * columns
            dx[:, :, i:below:stride, j:right:stride] += dwindows[..., i, j]
    return dx


class Conv2d(Layer):
    """Slide a small kernel over an image: every place gets the same weights (LeCun et al., 1989).

    y[n, o, r, c] = b[o] + sum over i, u, v of W[o, i, u, v] · x[n, i, r·stride + u, c·stride + v].
    Cut into windows and flattened ("im2col"), that is one matrix product.

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
        (H + 2 padding - size) // stride + 1.
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
        init: Initializer = he_normal,
        bias: bool = True,
    ):
        self.n_in, self.n_out = count("n_in", n_in), count("n_out", n_out)
        self.size, self.stride = count("size", size), count("stride", stride)
        self.padding = count("padding", padding, least=0)
        self.init, self.bias = initializer(init), bool(bias)

    def param_shapes(self) -> Shapes:
        shapes = {"W": (self.n_out, self.n_in, self.size, self.size), "b": (self.n_out,)}
        return shapes if self.bias else {"W": shapes["W"]}

    def initialize(self, rng: np.random.Generator) -> None:
        self.W = self.init(self.W.shape, rng)
        if self.bias:
            self.b = zeros(self.b.shape)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim != 4 or x.shape[1] != self.n_in:
            raise ValueError(f"{self} takes x of shape (N, {self.n_in}, H, W), got {x.shape}")
        p = self.padding
        if min(x.shape[2:]) + 2 * p < self.size:
            raise ValueError(
                f"{self} takes images of {self.size - 2 * p} or more rows and "
                f"columns, got x of shape {x.shape}"
            )
        x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        cut = windows(x, self.size, self.stride)  # (N, n_in, H', W', size, size)
        n, _, rows, columns = cut.shape[:4]
        self.x_shape, self.out = x.shape, (n, rows, columns)
        self.patches = cut.transpose(0, 2, 3, 1, 4, 5).reshape(n * rows * columns, -1)
        y = self.patches @ self.W.reshape(self.n_out, -1).T  # one row per window
        if self.bias:
            y += self.b
        return y.reshape(n, rows, columns, self.n_out).transpose(0, 3, 1, 2)

    def backward(self, dy: np.ndarray, needs_dx: bool = True) -> np.ndarray | None:
        dy = self.rows(dy)
        np.matmul(dy.T, self.patches, out=self.dW.reshape(self.n_out, -1))
        if self.bias:
            dy.sum(axis=0, out=self.db)
        return self.input_gradient(dy) if needs_dx else None

    def input_gradient(self, dy: np.ndarray) -> np.ndarray:
        dpatches = dy @ self.W.reshape(self.n_out, -1)
        dwindows = dpatches.reshape(*self.out, self.n_in, self.size, self.size)
        dx = add_windows(dwindows.transpose(0, 3, 1, 2, 4, 5), self.x_shape, self.stride)
        p = self.padding
        return dx[:, :, p : dx.shape[2] - p, p : dx.shape[3] - p]

    def rows(self, dy: np.ndarray) -> np.ndarray:
        """(N, n_out, H', W') -> a row of n_out numbers for every window, as in a dense layer."""
        return dy.transpose(0, 2, 3, 1).reshape(-1, self.n_out)

    def __repr__(self) -> str:
        return (
            f"Conv2d({self.n_in}, {self.n_out}, {self.size}, stride={self.stride}, "
            f"padding={self.padding}{'' if self.bias else ', bias=False'})"
        )


class MaxPool2d(Layer):
    """The largest number of every window: smaller images, and a shift by a pixel matters less.

    The gradient goes to the place of the maximum, the first one if there are several.

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

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        cut = windows(x, self.size, self.stride)
        cut = cut.reshape(*cut.shape[:4], -1)  # (N, C, H', W', size²)
        self.x_shape, self.winner = x.shape, cut.argmax(axis=-1, keepdims=True)
        return np.take_along_axis(cut, self.winner, axis=-1)[..., 0]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dwindows = dy[..., None] * (np.arange(self.size**2) == self.winner)
        dwindows = dwindows.reshape(*dy.shape, self.size, self.size)
        return add_windows(dwindows, self.x_shape, self.stride)

    def __repr__(self) -> str:
        return f"MaxPool2d({self.size}, stride={self.stride})"
