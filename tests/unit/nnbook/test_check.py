import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnbook import check


@pytest.fixture
def said(capsys):
    def said(checker, *answer):
        assert checker(*answer) is None
        return capsys.readouterr().out

    return said


def plain(*declaration):
    """A check for a function of which no mistake is known."""
    return check.function(*declaration)(lambda *arguments: ())


HALF = check.number(0.5, "A half.", mistakes={0.25: "That is the square."})


def test_unanswered(said):
    for checker in [
        HALF,
        check.array([1], ""),
        check.choice("a", "", {"b": ""}),
        plain(abs, "", [(1,)]),
    ]:
        assert said(checker, ...).startswith("Not answered yet: ")
        assert said(checker) == said(checker, ...)


@pytest.mark.parametrize(
    "answer, words",
    [
        (0.5, "Right. A half."),
        (0.50001, "Right."),
        (np.float32(0.5), "Right."),
        ([0.5], "Right."),
        (0.25, "That is the square."),
        (-0.5, "the sign is not"),
        (50, "factor of 100"),
        (0.005, "factor of 100"),
        (2, "reciprocal"),
        (0.507, "round"),
        (-3, "sign is wrong, and the size"),
        (9, "Too large"),
        (0.1, "Too small"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("0.5", "This takes one number"),
        (True, "This takes one number"),
        (None, "This takes one number"),
        ([1, 2], "This takes one number"),
        (1j, "This takes one number"),
        (abs, "This takes one number"),
    ],
)
def test_number(said, answer, words):
    out = said(HALF, answer)
    assert words in out
    assert out.startswith("Right." if words.startswith("Right") else "Not yet.")


def test_number_zero(said):
    zero = check.number(0, "Nothing.")
    assert "Right" in said(zero, 0) and "Right" in said(zero, -0.0)
    assert "Too large" in said(zero, 0.5) and "Too small" in said(zero, -0.5)


TABLE = check.array([[1, 2, 3], [4, 5, 6]], "In order.", mistakes=[([[1, 1, 1]] * 2, "All one.")])


@pytest.mark.parametrize(
    "answer, words",
    [
        ([[1, 2, 3], [4, 5, 6]], "Right. In order."),
        (np.array([[1, 2, 3], [4, 5, 6]], np.float32), "Right."),
        ([[1, 1, 1]] * 2, "All one."),
        ([[1, 4], [2, 5], [3, 6]], "transpose"),
        ([1, 2, 3, 4, 5, 6], "the shape is (6,), not (2, 3)"),
        ([1, 2], "shape should be (2, 3)"),
        ([[2, 4, 6], [8, 10, 12]], "2 times too large"),
        ([[-1, -2, -3], [-4, -5, -6]], "minus the answer"),
        ([[1, 2, 3], [4, 5, 7]], "1 of 6 numbers are wrong"),
        ([[0, 0, 0], [0, 0, 0]], "6 of 6"),
        ([[1, np.nan, 3], [4, 5, np.inf]], "2 of 6 numbers are nan or infinite"),
        ("abc", "an array of numbers"),
        ([[1, 2], [3]], "an array of numbers"),
        (None, "an array of numbers"),
        (abs, "an array of numbers"),
    ],
)
def test_array(said, answer, words):
    assert words in said(TABLE, answer)


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@check.function(sigmoid, "Stable.", [(np.array([0.0, 2.0]),), (np.array([-1000.0]),)])
def stable(z):
    yield z * np.nan, "Always nan."
    yield 1 / (1 + np.exp(z)), "The sign of z."


def silent(z):
    raise AssertionError


def broken(z):
    raise KeyError("w")


@pytest.mark.parametrize(
    "answer, words",
    [
        (sigmoid, "Right. Stable."),
        (lambda z: 1 / (1 + np.exp(z)), "The sign of z."),
        (lambda z: z * np.nan, "Always nan."),
        (lambda z: np.where(z < -9, np.nan, sigmoid(z)), "For ([-1000.]) you give [nan]. 1 of 1"),
        (lambda z: 2 * sigmoid(z), "2 times too large"),
        (lambda z: sigmoid(z)[:, None], "the shape is (2, 1), not (2,)"),
        (lambda z: None, "return"),
        (lambda z: "no", "return"),
        (broken, "stopped with KeyError: 'w'"),
        (lambda: 1, "stopped with TypeError"),
        (silent, "Your function stopped with AssertionError\n"),
        (0.5, "takes a function"),
        ("sigmoid", "takes a function"),
    ],
)
def test_function(said, answer, words):
    assert words in said(stable, answer)


def test_a_function_cannot_spoil_the_inputs(said):
    def greedy(x):
        x += 1
        return x - 1

    same = plain(lambda x: x, "Same.", [(np.zeros(2),)])
    assert "Right" in said(same, greedy)
    assert "Right" in said(same, greedy)


def test_a_known_mistake_cannot_spoil_the_inputs():
    @check.function(lambda x: 2 * x, "Twice.", [(np.array([3.0]),)])
    def twice(x):
        x *= 4
        yield x, "Four times."

    for _ in range(2):
        assert twice.judge(lambda x: 5 * x)[1].startswith("For ([3.]) you give [15.]. ")
        assert twice.judge(lambda x: 4 * x) == (False, "Four times.")


def test_choice(said):
    which = check.choice("b", "It is b.", {"a": "a is a trap.", "c": "c as well."})
    assert said(which, "b") == said(which, " B ") == "Right. It is b.\n"
    assert "a is a trap." in said(which, "a")
    assert "takes one of ['a', 'b', 'c'], and got 'd'" in said(which, "d")
    assert "in quotes, and got 2" in said(which, 2)


def test_long_answers_are_shortened(said):
    assert len(said(HALF, "x" * 1000)) < 160
    assert check.short("x" * 78) == repr("x" * 78)  # 80 with its quotes
    assert check.short("x" * 79) == "'" + "x" * 76 + "…"


# ------------------------------------------------------------------ a judge of one's own


@check.checker("say a word")
def loud(answer, least=3):
    """Whether a word is loud enough."""
    if not isinstance(answer, str):
        raise check.NotYet("This takes a word.")
    with check.stops("Shouting"):
        value = sum(map(int, answer)) if answer.isdigit() else answer.index("!")
    return value >= least, f"It is {value} loud."


def test_a_judge_says_whether_and_why(said):
    assert said(loud) == said(loud, ...) == "Not answered yet: say a word.\n"
    assert said(loud, "hey!") == "Right. It is 3 loud.\n"
    assert said(loud, "hi!") == "Not yet. It is 2 loud.\n"
    assert said(loud, "hi!", 1) == "Right. It is 2 loud.\n"
    assert said(loud, 5) == "Not yet. This takes a word.\n"
    assert "Shouting stopped with ValueError: substring" in said(loud, "hello")
    assert loud.judge("hi!") == (False, "It is 2 loud.") and "loud enough" in loud.__doc__


FOUR = check.choices(
    "abca",
    "All four.",
    "four letters",
    "abc",
    {1: "One.", 2: "Two.", 3: "Three.", (3, "a"): "Three isn't a.", 4: "Four."},
)
TWO = check.choices(
    ["up", "down"], "Both.", "a list of two", ["up", "down"], {1: "First up.", 2: "Then down."}
)


@pytest.mark.parametrize(
    "checker, answer, words",
    [
        (FOUR, "abca", "Right. All four."),
        (FOUR, " A, b c,A ", "Right. "),
        (FOUR, ["a", "b", "c", "a"], "Right. "),
        (FOUR, "bbca", "One."),
        (FOUR, "aacc", "Two."),  # the first that is wrong
        (FOUR, "abba", "Three."),
        (FOUR, "abab", "Three isn't a."),
        (FOUR, "abcb", "Four."),
        (FOUR, "abc", "This takes four letters, each one of a, b, c, and got 'abc'."),
        (FOUR, "abcd", "each one of a, b, c, and got 'abcd'"),
        (FOUR, 1234, "and got 1234"),
        (TWO, ["up", "down"], "Right. Both."),
        (TWO, ("Up ", "DOWN"), "Right. "),
        (TWO, ["down", "down"], "First up."),
        (TWO, ["up", "up"], "Then down."),
        (
            TWO,
            ["up", 3],
            "This takes a list of two, each one of up, down, and got ['up', 3].",
        ),
        (TWO, "up down", "a list of two"),
    ],
)
def test_choices(said, checker, answer, words):
    assert words in said(checker, answer)


@check.outputs(
    lambda x, k: (x / k, x.sum()),
    "Both.",
    ("parts", "total"),
    [(np.arange(1.0, 7).reshape(2, 3), 2.0), (np.array([[1.0, 1]]), 1.0)],
)
def halves(x, k):
    yield "parts", x, "parts isn't divided."
    yield "total", x.mean(), "total is a mean."


def spoil(x, k):
    x /= k
    return x, k * x.sum()


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x, k: (x / k, x.sum()), "Right. Both."),
        (lambda x, k: [x / k, [x.sum()][0]], "Right. "),
        (spoil, "Right. "),
        (lambda x, k: (x, x.sum()), "parts isn't divided."),
        (lambda x, k: (x / k, x.mean()), "total is a mean."),
        (lambda x, k: (x / k, x), "total should have the shape (), not (2, 3)."),
        (lambda x, k: (x.T / k, x.sum()), "parts should have the shape (2, 3), not (3, 2)."),
        (lambda x, k: (3 * x / k, 0), "parts has the right shape, the numbers are not right. All"),
        (lambda x, k: (x / k, -x.sum()), "total has the right shape, the numbers are not right."),
        (lambda x, k: x / k, "should return two arrays, (parts, total)."),
        (lambda x, k: (x, "x"), "should return two arrays"),
        (lambda x, k: None, "should return two arrays"),
        (lambda x, k: 1 / 0, "Your function stopped with ZeroDivisionError: division by zero"),
        (7, "This takes a function, without calling it, and got 7."),
    ],
)
def test_outputs(said, answer, words):
    assert words in said(halves, answer)


