"""Of IPython, what the book's modules ask for, in a page: `nnbook.live` does the showing."""

from .display import display

version_info = 9, 0  # since 8.24 Matplotlib leaves the choice of a backend to IPython


def get_ipython():
    """None, as in any Python that IPython has not started."""


__all__ = ["display", "get_ipython", "version_info"]
