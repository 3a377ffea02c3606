"""Recurrent layers with something changed: the way back cut short, or a norm inside."""

import numpy as np

from nnlib.norms import moments, standardize, standardize_backward
from nnlib.recurrence import RNN


def truncated(kind, window):
    """A recurrent layer whose gradient never passes t = window, 2 window, 3 window, …

    That is what comes of reading a sequence in pieces, each from the state that the last one left,
    and of going back through one piece at a time.
    """

    class Truncated(kind):
        def backward(self, dy):
            self.t = dy.shape[1]
            return super().backward(dy)

        def step_back(self, dstate, state, kept):
            dz, dstate = super().step_back(dstate, state, kept)
            self.t -= 1
            cut = self.t % window == 0
            return dz, tuple(0 * d if cut else d for d in dstate)

    return Truncated


class NormedRNN(RNN):
    """h' = tanh(γ ẑ + β), with z = x Wx + h Wh + b normalized at each step (Ba et al., 2016).

    With ``axis=1`` over the units of each sequence: layer norm. With ``axis=0`` over the batch,
    each step by itself: batch norm (Cooijmans et al., 2017), with the batch's own mean always.
    """

    eps = 1e-5

    def __init__(self, n_in, n_hidden, axis):
        super().__init__(n_in, n_hidden)
        self.axis = axis

    def param_shapes(self):
        return super().param_shapes() | {"gamma": (self.n_hidden,), "beta": (self.n_hidden,)}

    def initialize(self, rng):
        super().initialize(rng)
        self.gamma[:] = 1

    def step(self, from_x, state):
        (h,) = state
        _, centred, variance = moments(from_x + h @ self.Wh, self.axis)
        z_hat, std = standardize(centred, variance, self.eps)
        new = np.tanh(self.gamma * z_hat + self.beta)
        return (new,), (new, z_hat, std)

    def step_back(self, dstate, state, kept):
        (dnew,), (h,), (new, z_hat, std) = dstate, state, kept
        da = dnew * (1 - np.square(new))
        self.dgamma += (da * z_hat).sum(axis=0)
        self.dbeta += da.sum(axis=0)
        dz = standardize_backward(self.gamma * da, z_hat, std, self.axis)
        self.dWh += h.T @ dz
        return dz, (dz @ self.Wh.T,)
