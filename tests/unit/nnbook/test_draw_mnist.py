import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nnbook.mnist.figures import draw_reading
from nnbook.plots import BLUE, GREEN, ORANGE


def test_a_reading_shows_truth_and_guess():
    axes = [Figure().add_subplot() for _ in range(2)]
    image, p = np.full((8, 8), 1.5), np.array([0.1, 0.2, 0.7])
    assert draw_reading(axes, image, p, truth=1) == 2
    assert axes[0].images[0].get_array().max() <= 1, "beyond ink there is nothing"
    bars = axes[1].patches
    assert [bar.get_height() for bar in bars] == p.tolist()
    assert [to_hex(bar.get_facecolor()).lower() for bar in bars] == [
        to_hex(colour).lower() for colour in (BLUE, GREEN, ORANGE)
    ]
