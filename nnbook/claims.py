"""Claims: every comparison of the book in one form, with its effect and its error.

A chapter says "momentum needs fewer steps" where a cell has compared both sides, each tuned, over
independent repetitions. `claim` prints what was found in the same few lines everywhere, and stops
the notebook where the numbers don't carry the sentence. The appendix collects these lines from the
notebooks' stored outputs, which nbval compares with those of a new run.
"""

import textwrap

import numpy as np

BEGINS = "Claim: "  # of the text that is printed
INDENT = "  "  # of all its lines but those of the sentence
WIDTH = 76  # characters: what a page shows without scrolling
FEWEST = 5  # repetitions
MOST = 10  # values of a grid that are printed one by one


class ClaimFails(AssertionError):
    """The numbers don't carry the sentence."""


def claim(sentence, *, gain=None, factor=None, unit="", over, budget, tuned, within=None):
    r"""Print a claim with its evidence, or raise if the evidence is too weak.

    The effect is the mean of n repetitions, its standard error their standard deviation (with
    n - 1) over sqrt(n). It has to be at least t standard errors above 0, Student's 97.5 % quantile
    for n repetitions, and never less than two.

    Where the repetitions share N test cases, such as images, both are samples: another seed would
    have given other numbers, and so would other images. With gain[i, j] for repetition i and
    test case j, nan where j was not tested in i, the squared standard error is

        var_i(mean_j gain) / n + var_j(mean_i gain) / N

    which counts the noise that belongs to neither twice, and so is never too small for large n.

    Parameters
    ----------
    sentence : str
        What is claimed, with nothing in it that the numbers don't say.
    gain : array, (n,) or (n, N)
        The better side minus the other, a number for each repetition: paired where both sides
        share a seed.
    factor : array, (n,) or (n, N), of positive numbers
        Instead of ``gain`` where effects multiply: the larger side over the other. Its logarithm
        is what is averaged, so the effect printed is a geometric mean.
    unit : str
        Of the gain: "points", "steps".
    over : str
        What the repetitions are: "seeds", "starts"; with N test cases "seeds × test images".
    budget : str
        What both sides were given: "800 steps of the full batch".
    tuned : dict of str: (value, grid), or str
        For each side what was tuned, the value that was chosen and the grid that it comes from,
        such as ``{"Adam, lr": (0.01, [0.001, 0.003, 0.01, 0.03])}``. A value at an end of its grid
        is refused, as better ones may lie beyond; 0 is not an end, as nothing does. Where there is
        nothing to tune a sentence says why.
    within : float, optional
        Claims the contrary: that the effect is smaller than this, either way (for a factor: that
        it lies between 1 / within and within). |mean| plus its t standard errors must be.

    Raises
    ------
    ClaimFails
        If the effect is too small for its error, not within its limit, or a value lies at an end
        of its grid.
    ValueError
        If there are fewer than five repetitions, a number that isn't finite, or both or neither of
        gain and factor.
    """
    if (gain is None) == (factor is None):
        raise ValueError("claim takes either gain or factor")
    if factor is not None and not np.all(np.isnan(factor) | (np.asarray(factor) > 0)):
        raise ValueError("factor must be positive")
    values = without_untested(np.asarray(gain, float) if factor is None else np.log(factor))
    mean, error = effect(values)
    limit = needed(len(values)) * error
    found = _difference(mean, error, unit) if factor is None else _factor(mean, limit)
    counts = " × ".join(
        f"{n:,} {what}" for n, what in zip(values.shape, over.split(" × "), strict=True)
    )
    if within is None:
        if not mean >= limit or mean == 0:
            raise ClaimFails(f"{sentence} Found: {found} over {counts}. That may be chance.")
    else:
        most = within if factor is None else np.log(within)
        if abs(mean) + limit > most:
            raise ClaimFails(f"{sentence} Found: {found} over {counts}, not within {within:g}.")
        found += f", within {within:g}"
    print("\n".join(_lines(sentence, f"{found} over {counts}; {budget}", _choices(tuned))))


def without_untested(values):
    """Without the test cases, if there are any, that no repetition has tested."""
    return values if values.ndim == 1 else values[:, ~np.isnan(values).all(axis=0)]


def effect(values):
    """Mean and standard error of values (n,), or (n, N) with n repetitions of N shared test cases.

    Raises
    ------
    ValueError
        If there are too few repetitions, or a repetition or a test case has no finite value.
    """
    n = len(values)
    if n < FEWEST:
        raise ValueError(f"a claim needs at least {FEWEST} repetitions, got {n}")
    if values.ndim == 1:
        parts = [values]
    else:
        if np.isnan(values).all(axis=1).any():
            raise ValueError("each repetition of a claim must have a number")
        parts = [np.nanmean(values, axis=1), np.nanmean(values, axis=0)]
    if not all(np.isfinite(part).all() for part in parts):
        raise ValueError("the repetitions of a claim must be finite numbers")
    return parts[0].mean(), sum(part.var(ddof=1) / len(part) for part in parts) ** 0.5


def needed(n):
    """How many standard errors the mean of n repetitions must be away from 0.

    The 97.5 % quantile of Student's t with n - 1 degrees of freedom, by the first terms of its
    expansion around the normal distribution's (less than 0.01 too small for n >= 5); at least 2.
    """
    z, m = 1.959964, n - 1
    t = (
        z
        + (z**3 + z) / (4 * m)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * m**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * m**3)
    )
    return max(2.0, t)


def _difference(mean, error, unit):
    digits = max(0, 1 - int(np.floor(np.log10(error)))) if error > 0 else 2
    text = f"{mean:+.{digits}f} ± {error:.{digits}f}".replace("-", "−")
    return f"{text} {unit}".rstrip()


def _factor(mean, limit):
    for digits in (2, 3, 4):  # as many as tell the three apart
        low, middle, high = (_digits(np.exp(m), digits) for m in (mean - limit, mean, mean + limit))
        if low != middle != high:
            break
    return f"{middle} times ({low} to {high})"


def _digits(value, digits):
    return f"{float(f'{value:.{digits}g}'):,g}"  # through float, as 150 shall not be 1.5e+02


def _choices(tuned):
    if isinstance(tuned, str):
        return f"not tuned: {tuned}"
    chosen = []
    for name, (value, grid) in tuned.items():
        grid = sorted(grid)
        if value not in grid or len(grid) < 3:
            raise ValueError(f"{name}: {value:g} must be one of three values or more, got {grid}")
        if value != 0 and value in (grid[0], grid[-1]):
            raise ClaimFails(f"{name} is at the end of its grid: {value:g}, and better may follow.")
        chosen.append(f"{name} {value:.3g} (of {_grid(grid)})")
    return f"tuned: {'; '.join(chosen)}"


def _grid(grid):
    if len(grid) > MOST:
        return f"{len(grid)} from {grid[0]:.3g} to {grid[-1]:.3g}"
    return ", ".join(f"{v:.3g}" for v in grid)


def _lines(sentence, *evidence):
    first = textwrap.wrap(BEGINS + sentence, WIDTH)
    others = [textwrap.wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 2)
              for text in evidence]  # fmt: skip
    return [*first, *sum(others, [])]
