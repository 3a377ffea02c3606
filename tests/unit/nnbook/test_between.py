"""Values between those that a control offers: there and back, and where there are none."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from nnbook.between import between, place_of, some_between

numbers = st.lists(
    st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), min_size=2, max_size=9, unique=True
).map(sorted)
shares = st.floats(0, 1)


def test_places_between_values():
    assert between([1, 2, 5], 1) == 2
    assert between([0.0, 1.0, 3.0], 1.5) == 2.0
    assert between([0.01, 0.1, 1.0], 0.5) == pytest.approx(0.0316)  # by factors
    assert between([0, 10, 20], 0.26) == 3  # whole numbers stay whole
    assert isinstance(between([1, 10, 100], 1.5), int)


@given(numbers, shares)
def test_a_place_between_two_values_is_between_them(values, share):
    place = share * (len(values) - 1)
    low = values[int(place)]
    high = values[min(int(place) + 1, len(values) - 1)]
    value = between(values, place)
    assert low - 0.006 * abs(low) <= value <= high + 0.006 * abs(high)  # three digits


@given(numbers, shares, st.booleans())
def test_a_value_has_a_place_that_gives_it_back(values, share, falling):
    values = values[::-1] if falling else values
    value = between(values, share * (len(values) - 1))
    again = between(values, place_of(values, value))
    inside = min(max(value, min(values)), max(values))  # rounding may go beyond an end
    assert again == pytest.approx(inside, rel=0.006)


def test_an_offered_value_and_one_beyond_the_ends():
    assert place_of([0.1, 1.0, 10.0], 1.0) == 1
    assert place_of([0.1, 1.0, 10.0], 99) == 2
    assert place_of([0.1, 1.0, 10.0], -5) == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0], 1.5),
        ([1, 2, 4], 3),
        ([1, 2, 3], None),
        ([0.5], None),
        (["a", "b"], None),
        ([False, True], None),
    ],
)
def test_some_controls_have_nothing_between(values, expected):
    assert some_between(values) == expected
