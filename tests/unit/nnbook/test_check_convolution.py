import numpy as np
import pytest

from nnbook.convolution import checks as check
from nnbook.convolution.figures import correlate
from nnlib.convolution import windows
from nnlib.gradcheck import numeric_gradient, relative_error


def says(checker, answer, capsys):
    checker(answer)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "by_hand",
            [[8, -1], [0, 7]],
            {
                ((6, -3), (3, 7)): "180°",
                ((7, -3), (3, 6)): "transposed",
                ((2, 0), (1, 3)): "all four",
                ((8, -1), (0, 6)): "1 of 4",
            },
        ),
        (
            "sizes",
            [24, 14, 20],
            {
                (23, 13, 19): "moves",
                (24, 13, 20): "first window",
                (24, 14.5, 20): "Half",
                (24, 15, 20): "rounded down",
                (24, 14, 28): "widens",
                (24, 14, 18): "not d · k",
                (24, 13, 18): "both sides",
            },
        ),
        (
            "cost",
            [4640, 903168],
            {
                (4608, 903168): "bias",
                (320, 903168): "slice",
                (5120, 903168): "slices",
                (4640, 909440): "added",
                (4640, 4608): "one place",
                (4640, 663552): "12 × 12",
                (4640, 1179648): "padding has none",
            },
        ),
        (
            "as_dense",
            19_675_264,
            {
                19_668_992: "bias",
                19_669_024: "each output",
                544: "1 × 1",
                38_612: "channels count",
            },
        ),
        (
            "receptive",
            16,
            {
                12: "two pixels apart",
                11: "alone",
                15: "of its own",
                17: "before",
                18: "see 7",
                30: "from now on",
            },
        ),
        (
            "row_backward",
            [1, 1, 0, 4],
            {
                (2, -1, 3, 2): "first window",
                (1, -1, 2, 0): "Only the first",
                (1, 1, -1, 4): "two parts",
                (2, 3, -1, 2): "as it is",
                (5, 7): "forward pass",
                (5, 8, 11): "kernel's gradient",
            },
        ),
        (
            "pool_backward",
            [[0, 10, 0, 0], [0, 0, 0, 20]],
            {
                ((2.5, 2.5, 5, 5), (2.5, 2.5, 5, 5)): "average",
                ((10, 10, 20, 20), (10, 10, 20, 20)): "Only the largest",
                ((0, 50, 0, 0), (0, 0, 0, 120)): "derivative",
            },
        ),
        (
            "means",
            [16, 2048],
            {
                (1024, 32): "each pixel",
                (32, 1024): "layer norm",
                (512, 64): "instance norm",
                (16, 32): "places",
                (16, 64): "*batch*",
            },
        ),
    ],
)
def test_answers(name, right, wrong, capsys):
    checker = getattr(check, name)
    assert says(checker, right, capsys).startswith("Right")
    for answer, words in wrong.items():
        out = says(checker, answer, capsys)
        assert out.startswith("Not yet") and words in out, (answer, out)


def my_convolution(image, kernel, stride, padding, dilation):
    image = np.pad(image, padding)
    reach = dilation * (len(kernel) - 1) + 1
    rows = range(0, image.shape[0] - reach + 1, stride)
    columns = range(0, image.shape[1] - reach + 1, stride)
    return np.array(
        [
            [
                np.sum(kernel * image[r : r + reach : dilation, s : s + reach : dilation])
                for s in columns
            ]
            for r in rows
        ]
    )


def test_convolution(capsys):
    assert says(check.convolution, my_convolution, capsys).startswith("Right")
    for wrong, words in [
        (lambda i, k, *how: my_convolution(i, k[::-1, ::-1], *how), "180°"),
        (lambda i, k, *how: my_convolution(i, k.T, *how), "transposed"),
        (lambda i, k, s, p, d: my_convolution(i, k, s, p, 1), "dilation"),
        (lambda i, k, s, p, d: my_convolution(i, k, 1, p, d), "stride"),
    ]:
        out = says(check.convolution, wrong, capsys)
        assert out.startswith("Not yet") and words in out, out


def my_columns(x, size):
    rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
    parts = [x[:, :, u : u + rows, v : v + columns] for u in range(size) for v in range(size)]
    return np.stack(parts, axis=2).reshape(len(x), -1, rows * columns)


