"""The checks of the chapter on optimizers."""

import numpy as np

from nnlib.descend import descend
from nnlib.landscapes import rosenbrock
from nnlib.stepping import Optimizer

from ..check import _short, array, checker, choice, function, number

limit = number(
    0.1,
    "2/20: the steepest direction sets the limit.",
    mistakes={
        4: "2/0.5 is the limit of the flattest direction. The steepest one diverges long before.",
        0.5: "2/4 is the limit of the direction in the middle.",
        0.05: "1/20 is where the steepest direction arrives in one step. It may be twice that.",
        2 / 20.5: "That is the best rate, 2/(λ_min + λ_max), which is asked for next.",
    },
)

_log = np.log(1e-6)
how_many = number(
    np.ceil(_log / np.log(39 / 41)),
    "κ = 40, the factor 39/41 in each step.",
    tol=0.004,
    mistakes={
        np.ceil(_log / np.log(19 / 21)): "κ = 20/0.5 = 40, not 20.",
        np.ceil(
            _log / np.log(1 - 1 / 40)
        ): "That is the rate 1/λ_max. The best one is 2/(λ_min + λ_max).",
        np.ceil(
            _log / np.log((np.sqrt(40) - 1) / (np.sqrt(40) + 1))
        ): "With √κ it is momentum's number. Gradient descent has κ itself.",
        np.ceil(_log / np.log(39 / 41) / np.log(10)): "ln for one logarithm and log₁₀ for another?",
    },
)

batch = number(
    3200,
    "A tenth of the noise takes a hundred times the samples.",
    mistakes={
        320: "The noise falls with √n: ten times the batch leaves 1/√10, a third.",
        32 * 2**10: "Not exponentially: the noise falls with the root of n.",
        100: "A hundred times as many, and there were 32.",
    },
)

momentum = array(
    [0.8, 0.5, 0.55],
    "Velocities 2, 3, −0.5: the last gradient turned it round.",
    mistakes=[
        ([0.8, 0.6, 0.8], "That is gradient descent: the velocity is missing."),
        ([0.9, 0.75, 0.775], "v = μv + (1 − μ)g averages. The formula here sums: v = μv + g."),
        ([1.2, 1.5, 1.45], "Downhill is against the velocity: subtract."),
        ([0.7, 0.45, 0.575], "That is Nesterov's step, with g + μv."),
        ([2, 3, -0.5], "These are the velocities. θ loses 0.1 times each of them."),
        ([0.8, 0.4, 0.2], "The velocity forgets: the old one counts half, μ = 0.5."),
    ],
)

average = array(
    [4, 20 / 3, 52 / 7],
    "Raw 2, 5, 6.5, divided by 0.5, 0.75, 0.875.",
    mistakes=[
        ([2, 5, 6.5], "These are the raw averages. Divide each by 1 − βᵗ."),
        ([4, 10, 13], "Divided by 1 − β. It is 1 − βᵗ, which grows with every step."),
        ([2 / 0.75, 5 / 0.75, 6.5 / 0.75], "Divided by 1 − β². It is 1 − βᵗ."),
        ([4, 8, 64 / 7], "The corrected value went into the next step. Go on with the raw one."),
        ([4, 6, 20 / 3], "That is the simple mean. Recent numbers count more here."),
        ([4, 6, 7], "Start at 0 and correct; you started with the first number."),
    ],
)

first_step = array(
    [-0.01, 0.01],
    "m̂/√v̂ = g/|g|: the first step is the rate, against the sign.",
    mistakes=[
        ([0.01, -0.01], "Downhill is against the gradient."),
        ([-2.5, 0.00004], "That is gradient descent's step. Adam divides by √v̂."),
        ([-0.01, -0.01], "The second gradient is negative, so its parameter grows."),
        ([-0.01 * np.sqrt(10), 0.01 * np.sqrt(10)], "Without the bias correction it is 3.16 η."),
        ([-0.01 / 250, 0.01 / 0.004], "Divided by v̂ in place of its root."),
        ([-0.001, 0.001], "m is corrected, too: m̂ = g in the first step, not 0.1 g."),
    ],
)