def test_functions_cannot_spoil_lists_either():
    longest = plain(lambda words: len(words[0]), "", [([[1, 2], [3]],)])
    for _ in range(2):
        assert longest.judge(lambda words: len(words.pop(0))) == (True, "")
        assert longest.judge(lambda words: len(words[0]) + (words[0].append(0) or 0)) == (True, "")


@pytest.mark.parametrize(
    "value, words",
    [
        (None, "no numbers. Is there a return in it?"),
        (..., "no numbers. Is there a return in it?"),
        (True, "should return numbers, and returned True."),
        (2j, "should return numbers, and returned 2j."),
        ("2", "should return numbers, and returned '2'."),
        (np.ma.masked, "should return numbers, and returned --."),
        (1, "For (3) you give 1.0. Too small."),
        (-2, "The size is right, the sign is not."),
        (0.5, "the reciprocal"),
        (np.nan, "1 of 1 numbers are nan or infinite"),
        ([2], "The numbers are right, but the shape is (1,), not ()."),
    ],
)
def test_what_a_function_returned(value, words):
    ok, sentence = plain(lambda x: 2, "", [(3,)]).judge(lambda x: value)
    assert not ok and words in sentence


def test_a_reference_may_be_nan_or_infinite():
    logs = plain(np.log, "", [(np.array([1.0, 0, -1]),)])
    assert logs.judge(lambda x: np.log(x)) == (True, "")
    assert logs.judge(lambda x: np.array([0, -np.inf, 0]))[1].endswith("1 of 3 numbers are wrong.")
    assert logs.judge(lambda x: np.array([np.nan, -np.inf, np.nan]))[0] is False


