"""How long the built chapters are to scroll, and how soon something moves."""

import math

import pytest
from bookbuild.mistakes import chapters
from driver.layout import layout

SCREENS, EXPLORER = 35, 1500  # of 1,000 px; px from the page's top
# Chapters that are not there yet, with what they have: screens, and hundreds of px. None may grow;
# one that gets shorter lowers its numbers, with ROOM for lines that break elsewhere on machines.
NOT_YET: dict[str, tuple[int, int]] = {}
ROOM = (2, 3)


@pytest.mark.parametrize("chapter", chapters())
def test_the_main_path_is_short_and_begins_with_an_explorer(chapter, site, new_page):
    with new_page(height=1000) as page:
        found = layout(page, f"{site}/{chapter}.html")
    limits = SCREENS, EXPLORER // 100
    measured = math.ceil(found["screens"]), math.ceil(found["explorer"] / 100)
    allowed = NOT_YET.get(chapter, limits)
    for number, most, limit, room in zip(measured, allowed, limits, ROOM, strict=True):
        assert number <= most, f"{measured}: fold some, or move the first explorer up"
        assert most <= max(limit, number + room), f"{measured} is better than NOT_YET says"
