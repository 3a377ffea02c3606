import copy
import pickle

import numpy as np
import pytest

from nnlib.views import Views


@pytest.fixture
def vector():
    return np.arange(6.0)


@pytest.fixture
def owner(vector):
    owner = Views()
    owner.bind({"a": vector[:4].reshape(2, 2), "b": vector[4:]})
    return owner


def test_a_view_is_written_into(owner, vector):
    a = owner.a
    owner.a = owner.a + 10
    assert owner.a is a and vector.tolist() == [10, 11, 12, 13, 4, 5]
    owner.b -= 1
    assert vector.tolist() == [10, 11, 12, 13, 3, 4]
    owner.b = [7, 8]
    assert vector.tolist() == [10, 11, 12, 13, 7, 8]


def test_a_number_fills_and_nothing_else_does(owner, vector):
    owner.a = 3
    assert vector.tolist() == [3, 3, 3, 3, 4, 5]
    for wrong in [[1, 2], [[1, 2]], [[1], [2]], [1], np.ones((2, 2, 1)), np.ones(4)]:
        with pytest.raises(
            ValueError, match=r"^a must be a number or an array of shape \(2, 2\), g"
        ):
            owner.a = wrong
    assert vector.tolist() == [3, 3, 3, 3, 4, 5]


def test_a_view_may_be_assigned_to_itself(owner, vector):
    vector.setflags(write=False)  # then nothing may be written
    owner.views["a"].setflags(write=False)
    owner.a = owner.a
    with pytest.raises(ValueError, match="read-only"):
        owner.a = owner.a + 0


def test_other_attributes_are_ordinary(owner):
    owner.c = [1, 2]
    owner.c = "three"
    assert owner.c == "three" and set(owner.views) == {"a", "b"} and Views().views == {}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_has_views_of_its_own(owner, duplicate):
    other = duplicate(owner)
    other.a = 0
    assert other.views["a"] is other.a and np.all(other.a == 0) and owner.a[1, 1] == 3
