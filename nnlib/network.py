"""A network: layers in a row, whose parameters are one vector.

An optimizer sees only ``params`` and ``grads``, two flat arrays of the same length. Every layer's
``W``, ``b``, … is a *view*: a window onto its part of ``params``, with a shape of its own. Changing
one changes the other, and nothing is ever copied from one to the other.
"""

import os
from math import prod

import numpy as np

from ._check import generator
from .activations import sigmoid
from .layers import Layer, Linear


class Network:
    """Layers that are applied one after the other.

    Parameters
    ----------
    layers : list of Layer
        From input to output. A layer object belongs to one network only.
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
        The views that are weights, and not biases or scales; these are penalized.
    weight_mask : ndarray of bool
        True where ``params`` holds a weight.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = Network([Linear(784, 600), ReLU(), Linear(600, 10)], rng=rng)
    >>> net.params.shape
    (477010,)
    """

    def __init__(self, layers, *, rng: np.random.Generator, dtype=np.float32):
        self.layers = list(layers)
        self.dtype = np.dtype(dtype)
        generator(rng)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype must be float32 or float64, got {self.dtype}")
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must hold layers such as Linear(3, 2), got {layer!r}")
            if "views" in layer.__dict__ or sum(layer is other for other in self.layers) > 1:
                raise ValueError(f"layers must be new ones, but {layer} is already in a network")
        if not self.layers:
            raise ValueError("layers must hold at least one layer, got none")

        self.params = np.zeros(_size(layer.param_shapes() for layer in self.layers), self.dtype)
        self.state = np.zeros(_size(layer.state_shapes() for layer in self.layers), self.dtype)
        self.grads = np.zeros_like(self.params)
        self._bind()
        for layer in self.layers:
            layer.initialize(rng)
        learning = [i for i, layer in enumerate(self.layers) if layer.param_shapes()]
        self._first_to_learn = min(learning, default=0)
        self._output_shape = None

    def _bind(self):
        """Give every layer its views of params, grads and state; note which are weights."""
        self.weights, self.weight_mask = [], np.zeros(self.params.shape, bool)
        start = state_start = 0
        for layer in self.layers:
            views = {}
            for name, shape in layer.param_shapes().items():
                part = slice(start, start + prod(shape))
                views[name] = self.params[part].reshape(shape)
                views["d" + name] = self.grads[part].reshape(shape)
                if name == "W":
                    self.weights.append((views["W"], views["dW"]))
                    self.weight_mask[part] = True
                start = part.stop
            for name, shape in layer.state_shapes().items():
                part = slice(state_start, state_start + prod(shape))
                views[name] = self.state[part].reshape(shape)
                state_start = part.stop
            layer.bind(views)

    def __setstate__(self, attributes):  # copy.deepcopy and pickle copy a view as a new array
        self.__dict__.update(attributes)
        self._bind()

    def forward(self, X, training: bool = False) -> np.ndarray:
        """The output for a batch X (N, …): logits, for a classifier. ``net(X)`` is the same.

        Every layer keeps what ``backward`` needs until the next call.
        """
        y = np.asarray(X, self.dtype)
        if y.ndim == 0 or len(y) == 0:
            raise ValueError(f"X must hold at least one sample, got shape {y.shape}")
        for layer in self.layers:
            y = layer.forward(y, training)
        self._output_shape = y.shape
        return y

    __call__ = forward

    def backward(self, dpred) -> np.ndarray:
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
        return self._backward_to(0, dpred)

    def _backward_to(self, first, dpred):
        """Backward through all layers from the last to number ``first``."""
        dy = np.asarray(dpred, self.dtype)
        if self._output_shape is None:
            raise ValueError("forward must have run before backward, which needs what it keeps")
        if dy.shape != self._output_shape:
            raise ValueError(
                f"dpred must have the last output's shape {self._output_shape}, got {dy.shape}"
            )
        for layer in reversed(self.layers[first:]):
            dy = layer.backward(dy)
        return dy

    def value_and_grad(self, loss, X, y, penalty=None) -> tuple[float, np.ndarray]:
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
        value, dpred = loss(self.forward(X, training=True), y)
        first = self._first_to_learn  # nobody asks for the input's gradient: the way ends here
        self.layers[first].backward_params(self._backward_to(first + 1, dpred))
        if penalty is not None:
            for W, dW in self.weights:
                value += penalty.value(W)
                dW += penalty.gradient(W)
        return value, self.grads

    def objective(self, loss, X, y, penalty=None):
        """The loss on fixed data as a function of the parameters alone.

        Returns
        -------
        callable
            ``theta -> (float, gradient)``, as ``descend`` and ``check_gradient`` take it. It runs
            the network in training mode, and leaves theta in its ``params``: after a gradient
            check, these are h away from where they were.
        """

        def value_and_grad(theta):
            self.params[:] = theta
            value, grads = self.value_and_grad(loss, X, y, penalty)
            return value, grads.copy()

        return value_and_grad

    def predict(self, X) -> np.ndarray:
        """Labels (N,) for inputs X, see ``decide``."""
        return self.decide(self.forward(X))

    def decide(self, output) -> np.ndarray:
        """The labels (N,) that an output (N, K) stands for.

        The index of the largest number in each row. For K = 1, 1 where the logit is >= 0; where the
        last layer is a sigmoid, and so the output a probability, 1 where that is >= 1/2.
        """
        if output.ndim != 2:
            raise ValueError(f"output must be (N, K) to stand for labels, got {output.shape}")
        if output.shape[1] == 1:
            ends_in_sigmoid = getattr(self.layers[-1], "function", None) is sigmoid
            return (output[:, 0] >= (0.5 if ends_in_sigmoid else 0)).astype(np.int64)
        return output.argmax(axis=1)

    def summary(self, input_shape=None) -> str:
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
            rows.append((repr(layer), _shape(y), f"{_size([layer.param_shapes()]):,}"))
        rows.append(("total", "", f"{self.params.size:,}"))
        left, middle, right = (max(map(len, column)) for column in zip(*rows, strict=True))
        return "\n".join(f"{a:<{left}}  {b:<{middle}}  {c:>{right}}" for a, b, c in rows)

    def save(self, path):
        """Write parameters, state and a description of the layers to an .npz file."""
        unfinished = f"{path}.part"  # an interrupted save leaves the file of the last one alone
        with open(unfinished, "wb") as file:
            np.savez(file, params=self.params, state=self.state, layers=repr(self.layers))
        os.replace(unfinished, path)

    def load(self, path):
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
        self.params[:], self.state[:] = params, state


def _size(shape_dicts):
    return sum(prod(shape) for shapes in shape_dicts for shape in shapes.values())


def _shape(y):
    return f"({', '.join(['N', *map(str, y.shape[1:])])})"
