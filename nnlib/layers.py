"""Layers: functions that can be run forwards and, for the gradient, backwards.

``forward(x)`` computes y and keeps what the way back needs. ``backward(dy)`` is handed the gradient
of the loss with respect to y, and applies the chain rule once: it writes the gradients of the
layer's own parameters (``dW`` beside ``W``), and returns the gradient with respect to x, which is
the dy of the layer before.

A layer alone has no parameters yet, only their shapes. The Network that it is put into allocates
them all in one vector, and gives the layer *views* into it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ._check import count, function, generator, unit_interval
from .activations import ACTIVATIONS, prelu, relu_derivative, softmax
from .init import he_normal, zeros
from .views import Views

Shapes = dict[str, tuple[int, ...]]
Initializer = Callable[[tuple[int, ...], np.random.Generator], np.ndarray]


class Layer(Views):
    """What all layers have in common; a layer without parameters adds only forward and backward.

    A layer that is made of others has them in ``layers``: the network gives each its arrays.
    """

    layers: "Sequence[Layer]" = ()

    def param_shapes(self) -> Shapes:
        """Names and shapes of what is learned, such as {"W": (784, 600), "b": (600,)}."""
        return {}

    def state_shapes(self) -> Shapes:
        """Names and shapes of what is remembered but not learned, such as running averages."""
        return {}

    def initialize(self, rng: np.random.Generator) -> None:
        """Fill parameters and state with their first values."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """y = f(x). Some layers behave differently in training (dropout, batch norm)."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Overwrite the parameters' gradients, and return the input's: dx = dy · df/dx.

        A layer that can leave dx out where nobody needs it takes a second argument,
        ``needs_dx=True``: a network passes False to its first layer when it trains. A layer without
        this argument is never asked to leave anything out.
        """
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:  # only called for what is not there
        raise AttributeError(
            f"{type(self).__name__} has no {name!r} (yet: parameters appear when the layer is put "
            "into a Network, and what backward needs when forward has run)"
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def unfold(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Each of these layers, followed by those that it is made of."""
    for layer in layers:
        yield layer
        yield from unfold(getattr(layer, "layers", ()))


class Linear(Layer):
    """A dense layer: every unit sums all inputs, weighted, and adds its bias, Y = X W + b.

    Samples are rows (N, n_in), or sequences of rows (N, T, n_in), each row by itself.

    Parameters
    ----------
    n_in, n_out : int
        Inputs and units; W has shape (n_in, n_out), one column per unit.
    init : callable
        ``init(shape, rng) -> array`` for W, from ``nnlib.init``. Biases start at 0.
    bias : bool
        Without one if a batch norm follows, which would subtract it again.
    """

    W: np.ndarray
    b: np.ndarray

    def __init__(self, n_in: int, n_out: int, init: Initializer = he_normal, bias: bool = True):
        self.n_in, self.n_out = count("n_in", n_in), count("n_out", n_out)
        self.init, self.bias = initializer(init), bool(bias)

    def param_shapes(self) -> Shapes:
        shapes = {"W": (self.n_in, self.n_out), "b": (self.n_out,)}
        return shapes if self.bias else {"W": shapes["W"]}

    def initialize(self, rng: np.random.Generator) -> None:
        self.W = self.init(self.W.shape, rng)
        if self.bias:
            self.b = zeros(self.b.shape)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim not in (2, 3) or x.shape[-1] != self.n_in:
            n = self.n_in
            raise ValueError(f"{self} takes x of shape (N, {n}) or (N, T, {n}), got {x.shape}")
        self.x = x  # (N, n_in)
        y = x @ self.W  # (N, n_out)
        if self.bias:
            y += self.b
        return y

    def backward(self, dy: np.ndarray, needs_dx: bool = True) -> np.ndarray | None:
        """Each weight's gradient is its input times its output's gradient, summed over the batch.

        dW = Xᵀ dY, db = sum of dY's rows, dX = dY Wᵀ.
        """
        x, rows = self.x.reshape(-1, self.n_in), dy.reshape(-1, self.n_out)
        np.matmul(x.T, rows, out=self.dW)  # (n_in, N) @ (N, n_out), straight into net.grads
        if self.bias:
            rows.sum(axis=0, out=self.db)
        return dy @ self.W.T if needs_dx else None  # (N, n_out) @ (n_out, n_in)

    def __repr__(self) -> str:
        return f"Linear({self.n_in}, {self.n_out}{'' if self.bias else ', bias=False'})"


class Activation(Layer):
    """An activation function for every number by itself: y = f(x), so dx = dy f'(x).

    Parameters
    ----------
    name : str
        One of ``nnlib.activations.ACTIVATIONS``, such as "relu".
    **options
        What the function takes besides, such as ``slope=0.2`` for "leaky_relu".
    """

    def __init__(self, name: str, **options: float):
        if not isinstance(name, str) or name not in ACTIVATIONS:
            raise ValueError(f"name must be one of {', '.join(ACTIVATIONS)}, got {name!r}")
        self.name, self.options = name, options
        self.function, self.derivative = ACTIVATIONS[name]
        if options:
            self.function = partial(self.function, **options)
            self.derivative = partial(self.derivative, **options)
            self.function(0.0)  # wrong options are refused here, and not in the middle of a run

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.x = x
        return self.function(x)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy * self.derivative(self.x)

    def __repr__(self) -> str:
        options = "".join(f", {option}={value}" for option, value in self.options.items())
        return f"Activation({self.name!r}{options})"


