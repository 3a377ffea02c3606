import numpy as np
import pytest

from nnlib.activations import relu, softmax


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        (
            "layer",
            [1, 0, 3],
            {
                (1, -1, 3): "Now ReLU",
                (0, 0, 4): "biases",
                (0, 0, 3): "first unit",
                (7, 4): "three units",
                (1, 0, 2): "1 of 3",
            },
        ),
        (
            "parameters",
            89610,
            {
                89400: "weights",
                90384: "not for each input",
                79510: "two hidden",
                90394: "inputs have no",
                994: "columns",
                89611: "a count is exact",
                89610.4: "whole number",
            },
        ),
        (
            "dot_shape",
            (2, 3, 2, 5),
            {(2, 3, 5): "@", (2, 2, 3, 5): "another order", (2, 3, 4, 2, 4, 5): "summed"},
        ),
        (
            "break_even",
            10,
            {
                5: "two operations",
                2.5: "four bytes",
                20: "or eight",
                40: "not eight",
                1e7: "drops out",
                0.1: "reciprocal",
            },
        ),
        ("symmetry", "c", {"a": "Batch normalization", "b": "Equivariant", "d": "takes one of"}),
        (
            "hat",
            [2, -4, 2],
            {
                (1, -2, 1): "1 high",
                (2, -2, 0): "comes down",
                (2, -2, -2): "should be",
                (2, -2, 2): "−4",
                (0, 2, 0): "heights",
                (-2, 4, -2): "signs",
            },
        ),
        (
            "exact",
            [3, 6, 12, 24],
            {(3,): "smallest", (3, 6, 12): "missing", (3, 6, 10, 12, 24): "10"},
        ),
        (
            "shallow",
            1024,
            {1023: "starts with", 20: "deep", 19: "deep", 512: "teeth", 511: "tip", 10: "folds"},
        ),
        (
            "scores",
            "ntd,nsd->nts",
            {
                "ntd,nsd->nst": "exchanged",
                "ntd,msd->ntms": "same batch axis",
                "ntd,nsd->ntsd": "isn't summed",
                "ntd,msd->ntmsd": "isn't summed",
                "ntd,msd->nts": "numbers are not",
                "ntd,nsd->ts": "shape should be",
                "ntd,nds->nts": "ValueError",
                "ntd,nsd->n": "shape",
            },
        ),
    ],
)
def test_answers(judged, name, right, wrong):
    judged(name, right, wrong)


def test_scores_takes_any_letters(said):
    assert said("scores", "bij,bkj->bik").startswith("Right. ")


def forward(X, parameters, activation=relu, last=lambda z: z, bias=1):
    for W, b in parameters[:-1]:
        X = activation(X @ W + bias * b)
    W, b = parameters[-1]
    return last(X @ W + bias * b)


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("forward", forward, "Right."),
        ("forward", lambda X, p: forward(X, p, last=relu), "behind the last"),
        ("forward", lambda X, p: forward(X, p, activation=lambda z: z), "Where is the ReLU"),
        ("forward", lambda X, p: forward(X, p, bias=0), "biases"),
        ("forward", lambda X, p: forward(X, p, last=softmax), "not probabilities"),
        ("forward", lambda X, p: ..., "return"),
    ],
)
def test_functions(said, name, answer, words):
    out = said(name, answer)
    assert words in out, out


def test_few_units(said):
    x = np.linspace(0, 1, 2001)
    t = np.array([0, 0.13, 0.25, 0.37, 0.5, 0.63, 0.75, 0.87])
    best, *_ = np.linalg.lstsq(
        np.column_stack([relu(x[:, None] - t), np.ones(len(x))]), np.sin(2 * np.pi * x)
    )
    a, c = best[:-1], best[-1]
    assert "Right." in said("few_units", (t, a, c))
    assert "Right." in said("few_units", (t.tolist(), a.tolist(), float(c)))
    assert "largest error is 1.0000, at x = 0.25" in said("few_units", ([0], [0], 0))
    assert "9 units" in said("few_units", (np.append(t, 1), np.append(a, 0), c))
    assert "largest error" in said("few_units", (t, a, np.nan))
    for wrong in [(t, a[:-1], c), (t, a), (t[:, None], a[:, None], c), (t, a, [1, 2])]:
        assert said("few_units", wrong).startswith("Not yet. ")
