"""A network: layers in a row, whose parameters are one vector.

An optimizer sees only ``params`` and ``grads``, two flat arrays of the same length. Every layer's
``W``, ``b``, … is a *view*: a window onto its part of ``params``, with a shape of its own. Changing
one changes the other, and nothing is ever copied from one to the other.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ._check import finite, function, generator, number_and_gradient, numbers
from .activations import sigmoid
from .layers import Layer, Linear, unfold
from .losses import Loss
from .views import Views

Objective = Callable[[npt.ArrayLike], tuple[float, np.ndarray]]


class Penalty(Protocol):
    """What a network asks of a penalty, see `nnlib.penalties`."""

    def value(self, w: np.ndarray) -> float: ...
    def gradient(self, w: np.ndarray) -> np.ndarray: ...


class Network(Views):
    """Layers that are applied one after the other.

    Parameters
    ----------
    layers : list of Layer
        From input to output; a layer may be made of others. Each belongs to one network only.
    rng : numpy.random.Generator
        Draws the initial weights.
    dtype : float32 or float64
        Of all parameters; inputs are converted to it. float64 is for gradient checks.

    Attributes
    ----------
    params, grads : ndarray, (number of parameters,)
        All parameters and their gradients.
    state : ndarray
        What is remembered but not learned: running averages of batch norms.
    weights : list of (W, dW)
        The views that are weights (W, Wx, Wh), and not biases or scales; these are penalized.
    weight_mask : ndarray of bool
        True where ``params`` holds a weight.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = Network([Linear(784, 600), ReLU(), Linear(600, 10)], rng=rng)
    >>> net.params.shape
    (477010,)
    """

    params: np.ndarray
    grads: np.ndarray
    state: np.ndarray

    def __init__(
        self,
        layers: Iterable[Layer],
        *others: Any,
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ):
        if others or not isinstance(layers, Iterable):
            raise TypeError("layers must be one list: Network([Linear(3, 2), ReLU()], rng=rng)")
        self.layers, dtype, rng = list(layers), np.dtype(dtype), generator(rng)
        if dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {dtype}")
        if not self.layers:
            raise ValueError("layers must hold at least one layer, got none")
        every = _new(self.layers)

        params = np.zeros(_size(layer.param_shapes() for layer in every), dtype)
        state = np.zeros(_size(layer.state_shapes() for layer in every), dtype)
        self.bind({"params": params, "grads": np.zeros_like(params), "state": state})
        self._bind_layers()
        for layer in every:
            layer.initialize(rng)
        self._first_to_learn = next(filter(_parameters, self.layers), self.layers[0])
        takes = inspect.signature(self._first_to_learn.backward).parameters
        self._leaving_out: dict[str, Any] = {"needs_dx": False} if "needs_dx" in takes else {}
        self._output_shape: tuple | None = None

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64: that of the parameters, and of everything computed with them."""
        return self.params.dtype

    def _bind_layers(self) -> None:
        """Give every layer its views of params, grads and state; note which are weights."""
        self.weights: list[tuple[np.ndarray, np.ndarray]] = []
        self.weight_mask = np.zeros(self.params.shape, bool)
        start = state_start = 0
        for layer in unfold(self.layers):
            views = {}
            for name, shape in layer.param_shapes().items():
                part = slice(start, start + prod(shape))
                views[name] = self.params[part].reshape(shape)
                views["d" + name] = self.grads[part].reshape(shape)
                if name.startswith("W"):  # W, or Wx and Wh
                    self.weights.append((views[name], views["d" + name]))
                    self.weight_mask[part] = True
                start = part.stop
            for name, shape in layer.state_shapes().items():
                part = slice(state_start, state_start + prod(shape))
                views[name] = self.state[part].reshape(shape)
                state_start = part.stop
            layer.bind(views)

    def __setstate__(self, attributes: dict) -> None:
        self.__dict__.update(attributes)
        self._bind_layers()  # copy.deepcopy and pickle have copied each view as a new array

    def forward(self, X: npt.ArrayLike, training: bool = False) -> np.ndarray:
        """The output for a batch X (N, …): logits, for a classifier. ``net(X)`` is the same.

        Every layer keeps what ``backward`` needs until the next call.
        """
        y = numbers("X", X).astype(self.dtype, copy=False)
        if y.ndim == 0 or len(y) == 0:
            raise ValueError(f"X must hold at least one sample, got shape {y.shape}")
        for layer in self.layers:
            y = layer.forward(y, training)
        self._output_shape = y.shape
        return y

    __call__ = forward

    def backward(self, dpred: npt.ArrayLike) -> np.ndarray:
        """From the gradient of the last output to ``grads``, and to the gradient of the input.

        Parameters
        ----------
        dpred : array_like
            The loss's gradient with respect to the output of the last ``forward``.

        Returns
        -------
        ndarray
            The gradient with respect to X. (``grads`` is overwritten, not added to.)
        """
        dy: Any = self._output_gradient(dpred)
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def _output_gradient(self, dpred: npt.ArrayLike) -> np.ndarray:
        dy = np.asarray(dpred, self.dtype)
        if self._output_shape is None:
            raise ValueError("forward must have run before backward, which needs what it keeps")
        if dy.shape != self._output_shape:
            raise ValueError(
                f"dpred must have the last output's shape {self._output_shape}, got {dy.shape}"
            )
        return dy

    def value_and_grad(
        self, loss: Loss, X: npt.ArrayLike, y: npt.ArrayLike, penalty: Penalty | None = None
    ) -> tuple[float, np.ndarray]:
        """One forward and one backward pass in training mode.

        Parameters
        ----------
        loss : callable
            ``loss(pred, y) -> (float, dpred)``, from ``nnlib.losses``.
        X, y : array_like
            A batch and its targets.
        penalty : L1, L2 or ElasticNet, optional
            Added over all weights.

        Returns
        -------
        value : float
            Loss plus penalty.
        grads : ndarray
            ``self.grads`` itself, which the next call overwrites.
        """
        function("loss", loss, "(pred, y) -> (value, gradient)")
        value, dpred = number_and_gradient("loss", loss(self.forward(X, training=True), y))
        dy: Any = self._output_gradient(dpred)
        for layer in reversed(self.layers):
            if layer is self._first_to_learn:  # nobody asks for the input's gradient
                layer.backward(dy, **self._leaving_out)
                break
            dy = layer.backward(dy)
        if penalty is not None:
            for W, dW in self.weights:
                value += penalty.value(W)
                dW += penalty.gradient(W)
        return value, self.grads

    def objective(
        self, loss: Loss, X: npt.ArrayLike, y: npt.ArrayLike, penalty: Penalty | None = None
    ) -> Objective:
        """The loss on fixed data as a function of the parameters alone.

        Returns
        -------
        callable
            ``theta -> (float, gradient)``, as ``descend`` and ``check_gradient`` take it. It runs
            the network in training mode; parameters and state are afterwards what they were.

        Raises
        ------
        TypeError
            By the function, for a float64 theta if the network is float32: its loss would be that
            of a rounded theta, and a gradient check would call a right gradient wrong.
        """
        function("loss", loss, "(pred, y) -> (value, gradient)")

        def value_and_grad(theta: npt.ArrayLike) -> tuple[float, np.ndarray]:
            if getattr(theta, "dtype", None) == np.float64 != self.dtype:
                raise TypeError(
                    "theta must be float32 as the network is, got float64: for a gradient check, "
                    "make a Network(layers, rng=rng, dtype=np.float64)"
                )
            if np.shape(theta) != self.params.shape:
                raise ValueError(
                    f"theta must have the shape {self.params.shape} of the network's params, "
                    f"got {np.shape(theta)}"
                )
            with self.kept():
                self.params = np.asarray(theta)
                value, grads = self.value_and_grad(loss, X, y, penalty)
                return value, grads.copy()

        return value_and_grad

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Try something: at the end of ``with net.kept():`` parameters and state are back.

        Batch norm's running averages belong to the state; the generators of dropout do not.
        """
        snapshot = self.snapshot()
        try:
            yield
        finally:
            self.restore(snapshot)

    def snapshot(self) -> tuple[np.ndarray, np.ndarray]:
        """Copies of parameters and state, for ``restore``."""
        return self.params.copy(), self.state.copy()

    def restore(self, snapshot: tuple[np.ndarray, np.ndarray]) -> None:
        """Parameters and state as they were when ``snapshot`` was taken."""
        self.params, self.state = snapshot

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """Labels (N,) for inputs X, see ``decide``.

        Raises
        ------
        ValueError
            If X holds nan or infinity, or the output does: no label would mean anything.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # too large for the dtype is inf
            X = finite("X", numbers("X", X).astype(self.dtype, copy=False))
            return self.decide(finite("the network's output", self.forward(X)))

    def decide(self, output: npt.ArrayLike) -> np.ndarray:
        """The labels (N,) that an output (N, K) stands for.

        The index of the largest number in each row. For K = 1, 1 where the logit is >= 0; where the
        last layer is a sigmoid, and so the output a probability, 1 where that is >= 1/2.
        """
        output = np.asarray(output)
        if output.ndim != 2:
            raise ValueError(f"output must be (N, K) to stand for labels, got {output.shape}")
        if output.shape[1] == 1:
            return (output[:, 0] >= (0.5 if self.ends_in_sigmoid else 0)).astype(np.int64)
        return output.argmax(axis=1)

    @property
    def ends_in_sigmoid(self) -> bool:
        """Whether a single output is a probability, and not a logit."""
        return getattr(self.layers[-1], "function", None) is sigmoid

    def summary(self, input_shape: tuple[int, ...] | None = None) -> str:
        """A table of the layers, the shapes of their outputs, and their numbers of parameters.

        Parameters
        ----------
        input_shape : tuple of int, optional
            Shape of one sample, such as (1, 28, 28); not needed if the first layer is Linear.
        """
        if input_shape is None:
            if not isinstance(self.layers[0], Linear):
                raise ValueError(f"input_shape must be given: {self.layers[0]} takes many shapes")
            input_shape = (self.layers[0].n_in,)
        if not isinstance(input_shape, tuple | list):
            raise TypeError(f"input_shape must be a tuple such as (4,), got {input_shape!r}")
        y = np.zeros((1, *input_shape), self.dtype)
        rows = [("layer", "output", "parameters"), ("input", _shape(y), "")]
        for layer in self.layers:
            y = layer.forward(y)
            rows.append((repr(layer), _shape(y), f"{_parameters(layer):,}"))
        self._output_shape = None  # the layers have forgotten the last batch
        rows.append(("total", "", f"{self.params.size:,}"))
        left, middle, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{a:<{left}}  {b:<{middle}}  {c:>{right}}" for a, b, c in rows)

    def save(self, path: str | os.PathLike) -> None:
        """Write parameters, state and a description of the layers to an .npz file."""
        path = os.fspath(path)
        unfinished = f"{path}.part"  # an interrupted save leaves the file of the last one alone
        with open(unfinished, "wb") as file:
            np.savez(file, params=self.params, state=self.state, layers=repr(self.layers))
        os.replace(unfinished, path)

    def load(self, path: str | os.PathLike) -> None:
        """Read what ``save`` wrote into this network, which must have the same layers.

        Raises
        ------
        ValueError
            If the file is damaged or belongs to other layers; the network is then unchanged.
        """
        with open(path, "rb") as file:
            try:
                saved = np.load(file, allow_pickle=False)
                params, state, layers = saved["params"], saved["state"], str(saved["layers"])
            except Exception as error:  # damage has many names: zip, key, value, end of file
                raise ValueError(f"path must be a file that Network.save wrote: {path}") from error
        if layers != repr(self.layers):
            raise ValueError(f"path must hold a network of {self.layers}, got one of {layers}")
        shapes, saved_shapes = (self.params.shape, self.state.shape), (params.shape, state.shape)
        if saved_shapes != shapes:
            raise ValueError(
                f"path must hold params and state of shapes {shapes}, got {saved_shapes}"
            )
        self.restore((params, state))


def _new(layers: list[Layer]) -> list[Layer]:
    """All of them, unfolded: each must be a layer, in no network yet, and be here only once."""
    every = list(unfold(layers))
    for layer in every:
        if not isinstance(layer, Layer):
            raise TypeError(f"layers must hold layers such as Linear(3, 2), got {layer!r}")
        if "views" in layer.__dict__ or sum(layer is other for other in every) > 1:
            raise ValueError(f"layers must be new ones, but {layer} is already in a network")
        if early := layer.__dict__.keys() & {*layer.param_shapes(), *layer.state_shapes()}:
            raise ValueError(
                f"layers must be new ones, but {layer} has a {min(early)}: "
                "set it when the network is made, which draws the first values"
            )
    return every


def _parameters(layer: Layer) -> int:
    return _size(part.param_shapes() for part in unfold([layer]))


def _size(shape_dicts: Iterable[dict[str, tuple]]) -> int:
    return sum(prod(shape) for shapes in shape_dicts for shape in shapes.values())


def _shape(y: np.ndarray) -> str:
    return f"({', '.join(['N', *map(str, y.shape[1:])])})"