def test_beside_an_infinite_number_a_small_one_still_counts():
    judge = check.array([np.inf, 1e-5], "Why.").judge
    assert judge([np.inf, 1e-5]) == (True, "Why.")
    assert judge([np.inf, 1.05e-5])[0] is False


# ------------------------------------------------------------------ no explanation is false

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SIZES = st.floats(1e-6, 1e6) | st.integers(1, 1000).map(float)
SIGNED = st.builds(lambda size, sign: size * sign, SIZES, st.sampled_from([1, -1]))
FACTORS = st.sampled_from([1, -1, 100, -100, 0.01, 1.01, 0.99, 1.03, 2, -0.5, 0, 1e300, 1e-300])


def is_near(a, b, tol=1e-3):
    return abs(a - b) <= tol * abs(b)


NUMBER_CLAIMS = {  # what a sentence says, and whether it is so, within a tolerance
    "The size is right, the sign is not": lambda v, r, tol: is_near(v, -r, tol),
    "A factor of 100 too large": lambda v, r, tol: is_near(v, 100 * r, tol),
    "A factor of 100 too small": lambda v, r, tol: is_near(v, r / 100, tol),
    "This is the reciprocal": lambda v, r, tol: is_near(v, 1 / r, tol),
    "Close": lambda v, r, tol: is_near(v, r, 20 * tol),
    "The sign is wrong, and the size as well": lambda v, r, tol: v * r < 0 and not is_near(v, -r),
}


def claims(sentence):
    return {words for words in NUMBER_CLAIMS if words in sentence}


def claimable(value, right, tol):
    return {words for words, holds in NUMBER_CLAIMS.items() if holds(value, right, tol)}


