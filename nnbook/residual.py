"""A residual layer: what it computes is added to what comes in."""

from nnlib.layers import Activation, Linear


class Residual(Linear):
    """h + scale · f(hW + b): as many units as inputs."""

    def __init__(self, n, scheme, activation, scale=1.0):
        super().__init__(n, n, scheme)
        self.change, self.scale = Activation(activation), scale

    def forward(self, h, training=False):
        change = self.change.forward(super().forward(h, training))
        return h + self.scale * change

    def backward(self, dy):
        back = self.change.backward(self.scale * dy)  # through f …
        return dy + super().backward(back)  # … to dW, db, and on both ways to h
