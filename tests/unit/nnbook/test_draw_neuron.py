import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.neuron.figures import SHARES, curve, draw_rates, rates_axes
from nnbook.neuron.threshold import area, precision, rates, roc

SCORES = np.array([0.9, 0.8, 0.8, 0.4, 0.1])
TRUTH = np.array([True, False, True, False, False])


@pytest.mark.parametrize(
    ("threshold", "recall", "false_alarms"),
    [(1, 0, 0), (0.8, 0.5, 0), (0.5, 1, 1 / 3), (0.1, 1, 2 / 3), (0, 1, 1)],
)
def test_rates_by_hand(threshold, recall, false_alarms):
    assert rates(SCORES, TRUTH, threshold) == pytest.approx((recall, false_alarms))


def test_the_curve_goes_from_never_to_always():
    found, false = roc(SCORES, TRUTH)
    assert found.tolist() == [0, 0.5, 1, 1, 1]
    assert false == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])


def test_precision_counts_alarms():
    above, share = SCORES > 0.5, TRUTH.mean()
    assert precision(*rates(SCORES, TRUTH, 0.5), share) == pytest.approx(TRUTH[above].mean())
    assert precision(0.9, 0.09, 0.01) == pytest.approx(0.009 / (0.009 + 0.0891))
    assert np.isnan(precision(0, 0, 0.5))


def test_area_is_that_under_the_curve(rng):
    scores, truth = rng.integers(0, 12, 300) / 12, rng.random(300) < 0.3
    found, false = roc(scores, truth)
    assert area(scores, truth) == pytest.approx(np.trapezoid(found, false))
    assert area(SCORES, TRUTH) == pytest.approx(5.5 / 6), "six pairs, one of them a tie"
    assert area(-scores, truth) == pytest.approx(1 - area(scores, truth))


def test_the_share_moves_precision_and_not_the_roc_curve():
    pictures, precisions = [], []
    for share in SHARES:
        axes = [Figure().add_subplot() for _ in range(2)]
        rates_axes(axes)
        text = draw_rates(axes, SCORES, TRUTH, 0.5, share)
        assert "100% of the eights are found, and 33.3% of the others" in text
        pictures.append([line.get_xydata().tolist() for line in axes[0].lines])
        precisions.append(axes[1].lines[-1].get_ydata()[0])
    assert pictures[0] == pictures[1] == pictures[2]
    assert precisions == pytest.approx([0.75, 0.25, 1 / (1 + 99 / 3)])


def test_a_curve_says_where_it_is_undecided():
    ax = Figure().add_subplot()
    assert "undecided at x = −b/w = -1.00" in curve(ax, 2, 2)
    assert ax.lines[-1].get_xydata().tolist() == [[-1, 0.5]]
    assert "outside of the picture" in curve(Figure().add_subplot(), 0.5, 6)
    flat = Figure().add_subplot()
    assert curve(flat, 0, 2) == "w = 0: x doesn't count, ŷ = σ(2) = 0.881 for every x."
    assert np.ptp(flat.lines[0].get_ydata()) == 0
