"""Digits to be put in order, or turned round: sequences with one right answer.

A sequence is a question of n digits, the sign =, and the answer, n digits again. A network reads it
from the left and says at each place which digit comes next; it is asked from the = on.
"""

import numpy as np

EQUALS = 10  # the token after 0 … 9
TOKENS = 11
TASKS = {"sort": np.sort, "reverse": np.fliplr}


def deal(task, count, n, rng):
    """Sequences (count, 2n) without their last digit, and what comes next; -1: nobody asks."""
    question = rng.integers(0, 10, (count, n))
    answer = TASKS[task](question)
    X = np.hstack([question, np.full((count, 1), EQUALS), answer[:, :-1]])
    return X, np.hstack([np.full((count, n), -1), answer])


def written(tokens):
    """Tokens as text: "275=257"."""
    return "".join("=" if token == EQUALS else str(token) for token in tokens)


def echo(count, length, lag, rng):
    """Digits (count, length), and at each place the one that came ``lag`` places before."""
    X = rng.integers(0, 10, (count, length))
    target = np.full_like(X, -1)
    target[:, lag:] = X[:, :-lag]
    return X, target
