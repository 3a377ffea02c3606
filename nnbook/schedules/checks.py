"""The checks of the chapter on learning-rate schedules."""

import math

import numpy as np

from nnlib.optim import Momentum

from ..check import array, call, checker, choice, function, number, numbers
from ..runs import train_digits

staircase = number(
    0.0125,
    "floor(95/30) = 3 drops: 0.1 · ½ · ½ · ½.",
    mistakes={
        0.1 * 0.5 ** (95 / 30): "Between drops the rate stays: count whole drops only.",
        0.1 / 16: "Four drops: the first one comes in epoch 30, not in epoch 0.",
        0.1 / 8 / 8: "Each drop halves the rate. You have 8 times too little.",
        0.1 * 0.5**95: "That halves in every epoch. It is halved every 30 epochs.",
    },
)

_wave = (1 + math.cos(0.75 * math.pi)) / 2
cosine_at_75 = number(
    0.02 + 0.18 * _wave,
    "0.02 + 0.18 · 0.1464.",
    mistakes={
        0.2 * _wave: "It falls to 0.02, not to 0: mix in the end.",
        0.02 + 0.2 * _wave: "The wave goes from 0.2 to 0.02: its height is 0.18.",
        0.02 + 0.18 / 4: "That is a line. A cosine is lower at three quarters.",
        0.2 - 0.18 * _wave: "Upside down: this one rises from 0.02 to 0.2.",
        0.02 + 0.18 * (1 + math.cos(0.75)) / 2: "The angle is π · 75/100: did you forget π?",
    },
)

triangle_at_170 = number(
    0.058,
    "20 steps after the top of the second cycle: 0.09 − 0.08 · 20/50.",
    mistakes={
        0.042: "That is x · 0.08 from the bottom: x is the distance from the top.",
        0.01 + 0.08 * 20 / 25: "A half-cycle has 50 steps; the whole cycle is 100 long.",
        0.08 * 0.6: "The lower bound is 0.01, not 0.",
        0.01 + 0.09 * 0.6: "The height of the triangle is high − low = 0.08.",
    },
)

curved_floor = number(
    0.0625,
    "ησ² / (λ(2 − ηλ)) = 0.2 / (2 · 1.6).",
    mistakes={
        0.2 / 1.8: "That is for curvature 1. Here the mean shrinks by 1 − ηλ = 0.6.",
        0.25: "That is the standard deviation. The question is for the variance.",
        0.2 / 1.6: "A factor of λ is missing: 1 − (1 − ηλ)² = ηλ(2 − ηλ).",
        0.04 / 0.4: "The variance shrinks by the square, (1 − ηλ)².",
    },
)

conditions = choice(
    "b",
    "The rates sum to infinity, their squares don't.",
    {
        "a": "The rates sum to about 10: with them you can't get anywhere.",
        "c": "Its squares are 0.01/(1 + t), and they sum to infinity: the noise needn't die out. "
        "(That it may all the same, the text shows for the bowl.)",
        "d": "After its end the rate is 0, so the sum is finite.",
    },
)

_ratio = math.exp(-0.01)
reach = number(
    0.1 / (1 - _ratio),
    "About η₀/k = 10: such a schedule must start near enough.",
    tol=1e-4,
    mistakes={
        10: "That is the integral. The sum over steps is a little larger: a geometric series.",
        0.1 * _ratio / (1 - _ratio): "The series starts with t = 0, with the whole 0.1.",
        0.01 / (1 - _ratio**2): "That is the sum of the squares.",
        1 / (1 - _ratio): "The first rate is 0.1, not 1.",
    },
)

_points = [(t, 0.3, 100, 10, 20) for t in (50, 0, 4, 9, 10, 79, 80, 81, 95, 99)]


def _trapezoid(t, lr, steps, warm, cool):
    return lr * min((t + 1) / warm, 1, (steps - t) / cool)


@function(
    _trapezoid,
    "No step is wasted: the first has lr/warm, the last lr/cool.",
    [*_points, (0, 1.0, 8, 1, 1), (7, 1.0, 8, 2, 4)],
)
def trapezoid(t, lr, steps, warm, cool):
    up, down = (t + 1) / warm, (steps - t) / cool
    first = lr * min(t / warm, 1, down)
    yield first, "The line up starts at 0, which wastes the first step: (t + 1) / warm."
    last = lr * min(up, 1, down - 1 / cool)
    yield last, "The line down reaches 0 in the last step, which wastes it: (steps − t) / cool."
    yield lr * min(up, 1), "The way up is right. The way down is missing."
    yield lr * min(1, down), "The way down is right. The way up is missing."
    yield min(up, 1, down), "This goes up to 1, not to lr."


