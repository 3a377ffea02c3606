import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import build, gradient_errors, torch_errors

from nnlib.convolution import AveragePool2d, Conv2d, MaxPool2d, add_windows, windows
from nnlib.gradcheck import check_gradient, relative_error
from nnlib.layers import Flatten, Linear, Tanh
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network

CONVOLUTIONS = [  # size, stride, padding, dilation, bias
    (3, 1, 0, 1, True),
    (3, 1, 1, 1, True),
    (2, 2, 0, 1, True),
    (3, 2, 1, 1, True),
    (2, 3, 2, 1, False),
    (1, 1, 0, 1, True),
    (6, 1, 0, 1, True),  # as wide as the image
    (8, 1, 1, 1, True),  # as wide as the padded image
    (3, 1, 0, 2, True),
    (2, 2, 1, 3, False),
    (1, 1, 0, 4, True),  # one pixel has no steps
    (4, 1, 1, 2, True),  # reaches over all of the padded image
]
POOLS = [(2, None), (2, 1), (3, 2), (2, 3), (1, 1), (6, None)]
SHAPE = (2, 3, 7, 6)


def distinct(rng, shape):
    """Numbers at least 0.01 apart, so that a small step changes no maximum."""
    return rng.permutation(np.prod(shape)).reshape(shape) * 0.01


def test_windows_by_hand():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    cut = windows(x, 2)
    assert cut.shape == (1, 1, 2, 2, 2, 3)
    assert cut[0, 0, :, :, 1, 2].tolist() == [[6, 7], [10, 11]]
    assert windows(x, 2, stride=2)[0, 0, :, :, 0, 1].tolist() == [[2, 3], [6, 7]]
    assert windows(x, 2, dilation=2)[0, 0, :, :, 0, 1].tolist() == [[1, 3], [9, 11]]


@given(
    size=st.integers(1, 3),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    rows=st.integers(7, 10),
    columns=st.integers(7, 10),
    seed=st.integers(0, 100),
)
def test_adding_windows_is_the_transpose_of_cutting_them(
    size, stride, dilation, rows, columns, seed
):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 3, rows, columns))
    cut = windows(x, size, stride, dilation)
    w = rng.normal(size=cut.shape)
    back = add_windows(w, x.shape, stride, dilation)
    assert np.sum(cut * w) == pytest.approx(np.sum(x * back), abs=1e-10)


@pytest.mark.parametrize("dilation, shape", [(1, (2, 2, 4, 3)), (2, (2, 2, 3, 2))])
def test_convolution_by_its_formula(dilation, shape, rng):
    net = build([Conv2d(3, 2, 3, stride=2, padding=1, dilation=dilation)], rng)
    layer, x = net.layers[0], rng.normal(size=SHAPE)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y, reach = net(x), 2 * dilation + 1
    assert y.shape == shape
    for n, o, r, c in np.ndindex(y.shape):
        patch = padded[n, :, 2 * r : 2 * r + reach : dilation, 2 * c : 2 * c + reach : dilation]
        assert y[n, o, r, c] == pytest.approx(layer.b[o] + np.sum(layer.W[o] * patch))


@pytest.mark.parametrize("size, stride, padding, dilation, bias", CONVOLUTIONS)
def test_convolution_gradients(size, stride, padding, dilation, bias, rng):
    net = build([Conv2d(3, 2, size, stride, padding, dilation, bias=bias)], rng)
    assert max(gradient_errors(net, rng.normal(size=SHAPE), rng)) < 1e-8


@pytest.mark.parametrize("size, stride, padding, dilation, bias", CONVOLUTIONS)
def test_convolution_against_torch(torch, size, stride, padding, dilation, bias, rng):
    net = build([Conv2d(3, 2, size, stride, padding, dilation, bias=bias)], rng)

    def theirs(x, W, b=None):
        return torch.nn.functional.conv2d(x, W, b, stride, padding, dilation)

    names = ["W", "b"] if bias else ["W"]
    assert max(torch_errors(torch, net, rng.normal(size=SHAPE), theirs, names, rng)) < 1e-10


