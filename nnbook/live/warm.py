"""Import what nearly every cell needs, and draw a first figure, which finds the fonts.

A page keeps an image of Python's memory after this, for the next visit.
"""

import gc
import io
import sys

import matplotlib.font_manager
import matplotlib.pyplot as plt
import numpy.linalg
import numpy.random
import tqdm

import nnbook.check
import nnbook.explore
import nnbook.live.cell
import nnlib

from ..frames import book_style

__all__ = ["nnbook", "nnlib", "numpy"]

tqdm.tqdm.monitor_interval = 0  # it watches over its bars in a thread, which a page has not
sys.stdout.reconfigure(line_buffering=True)  # a reader sees a line when it is printed
with book_style():
    fig, ax = plt.subplots(layout="constrained")
    ax.set_title("text and $x^2$")
    fig.savefig(io.BytesIO(), format="png", bbox_inches="tight")
plt.close(fig)
del fig, ax
matplotlib.font_manager._get_font.cache_clear()  # open files are not in the memory
gc.collect()
