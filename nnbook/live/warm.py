"""Import what nearly every cell needs, so that a page's Python is at rest with it there."""

import matplotlib.pyplot
import numpy.linalg
import numpy.random

import nnbook.check
import nnbook.explore
import nnbook.live.cell
import nnlib

__all__ = ["matplotlib", "nnbook", "nnlib", "numpy"]
