"""Optimizers: they are handed parameters and their gradient, and take one step downhill.

An optimizer sees one array ``theta`` and a gradient of the same shape: two coordinates in a
valley, (B, 2) for B walkers at once, 477,010 weights of a network. Each number is updated by
itself, so one implementation serves them all. They come simplest first, and every class is its
formula: ``direction`` turns the gradient g, and what is remembered of earlier ones, into the
direction d. Then all take the same step, ``theta -= lr * d``; see `nnlib.stepping`.

The formulas are PyTorch's, to the last epsilon, apart from `Lion` (which PyTorch lacks).
"""

from dataclasses import dataclass, field

import numpy as np

from ._in_place import adam_step
from .stepping import Optimizer

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class SGD(Optimizer):
    """Gradient descent: walk against the gradient.

    ``theta -= lr * g``

    It is called stochastic when g comes from a few samples. With ``weight_decay`` the step becomes
    ``theta = (1 - lr * weight_decay) * theta - lr * g``. For this optimizer (and no other here)
    that is exactly the gradient step on ``loss + weight_decay / 2 * sum(theta**2)``: the L2
    penalty of strength ``weight_decay / 2``, without the pass over all weights that adding its
    gradient takes. Use one of the two, not both.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    weight_decay : float >= 0
    decay_mask : bool array like theta, optional
        True where to decay (weights, not biases); everywhere if not given.

    References
    ----------
    Cauchy (1847), Méthode générale pour la résolution des systèmes d'équations simultanées;
    Robbins and Monro (1951), A stochastic approximation method.
    """

    weight_decay: float = 0.0
    decay_mask: Array | None = field(default=None, repr=False)

    def direction(self, g: Array) -> Array:
        return g


