"""What networks read right, image by image, from the lists of a record."""

import numpy as np

from nnbook.mnist.readings import points, right


def test_right_is_0_where_a_seed_reads_wrong():
    found = right([[0, 3], [], [3]], 5)
    np.testing.assert_array_equal(found, [[0, 1, 1, 0, 1], [1, 1, 1, 1, 1], [1, 1, 1, 0, 1]])


def test_right_has_a_number_for_each_image_of_mnist():
    found = right([[17]])
    assert found.shape == (1, 10_000) and found.sum() == 9_999


def test_points_are_positive_where_the_first_is_right_and_the_second_is_not():
    found = points({"wrong": [[0], [1]]}, {"wrong": [[1], [1, 2]]})
    assert found[:, :4].tolist() == [[-100, 100, 0, 0], [0, 0, 100, 0]]
