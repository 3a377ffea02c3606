"""Tables: real ones on a page and in a notebook, aligned text in a terminal and for nbval."""

import re
from html import escape
from numbers import Integral, Real

import tabulate

from .frames import readable

tabulate.WIDE_CHARS_MODE = False  # letters are counted, with and without the package wcwidth
NUMBER = re.compile(r"[<>]?[+−]?[\d,]*\.?\d+(\s×\s10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?(\s?%)?")


def table(rows, headers, *, caption=""):
    """Show rows of numbers and words as a table.

    Parameters
    ----------
    rows : iterable of sequences
        Cells: text as it is, whole numbers with a comma at the thousands, other numbers with four
        significant digits, None as nothing. Who wants other digits gives text: ``f"{loss:.3f}"``.
    headers : sequence of str
        What each column holds, with its unit.
    caption : str
        What the table shows, above it.

    Returns
    -------
    Table
        As the last expression of a cell, or by ``display``, it is shown. Columns of numbers are
        set to the right.

    Raises
    ------
    ValueError
        If there are no rows, or one has more or fewer cells than there are headers.

    Examples
    --------
    >>> table([["Adam", 0.001], ["SGD", 0.1]], ["optimizer", "rate"])
    optimizer      rate
    -----------  ------
    Adam          0.001
    SGD             0.1
    """
    rows = [[_text(cell) for cell in row] for row in rows]
    if not rows:
        raise ValueError("a table needs at least one row")
    for row in rows:
        if len(row) != len(headers):
            raise ValueError(f"{len(headers)} headers, but a row of {len(row)} cells: {row}")
    return Table(rows, list(headers), caption)


class Table:
    """What `table` returns: the same cells as HTML and as text."""

    def __init__(self, rows, headers, caption):
        self.rows, self.headers, self.caption = rows, headers, caption

    def __repr__(self):
        caption = f"{self.caption}\n\n" if self.caption else ""
        return caption + self._set("simple")

    def _repr_html_(self):
        caption = f"<figcaption>{escape(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure class="nn-table">{caption}<div>{self._set("html")}</div></figure>'

    def _set(self, form):
        columns = zip(*self.rows, strict=True)
        sides = ["right" if _holds_numbers(column) else "left" for column in columns]
        return tabulate.tabulate(
            self.rows, self.headers, form, colalign=sides, disable_numparse=True
        )


def _text(cell):
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, Real):
        return readable(str(cell))
    return readable(f"{cell:,}" if isinstance(cell, Integral) else f"{cell:.4g}")


def _holds_numbers(column):
    """Whether numbers are at least half of it: there may be words, such as "diverged"."""
    numbers = [bool(NUMBER.fullmatch(text)) for text in column]
    return 2 * sum(numbers) >= len(numbers)
