import numpy as np
import pytest

from nnlib.activations import softplus

LIMIT, GLOROT, HE = 0.0658427, 0.0380143, 0.0505076


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("who_gets_what", "a", {"b": "other way", "c": "half of what", "d": "takes one of"}),
        (
            "weighted_sum",
            3,
            {
                9: "is the variance",
                30: "neither",
                6: "mean square 1",
                20: "squared",
                1.5: "already",
                30**0.5: "root of",
                7: "large",
            },
        ),
        (
            "three_numbers",
            [LIMIT, GLOROT, HE],
            {
                (LIMIT, GLOROT, 784**-0.5): "third is LeCun",
                (LIMIT, 784**-0.5, HE): "second is LeCun",
                (LIMIT, GLOROT, (2 / 600) ** 0.5): "not the units",
                (6 / 1384, 2 / 1384, 2 / 784): "roots",
                (GLOROT, LIMIT, HE): "exchanged",
                (GLOROT, GLOROT, HE): "√3",
                (1, 2, 3): "3 of 3",
            },
        ),
        (
            "how_deep",
            16,
            {
                15: "above",
                np.log(1e-6) / np.log(0.4): "whole",
                8: "RMS",
                4: "√400",
                17: "already",
                30: "large",
            },
        ),
        ("absolute", [1, 1], {(2, 2): "folds", (2, 1): "Forwards", (1, 2): "Backwards"}),
        (
            "funnel",
            1 / 16,
            {
                1: "n_out",
                16: "Upside",
                0.25: "RMS",
                1 / 256: "cancel",
                1 / 32: "five",
                1 / 8: "three",
            },
        ),
        (
            "born_dead",
            0.930792,
            {
                0.0692083: "live",
                0.125: "one layer",
                2.5: "overlap",
                0.5**60: "One is enough",
                1 - (1 - 0.5**20) ** 3: "outside",
            },
        ),
        (
            "small_change",
            0.1181478,
            {0.01395948: "s²", 50**-0.5: "by e", 0.02: "not by s", (2**0.04 - 1) ** 0.5: "RMS"},
        ),
        (
            "patients",
            "bcda",
            {
                "bcaa": "Patient 3: smaller",
                "acda": "Patient 1",
                "bbda": "Patient 2",
                "bcba": "Which step",
                "bcdb": "Patient 4",
                "abc": "four letters",
                "bcdx": "a, b, c",
            },
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def test_patients_takes_capitals(said):
    assert said("patients", " BCDA ").startswith("Right. ")


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda n, c: np.sqrt(2 / n / (1 + c * c)), "Right."),
        (lambda n, c: 2 / n / (1 + c * c), "variance"),
        (lambda n, c: np.sqrt(2 / n), "every slope"),
        (lambda n, c: np.sqrt(2 / n / (1 + c)), "c²"),
        (lambda n, c: np.sqrt((1 + c * c) / 2 / n), "Upside"),
        (lambda n, c: np.sqrt(1 / n), "LeCun"),
        (lambda n, c: 0.1, "For (512, 0.0)"),
        (lambda n, c: None, "no numbers"),
        (lambda n, c: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_leaky_std(said, answer, words):
    assert words in said("leaky_std", answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda Z: np.mean(Z.max(axis=0) <= 0), "Right."),
        (lambda Z: np.mean(Z.max(axis=1) <= 0), "other axis"),
        (lambda Z: np.mean(Z <= 0), "share of zeros"),
        (lambda Z: np.mean(Z.min(axis=0) <= 0), "some sample"),
        (lambda Z: np.mean(Z.max(axis=0) < 0), "z = 0"),
        (lambda Z: np.sum(Z.max(axis=0) <= 0), "number of units"),
        (lambda Z: np.mean(Z.max(axis=0) > 0), "living"),
    ],
)
def test_dead_share(said, answer, words):
    assert words in said("dead_share", answer)


def in_place(g, limit):
    g *= min(1, limit / max(np.linalg.norm(g), 1e-9))
    return g


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda g, c: g * min(1, c / max(np.linalg.norm(g), 1e-9)), "Right."),
        (lambda g, c: g / max(1, np.linalg.norm(g) / c), "Right."),
        (in_place, "changes grad itself"),
        (lambda g, c: np.clip(g, -c, c), "direction"),
        (lambda g, c: g / np.linalg.norm(g) * min(c, np.linalg.norm(g)), "0 becomes nan"),
        (lambda g, c: g * np.nan, "2 of 2 numbers are nan"),
        (lambda g, c: g * c / np.linalg.norm(g), "became longer"),
        (lambda g, c: g * c / max(np.linalg.norm(g), 1e-9), "became longer"),
        (lambda g, c: g + 0, "isn't shortened"),
        (lambda g, c: np.linalg.norm(g), "shape"),
        (lambda g, c: g * 0.5, "you give"),
        (lambda g: g, "TypeError"),
    ],
)
def test_clip(said, answer, words):
    assert words in said("clip", answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (0.9, "RMS after one layer"),
        (1.083, "Right."),
        (-1, "positive"),
        (0, "positive"),
        (np.inf, "Not yet"),
    ],
)
def test_softplus_size(said, answer, words):
    assert words in said("softplus_size", answer)


def test_softplus_size_is_what_sampling_says(said):
    z = np.random.default_rng(0).normal(size=400_000)
    low, high = 0.5, 1.5
    while high - low > 0.002:
        g = (low + high) / 2
        small = np.mean(softplus(g * z) ** 2) < 1
        low, high = (g, high) if small else (low, g)
    slope = np.mean(1 / (1 + np.exp(-g * z)) ** 2)
    out = said("softplus_size", g)
    assert out.startswith("Right. ")
    assert f"about {slope:.2f}" in out and f"g² = {g**2:.1f}" in out


def right_lsuv(matrices, X):
    new = []
    for W in matrices:
        new.append(W / np.sqrt(np.mean((X @ W) ** 2)))
        X = np.tanh(X @ new[-1])
    return new


def old_signal(matrices, X):
    new = []
    for W in matrices:
        new.append(W / np.sqrt(np.mean((X @ W) ** 2)))
        X = np.tanh(X @ W)
    return new


@pytest.mark.parametrize(
    "answer, words",
    [
        (right_lsuv, "Right."),
        (old_signal, "*old*"),
        (lambda matrices, X: matrices, "RMS"),
        (lambda matrices, X: matrices[:2], "as many"),
        (lambda matrices, X: right_lsuv([W + 1 for W in matrices], X), "times a number"),
        (lambda matrices, X: None, "as many"),
        (lambda matrices: matrices, "TypeError"),
        (lambda matrices, X: [0 * W for W in matrices], "RMS 0, not 1"),
    ],
)
def test_lsuv(said, answer, words):
    assert words in said("lsuv", answer)
