"""Checks for exercises: an answer goes in, one sentence comes out, and it helps.

The checks of a chapter stand in ``nnbook/<chapter>/checks.py``, one for each exercise. Its notebook
imports that module and calls them::

    from nnbook.neuron import checks as check
    check.weighted_sum(1.11)

A check prints that the answer is right and why, or what kind of mistake it looks like. As long as
the answer is still ``...`` it says what to do. A chapter declares its checks by the right answer,
what it means, and the mistakes that are known::

    weighted_sum = number(1, "2 · 3 − 1 · 4 − 1 = 1.", mistakes={2: "Did you forget the bias?"})

`number` and `array` take values; `choice` one letter, `choices` several. `function` and `outputs`
run a function that the reader writes, and compare one array or several. They decorate the
mistakes::

    @function(sigmoid, "And nothing overflows.", [(-1.0,), (1000.0,)])
    def stable_sigmoid(z):
        yield sigmoid(-z), "The sign of z: this falls where the sigmoid rises."

Anything else is a judge of its own, which `checker` makes a check.
"""

import contextlib
import copy
import math
from decimal import Decimal
from numbers import Real

import numpy as np


class NotYet(Exception):
    """What is wrong with an answer, where a judge can't go on."""


def checker(task="write your function, and give it to the check by its name"):
    """Make a check of a judge, as a decorator: ``task`` says what to do as long as nothing is done.

    ``judge(answer, *data)`` returns (ok, sentence), or raises `NotYet`. The check prints, and
    returns nothing; its judge stays at hand as ``check.judge``.
    """

    def decorate(judge):
        def judged(answer, *data):
            try:
                with np.errstate(all="ignore"):
                    return judge(answer, *data)
            except NotYet as problem:
                return False, str(problem)

        def check(answer=..., *data):
            if answer is ...:
                print(f"Not answered yet: {task}.")
                return
            ok, sentence = judged(answer, *data)
            print(f"{'Right' if ok else 'Not yet'}. {sentence}")

        check.judge, check.__doc__ = judged, judge.__doc__
        return check

    return decorate


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
    """
    right = float(right)

    def near(value, other):
        return abs(value - other) <= tol * (abs(other) or abs(right) or 1)

    @checker("put a number in place of the dots")
    def check(answer):
        value = scalar(answer)
        if near(value, right):
            return True, why
        for wrong, reason in (mistakes or {}).items():
            if near(value, float(wrong)):
                return False, reason
        return False, _wrong_number(value, right, tol)

    return check


def array(right, why, *, tol=1e-3, mistakes=()):
    """A check for an array, given as an array or as nested lists.

    ``mistakes`` is a sequence of (wrong array, sentence). What `array` finds by itself: a wrong
    shape, a transposed array, nan, a common factor, rounding, and how many entries are wrong.
    """
    right = np.asarray(right, dtype=float)

    @checker("put an array or a list in place of the dots")
    def check(answer):
        value = numbers(answer)
        if value is None:
            return False, f"This takes an array of numbers, and got {short(answer)}."
        if _near(value, right, tol):
            return True, why
        for wrong, reason in mistakes:
            if _near(value, wrong, tol):
                return False, reason
        return False, _wrong_array(value, right, tol)

    return check


def choice(right, why, wrong):
    """A check for a question with named answers: "a", "b", … ``wrong`` maps each to a reason."""
    options = sorted([right, *wrong])

    @checker(f"put one of {options} in place of the dots")
    def check(answer):
        if not isinstance(answer, str):
            return False, f"This takes one of {options} in quotes, and got {short(answer)}."
        letter = answer.strip().lower()
        if letter == right:
            return True, why
        return False, wrong.get(letter, f"This takes one of {options}, and got {short(answer)}.")

    return check


def choices(right, why, form, options, wrong):
    """A check for several choices at once: a string of letters, or a list of texts, as ``right``.

    ``form`` says in words what the answer looks like. ``wrong`` maps each place, from 1 on, to a
    sentence for whoever is wrong there, and may map (place, option) to a sentence for this one. The
    first place that is wrong is talked about.
    """

    @checker(f"put {form} in place of the dots")
    def check(answer):
        given = answer if isinstance(answer, list | tuple) else []
        if isinstance(right, str) and isinstance(answer, str):
            given = answer.replace(",", "").replace(" ", "")
        given = [one.strip().lower() for one in given if isinstance(one, str)]
        if len(given) != len(right) or not set(given) <= set(options):
            choose = f"{form}, each one of {', '.join(options)}"
            return False, f"This takes {choose}, and got {short(answer)}."
        for place, (one, expected) in enumerate(zip(given, right, strict=True), start=1):
            if one != expected:
                return False, wrong.get((place, one), wrong[place])
        return True, why

    return check


def function(right, why, inputs, *, tol=1e-6):
    """A check for a function that the reader writes; a decorator for the mistakes that are known.

    Parameters
    ----------
    right : callable
        The reference.
    why : str
    inputs : sequence of tuples
        Arguments to try, the plain case first and the cruel ones last.

    Returns
    -------
    callable
        A decorator for ``mistakes(*arguments)``. It yields pairs: a wrong result for these
        arguments, and the sentence for a function whose results are such for all inputs.
    """

    def decorate(mistakes):
        @checker()
        def check(answer):
            values = [_returned(call(answer, *copy.deepcopy(arguments))) for arguments in inputs]
            expected = [np.asarray(right(*arguments), dtype=float) for arguments in inputs]
            if _all_near(values, expected, tol):
                return True, why
            for wrong, sentence in _known(mistakes, inputs):
                if _all_near(values, wrong, tol):
                    return False, sentence
            for arguments, value, reference in zip(inputs, values, expected, strict=True):
                if not _near(value, reference, tol):
                    problem = _wrong_array(value, reference, tol)
                    given = ", ".join(map(short, arguments))
                    return False, f"For ({given}) you give {short(value)}. {problem}"

        return check

    return decorate


def outputs(right, why, names, inputs, *, tol=1e-6):
    """A check for a function that returns several arrays, as `function` is for one.

    ``names`` says what they are called, in this order. The mistakes are triples: the name of the
    array that is wrong, how it looks, and the sentence.
    """

    def named(values):
        if isinstance(values, tuple | list) and len(values) == len(names):
            arrays = [numbers(value) for value in values]
            if not any(a is None for a in arrays):
                return dict(zip(names, arrays, strict=True))
        many = ("no", "one", "two", "three", "four", "five")[len(names)]
        raise NotYet(f"Your function should return {many} arrays, ({', '.join(names)}).")

    def decorate(mistakes):
        @checker()
        def check(answer):
            values = [named(call(answer, *copy.deepcopy(arguments))) for arguments in inputs]
            expected = [named(right(*arguments)) for arguments in inputs]
            for name, wrong, sentence in _known(mistakes, inputs):
                if _all_near([v[name] for v in values], wrong, tol):
                    return False, sentence
            for name in names:
                for got, reference in zip(values, expected, strict=True):
                    problem = _wrong_output(name, got[name], reference[name], tol)
                    if problem:
                        return False, problem
            return True, why

        return check

    return decorate


def _wrong_output(name, value, right, tol):
    """In which way an array differs from the right one of this name, or None."""
    if value.shape != right.shape:
        return f"{name} should have the shape {right.shape}, not {value.shape}."
    if not _near(value, right, tol):
        problem = _wrong_array(value, right, tol)
        return f"{name} has the right shape, the numbers are not right. {problem}"
    return None


# ------------------------------------------------------------------ what an answer holds


def numbers(value):
    """An answer as an array of floats, or None where it is nothing of the kind."""
    try:
        if np.ma.is_masked(value):
            return None
        value = np.asarray(value)
        if value.dtype.kind == "O":
            return np.vectorize(_float, otypes=[float])(value)
        if value.dtype.kind == "c" and not value.imag.any():
            value = value.real
        return value.astype(float) if value.dtype.kind in "iuf" else None
    except Exception:  # whatever the reader's object raises, it is no array of numbers
        return None


def _float(value):
    """A Fraction, a Decimal or a long int as a float; no text and no bool."""
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def scalar(answer, what="one number"):
    """An answer as a finite float. What else it is, the reader is told, and ``what`` is asked."""
    value = numbers(answer)
    if value is None or value.size != 1:
        raise NotYet(f"This takes {what}, and got {short(answer)}.")
    value = value.item()
    if not math.isfinite(value):
        raise NotYet(
            f"{value}: somewhere an operation left the range of numbers (exp, log, or 0/0)."
        )
    return value


def _returned(value):
    """What a reader's function returned, as an array of floats."""
    if value is None or value is ...:
        raise NotYet("Your function returned no numbers. Is there a return in it?")
    if (array := numbers(value)) is None:
        raise NotYet(f"Your function should return numbers, and returned {short(value)}.")
    return array


