import copy
import dataclasses
import inspect
import math
import pickle
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import landscapes, optim, stepping
from nnlib._in_place import adam_step
from nnlib.clipping import clip_norm, clip_value
from nnlib.optim import (
    SGD,
    Adadelta,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    Nadam,
    Nesterov,
    RMSprop,
)
from nnlib.stepping import Optimizer

ALL = [c for c in vars(optim).values() if inspect.isclass(c) and issubclass(c, Optimizer)]
ALL.remove(Optimizer)

# ours, its arguments, the one in torch.optim, its arguments, a huge learning rate
PEERS = {
    "SGD": (SGD, {}, "SGD", {}, 1.0),
    "SGD, decay": (SGD, {"weight_decay": 0.03}, "SGD", {"weight_decay": 0.03}, 1.0),
    "Momentum": (Momentum, {"mu": 0.8}, "SGD", {"momentum": 0.8}, 1.0),
    "Nesterov": (Nesterov, {"mu": 0.8}, "SGD", {"momentum": 0.8, "nesterov": True}, 1.0),
    "AdaGrad": (AdaGrad, {}, "Adagrad", {}, 100.0),
    "RMSprop": (RMSprop, {"beta": 0.9}, "RMSprop", {"alpha": 0.9}, 100.0),
    "Adadelta": (Adadelta, {}, "Adadelta", {}, 100.0),
    "Adam": (Adam, {}, "Adam", {}, 100.0),
    "Adam, betas": (
        Adam,
        {"beta1": 0.5, "beta2": 0.7, "eps": 0.1},
        "Adam",
        {"betas": (0.5, 0.7), "eps": 0.1},
        100.0,
    ),
    "AdaMax": (AdaMax, {}, "Adamax", {}, 100.0),
    "Nadam": (Nadam, {}, "NAdam", {}, 100.0),
    "AMSGrad": (AMSGrad, {"beta2": 0.9}, "Adam", {"amsgrad": True, "betas": (0.9, 0.9)}, 100.0),
    "AdamW": (AdamW, {"weight_decay": 0.1}, "AdamW", {"weight_decay": 0.1}, 15.0),
}


def hyperparameters(optimizer):
    return [field.name for field in dataclasses.fields(optimizer)]


def random_quadratic():
    """The gradient of a random convex quadratic in 7 variables, and a start."""
    rng = np.random.default_rng(7)
    A = rng.normal(size=(7, 7))
    H, centre = A @ A.T / 7 + 0.1 * np.eye(7), rng.normal(size=7)
    return lambda theta: H @ (theta - centre), rng.normal(size=7)


PLACES = {
    "McCormick, three starts": (
        landscapes.mccormick.grad,
        np.array([[-1.0, 3.0], [3.0, -1.0], [0.5, 0.5]]),
    ),
    "Rosenbrock": (landscapes.rosenbrock.grad, np.array([-1.2, 1.0])),
    "quadratic": random_quadratic(),
}


