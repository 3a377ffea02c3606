import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnlib import activations as act
from nnlib.activations import ACTIVATIONS, log_softmax, prelu, softmax
from nnlib.gradcheck import relative_error

any_float = st.floats(-1.7e308, 1.7e308)  # beyond, 1.05 z (selu) is no float any more
any_float32 = st.floats(-(2.0**127), 2.0**127, width=32)
names = pytest.mark.parametrize("name", ACTIVATIONS)


def matrices(elements, dtype=np.float64):
    return arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=elements)


def exact(name, z):
    """Function value with 60 digits."""
    one, z = mpmath.mpf(1), mpmath.mpf(z)
    sigmoid = one / (one + mpmath.exp(-z))
    expm1 = mpmath.expm1(z)
    return {
        "heaviside": one if z >= 0 else 0 * one,
        "linear": z,
        "sigmoid": sigmoid,
        "tanh": mpmath.tanh(z),
        "relu": max(z, 0),
        "leaky_relu": z if z > 0 else mpmath.mpf(0.01) * z,
        "elu": z if z > 0 else expm1,
        "selu": mpmath.mpf(act.SELU_SCALE) * (z if z > 0 else act.SELU_ALPHA * expm1),
        "gelu": z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
        "silu": z * sigmoid,
        "softplus": mpmath.log1p(mpmath.exp(z)),
    }[name]


@names
@given(z=any_float)
def test_finite_for_any_finite_input(name, z):
    for f in ACTIVATIONS[name]:
        assert np.isfinite(f(z))


@names
@given(z=any_float32)
def test_finite_for_any_finite_float32(name, z):
    for f in ACTIVATIONS[name]:
        value = f(np.float32(z))
        assert np.isfinite(value) and value.dtype == np.float32


@names
@given(z=st.floats(-600, 600))
def test_agrees_with_mpmath(name, z):
    with mpmath.workdps(60):
        true = exact(name, z)
        # In gelu's far tail erfc multiplies the rounding error of z / sqrt(2) by about z².
        tolerance = 1e-15 + 1e-15 * max(abs(true), min(z * z, 1500) * abs(true))
        assert abs(mpmath.mpf(float(ACTIVATIONS[name][0](z))) - true) <= tolerance


@names
@given(z=st.floats(-30, 30).filter(lambda z: abs(z) > 1e-3))
def test_derivative_agrees_with_mpmath(name, z):
    with mpmath.workdps(60):
        true = mpmath.diff(lambda t: exact(name, t), mpmath.mpf(z), h=mpmath.mpf(10) ** -20)
        assert abs(mpmath.mpf(float(ACTIVATIONS[name][1](z))) - true) < 1e-14


def test_tails_keep_their_digits():
    assert act.sigmoid(-700.0) == pytest.approx(np.exp(-700.0), rel=1e-12)
    assert act.sigmoid_derivative(-50.0) == act.sigmoid_derivative(50.0)
    assert act.sigmoid_derivative(50.0) == pytest.approx(np.exp(-50.0), rel=1e-12)
    assert act.softplus(-700.0) == pytest.approx(np.exp(-700.0), rel=1e-12)
    assert act.normal_cdf(-10.0) == pytest.approx(7.61985302416052606597e-24, rel=1e-12)


@names
def test_shape_and_precision_are_kept(name):
    for f in ACTIVATIONS[name]:
        for dtype in [np.float32, np.float64]:
            for shape in [(), (0,), (3,), (2, 3, 4)]:
                z = np.full(shape, -0.5, dtype)
                assert f(z).shape == shape and f(z).dtype == dtype
        assert isinstance(f(1), np.float64)
        assert f([1, -2]).dtype == np.float64


@names
def test_the_input_is_left_alone(name):
    z = np.linspace(-2, 2, 7)
    for f in ACTIVATIONS[name]:
        a = f(z)
        a += 1
        assert np.array_equal(z, np.linspace(-2, 2, 7))


def test_at_the_kink():
    assert act.heaviside(0.0) == 1 and act.relu_derivative(0.0) == 0
    assert act.leaky_relu_derivative(0.0) == 0.01 and act.heaviside_derivative(3.0) == 0


def test_options():
    z = np.array([-2.0, 3.0])
    assert np.allclose(act.leaky_relu(z, 0.2), [-0.4, 3])
    assert np.allclose(act.leaky_relu_derivative(z, 0.2), [0.2, 1])
    assert np.allclose(act.elu(z, 2.0), [2 * np.expm1(-2), 3])
    assert np.allclose(act.elu_derivative(z, 2.0), [2 * np.exp(-2), 1])
    assert np.allclose(prelu(np.array([z, z]), np.array([0.5, 0.1])), [[-1, 3], [-1, 3]])


def test_a_numpy_number_as_option_keeps_float32():
    z, option = np.array([-1, 1], np.float32), np.float64(0.3)
    for f in [act.leaky_relu, act.leaky_relu_derivative, act.elu, act.elu_derivative, prelu]:
        assert f(z, option).dtype == np.float32


@pytest.mark.parametrize("f", [act.leaky_relu, act.leaky_relu_derivative])
def test_bad_slope(f):
    with pytest.raises(ValueError, match="^slope must be a finite number, got 'x'"):
        f(1.0, "x")


@pytest.mark.parametrize("f", [act.elu, act.elu_derivative])
def test_bad_alpha(f):
    with pytest.raises(ValueError, match="^alpha must be a finite number, got nan"):
        f(1.0, np.nan)


@names
def test_bad_input(name):
    for f in ACTIVATIONS[name]:
        with pytest.raises(TypeError, match="^z must hold real numbers"):
            f("one")


