import numpy as np
import pytest

from nnlib import landscapes
from nnlib.gradcheck import check_direction, check_gradient, numeric_gradient, relative_error
from nnlib.layers import Linear, Tanh
from nnlib.losses import mse
from nnlib.network import Network


def right(theta):
    return float(np.sum(theta**3)), 3 * theta**2


def wrong(theta):
    return float(np.sum(theta**3)), 2.99 * theta**2


def test_relative_error():
    assert relative_error([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_error([1.0], [-1.0]) == 1
    assert relative_error([0.0], [0.0]) == 0
    assert relative_error([3.0, 0.0], [0.0, 4.0]) == pytest.approx(5 / 7)


def test_nan_is_not_equal_to_anything():
    assert np.isnan(relative_error([np.nan, 1.0], [0.0, 1.0]))
    assert np.isnan(check_gradient(lambda t: (0.0, np.full(2, np.nan)), np.ones(2)))


def test_shapes_are_not_broadcast(rng):
    with pytest.raises(ValueError, match=r"^a and b must have one shape, got \(2,\) and \(1,\)"):
        relative_error([1.0, 1.0], [1.0])
    for check in [check_gradient, lambda f, theta: check_direction(f, theta, rng)]:
        with pytest.raises(ValueError, match=r"gradient of theta's shape \(2,\), got \(2, 1\)$"):
            check(lambda t: (float(t.sum()), np.ones((2, 1))), np.ones(2))


def test_an_objective_may_write_into_the_parameters_it_is_asked_about(rng):
    net = Network([Linear(3, 4), Tanh(), Linear(4, 2)], rng=rng, dtype=np.float64)
    f = net.objective(mse, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)))
    assert check_direction(f, net.params, rng) < 1e-7
    assert check_gradient(f, net.params) < 1e-7


def test_a_function_may_write_theta_into_the_array_that_it_was_given(rng):
    """As a loss written by hand does: ``net.params[:] = theta``, asked about net.params."""
    kept = rng.normal(size=4)

    def writes(theta, factor=3.0):
        kept[:] = theta
        return float(np.sum(kept**3)), factor * kept**2

    def wrong(theta):
        return writes(theta, 2.0)

    for check in [check_gradient, lambda f, theta, h=1e-5: check_direction(f, theta, rng, h)]:
        assert check(writes, kept) < 1e-8
        assert check(wrong, kept) == pytest.approx(1 / 5, rel=1e-3)  # and no "random numbers"
        kept = rng.normal(size=4)
        assert check(lambda t: (float(np.sum(t**2)), 2 * t), kept, 0.5) < 1e-12


def test_integers_are_moved_like_floats():
    assert numeric_gradient(lambda t: right(t)[0], [1, 2]) == pytest.approx([3, 12])


def test_numeric_gradient(rng):
    theta = rng.normal(size=(3, 2))
    before = theta.copy()
    grad = numeric_gradient(lambda t: right(t)[0], theta)
    assert np.allclose(grad, 3 * theta**2, atol=1e-9) and grad.shape == theta.shape
    assert np.array_equal(theta, before)


def test_the_step_sets_the_truncation_error():
    grad = numeric_gradient(lambda t: right(t)[0], np.array([1.0]), h=0.1)
    assert grad[0] - 3 == pytest.approx(0.01)  # h² f'''/6


def test_one_parameter_moves_at_a_time():
    # x y is linear in each, so even h = 1 is exact, unless x is still away when y moves
    grad = numeric_gradient(lambda t: t[0] * t[1], np.array([2.0, 3.0]), h=1.0)
    assert grad.tolist() == [3, 2]


def test_tells_right_from_wrong(rng):
    theta = rng.normal(size=5)
    assert check_gradient(right, theta) < 1e-9
    assert check_gradient(wrong, theta) == pytest.approx(0.01 / 5.99, rel=1e-3)
    assert check_direction(right, theta, rng) < 1e-8
    assert check_direction(wrong, theta, rng) == pytest.approx(0.01 / 5.99, rel=1e-3)


