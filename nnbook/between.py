"""Values between those that a control offers, by places: 2 is the third value, 2.5 half-way on.

Where values grow by a factor rather than by a step, half-way is the geometric mean. Whole numbers
stay whole; others have three digits.
"""

import math
from itertools import pairwise


def between(values, place):
    """The value at a place in [0, len(values) - 1]."""
    low = math.floor(place)
    share = place - low
    if not share:
        return values[low]
    a, b = values[low], values[low + 1]
    value = a * (b / a) ** share if by_factors(values) else a + (b - a) * share
    return round(value) if all(isinstance(v, int) for v in values) else float(f"{value:.3g}")


def place_of(values, value):
    """Where a value lies among others, such that `between` gives it back; the nearest end if not.

    Parameters
    ----------
    values : list of float
    value : float
    """
    if value in values:
        return values.index(value)
    for k, (a, b) in enumerate(pairwise(values)):
        if min(a, b) < value < max(a, b):
            factors = by_factors(values)
            return k + (math.log(value / a, b / a) if factors else (value - a) / (b - a))
    return min(range(len(values)), key=lambda k: abs(values[k] - value))


def some_between(values):
    """A value that is not offered but lies between two that are; None if there is none."""
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return None
    halves = (between(values, k + 0.5) for k in range(len(values) - 1))
    return next((value for value in halves if value not in values), None)


def by_factors(values):
    """Whether values are spaced more evenly on a logarithmic scale than on a plain one."""
    if min(values) <= 0 or len(values) < 3:
        return False
    factors = [math.log(b / a) for a, b in pairwise(values)]
    return _spread(factors) < _spread([b - a for a, b in pairwise(values)])


def _spread(steps):
    """How unequal some steps are: from the smallest to the largest, against the longest."""
    return (max(steps) - min(steps)) / max(map(abs, steps))
