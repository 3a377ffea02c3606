"""The checks of the chapter on convolution."""

import numpy as np

from nnlib.convolution import windows

from ..check import array, function, number
from .figures import correlate

by_hand = array(
    [[8, -1], [0, 7]],
    "Lay, multiply, add up; four times.",
    mistakes=[
        ([[6, -3], [3, 7]], "You turned the kernel by 180°, as mathematicians do."),
        ([[7, -3], [3, 6]], "The kernel is transposed: its rows lie on the picture's rows."),
        (
            [[2, 0], [1, 3]],
            "Only the first weight is used. Add all four products of the window.",
        ),
    ],
)  # fmt: skip

sizes = array(
    [24, 14, 20],
    "The window reaches over 5, 5 and 13 pixels, and moves 23, 13 and 19 times.",
    mistakes=[
        ([23, 13, 19], "You counted the moves. The first window is there before any move."),
        ([24, 13, 20], "27 // 2 = 13 moves, and the first window before them."),
        ([24, 14.5, 20], "Half a window is none: round down."),
        ([24, 15, 20], "27 / 2 is rounded down: a window that doesn't fit isn't there."),
        ([24, 14, 28], "Dilation 3 widens the window, to 3 · 4 + 1 = 13 pixels."),
        ([24, 14, 18], "The window reaches over d (k − 1) + 1 = 13 pixels, not d · k."),
        ([24, 13, 18], "Padding goes on both sides: 28 + 2 · 2."),
    ],
)  # fmt: skip

cost = array(
    [4640, 903168],
    "32 · (16 · 9 + 1) parameters, and the weights among them at each of 14 · 14 places.",
    mistakes=[
        ([4608, 903168], "Each kernel has a bias, too."),
        ([320, 903168], "A kernel has a slice for each of the 16 channels."),
        ([5120, 903168], "One bias for a kernel, not for each of its slices."),
        ([4640, 4640 * 196], "Biases are added, not multiplied: count the weights."),
        ([4640, 4608], "That is for one place; the kernels are laid at 14 · 14 of them."),
        ([4640, 4608 * 144], "With padding 1 the output is 14 × 14, not 12 × 12."),
        ([4640, 4608 * 256], "The kernels are laid at 14 · 14 places; the padding has none."),
    ],
)

as_dense = number(
    16 * 196 * 32 * 196 + 32 * 196,
    "19.7 million for what 4,640 do with shared weights.",
    mistakes={
        16 * 196 * 32 * 196: "Each of its units has a bias.",
        16 * 196 * 32 * 196 + 32: "A dense layer has a bias for each output, not for each channel.",
        16 * 32 + 32: "That is a 1 × 1 convolution: every pixel by itself.",
        196 * 196 + 196: "The channels count, too: 16 · 14 · 14 inputs.",
    },
    tol=1e-9,
)

receptive = number(
    16,
    "3, 5, 7, then 8 by the pooling, and 12, 16: behind it every step counts twice.",
    mistakes={
        12: "Behind the pooling neighbours are two pixels apart, so each layer adds 4.",
        11: "The five convolutions alone: the pooling doubles what comes after it, and adds 1.",
        15: "The pooling has a window of its own: it adds (2 − 1) · 1.",
        17: "The pooling adds (2 − 1) times the distance *before* it, 1.",
        18: "Three convolutions see 7 pixels: the first one 3, and 2 more with each other one.",
        30: "Strides multiply the distance from now on, not what has been seen before.",
    },
)

_rng = np.random.default_rng(0)
_image = _rng.normal(size=(8, 7))
_kernel = _rng.normal(size=(3, 3))


@function(
    correlate,
    "Pad, then cut a window every stride pixels, and of it every dilation-th.",
    [
        (_image, _kernel, 1, 0, 1),
        (_image, _kernel, 2, 1, 1),
        (_image, _kernel, 1, 2, 2),
        (_image, _kernel[:2, :2], 3, 1, 3),
        (np.ones((2, 2)), _kernel, 1, 1, 1),
    ],
)
def convolution(image, kernel, stride, padding, dilation):
    yield (
        correlate(image, kernel[::-1, ::-1], stride, padding, dilation),
        ("The kernel is turned by 180°; here it isn't."),
    )
    yield correlate(image, kernel.T, stride, padding, dilation), "The kernel is transposed."
    yield correlate(image, kernel, stride, padding, 1), "The dilation is not used."
    yield correlate(image, kernel, 1, padding, dilation), "The stride is not used."


def _columns(x, size):
    cut = windows(x, size)
    return cut.reshape(len(x), -1, cut.shape[-2] * cut.shape[-1])


@function(
    _columns,
    "A row for each place of the kernel and channel, a column for each window.",
    [(_rng.normal(size=(2, 3, 5, 4)), 2), (_rng.normal(size=(1, 1, 4, 6)), 3)],
)
def columns(x, size):
    every = _columns(x, size)
    yield every.swapaxes(1, 2), "A window should be a column; you have it as a row."
    cut = windows(x, size)
    mixed = cut.transpose(0, 2, 3, 1, 4, 5).reshape(every.shape)
    yield mixed, "The channels come last in your columns; in W they come first: (C, k, k)."
    turned = cut.transpose(0, 1, 3, 2, 4, 5).reshape(every.shape)
    yield turned, "Rows and columns of the kernel are exchanged within a window."


