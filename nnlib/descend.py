"""Descend: let an optimizer walk over a landscape, and keep every step of the path."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import _check
from ._check import count, finite, floats, positive
from .landscapes import Landscape
from .schedules import Schedule, rates_kept, set_rate
from .stepping import Optimizer, fresh, rate_in_words


class Path(NamedTuple):
    """Where a walk went. T is the number of steps that were taken, ``...`` the shape of the starts.

    ``diverged_at`` and ``converged_at`` count steps: 0 is the start, -1 means that it never
    happened. They are ints for one start, arrays for many. A walker that has diverged or converged
    stands still from then on; the walk ends when all of them do.
    """

    theta: np.ndarray  # (T + 1, ..., P), the start first
    values: np.ndarray  # (T + 1, ...), the function at each of them
    diverged_at: int | np.ndarray
    converged_at: int | np.ndarray
    message: str  # how it ended, in a sentence

    def __repr__(self) -> str:
        return f"Path({len(self.theta) - 1} steps, {self.message})"


def descend(
    function: Landscape | Callable[[np.ndarray], tuple[npt.ArrayLike, np.ndarray]],
    optimizer: Optimizer,
    start: npt.ArrayLike,
    steps: int,
    *,
    tol: float | None = None,
    schedule: Schedule | None = None,
    limit: float = 1e6,
) -> Path:
    """Walk downhill from one or many starts at once.

    Parameters
    ----------
    function : landscape, or function of theta that returns (value, gradient)
        For many starts it returns one value for each: values (...) for theta (..., P).
    optimizer : Optimizer
        Reset before the first step. Its learning rate and momentum are put back at the end.
    start : array (..., P)
        One start (P,), or many, (B, P). It is not changed.
    steps : int >= 1
        How many to take at most.
    tol : float > 0, optional
        A walker has converged when the length of its gradient is at most tol. Without it, all
        steps are taken.
    schedule : function of the step, optional
        ``schedule(t)`` is the learning rate of step t = 0, 1, 2, …; see `nnlib.schedules`.
    limit : float > 0
        A walker has diverged when a coordinate grows beyond this, or when its value or gradient is
        no longer a finite number. It is put back to where it was one step before.

    Returns
    -------
    Path
        No exception and no warning if it diverges: ``message`` says so, with the step and the why.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or the shapes that function returns don't match the start.
    """
    value_and_grad = _check.objective("function", function)
    if schedule is not None:
        _check.schedule(schedule)
    theta = finite("start", floats("start", start)).copy()
    if theta.ndim == 0 or theta.size == 0:
        raise ValueError(f"start must hold points, shape (..., P), got shape {theta.shape}")
    steps, limit = count("steps", steps), positive("limit", limit)
    tol = -1.0 if tol is None else positive("tol", tol)

    optimizer = fresh(optimizer)
    thetas: list[np.ndarray] = []
    values: list[np.ndarray] = []
    why = ""
    walking = np.ones(theta.shape[:-1], bool)
    diverged_at, converged_at = np.full(walking.shape, -1), np.full(walking.shape, -1)
    with rates_kept(optimizer), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for t in range(steps + 1):
            value, grad = _evaluate(value_and_grad, theta)
            lost = walking & ~_is_well(theta, value, grad, limit)
            if lost.any() and not why:
                lr = rate_in_words(optimizer.lr)
                why = f"with lr = {lr}: {_why(theta[lost], value[lost], limit)}"
            done = walking & ~lost & (np.linalg.norm(grad, axis=-1) <= tol)
            diverged_at[lost], converged_at[done] = t, t
            if t > 0:  # the optimizer moves all, but who stopped earlier or is lost stays put
                stopped = lost | ~walking
                np.copyto(theta, thetas[-1], where=stopped[..., None])
                np.copyto(value, values[-1], where=stopped)
            thetas.append(theta.copy())
            values.append(value)
            walking &= ~(lost | done)
            if t == steps or not walking.any():
                break
            if schedule is not None:
                set_rate(optimizer, schedule, t)
            optimizer.step(theta, grad)
    message = _message(diverged_at, converged_at, walking, t, why)
    if walking.ndim == 0:
        diverged_at, converged_at = int(diverged_at), int(converged_at)
    return Path(np.stack(thetas), np.stack(values), diverged_at, converged_at, message)


def _evaluate(value_and_grad: Callable, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, grad = _check.value_and_gradient("function", value_and_grad(theta))
    value, grad = np.array(value), np.array(grad)  # copies: a function may return its theta
    if value.shape != theta.shape[:-1] or grad.shape != theta.shape:
        raise ValueError(
            f"function must return values of shape {theta.shape[:-1]} and gradients "
            f"of shape {theta.shape} for this start, "
            f"got {value.shape} and {grad.shape}"
        )
    return value, grad


def _is_well(theta: np.ndarray, value: np.ndarray, grad: np.ndarray, limit: float) -> np.ndarray:
    inside = (np.abs(theta) <= limit).all(-1)  # false for nan
    return inside & np.isfinite(value) & np.isfinite(grad).all(-1)


def _why(theta: np.ndarray, value: np.ndarray, limit: float) -> str:
    if not (np.abs(theta) <= limit).all():
        return f"a coordinate left [-{limit:g}, {limit:g}]"
    what = "gradient" if np.isfinite(value).all() else "value"
    return f"the {what} is not a finite number"


def _message(
    diverged_at: np.ndarray, converged_at: np.ndarray, walking: np.ndarray, steps: int, why: str
) -> str:
    """How the walk ended: one phrase for every kind of end that occurred."""
    lost, done, many = diverged_at >= 0, converged_at >= 0, walking.ndim > 0
    ends = []
    if lost.any():
        first = f"{', first' if many else ''} at step {diverged_at[lost].min()}"
        ends.append((lost, f"diverged{first} {why}"))
    if done.any():
        last = f"{', last' if many else ''} at step {converged_at[done].max()}"
        ends.append((done, f"converged{last}"))
    if walking.any():
        ends.append((walking, f"still walking after {steps} steps"))
    return "; ".join(f"{who.sum()} of {who.size} {end}" if many else end for who, end in ends)