def test_columns(capsys):
    def channels_last(x, size):
        cut = windows(x, size)
        return cut.transpose(0, 2, 3, 1, 4, 5).reshape(my_columns(x, size).shape)

    def turned(x, size):
        cut = windows(x, size)
        return cut.swapaxes(2, 3).reshape(my_columns(x, size).shape)

    assert says(check.columns, my_columns, capsys).startswith("Right")
    for wrong, words in [
        (lambda x, size: my_columns(x, size).swapaxes(1, 2), "as a row"),
        (channels_last, "channels come last"),
        (turned, "exchanged"),
    ]:
        assert words in says(check.columns, wrong, capsys)


def my_kernel_gradient(x, g, size, stride):
    dK = np.zeros((size, size))
    for u, v in np.ndindex(size, size):
        met = x[u : u + stride * len(g) : stride, v : v + stride * g.shape[1] : stride]
        dK[u, v] = np.sum(g * met)
    return dK


def my_input_gradient(K, g, shape, stride):
    dx, k = np.zeros(shape), len(K)
    for r, s in np.ndindex(g.shape):
        dx[stride * r : stride * r + k, stride * s : stride * s + k] += g[r, s] * K
    return dx


def overwritten(K, g, shape, stride):
    dx, k = np.zeros(shape), len(K)
    for r, s in np.ndindex(g.shape):
        dx[stride * r : stride * r + k, stride * s : stride * s + k] = g[r, s] * K
    return dx


def test_gradients(capsys):
    assert says(check.kernel_gradient, my_kernel_gradient, capsys).startswith("Right")
    assert says(check.input_gradient, my_input_gradient, capsys).startswith("Right")
    for wrong, words in [
        (lambda *a: my_kernel_gradient(*a)[::-1, ::-1], "180°"),
        (lambda x, g, k, s: my_kernel_gradient(x, g, k, s) / g.size, "mean"),
        (lambda x, g, k, s: my_kernel_gradient(x, g, k, 1), "stride"),
        (lambda *a: my_kernel_gradient(*a).T, "transpose"),
    ]:
        assert words in says(check.kernel_gradient, wrong, capsys)
    for wrong, words in [
        (lambda K, *a: my_input_gradient(K[::-1, ::-1], *a), "180°"),
        (overwritten, "+="),
    ]:
        assert words in says(check.input_gradient, wrong, capsys)


def test_the_gradients_asked_for_are_the_gradients(rng):
    x, K, g = rng.normal(size=(7, 8)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    dK = numeric_gradient(lambda a: np.sum(g * correlate(x, a, stride=2)), K)
    dx = numeric_gradient(lambda a: np.sum(g * correlate(a, K, stride=2)), x)
    assert relative_error(my_kernel_gradient(x, g, 3, 2), dK) < 1e-8
    assert relative_error(my_input_gradient(K, g, x.shape, 2), dx) < 1e-8


def test_the_secret_is_found_by_a_single_pixel(capsys):
    dot = np.zeros((5, 5))
    dot[2, 2] = 1
    seen = check.mystery(dot)
    assert says(check.secret, seen[::-1, ::-1], capsys).startswith("Right")
    for wrong, words in [(seen, "180°"), (seen[:, ::-1], "Upside"), (seen[::-1], "Mirrored")]:
        assert words in says(check.secret, wrong, capsys)
    with pytest.raises(ValueError, match=r"^image must be \(H, W\) with H, W >= 3, got \(2, 5\)"):
        check.mystery(np.ones((2, 5)))


def my_merged(A, B):
    """A, convolved with B turned by 180°, from all sides."""
    size = len(B)
    cut = windows(np.pad(A, size - 1)[None, None], size)[0, 0]
    return np.einsum("uv,uvrs->rs", B[::-1, ::-1], cut)


def test_merged(capsys, rng):
    A, B, x = rng.normal(size=(3, 3)), rng.normal(size=(2, 2)), rng.normal(size=(8, 8))
    assert np.allclose(correlate(x, my_merged(A, B)), correlate(correlate(x, A), B))
    assert says(check.merged, my_merged, capsys).startswith("Right")
    for wrong, words in [
        (lambda A, B: my_merged(A, B[::-1, ::-1]), "One of the two"),
        (lambda A, B: my_merged(A[::-1, ::-1], B), "A is turned"),
        (lambda A, B: my_merged(A, B)[::-1, ::-1], "The result"),
    ]:
        assert words in says(check.merged, wrong, capsys)