row_backward = array(
    [1, 1, 0, 4],
    "1 · (1, −1, 2, 0) + 2 · (0, 1, −1, 2).",
    mistakes=[
        ([2, -1, 3, 2], "g is laid the wrong way round: its first number is the first window's."),
        ([2, 3, -1, 2], "The kernel is turned: each g lays it back as it is."),
        ([1, -1, 2, 0], "Only the first window has laid its part back."),
        ([1, 1, -1, 4], "At the third pixel two parts meet, 2 and −2."),
        ([5, 7], "That is the forward pass. Four pixels need a gradient each."),
        ([5, 8, 11], "That is the kernel's gradient; asked is the input's."),
    ],
)  # fmt: skip


def _kernel_gradient(x, g, size, stride):
    return np.array(
        [
            [
                np.sum(
                    g * x[u : u + stride * len(g) : stride, v : v + stride * g.shape[1] : stride]
                )
                for v in range(size)
            ]
            for u in range(size)
        ]
    )


@function(
    _kernel_gradient,
    "Each weight met one pixel of every window: sum over the windows.",
    [
        (_image, _rng.normal(size=(6, 5)), 3, 1),
        (_image, _rng.normal(size=(4, 3)), 2, 2),
        (_image, _rng.normal(size=(2, 2)), 3, 3),
    ],
)
def kernel_gradient(x, g, size, stride):
    right = _kernel_gradient(x, g, size, stride)
    yield right[::-1, ::-1], "It is turned by 180°. The kernel's gradient needs no turning."
    yield right / g.size, "A mean over the windows. Each output counts in full: sum."
    yield _kernel_gradient(x, g, size, 1), "The stride is not used."
    yield right.T, "It is transposed."


def _input_gradient(K, g, shape, stride):
    dx, k = np.zeros(shape), len(K)
    for r, s in np.ndindex(g.shape):
        dx[stride * r : stride * r + k, stride * s : stride * s + k] += g[r, s] * K
    return dx


@function(
    _input_gradient,
    "Every window lays its part back, and where windows overlap the parts add up.",
    [
        (_kernel, _rng.normal(size=(3, 4)), (5, 6), 1),
        (_kernel, _rng.normal(size=(2, 3)), (5, 7), 2),
        (_kernel[:2, :2], _rng.normal(size=(2, 2)), (6, 5), 3),
    ],
)
def input_gradient(K, g, shape, stride):
    yield (
        _input_gradient(K[::-1, ::-1], g, shape, stride),
        (
            "The kernel is turned by 180° where it isn't needed, or isn't turned where it is: laid "
            "back window by window it stays as it is, slid over the padded g it is turned."
        ),
    )
    last = np.zeros(shape)
    for r, s in np.ndindex(g.shape):
        k = len(K)
        last[stride * r : stride * r + k, stride * s : stride * s + k] = g[r, s] * K
    yield last, "Where windows overlap the parts add up: += and not =."


pool_backward = array(
    [[0, 10, 0, 0], [0, 0, 0, 20]],
    "The gradient goes to the largest number of each block, and to no other.",
    mistakes=[
        ([[2.5, 2.5, 5, 5], [2.5, 2.5, 5, 5]], "Equal shares are those of average pooling."),
        ([[10, 10, 20, 20], [10, 10, 20, 20]], "Only the largest number had a part in the output."),
        ([[0, 50, 0, 0], [0, 0, 0, 120]], "g times the largest number: the output's derivative "
         "with respect to it is 1."),
    ],
)  # fmt: skip

_SECRET = np.array([[1.0, -2, 0], [3, 0.5, -1], [0, 2, -3]])


def mystery(image):
    """The convolution of an image (H, W) with a kernel to be found: (H - 2, W - 2)."""
    image = np.asarray(image, float)
    if image.ndim != 2 or min(image.shape) < 3:
        raise ValueError(f"image must be (H, W) with H, W >= 3, got {image.shape}")
    return correlate(image, _SECRET)


secret = array(
    _SECRET,
    "A single pixel shows the kernel turned by 180°: the first window meets it with its last "
    "weight.",
    mistakes=[
        (
            _SECRET[::-1, ::-1],
            "Turned by 180°. Which weight lies on the pixel in the first window? The last one.",
        ),
        (_SECRET[::-1], "Upside down: the rows are right, their order is not."),
        (_SECRET[:, ::-1], "Mirrored: the columns are right, their order is not."),
    ],
)


def _merged(A, B):
    a, b = len(A), len(B)
    both = np.zeros((a + b - 1, a + b - 1))
    for u, v in np.ndindex(b, b):
        both[u : u + a, v : v + a] += B[u, v] * A
    return both


@function(
    _merged,
    "Two linear maps in a row are one: without ReLU between, depth adds no new function.",
    [
        (_kernel, _rng.normal(size=(3, 3))),
        (_kernel[:2, :2], _rng.normal(size=(3, 3))),
        (np.ones((1, 1)), _rng.normal(size=(2, 2))),
    ],
)
def merged(A, B):
    yield _merged(A, B[::-1, ::-1]), "One of the two is turned by 180°; lay A as B has its weights."
    yield _merged(A[::-1, ::-1], B), "A is turned by 180°; lay it as it is."
    yield _merged(A, B)[::-1, ::-1], "The result is turned by 180°."


means = array(
    [16, 2048],
    "One for each channel, over 32 samples and 8 · 8 places.",
    mistakes=[
        ([1024, 32], "A mean for each pixel: then the place would matter."),
        ([32, 1024], "One for each sample is layer norm."),
        ([512, 64], "One for each sample and channel is instance norm."),
        ([16, 32], "The places are averaged, too: 32 · 8 · 8 numbers."),
        ([16, 64], "The samples are averaged, too: it is a *batch* norm."),
    ],
)
