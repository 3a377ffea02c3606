"""Recurrent layers: a sequence is read one element after the other, with the same weights.

x is (N, T, D): N sequences of T elements. A layer starts with a state of zeros, computes the next
state from the last one and the next element, and returns all of them, (N, T, H). On the way back
the gradient goes through the steps in reverse order (backpropagation through time): each state gets
one gradient from its output and one from the step after it.

The three differ in how a new state comes about. In a plain network it is always computed anew; an
LSTM and a GRU have *gates*, numbers between 0 and 1 that say how much of the old state is kept.
"""

import numpy as np

from ._check import count
from .activations import sigmoid
from .init import glorot_normal, orthogonal
from .layers import Initializer, Layer, Shapes, initializer

Arrays = tuple[np.ndarray, ...]


class Recurrent(Layer):
    """What recurrent layers have in common: the loop through time, and the sums over its steps.

    ``step`` gets the element's part x[t] Wx + b of all units, computed for all t at once, and the
    state. ``step_back`` is its way back.

    Parameters
    ----------
    n_in, n_hidden : int
        Numbers per element D, and units H.
    init : callable
        For Wx (D, k H), with k blocks of H columns: one for the state, or one for each gate, too.
        Every block of Wh (H, k H) starts orthogonal, biases at 0.
    """

    blocks = 1
    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray

    def __init__(self, n_in: int, n_hidden: int, init: Initializer = glorot_normal):
        self.n_in, self.n_hidden = count("n_in", n_in), count("n_hidden", n_hidden)
        self.init = initializer(init)

    def param_shapes(self) -> Shapes:
        d, h, k = self.n_in, self.n_hidden, self.blocks
        return {"Wx": (d, k * h), "Wh": (h, k * h), "b": (k * h,)}

    def initialize(self, rng: np.random.Generator) -> None:
        d, h = self.n_in, self.n_hidden
        self.Wx = np.hstack([self.init((d, h), rng) for _ in range(self.blocks)])
        self.Wh = np.hstack([orthogonal((h, h), rng) for _ in range(self.blocks)])

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim != 3 or x.shape[1] < 1 or x.shape[2] != self.n_in:
            raise ValueError(f"{self} takes x of shape (N, T, {self.n_in}), T >= 1, got {x.shape}")
        from_x = x @ self.Wx + self.b
        state = self.start(len(x), x.dtype)
        self.x, self.states, self.kept = x, [state], []
        for t in range(x.shape[1]):
            state, kept = self.step(from_x[:, t], state)
            self.states.append(state)
            self.kept.append(kept)
        return np.stack([state[0] for state in self.states[1:]], axis=1)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dz = np.empty((*dy.shape[:2], self.Wx.shape[1]), dy.dtype)
        dstate = self.start(len(dy), dy.dtype)
        for name in self.param_shapes():
            setattr(self, f"d{name}", 0)
        for t in reversed(range(dy.shape[1])):
            dstate = (dstate[0] + dy[:, t], *dstate[1:])
            dz[:, t], dstate = self.step_back(dstate, self.states[t], self.kept[t])
        rows = dz.reshape(-1, dz.shape[2])
        self.dWx += self.x.reshape(-1, self.n_in).T @ rows
        self.db += rows.sum(axis=0)
        return dz @ self.Wx.T

    def start(self, n: int, dtype: np.dtype) -> Arrays:
        """The state before the first element; h comes first, it is what the layer returns."""
        return (np.zeros((n, self.n_hidden), dtype),)

    def step(self, from_x: np.ndarray, state: Arrays) -> tuple[Arrays, Arrays]:
        """The next state, and what ``step_back`` needs."""
        raise NotImplementedError

    def step_back(self, dstate: Arrays, state: Arrays, kept: Arrays) -> tuple[np.ndarray, Arrays]:
        """Gradients of ``from_x`` and of the state before; those of Wh and bh are added to."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n_in}, {self.n_hidden})"


class RNN(Recurrent):
    """A plain recurrent network, h' = tanh(x Wx + h Wh + b) (Elman, 1990).

    The gradient of an early state is a product of as many factors Wh diag(1 - h²) as there are
    steps: it vanishes or explodes (Hochreiter, 1991; Bengio et al., 1994).
    """

    def step(self, from_x: np.ndarray, state: Arrays) -> tuple[Arrays, Arrays]:
        (h,) = state
        new = np.tanh(from_x + h @ self.Wh)
        return (new,), (new,)

    def step_back(self, dstate: Arrays, state: Arrays, kept: Arrays) -> tuple[np.ndarray, Arrays]:
        (dnew,), (h,), (new,) = dstate, state, kept
        dz = dnew * (1 - np.square(new))
        self.dWh += h.T @ dz
        return dz, (dz @ self.Wh.T,)


class LSTM(Recurrent):
    """Long short-term memory: a cell c that is added to, and gates i, f and o around it.

    c' = f c + i g and h' = o tanh(c'), where i, f, o = sigmoid(z) and g = tanh(z) of four blocks of
    z = x Wx + h Wh + b. Along c, the gradient of one step is the factor f and nothing else, so that
    what is kept can be learned over many steps (Hochreiter & Schmidhuber, 1997; the forget gate f:
    Gers et al., 2000). Blocks stand in PyTorch's order i, f, g, o. The bias of f starts at 1: keep.
    """

    blocks = 4

    def initialize(self, rng: np.random.Generator) -> None:
        super().initialize(rng)
        self.b[self.n_hidden : 2 * self.n_hidden] = 1

    def start(self, n: int, dtype: np.dtype) -> Arrays:
        return 2 * super().start(n, dtype)  # h and c

    def step(self, from_x: np.ndarray, state: Arrays) -> tuple[Arrays, Arrays]:
        h, c = state
        i, f, g, o = np.split(from_x + h @ self.Wh, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        bent = np.tanh(c)
        return (o * bent, c), (i, f, g, o, bent)

    def step_back(self, dstate: Arrays, state: Arrays, kept: Arrays) -> tuple[np.ndarray, Arrays]:
        (dh, dc), (h, c), (i, f, g, o, bent) = dstate, state, kept
        dc = dc + dh * o * (1 - bent**2)  # c' acts later by itself, and now through h'
        di, df, dg, do = dc * g, dc * c, dc * i, dh * bent
        dz = np.hstack([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)])
        self.dWh += h.T @ dz
        return dz, (dz @ self.Wh.T, dc * f)


class GRU(Recurrent):
    """Gated recurrent unit: h' = (1 - u) n + u h, a mixture of a new state and the old one.

    u = sigmoid(xu + hu) says how much is kept, r = sigmoid(xr + hr) how much of the old state the
    new one n = tanh(xn + r hn) sees; xr, xu, xn are three blocks of x Wx + b, and hr, hu, hn of
    h Wh + bh (Cho et al., 2014). Here r multiplies hn after the product, as in PyTorch, whose order
    of blocks r, u, n this is.
    """

    blocks = 3
    bh: np.ndarray

    def param_shapes(self) -> Shapes:
        return {**super().param_shapes(), "bh": (self.n_hidden,)}

    def step(self, from_x: np.ndarray, state: Arrays) -> tuple[Arrays, Arrays]:
        (h,) = state
        (xr, xu, xn), (hr, hu, hn) = (np.split(z, 3, axis=1) for z in (from_x, h @ self.Wh))
        r, u, hn = sigmoid(xr + hr), sigmoid(xu + hu), hn + self.bh
        n = np.tanh(xn + r * hn)
        return ((1 - u) * n + u * h,), (r, u, n, hn)

    def step_back(self, dstate: Arrays, state: Arrays, kept: Arrays) -> tuple[np.ndarray, Arrays]:
        (dnew,), (h,), (r, u, n, hn) = dstate, state, kept
        dn = dnew * (1 - u) * (1 - n**2)
        dr, du = dn * hn * r * (1 - r), dnew * (h - n) * u * (1 - u)
        from_h = np.hstack([dr, du, dn * r])
        self.dWh += h.T @ from_h
        self.dbh += from_h[:, 2 * self.n_hidden :].sum(axis=0)
        return np.hstack([dr, du, dn]), (from_h @ self.Wh.T + dnew * u,)
