"""Arrays that keep their place: to assign to one is to write into it.

The arrays of all layers are windows onto the vectors of their network. ``layer.W = layer.W - step``
and ``net.params = net.params - step`` would only bind a name to a new array: the windows would go
on showing the old one, and the network would never learn. So the names in ``views`` stay bound.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ._check import numbers


class Views:
    """An object some of whose attributes are arrays that others look at, too."""

    views: Mapping[str, np.ndarray] = MappingProxyType({})

    def bind(self, views: dict[str, np.ndarray]) -> None:
        """Adopt these arrays, as attributes of these names."""
        self.__dict__.update(views, views=views)

    def __setattr__(self, name: str, value: Any) -> None:
        view = self.views.get(name)
        if view is None:
            object.__setattr__(self, name, value)
        elif value is not view:
            if np.ndim(value) and np.shape(value) != view.shape:  # a row would fill all rows
                raise ValueError(
                    f"{name} must be a number or an array of shape {view.shape}, "
                    f"got shape {np.shape(value)}"
                )
            view[...] = numbers(name, value)
