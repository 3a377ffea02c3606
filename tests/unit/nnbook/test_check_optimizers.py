import numpy as np
import pytest

from nnbook.optimizers import checks as check
from nnlib.optim import SGD, Adam, Momentum, Nesterov
from nnlib.stepping import Optimizer

ROOT = np.sqrt(10) / 100


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "limit",
            0.1,
            {
                4: "flattest",
                0.5: "middle",
                0.05: "one step",
                2 / 20.5: "asked for next",
                0.2: "large",
            },
        ),
        (
            "how_many",
            277,
            {
                139: "not 20",
                546: "1/λ_max",
                44: "momentum",
                120: "logarithm",
                10: "small",
                276: "One step less",
                276.25: "whole number",
                278: "a count is exact",
            },
        ),
        ("batch", 3200, {320: "a third", 32768: "Not exponentially", 100: "32"}),
        (
            "momentum",
            [0.8, 0.5, 0.55],
            {
                (0.8, 0.6, 0.8): "gradient descent",
                (0.9, 0.75, 0.775): "averages",
                (1.2, 1.5, 1.45): "subtract",
                (0.7, 0.35, 0.575): "Nesterov",
                (2, 3, -0.5): "velocities",
                (0.8, 0.4, 0.2): "forgets",
                (0.8, 0.5, 0.6): "1 of 3",
            },
        ),
        (
            "average",
            [4, 20 / 3, 52 / 7],
            {
                (2, 5, 6.5): "raw",
                (4, 10, 13): "1 − β.",
                (8 / 3, 20 / 3, 26 / 3): "1 − β²",
                (4, 8, 64 / 7): "raw one",
                (4, 6, 20 / 3): "simple mean",
                (4, 6, 7): "Start at 0",
            },
        ),
        (
            "first_step",
            [-0.01, 0.01],
            {
                (0.01, -0.01): "Downhill",
                (-2.5, 0.00004): "gradient descent",
                (-0.01, -0.01): "grows",
                (-ROOT, ROOT): "3.16",
                (-0.01 / 250, 2.5): "root",
                (-0.001, 0.001): "m̂",
            },
        ),
        (
            "translate",
            0.02,
            {8: "other way", 0.4: "20 times", 0.38: "multiplies by μ", 0.04: "0.9"},
        ),
        ("find_the_bug", "b", {"a": "average", "c": "once size", "d": "forgotten"}),
        (
            "sliders",
            ["rate down", "rate down", "momentum down", "rate up"],
            {
                ("rate down", "rate up", "momentum down", "rate up"): "(2)",
                ("momentum down", "rate down", "rate down", "rate down"): "(1)",
                ("up", "up", "up", "up"): "each one of rate down",
                ("rate up",): "a list of four",
                ("rate down", "rate down", "rate down", "rate up"): "(3)",
                ("rate down", "rate down", "momentum down", "rate down"): "(4)",
            },
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def adam(power=lambda t: t, root=np.sqrt, square=np.square, eps=1e-8, sign=1):
    def step(theta, g, m, v, t, lr):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * square(g)
        m, v = m / (1 - 0.9 ** power(t)), v / (1 - 0.999 ** power(t))
        return theta - sign * lr * m / (root(v) + eps)

    return step


def uncorrected(theta, g, m, v, t, lr):
    return theta - lr * (0.9 * m + 0.1 * g) / (np.sqrt(0.999 * v + 0.001 * g**2) + 1e-8)


def inside(theta, g, m, v, t, lr):
    return adam(root=lambda v: np.sqrt(v + 1e-8), eps=0)(theta, g, m, v, t, lr)


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("adam", adam(), "Right."),
        ("adam", uncorrected, "corrections are missing"),
        ("adam", adam(lambda t: 1), "1 − β."),
        ("adam", adam(lambda t: 2), "1 − β²"),
        ("adam", adam(root=lambda v: v), "in place of its root"),
        ("adam", adam(square=lambda g: g), "g in place of g²"),
        ("adam", adam(sign=-1), "uphill"),
        ("adam", inside, "inside"),
        ("adam", lambda th, g, m, v, t, lr: th - lr * g, "gradient descent"),
        (
            "adam",
            lambda th, g, m, v, t, lr: (
                th - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            ),
            "Average first",
        ),
        ("adam", lambda th, g, m, v, t, lr: None, "return"),
        ("floor", lambda lr, c, s, n: lr / (2 * (2 - lr * c)) * s**2 / n, "Right."),
        ("floor", lambda lr, c, s, n: lr / (c * (2 - lr * c)) * s**2 / n, "variance V"),
        ("floor", lambda lr, c, s, n: lr / (2 - lr * c) * s**2 / n, "½"),
        ("floor", lambda lr, c, s, n: lr / (2 * (2 - lr * c)) * s / n, "squared"),
        ("floor", lambda lr, c, s, n: lr / (2 * (2 - lr * c)) * s**2 / n**0.5, "standard error"),
        ("floor", lambda lr, c, s, n: lr / (2 * (2 - lr * c)) * s**2, "batch is missing"),
        ("floor", lambda lr, c, s, n: lr / 4 * s**2 / n, "small rates"),
        ("adagrad_rate", lambda t, c, lr: lr / np.sqrt(t * c**2), "Right."),
        ("adagrad_rate", lambda t, c, lr: lr / (c**2 * t), "η/G"),
        ("adagrad_rate", lambda t, c, lr: lr / (c * t), "under a root"),
        ("adagrad_rate", lambda t, c, lr: lr / np.sqrt(t), "size of the gradients"),
        ("adagrad_rate", lambda t, c, lr: lr / c, "grows"),
        ("adagrad_rate", lambda t, c, lr: lr / np.sqrt(t * c), "squares"),
    ],
)
def test_functions(said, name, answer, words):
    out = said(name, answer)
    assert words in out and out.startswith(("Right. ", "Not yet. ")), out