@dataclass(kw_only=True, eq=False)
class Momentum(Optimizer):
    """A ball that rolls: the velocity v sums past gradients, each step a little forgotten.

    ``v = mu * v + g``
    ``theta -= lr * v``

    Where gradients agree, v grows to ``1 / (1 - mu)`` of them; where they alternate, they cancel.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    mu : float in [0, 1)
        The momentum, the share of the velocity that survives a step.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    remembers = {"v": "mu"}
    momentum_name = "mu"

    mu: float = 0.9

    def direction(self, g: Array, v: Array) -> Array:
        v[:] = self.mu * v + g
        return v


@dataclass(kw_only=True, eq=False)
class Nesterov(Momentum):
    """Momentum that looks ahead: the step uses the velocity as it will be one step later.

    ``v = mu * v + g``
    ``theta -= lr * (g + mu * v)``

    Parameters as for `Momentum`. Nesterov takes the gradient at the point ``theta - lr * mu * v``
    where the velocity is about to carry us; in this form, which PyTorch uses, ``theta`` *is* that
    point, so the gradient is taken where we stand.

    References
    ----------
    Nesterov (1983), A method of solving a convex programming problem with convergence rate
    O(1/k²); Sutskever et al. (2013), On the importance of initialization and momentum.
    """

    def direction(self, g: Array, v: Array) -> Array:
        v[:] = self.mu * v + g
        return g + self.mu * v


@dataclass(kw_only=True, eq=False)
class AdaGrad(Optimizer):
    """Every parameter gets a learning rate of its own: less where gradients have been large.

    ``G += g**2``
    ``theta -= lr * g / (sqrt(G) + eps)``

    G only grows, so the steps shrink for ever; the next optimizers forget instead.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    eps : float > 0
        Keeps the division finite while G is zero.

    References
    ----------
    Duchi, Hazan and Singer (2011), Adaptive subgradient methods. G is the diagonal of their sum
    of outer products ``g gᵀ``.
    """

    remembers = {"G": None}

    lr: float | Array = 0.01
    eps: float = 1e-10

    def direction(self, g: Array, G: Array) -> Array:
        G += g**2
        return g / (np.sqrt(G) + self.eps)


@dataclass(kw_only=True, eq=False)
class RMSprop(Optimizer):
    """AdaGrad that forgets: divide by the root of a running mean of squared gradients.

    ``v = beta * v + (1 - beta) * g**2``
    ``theta -= lr * g / (sqrt(v) + eps)``

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    beta : float in [0, 1)
        How much of v survives a step; v looks back over about ``1 / (1 - beta)`` steps.
    eps : float > 0

    References
    ----------
    Tieleman and Hinton (2012), Lecture 6.5 of Neural Networks for Machine Learning.
    """

    remembers = {"v": "beta"}

    lr: float | Array = 0.01
    beta: float = 0.99
    eps: float = 1e-8

    def direction(self, g: Array, v: Array) -> Array:
        v[:] = self.beta * v + (1 - self.beta) * g**2
        return g / (np.sqrt(v) + self.eps)


@dataclass(kw_only=True, eq=False)
class Adadelta(Optimizer):
    """RMSprop whose steps have the units of theta, so that the learning rate can be left at 1.

    ``v = rho * v + (1 - rho) * g**2``
    ``d = sqrt(u + eps) / sqrt(v + eps) * g``
    ``u = rho * u + (1 - rho) * d**2``
    ``theta -= lr * d``

    u is the running mean of squared past steps. Here eps is *inside* of the roots: it starts the
    first step, when u is zero.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    rho : float in [0, 1)
    eps : float > 0

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv:1212.5701.
    """

    remembers = {"v": "rho", "u": "rho"}

    lr: float | Array = 1.0
    rho: float = 0.9
    eps: float = 1e-6

    def direction(self, g: Array, v: Array, u: Array) -> Array:
        v[:] = self.rho * v + (1 - self.rho) * g**2
        d = np.sqrt(u + self.eps) / np.sqrt(v + self.eps) * g
        u[:] = self.rho * u + (1 - self.rho) * d**2
        return d


@dataclass(kw_only=True, eq=False)
class Adam(Optimizer):
    """Momentum and RMSprop together: a mean gradient m over the root of a mean square v.

    ``m = beta1 * m + (1 - beta1) * g``
    ``v = beta2 * v + (1 - beta2) * g**2``
    ``m_hat = m / (1 - beta1**t)``
    ``v_hat = v / (1 - beta2**t)``
    ``theta -= lr * m_hat / (sqrt(v_hat) + eps)``

    m and v start at zero and are too small at first; the hats correct that. Gradients a thousand
    times larger give the same steps.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    beta1, beta2 : float in [0, 1)
        How much of m and v survives a step.
    eps : float > 0

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv:1412.6980.
    """

    remembers = {"m": "beta1", "v": "beta2"}
    momentum_name = "beta1"

    lr: float | Array = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    def direction(self, g: Array, m: Array, v: Array) -> Array:
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        v[:] = self.beta2 * v + (1 - self.beta2) * g**2
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v / (1 - self.beta2**self.t)
        return m_hat / (np.sqrt(v_hat) + self.eps)


@dataclass(kw_only=True, eq=False)
class AdaMax(Adam):
    """Adam with the largest recent gradient instead of a root mean square.

    ``m = beta1 * m + (1 - beta1) * g``
    ``u = max(beta2 * u, |g| + eps)``
    ``theta -= lr / (1 - beta1**t) * m / u``

    u needs no bias correction and no root.

    Parameters
    ----------
    lr, beta1, beta2, eps : as for `Adam`
        eps is PyTorch's; the paper's formula divides 0 by 0 where no gradient has arrived yet.

    References
    ----------
    Kingma and Ba (2015), section 7.1.
    """

    remembers = {"m": "beta1", "u": "beta2"}

    lr: float | Array = 2e-3

    def direction(self, g: Array, m: Array, u: Array) -> Array:
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        u[:] = np.maximum(self.beta2 * u, np.abs(g) + self.eps)
        return m / (1 - self.beta1**self.t) / u


@dataclass(kw_only=True, eq=False)
class Nadam(Adam):
    """Adam with Nesterov's look-ahead, and a momentum that grows from beta1 / 2 to beta1.

    ``mu_t = beta1 * (1 - 0.5 * 0.96**(momentum_decay * t))``
    ``m_hat = mu_{t+1} * m / (1 - mu_1 ⋯ mu_{t+1}) + (1 - mu_t) * g / (1 - mu_1 ⋯ mu_t)``
    ``theta -= lr * m_hat / (sqrt(v_hat) + eps)``

    with m, v and v_hat as in `Adam`. This is the paper's optimizer *with* its momentum schedule,
    which PyTorch has too; Nadam is often quoted without, as ``mu_t = beta1``.

    Parameters
    ----------
    lr, beta1, beta2, eps : as for `Adam`
    momentum_decay : float >= 0
        How fast the momentum grows: 0.004 takes it half of the way in about 4,000 steps.

    References
    ----------
    Dozat (2016), Incorporating Nesterov momentum into Adam.
    """

    lr: float | Array = 2e-3
    momentum_decay: float = 0.004

    def reset(self) -> None:
        super().reset()
        self.mu_product = 1.0  # mu_1 ⋯ mu_t

    def _advance(self) -> None:
        super()._advance()
        self.mu_product *= self.mu(self.t)

    def mu(self, t: int) -> float:
        """The momentum of step t = 1, 2, 3, …"""
        return self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))

    def direction(self, g: Array, m: Array, v: Array) -> Array:
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        v[:] = self.beta2 * v + (1 - self.beta2) * g**2
        mu, next_mu = self.mu(self.t), self.mu(self.t + 1)
        ahead = next_mu * m / (1 - self.mu_product * next_mu)
        m_hat = ahead + (1 - mu) * g / (1 - self.mu_product)
        v_hat = v / (1 - self.beta2**self.t)
        return m_hat / (np.sqrt(v_hat) + self.eps)


@dataclass(kw_only=True, eq=False)
class AMSGrad(Adam):
    """Adam that divides by its largest v so far, as gradients of one size may be rare.

    ``v_max = max(v_max, v)``
    ``theta -= lr * m_hat / (sqrt(v_max / (1 - beta2**t)) + eps)``

    with m, v and m_hat as in `Adam`, whose parameters it takes. The paper has no bias corrections;
    PyTorch, and so this class, keeps Adam's. Corrected, a large gradient of the first steps fades
    all the same.

    References
    ----------
    Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, arXiv:1904.09237.
    """

    remembers = {"m": "beta1", "v": "beta2", "v_max": None}

    def direction(self, g: Array, m: Array, v: Array, v_max: Array) -> Array:
        m[:] = self.beta1 * m + (1 - self.beta1) * g
        v[:] = self.beta2 * v + (1 - self.beta2) * g**2
        v_max[:] = np.maximum(v_max, v)
        m_hat = m / (1 - self.beta1**self.t)
        v_hat = v_max / (1 - self.beta2**self.t)
        return m_hat / (np.sqrt(v_hat) + self.eps)


@dataclass(kw_only=True, eq=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: weights shrink by themselves, not through the gradient.

    ``theta *= 1 - lr * weight_decay``, then Adam's step.

    An L2 penalty's gradient, inside of g, would be divided by ``sqrt(v_hat)`` like the rest, and
    weights with large gradients would hardly decay. Out here all shrink by the same factor.

    Parameters
    ----------
    lr, beta1, beta2, eps : as for `Adam`
    weight_decay : float >= 0
    decay_mask : bool array like theta, optional
        True where to decay (weights, not biases); everywhere if not given.

    References
    ----------
    Loshchilov and Hutter (2019), Decoupled weight decay regularization, arXiv:1711.05101.
    """

    weight_decay: float = 0.01
    decay_mask: Array | None = field(default=None, repr=False)


