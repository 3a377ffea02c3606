"""The step that all optimizers share: piece by piece over theta, with decay and a memory.

What makes a step fast or safe stands here, and not in the formulas of `nnlib.optim`: the pieces,
which stay in the processor's cache, the checks, and the care for denormal numbers.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ._check import finite, floats_in_place, non_negative, positive, unit_interval

CHUNK = 262_144  # numbers per piece: theta, g and the memory of a piece then stay in the cache
CHECKS = {
    "mu": unit_interval,
    "beta": unit_interval,
    "beta1": unit_interval,
    "beta2": unit_interval,
    "rho": unit_interval,
    "eps": positive,
    "weight_decay": non_negative,
    "momentum_decay": non_negative,
}


@dataclass(kw_only=True, eq=False)
class Optimizer:
    """What all optimizers share: the step, the walk over theta piece by piece, and the memory.

    A subclass writes its formula in ``direction(g, *memory)``: it gets a piece of the gradient and
    the same piece of each array that it ``remembers``, which it changes in place, and returns the
    direction d, a new array or one of those. Hyperparameters are checked whenever they are set.

    Attributes
    ----------
    lr : float, or array that broadcasts against theta
        The learning rate, or one for each walker or parameter. A schedule may set it between
        steps, as it may set ``mu`` and ``beta1``.
    t : int
        Steps taken.
    state : dict of arrays
        What is remembered, by name, each of theta's shape; empty before the first step.
    """

    remembers: ClassVar[dict[str, str | None]] = {}  # name: the hyperparameter by which it fades
    momentum_name: ClassVar[str | None] = None  # the hyperparameter that a schedule may move

    weight_decay = 0.0  # no hyperparameters here, but of those optimizers that decay
    decay_mask = None  # type: np.ndarray | None

    lr: float | np.ndarray

    def __new__(cls, *values: Any, **named: Any) -> "Optimizer":
        if values or named:
            try:
                inspect.signature(cls.__init__).bind(None, *values, **named)
            except TypeError as error:
                name = cls.__name__
                raise TypeError(
                    f"{name} is called by names, such as {name}(lr=0.1): {error}"
                ) from None
        return super().__new__(cls)

    def __post_init__(self) -> None:
        self.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "lr":
            value = _rate(value, positive if "t" not in vars(self) else non_negative)
        elif name in CHECKS:
            value = CHECKS[name](name, value)
        elif name == "decay_mask":
            value = None if value is None else np.array(value, bool)
            object.__setattr__(self, "_pieces", None)  # cut theta anew
        object.__setattr__(self, name, value)

    def reset(self) -> None:
        """Forget everything: the next step is the first one."""
        self.t = 0
        self.state: dict[str, np.ndarray] = {}
        self._like: tuple | None = None  # shape and dtype of theta, once there was a step
        self._pieces: list | None = None

    def direction(self, g: np.ndarray, *memory: np.ndarray) -> np.ndarray:
        """The direction d of the step ``theta -= lr * d``, for a piece of the gradient."""
        raise NotImplementedError

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move theta one step, in place: ``theta -= lr * d``, after the decay if there is one.

        Parameters
        ----------
        theta : float array of any shape, contiguous; changed in place
        grad : array of the same shape and dtype, the gradient at theta; left alone

        Raises
        ------
        TypeError, ValueError
            If theta isn't float32 or float64, or can't be changed in place, or grad, lr,
            decay_mask or an earlier theta doesn't match it.
        """
        grad = np.asarray(grad)
        self._check(theta, grad)
        lr = self._rates(theta)
        if self._pieces is None:
            self._pieces = self._cut(theta)
        if self._like is None:
            self._like = theta.shape, theta.dtype
            self.state = {name: np.zeros_like(theta) for name in self.remembers}
            self._scratch = np.empty(min(CHUNK, theta.size), theta.dtype)
        self._advance()
        arrays = [a.reshape(-1) for a in (theta, grad, *self.state.values())]
        in_place = getattr(type(self).direction, "in_place", None)  # the same in fewer passes
        for piece, decayed in self._pieces:
            part, g, *memory = (a[piece] for a in arrays)
            rate = lr if isinstance(lr, float) else lr[piece]
            for run in decayed if self.weight_decay else ():
                part[run] *= 1 - self.weight_decay * (
                    rate if isinstance(rate, float) else rate[run]
                )
            step = self._scratch[: part.size]  # used again: new memory would cost more than the sum
            if in_place:
                in_place(self, rate, g, *memory, step)
            else:
                np.multiply(rate, self.direction(g, *memory), out=step)
            part -= step
        if self.t % 100 == 0:
            _flush_denormals(self)

    def _advance(self) -> None:
        self.t += 1

    def _rates(self, theta: np.ndarray) -> float | np.ndarray:
        """The learning rate as a float, or as one number for each of theta."""
        if isinstance(self.lr, float):
            return self.lr
        try:
            return np.broadcast_to(self.lr.astype(theta.dtype), theta.shape).reshape(-1)
        except ValueError:
            raise ValueError(
                f"lr must broadcast against theta's shape {theta.shape}, got {self.lr.shape}"
            ) from None

    def _cut(self, theta: np.ndarray) -> list:
        """Slices of theta, each with the slices of its decayed parameters."""
        mask = np.ones(theta.shape, bool) if self.decay_mask is None else self.decay_mask
        if mask.shape != theta.shape:
            raise ValueError(f"decay_mask must have theta's shape {theta.shape}, got {mask.shape}")
        pieces = []
        for start in range(0, theta.size, CHUNK):
            piece = slice(start, start + CHUNK)
            flips = np.diff(mask.ravel()[piece], prepend=False, append=False)  # it turns on, or off
            runs = np.flatnonzero(flips).reshape(-1, 2).tolist()
            pieces.append((piece, [slice(*run) for run in runs]))
        return pieces

    def _check(self, theta: np.ndarray, grad: np.ndarray) -> None:
        floats_in_place("theta", theta)
        shape, dtype = self._like or (theta.shape, theta.dtype)
        if theta.shape != shape or theta.dtype != dtype:
            raise ValueError(
                f"theta must stay {dtype} of shape {shape} until reset(), "
                f"got {theta.dtype} of shape {theta.shape}"
            )
        if grad.shape != shape or grad.dtype != dtype:
            raise ValueError(
                f"grad must be {dtype} of shape {shape} as theta is, "
                f"got {grad.dtype} of shape {grad.shape}"
            )
        if not theta.flags.c_contiguous:
            raise ValueError("theta must be contiguous to be changed in place, got a strided view")


