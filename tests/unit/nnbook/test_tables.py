import math

import pytest
from bs4 import BeautifulSoup

from nnbook.live.display import bundle
from nnbook.tables import table

HEADERS = ["optimizer", "rate", "steps"]
ROWS = [["Adam", 0.001, 12_345], ["SGD", -0.25, "diverged"], ["RMSprop", 1.5e-7, None]]


def html(*what, **options):
    return BeautifulSoup(table(*what, **options)._repr_html_(), "html.parser")


def words(element, kind):
    return [cell.get_text().strip() for cell in element.select(kind)]


def test_a_terminal_gets_aligned_text():
    assert [line.rstrip() for line in repr(table(ROWS, HEADERS)).splitlines()] == [
        "optimizer          rate  steps",
        "-----------  ----------  --------",
        "Adam              0.001  12,345",
        "SGD               −0.25  diverged",
        "RMSprop      1.5\u00a0×\u00a010⁻⁷",
    ]


def test_a_page_gets_the_same_cells():
    shown = html(ROWS, HEADERS)
    assert words(shown, "th") == HEADERS
    rows = [words(row, "td") for row in shown.select("tbody tr")]
    assert rows == [
        ["Adam", "0.001", "12,345"],
        ["SGD", "−0.25", "diverged"],
        ["RMSprop", "1.5\u00a0×\u00a010⁻⁷", ""],
    ]


@pytest.mark.parametrize(
    ("column", "right"),
    [
        ([1, 2.5, -3], True),
        (["98 %", "−2.0%", "+7"], True),
        (["0.5", "diverged"], True),
        ([">50", "<0.1"], True),
        (["0.5", "diverged", "stood still"], False),
        (["75", "4 × 9", "relu"], False),
        (["1.2 to 3.4", "± 2"], False),
        ([math.inf, math.nan, 1], False),
        ([True, False], False),
    ],
)
def test_numbers_are_set_to_the_right(column, right):
    head, *cells = html([[value] for value in column], ["x"]).select("th, td")
    assert all(("right" in cell.get("style", "")) == right for cell in [head, *cells])


def test_the_caption_stands_above():
    shown = html(ROWS, HEADERS, caption="Rates & steps")
    assert shown.find("figure").find(True, recursive=False).get_text() == "Rates & steps"
    assert repr(table(ROWS, HEADERS, caption="Rates & steps")).startswith("Rates & steps\n\nopt")
    assert html(ROWS, HEADERS).find("figcaption") is None


def test_nothing_in_a_cell_is_markup():
    assert words(html([["<b>x</b>", 1]], ["a < b", "n"]), "th, td")[::2] == ["a < b", "<b>x</b>"]


@pytest.mark.parametrize("row", [["Adam", 1], ["Adam", 1, 2, 3]])
def test_a_row_that_does_not_fit_is_refused(row):
    with pytest.raises(ValueError, match=f"3 headers, but a row of {len(row)} cells"):
        table([ROWS[0], row], HEADERS)


def test_a_table_without_rows_is_refused():
    with pytest.raises(ValueError, match="at least one row"):
        table([], HEADERS)


def test_a_pages_own_python_shows_it_as_a_table():
    made = table(ROWS, HEADERS)
    assert bundle(made) == {"text/plain": repr(made), "text/html": made._repr_html_()}
