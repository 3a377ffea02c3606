"""The digits and networks of the chapter on convolution."""

import numpy as np
import pytest

from nnbook.convolution import sheets as book
from nnbook.convolution.networks import (
    KINDS,
    by_digit,
    held_back,
    learn,
    products,
    read,
)
from nnbook.runs import packed
from nnlib.data import digits
from nnlib.network import Network


def test_a_sheet_has_its_digit_in_the_middle():
    X, y = book.sheets()
    assert X.shape == (1797, 1, 12, 12) and X.dtype == np.float32
    assert np.array_equal(X[:, 0, 2:10, 2:10].reshape(-1, 64), digits().X)
    assert X.sum() == pytest.approx(digits().X.sum()) and np.array_equal(y, digits().y)


def test_each_image_is_moved_by_its_own_way():
    images = np.zeros((2, 1, 5, 5))
    images[:, 0, 2, 2] = 1
    out = book.moved(images, [1, -2], [0, 1])
    assert np.argwhere(out[:, 0]).tolist() == [[0, 3, 2], [1, 0, 3]]
    assert np.argwhere(book.moved(images, 1, 1)[:, 0]).tolist() == [[0, 3, 3], [1, 3, 3]]


def test_no_ink_leaves_the_sheet(rng):
    X = book.sheets()[0][:200]
    out = book.anywhere(X, rng)
    np.testing.assert_allclose(out.sum(axis=(2, 3)), X.sum(axis=(2, 3)), rtol=1e-5)
    rim = out[:, 0, 0].sum() + out[:, 0, -1].sum()
    assert rim > 0 and len({image.tobytes() for image in out}) == 200
    inside = [image[0, 1:, 1:] for image in book.aside(X, 1)]
    assert not any(image[-1].any() for image in inside)  # a pixel of paper is left


def test_the_ways_aside_are_the_four_and_stay_the_same():
    X = np.zeros((100, 1, 12, 12))
    X[:, 0, 6, 6] = 1
    out = book.aside(X, 2)
    places = {tuple(place) for place in np.argwhere(out[:, 0])[:, 1:].tolist()}
    assert places == {(4, 6), (8, 6), (6, 4), (6, 8)}
    assert np.array_equal(out, book.aside(X, 2))


def test_digits_are_dealt_to_three_parts():
    parts = book.deal(3)
    assert [len(part) for part in parts] == [957, 300, 540]
    assert sorted(np.concatenate(parts)) == list(range(1797))
    assert not np.array_equal(parts[0], book.deal(4)[0])


@pytest.mark.parametrize(
    "kind, width, parameters, count",
    [
        ("dense", 17, 145 * 17 + 180, 144 * 17 + 170),
        ("LeNet", 8, 80 + 73 * 16 + 1450, 144 * 9 * 8 + 36 * 72 * 16 + 1440),
        ("residual", 12, 132 + 2 * 1320 + 130, 144 * 108 + 2 * 36 * 1296 + 120),
    ],
)
def test_parameters_and_products(kind, width, parameters, count, rng):
    assert Network(KINDS[kind](width), rng=rng).params.size == parameters
    assert products(KINDS[kind](width)) == count


@pytest.mark.parametrize("kind", KINDS)
def test_learning_is_the_same_each_time(kind):
    first, second = (learn(KINDS[kind](4), 0.01, 2, "anywhere", steps=120) for _ in range(2))
    assert np.array_equal(first.params, second.params)
    start = Network(KINDS[kind](4), rng=np.random.default_rng(2))
    assert not np.array_equal(first.params, start.params)


def test_the_test_digits_are_those_that_were_dealt():
    found = held_back(1)
    rows = book.deal(1)[2]
    X, y = book.sheets()
    assert np.array_equal(found["in the middle"][0], X[rows])
    assert np.array_equal(found["a pixel aside"][0], book.aside(X[rows], 1))
    assert all(np.array_equal(labels, y[rows]) for _, labels in found.values())
    assert len(held_back(1, part=1)["anywhere"][1]) == 300


def test_the_record_is_read():
    right = np.arange(540) % 3 == 0
    row = {"kind": "dense", "width": 8, "lies": "middle", "parameters": 1, "products": 2}
    row |= {"lr": 0.1, "rates": [0.1], "by_rate": {"anywhere": [0.4]}, "validation": [0.5]}
    row |= {"right": {"anywhere": [packed(right)] * 2}}
    found = read({"test_digits": 540, "found": [row]})["dense", 8, "middle"]
    assert np.array_equal(found.right["anywhere"], [right, right])
    assert found.accuracy("anywhere") == pytest.approx(1 / 3)


def test_values_are_placed_at_their_digits():
    placed = by_digit(np.arange(2 * 540.0).reshape(2, 540))
    assert placed.shape == (2, 1797) and np.isfinite(placed).sum() == 1080
    assert placed[1, book.deal(1)[2][7]] == 547
