import numpy as np
import pytest

from nnlib import landscapes
from nnlib.landscapes import quadratic

ALL = [f for f in vars(landscapes).values() if isinstance(f, landscapes.Landscape)]
ALL.append(quadratic(condition=30, angle=0.4))
NAMED = pytest.mark.parametrize("landscape", ALL, ids=lambda landscape: landscape.name)


def points(landscape, rng, shape=(40,)):
    (x0, x1), (y0, y1) = landscape.domain
    return np.stack([rng.uniform(x0, x1, shape), rng.uniform(y0, y1, shape)], axis=-1)


def central_difference(f, theta, h):
    """df/dtheta_j for each j, in a new last axis."""
    steps = h * np.eye(2)
    return np.stack([(f(theta + e) - f(theta - e)) / (2 * h) for e in steps], axis=-1)


@NAMED
def test_gradient_against_finite_differences(landscape, rng):
    theta = points(landscape, rng)
    numeric = central_difference(landscape.value, theta, h=1e-6)
    np.testing.assert_allclose(landscape.grad(theta), numeric, rtol=1e-7, atol=1e-5)


@NAMED
def test_hessian_against_finite_differences_of_the_gradient(landscape, rng):
    theta = points(landscape, rng)
    numeric = central_difference(landscape.grad, theta, h=1e-6)
    np.testing.assert_allclose(landscape.hessian(theta), numeric, rtol=1e-7, atol=1e-4)


@NAMED
def test_minima(landscape, rng):
    (x0, x1), (y0, y1) = landscape.domain
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 201), np.linspace(y0, y1, 201)), axis=-1)
    assert landscape.value(grid).min() >= landscape.minimum
    np.testing.assert_allclose(landscape.value(landscape.minima), landscape.minimum, atol=1e-12)
    np.testing.assert_allclose(landscape.grad(landscape.minima), 0, atol=1e-12)
    assert (np.linalg.eigvalsh(landscape.hessian(landscape.minima)) > 0).all()
    for x, y in landscape.minima:
        assert x0 < x < x1 and y0 < y < y1