@pytest.mark.parametrize("lr", [1e-3, 0.1, "huge"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", PEERS)
def test_steps_agree_with_pytorch(torch, name, place, lr):
    """1, 10 and 200 steps. Both get the gradients met on our way: at huge learning rates the walk
    is chaotic, and would blow up a difference in the last bit until nothing agrees."""
    ours, arguments, theirs, their_arguments, huge = PEERS[name]
    if place == "Rosenbrock" and huge == 1.0 and lr != 1e-3:
        lr = 2e-3  # nothing to compare beyond: theta**3 overflows within ten steps
    lr = huge if lr == "huge" else lr
    grad, start = PLACES[place]
    torch.set_default_dtype(torch.float64)  # NAdam keeps a product of this dtype
    try:
        theta, peer = start.copy(), torch.tensor(start.copy(), requires_grad=True)
        our_optimizer = ours(lr=lr, **arguments)
        their_optimizer = getattr(torch.optim, theirs)([peer], lr=lr, **their_arguments)
        for step in range(1, 201):
            g = grad(theta)
            peer.grad = torch.from_numpy(g.copy())
            our_optimizer.step(theta, g)
            their_optimizer.step()
            if step in (1, 10, 200):
                expected = peer.detach().numpy()
                np.testing.assert_allclose(theta, expected, rtol=1e-10, atol=1e-10)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "name", ["Momentum", "Nesterov", "Adam", "AdaMax", "Nadam", "AMSGrad", "AdamW"]
)
def test_steps_agree_with_pytorch_while_the_momentum_moves(torch, name):
    """As 1cycle moves it: down and up again, and once far down."""
    ours, arguments, theirs, their_arguments, _ = PEERS[name]
    grad, start = PLACES["quadratic"]
    torch.set_default_dtype(torch.float64)
    try:
        theta, peer = start.copy(), torch.tensor(start.copy(), requires_grad=True)
        our_optimizer = ours(lr=0.01, **arguments)
        their_optimizer = getattr(torch.optim, theirs)([peer], lr=0.01, **their_arguments)
        group = their_optimizer.param_groups[0]
        for t in range(60):
            momentum = 0.1 if t == 40 else 0.9 + 0.09 * math.cos(t / 5)
            setattr(our_optimizer, our_optimizer.momentum_name, momentum)
            if "betas" in group:
                group["betas"] = momentum, group["betas"][1]
            else:
                group["momentum"] = momentum
            g = grad(theta)
            peer.grad = torch.from_numpy(g.copy())
            our_optimizer.step(theta, g)
            their_optimizer.step()
            np.testing.assert_allclose(theta, peer.detach().numpy(), rtol=1e-10, atol=1e-10)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", PEERS)
def test_float32_agrees_with_pytorch_to_float32_precision(torch, name, rng):
    ours, arguments, theirs, their_arguments, _ = PEERS[name]
    theta = rng.normal(size=50).astype(np.float32)
    peer = torch.tensor(theta.copy(), requires_grad=True)
    our_optimizer = ours(lr=0.01, **arguments)
    their_optimizer = getattr(torch.optim, theirs)([peer], lr=0.01, **their_arguments)
    for _ in range(20):
        g = rng.normal(size=50).astype(np.float32)
        peer.grad = torch.from_numpy(g.copy())
        our_optimizer.step(theta, g)
        their_optimizer.step()
    np.testing.assert_allclose(theta, peer.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_a_decay_mask_is_pytorchs_second_parameter_group(torch, rng):
    mask = np.array([True, True, False, False, True])
    for ours, theirs in ((SGD, torch.optim.SGD), (AdamW, torch.optim.AdamW)):
        theta = rng.normal(size=5)
        decayed = torch.tensor(theta[mask], requires_grad=True)
        spared = torch.tensor(theta[~mask], requires_grad=True)
        groups = [
            {"params": [decayed], "weight_decay": 0.2},
            {"params": [spared], "weight_decay": 0.0},
        ]
        our_optimizer = ours(lr=0.1, weight_decay=0.2, decay_mask=mask)
        their_optimizer = theirs(groups, lr=0.1)
        for _ in range(30):
            g = rng.normal(size=5)
            decayed.grad, spared.grad = torch.from_numpy(g[mask]), torch.from_numpy(g[~mask])
            our_optimizer.step(theta, g)
            their_optimizer.step()
        np.testing.assert_allclose(theta[mask], decayed.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(theta[~mask], spared.detach().numpy(), rtol=1e-12)


def test_the_defaults_are_pytorchs(torch):
    parameter = [torch.zeros(1, requires_grad=True)]
    names = {"mu": "momentum", "beta": "alpha"}  # theirs, where another
    for ours, theirs in (
        (AdaGrad, "Adagrad"),
        (RMSprop, "RMSprop"),
        (Adadelta, "Adadelta"),
        (Adam, "Adam"),
        (AdaMax, "Adamax"),
        (Nadam, "NAdam"),
        (AMSGrad, "Adam"),
        (AdamW, "AdamW"),
    ):
        defaults = getattr(torch.optim, theirs)(parameter).defaults
        defaults["beta1"], defaults["beta2"] = defaults.get("betas", (None, None))
        optimizer = ours()
        for name in hyperparameters(optimizer):
            if name != "decay_mask":
                assert getattr(optimizer, name) == defaults[names.get(name, name)], (ours, name)
    assert (Lion().lr, Lion().beta1, Lion().beta2, Lion().weight_decay) == (1e-4, 0.9, 0.99, 0.0)
    assert Momentum(lr=1).mu == Nesterov(lr=1).mu == 0.9


# ------------------------------------------------------------- by hand, one number, from the paper

GRADIENTS = [0.5, -2.0, 0.25, 0.0, 3.0, -0.125]


def walk(optimizer, start=1.0):
    """theta after each of the gradients above."""
    theta, visited = np.array(start), []
    for g in GRADIENTS:
        optimizer.step(theta, np.array(g))
        visited.append(float(theta))
    return visited


def test_sgd_momentum_and_nesterov_by_hand():
    # two steps with gradient 1, lr 0.1, mu 0.5: velocities 1 and 1.5
    for optimizer, first, second in [
        (SGD(lr=0.1), 0.9, 0.8),
        (Momentum(lr=0.1, mu=0.5), 0.9, 0.75),
        (Nesterov(lr=0.1, mu=0.5), 0.85, 0.675),
    ]:
        theta = np.array([1.0])
        optimizer.step(theta, np.array([1.0]))
        assert theta[0] == pytest.approx(first, rel=1e-15)
        optimizer.step(theta, np.array([1.0]))
        assert theta[0] == pytest.approx(second, rel=1e-15)


def test_nesterov_is_the_look_ahead_of_the_paper():
    """Sutskever's form: v = mu v - lr ∇f(x + mu v); x += v. Ours holds theta = x + mu v."""
    grad, lr, mu = landscapes.rosenbrock.grad, 1e-4, 0.9
    x, v = np.array([-1.2, 1.0]), np.zeros(2)
    theta, optimizer = x.copy(), Nesterov(lr=lr, mu=mu)
    for _ in range(100):
        v = mu * v - lr * grad(x + mu * v)
        x = x + v
        optimizer.step(theta, grad(theta))
        np.testing.assert_allclose(theta, x + mu * v, rtol=1e-9)


def test_lion_by_hand():
    lr, beta1, beta2, decay = 0.01, 0.8, 0.95, 0.3
    theta, m, expected = 1.0, 0.0, []
    for g in GRADIENTS:
        c = beta1 * m + (1 - beta1) * g
        theta = theta - lr * (math.copysign(1, c) + decay * theta)
        m = beta2 * m + (1 - beta2) * g
        expected.append(theta)
    ours = walk(Lion(lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay))
    np.testing.assert_allclose(ours, expected, rtol=1e-14)


def test_lions_memory_forgets_with_beta2_not_beta1():
    theta, optimizer = np.zeros(1), Lion(lr=0.1, beta1=0.5, beta2=0.9)
    optimizer.step(theta, np.array([1.0]))  # m = 0.1; it would be 0.5 with beta1
    optimizer.step(theta, np.array([-0.15]))  # 0.5 * 0.1 - 0.5 * 0.15 < 0, so back up
    np.testing.assert_allclose(theta, [0.0], atol=1e-15)


def test_lion_leaves_a_parameter_without_gradient_alone():
    theta = np.array([1.0, 2.0])
    Lion(lr=0.1).step(theta, np.array([0.0, -1e-12]))
    np.testing.assert_array_equal(theta, [1.0, 2.1])


def test_nadam_by_hand():
    lr, beta1, beta2, eps, psi = 0.1, 0.9, 0.99, 1e-8, 0.05
    theta, m, v, expected = 1.0, 0.0, 0.0, []
    mu = [beta1 * (1 - 0.5 * 0.96 ** (psi * t)) for t in range(len(GRADIENTS) + 2)]
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        g_hat = g / (1 - math.prod(mu[1 : t + 1]))
        m_hat = m / (1 - math.prod(mu[1 : t + 2]))
        v_hat = v / (1 - beta2**t)
        theta -= lr * (mu[t + 1] * m_hat + (1 - mu[t]) * g_hat) / (math.sqrt(v_hat) + eps)
        expected.append(theta)
    ours = walk(Nadam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, momentum_decay=psi))
    np.testing.assert_allclose(ours, expected, rtol=1e-13)


def test_amsgrad_by_hand():
    lr, beta1, beta2, eps = 0.1, 0.9, 0.5, 1e-8  # a v that forgets fast, so that v_max matters
    theta, m, v, v_max, expected = 1.0, 0.0, 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        v_max = max(v_max, v)
        m_hat = m / (1 - beta1**t)
        theta -= lr * m_hat / (math.sqrt(v_max / (1 - beta2**t)) + eps)
        expected.append(theta)
    np.testing.assert_allclose(walk(AMSGrad(lr=lr, beta2=beta2)), expected, rtol=1e-13)
    assert not np.allclose(walk(Adam(lr=lr, beta2=beta2)), expected)


def test_adamax_by_hand():
    lr, beta1, beta2, eps = 0.1, 0.9, 0.99, 1e-8
    theta, m, u, expected = 1.0, 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, abs(g) + eps)
        theta -= lr / (1 - beta1**t) * m / u
        expected.append(theta)
    np.testing.assert_allclose(walk(AdaMax(lr=lr, beta2=beta2)), expected, rtol=1e-13)


def test_adam_first_step_is_lr_whatever_the_gradients_scale():
    for scale in (1e-3, 1.0, 1e6):
        theta = np.zeros(2)
        Adam(lr=0.01).step(theta, scale * np.array([3.0, -0.5]))
        np.testing.assert_allclose(theta, [-0.01, 0.01], rtol=1e-4)


# ---------------------------------------------------------------------------- weight decay


def test_sgd_decay_is_the_l2_penalty_and_adamw_is_not(rng):
    strength, start = 0.05, rng.normal(size=(4, 3))
    for plain, with_decay, equal in (
        (SGD(lr=0.1), SGD(lr=0.1, weight_decay=2 * strength), True),
        (Adam(lr=0.1), AdamW(lr=0.1, weight_decay=2 * strength), False),
    ):
        a, b = start.copy(), start.copy()
        for g in rng.normal(size=(10, 4, 3)):
            plain.step(a, g + 2 * strength * a)
            with_decay.step(b, g)
        assert np.allclose(a, b, rtol=1e-12) == equal


def test_a_scattered_mask_of_any_shape(rng):
    mask = rng.random((40, 30)) < 0.5
    theta = rng.normal(size=(40, 30))
    expected = np.where(mask, theta * (1 - 0.1 * 0.5), theta)
    SGD(lr=0.1, weight_decay=0.5, decay_mask=mask).step(theta, np.zeros_like(theta))
    np.testing.assert_array_equal(theta, expected)


def test_decayed_runs_may_cross_the_borders_of_chunks(rng, monkeypatch):
    monkeypatch.setattr(stepping, "CHUNK", 64)
    mask = np.repeat([True, False, True, False, True], [150, 10, 32, 64, 77])
    theta = rng.normal(size=333)
    expected = np.where(mask, theta * (1 - 0.1 * 0.5), theta)
    SGD(lr=0.1, weight_decay=0.5, decay_mask=mask).step(theta, np.zeros(333))
    np.testing.assert_array_equal(theta, expected)


# ---------------------------------------------------------------- chunks, memory, dtype, denormals


@pytest.mark.parametrize("kind", ALL)
def test_a_vector_of_many_chunks_moves_like_its_numbers_alone(kind, rng, monkeypatch):
    monkeypatch.setattr(stepping, "CHUNK", 64)
    start, gradients = rng.normal(size=333), rng.normal(size=(5, 333))
    chunked, alone = start.copy(), start.copy()
    optimizer, others = kind(lr=0.1), [kind(lr=0.1) for _ in start]
    for g in gradients:
        optimizer.step(chunked, g)
        for i, other in enumerate(others):
            other.step(alone[i : i + 1], g[i : i + 1])
    np.testing.assert_array_equal(chunked, alone)
    assert (chunked != start).all()


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("shape", [(), (2,), (5, 2), (3, 4, 2)])
def test_any_shape_number_by_number(kind, shape, rng):
    start, gradients = rng.normal(size=shape), rng.normal(size=(3, *shape))
    theta, flat = start.copy(), start.ravel().copy()
    optimizer, other = kind(lr=0.1), kind(lr=0.1)
    for g in gradients:
        optimizer.step(theta, g)
        other.step(flat, g.ravel())
    np.testing.assert_array_equal(theta.ravel(), flat)
    assert all(a.shape == shape for a in optimizer.state.values())


@pytest.mark.parametrize("kind", ALL)
def test_a_step_needs_memory_for_a_piece_and_not_for_theta(kind, rng, monkeypatch):
    monkeypatch.setattr(stepping, "CHUNK", 10_000)
    theta = rng.normal(size=50 * stepping.CHUNK + 5).astype(np.float32)
    g = rng.normal(size=theta.size).astype(np.float32)
    optimizer = kind(lr=0.01)
    optimizer.step(theta, g)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            optimizer.step(theta, g)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 6 * 4 * stepping.CHUNK  # bytes: a few arrays of the size of a piece


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(kind, dtype, rng):
    theta, g = rng.normal(size=4).astype(dtype), rng.normal(size=4).astype(dtype)
    optimizer, kept = kind(lr=0.1), g.copy()
    optimizer.lr = np.float64(0.05)  # as a careless schedule would set it
    optimizer.step(theta, g)
    assert theta.dtype == dtype
    assert all(a.dtype == dtype for a in optimizer.state.values())
    np.testing.assert_array_equal(g, kept)


def test_a_numpy_scalar_as_learning_rate_changes_no_bit(rng):
    start, g = rng.normal(size=(2, 100)).astype(np.float32)
    runs = []
    for lr in (0.037, np.float64(0.037)):
        theta, optimizer = start.copy(), SGD(lr=1.0)
        optimizer.lr = lr
        optimizer.step(theta, g)
        runs.append(theta)
    np.testing.assert_array_equal(runs[0], runs[1])


@pytest.mark.parametrize("kind", [Momentum, Adam, Lion])
def test_no_denormals_survive_where_gradients_have_stopped(kind):
    theta, optimizer = np.ones(10, np.float32), kind(lr=1e-3)
    optimizer.step(theta, np.full(10, 1e-4, np.float32))
    smallest_normal = np.finfo(np.float32).smallest_normal
    nothing = np.zeros(10, np.float32)
    for _ in range(3000 if kind is Lion else 1500):
        optimizer.step(theta, nothing)
        for a in optimizer.state.values():
            assert ((a == 0) | (np.abs(a) >= smallest_normal)).all()
    assert (next(iter(optimizer.state.values())) == 0).all() or kind is Lion


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flushing_denormals_keeps_signs_nan_and_what_is_large_enough(dtype):
    optimizer = Momentum(lr=0.1, mu=0.9)
    least = np.finfo(dtype).tiny / 0.9**100
    v = np.array([0.9 * least, -0.9 * least, 1.1 * least, -1.0, np.inf, np.nan], dtype)
    optimizer.state = {"v": v}
    stepping._flush_denormals(optimizer)
    np.testing.assert_array_equal(v, np.array([0, 0, 1.1 * least, -1.0, np.inf, np.nan], dtype))


def test_a_memory_that_fades_fast_is_not_flushed_while_it_matters():
    optimizer = Momentum(lr=0.1, mu=0.1)  # 0.1**100 = 1e-100 would flush everything
    optimizer.state = {"v": np.full(3, 1e-20, np.float32)}
    stepping._flush_denormals(optimizer)
    assert (optimizer.state["v"] > 0).all()


@pytest.mark.parametrize("kind", [AdaGrad, AMSGrad])
def test_what_never_fades_is_never_flushed(kind):
    theta, optimizer = np.ones(3, np.float32), kind(lr=0.1)
    name = {AdaGrad: "G", AMSGrad: "v_max"}[kind]
    for _ in range(100):
        optimizer.step(theta, np.full(3, 1e-19, np.float32))
    assert (optimizer.state[name] > 0).all()


@pytest.mark.parametrize("kind", ALL)
def test_every_memory_that_fades_is_flushed(kind):
    theta, optimizer = np.ones(3, np.float32), kind(lr=0.1)
    optimizer.step(theta, np.ones(3, np.float32))
    for a in optimizer.state.values():
        a[:] = 1e-38
    stepping._flush_denormals(optimizer)
    kept = {name for name, a in optimizer.state.items() if a.any()}
    assert kept == {AdaGrad: {"G"}, AMSGrad: {"v_max"}}.get(kind, set())


@pytest.mark.parametrize("kind", ALL)
def test_parameters_are_never_flushed(kind):
    theta, optimizer = np.full(3, 1e-38, np.float32), kind(lr=1e-30)
    for _ in range(100):
        optimizer.step(theta, np.zeros(3, np.float32))
    np.testing.assert_array_equal(theta, np.float32(1e-38))


@pytest.mark.parametrize(
    "kind", [Momentum, Nesterov, RMSprop, Adadelta, Adam, AdaMax, Nadam, AMSGrad]
)
def test_flushing_moves_no_parameter_by_more_than_its_rounding(kind, monkeypatch, rng):
    """Gradients of every size that float32 knows, at first, and then none."""
    g = (10.0 ** rng.uniform(-38, 2, size=400)).astype(np.float32)
    ends = []
    for flush in (stepping._flush_denormals, lambda optimizer: None):
        monkeypatch.setattr(stepping, "_flush_denormals", flush)
        theta, optimizer = np.full(400, 1e-3, np.float32), kind(lr=1e-3)
        for t in range(400):
            optimizer.step(theta, g if t < 20 else 0 * g)
        ends.append(theta)
    np.testing.assert_allclose(*ends, rtol=1e-6)


# ------------------------------------------------------------------------- the fast form of Adam


@given(
    beta1=st.floats(0, 0.99),
    beta2=st.floats(0, 0.9999),
    t=st.integers(1, 5000),
    seed=st.integers(0, 99),
)
def test_adams_step_in_place_is_its_formula(beta1, beta2, t, seed):
    rng = np.random.default_rng(seed)
    adam = Adam(lr=0.3, beta1=beta1, beta2=beta2)
    adam.t = t
    g, m, v = rng.normal(size=20), rng.normal(size=20), rng.random(20)
    in_place = [m.copy(), v.copy()]
    step = np.empty(20)
    adam_step(adam, 0.3, g, *in_place, step)
    np.testing.assert_allclose(step, 0.3 * adam.direction(g, m, v), rtol=1e-12)
    np.testing.assert_allclose(in_place, [m, v], rtol=1e-13)


def test_adams_step_in_place_stays_in_float32_and_leaves_the_gradient(rng):
    adam = Adam(lr=0.3)
    adam.t = 3
    g, m, v = rng.random((3, 20)).astype(np.float32)
    kept = g.copy()
    adam_step(adam, 0.3, g, m, v, np.empty(20, np.float32))
    assert m.dtype == v.dtype == np.float32
    np.testing.assert_array_equal(g, kept)


class Backwards(Adam):
    def direction(self, g, m, v):
        return -g


class Twice(SGD):
    def direction(self, g):
        return 2 * super().direction(g)


def test_a_subclass_with_another_formula_takes_its_own_step():
    for optimizer, expected in [(Backwards(lr=0.5), 1.5), (Twice(lr=0.1), 0.8)]:
        theta = np.ones(2)
        optimizer.step(theta, np.ones(2))
        np.testing.assert_allclose(theta, expected)


# --------------------------------------------------------------- a learning rate for each walker


@pytest.mark.parametrize("kind", ALL)
def test_walkers_with_a_rate_each_walk_as_if_they_were_alone(kind, rng, monkeypatch):
    monkeypatch.setattr(stepping, "CHUNK", 7)
    start, gradients = rng.normal(size=(6, 2)), rng.normal(size=(5, 6, 2))
    rates = np.array([0.001, 0.01, 0.1, 0.2, 0.5, 1.0])
    decay = {"weight_decay": 0.3} if kind in (SGD, AdamW, Lion) else {}
    theta, optimizer = start.copy(), kind(lr=rates.reshape(6, 1), **decay)
    for g in gradients:
        optimizer.step(theta, g)
    for alone, lr, row, gs in zip(start, rates, theta, gradients.swapaxes(0, 1), strict=True):
        optimizer = kind(lr=float(lr), **decay)
        for g in gs:
            optimizer.step(alone, g)
        np.testing.assert_allclose(row, alone, rtol=1e-13)


def test_rates_of_another_dtype_keep_thetas(rng):
    theta = rng.normal(size=4).astype(np.float32)
    SGD(lr=np.array([1, 2, 3, 4])).step(theta, np.ones(4, np.float32))
    assert theta.dtype == np.float32


def test_rates_are_kept_as_they_were_checked():
    rates = np.array([0.1, 0.2])
    optimizer, theta = SGD(lr=rates), np.zeros(2)
    rates[:] = -1  # the optimizer has a copy
    optimizer.step(theta, np.ones(2))
    np.testing.assert_array_equal(theta, [-0.1, -0.2])


def test_wrong_arrays_of_rates():
    with pytest.raises(ValueError, match=r"lr must hold numbers >= 0, got -0.1"):
        SGD(lr=np.array([0.1, -0.1]))
    with pytest.raises(ValueError, match=r"lr must be finite, got nan at index \(1,\)"):
        Adam(lr=np.array([0.1, np.nan]))
    theta, optimizer = np.ones((5, 2)), SGD(lr=np.ones(3))
    with pytest.raises(ValueError, match=r"lr must broadcast against .* \(5, 2\), got \(3,\)"):
        optimizer.step(theta, theta)
    assert optimizer.t == 0


# ----------------------------------------------------------------------------------- behaviour


@pytest.mark.parametrize("kind", ALL)
def test_reset_makes_the_next_run_like_the_first(kind, rng):
    gradients = rng.normal(size=(4, 3))
    optimizer, runs = kind(lr=0.1), []
    for _ in range(2):
        theta = np.ones(3)
        for g in gradients:
            optimizer.step(theta, g)
        runs.append(theta)
        assert optimizer.t == 4
        optimizer.reset()
        assert optimizer.t == 0 and optimizer.state == {}
    np.testing.assert_array_equal(runs[0], runs[1])


def test_a_fresh_optimizer_is_the_same_one_without_its_memory():
    optimizer, theta = Momentum(lr=0.1), np.ones(3)
    optimizer.step(theta, np.ones(3))
    assert stepping.fresh(optimizer) is optimizer
    assert optimizer.t == 0 and optimizer.state == {} and optimizer.lr == 0.1
    with pytest.raises(TypeError, match="optimizer must be one such as SGD.*, got .*Momentum'"):
        stepping.fresh(Momentum)


@pytest.mark.parametrize("kind", ALL)
def test_every_optimizer_finds_the_bottom_of_a_bowl(kind):
    bowl, theta = landscapes.quadratic(condition=3), np.array([1.0, -1.5])
    optimizer = kind(lr={AdaGrad: 1.0, Adadelta: 2.0}.get(kind, 0.05))
    for t in range(500):
        if kind is Lion:
            optimizer.lr = 0.05 * (1 - t / 500)  # its steps are as long as lr
        optimizer.step(theta, bowl.grad(theta))
    assert bowl.value(theta) < 1e-3


def test_lr_and_momentum_may_be_set_between_steps(torch):
    gradients = np.array([[1.0, -2.0], [0.5, 0.5], [-1.0, 3.0], [0.1, 0.2]])
    theta, peer = np.zeros(2), torch.zeros(2, dtype=torch.float64, requires_grad=True)
    ours, theirs = Adam(lr=0.1), torch.optim.Adam([peer], lr=0.1)
    for i, g in enumerate(gradients):
        ours.lr, ours.beta1 = 0.1 / (i + 1), 0.9 - 0.1 * i
        theirs.param_groups[0].update(lr=0.1 / (i + 1), betas=(0.9 - 0.1 * i, 0.999))
        peer.grad = torch.from_numpy(g)
        ours.step(theta, g)
        theirs.step()
    np.testing.assert_allclose(theta, peer.detach().numpy(), rtol=1e-12)


# ------------------------------------------------------------------------------------- clipping


def test_clip_norm_shortens_and_keeps_the_direction(torch, rng):
    g = rng.normal(size=(3, 4)) * 10
    peer, before = torch.zeros(3, 4, dtype=torch.float64, requires_grad=True), g.copy()
    peer.grad = torch.from_numpy(g.copy())
    norm = clip_norm(g, 2.5)
    their_norm = torch.nn.utils.clip_grad_norm_([peer], 2.5)
    assert type(norm) is float and norm == pytest.approx(float(their_norm), rel=1e-14)
    assert np.linalg.norm(g) == pytest.approx(2.5, rel=1e-14)
    np.testing.assert_allclose(g / 2.5, before / norm, rtol=1e-13)
    np.testing.assert_allclose(g, peer.grad.numpy(), rtol=1e-6)  # they add 1e-6 to the norm


def test_clip_norm_leaves_a_short_gradient_alone():
    g = np.array([0.3, -0.4], np.float32)
    assert clip_norm(g, 0.6) == pytest.approx(0.5, rel=1e-6)
    np.testing.assert_array_equal(g, np.array([0.3, -0.4], np.float32))
    clip_norm(g, 0.25)
    assert g.dtype == np.float32 and np.linalg.norm(g) == pytest.approx(0.25, rel=1e-6)


def test_the_norm_of_large_float32_numbers_does_not_overflow():
    g = np.array([3e19, 4e19], np.float32)
    assert clip_norm(g, 1.0) == pytest.approx(5e19)
    assert g == pytest.approx([0.6, 0.8]) and g.dtype == np.float32


@pytest.mark.parametrize("clip", [clip_norm, clip_value])
def test_only_arrays_of_floats_are_clipped(clip):
    for grad, got in [([3.0, 4.0], "list"), (np.array([3, 4]), "int64 array")]:
        with pytest.raises(TypeError, match=f"^grad must be an array of floats.*got {got}$"):
            clip(grad, 1.0)


def test_clip_value_cuts_each_number():
    g = np.array([-3.0, 0.5, 2.0])
    clip_value(g, 0.75)
    np.testing.assert_array_equal(g, [-0.75, 0.5, 0.75])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clip_norm_refuses_what_no_scaling_repairs(bad):
    with pytest.raises(ValueError, match="grad must have a finite norm to be clipped, got"):
        clip_norm(np.array([1.0, bad]), 1.0)


def test_wrong_clipping_limits():
    with pytest.raises(ValueError, match="max_norm must be a positive number, got 0"):
        clip_norm(np.ones(2), 0)
    with pytest.raises(ValueError, match="limit must be a positive number, got -1"):
        clip_value(np.ones(2), -1)


# ------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("lr", [0, -1, float("nan"), float("inf"), "0.1", None, True])
def test_wrong_learning_rates(kind, lr):
    with pytest.raises(ValueError, match="lr must be a positive number, got"):
        kind(lr=lr)


@pytest.mark.parametrize(
    ("kind", "name", "value", "takes"),
    [
        (Momentum, "mu", 1.0, r"a number in \[0, 1\)"),
        (Nesterov, "mu", -0.1, r"a number in \[0, 1\)"),
        (AdaGrad, "eps", 0, "a positive number"),
        (RMSprop, "beta", 1, r"a number in \[0, 1\)"),
        (RMSprop, "eps", 0, "a positive number"),
        (Adadelta, "rho", 1.5, r"a number in \[0, 1\)"),
        (Adadelta, "eps", -1, "a positive number"),
        (Adam, "beta1", 1, r"a number in \[0, 1\)"),
        (Adam, "beta2", 1, r"a number in \[0, 1\)"),
        (Adam, "eps", 0, "a positive number"),
        (AdaMax, "beta2", 2, r"a number in \[0, 1\)"),
        (Nadam, "beta1", -1, r"a number in \[0, 1\)"),
        (Nadam, "momentum_decay", -1, "a number >= 0"),
        (AMSGrad, "eps", 0, "a positive number"),
        (AdamW, "weight_decay", -0.1, "a number >= 0"),
        (AdamW, "beta1", "x", r"a number in \[0, 1\)"),
        (Lion, "beta1", 1, r"a number in \[0, 1\)"),
        (Lion, "beta2", 1, r"a number in \[0, 1\)"),
        (Lion, "weight_decay", -1, "a number >= 0"),
        (SGD, "weight_decay", -1, "a number >= 0"),
    ],
)
def test_wrong_hyperparameters(kind, name, value, takes):
    with pytest.raises(ValueError, match=f"{name} must be {takes}, got {value!r}"):
        kind(**{"lr": 0.1, name: value})


@pytest.mark.parametrize("kind", ALL)
def test_hyperparameters_are_keyword_only_and_spelled_right(kind):
    with pytest.raises(TypeError):
        kind(0.1)
    with pytest.raises(TypeError, match="learning_rate"):
        kind(lr=0.1, learning_rate=0.1)


@pytest.mark.parametrize("kind", ALL)
def test_wrong_arrays(kind):
    optimizer = kind(lr=0.1)
    with pytest.raises(TypeError, match="theta must be an array of floats.*, got list"):
        optimizer.step([1.0, 2.0], np.ones(2))
    with pytest.raises(TypeError, match="got int64 array"):
        optimizer.step(np.array([1, 2]), np.ones(2))
    with pytest.raises(TypeError, match="got float16 array"):
        optimizer.step(np.ones(2, np.float16), np.ones(2, np.float16))
    theta = np.ones(2)
    theta.flags.writeable = False
    with pytest.raises(ValueError, match="theta must be writeable"):
        optimizer.step(theta, np.ones(2))
    with pytest.raises(ValueError, match=r"grad must be float64 of shape \(9,\)"):
        optimizer.step(np.ones(9), np.ones(2))  # and the 9 is not kept
    theta = np.ones(2)
    with pytest.raises(ValueError, match=r"grad must be float64 of shape \(2,\).*of shape \(3,\)"):
        optimizer.step(theta, np.ones(3))
    with pytest.raises(ValueError, match="grad must be float64 .*, got float32"):
        optimizer.step(theta, np.ones(2, np.float32))
    with pytest.raises(ValueError, match="theta must be contiguous"):
        optimizer.step(np.ones(4)[::2], np.ones(2))
    assert optimizer.t == 0
    np.testing.assert_array_equal(theta, 1)
    optimizer.step(theta, np.ones(2))
    with pytest.raises(ValueError, match=r"theta must stay float64 of shape \(2,\) until reset"):
        optimizer.step(np.ones(3), np.ones(3))
    optimizer.reset()
    optimizer.step(np.ones(3), np.ones(3))


@pytest.mark.parametrize("kind", [SGD, AdamW, Lion])
def test_wrong_mask(kind):
    for shape, other in [((2,), (3,)), ((2, 3), (3, 2)), ((4,), (2, 2))]:  # equal sizes, too
        optimizer = kind(lr=0.1, weight_decay=0.1, decay_mask=np.ones(other, bool))
        sentence = f"decay_mask must have theta's shape {shape}, got {other}"
        with pytest.raises(ValueError, match=re.escape(sentence)):
            optimizer.step(np.ones(shape), np.ones(shape))


@pytest.mark.parametrize("kind", [SGD, AdamW, Lion])
def test_a_mask_that_is_set_between_steps_counts_from_then_on(kind):
    optimizer, theta = kind(lr=0.1, weight_decay=0.5), np.ones(2)
    optimizer.step(theta, np.zeros(2))
    np.testing.assert_allclose(theta, 0.95)
    mask = np.array([True, False])
    optimizer.decay_mask = mask
    mask[:] = True  # the optimizer has a copy
    optimizer.step(theta, np.zeros(2))
    np.testing.assert_allclose(theta, [0.95**2, 0.95])
    optimizer.decay_mask = None
    optimizer.step(theta, np.zeros(2))
    np.testing.assert_allclose(theta, [0.95**3, 0.95**2])


@pytest.mark.parametrize("lr", [-0.1, float("nan"), float("inf"), "0.1", None])
def test_a_wrong_learning_rate_is_refused_later_too(lr):
    optimizer = SGD(lr=0.1)
    with pytest.raises(ValueError, match="lr must be a number >= 0, got"):
        optimizer.lr = lr
    assert optimizer.lr == 0.1
    optimizer.lr = 0  # the end of a schedule


def test_other_hyperparameters_are_checked_later_too():
    optimizer = Adam()
    with pytest.raises(ValueError, match=r"beta1 must be a number in \[0, 1\), got 1"):
        optimizer.beta1 = 1


@pytest.mark.parametrize("kind", ALL)
def test_the_message_for_a_wrong_call_shows_a_right_one(kind):
    right = rf"{kind.__name__} is called by names, such as {kind.__name__}\(lr=0.1\): "
    with pytest.raises(TypeError, match=right + "too many positional arguments"):
        kind(0.1)
    with pytest.raises(TypeError, match=right + ".*(learning_rate|missing.*'lr')"):
        kind(learning_rate=0.1)


def test_a_repr_and_a_list_of_hyperparameters():
    assert repr(Adam(lr=0.1)) == "Adam(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-08)"
    assert repr(SGD(lr=1, decay_mask=[True])) == "SGD(lr=1.0, weight_decay=0.0)"
    assert hyperparameters(Nesterov(lr=0.1)) == ["lr", "mu"]
    assert hyperparameters(Nadam()) == ["lr", "beta1", "beta2", "eps", "momentum_decay"]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_on_where_the_original_was(kind, copied, rng):
    optimizer, theta = kind(lr=0.1), rng.normal(size=3)
    optimizer.step(theta, np.ones(3))
    other, same = copied(optimizer), theta.copy()
    for _ in range(3):
        optimizer.step(theta, np.ones(3))
        other.step(same, np.ones(3))
    np.testing.assert_array_equal(theta, same)


def test_an_optimizer_of_ones_own_may_have_its_own_arguments():
    class Signs(Optimizer):
        def __init__(self, size):
            super().__init__(lr=size)

        def direction(self, g):
            return np.sign(g)

    theta = np.zeros(2)
    Signs(0.5).step(theta, np.array([3.0, -0.1]))
    np.testing.assert_array_equal(theta, [-0.5, 0.5])
    with pytest.raises(NotImplementedError):
        Optimizer(lr=0.1).step(theta, theta)
