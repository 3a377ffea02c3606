"""Checks for exercises: an answer goes in, one sentence comes out, and it helps.

Each function here makes a check. ``check(answer)`` prints that the answer is right and why, or what
kind of mistake it looks like. The answers of a chapter are in the module of its name:

    from nnbook.neuron import checks as check
    check.weighted_sum(1.11)
"""

import inspect

import numpy as np

__all__ = ["array", "checker", "choice", "function", "number", "numbers"]


def number(right, why, *, tol=1e-3, mistakes=None):
    """A check for a number.

    Parameters
    ----------
    right : float
    why : str
        Printed with a right answer: what it means.
    tol : float
        Relative tolerance; absolute where ``right`` is 0.
    mistakes : dict, optional
        A wrong number to the sentence that explains where it comes from.

    Returns
    -------
    callable
        ``check(answer)``, which prints and returns nothing.
    """

    def near(answer, value, tol=tol):
        return abs(answer - value) <= tol * (abs(value) or 1)

    def judge(answer):
        value = numbers(answer)
        if value is None or value.size != 1:
            return f"This takes one number, and got {_short(answer)}."
        value = value.item()
        if not np.isfinite(value):
            return f"{value}: somewhere an operation left the range of numbers (exp, log, or 0/0)."
        if near(value, right):
            return None
        for wrong, reason in (mistakes or {}).items():
            if near(value, wrong):
                return reason
        if right and near(value, -right):
            return "The size is right, the sign is not."
        if right and (near(value, 100 * right) or near(value, right / 100)):
            return "A factor of 100: a percentage where a share is asked, or the other way round."
        if right and near(value, 1 / right):
            return "This is the reciprocal: numerator and denominator are exchanged."
        if near(value, right, 0.02):
            return "Close. Did you round on the way? Keep all digits until the end."
        if right and value * right < 0:
            return "The sign is wrong, and the size as well."
        return f"Too {'large' if value > right else 'small'}."

    return checker("put a number in place of the dots", judge, why)


def array(right, why, *, tol=1e-3, mistakes=()):
    """A check for an array, given as an array or as nested lists.

    ``mistakes`` is a sequence of (wrong array, sentence). What `array` finds by itself: a wrong
    shape, a transposed array, nan, a common factor, and how many entries are wrong.
    """
    right = np.asarray(right, dtype=float)

    def judge(answer):
        value = numbers(answer)
        if value is None:
            return f"This takes an array of numbers, and got {_short(answer)}."
        if _near(value, right, tol):
            return None
        for wrong, reason in mistakes:
            if _near(value, wrong, tol):
                return reason
        return _difference(value, right, tol)

    return checker("put an array or a list in place of the dots", judge, why)


def _near(answer, value, tol):
    """Same shape, and every entry within tol of the value, or of 0.001 where that is larger."""
    value = np.asarray(value, dtype=float)
    if answer.shape != value.shape:
        return False
    with np.errstate(invalid="ignore"):  # inf - inf
        return bool(np.all(np.abs(answer - value) <= tol * np.maximum(np.abs(value), 1e-3)))


def _difference(value, right, tol):
    """In which way a wrong array differs from the right one."""
    if value.shape != right.shape:
        if _near(value.T, right, tol):
            return "Rows and columns are exchanged: this is the transpose."
        if value.size == right.size and _near(value.reshape(right.shape), right, tol):
            return f"The numbers are right, but the shape is {value.shape}, not {right.shape}."
        return f"The shape should be {right.shape}, and it is {value.shape}."
    if bad := int(np.sum(~np.isfinite(value))):
        return f"{bad} of {value.size} numbers are nan or infinite: an exp, a log or 0/0."
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (value / right)[right != 0]
    if ratio.size > 1 and ratio[0] != 0 and _near(value / ratio[0], right, tol):
        if abs(ratio[0] + 1) <= tol:
            return "All signs are wrong: you have minus the answer."
        return f"All numbers are {ratio[0]:.4g} times too large: a sum for a mean, or a factor?"
    wrong = int(np.sum(np.abs(value - right) > tol * np.maximum(np.abs(right), 1e-3)))
    return f"{wrong} of {value.size} numbers are wrong."


def function(right, why, inputs, *, tol=1e-6, mistakes=()):
    """A check for a function that the reader writes.

    Parameters
    ----------
    right : callable
        The reference.
    why : str
    inputs : sequence of tuples
        Arguments to try, the plain case first and the cruel ones last.
    mistakes : sequence of (callable, str)
        A wrong function, and the sentence for an answer that agrees with it on all inputs.
    """

    def results(f):
        with np.errstate(all="ignore"):
            return [numbers(f(*_copies(arguments))) for arguments in inputs]

    def same(v, w):  # nan in the same places, too
        return np.array_equal(np.isnan(v), np.isnan(w)) and _near(
            np.nan_to_num(v), np.nan_to_num(w), tol
        )

    def judge(answer):
        if not callable(answer):
            return f"This takes a function, without calling it, and got {_short(answer)}."
        try:
            values = results(answer)
        except Exception as error:  # whatever a reader's function raises is for the reader to see
            return f"Your function stopped with {type(error).__name__}: {error}"
        if any(v is None for v in values):
            return "Your function returned no numbers. Is there a return in it?"
        expected = results(right)
        if all(_near(v, e, tol) for v, e in zip(values, expected, strict=True)):
            return None
        for wrong, reason in mistakes:
            if all(map(same, values, results(wrong))):
                return reason
        for arguments, value, reference in zip(inputs, values, expected, strict=True):
            if not _near(value, reference, tol):
                problem = _difference(value, reference, tol)
                return f"For ({_show(arguments)}) you give {_short(value)}. {problem}"

    return checker("write your function, and give it to the check by its name", judge, why)


def choice(right, why, wrong):
    """A check for a question with named answers: "a", "b", … ``wrong`` maps each to a reason."""
    options = sorted([right, *wrong])

    def judge(answer):
        if not isinstance(answer, str):
            return f"This takes one of {options} in quotes, and got {_short(answer)}."
        letter = answer.strip().lower()
        if letter == right:
            return None
        return wrong.get(letter, f"This takes one of {options}, and got {_short(answer)}.")

    return checker(f"put one of {options} in place of the dots", judge, why)


def checker(task, judge, why):
    """A check of any other kind: ``judge(answer)`` says what is wrong, or returns None."""

    def check(answer=...):
        if answer is ...:
            print(f"Not answered yet: {task}.")
            return
        problem = judge(answer)
        print(f"Right. {why}" if problem is None else f"Not yet. {problem}")

    return check


def numbers(value):
    """An answer as an array of floats, or None where it is nothing of the kind."""
    if isinstance(value, str | bool) or value is None:
        return None
    try:
        value = np.asarray(value)
        return value.astype(float) if value.dtype.kind in "iuf" else None
    except (TypeError, ValueError):
        return None


def _copies(arguments):
    """Arguments that a function may overwrite."""
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]


def _show(arguments):
    return ", ".join(_short(a) for a in arguments)


def _short(value):
    if callable(value) and not inspect.isclass(value):
        return f"the function {getattr(value, '__name__', '')}".rstrip()
    text = (
        np.array2string(value, precision=4, threshold=12, edgeitems=2)
        if isinstance(value, np.ndarray)
        else repr(value)
    )
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "…"
