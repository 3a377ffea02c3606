import numpy as np
import pytest

from nnbook.optimizers.curvature import hessian, hessian_vector, spectra
from nnlib.landscapes import himmelblau, quadratic, rosenbrock
from nnlib.layers import Linear, Tanh
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network


@pytest.mark.parametrize("place", [rosenbrock, himmelblau, quadratic(condition=50, angle=1.0)])
def test_a_landscapes_second_derivatives_are_found(place, rng):
    theta = rng.normal(size=2)
    exact = place.hessian(theta)
    assert np.allclose(hessian(place.value_and_grad, theta), exact, rtol=1e-5, atol=1e-4)
    v = rng.normal(size=2)
    assert np.allclose(hessian_vector(place.value_and_grad, theta, v), exact @ v, rtol=1e-5)


def test_adding_to_all_logits_bends_nothing(rng):
    net = Network([Linear(3, 4), Tanh(), Linear(4, 2)], rng=rng, dtype=np.float64)
    X, y = rng.normal(size=(20, 3)), rng.integers(2, size=20)
    H = hessian(net.objective(softmax_cross_entropy, X, y), net.params.copy())
    both = np.zeros(net.params.size)
    both[-2:] = 1  # the output biases, moved together, leave the loss as it is
    assert np.abs(H @ both).max() < 1e-7
    assert np.abs(H).max() > 1e-2


def test_curvatures_are_those_of_the_steps_of_gradient_descent():
    bowl, start = quadratic(condition=10), np.array([1.0, 1.0])
    losses, curvatures = spectra(bowl.value_and_grad, start, 0.05, (0, 3))
    after = start * np.array([0.95, 0.5]) ** 3
    assert losses == pytest.approx([bowl.value(start), bowl.value(after)])
    assert np.allclose(curvatures, [[1, 10], [1, 10]])
    assert np.array_equal(start, [1, 1]), "the start stays"
