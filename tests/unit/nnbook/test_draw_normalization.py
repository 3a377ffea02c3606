import numpy as np
import pytest
from matplotlib.figure import Figure

from nnbook.normalization.figures import draw_block, draw_paths, shared

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
