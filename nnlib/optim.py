"""Optimizers: they are handed parameters and their gradient, and take one step downhill.

An optimizer sees one array ``theta`` and a gradient of the same shape: two coordinates in a
valley, (B, 2) for B walkers at once, 477,010 weights of a network. Each number is updated by
itself, so one implementation serves them all. They come simplest first; every class is its formula
and, below it, the same formula as NumPy operations in place.

The formulas are PyTorch's, to the last epsilon, apart from `Lion` (which PyTorch lacks).
"""

import math

import numpy as np

from ._check import non_negative, positive, unit_interval

CHUNK = 131_072  # numbers per piece: theta, g, the state and the scratch then stay in the cache


class Optimizer:
    """What all optimizers share: the walk over theta, piece by piece, and the memory in between.

    A subclass lists what it remembers for each parameter in ``remembers`` and writes its formula
    in ``_update``, which changes theta in place and needs ``n_scratch`` arrays to calculate in.
    Those are allocated once and used again, because a step that allocates is a slow step.

    Attributes
    ----------
    lr : float
        The learning rate; a schedule may set it between steps, as it may set ``mu`` and ``beta1``.
    t : int
        Steps taken.
    state : dict of arrays
        What is remembered, by name, each of theta's shape; empty before the first step.
    """

    remembers: tuple[str, ...] = ()
    n_scratch = 1
    momentum_name: str | None = None  # the attribute that a schedule may move as momentum

    def __init__(self, lr: float, weight_decay: float = 0.0, decay_mask=None):
        self.lr = positive("lr", lr)
        self.weight_decay = non_negative("weight_decay", weight_decay)
        self.decay_mask = decay_mask
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next step is the first one."""
        self.t = 0
        self.state = {}
        self._scratch = None

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Move theta one step, in place.

        Parameters
        ----------
        theta : float array of any shape, contiguous; changed in place
        grad : array of the same shape and dtype, the gradient at theta; left alone

        Raises
        ------
        TypeError, ValueError
            If theta isn't float32 or float64, or can't be changed in place, or grad or an earlier
        theta doesn't match it.
        """
        grad = np.asarray(grad)
        self._check(theta, grad)
        if self._scratch is None:
            self._begin(theta)
        self.lr = float(self.lr)  # a np.float64 would make float32 arithmetic float64, and slow
        self._advance()
        arrays = [a.reshape(-1) for a in (theta, grad, *self.state.values())]
        for piece, decayed in self._pieces:
            theta, g, *state = (a[piece] for a in arrays)
            if self.weight_decay:
                for run in decayed:
                    theta[run] *= 1 - self.lr * self.weight_decay
            self._update(theta, g, *state, *self._scratch[:, : theta.size])
            if self.t % 100 == 0:
                _flush_denormals(state)

    def _advance(self):
        self.t += 1

    def _update(self, theta, g, *state_and_scratch):
        raise NotImplementedError

    def _begin(self, theta):
        mask = np.ones(theta.shape, bool) if self.decay_mask is None else self.decay_mask
        if np.shape(mask) != theta.shape:
            raise ValueError(
                f"decay_mask must have theta's shape {theta.shape}, got {np.shape(mask)}"
            )
        mask = np.ravel(mask).astype(bool)
        self._pieces = []  # slices of theta, each with the slices of its decayed parameters
        for start in range(0, theta.size, CHUNK):
            piece = slice(start, start + CHUNK)
            flips = np.diff(mask[piece], prepend=False, append=False)  # the mask turns on, or off
            runs = np.flatnonzero(flips).reshape(-1, 2).tolist()
            self._pieces.append((piece, [slice(*run) for run in runs]))
        self.state = {name: np.zeros_like(theta) for name in self.remembers}
        self._like = theta.shape, theta.dtype
        self._scratch = np.empty((self.n_scratch, min(CHUNK, theta.size)), theta.dtype)

    def _check(self, theta, grad):
        _check_in_place("theta", theta)
        shape, dtype = (theta.shape, theta.dtype) if self._scratch is None else self._like
        if theta.shape != shape or theta.dtype != dtype:
            raise ValueError(
                f"theta must stay {dtype} of shape {shape} until reset(), "
                f"got {theta.dtype} of shape {theta.shape}"
            )
        if grad.shape != shape or grad.dtype != dtype:
            raise ValueError(
                f"grad must be {dtype} of shape {shape} as theta is, "
                f"got {grad.dtype} of shape {grad.shape}"
            )
        if not theta.flags.c_contiguous:
            raise ValueError("theta must be contiguous to be changed in place, got a strided view")


