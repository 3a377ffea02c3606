"""The larger figures of the chapter: images beside their labels, and pictures of one's own."""

import numpy as np

from nnlib.losses import softmax_cross_entropy
from nnlib.train import evaluate

from .. import plots

SIDE = 8

OWN = {  # what a picture may go through on its way: {name: function of images (N, 8, 8)}
    "none": lambda images: images,
    "white ink on black": lambda images: 1 - images,
    "bytes, 0 to 255": lambda images: 255 * images,
    "divided by 255 twice": lambda images: images / 255,
    "rows and columns swapped": lambda images: images.swapaxes(1, 2),
    "one pixel to the right": lambda images: np.roll(images, 1, axis=2),
    "grey paper": lambda images: 0.4 + 0.6 * images,
    "paler ink": lambda images: images / 2,
}


def changed(X, change):
    """Digits (N, 64) after one of `OWN`."""
    return OWN[change](X.reshape(-1, SIDE, SIDE)).reshape(X.shape)


def draw_labelled(ax, X, y):
    """Images with the labels that the network is given for them."""
    return plots.draw_digits(ax, X, titles=[str(label) for label in y])


def draw_own(axes, net, X, y, change):
    """Three digits as the network gets them, and how many of all digits it reads right."""
    pictures = changed(X, change)
    plots.draw_digits(axes[0], np.clip(pictures[:3], 0, 1))
    loss, right = evaluate(net, softmax_cross_entropy, pictures, y)
    counts = np.bincount(net.predict(pictures), minlength=10)
    plots.draw_bars(axes[1], counts / len(y), range(SIDE + 2), decimals=9)
    axes[1].set(xlabel="what it answers", ylabel="share", ylim=(0, 1.05))
    return (
        f"Change: {change}. The numbers lie between {pictures.min():.3g} and {pictures.max():.3g}, "
        f"their mean is {pictures.mean():.2g}; {right:.0%} are read right, with a loss of "
        f"{loss:.2f}."
    )
