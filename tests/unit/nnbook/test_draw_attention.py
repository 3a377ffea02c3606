"""What the pictures of the chapter on attention show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.attention import figures as draw


def axes(n):
    return [Figure().add_subplot() for _ in range(n)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_line_is_as_thick_as_the_weight():
    (ax,) = axes(1)
    draw.draw_looks(ax, ["the", "cat", "sat"], np.array([0.7, 0.3, 0.0]), 2)
    widths = [line.get_linewidth() for line in ax.lines]
    assert widths == pytest.approx([4.9, 2.1])
    assert texts(ax) == ["the", "0.70", "cat", "0.30", "sat", "0.00"]
    assert [t.get_color() for t in ax.texts[::2]] == [draw.INK, draw.INK, draw.ORANGE]


def test_attention_collapses_without_the_root():
    panels, largest = axes(2), {}
    draw.score_axes(panels)
    for scaling in ("not scaled", "divided by √d"):
        said = draw.attention_weights(panels, 256, scaling, "A")
        largest[scaling] = max(bar.get_height() for bar in panels[1].containers[-1])
        assert f"{largest[scaling]:.3f}" in said
    assert sum(bar.get_height() for bar in panels[1].containers[-1]) == pytest.approx(1)
    assert largest["not scaled"] > 0.9 > 0.7 > largest["divided by √d"]


@pytest.mark.parametrize("mask", draw.MASKS)
def test_a_mask_before_the_softmax_keeps_the_sums(mask):
    panels = axes(2)
    draw.mask_axes(panels)
    before = draw.draw_mask(panels, mask, "before the softmax")
    assert np.allclose(before.sum(axis=1), 1) and texts(panels[1]) == ["1.00"] * 6
    assert len(panels[0].lines) == np.sum(before == 0) == np.sum(~draw.MASKS[mask])
    after = draw.draw_mask(axes(2), mask, "after the softmax")
    assert np.array_equal(before > 0, after > 0)
    full = draw.MASKS[mask].all(axis=1)
    assert np.allclose(after.sum(axis=1)[full], 1) and (after.sum(axis=1)[~full] < 0.99).all()


def test_places_fit_by_their_distance():
    panels = axes(2)
    draw.place_axes(panels)
    first, later = (draw.draw_places(panels, place, 16) for place in (20, 30))
    assert first[20] == later[30] == pytest.approx(1)
    assert np.allclose(first[:40], later[10:50])
    assert np.delete(first, 20).max() < 1


def test_the_weights_of_tokens_are_drawn():
    (ax,) = axes(1)
    draw.draw_attention(ax, np.eye(5), "31=13"[:5])
    assert [label.get_text() for label in ax.get_xticklabels()] == list("31=13")
    assert np.array_equal(ax.images[0].get_array(), np.eye(5))
    assert ax.lines[0].get_ydata()[0] == 1.5  # above the row of the =


def test_a_curve_for_each_layer():
    (ax,) = axes(1)
    draw.draw_reach(ax, {"short": 0.5 ** np.arange(9), "long": 0.9 ** np.arange(9)})
    assert [line.get_ydata()[-1] for line in ax.lines] == pytest.approx([0.5**8, 0.9**8])
    assert texts(ax) == ["short", "long"] and ax.get_yscale() == "log"


def test_shares_stand_over_their_lengths():
    (ax,) = axes(1)
    draw.length_axes(ax)
    draw.draw_lengths(ax, {"LSTM": {5: 1.0, 16: 0.25}, "plain": {5: 0.5, 16: 0.0}})
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 0.25], [0.5, 0]]
    assert list(ax.lines[0].get_xdata()) == [5, 16] and texts(ax) == ["LSTM", "plain"]