@given(SIGNED, SIGNED | FACTORS, st.booleans())
@example(0.1, 100.0, False)  # 100 times too large, and the reciprocal
@example(10.0, 0.01, False)
@example(1.005, 1.0, True)  # the reciprocal, and close
@example(0.5, 0.01, False)  # 100 times too small, and no percentage is asked
def test_a_number_is_not_contradicted_by_what_is_said(right, factor, upside_down):
    value = (1 / right if upside_down else right) * factor
    said_ok, sentence = check.number(right, "Why.").judge(value)
    if is_near(value, right, 1.001e-3):
        assert said_ok or not is_near(value, right, 0.999e-3)
        return
    assert not said_ok
    said = claims(sentence)
    assert claimable(value, right, 0.999e-3) <= said <= claimable(value, right, 1.001e-3)
    assert said or sentence == ("Too large." if value > right else "Too small.")
    assert ("More than one explanation fits." in sentence) == (len(said) > 1)
    assert "percentage, where a share" not in sentence or abs(right) <= 1
    assert "share, where a percentage" not in sentence or abs(value) <= 1 < abs(right)


def test_ten_for_a_tenth_is_both():
    ok, sentence = check.number(0.1, "").judge(10)
    assert not ok and "factor of 100 too large" in sentence and "reciprocal" in sentence
    assert "percentage" not in check.number(3200, "").judge(320_000)[1]
    assert "a share, where a percentage" in check.number(50, "").judge(0.5)[1]


@given(FLOATS, FLOATS)
def test_any_two_numbers_can_be_compared(right, value):
    ok, sentence = check.number(right, "Why.").judge(value)
    assert ok == (abs(value - right) <= 1e-3 * (abs(right) or 1))
    assert sentence == "Why." or sentence.endswith((".", "?"))


def test_a_mistake_of_zero_takes_no_small_answers():
    """Near to 0 is what is small beside the right answer."""
    small = check.number(-0.01, "", mistakes={0: "Nothing moves."})
    assert small.judge(0)[1] == small.judge(-1e-6)[1] == "Nothing moves."
    assert small.judge(-5e-4)[1] == "Too large."


@given(st.floats(-1e6, 1e6))
def test_a_right_number_is_right_in_any_form(x):
    judge = check.number(x, "Why.").judge
    forms = [[x], [[x]], np.float64(x), np.array(x), np.array([x], dtype=object), Fraction(x)]
    forms += [Decimal(x), [Fraction(x)], complex(x), np.array([[x + 0j]]), np.ma.array([x])]
    assert [judge(form) for form in forms] == [(True, "Why.")] * len(forms)
    for form in [str(x), [str(x)], np.str_(x), str(x).encode(), x + 1j, {x}, {x: x}, [x, x], []]:
        ok, sentence = judge(form)
        assert not ok and sentence.startswith("This takes one number, and got ")
    for form in [True, False, np.True_, [True], np.ma.array([x], mask=True), np.ma.masked]:
        assert judge(form)[0] is False


@pytest.mark.parametrize(
    "answer, shown",
    [
        pytest.param(10**5000, "inf", id="long"),
        pytest.param(-(10**5000), "-inf", id="long, negative"),
        (np.inf, "inf"),
        (Decimal("nan"), "nan"),
        (np.float16("inf"), "inf"),
    ],
)
def test_what_no_float_can_hold(answer, shown):
    ok, sentence = check.number(1, "").judge(answer)
    assert not ok and sentence.startswith(f"{shown}: somewhere an operation left the range")


SHAPES = array_shapes(min_dims=1, max_dims=3, max_side=4)
ENTRIES = st.integers(-20, 20).map(float)
CHANGES = {
    "nothing": lambda a, k: a,
    "turn": lambda a, k: a.T,
    "scale": lambda a, k: k * a,
    "scale and turn": lambda a, k: k * a.T,
    "flatten": lambda a, k: a.ravel(),
    "one": lambda a, k: np.where(np.arange(a.size).reshape(a.shape) == 0, a + k, a),
    "round": lambda a, k: a * (1 + 0.015 * np.sin(np.arange(a.size)).reshape(a.shape)),
    "break": lambda a, k: np.where(a == a.flat[0], np.nan, a),
}


def near(a, b, tol=1e-3):
    size = np.abs(b).max(initial=0) or 1
    return a.shape == b.shape and np.allclose(a, b, rtol=tol, atol=1e-3 * tol * min(1, size))