@pytest.mark.parametrize("pool", [MaxPool2d, AveragePool2d])
@pytest.mark.parametrize("size, stride", POOLS)
def test_pooling_gradients(pool, size, stride, rng):
    net = build([pool(size, stride)], rng)
    assert max(gradient_errors(net, distinct(rng, SHAPE), rng)) < 1e-8


@pytest.mark.parametrize("size, stride", POOLS)
def test_pooling_against_torch(torch, size, stride, rng):
    net = build([MaxPool2d(size, stride)], rng)
    for x in [distinct(rng, SHAPE), rng.integers(0, 2, SHAPE).astype(float)]:  # without, with ties
        errors = torch_errors(
            torch, net, x, lambda x: torch.nn.functional.max_pool2d(x, size, stride), [], rng
        )
        assert max(errors) < 1e-10


@pytest.mark.parametrize("size, stride", POOLS)
def test_average_pooling_against_torch(torch, size, stride, rng):
    net = build([AveragePool2d(size, stride)], rng)
    errors = torch_errors(
        torch,
        net,
        rng.normal(size=SHAPE),
        lambda x: torch.nn.functional.avg_pool2d(x, size, stride),
        [],
        rng,
    )
    assert max(errors) < 1e-10


def test_a_shifted_image_gives_shifted_features(rng):
    net = build([Conv2d(1, 4, 3)], rng)
    x = rng.normal(size=(1, 1, 8, 8))
    assert relative_error(net(np.roll(x, 2, axis=3))[..., 2:], net(x)[..., :-2]) < 1e-12


def test_a_small_convolutional_network(rng):
    net = build(
        [
            Conv2d(1, 3, 3, padding=1),
            Tanh(),
            MaxPool2d(2),
            Conv2d(3, 2, 2),
            Flatten(),
            Linear(8, 3),
        ],
        rng,
    )
    x = rng.normal(size=(4, 1, 6, 6))
    f = net.objective(softmax_cross_entropy, x, [0, 2, 1, 1])
    assert check_gradient(f, net.params.copy()) < 1e-7
    assert "(N, 3, 6, 6)" in net.summary((1, 6, 6))
    assert [W.shape for W, _ in net.weights] == [(3, 1, 3, 3), (2, 3, 2, 2), (8, 3)]


