import numpy as np
import pytest

from nnlib import _check
from nnlib.landscapes import rosenbrock
from nnlib.schedules import Plateau, constant, cosine, one_cycle

BAD_NUMBERS = ["0.1", None, True, np.nan, [1.0], 1j]


@pytest.mark.parametrize(
    "check, good, bad",
    [
        (_check.number, [0, -1.5], [np.inf]),
        (_check.positive, [1, 1e-300], [0, -1, np.inf]),
        (_check.non_negative, [0, 3], [-1e-300, np.inf]),
        (_check.unit_interval, [0, 0.999], [1, -0.1, np.inf]),
    ],
)
def test_numbers(check, good, bad):
    for value in good:
        assert check("lr", value) == value
        assert type(check("lr", np.float64(value))) is float
    for value in bad + BAD_NUMBERS:
        with pytest.raises(ValueError, match="^lr must be a .*, got "):
            check("lr", value)


def test_the_message_names_argument_and_value():
    with pytest.raises(ValueError, match=r"^lr must be a positive number, got -1$"):
        _check.positive("lr", -1)


def test_count():
    assert type(_check.count("n", np.int64(3))) is int
    assert _check.count("n", 0, least=0) == 0
    for bad in [0, -1, 2.0, True, "3", None]:
        with pytest.raises(ValueError, match="^n must be a whole number >= 1, got "):
            _check.count("n", bad)


def test_generator(rng):
    assert _check.generator(rng) is rng
    for bad in [None, 0, np.random.RandomState(0)]:  # noqa: NPY002
        with pytest.raises(TypeError, match="^rng must be a Generator"):
            _check.generator(bad)


def test_floats_keeps_the_precision():
    for dtype in [np.float32, np.float64]:
        assert _check.floats("z", np.ones(3, dtype)).dtype == dtype
    assert _check.floats("z", [1, 2]).dtype == np.float64
    assert _check.floats("z", np.array([True])).dtype == np.float64
    for bad in ["abc", [1j], [None]]:
        for check in [_check.numbers, _check.floats, _check.finite]:
            with pytest.raises(TypeError, match="^z must hold real numbers"):
                check("z", bad)
    assert _check.numbers("X", np.ones(3, np.uint8)).dtype == np.uint8


def test_function():
    assert _check.function("f", abs, "of x") is abs
    with pytest.raises(TypeError, match=r"^f must be a function of x, got 'abs'$"):
        _check.function("f", "abs", "of x")


def test_finite():
    assert _check.finite("X", [1.0, 2.0]).shape == (2,)
    with pytest.raises(ValueError, match=r"^X must be finite, got nan at index \(1, 0\)$"):
        _check.finite("X", np.array([[1.0], [np.nan]]))
    with pytest.raises(ValueError, match="^X must be finite, got inf$"):
        _check.finite("X", np.inf)


def test_what_was_got_is_shown_in_a_few_words():
    assert _check.shown("mse") == "'mse'" and _check.shown(np.float64(2)) == "np.float64(2.0)"
    assert _check.shown(np.ones((50, 60))) == "an array of shape (50, 60)"
    assert _check.shown(np.array(3.0)) == "array(3.)"
    with pytest.raises(ValueError, match=r"^n must be a whole number >= 1, got an array of shape"):
        _check.count("n", np.arange(100))
    assert len(_check.shown(list(range(1000)))) == 100 and "\n" not in _check.shown([np.eye(9)])


@pytest.mark.parametrize("made", [cosine(0.1, 5), constant(0.1), Plateau(0.1), lambda t: 0.1, abs])
def test_functions_of_the_step(made):
    assert _check.schedule(made) is made


@pytest.mark.parametrize("maker", [cosine, constant, one_cycle, Plateau])
def test_what_makes_a_schedule_is_none(maker):
    name = maker.__name__
    message = rf"^schedule must be what {name}\(…\) returns, got {name} itself$"
    with pytest.raises(TypeError, match=message):
        _check.schedule(maker)


def test_objectives():
    assert _check.objective("f", len) is len
    assert _check.objective("f", rosenbrock)(np.ones(2))[0] == 0
    for wrong in [None, "rosenbrock", 3, type(rosenbrock)]:
        with pytest.raises(TypeError, match="^f must be a landscape or a function of theta, got"):
            _check.objective("f", wrong)


def test_value_and_gradient():
    assert _check.value_and_gradient("f", (1.0, 2.0)) == (1.0, 2.0)
    for wrong in [1.0, (1.0,), (1.0, 2.0, 3.0), None, np.ones(2)]:
        with pytest.raises(TypeError, match="^f must return a pair, value and gradient, got"):
            _check.value_and_gradient("f", wrong)


def test_finite_numbers_whose_sum_overflows_are_finite():
    large = np.full(3, 1.7e308)
    assert _check.finite("X", large) is large