def call(function, *arguments):
    """What a reader's function returns for these arguments, which it may overwrite."""
    if not callable(function):
        raise NotYet(f"This takes a function, without calling it, and got {short(function)}.")
    with stops("Your function"):
        return function(*arguments)


@contextlib.contextmanager
def stops(who):
    """What a reader's code raises in here becomes a sentence: ``who`` stopped with it."""
    try:
        yield
    except Exception as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise NotYet(f"{who} stopped with {what}") from error


def short(value):
    """A value as a reader gave it, in at most 80 characters."""
    if callable(value) and not isinstance(value, type):
        return f"the function {getattr(value, '__name__', '')}".rstrip()
    try:
        with np.printoptions(precision=4, threshold=12, edgeitems=2):
            text = str(value) if isinstance(value, np.ndarray) else repr(value)
    except Exception:  # an int of 5,000 digits has no repr
        return f"something of type {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "…"


# ------------------------------------------------------------------ what a mistake looks like


def _known(mistakes, inputs):
    """Each known mistake: its name if it has one, what it gives for each input, the sentence."""
    for rows in zip(*(mistakes(*copy.deepcopy(arguments)) for arguments in inputs), strict=True):
        *name, _, sentence = rows[0]
        yield *name, [row[-2] for row in rows], sentence


