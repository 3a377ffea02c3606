import numpy as np
import pytest

from nnbook import check


@pytest.fixture
def said(capsys):
    def said(checker, *answer):
        assert checker(*answer) is None
        return capsys.readouterr().out

    return said


HALF = check.number(0.5, "A half.", mistakes={0.25: "That is the square."})


def test_unanswered(said):
    for checker in [
        HALF,
        check.array([1], ""),
        check.choice("a", "", {"b": ""}),
        check.function(abs, "", [(1,)]),
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


SIGMOID = check.function(
    sigmoid,
    "Stable.",
    [(np.array([0.0, 2.0]),), (np.array([-1000.0]),)],
    mistakes=lambda z: [
        (z * np.nan, "Always nan."),
        (1 / (1 + np.exp(z)), "The sign of z."),
    ],
)


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
        (0.5, "takes a function"),
        ("sigmoid", "takes a function"),
    ],
)
def test_function(said, answer, words):
    assert words in said(SIGMOID, answer)


def test_a_function_cannot_spoil_the_inputs(said):
    def greedy(x):
        x += 1
        return x - 1

    same = check.function(lambda x: x, "Same.", [(np.zeros(2),)])
    assert "Right" in said(same, greedy)
    assert "Right" in said(same, greedy)


def test_choice(said):
    which = check.choice("b", "It is b.", {"a": "a is a trap.", "c": "c as well."})
    assert said(which, "b") == said(which, " B ") == "Right. It is b.\n"
    assert "a is a trap." in said(which, "a")
    assert "takes one of ['a', 'b', 'c'], and got 'd'" in said(which, "d")
    assert "in quotes, and got 2" in said(which, 2)


def test_long_answers_are_shortened(said):
    assert len(said(HALF, "x" * 1000)) < 160
