"""Import what nearly every cell needs, so that a page's Python is at rest with it there."""

import matplotlib.pyplot
import numpy.linalg
import numpy.random
import tqdm

import nnbook.check
import nnbook.explore
import nnbook.live.cell
import nnlib

tqdm.tqdm.monitor_interval = 0  # it watches over its bars in a thread, which a page has not

__all__ = ["matplotlib", "nnbook", "nnlib", "numpy", "tqdm"]
