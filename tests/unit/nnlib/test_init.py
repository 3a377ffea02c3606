import math
from functools import partial

import numpy as np
import pytest

from nnlib import init

RANDOM = [
    init.normal,
    init.uniform,
    init.lecun_normal,
    init.glorot_normal,
    init.glorot_uniform,
    init.he_normal,
    init.he_uniform,
    init.orthogonal,
]
SCALED = [
    init.lecun_normal,
    init.glorot_normal,
    init.glorot_uniform,
    init.he_normal,
    init.he_uniform,
]
SHAPE = (300, 200)
KERNEL = (40, 30, 3, 5)  # out, in, height, width: fan_in 450, fan_out 600


def test_fans():
    assert init.fans((3, 2)) == (3, 2)
    assert init.fans(KERNEL) == (450, 600)


def test_zeros_and_constant():
    assert init.zeros((2, 3)).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert init.constant((2,), value=0.5).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("shape, fan_in, fan_out", [(SHAPE, 300, 200), (KERNEL, 450, 600)])
def test_standard_deviation(shape, fan_in, fan_out, rng):
    true = {
        init.normal: 0.01,
        init.uniform: 0.05 / math.sqrt(3),
        init.lecun_normal: math.sqrt(1 / fan_in),
        init.glorot_normal: math.sqrt(2 / (fan_in + fan_out)),
        init.glorot_uniform: math.sqrt(2 / (fan_in + fan_out)),
        init.he_normal: math.sqrt(2 / fan_in),
        init.he_uniform: math.sqrt(2 / fan_in),
    }
    for scheme, std in true.items():  # 5 standard errors of a standard deviation: sd / sqrt(2n)
        w = scheme(shape, rng)
        margin = 5 / math.sqrt(2 * w.size)
        assert w.std() == pytest.approx(std, rel=margin), scheme.__name__
        assert abs(w.mean()) < 5 * std / math.sqrt(w.size), scheme.__name__


@pytest.mark.parametrize(
    "scheme, limit",
    [
        (init.uniform, 0.05),
        (init.glorot_uniform, math.sqrt(6 / 500)),
        (init.he_uniform, math.sqrt(6 / 300)),
    ],
)
def test_limits(scheme, limit, rng):
    w = scheme(SHAPE, rng)
    assert 0.999 * limit < np.abs(w).max() <= limit


def test_numbers_of_the_chapter(rng):
    assert np.abs(init.glorot_uniform((512, 256), rng)).max() == pytest.approx(0.0884, abs=5e-5)
    assert init.glorot_uniform((512, 256), rng).std() == pytest.approx(0.0510, rel=0.01)
    assert init.he_normal((512, 256), rng).std() == pytest.approx(0.0625, rel=0.01)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (4, 2, 3, 3), (40, 2, 3, 3)])
def test_orthogonal(shape, rng):
    w = init.orthogonal(shape, rng, gain=3)
    m = w.reshape(shape[0], -1)
    product = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    assert w.shape == shape and np.allclose(product, 9 * np.eye(min(m.shape)))


def test_orthogonal_is_uniform_over_rotations(rng):
    first = [init.orthogonal((3, 3), rng)[0, 0] for _ in range(400)]
    assert abs(np.mean(first)) < 5 * math.sqrt(1 / 3 / 400)  # without the signs it would be < 0


def test_orthogonal_against_torch(torch, rng):
    w = init.orthogonal((6, 4), rng)
    a = torch.empty(6, 4, dtype=torch.float64)
    torch.nn.init.orthogonal_(a)
    assert np.allclose(w.T @ w, (a.T @ a).numpy())


@pytest.mark.parametrize(
    "scheme, theirs, options",
    [
        (init.lecun_normal, "kaiming_normal_", {"nonlinearity": "linear"}),
        (init.glorot_normal, "xavier_normal_", {}),
        (init.glorot_uniform, "xavier_uniform_", {}),
        (init.he_normal, "kaiming_normal_", {"nonlinearity": "relu"}),
        (init.he_uniform, "kaiming_uniform_", {"nonlinearity": "relu"}),
    ],
)
def test_pytorch_has_the_same_schemes_by_other_names(torch, rng, scheme, theirs, options):
    ours = scheme(SHAPE, rng)
    weight = torch.empty(SHAPE[::-1])  # PyTorch's shape is (outputs, inputs)
    their = getattr(torch.nn.init, theirs)(weight, **options).numpy()
    assert their.std() == pytest.approx(ours.std(), rel=0.03)
    if "uniform" in theirs:
        assert np.abs(their).max() == pytest.approx(np.abs(ours).max(), rel=1e-3)


def test_pytorch_by_itself_starts_with_a_sixth_of_hes_variance(torch):
    layer = torch.nn.Linear(300, 2000)
    limit = 1 / math.sqrt(300)
    for part in (layer.weight, layer.bias):
        drawn = part.detach().numpy()
        assert 0.99 * limit < np.abs(drawn).max() <= limit * (1 + 1e-6)
    assert layer.weight.detach().numpy().var() == pytest.approx(2 / 300 / 6, rel=0.02)


@pytest.mark.parametrize("scheme", RANDOM + [init.zeros, partial(init.constant, value=1)])
def test_float64_shape_and_seed(scheme):
    one, two = (scheme((3, 4), np.random.default_rng(1)) for _ in range(2))
    assert one.dtype == np.float64 and one.shape == (3, 4) and np.array_equal(one, two)


@pytest.mark.parametrize("scheme", RANDOM)
def test_a_generator_is_needed(scheme):
    with pytest.raises(TypeError, match="^rng must be a Generator"):
        scheme((3, 4), None)


@pytest.mark.parametrize("scheme", SCALED)
def test_bad_shape(scheme, rng):
    for shape in [(3,), (2, 3, 4), ()]:
        with pytest.raises(ValueError, match=r"^shape must be \(in, out\) or"):
            scheme(shape, rng)


@pytest.mark.parametrize(
    "call, message",
    [
        (partial(init.normal, std=-1), "^std must be a number >= 0, got -1"),
        (partial(init.uniform, limit=np.nan), "^limit must be a number >= 0, got nan"),
        (partial(init.orthogonal, gain="1"), "^gain must be a number >= 0, got '1'"),
        (partial(init.constant, value=None), "^value must be a finite number, got None"),
    ],
)
def test_bad_options(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call((3, 2), rng)


def test_orthogonal_needs_two_axes(rng):
    with pytest.raises(ValueError, match=r"^shape must have at least two axes, got \(3,\)"):
        init.orthogonal((3,), rng)


@pytest.mark.parametrize("shape", [5, (0, 3), (-1, 3), (3,), (2.0, 3), "ab"])
def test_a_shape_is_two_or_four_lengths(shape):
    with pytest.raises(ValueError, match="^shape must be"):
        init.he_normal(shape, np.random.default_rng(0))