def _right(value, other, tol):
    """Which entries are within tol; small ones within tol of 0.001, or of the largest entry.

    nan is near to nan: where the reference says nan, it is right.
    """
    size = np.abs(other[np.isfinite(other)]).max(initial=0) or 1
    floor = 1e-3 * tol * min(1, size) + 1e-12  # 1e-12: what is 0 but for rounding
    return np.isclose(value, other, rtol=tol, atol=floor, equal_nan=True)


def _near(value, other, tol):
    other = np.asarray(other, dtype=float)
    return value.shape == other.shape and bool(np.all(_right(value, other, tol)))


def _all_near(values, others, tol):
    return all(_near(v, o, tol) for v, o in zip(values, others, strict=True))


def _fitting(guesses):
    """The sentences whose condition holds, in one; there may be more than one explanation."""
    fit = [sentence for sentence, holds in guesses.items() if sentence and holds]
    return " ".join(fit if len(fit) < 2 else ["More than one explanation fits.", *fit])


def _wrong_number(value, right, tol):
    """In which way a wrong number differs from the right one."""

    def is_near(ratio, other, tol=tol):
        return abs(ratio - other) <= tol * abs(other)

    is_count = tol < 1e-6 and right.is_integer()
    is_broken = is_count and not value.is_integer()
    ratio, product = value / right if right else math.inf, value * right
    percent = ": a percentage, where a share is asked?" if abs(right) <= 1 else "."
    share = ": a share, where a percentage is asked?" if abs(value) <= 1 < abs(right) else "."
    close = "Close. Did you round on the way? Keep all digits until the end."
    if is_count:
        close = "Close, but a count is exact: what is missing, or too much?"
    guesses = {
        "The size is right, the sign is not.": is_near(ratio, -1),
        f"A factor of 100 too large{percent}": is_near(ratio, 100),
        f"A factor of 100 too small{share}": is_near(ratio, 0.01),
        "This is the reciprocal: are numerator and denominator exchanged?": is_near(product, 1),
        "A whole number is asked for.": is_broken,
        close: is_near(ratio, 1, 0.02) and not is_broken,
        "The sign is wrong, and the size as well.": ratio < 0 and not is_near(ratio, -1),
    }
    return _fitting(guesses) or f"Too {'large' if value > right else 'small'}."


def _wrong_array(value, right, tol):
    """In which way a wrong array differs from the right one."""
    if value.shape != right.shape:
        if value.size == right.size and _near(value.reshape(right.shape), right, tol):
            return f"The numbers are right, but the shape is {value.shape}, not {right.shape}."
        if value.ndim == 2 and _near(value.T, right, tol):
            return "Rows and columns are exchanged: this is the transpose."
        return f"The shape should be {right.shape}, and it is {value.shape}."
    if bad := int(np.sum(~np.isfinite(value) & np.isfinite(right))):
        return f"{bad} of {value.size} numbers are nan or infinite: an exp, a log or 0/0?"
    if right.size == 1 and np.isfinite(right):
        return _wrong_number(value.item(), right.item(), tol)
    wrong = int(np.sum(~_right(value, right, tol)))
    rounded = np.all(np.abs(value - right) <= 0.02 * np.abs(right))
    close = ", by less than 2 %. Did you round on the way?" if rounded else "."
    turned = value.ndim == 2 and _near(value.T, right, tol)
    guesses = {
        "Rows and columns are exchanged: this is the transpose.": turned,
        _times_too_large(value, right, tol): True,
    }
    return _fitting(guesses) or f"{wrong} of {value.size} numbers are wrong{close}"


def _times_too_large(value, right, tol):
    """The sentence about a common factor, or "" where there is none."""
    largest = np.argmax(np.abs(right))
    factor = value.flat[largest] / right.flat[largest]
    if np.count_nonzero(right) < 2 or factor == 0 or not _near(value, factor * right, tol):
        return ""
    if abs(factor + 1) <= tol:
        return "All signs are wrong: you have minus the answer."
    if abs(abs(factor) - 1) <= 0.02:
        return ""
    size, which = abs(factor), "All signs are wrong, and all" if factor < 0 else "All"
    times = f"{size:.4g} times too large: a sum for a mean"
    if size < 1:
        times = f"{1 / size:.4g} times too small: a mean for a sum"
    return f"{which} numbers are {times}, or a factor?"