class Cheat(Optimizer):
    def step(self, theta, grad):
        theta[:] = 1


class Broken(Optimizer):
    def direction(self, g):
        raise ZeroDivisionError("no idea")


@pytest.mark.parametrize(
    "optimizer, words",
    [
        (Nesterov(lr=0.001, mu=0.93), "Right. "),
        (Momentum(lr=0.0018), "Right. "),
        (Cheat(lr=1.0), "Is it written in your code?"),
        (Broken(lr=1.0), "ZeroDivisionError: no idea"),
        (SGD(lr=0.1), "diverged at step"),
        (SGD(lr=1e-5), "goal is 1e-6"),
        (SGD(lr=0.0017), "now get below 1,000"),
        (Momentum, "This is a class"),
        ("Adam", "This takes an optimizer"),
    ],
)
def test_challenge(said, optimizer, words):
    assert words in said("challenge", optimizer)


class BFGS(Optimizer):
    """Learns the inverse curvature from the differences of gradients; no step is longer than lr."""

    last = None

    def direction(self, g):
        if self.last is None:
            self.inverse = 1e-3 * np.eye(len(g))
        else:
            step, change = -self.lr * self.last[0], g - self.last[1]
            if step @ change > 0:
                if self.t == 2:
                    self.inverse = np.eye(len(g)) * (step @ change) / (change @ change)
                turn = np.eye(len(g)) - np.outer(step, change) / (step @ change)
                self.inverse = turn @ self.inverse @ turn.T + np.outer(step, step) / (step @ change)
        move = self.inverse @ g
        d = move * min(1 / self.lr, 1 / np.linalg.norm(move))
        self.last = d, g.copy()
        return d


@pytest.mark.slow
def test_the_ranks_of_the_challenge_are_those_that_were_found():
    ranks = [most for most, _ in check.RANKS]
    assert ranks == sorted(ranks)

    def rank(optimizer):
        steps, _ = check.steps_to_goal(optimizer)
        return next(words for most, words in check.RANKS if steps <= most)

    assert "BFGS" in rank(BFGS(lr=0.15))
    assert "coarse grid" in rank(Nesterov(lr=0.001, mu=0.93))
    assert "fine grid" in rank(Nesterov(lr=0.00094, mu=0.95))
    assert "fine grid" in rank(Nesterov(lr=0.00105, mu=0.92))
    assert "as with Adam at" in rank(Adam(lr=10**0.25))
    assert "as with Momentum" in rank(Momentum(lr=10**-2.75))