@dataclass(kw_only=True, eq=False)
class Lion(Optimizer):
    """Only the sign of a mean gradient counts: every parameter moves by lr, one way or the other.

    ``theta *= 1 - lr * weight_decay``
    ``theta -= lr * sign(beta1 * m + (1 - beta1) * g)``
    ``m = beta2 * m + (1 - beta2) * g``

    One memory instead of Adam's two. Steps don't shrink near a minimum unless lr does; the paper
    takes lr 3 to 10 times smaller than Adam's, and weight_decay as many times larger.

    Parameters
    ----------
    lr : float > 0, or array that broadcasts against theta
    beta1, beta2 : float in [0, 1)
    weight_decay, decay_mask : as for `AdamW`

    References
    ----------
    Chen et al. (2023), Symbolic discovery of optimization algorithms, arXiv:2302.06675.
    """

    remembers = {"m": "beta2"}
    momentum_name = "beta1"

    lr: float | Array = 1e-4
    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay: float = 0.0
    decay_mask: Array | None = field(default=None, repr=False)

    def direction(self, g: Array, m: Array) -> Array:
        d = np.sign(self.beta1 * m + (1 - self.beta1) * g)
        m[:] = self.beta2 * m + (1 - self.beta2) * g
        return d


Adam.direction.in_place = adam_step  # type: ignore[attr-defined]
