"""Arguments are checked here, so that a wrong one ends in a sentence and not in a wrong result.

Every function names the argument, says what it got and what it takes, and hands back the value in
the type that the caller computes with. For a hyperparameter that is a Python number: NumPy keeps
``0.1 * float32_array`` in float32, but ``np.float64(0.1) * float32_array`` becomes float64.
"""

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Function = TypeVar("Function", bound=Callable)
NUMBER = (float, Real)  # in this order: to ask an abstract class takes twelve times as long


def shown(value: object) -> str:
    """What was got instead, short enough for a sentence."""
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return f"an array of shape {value.shape}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:99]}…"


def _number(name: str, value: float, takes: str, valid: Callable[[float], bool]) -> float:
    if isinstance(value, bool) or not isinstance(value, NUMBER) or not valid(value):
        raise ValueError(f"{name} must be {takes}, got {shown(value)}")
    return float(value)


def number(name: str, value: float) -> float:
    """Any finite number, as a Python float."""
    return _number(name, value, "a finite number", math.isfinite)


def positive(name: str, value: float) -> float:
    """A finite number > 0, as a Python float."""
    return _number(name, value, "a positive number", lambda v: 0 < v < math.inf)


def non_negative(name: str, value: float) -> float:
    """A finite number >= 0, as a Python float."""
    return _number(name, value, "a number >= 0", lambda v: 0 <= v < math.inf)


def unit_interval(name: str, value: float) -> float:
    """A number in [0, 1), as a Python float: a decay rate, a probability to drop."""
    return _number(name, value, "a number in [0, 1)", lambda v: 0 <= v < 1)


def count(name: str, value: int, least: int = 1) -> int:
    """A whole number of at least ``least``, as a Python int: units, channels, epochs."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {shown(value)}")
    return int(value)


def generator(rng: np.random.Generator) -> np.random.Generator:
    """A NumPy random generator: randomness is always passed in, never global."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a Generator, np.random.default_rng(seed), got {shown(rng)}")
    return rng


def function(name: str, value: Function, takes: str) -> Function:
    """Something to be called; ``takes`` says with what, such as "of the step"."""
    if not callable(value):
        raise TypeError(f"{name} must be a function {takes}, got {shown(value)}")
    return value


def network(value: Any) -> None:
    """A Network, and neither its class nor a list of layers."""
    if isinstance(value, type) or not hasattr(value, "weights"):
        raise TypeError(f"net must be a Network, got {shown(value)}")


def rows(X_name: str, X: np.ndarray, y_name: str, y: np.ndarray) -> None:
    """As many samples as targets, and at least one."""
    for name, a in ((X_name, X), (y_name, y)):
        if a.ndim == 0:
            raise ValueError(f"{name} must hold at least one sample, got {a!r}")
    if len(X) != len(y):
        raise ValueError(
            f"{X_name} and {y_name} must have the same number of rows, got {len(X)} and {len(y)}"
        )
    if len(X) == 0:
        raise ValueError(f"{X_name} must hold at least one sample, got shape {X.shape}")


def schedule(value: Function) -> Function:
    """A function of the step, and not what makes one: ``cosine`` or ``Plateau`` themselves."""
    function("schedule", value, "of the step")
    of_the_library = getattr(value, "__module__", "") == "nnlib.schedules"
    if isinstance(value, type) or of_the_library and "." not in getattr(value, "__qualname__", "."):
        name = value.__name__
        raise TypeError(f"schedule must be what {name}(…) returns, got {name} itself")
    return value


def objective(name: str, value: Any) -> Callable:
    """A function of theta that returns value and gradient; a landscape stands for its own."""
    takes = "a landscape or a function of theta"
    if hasattr(value, "objective"):
        raise TypeError(
            f"{name} must be {takes}, got a network: its loss is one, net.objective(loss, X, y)"
        )
    called = getattr(value, "value_and_grad", value)
    if isinstance(value, type) or not callable(called):
        raise TypeError(f"{name} must be {takes}, got {shown(value)}")
    return called


def value_and_gradient(name: str, result: Any) -> tuple:
    """What an objective or a loss has returned."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{name} must return a pair, value and gradient, got {shown(result)}")
    return result


def number_and_gradient(name: str, result: Any) -> tuple:
    """What a loss, or an objective of one theta, has returned: its value is one number."""
    value, grad = value_and_gradient(name, result)
    return one_number(name, value), grad


def one_number(name: str, value: Any) -> float:
    """What a loss or an objective has returned as its value; it may be nan or infinite."""
    is_one = not isinstance(value, tuple | list) and np.ndim(value) == 0
    if not is_one or np.asarray(value).dtype.kind not in "iubf":
        raise TypeError(f"{name} must return one number as its value, got {shown(value)}")
    return float(value)


def numbers(name: str, array: npt.ArrayLike) -> np.ndarray:
    """An array of real numbers of any type."""
    try:
        array = np.asarray(array)
    except ValueError:
        raise ValueError(f"{name} must hold rows of one length, got {shown(array)}") from None
    if array.dtype.kind not in "iubf":
        raise TypeError(f"{name} must hold real numbers, got an array of {array.dtype}")
    return array


def floats(name: str, array: npt.ArrayLike) -> np.ndarray:
    """An array of floats; integers and booleans become float64, floats keep their precision."""
    array = numbers(name, array)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def finite(name: str, array: npt.ArrayLike) -> np.ndarray:
    """An array of real numbers without nan and infinity."""
    array = numbers(name, array)
    with np.errstate(over="ignore", invalid="ignore"):
        total = array.sum()  # one pass without an array of booleans; it may overflow, so look again
    if not np.isfinite(total) and not np.isfinite(array).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        where = f" at index {bad}" if bad else ""
        raise ValueError(f"{name} must be finite, got {array[bad]}{where}")
    return array


def floats_in_place(name: str, array: np.ndarray) -> np.ndarray:
    """An array that can be changed in place without losing digits: float32 or float64."""
    if not isinstance(array, np.ndarray) or array.dtype not in (np.float32, np.float64):
        got = f"{array.dtype} array" if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(
            f"{name} must be an array of floats, float32 or float64, to be changed in place, "
            f"got {got}"
        )
    if not array.flags.writeable:
        raise ValueError(f"{name} must be writeable to be changed in place, got a read-only array")
    return array
