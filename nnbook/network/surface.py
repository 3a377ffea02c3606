"""The loss around a trained network, along random directions in the space of its weights."""

import numpy as np

from nnlib.data import digits
from nnlib.init import he_normal
from nnlib.layers import Linear, ReLU, unfold
from nnlib.losses import softmax_cross_entropy
from nnlib.network import Network
from nnlib.optim import Adam
from nnlib.residual import Residual

LAYERS, WIDTH = 20, 16
LINE = np.linspace(-1, 1, 41)  # how far to go, in lengths of the weights


def trained(skip, lr, seed, steps=400):
    """Twenty layers of 16 ReLUs, plain or residual, after training on the digits."""
    layers = [Linear(64, WIDTH, he_normal), ReLU()]
    for _ in range(LAYERS):
        more = [Linear(WIDTH, WIDTH, he_normal), ReLU()]
        layers += [Residual(more, LAYERS**-0.5)] if skip else more
    rng = np.random.default_rng(seed)
    net = Network([*layers, Linear(WIDTH, 10)], rng=rng, dtype=np.float64)
    images, labels = _centred()
    optimizer = Adam(lr=lr)
    for _ in range(steps):
        rows = rng.integers(len(labels), size=64)
        _, gradient = net.value_and_grad(softmax_cross_entropy, images[rows], labels[rows])
        optimizer.step(net.params, gradient)
    return net


def direction(net, rng):
    """A random change of all weights; that of a unit is as long as the unit's weights are.

    So a step along it means the same for networks whose weights have other sizes. Biases stay.
    """
    start = net.params.copy()
    changes = []
    for layer in _dense(net):
        change = rng.normal(size=layer.W.shape)
        changes.append(change * np.linalg.norm(layer.W, axis=0) / np.linalg.norm(change, axis=0))
    net.params[:] = 0
    for layer, change in zip(_dense(net), changes, strict=True):
        layer.W = change
    move = net.params.copy()
    net.params[:] = start
    return move


def losses_at(net, moves):
    """The loss on 315 digits for each change of the parameters in ``moves`` (n, P)."""
    images, labels = (part[::4] for part in _centred())
    start, losses = net.params.copy(), []
    for move in moves:
        net.params[:] = start + move
        losses.append(softmax_cross_entropy(net(images), labels)[0])
    net.params[:] = start
    return np.array(losses)


def bends_down(net, rng, lines=5):
    """The percentage of points on random lines through the network where the loss bends down."""
    along = (losses_at(net, LINE[:, None] * direction(net, rng)) for _ in range(lines))
    return 100 * np.mean([np.diff(loss, 2) < -1e-9 for loss in along])


def draw_surface(ax, net, rng, n=31):
    """Contours of the loss over the plane of two random directions, each a factor of two."""
    first, second = direction(net, rng), direction(net, rng)
    t = np.linspace(-0.6, 0.6, n)
    losses = losses_at(net, [a * first + b * second for b in t for a in t]).reshape(n, n)
    shown = ax.contourf(
        t, t, np.log2(losses), levels=np.arange(-6, 11), cmap="viridis", extend="both"
    )
    ax.contour(t, t, np.log2(losses), levels=shown.levels, colors="black", linewidths=0.3)
    ax.plot(0, 0, "*", color="white", mec="black", ms=11)
    ax.set(xlabel="first direction", ylabel="second direction", aspect="equal")
    ax.grid(False)
    return shown


def _dense(net):
    return [layer for layer in unfold(net.layers) if isinstance(layer, Linear)]


def _centred():
    """1,257 digits with mean 0 and mean square 1, and their labels."""
    images, labels = (part[:1257] for part in digits())
    images = images - images.mean(axis=0, dtype=float)
    return images / images.std(), labels
