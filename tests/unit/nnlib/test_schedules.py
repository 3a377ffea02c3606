import math

import numpy as np
import pytest

from nnlib.optim import SGD, Adam, Momentum
from nnlib.schedules import (
    Plateau,
    constant,
    cosine,
    exponential,
    inverse_time,
    one_cycle,
    polynomial,
    range_test,
    rates_kept,
    set_rate,
    step_decay,
    triangular,
    warm_restarts,
    warmup,
)


def their_rates(torch, make, lr, steps, momentum=False):
    """The learning rate (and momentum) that a PyTorch scheduler gives to steps 0, 1, 2, …"""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.5)
    scheduler = make(optimizer, torch.optim.lr_scheduler)
    rates = []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        rates.append((group["lr"], group["momentum"]) if momentum else group["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


# ours, and the constructor of theirs: o is the optimizer, s torch.optim.lr_scheduler
PEERS = {
    "constant": (constant(0.3), lambda o, s: s.ConstantLR(o, factor=1.0)),
    "step": (step_decay(0.3, every=7, factor=0.4), lambda o, s: s.StepLR(o, 7, gamma=0.4)),
    "exponential": (exponential(0.3, k=0.05), lambda o, s: s.ExponentialLR(o, math.exp(-0.05))),
    "inverse time": (
        inverse_time(0.3, k=0.1),
        lambda o, s: s.LambdaLR(o, lambda t: 1 / (1 + 0.1 * t)),
    ),
    "line": (polynomial(0.3, 60), lambda o, s: s.PolynomialLR(o, total_iters=60)),
    "polynomial": (
        polynomial(0.3, 40, power=2.5),
        lambda o, s: s.PolynomialLR(o, total_iters=40, power=2.5),
    ),
    "line to a final value": (
        polynomial(0.3, 40, final=0.03),
        lambda o, s: s.LinearLR(o, 1.0, 0.1, total_iters=40),
    ),
    "cosine": (cosine(0.3, 60), lambda o, s: s.CosineAnnealingLR(o, T_max=60)),
    "cosine to a final value": (
        cosine(0.3, 60, final=0.02),
        lambda o, s: s.CosineAnnealingLR(o, T_max=60, eta_min=0.02),
    ),
    "warm restarts": (
        warm_restarts(0.3, 10),
        lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=10),
    ),
    "warm restarts, growing": (
        warm_restarts(0.3, 7, growth=2, final=0.01),
        lambda o, s: s.CosineAnnealingWarmRestarts(o, T_0=7, T_mult=2, eta_min=0.01),
    ),
    "triangular": (triangular(0.01, 0.3, 8), lambda o, s: s.CyclicLR(o, 0.01, 0.3, step_size_up=8)),
    "warm-up, then cosine": (
        warmup(cosine(0.3, 40), 8),
        lambda o, s: s.SequentialLR(
            o,
            [s.LinearLR(o, 1 / 8, 1.0, total_iters=7), s.CosineAnnealingLR(o, T_max=40)],
            milestones=[8],
        ),
    ),
    "1cycle": (one_cycle(0.3, 60), lambda o, s: s.OneCycleLR(o, 0.3, total_steps=60)),
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning")  # PyTorch about PyTorch
def test_rates_agree_with_pytorch(torch, name):
    """Offset 0 everywhere: our schedule(t) is what PyTorch's optimizer uses for its step t."""
    ours, theirs = PEERS[name]
    steps = {"1cycle": 60, "warm-up, then cosine": 48}.get(name, 61)
    expected = their_rates(torch, theirs, 0.3, steps)
    rates = [ours(t) for t in range(steps)]
    np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=1e-12)
    assert all(type(rate) is float for rate in rates)
    assert [ours(t) for t in range(steps)] == rates  # nothing compounds from call to call


def test_one_cycle_moves_rate_and_momentum_as_pytorch_does(torch):
    shape = {
        "pct_start": 0.4,
        "div_factor": 10,
        "final_div_factor": 100,
        "base_momentum": 0.7,
        "max_momentum": 0.9,
    }
    expected = their_rates(
        torch, lambda o, s: s.OneCycleLR(o, 2.0, total_steps=50, **shape), 2.0, 50, momentum=True
    )
    ours = one_cycle(
        2.0, 50, rise=0.4, start_factor=10, final_factor=100, low_momentum=0.7, high_momentum=0.9
    )
    np.testing.assert_allclose(
        [(ours(t), ours.momentum(t)) for t in range(50)], expected, rtol=1e-10
    )


def test_one_cycle_by_hand():
    schedule = one_cycle(1.0, 101, rise=51 / 101)  # the top at t = 50, the end at t = 100
    assert schedule(0) == pytest.approx(1 / 25)
    assert schedule(25) == pytest.approx((1 / 25 + 1) / 2)  # half-way up
    assert schedule(50) == pytest.approx(1.0)
    assert schedule(75) == pytest.approx((1 + 4e-6) / 2)
    assert schedule(100) == schedule(500) == pytest.approx(4e-6)
    assert [schedule.momentum(t) for t in (0, 25, 50, 75, 100)] == pytest.approx(
        [0.95, 0.9, 0.85, 0.9, 0.95]
    )


@pytest.mark.parametrize("steps, rise", [(101, 51 / 101), (50, 0.3), (7, 0.2), (2, 0.3)])
def test_one_cycle_stays_at_its_end(steps, rise):
    schedule = one_cycle(1.0, steps, rise=rise)
    after = range(steps - 1, 4 * steps)
    assert {schedule(t) for t in after} == {schedule(steps - 1)}
    assert {schedule.momentum(t) for t in after} == {schedule.momentum(steps - 1)}


@pytest.mark.parametrize("steps, rise", [(5, 0.3), (7, 0.2), (9, 0.25), (50, 0.33), (3, 0.4)])
def test_the_top_of_one_cycle_may_lie_between_two_steps(torch, steps, rise):
    expected = their_rates(
        torch,
        lambda o, s: s.OneCycleLR(o, 1.0, total_steps=steps, pct_start=rise),
        1.0,
        steps,
        momentum=True,
    )
    ours = one_cycle(1.0, steps, rise=rise)
    pairs = [(ours(t), ours.momentum(t)) for t in range(steps)]
    np.testing.assert_allclose(pairs, expected, rtol=1e-10)
    assert max(rate for rate, _ in pairs) < 1


@pytest.mark.parametrize("steps, rise", [(2, 0.3), (10, 0.0), (10, 0.05), (3, 0.3)])
def test_one_cycle_of_very_few_steps_has_its_top_before_the_first(torch, steps, rise):
    def theirs(o, s):
        return s.OneCycleLR(o, 1.0, total_steps=steps, pct_start=rise)

    expected = their_rates(torch, theirs, 1.0, steps)
    schedule = one_cycle(1.0, steps, rise=rise)
    np.testing.assert_allclose([schedule(t) for t in range(steps)], expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (constant(0.1), {0: 0.1, 1000: 0.1}),
        (step_decay(0.8, every=10), {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2}),
        (exponential(0.5, k=0.1), {0: 0.5, 10: 0.5 / math.e, 20: 0.5 / math.e**2}),
        (inverse_time(0.5, k=0.01), {0: 0.5, 100: 0.25, 300: 0.125}),
        (polynomial(1, 10), {0: 1, 5: 0.5, 10: 0, 11: 0, 99: 0}),
        (polynomial(1, 10, power=2, final=0.2), {0: 1, 5: 0.4, 10: 0.2, 99: 0.2}),
        (cosine(1, 10, final=0.2), {0: 1, 5: 0.6, 10: 0.2, 11: 0.2, 20: 0.2}),
        (warm_restarts(1, 4), {0: 1, 2: 0.5, 4: 1, 6: 0.5, 8: 1}),
        (warm_restarts(1, 4, growth=3), {0: 1, 2: 0.5, 4: 1, 10: 0.5, 16: 1, 34: 0.5}),
        (triangular(1, 3, 4), {0: 1, 2: 2, 4: 3, 6: 2, 8: 1, 12: 3}),
        (warmup(constant(1), 4), {0: 0.25, 1: 0.5, 3: 1, 4: 1, 9: 1}),
        (warmup(polynomial(1, 10), 4), {0: 0.25, 3: 1, 4: 1, 9: 0.5, 14: 0}),
    ],
)
def test_rates_by_hand(schedule, rates):
    for t, rate in rates.items():
        assert schedule(t) == pytest.approx(rate, abs=1e-15)


