"""Pictures of the chapter on convolution: windows, receptive fields, maps, and who reads what."""

import numpy as np
from matplotlib.patches import Rectangle

from nnlib.activations import softmax
from nnlib.convolution import windows

from ..plots import BLACK, BLUE, COLOURS, GREEN, ORANGE, draw_digits, halo, label
from .sheets import MARGIN, moved

INK, GREY = "#222222", "#777777"
EDGES = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]) / 3
KERNELS = {
    "vertical edges": EDGES,
    "horizontal edges": EDGES.T,
    "diagonal line": (3 * np.eye(3) - 1) / 6,
    "outline": np.where(np.eye(9)[4] == 1, 8, -1).reshape(3, 3) / 8,
    "blur": np.full((3, 3), 1 / 9),
    "one to the left": np.eye(9)[5].reshape(3, 3),
}


def correlate(image, kernel, stride=1, padding=0, dilation=1):
    """The map of one image (H, W) by one kernel (k, k)."""
    cut = windows(np.pad(image, padding)[None, None], len(kernel), stride, dilation)[0, 0]
    return np.tensordot(kernel, cut, axes=2)


def kernel_on_image(ax, image, kernel):
    """An image, the kernel that slides over it, and the map that comes of it, side by side.

    Orange are the window with the largest answer, and the place of this answer in the map.

    Returns
    -------
    array
        The map, as large as the image: there is a frame of zeros around it.
    """
    out, side, k = correlate(image, kernel, padding=len(kernel) // 2), len(image), len(kernel)
    starts = 0, side + 2, side + 2 * k + 4  # a weight is drawn twice as wide as a pixel
    largest = np.abs(out).max()
    pale = 2 * np.abs(kernel).max()  # so that the weights can be read
    for picture, title, left, width, scale in (
        (image, "image", starts[0], side, None),
        (kernel, "kernel", starts[1], 2 * k, pale),
        (out, "map", starts[2], side, largest),
    ):
        low, colours = (0, "Greys") if scale is None else (-scale, "RdBu_r")
        top = (side - width) / 2
        extent = (left, left + width, top + width, top)
        ax.imshow(picture, cmap=colours, vmin=low, vmax=scale or 1, extent=extent)
        _box(ax, (left, top), width, width, INK, lw=1)
        ax.text(left + width / 2, -0.4, title, ha="center", va="bottom", fontsize=12)
    for (u, v), weight in np.ndenumerate(kernel):
        place = starts[1] + 2 * v + 1, (side - 2 * k) / 2 + 2 * u + 1
        text = f"{weight:.2f}".replace("-", "−").replace("0.", ".") if weight else "0"
        halo(ax.text(*place, text, ha="center", va="center", fontsize=9))
    row, column = np.unravel_index(np.abs(out).argmax(), out.shape)
    _box(ax, (column - k // 2, row - k // 2), k, k, ORANGE, lw=2.5)
    _box(ax, (starts[2] + column, row), 1, 1, ORANGE, lw=2.5)
    ax.set(xlim=(-1.2, starts[2] + side + 0.2), ylim=(side + 1.2, -1.6), aspect="equal")
    ax.set_axis_off()
    return out


def draw_windows(axes, image, kernel, stride=1, padding=0, dilation=1):
    """What a convolution sees, and what it makes of it.

    Left the image with its frame of zeros, a dot where each window has its centre, and in orange
    the pixels that one window multiplies. Right the output, with that window's number marked.

    Returns
    -------
    array (H', W')
        The output.
    """
    out, rows = correlate(image, kernel, stride, padding, dilation), len(image)
    reach = dilation * (len(kernel) - 1) + 1
    seen = np.array(out.shape) // 2  # (row, column) of the marked output
    top, left = seen * stride - padding

    ax = axes[0]
    low, high = -padding - 0.5, rows + padding - 0.5
    ax.imshow(np.pad(image, padding), cmap="Greys", vmin=0, vmax=1, extent=(low, high, high, low))
    _box(ax, (-0.5, -0.5), rows, rows, GREY, ls="--", lw=1)
    _box(ax, (low, low), high - low, high - low, INK, lw=1)
    centres = np.arange(len(out)) * stride - padding + (reach - 1) / 2
    ax.plot(*np.meshgrid(centres, centres), ".", ms=4, color=GREEN)
    for u, v in np.ndindex(kernel.shape):
        place = (left + dilation * v - 0.5, top + dilation * u - 0.5)
        _box(ax, place, 1, 1, ORANGE, lw=2)

    ax = axes[1]
    scale = max(np.abs(out).max(), 1e-9)
    ax.imshow(out, cmap="RdBu_r", vmin=-scale, vmax=scale)
    _box(ax, (-0.5, -0.5), *out.shape[::-1], INK, lw=1)
    _box(ax, seen[::-1] - 0.5, 1, 1, ORANGE, lw=2.5)
    for ax, middle in ((axes[0], (rows - 1) / 2), (axes[1], (len(out) - 1) / 2)):
        ax.set(xlim=(middle - 6.6, middle + 6.6), ylim=(middle + 6.6, middle - 6.6))
        ax.set_aspect("equal")
        ax.set_axis_off()
    return out


def _box(ax, corner, width, height, colour, **style):
    ax.add_patch(Rectangle(corner, width, height, fill=False, ec=colour, **style))


def field(size, strides, dilations):
    """What one output sees through several convolutions of a row.

    Parameters
    ----------
    size : int
        Of all kernels.
    strides, dilations : sequences of int
        One for each layer, the first layer first.

    Returns
    -------
    list of dict
        For the output's layer, those below it, and the pixels: {place: number of ways from the
        output to this place}. Places count pixels from the output's middle, by one kernel.
    """
    steps = np.cumprod([1, *strides])  # pixels from one number of a layer to the next
    ways = [{0: 1}]
    for step, dilation in zip(steps[-2::-1], reversed(dilations), strict=True):
        below = {}
        for place, count in ways[-1].items():
            for u in range(size):
                at = place + (u - (size - 1) / 2) * dilation * step
                below[at] = below.get(at, 0) + count
        ways.append(below)
    return ways


def field_axes(ax):
    """Three layers above a row of pixels."""
    ax.set(xlim=(-22, 22), ylim=(-0.6, 3.5), xlabel="pixels from the output's middle")
    ax.set(yticks=range(4), yticklabels=["pixels", "layer 1", "layer 2", "layer 3"])
    ax.plot(range(-22, 23), np.zeros(45), "s", ms=5, mfc="none", mec=GREY, mew=0.6)


def draw_field(ax, strides, dilations, size=3):
    """From one output back to the pixels; the more ways lead to a pixel, the darker it is.

    Returns
    -------
    (int, int)
        The width of the receptive field, and how many of its pixels are seen.
    """
    ways, steps = field(size, strides, dilations), np.cumprod([1, *strides])
    for depth, (upper, lower) in enumerate(zip(ways, ways[1:], strict=False)):
        layer = len(strides) - depth
        reach = (size - 1) / 2 * dilations[layer - 1] * steps[layer - 1]
        for place in upper:
            for at in lower:
                if abs(at - place) <= reach and _seen(at - place, reach, size):
                    ax.plot([place, at], [layer, layer - 1], color=BLUE, lw=0.5, alpha=0.5)
        ax.plot(list(upper), [layer] * len(upper), "o", ms=6, color=ORANGE if depth == 0 else BLUE)
    most = max(ways[-1].values())
    for at, count in ways[-1].items():
        ax.plot(at, 0, "s", ms=6, color=BLUE, alpha=0.25 + 0.75 * count / most)
    return int(max(ways[-1]) - min(ways[-1])) + 1, len(ways[-1])


def _seen(distance, reach, size):
    """Whether a kernel that reaches so far has a weight at this distance from its middle."""
    place = (distance + reach) * (size - 1) / (2 * reach)
    return abs(place - round(place)) < 1e-9


def maps(net, sheet):
    """{name: what leaves this layer (channels, rows, columns)} for one sheet (1, 12, 12).

    Layers whose output has no rows and columns are left out.
    """
    y, found = sheet[None], {"image": sheet}
    for number, layer in enumerate(net.layers, 1):
        y = layer.forward(y)
        if y.ndim == 4:
            found[f"{number}. {getattr(layer, 'name', type(layer).__name__)}"] = y[0]
    return found


def draw_maps(ax, channels):
    """The maps of one layer side by side, on one scale; returns the largest absolute value."""
    ink = len(channels) == 1
    scale = draw_digits(ax, channels, signed=not ink, columns=8)
    side, columns = channels.shape[-1], min(8, len(channels))
    for k in range(len(channels)):
        corner = k % columns * (side + 1) - 0.5, k // columns * (side + 1) + 0.5
        _box(ax, corner, side, side, GREY, lw=0.6)
    return scale


def draw_answers(axes, nets, sheet, down, right):
    """A sheet with its digit moved, and the probabilities that some networks give the ten digits.

    Returns
    -------
    dict
        {name of the network: (its answer, its probability)}
    """
    sheet = moved(sheet[None], down, right)
    draw_digits(axes[0], sheet[0], gap=0)
    side = sheet.shape[-1]
    _box(axes[0], (-0.5, -0.5), side, side, INK, lw=1)
    _box(axes[0], (MARGIN - 0.5, MARGIN - 0.5), 8, 8, GREY, ls="--", lw=1)
    axes[0].set(xlim=(-1, side), ylim=(side, -1))
    answers = {}
    for k, (name, net) in enumerate(nets.items()):
        p = softmax(net(sheet))[0]
        places = np.arange(10) + 0.26 * (k - (len(nets) - 1) / 2)
        axes[1].bar(places, p, width=0.24, color=COLOURS[k])
        answers[name] = int(p.argmax()), float(p.max())
    return answers


def answers_axes(axes, names):
    """Room for ten bars of each network, and their names."""
    axes[1].set(xlim=(-0.6, 9.6), ylim=(0, 1.22), xticks=range(10))
    axes[1].set(xlabel="digit", ylabel="probability")
    for k, name in enumerate(names):
        axes[1].text(0.3 + 3.2 * k, 1.12, name, color=COLOURS[k], fontsize=11)


def draw_price(ax, networks, kinds, count, heights):
    """Networks of several kinds and widths: a count of each against its accuracy.

    Parameters
    ----------
    ax : matplotlib Axes
    networks : {(kind, width): Found}
    kinds : sequence of str
    count : "parameters" or "products"
    heights : {(kind, width): accuracy}
    """
    for k, kind in enumerate(kinds):
        mine = [key for key in networks if key[0] == kind]
        x = [getattr(networks[key], count) for key in mine]
        y = [heights[key] for key in mine]
        ax.plot(x, y, "o-", color=COLOURS[k], ms=6)
        label(ax, kind, (x[-1], y[-1]), (8, 8 * (k - 1)), fontsize=11, color=COLOURS[k])


def price_axes(ax):
    """Accuracy above a count on a logarithmic scale."""
    ax.set(xscale="log", xlim=(500, 2e6), xlabel="how many, on a logarithmic scale")
    ax.set(ylim=(0, 1.02), ylabel="accuracy, digits anywhere")
    ax.axhline(0.1, color=BLACK, lw=0.6)
    label(ax, "guessing", (600, 0.1), (0, 4), fontsize=10)