translate = number(
    0.02,
    "The sum is 1/(1 − μ) = 20 times the average: a twentieth of the rate.",
    mistakes={
        8: "The other way round: the sum is the larger velocity, and needs the smaller rate.",
        0.4: "The sum is 20 times the average. The same rate would go 20 times as far.",
        0.38: "0.4 · 0.95 multiplies by μ. The factor between the velocities is 1 − μ.",
        0.04: "That would be μ = 0.9.",
    },
)


def _adam(theta, g, m, v, t, lr, *, power=None, correct=True, root=True, inside=False, old=False):
    m_new, v_new = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    if old:
        m_new, v_new = m, v
    k = power or t
    if correct:
        m_new, v_new = m_new / (1 - 0.9**k), v_new / (1 - 0.999**k)
    if inside:
        return theta - lr * m_new / np.sqrt(v_new + 1e-8)
    return theta - lr * m_new / ((np.sqrt(v_new) if root else v_new) + 1e-8)


def _adam_with(**changes):
    return lambda *arguments: _adam(*arguments, **changes)


def _averages_g(theta, g, m, v, t, lr):
    m_new, v_new = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g
    return theta - lr * m_new / (1 - 0.9**t) / (np.sqrt(v_new / (1 - 0.999**t)) + 1e-8)


_a = np.array
adam = function(
    _adam,
    "Two averages, two corrections, one division. That is all of Adam.",
    inputs=[
        (_a([1.0, 2.0]), _a([0.5, -3.0]), _a([0.0, 0.0]), _a([0.0, 0.0]), 1, 0.1),
        (_a([0.5, -1.0]), _a([2.0, 1e-3]), _a([0.3, -0.2]), _a([0.04, 0.01]), 7, 0.01),
        (_a([0.0]), _a([1e-7]), _a([0.0]), _a([0.0]), 1, 1.0),
        (_a([3.0]), _a([-1.0]), _a([0.9]), _a([0.8]), 4000, 0.5),
    ],
    mistakes=[
        (_adam_with(correct=False), "The bias corrections are missing: m/(1 − 0.9ᵗ) and so on."),
        (_adam_with(power=1), "Divided by 1 − β. It is 1 − βᵗ, with the number of the step."),
        (_adam_with(power=2), "Divided by 1 − β². It is 1 − βᵗ, with the number of the step."),
        (_adam_with(root=False), "Divided by v̂ in place of its root."),
        (_adam_with(inside=True), "ε is inside of the root. It belongs outside."),
        (_adam_with(old=True), "Average first: the new m and v already contain g."),
        (_averages_g, "v averages g in place of g²."),
        (
            lambda th, g, m, v, t, lr: 2 * th - _adam(th, g, m, v, t, lr),
            "It goes uphill: subtract the step.",
        ),
        (lambda th, g, m, v, t, lr: th - lr * g, "That is gradient descent."),
    ],
)

floor = function(
    lambda lr, c, sigma, n: lr / (2 * (2 - lr * c)) * sigma**2 / n,
    "About ησ²/4n for small rates: in proportion to η/n.",
    inputs=[(0.1, 1.0, 16.0, 16), (0.05, 10.0, 4.0, 64), (0.3, 4.0, 2.0, 1), (1.9, 1.0, 1.0, 8)],
    mistakes=[
        (
            lambda lr, c, sigma, n: lr / (c * (2 - lr * c)) * sigma**2 / n,
            "That is the variance V. The height is c·V/2.",
        ),
        (lambda lr, c, sigma, n: lr / (2 - lr * c) * sigma**2 / n, "The ½ of ½cV is missing."),
        (
            lambda lr, c, sigma, n: lr / (2 * (2 - lr * c)) * sigma / n,
            "The noise enters as a variance: sigma squared.",
        ),
        (
            lambda lr, c, sigma, n: lr / (2 * (2 - lr * c)) * sigma**2 / np.sqrt(n),
            "σ/√n is the standard error. Its square is σ²/n.",
        ),
        (lambda lr, c, sigma, n: lr / (2 * (2 - lr * c)) * sigma**2, "The batch is missing."),
        (
            lambda lr, c, sigma, n: lr / 4 * sigma**2 / n,
            "Right for small rates only. Near the limit the floor is much higher.",
        ),
    ],
)

