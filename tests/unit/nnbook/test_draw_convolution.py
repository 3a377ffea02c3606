import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.convolution.figures import (
    KERNELS,
    answers_axes,
    correlate,
    draw_answers,
    draw_field,
    draw_maps,
    draw_price,
    draw_windows,
    field,
    field_axes,
    kernel_on_image,
    maps,
    price_axes,
)
from nnbook.convolution.networks import Found, dense, lenet
from nnlib.convolution import Conv2d
from nnlib.network import Network


@pytest.fixture
def axes():
    return Figure().subplots(1, 3)


@pytest.mark.parametrize("stride, padding, dilation", [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 3, 3)])
def test_a_map_is_that_of_the_library(stride, padding, dilation, rng):
    image, kernel = rng.normal(size=(9, 8)), rng.normal(size=(3, 3))
    layer = Conv2d(1, 1, 3, stride, padding, dilation, bias=False)
    net = Network([layer], rng=rng, dtype=np.float64)
    layer.W = kernel[None, None]
    expected = net(image[None, None])[0, 0]
    assert np.allclose(correlate(image, kernel, stride, padding, dilation), expected)


def test_kernels_do_what_they_are_called(rng):
    image = np.pad(rng.normal(size=(4, 4)), 2)
    left = correlate(image, KERNELS["one to the left"], padding=1)
    assert np.array_equal(left, np.roll(image, -1, axis=1))
    for name in ("vertical edges", "horizontal edges", "outline", "diagonal line"):
        assert KERNELS[name].sum() == pytest.approx(0)
    ramp = np.tile(np.arange(5.0), (5, 1))
    assert np.all(correlate(ramp, KERNELS["vertical edges"]) == pytest.approx(2))
    assert np.all(correlate(ramp, KERNELS["horizontal edges"]) == pytest.approx(0))


def test_the_largest_answer_is_framed(axes):
    image = np.zeros((8, 8))
    image[2, 5] = 1
    out = kernel_on_image(axes[0], image, KERNELS["one to the left"])
    assert out.shape == (8, 8) and out[2, 4] == 1
    window, place = axes[0].patches[-2:]
    assert window.get_xy() == (3, 1) and window.get_width() == 3
    assert place.get_xy() == (18 + 4, 2)
    assert [text.get_text() for text in axes[0].texts].count("0") == 8
    assert np.array_equal(axes[0].images[2].get_array(), out)


def test_windows_frame_the_pixels_of_one(axes):
    image = np.arange(64.0).reshape(8, 8) / 64
    out = draw_windows(axes[:2], image, KERNELS["blur"], stride=2, padding=1, dilation=2)
    assert out.shape == (3, 3)
    framed = [patch.get_xy() for patch in axes[0].patches[2:]]
    assert len(framed) == 9 and framed[0] == (0.5, 0.5)  # output (1, 1): 2 · 1 - 1 = 1
    assert framed[-1] == (4.5, 4.5)
    assert len(axes[0].lines[0].get_xdata().ravel()) == 3


@pytest.mark.parametrize(
    "strides, dilations, width, seen",
    [
        ([1], [1], 3, 3),
        ([1, 1, 1], [1, 1, 1], 7, 7),
        ([2, 2, 2], [1, 1, 1], 15, 15),
        ([1, 1, 1], [1, 2, 4], 15, 15),
        ([1, 1, 1], [2, 2, 2], 13, 7),
        ([2, 1], [1, 3], 15, 9),
    ],
)
def test_receptive_fields(strides, dilations, width, seen, axes):
    steps = np.cumprod([1, *strides])[:-1]
    assert width == 1 + 2 * np.dot(dilations, steps)
    assert draw_field(axes[0], strides, dilations) == (width, seen)
    ways = field(3, strides, dilations)
    assert [len(ways), sum(ways[-1].values())] == [len(strides) + 1, 3 ** len(strides)]


def test_every_way_is_drawn(axes):
    field_axes(axes[0])
    before = len(axes[0].lines)
    draw_field(axes[0], [1, 1], [2, 2])
    lines = [line for line in axes[0].lines[before:] if len(line.get_xdata()) == 2]
    assert len(lines) == 3 + 9


def test_maps_are_what_leaves_each_layer(rng, axes):
    net = Network(lenet(4), rng=rng)
    sheet = rng.random((1, 12, 12)).astype(np.float32)
    found = maps(net, sheet)
    assert [channels.shape for channels in found.values()] == [
        (1, 12, 12),
        *([(4, 12, 12)] * 2),
        (4, 6, 6),
        *([(8, 6, 6)] * 2),
        (8, 3, 3),
    ]
    assert list(found)[:3] == ["image", "1. Conv2d", "2. relu"]
    assert np.array_equal(found["2. relu"], np.maximum(found["1. Conv2d"], 0))
    largest = draw_maps(axes[0], found["1. Conv2d"])
    assert largest == pytest.approx(np.abs(found["1. Conv2d"]).max())
    assert len(axes[0].patches) == 4


def test_answers_are_those_of_the_moved_sheet(rng, axes):
    nets = {"a": Network(dense(5), rng=rng), "b": Network(lenet(2), rng=rng)}
    sheet = np.zeros((1, 12, 12), np.float32)
    sheet[0, 5, 5] = 1
    answers_axes(axes, nets)
    answers = draw_answers(axes[:2], nets, sheet, 1, -2)
    moved = np.zeros_like(sheet)
    moved[0, 6, 3] = 1
    for name, (answer, p) in answers.items():
        assert answer == nets[name].predict(moved[None])[0] and 0.1 < p < 1
    assert len(axes[1].patches) == 2 * 10


def test_a_line_for_each_kind(axes):
    def of(parameters):
        return Found(parameters, 10 * parameters, 0.1, [0.1], {}, {})

    networks = {("dense", 1): of(1000), ("dense", 2): of(2000), ("LeNet", 1): of(500)}
    price_axes(axes[0])
    before = len(axes[0].lines)
    heights = dict(zip(networks, (0.5, 0.6, 0.7), strict=True))
    draw_price(axes[0], networks, ["dense", "LeNet"], "products", heights)
    first, second = axes[0].lines[before:]
    assert first.get_xydata().tolist() == [[10_000, 0.5], [20_000, 0.6]]
    assert second.get_xydata().tolist() == [[5_000, 0.7]]
