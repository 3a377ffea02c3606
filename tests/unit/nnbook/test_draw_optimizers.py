import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.optimizers.figures import (
    contour_levels,
    draw_convergence,
    draw_landscape,
    draw_map,
    draw_path,
    portraits,
    thinned,
    verdict,
)
from nnbook.optimizers.race import PLACES, race
from nnlib.descend import descend
from nnlib.landscapes import beale, mccormick, quadratic, rosenbrock, saddle
from nnlib.optim import SGD, Adam, Momentum


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.mark.parametrize("place", [mccormick, rosenbrock, beale, saddle, quadratic(condition=9)])
def test_contours_rise_and_cover_the_picture(ax, place):
    levels = draw_landscape(ax, place, start=(0, 0), n=40)
    assert (np.diff(levels) > 0).all()
    assert (ax.get_xlim(), ax.get_ylim()) == place.domain
    x, y = np.meshgrid(np.linspace(*place.domain[0], 40), np.linspace(*place.domain[1], 40))
    assert levels[-1] == pytest.approx(place.value(np.stack([x, y], axis=-1)).max())
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert np.array_equal(stars[0].get_xydata(), place.minima)


def test_the_scale_of_heights_is_that_of_the_landscape_alone(ax):
    first = draw_landscape(ax, mccormick, start=(0, 0))
    second = draw_landscape(Figure().add_subplot(), mccormick, labels=False)
    assert np.array_equal(first, second)
    z = np.array([0.0, 1.0, 1000.0])
    steps = np.diff(np.log(contour_levels(quadratic(condition=2), z)))
    assert np.allclose(steps, steps[0])  # equal ratios
    steps = np.diff(contour_levels(saddle, z))  # no minimum: equal steps
    assert np.allclose(steps, steps[0]) and steps.sum() == 1000


def test_thinned_keeps_ends_and_distance():
    walk = np.cumsum(np.full((1000, 2), 1e-4), axis=0)
    kept = thinned(walk, 0.01)
    assert kept[0] == 0 and kept[-1] == 999 and 15 < len(kept) < 25
    assert thinned(walk[:1], 0.01) == [0]
    assert thinned(np.array([[0, 0], [1, 1], [2, 2]]), 0.01) == [0, 1, 2]


def test_path_says_when_it_leaves_the_picture(ax):
    ax.set(xlim=(0, 1), ylim=(0, 1))
    assert draw_path(ax, [[0.1, 0.1], [0.5, 0.5]]) == -1
    assert len(ax.lines) == 2  # the path, and where it stands
    assert draw_path(ax, [[0.1, 0.1], [0.5, 1.5], [0.5, 0.5]]) == 1


def test_a_diverging_path_does_not_reach_the_paper(ax):
    ax.set(xlim=(-1, 1), ylim=(-1, 1))
    path = descend(quadratic(condition=10), SGD(lr=0.5), (1, 1), 100)
    assert draw_path(ax, path.theta) > 0
    drawn = np.concatenate([line.get_xydata() for line in ax.lines])
    assert np.isfinite(drawn).all() and np.abs(drawn).max() <= 7
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (-1, 1))


def test_verdict():
    bowl = quadratic(condition=10)
    lost = descend(bowl, SGD(lr=0.5), (1, 1), 100)
    words = verdict(lost, bowl)
    assert f"diverged at step {lost.diverged_at}" in words and "4.0 times" in words
    assert verdict(descend(bowl, SGD(lr=0.1), (1, 1), 1), bowl) == (
        "after 1 steps f = 0.405 at (0.90, 0.00)"
    )
    away = verdict(descend(saddle, SGD(lr=0.1), (0, 1), 10), saddle)
    assert away == "left the picture at step 4, and is at (0.00, 6.19) after 10 steps"
    early = descend(lambda t: (np.nan, t), SGD(lr=1.0), (0, 1), 5)
    assert "diverged at step 0: " in verdict(early, bowl)


def test_map_finds_the_fewest_steps(ax):
    x, y = np.array([0.01, 0.1, 1.0]), np.array([0.0, 0.5])
    assert draw_map(ax, [[90, 20, -1], [50, 30, -1]], x, y, most=100) == (20, 0.1, 0.0)
    assert ax.get_xscale() == "log"


def test_portraits_show_each_walk_to_its_goal():
    portraits(Momentum, Adam)
    fig = plt.gcf()
    plt.close(fig)
    titles = [ax.get_title() or ax.get_title(loc="left") for ax in fig.axes]  # as the style says
    names = [title.split(":")[0] for title in titles]
    assert names == ["Momentum"] * 2 + ["Adam"] * 2
    for ax, place in zip(fig.axes, [mccormick, rosenbrock] * 2, strict=True):
        end = ax.lines[-1].get_xydata()[-1]
        assert abs(place.value(end) - place.minimum) < 1e-4
        assert ax.get_xlabel().startswith("learning rate")


def test_the_map_of_convergence_has_the_race_s_steps(ax):
    rates = np.array([0.001, 0.01, 1.0])
    best = draw_convergence(ax, Momentum, "quadratic", "mu", [0.0, 0.7], rates)
    place, start = PLACES["quadratic"]
    counts = race(Momentum(lr=1.0, mu=0.7), place, [start], rates=rates, all_rates=True)
    assert best == (counts[1, 0], 0.01, 0.7) and counts[2, 0] == -1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "μ")
