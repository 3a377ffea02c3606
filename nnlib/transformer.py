"""The parts of a transformer: tokens become vectors, learn where they stand, and look at others.

A block is two residual connections, one around attention and one around a small dense network:
``Residual([LayerNorm(d), SelfAttention(d, heads)])``, then
``Residual([LayerNorm(d), Linear(d, 4 * d), GELU(), Linear(4 * d, d)])``. That is the form with the
norm before (Xiong et al., 2020); in Vaswani et al. (2017) it stood after each sum.

Sequences are (N, T, d): N of them, T tokens each, every token a vector of d numbers.
"""

from typing import Any

import numpy as np

from ._check import count
from .init import glorot_normal, normal
from .layers import Layer, Linear, Shapes
from .sequence import attention, attention_backward, attention_weights, causal_mask


class Embedding(Layer):
    """A vector for every token of a vocabulary, learned: y[n, t] = W[x[n, t]].

    That is a dense layer for one-hot rows, without the products with 0. A gradient reaches only the
    rows that were looked up, and adds up where a token comes more than once.

    Parameters
    ----------
    n_tokens : int
        Tokens are the whole numbers from 0 to n_tokens - 1; x holds them as floats (N, T).
    d : int
        Numbers per token; W is (n_tokens, d), normal with standard deviation 0.02 at first.
    """

    W: np.ndarray
    dW: np.ndarray

    def __init__(self, n_tokens: int, d: int):
        self.n_tokens, self.d = count("n_tokens", n_tokens), count("d", d)

    def param_shapes(self) -> Shapes:
        return {"W": (self.n_tokens, self.d)}

    def initialize(self, rng: np.random.Generator) -> None:
        self.W = normal(self.W.shape, rng, std=0.02)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if not x.size:
            raise ValueError(f"{self} takes at least one token, got x of shape {x.shape}")
        with np.errstate(invalid="ignore"):  # nan is no whole number, either
            tokens = x.astype(np.intp)
        if (tokens != x).any() or tokens.min() < 0 or tokens.max() >= self.n_tokens:
            raise ValueError(
                f"{self} takes whole numbers from 0 to {self.n_tokens - 1}, "
                f"got numbers from {x.min():g} to {x.max():g}"
            )
        self.tokens = tokens
        return self.W[tokens]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.dW[:] = 0
        np.add.at(self.dW, self.tokens, dy)
        return np.zeros(self.tokens.shape, dy.dtype)  # a token has no derivative

    def __repr__(self) -> str:
        return f"Embedding({self.n_tokens}, {self.d})"


def sinusoids(length: int, d: int) -> np.ndarray:
    """A vector for every place in a sequence, (T, d), without learning (Vaswani et al., 2017).

    Columns 2k and 2k + 1 are sin(t w) and cos(t w) with w = 10000^(-2k / d): waves from short to
    long. A shift by s turns each pair by the angle s w, the same at every place.

    Parameters
    ----------
    length : int
        Places, T.
    d : int
        Numbers per place, even.
    """
    length, d = count("length", length), count("d", d, least=2)
    if d % 2:
        raise ValueError(f"d must be even, a sine and a cosine for every wave, got {d}")
    frequencies = 10000.0 ** (-np.arange(0, d, 2) / d)
    angles = np.outer(np.arange(length), frequencies)  # (T, d / 2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d)


class Positions(Layer):
    """Add a learned vector to every token, by its place: y[n, t] = x[n, t] + P[t].

    Attention by itself doesn't know the order of its keys.

    Parameters
    ----------
    length : int
        The longest sequence; shorter ones use the first rows of P (length, d).
    d : int
    """

    P: np.ndarray
    dP: np.ndarray

    def __init__(self, length: int, d: int):
        self.length, self.d = count("length", length), count("d", d)

    def param_shapes(self) -> Shapes:
        return {"P": (self.length, self.d)}

    def initialize(self, rng: np.random.Generator) -> None:
        self.P = normal(self.P.shape, rng, std=0.02)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim != 3 or not 1 <= x.shape[1] <= self.length or x.shape[2] != self.d:
            shape = f"(N, T, {self.d}), T from 1 to {self.length}"
            raise ValueError(f"{self} takes x of shape {shape}, got {x.shape}")
        return x + self.P[: x.shape[1]]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.dP[:] = 0
        self.dP[: dy.shape[1]] = dy.sum(axis=0)
        return dy

    def __repr__(self) -> str:
        return f"Positions({self.length}, {self.d})"


class SelfAttention(Layer):
    """Several heads of attention, of every token to all tokens of its sequence.

    Three dense layers turn each token into query, key and value; each head takes its own d / heads
    numbers of them, and looks by itself; a fourth dense layer mixes what the heads have seen
    (Vaswani et al., 2017). What was looked at is in ``A`` (N, heads, T, T) after ``forward``.

    Parameters
    ----------
    d : int
        Numbers per token.
    heads : int
        Divides d.
    causal : bool
        Whether a token may look only at itself and at those before it.
    """

    def __init__(self, d: int, heads: int = 1, causal: bool = False):
        self.d, self.heads, self.causal = count("d", d), count("heads", heads), bool(causal)
        if self.d % self.heads:
            raise ValueError(f"heads must divide d = {self.d}, got {self.heads}")
        self.query, self.key, self.value, self.mix = (
            Linear(self.d, self.d, init=glorot_normal) for _ in range(4)
        )
        self.layers = [self.query, self.key, self.value, self.mix]

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim != 3 or x.shape[1] < 1 or x.shape[2] != self.d:
            raise ValueError(f"{self} takes x of shape (N, T, {self.d}), T >= 1, got {x.shape}")
        self.mask = causal_mask(x.shape[1]) if self.causal else None
        self.Q, self.K, self.V = (self.split(dense.forward(x)) for dense in self.layers[:3])
        return self.mix.forward(self.join(attention(self.Q, self.K, self.V, self.mask)))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dseen: Any = self.mix.backward(dy)
        dQ, dK, dV = attention_backward(self.split(dseen), self.Q, self.K, self.V, self.mask)
        dx: Any = self.query.backward(self.join(dQ))  # x went three ways: its gradients add up
        return dx + self.key.backward(self.join(dK)) + self.value.backward(self.join(dV))

    @property
    def A(self) -> np.ndarray:
        """The weights of the last ``forward``: sequence, head, who looks, at whom."""
        return attention_weights(self.Q, self.K, self.mask)

    def split(self, x: np.ndarray) -> np.ndarray:
        """(N, T, d) -> (N, heads, T, d / heads)."""
        n, t, _ = x.shape
        return x.reshape(n, t, self.heads, -1).swapaxes(1, 2)

    def join(self, x: np.ndarray) -> np.ndarray:
        """(N, heads, T, d / heads) -> (N, T, d)."""
        n, _, t, _ = x.shape
        return x.swapaxes(1, 2).reshape(n, t, self.d)

    def __repr__(self) -> str:
        causal = ", causal=True" if self.causal else ""
        return f"SelfAttention({self.d}, {self.heads}{causal})"
