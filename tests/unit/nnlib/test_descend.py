import math

import numpy as np
import pytest

from nnlib import landscapes
from nnlib.descend import descend
from nnlib.landscapes import quadratic
from nnlib.layers import Linear
from nnlib.network import Network
from nnlib.optim import SGD, Adam, AdamW, Lion, Momentum
from nnlib.schedules import constant, one_cycle, step_decay

STARTS = np.array([[-1.0, 3.0], [3.0, -1.0], [0.5, 0.5], [-0.5, -1.5]])


def test_the_path_is_gradient_descent_step_by_step():
    path = descend(landscapes.rosenbrock, SGD(lr=1e-3), [-1.2, 1.0], 25)
    theta = np.array([-1.2, 1.0])
    assert path.theta.shape == (26, 2) and path.values.shape == (26,)
    for t in range(26):
        np.testing.assert_allclose(path.theta[t], theta, rtol=1e-12)
        assert path.values[t] == pytest.approx(landscapes.rosenbrock.value(theta), rel=1e-12)
        theta = theta - 1e-3 * landscapes.rosenbrock.grad(theta)
    assert path.diverged_at == path.converged_at == -1
    assert path.message == "still walking after 25 steps"
    assert repr(path) == "Path(25 steps, still walking after 25 steps)"


def test_the_path_holds_copies_and_the_start_is_left_alone():
    start = np.array([-1.2, 1.0])
    path = descend(landscapes.rosenbrock, SGD(lr=1e-3), start, 10)
    np.testing.assert_array_equal(start, [-1.2, 1.0])
    np.testing.assert_array_equal(path.theta[0], start)
    assert len(np.unique(path.theta[:, 0])) == 11


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam, AdamW, Lion])
def test_many_starts_walk_as_each_would_alone(kind):
    together = descend(landscapes.mccormick, kind(lr=0.05), STARTS, 60, tol=0.02)
    assert together.theta.shape[1:] == (4, 2)
    for i, start in enumerate(STARTS):
        alone = descend(landscapes.mccormick, kind(lr=0.05), start, 60, tol=0.02)
        n = len(alone.theta)
        np.testing.assert_array_equal(together.theta[:n, i], alone.theta)
        np.testing.assert_array_equal(
            together.theta[n:, i], np.broadcast_to(alone.theta[-1], together.theta[n:, i].shape)
        )
        np.testing.assert_allclose(together.values[:n, i], alone.values, rtol=1e-14)
        assert together.converged_at[i] == alone.converged_at


def test_a_grid_of_starts():
    grid = np.stack(np.meshgrid(np.linspace(-1, 3, 4), np.linspace(-2, 3, 5)), axis=-1)
    path = descend(landscapes.mccormick, SGD(lr=0.1), grid, 30)
    assert path.theta.shape == (31, 5, 4, 2)
    assert path.values.shape == (31, 5, 4) and path.converged_at.shape == (5, 4)
    assert (path.values[-1] <= path.values[0]).all()


def test_convergence_stops_the_walk_and_is_reported():
    path = descend(landscapes.mccormick, SGD(lr=0.1), [0.0, 0.0], 500, tol=1e-8)
    t = path.converged_at
    assert 20 < t < 500 and len(path.theta) == t + 1
    assert path.message == f"converged at step {t}"
    lengths = np.linalg.norm(landscapes.mccormick.grad(path.theta), axis=-1)
    assert lengths[t] <= 1e-8 and (lengths[:t] > 1e-8).all()
    np.testing.assert_allclose(path.theta[-1], landscapes.mccormick.minima[0], atol=1e-7)


def test_a_start_on_the_minimum_has_converged_at_step_0():
    path = descend(landscapes.rosenbrock, SGD(lr=0.1), [1.0, 1.0], 10, tol=1e-12)
    assert path.converged_at == 0 and len(path.theta) == 1


