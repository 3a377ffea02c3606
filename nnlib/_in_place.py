"""What makes Adam fast and is no part of its formula; nobody needs it to understand Adam.

Adam's formula makes a dozen arrays on its way, and nearly half of its time goes into them. So its
step is written here once more, in operations in place; the tests hold it to the formula.
"""

import math
from typing import Any

import numpy as np


def adam_step(
    adam: Any,
    lr: float | np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    step: np.ndarray,
) -> None:
    """``step = lr * adam.direction(g, m, v)``, with its new m and v, in twelve passes.

    Counted with the subtraction from theta, which follows.
    """
    np.multiply(g, 1 - adam.beta1, out=step)
    m *= adam.beta1
    m += step
    np.square(step, out=step)  # in place, as it is there
    step *= (1 - adam.beta2) / (1 - adam.beta1) ** 2
    v *= adam.beta2
    v += step
    root = math.sqrt(1 - adam.beta2**adam.t)  # sqrt(v_hat) = sqrt(v) / root
    np.sqrt(v, out=step)
    step += root * adam.eps
    np.divide(m, step, out=step)
    step *= lr * (root / (1 - adam.beta1**adam.t))