def test_set_rate_moves_the_momentum_of_those_that_have_one():
    schedule = one_cycle(0.5, 100)
    sgd, momentum, adam = SGD(lr=1), Momentum(lr=1), Adam(lr=1)
    for optimizer in (sgd, momentum, adam):
        set_rate(optimizer, schedule, 29)
        assert optimizer.lr == pytest.approx(0.5)
    assert momentum.mu == adam.beta1 == pytest.approx(0.85)
    assert not hasattr(sgd, "mu") and not hasattr(sgd, "beta1")
    set_rate(momentum, constant(0.1), 30)
    assert momentum.lr == 0.1 and momentum.mu == pytest.approx(0.85)


# -------------------------------------------------------------------------------------- plateau


def test_plateau_agrees_with_pytorch(torch, rng):
    losses = np.concatenate([1 / (1 + np.arange(30)), 0.03 + 0.01 * rng.random(60)])
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.3, patience=5, threshold=0.02, min_lr=0.001
    )
    ours = Plateau(0.4, factor=0.3, patience=5, threshold=0.02, min_lr=0.001)
    rates = set()
    for t, loss in enumerate(losses):
        assert ours(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        ours.report(loss)
        theirs.step(loss)
        rates.add(ours(t))
    assert len(rates) > 3 and min(rates) == 0.001


def test_plateau_by_hand():
    schedule = Plateau(1.0, factor=0.5, patience=1, threshold=0)
    rates = []
    for loss in (3, 2, 2, 2, 1, 5, math.nan, 0.5):
        schedule.report(loss)
        rates.append(schedule(0))
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


# ----------------------------------------------------------------------------------- range test


def test_range_test_tries_equal_ratios():
    seen = []
    lrs, losses = range_test(lambda lr: seen.append(lr) or 1.0, low=0.01, high=1.0, steps=5)
    np.testing.assert_allclose(lrs, [0.01, 0.1**1.5, 0.1, 0.1**0.5, 1.0])
    np.testing.assert_array_equal(seen, lrs)
    np.testing.assert_array_equal(losses, np.ones(5))


def test_range_test_finds_the_edge_of_a_parabola():
    """On x² / 2 * 4 gradient descent converges for lr < 2 / 4."""
    theta = np.array([1.0])

    def step(lr):
        loss = 2 * theta[0] ** 2
        theta[0] -= lr * 4 * theta[0]
        return loss

    lrs, losses = range_test(step, low=1e-3, high=100, steps=60)
    assert len(lrs) == len(losses) < 60
    assert 0.5 < lrs[-1] < 5  # the average follows ten steps later
    assert losses[-1] > 4 * losses.min()
    assert 0.2 < lrs[losses.argmin() - 1] < 0.6


def range_test_of(losses, **options):
    """The range test of a training that gives these losses."""
    left = iter(losses)
    return range_test(lambda lr: next(left), steps=len(losses), **options)


def test_a_single_lucky_or_unlucky_batch_does_not_end_a_range_test():
    for odd in (1e-6, 20.0):
        losses = [2.0] * 30 + [odd] + [2.0] * 30
        np.testing.assert_array_equal(range_test_of(losses).losses, losses)


def test_a_lucky_first_batch_counts_for_one_batch():
    """Without the correction by 1 - 0.9**t the average would start near 0."""
    assert len(range_test_of([2.0, 1.0] + [2.0] * 30, blow_up=1.4).losses) == 32


def test_a_real_blow_up_ends_a_range_test():
    """After 50 losses of 1 the average of n losses of 11 more is 11 - 10 * 0.9**n."""
    for blow_up, n in [(4.0, 4), (2.5, 2), (1.5, 1)]:
        lrs, losses = range_test_of([1.0] * 50 + [11.0] * 20, blow_up=blow_up)
        assert len(lrs) == len(losses) == 50 + n
    assert len(range_test_of([1.0] * 50 + [11.0] * 20, blow_up=12).losses) == 70


def test_range_test_ends_at_nan_and_at_overflow_without_a_warning():
    losses = iter([1.0, 0.5, math.nan, 3.0])
    assert len(range_test(lambda lr: next(losses)).losses) == 3
    assert len(range_test_of([math.inf, 1.0, 1.0]).losses) == 1

    def overflow(lr):
        return 1.0 if lr < 1e-3 else np.float64(1e300) * np.float64(1e300)

    assert range_test(overflow).losses[-1] == math.inf


# ------------------------------------------------------------------------------------- bad input


def test_one_cycle_is_not_warmed_up_again():
    with pytest.raises(ValueError, match="^schedule must give a learning rate and nothing else"):
        warmup(one_cycle(1, 10), 5)


def test_the_rates_are_put_back_whatever_happens():
    optimizer = Momentum(lr=0.1, mu=0.5)
    with pytest.raises(KeyError), rates_kept(optimizer):
        set_rate(optimizer, one_cycle(0.3, 10), 4)
        assert optimizer.lr != 0.1 and optimizer.mu != 0.5
        raise KeyError
    assert optimizer.lr == 0.1 and optimizer.mu == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: constant(0), "lr must be a positive number, got 0"),
        (lambda: step_decay(-1, every=3), "lr must be a positive number, got -1"),
        (lambda: step_decay(1, every=0), "every must be a whole number >= 1, got 0"),
        (lambda: step_decay(1, every=2.5), "every must be a whole number >= 1, got 2.5"),
        (lambda: step_decay(1, every=2, factor=0), "factor must be a positive number, got 0"),
        (lambda: exponential(1, k=-0.1), "k must be a number >= 0, got -0.1"),
        (lambda: exponential(math.nan, k=0.1), "lr must be a positive number, got nan"),
        (lambda: inverse_time(1, k=-1), "k must be a number >= 0, got -1"),
        (lambda: inverse_time(0, k=1), "lr must be a positive number, got 0"),
        (lambda: polynomial(1, 0), "steps must be a whole number >= 1, got 0"),
        (lambda: polynomial(1, 5, power=0), "power must be a positive number, got 0"),
        (lambda: polynomial(1, 5, final=-1), "final must be a number >= 0, got -1"),
        (lambda: polynomial("1", 5), "lr must be a positive number, got '1'"),
        (lambda: cosine(0, 5), "lr must be a positive number, got 0"),
        (lambda: cosine(1, 0), "steps must be a whole number >= 1, got 0"),
        (lambda: cosine(1, 5, final=-1), "final must be a number >= 0, got -1"),
        (lambda: warm_restarts(0, 5), "lr must be a positive number, got 0"),
        (lambda: warm_restarts(1, 0), "period must be a whole number >= 1, got 0"),
        (lambda: warm_restarts(1, 5, growth=0), "growth must be a whole number >= 1, got 0"),
        (lambda: warm_restarts(1, 5, final=-2), "final must be a number >= 0, got -2"),
        (lambda: warmup(constant(1), 0), "steps must be a whole number >= 1, got 0"),
        (lambda: warmup(0.1, 5), "schedule must be a function of the step, got 0.1"),
        (
            lambda: warmup(cosine, 5),
            "schedule must be what cosine(…) returns, got cosine itself",
        ),
        (
            lambda: warmup(Plateau(1), 5),
            "schedule must give a learning rate and nothing else to be "
            "warmed up, got a Plateau, or a one_cycle with its momentum",
        ),
        (lambda: triangular(-1, 1, 5), "low must be a number >= 0, got -1"),
        (lambda: triangular(0, 0, 5), "high must be a positive number, got 0"),
        (lambda: triangular(2, 1, 5), "low must be at most high = 1.0, got 2.0"),
        (lambda: triangular(0, 1, 0), "half_cycle must be a whole number >= 1, got 0"),
        (lambda: one_cycle(0, 10), "max_lr must be a positive number, got 0"),
        (lambda: one_cycle(1, 1), "steps must be a whole number >= 2, got 1"),
        (lambda: one_cycle(1, 10, rise=1), "rise must be a number in [0, 1), got 1"),
        (lambda: one_cycle(1, 10, start_factor=0), "start_factor must be a positive number, got 0"),
        (lambda: one_cycle(1, 10, final_factor=0), "final_factor must be a positive number, got 0"),
        (
            lambda: one_cycle(1, 10, low_momentum=1),
            "low_momentum must be a number in [0, 1), got 1",
        ),
        (
            lambda: one_cycle(1, 10, high_momentum=2),
            "high_momentum must be a number in [0, 1), got 2",
        ),
        (lambda: Plateau(0), "lr must be a positive number, got 0"),
        (lambda: Plateau(1, factor=1), "factor must be a number in [0, 1), got 1"),
        (lambda: Plateau(1, patience=-1), "patience must be a whole number >= 0, got -1"),
        (lambda: Plateau(1, threshold=1), "threshold must be a number in [0, 1), got 1"),
        (lambda: Plateau(1, min_lr=-1), "min_lr must be a number >= 0, got -1"),
        (lambda: Plateau(1, min_lr=2), "min_lr must be at most lr = 1.0, got 2"),
        (
            lambda: set_rate(SGD(lr=1), lambda t: -0.1, 0),
            "schedule(t) must be a number >= 0, got -0.1",
        ),
        (
            lambda: set_rate(SGD(lr=1), lambda t: math.nan, 0),
            "schedule(t) must be a number >= 0, got nan",
        ),
        (lambda: range_test(abs, low=0), "low must be a positive number, got 0"),
        (lambda: range_test(abs, high=-1), "high must be a positive number, got -1"),
        (lambda: range_test(abs, low=1, high=1), "low must be less than high = 1.0, got 1.0"),
        (lambda: range_test(abs, steps=1), "steps must be a whole number >= 2, got 1"),
        (lambda: range_test(abs, blow_up=1), "blow_up must be a number > 1, got 1"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert str(error.value) == message


def test_a_range_test_goes_on_where_losses_are_negative():
    losses = iter(np.linspace(-1, -2, 20))
    assert len(range_test(lambda lr: next(losses), steps=20).lrs) == 20