@pytest.mark.parametrize(
    "layer", [lambda: Conv2d(3, 2, 3, padding=1), lambda: MaxPool2d(2), lambda: AveragePool2d(2)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_and_arguments_are_kept(layer, dtype, rng):
    net = Network([layer()], rng=rng, dtype=dtype)
    x = rng.normal(size=SHAPE).astype(dtype)
    before = x.copy()
    y = net.layers[0].forward(x)
    dx = net.layers[0].backward(y)
    assert y.dtype == dx.dtype == net.grads.dtype == dtype and dx.shape == x.shape
    y += 1
    dx += 1
    assert np.array_equal(x, before)


def test_repr():
    layers = [
        Conv2d(1, 2, 3),
        Conv2d(1, 2, 3, dilation=2),
        Conv2d(1, 2, 3, stride=2, padding=1, bias=False),
        MaxPool2d(2),
        AveragePool2d(3, 1),
    ]
    assert repr(layers) == (
        "[Conv2d(1, 2, 3, stride=1, padding=0), "
        "Conv2d(1, 2, 3, stride=1, padding=0, dilation=2), "
        "Conv2d(1, 2, 3, stride=2, padding=1, bias=False), "
        "MaxPool2d(2, stride=2), "
        "AveragePool2d(3, stride=1)]"
    )


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: Conv2d(0, 1, 3), ValueError, "^n_in must be a whole number >= 1, got 0"),
        (lambda: Conv2d(1, 0, 3), ValueError, "^n_out must be a whole number >= 1, got 0"),
        (lambda: Conv2d(1, 1, 0), ValueError, "^size must be a whole number >= 1, got 0"),
        (lambda: Conv2d(1, 1, 3, stride=0), ValueError, "^stride must be a whole number >= 1"),
        (lambda: Conv2d(1, 1, 3, padding=-1), ValueError, "^padding must be a whole number >= 0"),
        (lambda: Conv2d(1, 1, 3, dilation=0), ValueError, "^dilation must be a whole number >= 1"),
        (lambda: Conv2d(1, 1, 3, init=None), TypeError, "^init must be a function"),
        (lambda: windows(np.ones((1, 1, 4, 4)), 0), ValueError, "^size must be a whole"),
        (lambda: windows(np.ones((1, 1, 4, 4)), (2, 2)), ValueError, "^size must be a whole"),
        (lambda: windows(np.ones((1, 1, 4, 4)), 2, -1), ValueError, "^stride must be a whole"),
        (lambda: windows(np.ones((1, 1, 4, 4)), 2, 1, 0), ValueError, "^dilation must be"),
        (lambda: MaxPool2d(0), ValueError, "^size must be a whole number >= 1"),
        (lambda: MaxPool2d(2, 0), ValueError, "^stride must be a whole number >= 1"),
        (lambda: AveragePool2d(0), ValueError, "^size must be a whole number >= 1"),
        (lambda: AveragePool2d(2, 0), ValueError, "^stride must be a whole number >= 1"),
    ],
)
def test_bad_options(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "layer, shape, message",
    [
        (Conv2d(3, 1, 2), (2, 1, 5, 5), r"^Conv2d\(3, 1, 2.* takes x of shape \(N, 3, H, W\), got"),
        (Conv2d(3, 1, 2), (3, 5, 5), r"^Conv2d\(3, 1, 2.* takes x of shape \(N, 3, H, W\), got"),
        (Conv2d(3, 1, 4), (2, 3, 5, 3), r"takes images of 4 or more rows .* \(2, 3, 5, 3\)"),
        (Conv2d(1, 1, 4, padding=1), (2, 1, 5, 1), r"of 2 or more rows .* \(2, 1, 5, 1\)"),
        (Conv2d(1, 1, 3, dilation=2), (2, 1, 5, 4), r"of 5 or more rows .* \(2, 1, 5, 4\)"),
        (
            MaxPool2d(3),
            (2, 3, 2, 3),
            r"^x must be \(N, C, H, W\) with H, W >= 3, got \(2, 3, 2, 3\)",
        ),
        (AveragePool2d(3), (2, 3, 2, 3), r"^x must be \(N, C, H, W\) with H, W >= 3"),
        (MaxPool2d(2), (4, 4), r"^x must be \(N, C, H, W\) with H, W >= 2, got \(4, 4\)"),
    ],
)
def test_bad_shapes(layer, shape, message, rng):
    with pytest.raises(ValueError, match=message):
        Network([layer], rng=rng).forward(np.ones(shape))


def test_a_kernel_as_large_as_the_image_is_a_dense_layer(rng):
    net = build([Conv2d(3, 2, 7)], rng)
    layer, x = net.layers[0], rng.normal(size=(4, 3, 7, 7))
    y = net(x)
    assert y.shape == (4, 2, 1, 1)
    assert np.allclose(y[..., 0, 0], x.reshape(4, -1) @ layer.W.reshape(2, -1).T + layer.b)
    assert max(gradient_errors(net, x, rng)) < 1e-8
    assert np.array_equal(build([MaxPool2d(7)], rng)(x)[..., 0, 0], x.max(axis=(2, 3)))
    with pytest.raises(ValueError, match="takes images of 7 or more rows and columns"):
        net(x[..., :6])


def test_without_dx_a_convolution_has_the_same_gradients(rng):
    net, x = build([Conv2d(3, 2, 3)], rng), rng.normal(size=SHAPE)
    dy = rng.normal(size=net(x).shape)
    net.backward(dy)
    whole = net.grads.copy()
    net.grads = 0
    assert net.layers[0].backward(dy, needs_dx=False) is None and np.array_equal(net.grads, whole)
