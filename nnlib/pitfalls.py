"""Pitfalls: mistakes with a run that can be seen before its first step, and cost next to nothing.

A network learns from almost anything, only worse, so these mistakes stay hidden for long. Each
function here looks for one of them and returns a sentence, or "" where there is nothing to say. It
speaks only where it is certain: where a sentence might be a false alarm, there is none.
"""

from collections.abc import Iterator

import numpy as np

from .layers import Softmax, unfold
from .losses import Loss, binary_cross_entropy, kl_divergence, softmax_cross_entropy
from .network import Network
from .norms import BatchNorm
from .transformer import Embedding

ROWS = 100  # the first ones tell how the pixels are scaled
BY_CHANCE = 1e-6


def raw_pixels(X: np.ndarray) -> str:
    """Bytes that nobody has divided: whole numbers from 0 to 255 in inputs of many columns."""
    some = X[:ROWS]
    if X[0].size < 16 or not 128 <= some.max() <= 255 or some.min() != 0:
        return ""
    if (some != np.rint(some)).any():
        return ""
    return (
        f"X holds whole numbers from 0 to {some.max():g}, as raw pixels do: with inputs this large "
        "the first steps are far too long; divide X by 255"
    )


def output_twice(net: Network, loss: Loss) -> str:
    """A softmax in the network and a second one in the loss (or a sigmoid)."""
    function, last = bare(loss), net.layers[-1]
    if isinstance(last, Softmax) and function in (softmax_cross_entropy, kl_divergence):
        doubled = "softmax"
    elif getattr(last, "name", "") == "sigmoid" and function is binary_cross_entropy:
        doubled = "sigmoid"
    else:
        return ""
    return (
        f"the network ends in a {doubled}, and {function.__name__} applies another: it takes "
        f"logits, so leave the last layer out"
    )


def lonely_sample(net: Network, X: np.ndarray, batch_size: int) -> str:
    """A last batch of one sample, which a batch norm after a dense layer cannot normalize."""
    norms = [layer for layer in unfold(net.layers) if isinstance(layer, BatchNorm)]
    if len(X) % batch_size != 1 % batch_size or not norms:
        return ""
    net.forward(X[:1])
    if all(norm.x_hat.size >= 2 * norm.n for norm in norms):  # an image has many pixels a channel
        return ""
    return (
        f"batch_size = {batch_size} leaves a last batch of one of the {len(X)} samples, and "
        "BatchNorm needs two to normalize: choose another batch_size"
    )


def other_classes(labels: np.ndarray, val_labels: np.ndarray) -> str:
    """Validation data that are no random part: a class on one side only, as a sorted file gives."""
    (classes, counts), val_classes = np.unique(labels, return_counts=True), np.unique(val_labels)
    cure = "shuffle before you split, as nnlib.data.split does"
    new = np.setdiff1d(val_classes, classes)
    if new.size:
        return (
            f"the validation data hold class {new[0]}, which the training data never show: {cure}"
        )
    share = counts / len(labels)
    missing = ~np.isin(classes, val_classes) & ((1 - share) ** len(val_labels) < BY_CHANCE)
    if missing.any():
        k = int(np.argmax(missing))
        return (
            f"the validation data hold no sample of class {classes[k]}, which is {share[k]:.0%} of "
            f"the training data: {cure}"
        )
    return ""


def pitfalls(
    net: Network,
    loss: Loss,
    X: np.ndarray,
    labels: np.ndarray | None = None,
    val_labels: np.ndarray | None = None,
) -> Iterator[str]:
    """All sentences about a run that would go on, and end badly; labels only where y holds some."""
    found = ["" if takes_tokens(net) else raw_pixels(X), output_twice(net, loss)]
    if labels is not None and val_labels is not None:
        found.append(other_classes(labels, val_labels))
    yield from filter(None, found)


def takes_tokens(net: Network) -> bool:
    """Whether inputs are numbers of tokens, whose size and distance mean nothing."""
    return any(isinstance(layer, Embedding) for layer in unfold(net.layers))


def bare(loss: Loss) -> Loss:
    """The function of ``nnlib.losses`` inside of a ``functools.partial`` of it."""
    while hasattr(loss, "func"):
        loss = loss.func
    return loss
