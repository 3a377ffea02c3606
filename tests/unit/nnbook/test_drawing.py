"""Drawings become pictures as MNIST's makers made theirs, and what befalls such pictures."""

import numpy as np
import pytest
from book_files import ROOT
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbook.drawing import BOX, MIDDLE, SIDE, centred, cropped, moved, scaled, shrunk, thickened
from nnlib.data import mnist

DRAWINGS = arrays(float, (9, 9), elements=st.sampled_from([0.0, 0.25, 1.0]))
INKED = DRAWINGS.filter(np.any)


def centre_of_mass(picture):
    places = np.arange(SIDE)
    return picture.sum(axis=1) @ places / picture.sum(), picture.sum(
        axis=0
    ) @ places / picture.sum()


@pytest.fixture(scope="module")
def images(real_folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_DIR", str(real_folder))
        return mnist()[2].reshape(-1, SIDE, SIDE)


def test_mnist_itself_comes_back(images):
    """Drawn again, 9,997 of the test images are what they were, to the last pixel.

    The three others are 19 pixels large: of their edge less was left than a grey level.
    """
    off = [k for k, image in enumerate(images) if np.abs(centred(image) - image).max() > 1e-9]
    assert off == [k for k, image in enumerate(images) if max(cropped(image).shape) < BOX]
    text = " ".join((ROOT / "digit.md").read_text(encoding="utf-8").split())
    assert f"{len(images) - len(off):,} of MNIST's {len(images):,} test images come back" in text


def test_mnist_enlarged_comes_back(images):
    for image in images[:4000:20]:
        again = centred(np.kron(image, np.ones((10, 10))))
        np.testing.assert_allclose(again, image, atol=1e-9)


def test_mnist_comes_back_nearly_where_pixels_do_not_fit(images):
    """Enlarged smoothly by 9.7, as a pen would draw it: a grey level differs by 4 % on average."""
    for image in images[:20]:
        again = centred(scaled(image, 9.7))
        assert np.abs(again - image)[image > 0].mean() < 0.04


@given(INKED, st.integers(0, 12), st.integers(0, 12))
def test_where_it_is_drawn_changes_nothing(drawing, down, right):
    sheet = np.zeros((21, 21))
    sheet[down : down + 9, right : right + 9] = drawing
    np.testing.assert_array_equal(centred(sheet), centred(drawing))


@given(INKED, st.integers(2, 5))
def test_how_large_it_is_drawn_changes_nothing(drawing, factor):
    large = np.kron(drawing, np.ones((factor, factor)))
    np.testing.assert_allclose(centred(large), centred(drawing), atol=1e-9)


@given(INKED)
def test_it_fits_into_the_box_and_lies_in_the_middle(drawing):
    picture = centred(drawing)
    assert picture.shape == (SIDE, SIDE) and 0 <= picture.min() and picture.max() <= 1
    assert max(cropped(picture).shape) == BOX
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    for place, inked in zip(centre_of_mass(picture), (rows, columns), strict=True):
        in_the_middle = abs(place - MIDDLE) <= 0.5 + 1e-9  # by whole pixels
        assert in_the_middle or inked[0] == 0 or inked[-1] == SIDE - 1  # never over the edge


def test_proportions_are_kept_and_edges_are_grey():
    bar = np.zeros((40, 40))
    bar[5:35, 10:14] = 1  # 30 x 4 becomes 20 x 2 2/3
    picture = cropped(centred(bar))
    assert picture.shape == (20, 3)
    np.testing.assert_allclose(picture, np.tile([1, 1, 2 / 3], (20, 1)))


def test_grey_is_the_share_of_ink():
    np.testing.assert_allclose(scaled(np.array([[1.0, 0], [0, 0]]), 0.5), [[0.25]])
    np.testing.assert_allclose(scaled(np.array([[1.0, 0.0, 0.0]] * 3), 2 / 3), [[1, 0], [1, 0]], 1)


@given(DRAWINGS, st.floats(0.3, 3))
def test_scaling_keeps_all_the_ink(drawing, scale):
    assert scaled(drawing, scale).sum() == pytest.approx(scale**2 * drawing.sum())


def test_no_ink():
    assert not centred(np.zeros((9, 9))).any() and cropped(np.zeros((9, 9))).size == 0


def test_shrunk_keeps_place_and_size():
    sheet = np.zeros((280, 280))
    sheet[:20, -50:] = 1
    picture = shrunk(sheet)
    assert picture[:2, -5:].sum() == pytest.approx(10) == picture.sum()


# ---------------------------------------------------------------------------- what befalls them


@pytest.fixture
def picture(rng):
    picture = np.zeros((SIDE, SIDE))
    picture[8:21, 9:20] = rng.random((13, 11))
    return picture


def test_moving_by_nothing_changes_nothing(picture):
    np.testing.assert_allclose(moved(picture), picture)
    np.testing.assert_array_equal(thickened(picture, 0), picture)


def test_to_the_right(picture):
    np.testing.assert_allclose(moved(picture, right=3), np.roll(picture, 3, axis=1))
    np.testing.assert_allclose(moved(picture, right=-4), np.roll(picture, -4, axis=1))
    half = (picture + np.roll(picture, 1, axis=1)) / 2
    np.testing.assert_allclose(moved(picture, right=0.5), half)
    assert not moved(picture, right=SIDE).any()


def test_turning_by_quarters(picture):
    about = picture[1:, 1:]  # its middle pixel is the picture's middle
    for quarters in (1, 2, 3):
        turned = moved(picture, turn=90 * quarters)[1:, 1:]
        np.testing.assert_allclose(turned, np.rot90(about, -quarters), atol=1e-9)  # clockwise


def test_a_digit_is_turned_where_it_is_and_moved_then(picture):
    both = moved(picture, right=2, turn=90)
    np.testing.assert_allclose(both, np.roll(moved(picture, turn=90), 2, axis=1), atol=1e-9)


@given(st.floats(-60, 60))
def test_turned_there_and_back(turn):
    disc = np.hypot(*np.meshgrid(*2 * [np.arange(SIDE) - MIDDLE])) < 8
    np.testing.assert_allclose(moved(disc.astype(float), turn=turn)[MIDDLE, 8:21], 1)
    across, down = np.meshgrid(*2 * [np.arange(SIDE) - MIDDLE])
    bump = np.exp(-((across - 3) ** 2 + down**2) / 18)
    again = moved(moved(bump, turn=turn), turn=-turn)
    np.testing.assert_allclose(again[6:23, 6:23], bump[6:23, 6:23], atol=0.06)


def test_a_dot_grows_to_a_diamond_and_back():
    dot = np.zeros((SIDE, SIDE))
    dot[10, 12] = 1
    rows, columns = np.indices(dot.shape)
    away = abs(rows - 10) + abs(columns - 12)
    np.testing.assert_array_equal(thickened(dot, 2), away <= 2)
    np.testing.assert_array_equal(thickened(thickened(dot, 2), -2), dot)
    np.testing.assert_allclose(thickened(dot, 1.25), np.where(away == 2, 0.25, away < 2))
    np.testing.assert_allclose(thickened(dot, -0.5), 0.5 * dot)
