"""Pictures of the chapter on one neuron: its curve, and what a threshold does."""

import numpy as np

from nnlib.activations import sigmoid

from ..plots import BLUE, GREEN, ORANGE
from .threshold import area, precision, rates, roc

GREY = "#777777"
SHARES = {"1 of 2": 0.5, "1 of 10": 0.1, "1 of 100": 0.01}


def curve_axes(ax):
    """Limits and labels for `curve`."""
    ax.set(xlim=(-6, 6), ylim=(-0.05, 1.05), xlabel="input x", ylabel="output ŷ")
    ax.axhline(0.5, color=GREY, lw=1, ls=":")


def curve(ax, w, b):
    """The output of a neuron with one input, and its tangent in the middle; what they say."""
    x = np.linspace(-6, 6, 121)
    ax.plot(x, sigmoid(w * x + b), color=BLUE)
    ax.plot(0, sigmoid(b), "s", color=GREEN, ms=8)
    fixed = f"ŷ = σ({b}) = {sigmoid(b):.3f}"
    if w == 0:
        return f"w = 0: x doesn't count, {fixed} for every x."
    middle, slope = -b / w, w / 4
    ends = np.array([-0.35, 0.35]) / max(abs(slope), 0.35)
    ax.plot(middle + ends, 0.5 + slope * ends, color=ORANGE)
    ax.plot(middle, 0.5, "o", color=ORANGE, ms=8)
    where = "" if abs(middle) <= 6 else ", outside of the picture"
    return (
        f"w = {w}, b = {b}: undecided at x = −b/w = {middle + 0:.2f}{where}; "
        f"the slope there is w/4 = {slope:.3f}; at x = 0, {fixed}."
    )


def rates_axes(axes):
    """Limits and labels for `draw_rates`."""
    limits = {"xlim": (-0.02, 1.02), "ylim": (-0.02, 1.04)}
    axes[0].plot([0, 1], [0, 1], ":", color=GREY)
    axes[0].set(xlabel="false alarms (share of the others)", ylabel="recall", **limits)
    axes[1].set(xlabel="recall", ylabel="precision", **limits)


def draw_rates(axes, scores, truth, threshold, share):
    """The ROC curve, and precision against recall; a dot at the threshold; what it says.

    ``share`` is a key of SHARES: how rare class 1 is where the classifier is used. The rates are
    measured within each class, so they don't depend on it.
    """
    found, false = roc(scores, truth)
    recall, alarms = rates(scores, truth, threshold)
    axes[0].plot(false, found, color=BLUE)
    axes[1].plot(found, precision(found, false, SHARES[share]), color=BLUE)
    right = precision(recall, alarms, SHARES[share])
    for ax, dot in ((axes[0], (alarms, recall)), (axes[1], (recall, right))):
        ax.plot(*dot, "o", color=ORANGE, ms=9)
    return (
        f"Above {threshold}: {recall:.0%} of the eights are found, and {alarms:.1%} of the others "
        f"are called eights. Where {share} is an eight, {right:.0%} of the alarms are right. "
        f"Area under the left curve: {area(scores, truth):.3f}."
    )
