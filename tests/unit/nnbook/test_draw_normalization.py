import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.normalization.figures import (
    SHIFT_STYLES,
    bowl,
    bowl_axes,
    bowl_descent,
    draw_block,
    draw_paths,
    gamma_beta,
    gamma_beta_axes,
    group_means,
    group_means_axes,
    images_with_offsets,
    running,
    running_axes,
    running_track,
    shared,
    shift_axes,
)
from nnlib.network import Network
from nnlib.norms import GroupNorm

SHAPE = (3, 6, 4)


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_every_arrow_of_the_paths_has_its_derivative(ax):
    assert draw_paths(ax) == 8
    texts = {text.get_text() for text in ax.texts}
    assert {"$1/N$", "$-1$", "$1/s$", "$2d_n/N$", "$1/2s$", "$-d_n/s^2$", "$\\gamma$"} <= texts


@pytest.mark.parametrize(
    "name, groups, axes",
    [
        ("batch", 1, (0, 2)),
        ("layer", 1, (1, 2)),
        ("instance", 1, (2,)),
        ("group", 1, (1, 2)),
        ("group", 6, (2,)),
    ],
)
def test_what_shares_a_mean_is_what_the_axes_say(name, groups, axes, rng):
    x = rng.normal(size=SHAPE)
    mask = shared(name, SHAPE, groups, sample=1, channel=4)
    mean = np.broadcast_to(x.mean(axis=axes, keepdims=True), SHAPE)[1, 4, 0]
    assert np.isclose(x[mask].mean(), mean)


def test_groups_are_neighbours():
    mask = shared("group", SHAPE, 2, sample=0, channel=4)
    assert np.array_equal(np.flatnonzero(mask.any(axis=(0, 2))), [3, 4, 5])
    assert mask.sum() == 3 * 4
    with pytest.raises(ValueError, match="^name must be one of batch, .* got 'weight'"):
        shared("weight", SHAPE)


def test_block_shows_three_sides_and_colours_the_mask(ax):
    assert draw_block(ax, SHAPE) == 0
    assert len(ax.patches) == 6 * 4 + 6 * 3 + 3 * 4
    sides = len(ax.patches)
    mask = shared("instance", SHAPE, sample=2, channel=5)  # the front right column
    assert draw_block(ax, SHAPE, mask, names=False) == 4
    assert len(ax.patches) - sides == 4 + 1 + 4  # in front, one on top, and to the right


@pytest.fixture
def pair():
    return Figure().subplots(1, 2)


@pytest.mark.parametrize("scaling", ["min–max", "z-score", "robust"])
def test_scaling_takes_the_unit_away(scaling):
    assert np.allclose(bowl(1, scaling, 0.5), bowl(7, scaling, 0.5))


def test_a_bowl_has_the_condition_number_of_its_inputs():
    values = np.linalg.eigvalsh(bowl(3, "z-score", 0.9))
    assert np.isclose(values[1] / values[0], 1.9 / 0.1)


def test_descent_starts_on_the_outermost_contour_and_ends_at_the_minimum(ax):
    bowl_axes(ax)
    said = bowl_descent(ax, 1, "z-score", 0)
    *_, outermost, path = ax.lines
    gaps = np.linalg.norm(outermost.get_xydata() - path.get_xydata()[0], axis=1)
    assert len(ax.lines) == 1 + 5 + 1
    assert gaps.min() < 0.1
    assert np.allclose(path.get_xydata()[-1], 0)
    assert "condition number 1." in said


def test_gamma_widens_and_beta_moves(pair):
    gamma_beta_axes(pair)
    narrow, wide, moved = (gamma_beta(pair, *how) for how in ((0.1, 0), (5, 0), (0.1, 4)))
    assert "100% of the samples lie in the nearly straight part" in narrow
    assert "100%" not in wide and " 0% of the samples" in moved
    assert all(np.isclose(patch.get_data().values.sum(), 1) for patch in pair[1].patches)


def test_a_running_average_follows_its_batches(ax):
    truth, means, track = running_track(0.9, 8)
    assert np.isclose(track[1], 0.9 * 0.1 * means[0] + 0.1 * means[1])
    assert np.array_equal(running_track(0, 8)[2], means)
    running_axes(ax)
    assert "first time: not by step 150" in running(ax, 0.999, 8)
    assert np.array_equal(ax.lines[-1].get_ydata(), running_track(0.999, 8)[2])


def test_every_candidate_of_a_shift_is_named(ax):
    shift_axes(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(SHIFT_STYLES)


def test_the_means_that_group_norm_leaves(pair, rng):
    group_means_axes(pair)
    [grey] = (line for line in pair[1].lines if len(line.get_xdata()) == 12)
    image = images_with_offsets()[-1:]
    assert np.allclose(grey.get_ydata(), image[0].mean(axis=(1, 2)))
    said = group_means(pair, groups=3, channel=6)
    layer = Network([GroupNorm(3, 12)], rng=rng, dtype=np.float64).layers[0]
    after, one = (line.get_ydata() for line in pair[1].lines[-2:])
    assert np.allclose(after, layer.forward(image)[0].mean(axis=(1, 2)))
    assert one == after[5]
    assert "channels 5 to 8 share a mean (144 numbers)" in said and "24 means" in said
    assert "every channel has its own" in group_means(pair, groups=12, channel=1)