def _triangle(t, low, high, half):
    return high - (high - low) * abs(t % (2 * half) - half) / half


@function(
    _triangle,
    "And it goes on for ever.",
    [(0, 0.1, 0.5, 4), *((t, 0.1, 0.5, 4) for t in (1, 4, 6, 8, 9, 15, 170)), (7, 0.0, 1.0, 5)],
)
def triangle(t, low, high, half):
    yield low + high - _triangle(t, low, high, half), "Upside down: this one starts at high."
    once = high - (high - low) * abs(t - half) / half
    yield once, "The first cycle is right; it has to start again after 2 · half steps."
    sawtooth = low + (high - low) * (t % half) / half
    yield sawtooth, "A sawtooth: from the top it should come down as slowly as it went up."
    yield _triangle(t, 0, high, half), "At its lowest it should be low, not 0."
    twice = _triangle(2 * t, low, high, half)
    yield twice, "Twice too fast: half is the length of the way up alone."


read_test = choice(
    "b",
    "Half of the minimum, and a factor of 2 to both sides.",
    {
        "a": "There the loss hasn't moved yet: this rate is too small.",
        "c": "At the minimum the loss has stopped to fall: the steps begin to do harm.",
        "d": "There the loss rises already.",
    },
)

scaled = array(
    [0.08, 0.04],
    "Times 4, and times √4.",
    mistakes=[
        ([0.04, 0.08], "Exchanged: the linear rule multiplies by 4."),
        ([0.005, 0.01], "Divided. A larger batch has less noise, and allows a larger rate."),
        ([0.08, 0.32], "The square-root rule multiplies by √4, not by 4²."),
    ],
)

two_steps = number(
    -0.01 + 0.01 * 0.01 / 0.19,
    "The second step is 0.01 · 0.0526 back: the average remembers.",
    mistakes={
        -0.0099: "The second correction is 1 − 0.9² = 0.19, not 1.",
        -0.009: "The second correction is 1 − 0.9² = 0.19, not 0.1.",
        0.01 - 0.01 * 0.01 / 0.19: "The size is right, the sign is not: steps go against g.",
        -0.01: "That is after the first step. The second goes back a little.",
        -0.01 - 0.01 * 0.01 / 0.19: "After the second gradient m is negative: the step goes back.",
        0: "Momentum doesn't turn at once: m is −0.01 after the second gradient, not −0.1.",
    },
)

stalled = choice(
    "b",
    "Flat and noisy is a noise floor: a lower rate has a lower one.",
    {
        "a": "It has not stalled, it jumps about. A larger rate lifts the noise floor.",
        "c": "A warm-up is for the first steps. Those went well.",
        "d": "On a noise floor ten more epochs end where the last ten ended.",
    },
)

CHALLENGE, BUDGET = 4.9, 128


@checker("put a schedule in place of the dots")
def challenge(schedule):
    """Whether a schedule of 128 steps brings the error on the digits down to 4.9 %."""
    rates = numbers([call(schedule, t) for t in range(BUDGET)])
    if rates is None or rates.shape != (BUDGET,) or not np.isfinite(rates).all() or min(rates) < 0:
        return False, "A schedule returns one number for each step, finite and not negative."
    runs = train_digits([schedule], BUDGET, optimizer=Momentum(lr=1), seeds=8)
    error, highest, last = runs.error[..., -1].mean(), rates.max(), rates[-1]
    if round(error, 1) <= CHALLENGE:  # as it is said
        return True, "Better than the best constant rate."
    advice = "The shape is sound. Try another maximum, or a longer stay near it."
    if not np.isfinite(runs.loss).all() or (error > 50 and highest > 0.5):
        advice = "It diverges: the rate is too high somewhere."
    elif last > 0.2 * highest and last > 0.05:
        advice = "Its last rate is high, and so is its noise floor."
    elif highest < 0.16:
        advice = "It starts low. A rate that falls to zero may start higher."
    return False, f"{error:.1f} % are wrong; the aim is {CHALLENGE} %. {advice}"