def test_divergence_stops_the_walk_and_says_which_step_and_why():
    # on the bowl each step multiplies y by 1 - 0.3 * 10 = -2: beyond 1e6 after 20 steps
    path = descend(quadratic(condition=10), SGD(lr=0.3), [1.0, 1.0], 100)
    assert path.diverged_at == 20 and path.converged_at == -1
    assert len(path.theta) == 21
    assert path.message == ("diverged at step 20 with lr = 0.3: a coordinate left [-1e+06, 1e+06]")
    np.testing.assert_array_equal(path.theta[20], path.theta[19])  # put back
    assert path.theta[19, 1] == pytest.approx(-(2.0**19))
    assert np.isfinite(path.values).all()


def test_overflow_is_divergence_without_a_warning():
    path = descend(landscapes.rosenbrock, SGD(lr=1.0), [-1.2, 1.0], 50, limit=1e300)
    assert 0 < path.diverged_at < 10
    assert "not a finite number" in path.message
    assert np.isfinite(path.theta).all() and np.isfinite(path.values).all()


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ((math.nan, np.ones(2)), "the value is not a finite number"),
        ((math.inf, np.ones(2)), "the value is not a finite number"),
        ((1.0, np.array([1.0, math.nan])), "the gradient is not a finite number"),
    ],
)
def test_a_start_where_the_function_is_not_finite(result, why):
    path = descend(lambda theta: result, SGD(lr=0.1), [1.0, 1.0], 50, tol=1e-3)
    assert path.diverged_at == 0 and len(path.theta) == 1
    assert path.message == f"diverged at step 0 with lr = 0.1: {why}"


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_one_lost_walker_does_not_disturb_the_others(kind):
    def cliff(theta):  # beyond x = 2 there is nothing
        value, grad = quadratic(condition=2).value_and_grad(theta)
        gone = theta[..., 0] > 2
        return np.where(gone, np.nan, value), np.where(gone[..., None], np.nan, grad)

    starts = np.array([[1.0, 1.0], [3.0, 1.0], [-1.0, 0.5]])
    path = descend(cliff, kind(lr=0.05), starts, 400, tol=1e-3)
    np.testing.assert_array_equal(path.diverged_at, [-1, 0, -1])
    np.testing.assert_array_equal(path.theta[-1, 1], starts[1])
    for i in (0, 2):
        alone = descend(cliff, kind(lr=0.05), starts[i], 400, tol=1e-3)
        assert path.converged_at[i] == alone.converged_at > 0
        np.testing.assert_array_equal(path.theta[alone.converged_at, i], alone.theta[-1])
    assert path.message == (
        "1 of 3 diverged, first at step 0 with lr = 0.05: the value is not a finite number; "
        f"2 of 3 converged, last at step {path.converged_at.max()}"
    )


def test_all_three_ends_at_once():
    starts = np.array([[0.0, 0.0], [0.0, 1e5], [1.0, 0.0]])
    path = descend(quadratic(condition=10), SGD(lr=0.3), starts, 5, tol=1e-6)
    np.testing.assert_array_equal(path.converged_at, [0, -1, -1])
    np.testing.assert_array_equal(path.diverged_at, [-1, 4, -1])
    assert path.message == (
        "1 of 3 diverged, first at step 4 with lr = 0.3: a coordinate left [-1e+06, 1e+06]; "
        "1 of 3 converged, last at step 0; 1 of 3 still walking after 5 steps"
    )


def test_a_schedule_sets_the_rate_of_every_step_from_the_first():
    bowl = quadratic(condition=1)
    path = descend(bowl, SGD(lr=99), [1.0, 1.0], 4, schedule=step_decay(0.5, every=2))
    np.testing.assert_allclose(path.theta[:, 0], [1, 0.5, 0.25, 0.1875, 0.140625])


def test_the_optimizer_gets_its_rates_back():
    optimizer = Momentum(lr=1, mu=0.5)
    descend(quadratic(condition=1), optimizer, [1.0, 1.0], 30, schedule=one_cycle(0.1, 30))
    assert optimizer.mu == 0.5 and optimizer.lr == 1


def test_the_message_pairs_the_first_divergence_with_its_own_rate():
    # x and y are multiplied by 1 - 4 = -3, the far one is lost at step 1, the near one at step 13
    path = descend(
        quadratic(condition=1),
        SGD(lr=9),
        [[1.0, 0.0], [5e5, 0.0]],
        30,
        schedule=lambda t: 4 if t < 1 else 4.5,
    )
    assert path.message.startswith("2 of 2 diverged, first at step 1 with lr = 4: a coordinate")


