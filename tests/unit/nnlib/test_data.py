"""Embedded digits, toy sets, one_hot and split."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import nnlib.data
from nnlib.data import blobs, circles, digits, moons, noisy_sine, one_hot, spirals, split

CLASSIFICATION = [moons, circles, blobs, spirals]


# ---------------------------------------------------------------------------- digits


def test_digits_are_the_original_ones():
    X, y = digits()
    assert X.shape == (1797, 64) and X.dtype == np.float32
    assert y.shape == (1797,) and y.dtype == np.int64
    assert X.min() == 0 and X.max() == 1
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    pixels = X * 16
    assert (pixels == np.rint(pixels)).all()
    stored = pixels.astype(np.uint8).tobytes() + y.astype(np.uint8).tobytes()
    assert hashlib.sha256(stored).hexdigest() == (
        "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    )


def test_each_call_gives_its_own_digits():
    digits().X[:] = 0
    assert digits().X.max() == 1


def test_digits_are_attributed_where_they_are_stored():
    folder = Path(nnlib.data.__file__).parent / "_data"
    text = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "10.24432/C50P49" in text and "CC BY 4.0" in text
    assert (folder / "digits.npz").stat().st_size < 100_000


# ---------------------------------------------------------------------------- one_hot


def test_one_hot():
    rows = one_hot([2, 0, 2], 4)
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    "labels, message",
    [
        ([0, 3], "labels must lie in 0 ... 2, got 3"),
        ([0, -1], "labels must lie in 0 ... 2, got -1"),
        ([0.0, 1.0], "labels must be integers"),
        ([[0], [1]], "labels must be integers of shape"),
    ],
)
def test_one_hot_refuses(labels, message):
    with pytest.raises(ValueError, match=message):
        one_hot(labels, 3)


# ---------------------------------------------------------------------------- split


def test_split_keeps_every_sample_with_its_label_exactly_once(rng):
    X = np.arange(20).reshape(10, 2)
    y = X[:, 0] * 100
    parts = split(X, y, fractions=(0.5, 0.3, 0.2), rng=rng)
    assert [len(X_part) for X_part, _ in parts] == [5, 3, 2]
    for X_part, y_part in parts:
        assert (X_part[:, 0] * 100 == y_part).all()
    together = np.concatenate([y_part for _, y_part in parts])
    assert sorted(together) == sorted(y)
    assert together.tolist() != y.tolist()  # shuffled


def test_split_copies_and_keeps_dtypes(rng):
    X, y = np.zeros((4, 1), np.float32), np.zeros(4, np.int64)
    for X_part, y_part in split(X, y, fractions=(0.5, 0.5), rng=rng):
        assert X_part.dtype == np.float32 and y_part.dtype == np.int64
        X_part += 1
    assert (X == 0).all()


def test_split_is_reproducible(rng):
    X, y = np.arange(30.0)[:, None], np.arange(30)
    first = split(X, y, fractions=(0.9, 0.1), rng=np.random.default_rng(1))
    again = split(X, y, fractions=(0.9, 0.1), rng=np.random.default_rng(1))
    other = split(X, y, fractions=(0.9, 0.1), rng=np.random.default_rng(2))
    assert (first[0][1] == again[0][1]).all()
    assert (first[0][1] != other[0][1]).any()


def test_three_tenths_do_not_lose_a_sample_to_rounding(rng):
    # 0.1 + 0.2 + 0.7 is 0.9999999999999999 in floating point
    parts = split(np.zeros((1000, 1)), np.zeros(1000), fractions=(0.1, 0.2, 0.7), rng=rng)
    assert [len(y) for _, y in parts] == [100, 200, 700]


@pytest.mark.parametrize("fractions", [(0.8, 0.3), (0.8,), (1.2, -0.2), (0.5, 0.5, 0), 1.5, ()])
def test_split_refuses_fractions(fractions, rng):
    with pytest.raises(ValueError, match="fractions must be positive and sum to 1"):
        split(np.zeros((10, 1)), np.zeros(10), fractions=fractions, rng=rng)


def test_split_refuses_unequal_lengths_and_empty_parts(rng):
    with pytest.raises(ValueError, match="same number of rows, got 3 and 4"):
        split(np.zeros((3, 1)), np.zeros(4), fractions=(0.5, 0.5), rng=rng)
    with pytest.raises(ValueError, match="a part of 3 rows empty"):
        split(np.zeros((3, 1)), np.zeros(3), fractions=(0.9, 0.1), rng=rng)


# ---------------------------------------------------------------------------- toy sets


@pytest.mark.parametrize("toy", CLASSIFICATION)
def test_toy_sets(toy, rng):
    X, y = toy(101, 0.1, rng)
    assert X.shape == (101, 2) and X.dtype == np.float32
    assert y.shape == (101,) and y.dtype == np.int64
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1 and counts.sum() == 101
    assert X.std(axis=0).min() > 0.2  # points differ


def test_defaults():
    def same(a, b):
        return (a[0] == b[0]).all() and (a[1] == b[1]).all()

    def rng():
        return np.random.default_rng(5)

    assert same(circles(20, 0.1, rng()), circles(20, 0.1, rng(), inner=0.5))
    assert same(blobs(20, 0.1, rng()), blobs(20, 0.1, rng(), classes=3))
    assert same(spirals(20, 0.1, rng()), spirals(20, 0.1, rng(), classes=2, turns=1.0))


@pytest.mark.parametrize("toy", [*CLASSIFICATION, noisy_sine])
def test_the_same_seed_gives_the_same_points(toy):
    X, y = toy(50, 0.3, np.random.default_rng(7))
    X_again, y_again = toy(50, 0.3, np.random.default_rng(7))
    X_other, _ = toy(50, 0.3, np.random.default_rng(8))
    assert (X == X_again).all() and (y == y_again).all()
    assert (X != X_other).any()


@pytest.mark.parametrize("toy", CLASSIFICATION)
def test_noise_is_the_standard_deviation(toy):
    clean, _ = toy(20_000, 0.0, np.random.default_rng(3))
    noisy, _ = toy(20_000, 0.25, np.random.default_rng(3))
    assert (noisy - clean).std(axis=0) == pytest.approx([0.25, 0.25], rel=0.03)
    assert (noisy - clean).mean(axis=0) == pytest.approx([0, 0], abs=0.01)


def test_moons_lie_on_their_arcs(rng):
    X, y = moons(200, 0.0, rng)
    upper, lower = X[y == 0], X[y == 1]
    assert np.linalg.norm(upper, axis=1) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(lower - [1, 0.5], axis=1) == pytest.approx(1, abs=1e-6)
    assert (upper[:, 1] >= 0).all() and (lower[:, 1] <= 0.5).all()
    assert upper[:, 0].min() < -0.9 and upper[:, 0].max() > 0.9  # whole half circles
    assert lower[:, 0].min() < 0.1 and lower[:, 0].max() > 1.9
    assert set(y) == {0, 1}


def test_circles_lie_on_their_rings(rng):
    X, y = circles(200, 0.0, rng, inner=0.3)
    assert np.linalg.norm(X[y == 0], axis=1) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(X[y == 1], axis=1) == pytest.approx(0.3, abs=1e-6)
    angle = np.sort(np.arctan2(X[:, 1], X[:, 0]))
    assert np.diff(angle, append=angle[0] + 2 * np.pi).max() < 0.5  # all the way round
    assert set(y) == {0, 1}


def test_blobs_stand_on_the_unit_circle(rng):
    X, y = blobs(8, 0.0, rng, classes=4)
    assert X[:4] == pytest.approx(np.array([[1, 0], [0, 1], [-1, 0], [0, -1]]), abs=1e-6)
    assert y.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_spirals_wind_as_often_as_asked(rng):
    X, y = spirals(300, 0.0, rng, classes=3, turns=1.5)
    radius = np.linalg.norm(X.astype(float), axis=1)
    angle = 2 * np.pi * (1.5 * radius + y / 3)
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    assert X == pytest.approx(expected, abs=1e-5)
    assert radius.min() < 0.05 and 0.95 < radius.max() <= 1


def test_noisy_sine(rng):
    x, y = noisy_sine(5000, 0.2, rng)
    assert x.shape == y.shape == (5000, 1) and x.dtype == y.dtype == np.float32
    assert 0 <= x.min() < 0.01 and 0.99 < x.max() <= 1
    residual = y - np.sin(2 * np.pi * x)
    assert residual.std() == pytest.approx(0.2, rel=0.05)
    assert residual.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("toy", [*CLASSIFICATION, noisy_sine])
@pytest.mark.parametrize("noise", [-0.1, np.inf, np.nan])
def test_toy_sets_refuse_noise(toy, noise, rng):
    with pytest.raises(ValueError, match=f"noise must be a number >= 0, got {noise}"):
        toy(10, noise, rng)


@pytest.mark.parametrize("toy", [*CLASSIFICATION, noisy_sine])
@pytest.mark.parametrize("n", [0, -3, 2.5])
def test_toy_sets_refuse_n(toy, n, rng):
    with pytest.raises(ValueError, match=f"n must be a whole number >= 1, got {n}"):
        toy(n, 0.1, rng)


def test_toy_sets_refuse_their_own_arguments(rng):
    with pytest.raises(ValueError, match="inner must lie between 0 and 1, got 1.5"):
        circles(10, 0.1, rng, inner=1.5)
    with pytest.raises(ValueError, match="inner must be a finite number, got 'a'"):
        circles(10, 0.1, rng, inner="a")
    with pytest.raises(ValueError, match="turns must be a finite number, got nan"):
        spirals(10, 0.1, rng, turns=np.nan)
    for n_classes in (-1, 2.5):
        with pytest.raises(ValueError, match="n_classes must be a whole number >= 1, got"):
            one_hot([], n_classes)
    with pytest.raises(ValueError, match="classes must be a whole number >= 1, got 0"):
        blobs(10, 0.1, rng, classes=0)
    with pytest.raises(ValueError, match="classes must be a whole number >= 1, got 0"):
        spirals(10, 0.1, rng, classes=0)


@pytest.mark.parametrize("toy", [*CLASSIFICATION, noisy_sine])
def test_a_seed_is_not_a_generator(toy):
    with pytest.raises(TypeError, match="rng must be a Generator"):
        toy(10, 0.1, 0)


def test_split_wants_a_generator():
    with pytest.raises(TypeError, match="rng must be a Generator"):
        split(np.zeros((3, 1)), np.zeros(3), fractions=(0.5, 0.5), rng=None)


def test_split_takes_rows(rng):
    for X, y, message in [
        (3, 4, r"^X must hold at least one sample, got array\(3\)"),
        (np.ones((3, 2)), 4, r"^y must hold at least one sample, got array\(4\)"),
        (np.ones((3, 2)), np.ones(2), "^X and y must have the same number of rows, got 3 and 2"),
        (np.ones((0, 2)), np.ones(0), r"^X must hold at least one sample, got shape \(0, 2\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            split(X, y, fractions=(0.5, 0.5), rng=rng)