class NamedActivation(Activation):
    """An activation that is called by its class."""

    def __init__(self, **options: float):
        super().__init__(self.name, **options)


class Sigmoid(NamedActivation):
    """1 / (1 + exp(-x)), from 0 to 1."""

    name = "sigmoid"


class Tanh(NamedActivation):
    """The hyperbolic tangent, from -1 to 1."""

    name = "tanh"


class ReLU(NamedActivation):
    """max(x, 0)."""

    name = "relu"


class LeakyReLU(NamedActivation):
    """x for x > 0, else slope · x; ``LeakyReLU(slope=0.01)`` if nothing else is said."""

    name = "leaky_relu"


class ELU(NamedActivation):
    """x for x > 0, else alpha (exp(x) - 1); ``ELU(alpha=1.0)`` if nothing else is said."""

    name = "elu"


class SELU(NamedActivation):
    """A scaled ELU that keeps mean 0 and variance 1."""

    name = "selu"


class GELU(NamedActivation):
    """x times the probability that a standard normal number is below x."""

    name = "gelu"


class SiLU(NamedActivation):
    """x sigmoid(x)."""

    name = "silu"


class Softplus(NamedActivation):
    """log(1 + exp(x)), a smooth ReLU."""

    name = "softplus"


class PReLU(Layer):
    """Leaky ReLU that learns the slope of each unit or channel (He et al., 2015).

    Parameters
    ----------
    n : int
        Units of (N, n), or channels of (N, n, H, W).
    """

    def __init__(self, n: int):
        self.n = count("n", n)

    def param_shapes(self) -> Shapes:
        return {"slope": (self.n,)}

    def initialize(self, rng: np.random.Generator) -> None:
        self.slope[:] = 0.25  # the paper's choice

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        check_channels(self, x, self.n)
        self.x = x
        return prelu(x, per_channel(self.slope, x))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self.x
        self.dslope = (dy * np.minimum(x, 0)).sum(axis=all_but_channels(x))
        step = relu_derivative(x)
        return dy * (step + per_channel(self.slope, x) * (1 - step))

    def __repr__(self) -> str:
        return f"PReLU({self.n})"


class Softmax(Layer):
    """Rows of logits become rows of probabilities.

    Rarely needed: the cross-entropy losses take logits, and are stable because of it.
    """

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.p = softmax(x)  # (N, K)
        return self.p.copy()  # the reader may change what is returned, but not what backward needs

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx_i = sum_j dy_j p_j (δ_ij - p_i) = p_i (dy_i - sum_j dy_j p_j), as p sums to 1."""
        return self.p * (dy - np.sum(dy * self.p, axis=-1, keepdims=True))


class Dropout(Layer):
    """In training, zero each number with probability p and divide the others by 1 - p.

    The division ("inverted" dropout) keeps every expectation, so that nothing is left to do at test
    time: then the layer passes x on (Hinton et al., 2012; Srivastava et al., 2014).

    Parameters
    ----------
    p : float in [0, 1)
        The probability to *drop*.
    rng : numpy.random.Generator
    """

    def __init__(self, p: float, rng: np.random.Generator):
        self.p, self.rng = unit_interval("p", p), generator(rng)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.scale = 1.0
        if training and self.p > 0:
            keep = self.rng.random(x.shape, dtype=x.dtype) >= self.p
            self.scale = keep * x.dtype.type(1 / (1 - self.p))  # 0 or 1 / (1 - p), same dtype
        return x * self.scale

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy * self.scale

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


class Flatten(Layer):
    """Images (N, C, H, W) become rows (N, C·H·W)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy.reshape(self.shape)


def per_channel(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Reshape a (C,) so that it broadcasts against x (N, C) or (N, C, H, W)."""
    return a.reshape(-1, *(1,) * (x.ndim - 2))


def all_but_channels(x: np.ndarray) -> tuple[int, ...]:
    """The axes to sum over to be left with one number per channel: (0,) or (0, 2, 3)."""
    return (0, *range(2, x.ndim))


def check_channels(layer: Layer, x: np.ndarray, n: int) -> None:
    """x must be (N, n), or have further axes, such as (N, n, H, W)."""
    if x.ndim < 2 or x.shape[1] != n:
        raise ValueError(f"{layer} takes x of shape (N, {n}) or (N, {n}, H, W), got {x.shape}")


def initializer(init: Initializer) -> Initializer:
    """A function that draws weights, called ``init(shape, rng)``."""
    return function("init", init, "(shape, rng) -> array")
