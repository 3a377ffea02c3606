import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.schedules.figures import (
    BLOCK,
    E1,
    E3,
    HIGHS,
    ONE,
    ONE_LRS,
    WARM_LRS,
    WATCH,
    cycle_axes,
    cycled,
    one_axes,
    one_run,
    one_schedule,
    smooth,
    warm_axes,
)


def test_losses_are_averaged_over_seeds_and_blocks():
    loss = np.array([[1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]])
    assert smooth(loss, block=2).tolist() == [2.5, 6.5]


def test_what_exploded_stays_at_10():
    assert smooth(np.array([[np.nan, np.inf, 1e9, 0.0]]), block=4).tolist() == [7.5]


@pytest.mark.parametrize("name", ONE)
def test_every_shape_has_four_curves_that_end_lower_than_they_are_high(name):
    values, meaning, make = ONE[name]
    assert len(values) == 4
    for p in values:
        rates = [make(0.4, p)(t) for t in range(E1)]
        assert max(rates) == pytest.approx(0.4, rel=0.01) and min(rates) >= 0
        assert rates[-1] < 0.3 or p == 0, "only the constant rate does not fall"
        assert meaning.format(p) != meaning


def test_runs_are_those_of_all_first_rates():
    runs = one_run("constant, then a line to 0", 1)
    assert runs.loss.shape == (len(ONE_LRS), 4, E1)
    fallen = one_run("step_decay", 4)
    assert fallen.loss[-1, :, -40:].mean() < runs.loss[-1, :, -40:].mean(), "0.4, with and without"


def test_the_dotted_line_is_the_constant_rate():
    axes = Figure().subplots(1, 2)
    one_axes(axes)
    steps, losses = axes[1].lines[0].get_data()
    assert steps[0] == BLOCK / 2 and steps[-1] == E1 - BLOCK / 2
    runs = one_run("constant, then a line to 0", 1)
    assert np.array_equal(losses, smooth(runs.loss[1]))


def test_a_shape_is_drawn_and_told():
    axes = Figure().subplots(1, 2)
    text = one_schedule(axes, "step_decay", 0.4, 3)
    rates, losses = (ax.lines[0].get_ydata() for ax in axes)
    assert rates[0] == 0.4 and rates[-1] == pytest.approx(0.4 / 2**3)
    assert text.startswith("step_decay, 0.4 at most, halved every 40 steps: training loss")
    assert f"the end {losses[-1]:.2f};" in text


def test_cycles_are_watched_to_their_end():
    error = cycled(192)
    assert error.shape == (len(HIGHS), E3 // WATCH)
    assert (error[:, -1] < error[:, 0]).all() and error[-1].argmax() < 20


def test_axes_hold_what_is_drawn():
    axes = Figure().subplots(1, 2)
    cycle_axes(axes)
    assert axes[0].get_xlim()[1] == E3 and axes[0].get_ylim()[1] > max(HIGHS)
    assert [label.get_text() for label in axes[1].get_yticklabels()][:2] == ["3", "5"]
    warm_axes(axes)
    assert axes[0].get_xlim()[1] == E1 and axes[0].get_ylim()[1] > max(WARM_LRS)
