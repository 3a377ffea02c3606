import math

import numpy as np
import pytest

from nnlib import schedules


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "staircase",
            0.0125,
            {
                0.011136: "whole drops",
                0.00625: "Four drops",
                0.1 / 64: "8 times",
                0.1 * 0.5**95: "every epoch",
                0.02: "large",
            },
        ),
        (
            "cosine_at_75",
            0.046360,
            {
                0.029289: "to 0.02, not to 0",
                0.049289: "0.18",
                0.065: "a line",
                0.17364: "Upside down",
                0.02 + 0.09 * (1 + math.cos(0.75)): "π",
            },
        ),
        (
            "triangle_at_170",
            0.058,
            {0.042: "from the top", 0.074: "100 long", 0.048: "0.01, not 0", 0.064: "high − low"},
        ),
        (
            "curved_floor",
            0.0625,
            {
                0.11111: "curvature 1",
                0.25: "standard deviation",
                0.125: "factor of λ",
                0.1: "by the square",
            },
        ),
        (
            "conditions",
            "b",
            {"a": "sum to about 10", "c": "squares", "d": "finite", "e": "takes one"},
        ),
        (
            "reach",
            10.05008,
            {10: "integral", 9.95008: "t = 0", 0.50503: "squares", 100.5008: "not 1"},
        ),
        ("read_test", "b", {"a": "too small", "c": "do harm", "d": "rises"}),
        (
            "scaled",
            [0.08, 0.04],
            {
                (0.04, 0.08): "Exchanged",
                (0.005, 0.01): "Divided",
                (0.08, 0.32): "√4",
                (0.08, 0.05): "1 of 2",
            },
        ),
        (
            "two_steps",
            -0.00947368,
            {
                -0.0099: "not 1.",
                -0.009: "not 0.1",
                0.00947368: "sign",
                -0.01: "first step",
                -0.0105263: "negative",
                0: "at once",
            },
        ),
        ("stalled", "b", {"a": "lifts", "c": "first steps", "d": "ten more"}),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def trapezoid(t, lr, steps, warm, cool):
    if t < warm:
        return lr * (t + 1) / warm
    return lr * (steps - t) / cool if t >= steps - cool else lr


def triangle(t, low, high, half):
    return schedules.triangular(low, high, half)(t)


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("trapezoid", trapezoid, "Right."),
        ("trapezoid", lambda t, lr, n, w, c: lr * min(t / w, 1, (n - t) / c), "starts at 0"),
        (
            "trapezoid",
            lambda t, lr, n, w, c: lr * min((t + 1) / w, 1, (n - 1 - t) / c),
            "reaches 0",
        ),
        ("trapezoid", lambda t, lr, n, w, c: lr * min((t + 1) / w, 1), "way down is missing"),
        ("trapezoid", lambda t, lr, n, w, c: lr * min(1, (n - t) / c), "way up is missing"),
        ("trapezoid", lambda t, lr, n, w, c: trapezoid(t, 1, n, w, c), "not to lr"),
        ("trapezoid", lambda t, lr, n, w, c: ..., "return"),
        ("trapezoid", lambda t: 0, "TypeError"),
        ("triangle", triangle, "Right."),
        ("triangle", lambda t, a, b, h: a + b - triangle(t, a, b, h), "Upside down"),
        ("triangle", lambda t, a, b, h: b - (b - a) * abs(t - h) / h, "start again"),
        ("triangle", lambda t, a, b, h: a + (b - a) * (t % h) / h, "sawtooth"),
        ("triangle", lambda t, a, b, h: triangle(t, 0, b, h), "not 0"),
        ("triangle", lambda t, a, b, h: triangle(2 * t, a, b, h), "Twice too fast"),
    ],
)
def test_functions(said, name, answer, words):
    assert words in said(name, answer)


@pytest.mark.parametrize(
    "schedule, words",
    [
        (schedules.polynomial(0.32, 128), "Right."),
        (schedules.constant(0.1), "its noise floor"),
        (schedules.constant(3.0), "diverges"),
        (schedules.polynomial(0.05, 128), "starts low"),
        (schedules.constant(0.001), "starts low"),
        (lambda t: 0, "starts low"),
        (lambda t: None, "one number for each step"),
        (schedules.exponential(0.3, k=0.1), "Try another maximum"),
        (lambda t: np.nan, "finite"),
        (lambda t: -0.1, "not negative"),
        (lambda t: 1 / t, "ZeroDivisionError"),
        (lambda: 0, "TypeError"),
    ],
)
def test_challenge(said, schedule, words):
    assert words in said("challenge", schedule)
