"""Normalization: subtract a mean, divide by a standard deviation, then let the layer choose both.

All norms here compute γ x̂ + β with x̂ = (x - mean) / sqrt(variance + eps). They differ in the axes
that mean and variance are taken over. For images (N, C, H, W):

    batch norm       over (N, H, W)   one mean per channel; needs a batch, and running averages
    layer norm       over (C, H, W)   one mean per sample
    instance norm    over (H, W)      one mean per sample and channel
    group norm       as instance norm, for groups of channels taken together

eps keeps a constant feature from being divided by 0.
"""

import numpy as np
import numpy.typing as npt

from ._check import count, positive, unit_interval
from .layers import Layer, Shapes, all_but_channels, check_channels, per_channel

Axes = int | tuple[int, ...]


def average(x: np.ndarray, axes: Axes) -> np.ndarray:
    """x.mean(axes, keepdims=True), without its checks, which take longer than a small batch."""
    total = x.sum(axes, keepdims=True)
    total /= x.size / max(total.size, 1)
    return total


def moments(
    x: np.ndarray, axes: Axes, center: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, x - mean, and variance over axes, which stay as axes of length 1.

    Without centring the mean counts as 0, and the variance is the mean of x².
    """
    mean = average(x, axes) if center else np.zeros(1, x.dtype)
    centred = x - mean
    return mean, centred, average(np.square(centred), axes)


def standardize(
    centred: np.ndarray, variance: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """x̂ = (x - mean) / std, written over x - mean, and the std."""
    std = np.sqrt(variance + eps)
    centred /= std
    return centred, std


def standardize_backward(
    dx_hat: np.ndarray,
    x_hat: np.ndarray,
    std: npt.ArrayLike,
    axes: Axes,
    center: bool = True,
) -> np.ndarray:
    """The gradient with respect to x, given the one with respect to x̂.

    An input reaches its own x̂ directly, and every x̂ of its set through the mean and the std. So
    there are three terms: dx = (dx̂ - mean(dx̂) - x̂ mean(dx̂ · x̂)) / std. Without the last two
    it would be the gradient for a mean and a std that are constants.
    """
    dx = dx_hat - x_hat * average(dx_hat * x_hat, axes)
    if center:
        dx -= average(dx_hat, axes)
    dx /= std
    return dx


class Norm(Layer):
    """What the norms have in common: γ and β for each of n channels, and x̂ over ``axes(x)``."""

    gamma: np.ndarray
    beta: np.ndarray

    def __init__(self, n: int, eps: float = 1e-5):
        self.n, self.eps = count("n", n), positive("eps", eps)

    def param_shapes(self) -> Shapes:
        return {"gamma": (self.n,), "beta": (self.n,)}

    def initialize(self, rng: np.random.Generator) -> None:
        self.gamma[:], self.beta[:] = 1, 0

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        check_channels(self, x, self.n)
        _, centred, variance = moments(x, self.axes(x))
        self.x_hat, self.std = standardize(centred, variance, self.eps)
        return self.scale_and_shift()

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return standardize_backward(self.dx_hat(dy), self.x_hat, self.std, self.axes(dy))

    def axes(self, x: np.ndarray) -> Axes:
        """The axes of x that share a mean and a variance."""
        raise NotImplementedError

    def scale_and_shift(self) -> np.ndarray:
        y = per_channel(self.gamma, self.x_hat) * self.x_hat
        y += per_channel(self.beta, y)
        return y

    def sum_gradients(self, dy: np.ndarray) -> None:
        """Write dγ and dβ, summed over all that share them."""
        shared = all_but_channels(dy)
        (dy * self.x_hat).sum(shared, out=self.dgamma)
        dy.sum(shared, out=self.dbeta)

    def dx_hat(self, dy: np.ndarray) -> np.ndarray:
        """Write dγ and dβ, and return the gradient of x̂."""
        self.sum_gradients(dy)
        return per_channel(self.gamma, dy) * dy

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n}, eps={self.eps})"


class BatchNorm(Norm):
    """Normalize every feature or channel over the batch (Ioffe & Szegedy, 2015).

    In training, mean and variance are the batch's own; running averages of them are kept for later,
    when there may be no batch. A bias right before this layer is useless: the mean takes it away.

    Parameters
    ----------
    n : int
        Features of (N, n), or channels of (N, n, H, W).
    decay : float in [0, 1)
        Weight of the *old* value in the running averages: 0.9 here is PyTorch's momentum=0.1. The
        variance is averaged with the factor m / (m - 1), as PyTorch does; m values per channel.
    eps : float > 0
    """

    def __init__(self, n: int, decay: float = 0.9, eps: float = 1e-5):
        super().__init__(n, eps)
        self.decay = unit_interval("decay", decay)

    def state_shapes(self) -> Shapes:
        return {"running_mean": (self.n,), "running_var": (self.n,)}

    def initialize(self, rng: np.random.Generator) -> None:
        super().initialize(rng)
        self.running_mean[:], self.running_var[:] = 0, 1

    def axes(self, x: np.ndarray) -> Axes:
        return all_but_channels(x)

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        check_channels(self, x, self.n)
        self.training = training
        if training:
            if x.size < 2 * self.n:
                raise ValueError(
                    f"{self} takes two or more samples in training, got x of "
                    f"{x.shape}: choose a batch_size that leaves no single one over"
                )
            mean, centred, variance = moments(x, self.axes(x))
            self.update_averages(mean.ravel(), variance.ravel(), x)
        else:
            centred = x - per_channel(self.running_mean, x)
            variance = per_channel(self.running_var, x)
        self.x_hat, self.std = standardize(centred, variance, self.eps)
        return self.scale_and_shift()

    def update_averages(self, mean: np.ndarray, variance: np.ndarray, x: np.ndarray) -> None:
        m, new = x.size // self.n, 1 - self.decay
        self.running_mean *= self.decay
        self.running_mean += new * mean
        self.running_var *= self.decay
        self.running_var += (new * m / (m - 1)) * variance

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """dx = γ (dy - (dβ + x̂ dγ) / m) / std, with m values per channel.

        That is `standardize_backward`, whose two means are at hand here: dβ and dγ are sums over
        the same axes. The running averages don't depend on x: with them, dx = γ dy / std.
        """
        self.sum_gradients(dy)
        if self.training:
            m = dy.size // self.n
            dy = dy - self.x_hat * per_channel(self.dgamma / m, dy)
            dy -= per_channel(self.dbeta / m, dy)
        return dy * (per_channel(self.gamma, dy) / self.std)

    def __repr__(self) -> str:
        return f"BatchNorm({self.n}, decay={self.decay}, eps={self.eps})"


class InstanceNorm(Norm):
    """Normalize every channel of every image over its pixels (Ulyanov et al., 2016).

    Parameters
    ----------
    n : int
        Channels of (N, n, H, W).
    eps : float > 0
    """

    def axes(self, x: np.ndarray) -> Axes:
        if x.ndim < 3:
            raise ValueError(f"{self} takes x of shape (N, {self.n}, H, W), got {x.shape}")
        if np.prod(x.shape[2:]) < 2:  # a number less its own mean is 0
            raise ValueError(f"{self} takes images of two or more pixels, got x of {x.shape}")
        return tuple(range(2, x.ndim))


class GroupNorm(Norm):
    """Normalize groups of channels of every image together (Wu & He, 2018).

    One group is layer norm over (C, H, W), one group per channel is instance norm.

    Parameters
    ----------
    groups : int
        Divides n.
    n : int
        Channels of (N, n, H, W), or features of (N, n).
    eps : float > 0
    """

    def __init__(self, groups: int, n: int, eps: float = 1e-5):
        super().__init__(n, eps)
        self.groups = count("groups", groups)
        if self.n % self.groups:
            raise ValueError(f"groups must divide n = {self.n}, got {self.groups}")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        check_channels(self, x, self.n)
        grouped = self.grouped(x)
        _, centred, variance = moments(grouped, 2)
        x_hat, self.std = standardize(centred, variance, self.eps)
        self.x_hat = x_hat.reshape(x.shape)
        return self.scale_and_shift()

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx_hat, x_hat = self.grouped(self.dx_hat(dy)), self.grouped(self.x_hat)
        return standardize_backward(dx_hat, x_hat, self.std, 2).reshape(dy.shape)

    def grouped(self, x: np.ndarray) -> np.ndarray:
        """(N, C, H, W) -> (N, G, C/G · H · W)."""
        return x.reshape(len(x), self.groups, -1)

    def __repr__(self) -> str:
        return f"GroupNorm({self.groups}, {self.n}, eps={self.eps})"


class LayerNorm(Layer):
    """Normalize the features of every sample, or of every token, by themselves (Ba et al., 2016).

    It works the same in training and after, and for a batch of one: hence its use in transformers.

    Parameters
    ----------
    shape : int, or tuple or list of int
        The last axes of x, over which mean and variance are taken: 768 for tokens (…, 768),
        (C, H, W) for images. γ and β have this shape.
    eps : float > 0
    """

    center = True  # RMSNorm doesn't

    def __init__(self, shape: int | tuple[int, ...] | list[int], eps: float = 1e-5):
        shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
        self.shape = tuple(count("shape", n) for n in shape)
        if not self.shape:
            raise ValueError("shape must hold at least one length, got ()")
        self.eps = positive("eps", eps)
        self.axes = tuple(range(-len(self.shape), 0))

    def param_shapes(self) -> Shapes:
        return {"gamma": self.shape, "beta": self.shape}

    def initialize(self, rng: np.random.Generator) -> None:
        self.gamma[:], self.beta[:] = 1, 0

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        if x.ndim <= len(self.shape) or x.shape[-len(self.shape) :] != self.shape:
            raise ValueError(f"{self} takes x whose last axes are {self.shape}, got {x.shape}")
        _, centred, variance = moments(x, self.axes, self.center)
        self.x_hat, self.std = standardize(centred, variance, self.eps)
        y = self.gamma * self.x_hat
        return y + self.beta if self.center else y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        samples = tuple(range(dy.ndim - len(self.shape)))  # the axes that share γ and β
        self.dgamma = (dy * self.x_hat).sum(samples)
        if self.center:
            self.dbeta = dy.sum(samples)
        return standardize_backward(self.gamma * dy, self.x_hat, self.std, self.axes, self.center)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape}, eps={self.eps})"


class RMSNorm(LayerNorm):
    """Layer norm without the mean and without β: x is divided by sqrt(mean(x²) + eps).

    Cheaper, and about as good in transformers (Zhang & Sennrich, 2019). Parameters as LayerNorm's.
    """

    center = False

    def param_shapes(self) -> Shapes:
        return {"gamma": self.shape}

    def initialize(self, rng: np.random.Generator) -> None:
        self.gamma[:] = 1