def _rate(value: Any, check: Callable[[str, Any], float]) -> float | np.ndarray:
    """A learning rate: a Python float, or an array with one for each walker or parameter."""
    if not isinstance(value, np.ndarray):
        return check("lr", value)  # np.float64 would make float32 arithmetic float64, and slow
    rates = finite("lr", value).astype(float)
    if (rates < 0).any():
        raise ValueError(f"lr must hold numbers >= 0, got {rates.min()}")
    return rates


def fresh(optimizer: Optimizer) -> Optimizer:
    """The optimizer, reset for a new run; a sentence if it isn't one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one such as SGD(lr=0.1), got {optimizer!r}")
    optimizer.reset()
    return optimizer


def going_on(optimizer: Optimizer, steps: int) -> Optimizer:
    """The optimizer as it is; a sentence if it isn't one that has taken so many steps."""
    taken = optimizer.t if isinstance(optimizer, Optimizer) else None
    if taken != steps:
        raise ValueError(
            f"optimizer must be that of the run to resume, after {steps} steps, got {optimizer!r}"
            + ("" if taken is None else f" after {taken}")
        )
    return optimizer


def rate_in_words(lr: float | np.ndarray) -> str:
    """A learning rate for a message: "0.1", or "0.001 to 0.1" where there are many."""
    return f"{lr:g}" if isinstance(lr, float) else f"{lr.min():g} to {lr.max():g}"


def _flush_denormals(optimizer: Optimizer) -> None:
    """Set what has faded to almost nothing in an optimizer's memory to zero, in place.

    A parameter that gets no gradient any more has a moment that shrinks by ``beta1`` each step.
    Below 1.2e-38 (float64: 2.2e-308) it has only denormal numbers left, on which some processors
    are slower (Intel says so of its own); there, without this, steps over such moments are slow.
    Every 100 steps is often enough: ``beta1**100 = 2.7e-5``, so what is as many times the smallest
    normal number now is still normal then (for a memory that fades faster, up to 1e8 times). Beside
    the usual eps of 1e-8, a moment as small as that changes no step by more than its rounding; an
    eps of 1e-20 would feel it, and so does `Lion`, which looks at the sign alone. What doesn't fade
    is left alone.
    """
    for name, fades_by in optimizer.remembers.items():
        if fades_by:
            a = optimizer.state[name]
            fading = max(getattr(optimizer, fades_by) ** 100, 1e-8)
            a *= np.abs(a) >= np.finfo(a.dtype).tiny / fading
