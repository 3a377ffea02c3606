import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.optimizers import explorers

PAIRS = [  # panels, what stays, what is drawn, its values, words of the read-out
    (1, "valley_axes", "valley", {"optimizer": "SGD", "lr": 0.4}, "f = -1.913 at (-0.55, -1.55)"),
    (1, "valley_axes", "valley", {"optimizer": "SGD", "lr": 3.0}, "diverged"),
    (2, "edge_axes", "edge", {"condition": 20, "lr": 0.09}, "slowest factor 0.910"),
    (2, "edge_axes", "edge", {"condition": 20, "lr": 0.11}, "slowest factor 1.200"),
    (2, "noise_axes", "noise_floor", {"batch": 2000, "lr": 0.1}, "300 steps are 300 epochs"),
    (2, "noise_axes", "noise_floor", {"batch": 1, "lr": 0.3}, "thrown out of the picture"),
    (2, "average_axes", "average", {"beta": 0.9, "correct": False}, "window 10.0, raw"),
    (1, "ravine_axes", "ravine", {"mu": 0.9, "lr": 0.001, "steps": 320}, "320 steps: f ="),
    (1, "ravine_axes", "ravine", {"mu": 0.5, "lr": 0.003, "steps": 20}, "diverged at step"),
    (1, "ravine_axes", "betas", {"beta1": 0.9, "beta2": 0.9}, "f < 1e-4 after"),
    (1, "ravine_axes", "betas", {"beta1": 0.9, "beta2": 0.999}, "not reached"),
    (1, "basin_axes", "basin", {"optimizer": "SGD"}, "0 of the 8 starts"),
]


@pytest.mark.parametrize(("panels", "stays", "draw", "values", "words"), PAIRS)
def test_what_is_drawn_and_said(panels, stays, draw, values, words):
    fig = Figure()
    axes = fig.subplots(1, panels)
    getattr(explorers, stays)(axes)
    before = [len(ax.lines) for ax in fig.axes]
    said = getattr(explorers, draw)(axes, **values)
    assert words in said
    assert all(len(ax.lines) > n for ax, n in zip(fig.axes, before, strict=True))


def test_a_longer_memory_is_calmer_and_later():
    fig = Figure()
    axes = fig.subplots(1, 2)
    short, long = (explorers.average(axes, beta, correct=True) for beta in (0.5, 0.95))
    spread, late = ([float(text.split(key)[1].split()[0].strip(",")) for text in (short, long)]
                    for key in ("spread before the jump ", "half of the jump seen "))  # fmt: skip
    assert spread[0] > spread[1]
    assert late[0] < late[1]


def test_each_start_ends_in_a_minimum():
    walks, ends = explorers.eight_walks("Momentum")
    assert walks.shape == (1501, 8, 2)
    gaps = walks[-1] - explorers.himmelblau.minima[ends]
    assert np.abs(gaps).max() < 1e-3
