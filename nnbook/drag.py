"""What a reader can drag in a picture: an argument of ``draw`` whose default is seen there.

The frames of a built page are for the default. Where Python runs in the page, the reader moves it
with mouse, finger or keys, and each picture is drawn for where it is.
"""

import inspect

import numpy as np


class Drag:
    """An argument of ``draw`` that can be dragged in its first panel.

    Parameters
    ----------
    draw : callable
    name : str
        The argument. Its default is a point ``(x, y)``, an array (n, 2) of points, or any other
        array (rows, columns) of pixels from 0 to 1, which `imshow` has drawn at its usual place.

    Attributes
    ----------
    kind : str
        "point", "points" or "pixels".
    """

    def __init__(self, draw, name):
        if not isinstance(name, str):
            raise TypeError(f"drag must be the name of an argument of draw, got {name!r}")
        argument = inspect.signature(draw).parameters.get(name)
        if argument is None or argument.default is argument.empty:
            raise ValueError(f"drag names {name!r}, which is no argument of draw with a default")
        self.name, self.default, self.kind = name, argument.default, _kind(argument.default)
        if self.kind is None:
            raise ValueError(
                f"the default of {name}, which is dragged, must be a point (x, y), an array (n, 2) "
                "of points, or another array (rows, columns) of pixels from 0 to 1"
            )

    def argument(self, value):
        """A list from the page as ``draw`` takes it: a tuple, or an array."""
        return tuple(value) if self.kind == "point" else np.array(value, dtype=float)

    def card(self):
        """For the page: name, kind and the value to begin with, as lists."""
        return {"name": self.name, "kind": self.kind, "value": np.array(self.default).tolist()}


def _kind(value):
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    if not array.size or not np.isfinite(array).all():
        return None
    if array.ndim == 2 and array.shape[1] != 2:
        return "pixels" if array.min() >= 0 and array.max() <= 1 else None
    return {(2,): "point"}.get(array.shape, "points" if array.ndim == 2 else None)


def axes_box(ax):
    """Where axes lie in their picture (points from its top left), and their limits.

    Parameters
    ----------
    ax : matplotlib Axes
        Drawn, so that its place is settled.

    Returns
    -------
    dict
        ``box`` (left, top, width, height), ``x`` (at the left, at the right), ``y`` (at the bottom,
        at the top).

    Raises
    ------
    ValueError
        An axis that is not linear.
    """
    if (ax.get_xscale(), ax.get_yscale()) != ("linear", "linear"):
        raise ValueError("what is dragged needs linear axes in the first panel")
    width, height = 72 * ax.figure.get_size_inches()
    place = ax.get_position()
    left, top = place.x0 * width, (1 - place.y1) * height
    return {
        "box": [float(n) for n in (left, top, place.width * width, place.height * height)],
        "x": [float(n) for n in ax.get_xlim()],
        "y": [float(n) for n in ax.get_ylim()],
    }