@given(
    arrays(float, SHAPES, elements=ENTRIES)
    | arrays(float, (3, 3), elements=st.sampled_from([-1.0, 1])),
    st.sampled_from(sorted(CHANGES)),
    st.sampled_from([-3, -1, -0.5, 0, 0.25, 1.01, 2, 100]),
)
@example(np.array([[0.0, 1], [-1, 0]]), "turn", 1)  # minus the answer, and its transpose
@example(np.ones((2, 3)), "turn", 1)
@example(np.array([[1.0, 2], [2, 1]]), "turn", 1)  # symmetric: right
def test_an_array_is_not_contradicted_by_what_is_said(right, change, k):
    value = CHANGES[change](right, k)
    said_ok, sentence = check.array(right, "Why.").judge(value)
    assert said_ok == near(value, right)
    if said_ok:
        assert sentence == "Why."
    elif "shape" in sentence:
        assert value.shape != right.shape
        if "numbers are right" in sentence:
            assert near(value.reshape(right.shape), right)
    elif "nan" in sentence:
        assert sentence.startswith(f"{np.isnan(value).sum()} of {value.size} numbers are nan")
    elif right.size == 1:
        assert claims(sentence) <= claimable(value.item(), right.item() or 1e-300, 1.001e-3)
    if "transpose" in sentence:
        assert right.ndim == 2 and near(value.T, right)
    if "minus the answer" in sentence:
        assert near(value, -right)
    if times := re.search(r"All (signs.*)?numbers are (\S+) times too (large|small)", sentence):
        factor = float(times[2]) ** (1 if times[3] == "large" else -1)
        assert factor > 1 or times[3] == "small"
        assert near(value, factor * right * (-1 if times[1] else 1), 2e-3)
    if wrong := re.search(r"(\d+) of (\d+) numbers are wrong", sentence):
        count = np.sum(np.abs(value - right) > 1e-3 * np.maximum(np.abs(right), 1e-3))
        assert (int(wrong[1]), int(wrong[2])) == (count, right.size)
    if "less than 2 %" in sentence:
        assert np.all(np.abs(value - right) <= 0.02 * np.abs(right))


@pytest.mark.parametrize(
    "right, answer, words",
    [
        ([[0, 1], [-1, 0]], [[0, -1], [1, 0]], "More than one explanation fits. Rows and columns"),
        ([[1, 2], [3, 4]], [[1, 3], [2, 4]], "Rows and columns are exchanged"),
        ([[1], [2]], [[1, 2]], "The numbers are right, but the shape is (1, 2), not (2, 1)."),
        ([1, 2, 4], [0.5, 1, 2], "All numbers are 2 times too small: a mean for a sum"),
        ([1, 2, 4], [-2, -4, -8], "All signs are wrong, and all numbers are 2 times too large"),
        ([1.234, 5.678], [1.22, 5.7], "2 of 2 numbers are wrong, by less than 2 %. Did you round"),
        ([1.005, 2.01], [1, 2], "2 of 2 numbers are wrong, by less than 2 %."),  # no factor
        ([1, 2], [1.03, 1.95], "2 of 2 numbers are wrong."),  # by 3 %: that is no rounding
        ([0, 5, 0], [0, 10, 0], "1 of 3 numbers are wrong."),  # one number is no common factor
        ([1e-7, 2e-7], [0, 0], "2 of 2 numbers are wrong."),  # small numbers are numbers, too
        ([1, 2], np.ma.array([1, 2], mask=[0, 1]), "This takes an array of numbers"),
        ([1, 2], [True, False], "This takes an array of numbers"),
        ([1, 0.5], [True, Fraction(1, 2)], "This takes an array of numbers"),
        ([1, 2], ["1", "2"], "This takes an array of numbers"),
        ([1, 2], [1j, 2], "This takes an array of numbers"),
        ([1, 2], [1, Fraction(10) ** 400], "1 of 2 numbers are nan or infinite"),
    ],
)
def test_what_a_wrong_array_looks_like(right, answer, words):
    ok, sentence = check.array(right, "").judge(answer)
    assert not ok and words in sentence


def test_one_explanation_is_not_called_more_than_one():
    sentence = "Rows and columns are exchanged: this is the transpose."
    assert check.array([[1, 2], [3, 4]], "").judge([[1, 3], [2, 4]]) == (False, sentence)


@given(
    arrays(float, SHAPES, elements=st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-9 or x == 0))
)
def test_a_right_array_is_right_in_any_form(a):
    judge = check.array(a, "Why.").judge
    fractions = np.vectorize(Fraction, otypes=[object])(a)
    forms = [a.tolist(), fractions, fractions.tolist(), a + 0j, a.astype(object), np.ma.array(a)]
    assert [judge(form) for form in forms] == [(True, "Why.")] * len(forms)
    doubled = plain(lambda: 2 * a, "Why.", [()])
    assert doubled.judge(lambda: (a + a).tolist()) == (True, "Why.")


class Stubborn:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no array of me")

    def __repr__(self):
        raise RuntimeError("no text either")


def test_objects_that_refuse_everything_are_refused():
    ok, sentence = check.number(1, "").judge(Stubborn())
    assert not ok and sentence == "This takes one number, and got something of type Stubborn."
