"""The checks of the chapter on optimizers."""

import numpy as np

from nnlib.descend import descend
from nnlib.landscapes import rosenbrock
from nnlib.stepping import Optimizer

from ..check import array, checker, choice, choices, function, number, short, stops

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


def _steps(factor):
    return np.ceil(np.log(1e-6) / np.log(factor))


how_many = number(
    _steps(39 / 41),
    "κ = 40, the factor 39/41 in each step.",
    tol=1e-9,
    mistakes={
        276: "One step less is not yet a millionth.",
        _steps(19 / 21): "κ = 20/0.5 = 40, not 20.",
        _steps(1 - 1 / 40): "That is the rate 1/λ_max. The best one is 2/(λ_min + λ_max).",
        _steps((40**0.5 - 1) / (40**0.5 + 1)): "With √κ it is momentum's number. "
        "Gradient descent has κ itself.",
        np.ceil(-6 / np.log(39 / 41)): "ln for one logarithm and log₁₀ for another?",
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
        ([0.7, 0.35, 0.575], "That is Nesterov's step, with g + μv."),
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

_a = np.array


def _adam(theta, g, m, v, t, lr, *, power=None, square=np.square, root=np.sqrt, eps=1e-8):
    m, v, power = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * square(g), power or t
    m, v = m / (1 - 0.9**power), v / (1 - 0.999**power)
    return theta - lr * m / (root(v) + eps)


@function(
    _adam,
    "Two averages, two corrections, one division. That is all of Adam.",
    [
        (_a([1.0, 2.0]), _a([0.5, -3.0]), _a([0.0, 0.0]), _a([0.0, 0.0]), 1, 0.1),
        (_a([0.5, -1.0]), _a([2.0, 1e-3]), _a([0.3, -0.2]), _a([0.04, 0.01]), 7, 0.01),
        (_a([0.0]), _a([1e-7]), _a([0.0]), _a([0.0]), 1, 1.0),
        (_a([3.0]), _a([-1.0]), _a([0.9]), _a([0.8]), 4000, 0.5),
    ],
)
def adam(theta, g, m, v, t, lr):
    now = theta, g, m, v, t, lr
    uncorrected = _adam(*now, power=np.inf)
    yield uncorrected, "The bias corrections are missing: m/(1 − 0.9ᵗ) and so on."
    yield _adam(*now, power=1), "Divided by 1 − β. It is 1 − βᵗ, with the number of the step."
    yield _adam(*now, power=2), "Divided by 1 − β². It is 1 − βᵗ, with the number of the step."
    yield _adam(*now, root=np.positive), "Divided by v̂ in place of its root."
    inside = _adam(*now, root=lambda v: np.sqrt(v + 1e-8), eps=0)
    yield inside, "ε is inside of the root. It belongs outside."
    old = theta - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    yield old, "Average first: the new m and v already contain g."
    yield _adam(*now, square=np.positive), "v averages g in place of g²."
    yield 2 * theta - _adam(*now), "It goes uphill: subtract the step."
    yield theta - lr * g, "That is gradient descent."


def _floor(lr, c, sigma, n):
    return lr / (2 * (2 - lr * c)) * sigma**2 / n


@function(
    _floor,
    "About ησ²/4n for small rates: in proportion to η/n.",
    [(0.1, 1.0, 16.0, 16), (0.05, 10.0, 4.0, 64), (0.3, 4.0, 2.0, 1), (1.9, 1.0, 1.0, 8)],
)
def floor(lr, c, sigma, n):
    right = _floor(lr, c, sigma, n)
    yield right * 2 / c, "That is the variance V. The height is c·V/2."
    yield right * 2, "The ½ of ½cV is missing."
    yield right / sigma, "The noise enters as a variance: sigma squared."
    yield right * np.sqrt(n), "σ/√n is the standard error. Its square is σ²/n."
    yield right * n, "The batch is missing."
    small = lr / 4 * sigma**2 / n
    yield small, "Right for small rates only. Near the limit the floor is much higher."


@function(
    lambda t, c, lr: lr / (c * np.sqrt(t)),
    "It falls with the root of the number of steps.",
    [(1, 2.0, 0.1), (100, 0.5, 1.0), (10_000, 3.0, 0.01)],
)
def adagrad_rate(t, c, lr):
    yield lr / (c**2 * t), "That is η/G. AdaGrad divides by the root of G."
    yield lr / (c * t), "G = t·c² is under a root, so t is as well."
    yield lr / np.sqrt(t), "G = t·c²: the size of the gradients counts."
    yield lr / c, "G is a sum, and grows with every step."
    yield lr / np.sqrt(t * c), "G sums the squares, c²."


find_the_bug = choice(
    "b",
    "size must be √v + eps: v is a mean of squares.",
    {
        "a": "The average of the squares is right.",
        "c": "This line is right, once size is a size.",
        "d": "v has to be handed back, or it would be forgotten.",
    },
)

sliders = choices(
    ["rate down", "rate down", "momentum down", "rate up"],
    "Growth, trembling: rate down. Long waves: momentum. Smooth: rate up.",
    "a list of four texts",
    ["rate down", "rate up", "momentum down"],
    {
        1: "(1) grows by a constant factor: the rate is above the limit.",
        2: "(2) trembles around a height: that is the noise floor, proportional to the rate.",
        3: "(3) waves much longer than two steps: the velocity lives too long.",
        4: "(4) is smooth, and a larger rate is stable: there is room.",
    },
)

START, GOAL, MOST = (-1.5, 2.0), 1e-6, 20_000
RANKS = [  # at most so many steps
    (5, "No gradient tells so fast where the minimum is. Is it written in your code?"),
    (
        60,
        "As with methods that learn the curvature, such as BFGS, or by luck on a fine grid.",
    ),
    (160, "As few as with Nesterov on a fine grid. At the next rate it may be ten times as many."),
    (250, "As few as with Nesterov on a coarse grid of rate and momentum."),
    (550, "As few as with Adam at its other defaults, its rate tuned for this start."),
    (1000, "Solved, as with Momentum at μ = 0.9."),
]


def steps_to_goal(optimizer):
    """Steps that an optimizer needs on Rosenbrock until f < 1e-6, or None; and how it ended."""

    def until_goal(theta):  # without a gradient the walk ends
        value, grad = rosenbrock.value_and_grad(theta)
        return value, grad * (value >= GOAL)

    path = descend(until_goal, optimizer, START, MOST, tol=1e-300)
    return (path.converged_at if path.values[-1] < GOAL else None), path


@checker("put an optimizer in place of the dots")
def challenge(answer):
    """Run the reader's optimizer on Rosenbrock, and say how it ranks."""
    if isinstance(answer, type) and issubclass(answer, Optimizer):
        return False, "This is a class. Give it its parameters, as in Momentum(lr=0.001)."
    if not isinstance(answer, Optimizer):
        got = f"and got {short(answer)}."
        return False, f"This takes an optimizer, such as Momentum(lr=0.001), {got}"
    with stops("Your optimizer"):
        steps, path = steps_to_goal(answer)
    if steps is None and path.diverged_at >= 0:
        return False, f"It {path.message}. A smaller rate, or less momentum?"
    if steps is None:
        return False, f"f = {path.values[-1]:.2g} after {MOST:,} steps, and the goal is 1e-6."
    for most, words in RANKS:
        if steps <= most:
            return True, f"{steps} steps. {words}"
    return False, f"{steps:,} steps. It arrives; now get below {RANKS[-1][0]:,}."
