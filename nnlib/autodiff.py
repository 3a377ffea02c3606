"""Autodiff: derivatives of any program that is made of a few known operations.

Computing with `Value` looks like computing with numbers. Behind it, every result remembers which
operation made it from which parents, and how a gradient travels back to each of them: the program
draws its own graph while it runs. ``loss.backward()`` then walks through the graph from the end to
the beginning, once, and applies the chain rule at every node. That is reverse mode: one walk gives
the derivatives with respect to everything, at the cost of about two forward runs.

The networks of this library don't use it: their layers carry the same rules in larger pieces.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ._check import floats, number
from .activations import sigmoid

Back = Callable[[np.ndarray], np.ndarray]  # a gradient on its way to one parent


class Value:
    """A number or an array that remembers how it was computed.

    Parameters
    ----------
    data : float or array
    name : str
        What a drawing of the graph calls it.

    Attributes
    ----------
    data, grad : array
        The value, and after ``backward()`` the derivative of its result with respect to it.
    op : str
        The operation that made it, such as "+"; "" for what was put in.
    parents : tuple of Value
        What it was made of.
    backs : tuple of functions, one for each parent
        ``back(g)`` turns the gradient g of this value into its share in the parent's: g times the
        local derivative.

    Examples
    --------
    >>> a = Value(3.0)
    >>> b = a * a + 2 * a
    >>> b.backward()
    >>> print(b.data, a.grad)
    15.0 8.0
    """

    __array_ufunc__ = None  # array + value then asks the value how to add

    def __init__(
        self,
        data: npt.ArrayLike,
        op: str = "",
        parents: Sequence["Value"] = (),
        backs: Sequence[Back] = (),
        name: str = "",
    ):
        self.data = np.array(floats("data", data))  # of its own, whatever becomes of yours
        self.op, self.name = op, name
        self.parents, self.backs = tuple(parents), tuple(backs)
        self.grad = np.zeros_like(self.data)

    def __array__(self, *arguments: object, **named: object) -> np.ndarray:
        raise TypeError("NumPy's functions take no Value: use its methods, such as a.sum()")

    def __repr__(self) -> str:
        return f"Value({self.name + ': ' if self.name else ''}{self.data}, grad {self.grad})"

    # Each operation: the result, and how the result's gradient g travels back to its parents.

    def __add__(self, other: "Operand") -> "Value":
        other = self._value(other)
        return Value(self.data + other.data, "+", (self, other), (lambda g: g, lambda g: g))

    def __sub__(self, other: "Operand") -> "Value":
        other = self._value(other)
        return Value(self.data - other.data, "-", (self, other), (lambda g: g, lambda g: -g))

    def __mul__(self, other: "Operand") -> "Value":
        other = self._value(other)
        return Value(
            self.data * other.data,
            "*",
            (self, other),
            (lambda g: g * other.data, lambda g: g * self.data),
        )

    def __truediv__(self, other: "Operand") -> "Value":
        other = self._value(other)
        return Value(
            self.data / other.data,
            "/",
            (self, other),
            (lambda g: g / other.data, lambda g: -g * (self.data / other.data) / other.data),
        )

    def __matmul__(self, other: "Operand") -> "Value":  # (N, D) @ (D, K)
        other = self._value(other)
        if self.data.ndim != 2 or other.data.ndim != 2:
            raise ValueError(f"@ takes two matrices, got {self.data.shape} and {other.data.shape}")
        return Value(
            self.data @ other.data,
            "@",
            (self, other),
            (lambda g: g @ other.data.T, lambda g: self.data.T @ g),
        )

    def __pow__(self, n: float) -> "Value":  # n is a plain number
        return Value(
            self.data ** number("n", n),
            f"**{n}",
            (self,),
            (lambda g: g * n * self.data ** (n - 1 if n else 0),),
        )  # no 0 / 0 for n = 0

    def __neg__(self) -> "Value":
        return Value(-self.data, "neg", (self,), (lambda g: -g,))

    def exp(self) -> "Value":
        """The exponential function of every number."""
        y = np.exp(self.data)
        return Value(y, "exp", (self,), (lambda g: g * y,))

    def log(self) -> "Value":
        """The natural logarithm of every number."""
        return Value(np.log(self.data), "log", (self,), (lambda g: g / self.data,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent of every number."""
        y = np.tanh(self.data)
        return Value(y, "tanh", (self,), (lambda g: g * (1 - y * y),))

    def sigmoid(self) -> "Value":
        """1 / (1 + exp(-x)) of every number x."""
        y = sigmoid(self.data)
        return Value(y, "sigmoid", (self,), (lambda g: g * y * (1 - y),))

    def relu(self) -> "Value":
        """max(x, 0) of every number x."""
        return Value(np.maximum(self.data, 0), "relu", (self,), (lambda g: g * (self.data > 0),))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Value":
        """The sum over an axis, or over all numbers, as in NumPy."""

        def back(g: np.ndarray) -> np.ndarray:  # every summand gets the gradient of its sum
            return np.broadcast_to(
                g if axis is None or keepdims else np.expand_dims(g, axis), self.data.shape
            )

        return Value(self.data.sum(axis=axis, keepdims=keepdims), "sum", (self,), (back,))

    def __radd__(self, other: "Operand") -> "Value":
        return self._value(other) + self

    def __rsub__(self, other: "Operand") -> "Value":
        return self._value(other) - self

    def __rmul__(self, other: "Operand") -> "Value":
        return self._value(other) * self

    def __rtruediv__(self, other: "Operand") -> "Value":
        return self._value(other) / self

    def __rmatmul__(self, other: "Operand") -> "Value":
        return self._value(other) @ self

    def _value(self, other: "Operand") -> "Value":
        """A plain number or array as a Value, in this one's precision."""
        return (
            other
            if isinstance(other, Value)
            else Value(floats("the other operand", other).astype(self.data.dtype))
        )

    def graph(self) -> list["Value"]:
        """All values that this one depends on, and itself: parents always before children.

        The order matters. A value may be used several times, and can hand its gradient on only
        when it has received every share of it. With ``b = a + a; c = b + b`` each ``+`` sends back
        two shares of 1. If b hands on its first share at once (1 to each a) and later its total
        (2 to each a), a ends with 6; the derivative of ``4 * a`` is 4.
        """
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            value, parents_are_done = stack.pop()
            if parents_are_done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))  # comes up again when its parents are through
                stack.extend((parent, False) for parent in value.parents)
        return order

    def backward(self) -> None:
        """Set ``grad`` of everything in the graph to d self / d it, overwriting earlier ones."""
        if self.data.size != 1:
            raise ValueError(f"backward starts from one number, got shape {self.data.shape}")
        order = self.graph()
        for value in order:
            value.grad = np.zeros_like(value.data)
        self.grad = np.ones_like(self.data)
        for value in reversed(order):
            for parent, back in zip(value.parents, value.backs, strict=True):
                share = _unbroadcast(back(value.grad), parent.data.shape)
                parent.grad = parent.grad + share.astype(parent.data.dtype, copy=False)

    def local_derivatives(self) -> tuple[np.ndarray, ...]:
        """d self / d parent for each parent: what a gradient of 1 becomes on its way there.

        For scalars. Between arrays the derivative is a matrix; this is its diagonal where the
        operation takes each number by itself, and not a derivative at all for ``@``.
        """
        return tuple(back(np.ones_like(self.data)) for back in self.backs)


Operand = Value | npt.ArrayLike  # what stands beside a Value in a formula


def _unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum g over the axes along which an array of this shape was repeated by broadcasting."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