@names
def test_against_torch(name, torch):
    if name == "heaviside":
        ours, theirs = act.heaviside, lambda z: torch.heaviside(z, torch.ones_like(z))
    elif name == "linear":
        ours, theirs = act.linear, torch.nn.Identity()
    else:
        ours, theirs = ACTIVATIONS[name][0], getattr(torch.nn.functional, name)
    z = torch.linspace(-9, 9, 182, dtype=torch.float64, requires_grad=True)
    a = theirs(z)
    assert np.abs(ours(z.detach().numpy()) - a.detach().numpy()).max() < 1e-10
    if name != "heaviside":  # torch defines no derivative of a step
        a.sum().backward()
        assert np.abs(ACTIVATIONS[name][1](z.detach().numpy()) - z.grad.numpy()).max() < 1e-10


def test_softmax_by_hand():
    assert softmax([0.2222, 0.4444, 0.2222, 0.1111]).round(4).tolist() == [
        0.2413,
        0.3014,
        0.2413,
        0.2160,
    ]
    assert softmax([1000.0, 0.0]).tolist() == [1, 0]
    assert softmax([3.0, 1.0])[0] == pytest.approx(act.sigmoid(2.0), abs=1e-15)


@given(z=matrices(any_float))
def test_softmax_is_finite_and_sums_to_one(z):
    for axis in [0, 1]:
        p = softmax(z, axis)
        assert np.all(p >= 0) and np.allclose(p.sum(axis), 1, atol=1e-12)
        beyond = z.max(axis, keepdims=True) / 2 - z / 2 > np.finfo(float).max / 2
        assert np.array_equal(np.isfinite(log_softmax(z, axis)), ~beyond)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_score_of_minus_infinity_rules_a_class_out(dtype):
    z = np.array([[-np.inf, 0, 0], [1, -np.inf, -np.inf]], dtype)
    assert softmax(z).tolist() == [[0, 0.5, 0.5], [1, 0, 0]]
    half = float(-np.log(dtype(2)))
    assert log_softmax(z).tolist() == [[-np.inf, half, half], [0, -np.inf, -np.inf]]


@given(z=matrices(any_float32, np.float32))
def test_softmax_in_float32(z):
    p, log_p = softmax(z), log_softmax(z)
    assert p.dtype == log_p.dtype == np.float32
    assert np.isfinite(p).all() and not np.isnan(log_p).any() and (log_p <= 0).all()


@given(z=matrices(st.floats(-50, 50)), shift=st.floats(-1e4, 1e4))
def test_softmax_ignores_a_shift(z, shift):
    assert np.allclose(softmax(z + shift), softmax(z), atol=1e-10)


@given(z=matrices(st.floats(-500, 500)))
def test_softmax_agrees_with_mpmath(z):
    with mpmath.workdps(60):
        for row, p, log_p in zip(z, softmax(z), log_softmax(z), strict=True):
            e = [mpmath.exp(mpmath.mpf(v)) for v in row]
            for k in range(len(row)):
                true = e[k] / mpmath.fsum(e)
                assert abs(mpmath.mpf(float(p[k])) - true) < 1e-15
                assert abs(mpmath.mpf(float(log_p[k])) - mpmath.log(true)) < 1e-12


def test_softmax_against_torch(torch, rng):
    z = rng.normal(size=(3, 4, 5))
    for axis in range(3):
        theirs = torch.softmax(torch.tensor(z), axis).numpy()
        assert relative_error(softmax(z, axis), theirs) < 1e-14
        theirs = torch.log_softmax(torch.tensor(z), axis).numpy()
        assert relative_error(log_softmax(z, axis), theirs) < 1e-14


def test_bad_softmax():
    with pytest.raises(ValueError, match=r"^z must hold at least one score, got shape \(0,\)"):
        act.softmax([])
    for f in [softmax, log_softmax]:
        with pytest.raises(TypeError, match="^z must hold real numbers"):
            f("one")
        with pytest.raises(ValueError, match="axis 2 is out of bounds"):
            f(np.ones((2, 3)), axis=2)


def test_the_tails_of_gelu_agree_with_mpmath():
    """Far left, 1 + erf is 0 in floating point, where erfc still has all its digits."""
    for z in [-36.0, -20.0, -10.0, -6.5, -5.0, -1e-3, 1e-3, 6.5, 20.0]:
        with mpmath.workdps(60):
            true = z * mpmath.erfc(-mpmath.mpf(z) / mpmath.sqrt(2)) / 2
            slope = mpmath.ncdf(z) + z * mpmath.npdf(z)
        assert float(act.gelu(z)) == pytest.approx(float(true), rel=1e-12, abs=0)
        assert float(act.gelu_derivative(z)) == pytest.approx(float(slope), rel=1e-11, abs=0)
    assert act.gelu(-10.0) < 0


@pytest.mark.parametrize("f", [act.elu, act.selu])
def test_near_0_an_exponential_unit_keeps_its_digits(f):
    """exp(z) - 1 would round to 0 where expm1(z) is z."""
    for z in [-1e-5, -1e-9, -1e-18]:
        with mpmath.workdps(60):
            true = float(mpmath.expm1(z)) * (
                act.SELU_SCALE * act.SELU_ALPHA if f is act.selu else 1
            )
        assert float(f(z)) == pytest.approx(true, rel=1e-14, abs=0)


def test_near_and_far_a_softplus_keeps_its_digits():
    for z in [-700.0, -40.0, -20.0, 1e-9, 40.0]:
        with mpmath.workdps(400):
            true = float(mpmath.log1p(mpmath.exp(z)))
        assert float(act.softplus(z)) == pytest.approx(true, rel=1e-14, abs=0)
        with mpmath.workdps(400):
            true = float(1 / (1 + mpmath.exp(-z)))
        assert float(act.sigmoid(z)) == pytest.approx(true, rel=1e-14, abs=0)