adagrad_rate = function(
    lambda t, c, lr: lr / (c * np.sqrt(t)),
    "It falls with the root of the number of steps.",
    inputs=[(1, 2.0, 0.1), (100, 0.5, 1.0), (10_000, 3.0, 0.01)],
    mistakes=[
        (lambda t, c, lr: lr / (c**2 * t), "That is η/G. AdaGrad divides by the root of G."),
        (lambda t, c, lr: lr / (c * t), "G = t·c² is under a root, so t is as well."),
        (lambda t, c, lr: lr / np.sqrt(t), "G = t·c²: the size of the gradients counts."),
        (lambda t, c, lr: lr / c, "G is a sum, and grows with every step."),
        (lambda t, c, lr: lr / np.sqrt(t * c), "G sums the squares, c²."),
    ],
)

find_the_bug = choice(
    "b",
    "size must be √v + eps: v is a mean of squares.",
    {
        "a": "The average of the squares is right.",
        "c": "This line is right, once size is a size.",
        "d": "v has to be handed back, or it would be forgotten.",
    },
)

_SLIDERS = ["rate down", "rate down", "momentum down", "rate up"]
_WHY = [
    "(1) grows by a constant factor: the rate is above the limit.",
    "(2) trembles around a height: that is the noise floor, proportional to the rate.",
    "(3) waves much longer than two steps: the velocity lives too long.",
    "(4) is smooth, and a larger rate is stable: there is room.",
]


def _judge_sliders(answer):
    if isinstance(answer, str) or not isinstance(answer, list | tuple):
        return f"This takes a list of four texts, and got {_short(answer)}."
    if len(answer) != 4 or not all(isinstance(a, str) for a in answer):
        return f"This takes a list of four texts, and got {_short(answer)}."
    given = [a.strip().lower() for a in answer]
    for a in given:
        if a not in set(_SLIDERS):
            return f"Choose from {sorted(set(_SLIDERS))}; {a!r} is none of them."
    wrong = [w for a, right, w in zip(given, _SLIDERS, _WHY, strict=True) if a != right]
    return " ".join(wrong) or None


sliders = checker(
    "put a list of four texts in place of the dots",
    _judge_sliders,
    "Growth, trembling: rate down. Long waves: momentum. Smooth: rate up.",
)

START, GOAL, MOST = (-1.5, 2.0), 1e-6, 20_000
RANKS = [  # at most so many steps
    (5, "No gradient tells so fast where the minimum is. Is it written in your code?"),
    (60, "That is the speed of methods that learn the curvature on their way, such as BFGS."),
    (160, "Fewer than we found with any optimizer of this chapter."),
    (250, "As few as with Nesterov's rate and momentum both tuned."),
    (550, "As few as with the best of the table, Adam at its other defaults."),
    (1000, "Solved, as with Momentum at μ = 0.9. Adam at its defaults needs fewer."),
]


def steps_to_goal(optimizer):
    """Steps that an optimizer needs on Rosenbrock until f < 1e-6, or None; and how it ended."""
    path = descend(rosenbrock, optimizer, START, MOST)
    below = path.values < GOAL
    return (int(np.argmax(below)) if below.any() else None), path


def challenge(answer=...):
    """Run the reader's optimizer on Rosenbrock, and say how it ranks."""
    steps = None

    def judge(answer):
        nonlocal steps
        if isinstance(answer, type) and issubclass(answer, Optimizer):
            return "This is a class. Give it its parameters, as in Momentum(lr=0.001)."
        if not isinstance(answer, Optimizer):
            return f"This takes an optimizer, such as Momentum(lr=0.001), and got {_short(answer)}."
        try:
            steps, path = steps_to_goal(answer)
        except Exception as error:  # a reader's own optimizer may raise whatever it likes
            return f"Your optimizer stopped with {type(error).__name__}: {error}"
        if steps is None and path.diverged_at >= 0:
            return f"It {path.message}. A smaller rate, or less momentum?"
        if steps is None:
            return f"f = {path.values[-1]:.2g} after {MOST:,} steps, and the goal is 1e-6."
        if steps > RANKS[-1][0]:
            return f"{steps:,} steps. It arrives; now get below {RANKS[-1][0]:,}."
        return None

    def why():
        return f"{steps} steps. " + next(words for most, words in RANKS if steps <= most)

    checker("put an optimizer in place of the dots", judge, _Late(why))(answer)


class _Late:
    """A text that is known only when it is printed."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text()