@NAMED
def test_many_points_are_computed_as_one_by_one(landscape, rng):
    theta = points(landscape, rng, shape=(3, 4))
    value, grad = landscape.value_and_grad(theta)
    assert value.shape == (3, 4) and grad.shape == (3, 4, 2)
    assert landscape.hessian(theta).shape == (3, 4, 2, 2)
    for i in np.ndindex(3, 4):
        one_value, one_grad = landscape.value_and_grad(theta[i])
        assert type(one_value) is float and one_grad.shape == (2,)
        assert one_value == pytest.approx(value[i], rel=1e-14, abs=1e-13)
        np.testing.assert_allclose(one_grad, grad[i], rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(
            landscape.hessian(theta[i]), landscape.hessian(theta)[i], rtol=1e-13, atol=1e-13
        )


@NAMED
def test_float32_stays_float32_and_lists_of_numbers_will_do(landscape):
    theta = np.ones((5, 2), np.float32)
    assert landscape.value(theta).dtype == np.float32
    assert landscape.grad(theta).dtype == np.float32
    assert landscape.hessian(theta).dtype == np.float32
    assert landscape.value([1, 1]) == landscape.value(np.array([1.0, 1.0]))


@NAMED
def test_every_landscape_says_what_it_is(landscape):
    assert landscape.name in repr(landscape)
    assert landscape.source
    minima = {"Himmelblau": 4, "saddle": 0}.get(landscape.name, 1)
    assert landscape.minima.shape == (minima, 2)
    assert len(np.unique(landscape.minima, axis=0)) == minima


def test_domains():
    assert landscapes.mccormick.domain == ((-1.5, 4.0), (-3.0, 4.0))
    assert landscapes.rosenbrock.domain == ((-2.0, 2.0), (-1.0, 3.0))
    assert landscapes.beale.domain == ((-4.5, 4.5), (-4.5, 4.5))
    assert landscapes.himmelblau.domain == ((-5.0, 5.0), (-5.0, 5.0))
    for landscape in (landscapes.saddle, quadratic()):
        assert landscape.domain == ((-2.0, 2.0), (-2.0, 2.0))


def test_mccormick_numbers_of_the_book():
    plain, shifted = landscapes.mccormick, landscapes.mccormick_shifted
    np.testing.assert_allclose(plain.minima, [[-0.54720, -1.54720]], atol=5e-6)
    assert plain.minimum == pytest.approx(-1.9133, abs=1e-4)
    assert shifted.minimum == pytest.approx(0.0868, abs=5e-5)
    second = np.array([0.5 + 2 * np.pi / 3, -0.5 + 2 * np.pi / 3])
    np.testing.assert_allclose(second, [2.594, 1.594], atol=5e-4)
    np.testing.assert_allclose(plain.grad(second), 0, atol=1e-14)
    assert plain.value(second) - plain.minimum == pytest.approx(np.pi)


def test_the_constant_in_mccormicks_second_derivative_is_plus_two_and_a_half():
    # at (0, 0) the gradient is (cos 0 - 1.5, cos 0 + 2.5)
    np.testing.assert_array_equal(landscapes.mccormick.grad([0.0, 0.0]), [-0.5, 3.5])


@pytest.mark.parametrize(
    ("landscape", "theta", "value"),
    [
        (landscapes.mccormick, (0, 0), 1),
        (landscapes.mccormick_shifted, (0, 0), 3),
        (landscapes.rosenbrock, (-1.2, 1), 24.2),
        (landscapes.himmelblau, (0, 0), 170),
        (landscapes.beale, (0, 0), 1.5**2 + 2.25**2 + 2.625**2),
        (landscapes.beale, (1, 1), 1.5**2 + 2.25**2 + 2.625**2),
        (landscapes.saddle, (2, 1), 3),
        (quadratic(condition=10), (1, 2), 0.5 * (1 + 10 * 4)),
    ],
)
def test_values_by_hand(landscape, theta, value):
    assert landscape.value(theta) == pytest.approx(value, rel=1e-14)


def test_quadratic_has_the_curvatures_and_the_directions_it_was_asked_for():
    hessian = quadratic(condition=50, angle=0.3).hessian([0.7, -0.2])
    flat, steep = np.array([np.cos(0.3), np.sin(0.3)]), np.array([-np.sin(0.3), np.cos(0.3)])
    np.testing.assert_allclose(hessian @ flat, flat, rtol=1e-12)
    np.testing.assert_allclose(hessian @ steep, 50 * steep, rtol=1e-12)


def test_saddle_curves_both_ways_and_has_no_minimum():
    np.testing.assert_array_equal(np.linalg.eigvalsh(landscapes.saddle.hessian([0, 0])), [-2, 2])
    assert landscapes.saddle.minimum == -np.inf and len(landscapes.saddle.minima) == 0


@pytest.mark.parametrize("method", ["value", "grad", "value_and_grad", "hessian"])
def test_wrong_points(method):
    call = getattr(landscapes.rosenbrock, method)
    with pytest.raises(ValueError, match=r"theta must have shape \(\.\.\., 2\), got \(3,\)"):
        call([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"got \(\)"):
        call(1.0)
    with pytest.raises(TypeError, match="theta must hold real numbers"):
        call(["a", "b"])


def test_a_quadratic_knows_its_condition():
    assert quadratic(condition=50, angle=0.3).condition == 50


def test_wrong_quadratics():
    with pytest.raises(ValueError, match="condition must be a positive number, got 0"):
        quadratic(condition=0)
    with pytest.raises(ValueError, match="angle must be a finite number, got nan"):
        quadratic(angle=float("nan"))
    with pytest.raises(TypeError):
        quadratic(10)