def test_the_direction_has_length_1(rng):
    visited = []

    def f(theta):
        visited.append(theta)
        return float(np.sum(theta**2)), 2 * theta  # any h is right for a parabola

    theta = rng.normal(size=(4, 3))
    check_direction(f, theta, rng, h=0.01)
    assert [np.linalg.norm(t - theta) for t in visited] == pytest.approx([0, 0.01, 0.01])


def test_a_gradient_in_a_reused_buffer_is_compared_at_theta():
    buffer = np.empty(3)

    def value_and_grad(theta):
        buffer[:] = 3 * theta**2
        return float(np.sum(theta**3)), buffer

    theta = np.array([0.1, 0.2, 0.3])
    assert check_gradient(value_and_grad, theta, h=1e-3) == pytest.approx(
        check_gradient(right, theta, h=1e-3)
    )


def test_bad_input(rng):
    for check in [check_gradient, lambda f, theta, h=1e-5: check_direction(f, theta, rng, h)]:
        with pytest.raises(TypeError, match="^theta must be a float64 array, got float32"):
            check(right, np.ones(2, np.float32))
        with pytest.raises(TypeError, match="^theta must be a float64 array, got list"):
            check(right, [1.0])
        with pytest.raises(ValueError, match="^h must be a positive number, got 0"):
            check(right, np.ones(2), h=0)
    with pytest.raises(TypeError, match="^rng must be a Generator"):
        check_direction(right, np.ones(2), None)


@pytest.mark.parametrize("place", [landscapes.mccormick, landscapes.rosenbrock])
def test_landscapes_are_accepted_as_descend_accepts_them(place, rng):
    theta = np.array([0.3, -0.7])
    assert check_gradient(place, theta) < 1e-8 and check_direction(place, theta, rng) < 1e-8
    assert np.array_equal(numeric_gradient(place, theta), numeric_gradient(place.value, theta))


def test_a_function_that_draws_random_numbers_is_named(rng):
    def noisy(theta):
        return float(np.sum(theta**2) + 1e-3 * rng.normal()), 2 * theta

    for check in [check_gradient, lambda f, theta: check_direction(f, theta, rng)]:
        with pytest.raises(
            ValueError, match="^value_and_grad must give the same value at the same"
        ):
            check(noisy, np.ones(3))


def test_a_wrong_gradient_is_no_random_one(rng):
    assert check_gradient(lambda t: (float(np.sum(t**2)), t), np.ones(3)) > 0.3
    assert np.isnan(check_gradient(lambda t: (np.nan, t), np.ones(3)))


def test_other_things_than_functions_of_theta(rng):
    net = Network([Linear(3, 4)], rng=rng)
    for check in [check_gradient, lambda f, theta: check_direction(f, theta, rng)]:
        with pytest.raises(TypeError, match=r"got a network: .* net.objective\(loss, X, y\)$"):
            check(net, np.ones(2))
        for wrong in [landscapes.McCormick, "rosenbrock", None]:
            with pytest.raises(
                TypeError, match="^value_and_grad must be a landscape or a function"
            ):
                check(wrong, np.ones(2))
        with pytest.raises(TypeError, match="^value_and_grad must return a pair, value and grad"):
            check(lambda t: float(np.sum(t)), np.ones(2))
        with pytest.raises(TypeError, match="^value_and_grad must return one number as its value"):
            check(lambda t: (t, t), np.ones(2))
    with pytest.raises(TypeError, match="^f must return one number as its value, got"):
        numeric_gradient(right, np.ones(2))
    with pytest.raises(TypeError, match="^f must be a function theta -> float, got 'right'"):
        numeric_gradient("right", np.ones(2))


def test_numbers_of_little_precision_are_compared_in_float64():
    assert relative_error(np.float32([1e-23]), np.float32([2e-23])) == pytest.approx(1 / 3)
    assert relative_error(np.float32([1e30]), np.float32([2e30])) == pytest.approx(1 / 3)
    assert relative_error(np.uint8([1]), np.uint8([2])) == pytest.approx(1 / 3)


@pytest.mark.parametrize("value", [None, "a", [1.0], np.ones(2)])
def test_a_value_is_one_number(value):
    with pytest.raises(TypeError, match="^f must return one number as its value, got"):
        numeric_gradient(lambda t: value, [1.0])