def _check_in_place(name, a):
    if not isinstance(a, np.ndarray) or a.dtype not in (np.float32, np.float64):
        got = f"{a.dtype} array" if isinstance(a, np.ndarray) else type(a).__name__
        raise TypeError(
            f"{name} must be an array of floats, float32 or float64, to be changed in "
            f"place, got {got}"
        )
    if not a.flags.writeable:
        raise ValueError(f"{name} must be writeable to be changed in place, got a read-only array")


def fresh(optimizer):
    """The optimizer, reset for a new run; a sentence if it isn't one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one such as SGD(lr=0.1), got {optimizer!r}")
    optimizer.reset()
    return optimizer


def _flush_denormals(arrays):
    """Set what has decayed to almost nothing to zero, in place.

    A parameter that gets no gradient any more has a moment that shrinks by ``beta1`` each step.
    Below 1.2e-38 (float64: 2.2e-308) it has only denormal numbers left, on which processors are
    many times slower; without this, each epoch with Adam takes longer than the one before. Every
    100 steps is often enough: 0.9**100 = 2.7e-5, so what is 1e8 times the smallest normal number
    now is still normal then. A moment as small as that moves no parameter (`Lion` excepted, which
    looks at its sign alone).
    """
    for a in arrays:
        a *= np.abs(a) >= 1e8 * np.finfo(a.dtype).tiny


def _average(mean, new, beta, scratch):
    """One step of an exponentially weighted average: mean = beta * mean + (1 - beta) * new."""
    mean *= beta
    np.multiply(new, 1 - beta, out=scratch)
    mean += scratch


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
    lr : float > 0
    weight_decay : float >= 0
    decay_mask : bool array like theta, optional
        True where to decay (weights, not biases); everywhere if not given.

    References
    ----------
    Cauchy (1847), Méthode générale pour la résolution des systèmes d'équations simultanées;
    Robbins and Monro (1951), A stochastic approximation method.
    """

    def __init__(self, *, lr: float, weight_decay: float = 0.0, decay_mask=None):
        super().__init__(lr, weight_decay, decay_mask)

    def _update(self, theta, g, s):
        np.multiply(g, self.lr, out=s)
        theta -= s


class Momentum(Optimizer):
    """A ball that rolls: the velocity v sums past gradients, each step a little forgotten.

    ``v = mu * v + g``
    ``theta -= lr * v``

    Where gradients agree, v grows to ``1 / (1 - mu)`` of them; where they alternate, they cancel.

    Parameters
    ----------
    lr : float > 0
    mu : float in [0, 1)
        The momentum, the share of the velocity that survives a step.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    """

    remembers = ("v",)
    momentum_name = "mu"

    def __init__(self, *, lr: float, mu: float = 0.9):
        super().__init__(lr)
        self.mu = unit_interval("mu", mu)

    def _update(self, theta, g, v, s):
        v *= self.mu
        v += g
        np.multiply(v, self.lr, out=s)
        theta -= s


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

    def _update(self, theta, g, v, s):
        v *= self.mu
        v += g
        np.multiply(v, self.mu, out=s)
        s += g
        s *= self.lr
        theta -= s


class AdaGrad(Optimizer):
    """Every parameter gets a learning rate of its own: less where gradients have been large.

    ``G += g**2``
    ``theta -= lr * g / (sqrt(G) + eps)``

    G only grows, so the steps shrink for ever; the next optimizers forget instead.

    Parameters
    ----------
    lr : float > 0
    eps : float > 0
        Keeps the division finite while G is zero.

    References
    ----------
    Duchi, Hazan and Singer (2011), Adaptive subgradient methods. G is the diagonal of their sum
    of outer products ``g gᵀ``.
    """

    remembers = ("G",)

    def __init__(self, *, lr: float = 0.01, eps: float = 1e-10):
        super().__init__(lr)
        self.eps = positive("eps", eps)

    def _update(self, theta, g, G, s):
        np.square(g, out=s)
        G += s
        np.sqrt(G, out=s)
        s += self.eps
        np.divide(g, s, out=s)
        s *= self.lr
        theta -= s