def test_an_optimizer_begins_afresh_in_each_walk():
    optimizer = Momentum(lr=0.01)
    first = descend(landscapes.himmelblau, optimizer, [0.0, 0.0], 20)
    descend(landscapes.himmelblau, optimizer, STARTS, 20)
    again = descend(landscapes.himmelblau, optimizer, [0.0, 0.0], 20)
    np.testing.assert_array_equal(first.theta, again.theta)
    assert optimizer.t == 20


def test_float32_stays_float32_and_integers_become_float64():
    path = descend(landscapes.beale, Adam(lr=0.1), STARTS.astype(np.float32), 10)
    assert path.theta.dtype == path.values.dtype == np.float32
    assert descend(landscapes.beale, Adam(lr=0.1), [1, 1], 10).theta.dtype == np.float64


def test_any_function_of_any_number_of_variables():
    """Noise on a gradient: what a mini-batch does, on a bowl in five dimensions."""
    rng = np.random.default_rng(0)

    def noisy(theta):
        return 0.5 * (theta**2).sum(-1), theta + 0.1 * rng.normal(size=theta.shape)

    path = descend(noisy, SGD(lr=0.1), np.ones((50, 5)), 200, schedule=constant(0.1))
    floor = path.values[100:].mean()
    # the variance of theta settles at lr * sd² / (2 - lr) in each dimension
    assert floor == pytest.approx(0.5 * 5 * 0.1 * 0.1**2 / (2 - 0.1), rel=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [np.nan, 1.0]}, r"start must be finite, got nan at index \(0,\)"),
        ({"start": []}, r"start must hold points, shape \(..., P\), got shape \(0,\)"),
        ({"start": 1.0}, r"start must hold points, shape \(..., P\), got shape \(\)"),
        ({"start": ["a"]}, "start must hold real numbers"),
        ({"start": [1.0, 2.0, 3.0]}, r"theta must have shape \(\.\.\., 2\), got \(3,\)"),
        ({"steps": 0}, "steps must be a whole number >= 1, got 0"),
        ({"steps": 2.5}, "steps must be a whole number >= 1, got 2.5"),
        ({"tol": 0}, "tol must be a positive number, got 0"),
        ({"limit": -1}, "limit must be a positive number, got -1"),
        ({"optimizer": "adam"}, r"optimizer must be one such as SGD\(lr=0.1\), got 'adam'"),
        ({"optimizer": SGD}, "optimizer must be one such as"),
        (
            {"function": Network([Linear(2, 1)], rng=np.random.default_rng(0))},
            r"function must be a landscape .* got a network: its loss is one, net.objective\(loss",
        ),
        ({"schedule": 0.1}, "schedule must be a function of the step, got 0.1"),
        ({"schedule": constant}, r"schedule must be what constant\(…\) returns, got constant itse"),
        (
            {"function": landscapes.Rosenbrock},
            "function must be a landscape or a function of theta",
        ),
        ({"function": lambda theta: 1.0}, "function must return a pair, value and gradient, got 1"),
        ({"function": 3}, "function must be a landscape or a function of theta, got 3"),
        (
            {"function": lambda theta: (1.0, np.ones(3))},
            r"must return values of shape \(\) and gradients of shape \(2,\).*got \(\) and",
        ),
        ({"function": lambda theta: (np.ones(2), np.ones(2))}, "function must return values of"),
    ],
)
def test_wrong_arguments(change, message):
    arguments = {
        "function": landscapes.rosenbrock,
        "optimizer": SGD(lr=1e-3),
        "start": [0.0, 0.0],
        "steps": 3,
    } | change
    with pytest.raises((ValueError, TypeError), match=message):
        descend(**arguments)


def test_a_function_may_return_its_theta_as_gradient():
    def bowl(theta):
        return 0.5 * np.sum(theta**2, axis=-1), theta

    def copied(theta):
        return 0.5 * np.sum(theta**2, axis=-1), theta.copy()

    ends = [
        descend(f, SGD(lr=0.1, weight_decay=1.0), [1.0, 2.0], 3).theta[-1] for f in (bowl, copied)
    ]
    np.testing.assert_array_equal(*ends)