class RMSprop(Optimizer):
    """AdaGrad that forgets: divide by the root of a running mean of squared gradients.

    ``v = beta * v + (1 - beta) * g**2``
    ``theta -= lr * g / (sqrt(v) + eps)``

    Parameters
    ----------
    lr : float > 0
    beta : float in [0, 1)
        How much of v survives a step; v looks back over about ``1 / (1 - beta)`` steps.
    eps : float > 0

    References
    ----------
    Tieleman and Hinton (2012), Lecture 6.5 of Neural Networks for Machine Learning.
    """

    remembers = ("v",)

    def __init__(self, *, lr: float = 0.01, beta: float = 0.99, eps: float = 1e-8):
        super().__init__(lr)
        self.beta = unit_interval("beta", beta)
        self.eps = positive("eps", eps)

    def _update(self, theta, g, v, s):
        np.square(g, out=s)
        _average(v, s, self.beta, s)
        np.sqrt(v, out=s)
        s += self.eps
        np.divide(g, s, out=s)
        s *= self.lr
        theta -= s


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
    lr : float > 0
    rho : float in [0, 1)
    eps : float > 0

    References
    ----------
    Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv:1212.5701.
    """

    remembers = ("v", "u")
    n_scratch = 2

    def __init__(self, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6):
        super().__init__(lr)
        self.rho = unit_interval("rho", rho)
        self.eps = positive("eps", eps)

    def _update(self, theta, g, v, u, d, s):
        np.square(g, out=s)
        _average(v, s, self.rho, s)
        np.add(u, self.eps, out=d)
        np.add(v, self.eps, out=s)
        d /= s
        np.sqrt(d, out=d)
        d *= g
        np.square(d, out=s)
        _average(u, s, self.rho, s)
        d *= self.lr
        theta -= d


class Adam(Optimizer):
    """Momentum and RMSprop together: a mean gradient m over the root of a mean square v.

    ``m = beta1 * m + (1 - beta1) * g``
    ``v = beta2 * v + (1 - beta2) * g**2``
    ``m_hat = m / (1 - beta1**t)``
    ``v_hat = v / (1 - beta2**t)``
    ``theta -= lr * m_hat / (sqrt(v_hat) + eps)``

    m and v start at zero and are too small at first; the hats correct that. Gradients a thousand
    times larger give the same steps.

    In ``state`` m and v are kept as sums, as `Momentum` keeps its v: ``m / (1 - beta1)`` and
    ``v / (1 - beta2)``. A sum takes two passes over all numbers and an average three; what the
    average would have divided by is a factor of the step.

    Parameters
    ----------
    lr : float > 0
    beta1, beta2 : float in [0, 1)
        How much of m and v survives a step.
    eps : float > 0

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, arXiv:1412.6980.
    """

    remembers = ("m", "v")
    momentum_name = "beta1"

    def __init__(
        self, *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ):
        super().__init__(lr)
        self.beta1 = unit_interval("beta1", beta1)
        self.beta2 = unit_interval("beta2", beta2)
        self.eps = positive("eps", eps)

    def reset(self) -> None:
        super().reset()
        self._last_beta1 = 0.0

    def _advance(self):
        super()._advance()
        # when a schedule moves beta1, the same average belongs to another sum m / (1 - beta1)
        self._kept = self.beta1 * ((1 - self._last_beta1) / (1 - self.beta1))
        self._last_beta1 = self.beta1
        self._to_m_hat = (1 - self.beta1) / (1 - self.beta1**self.t)

    def _moments(self, g, m, v, s):
        m *= self._kept  # beta1, as long as that stays the same
        m += g
        np.square(g, out=s)
        v *= self.beta2
        v += s

    def _denominator(self, v, s):
        """s = (sqrt(v_hat) + eps) / r, with the r for which sqrt(v_hat) = r * sqrt(v)."""
        r = math.sqrt((1 - self.beta2) / (1 - self.beta2**self.t))
        np.sqrt(v, out=s)
        s += self.eps / r
        return r

    def _update(self, theta, g, m, v, s):
        self._moments(g, m, v, s)
        r = self._denominator(v, s)
        np.divide(m, s, out=s)
        s *= self.lr * self._to_m_hat / r
        theta -= s


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

    remembers = ("m", "u")

    def __init__(self, *, lr: float = 2e-3, **as_adam):
        super().__init__(lr=lr, **as_adam)

    def _update(self, theta, g, m, u, s):
        m *= self._kept
        m += g
        u *= self.beta2
        np.abs(g, out=s)
        s += self.eps
        np.maximum(u, s, out=u)
        np.divide(m, u, out=s)
        s *= self.lr * self._to_m_hat
        theta -= s


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

    n_scratch = 2

    def __init__(self, *, lr: float = 2e-3, momentum_decay: float = 0.004, **as_adam):
        super().__init__(lr=lr, **as_adam)
        self.momentum_decay = non_negative("momentum_decay", momentum_decay)

    def reset(self) -> None:
        super().reset()
        self.mu_product = 1.0  # mu_1 ⋯ mu_t

    def _mu(self, t):
        return self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))

    def _advance(self):
        super()._advance()
        self.mu_product *= self._mu(self.t)

    def _update(self, theta, g, m, v, m_hat, s):
        mu, mu_next = self._mu(self.t), self._mu(self.t + 1)
        self._moments(g, m, v, s)
        np.multiply(m, mu_next * (1 - self.beta1) / (1 - self.mu_product * mu_next), out=m_hat)
        np.multiply(g, (1 - mu) / (1 - self.mu_product), out=s)
        m_hat += s
        r = self._denominator(v, s)
        m_hat /= s
        m_hat *= self.lr / r
        theta -= m_hat


class AMSGrad(Adam):
    """Adam that never forgets its largest v, so that the steps of a parameter can't grow again.

    ``v_max = max(v_max, v)``
    ``theta -= lr * m_hat / (sqrt(v_max / (1 - beta2**t)) + eps)``

    with m, v and m_hat as in `Adam`, whose parameters it takes. The paper has no bias corrections;
    PyTorch, and so this class, keeps Adam's.

    References
    ----------
    Reddi, Kale and Kumar (2018), On the convergence of Adam and beyond, arXiv:1904.09237.
    """

    remembers = ("m", "v", "v_max")

    def _update(self, theta, g, m, v, v_max, s):
        self._moments(g, m, v, s)
        np.maximum(v_max, v, out=v_max)
        r = self._denominator(v_max, s)
        np.divide(m, s, out=s)
        s *= self.lr * self._to_m_hat / r
        theta -= s


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

    def __init__(self, *, weight_decay: float = 0.01, decay_mask=None, **as_adam):
        super().__init__(**as_adam)
        self.weight_decay = non_negative("weight_decay", weight_decay)
        self.decay_mask = decay_mask


class Lion(Optimizer):
    """Only the sign of a mean gradient counts: every parameter moves by lr, one way or the other.

    ``theta *= 1 - lr * weight_decay``
    ``theta -= lr * sign(beta1 * m + (1 - beta1) * g)``
    ``m = beta2 * m + (1 - beta2) * g``

    One memory instead of Adam's two. Steps don't shrink near a minimum unless lr does; the paper
    takes lr 3 to 10 times smaller than Adam's, and weight_decay as many times larger.

    Parameters
    ----------
    lr : float > 0
    beta1, beta2 : float in [0, 1)
    weight_decay, decay_mask : as for `AdamW`

    References
    ----------
    Chen et al. (2023), Symbolic discovery of optimization algorithms, arXiv:2302.06675.
    """

    remembers = ("m",)
    n_scratch = 2
    momentum_name = "beta1"

    def __init__(
        self,
        *,
        lr: float = 1e-4,
        beta1: float = 0.9,
        beta2: float = 0.99,
        weight_decay: float = 0.0,
        decay_mask=None,
    ):
        super().__init__(lr, weight_decay, decay_mask)
        self.beta1 = unit_interval("beta1", beta1)
        self.beta2 = unit_interval("beta2", beta2)

    def _update(self, theta, g, m, c, s):
        np.copyto(c, m)
        _average(c, g, self.beta1, s)
        np.sign(c, out=s)  # not out=c: NumPy's sign is ten times slower in place
        s *= self.lr
        theta -= s
        _average(m, g, self.beta2, s)


def clip_norm(grad: np.ndarray, max_norm: float) -> float:
    """Shorten a gradient that is longer than max_norm, in place; its direction stays.

    ``grad *= min(1, max_norm / norm)``

    The norm is that of all numbers in grad together (PyTorch divides by norm + 1e-6).

    Returns
    -------
    float
        The norm before clipping.

    Raises
    ------
    ValueError
        If max_norm isn't positive, or the norm is nan or infinite: no scaling repairs that.
    """
    _check_in_place("grad", grad)
    norm = shorten(grad, positive("max_norm", max_norm))
    if not math.isfinite(norm):
        raise ValueError(f"grad must have a finite norm to be clipped, got {norm}")
    return norm


def shorten(grad, max_norm):
    """`clip_norm` without its checks: where the norm isn't finite, grad stays as it is."""
    norm = float(np.linalg.norm(grad.astype(np.float64, copy=False)))  # float32 might overflow
    if max_norm < norm < math.inf:
        grad *= max_norm / norm
    return norm


def clip_value(grad: np.ndarray, limit: float) -> None:
    """Cut every number of a gradient to [-limit, limit], in place; its direction may change."""
    _check_in_place("grad", grad)
    limit = positive("limit", limit)
    np.clip(grad, -limit, limit, out=grad)
