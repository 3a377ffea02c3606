"""Explorers in a page whose Python runs: any frame is drawn when it is asked for.

The built page holds the frames of the values that a control offers. Here a slider also stands
between two of them (`nnbook.between`), and what can be dragged is where the reader has put it.
"""

from ..between import between, place_of
from ..card import FRAMES, names
from ..drag import axes_box
from ..explore import MIME, Shown

explorers = {}  # by name: those that this Python has made


class LiveExplorer(Shown):
    """An explorer that draws what the page asks for."""

    def __init__(self, *what):
        self._keep(*what)
        self.frame(**self.start)
        explorers[self.frames.name] = self

    def _repr_mimebundle_(self, **kwargs):
        _, sentence = self.frame(**self.start)
        html = self.card(longest=sentence).replace(FRAMES, "")
        live = {"name": self.frames.name, "card": html}
        if self.drag:
            live["drag"] = self.drag.card() | {"axes": axes_box(self.frames.axes[0])}
        return {"text/plain": repr(self), MIME: live}


def frame(name, setting, dragged=None):
    """What an explorer shows at a setting.

    Parameters
    ----------
    name : str
    setting : list of float or str
        For each control how far along its values it is: 2 is the third, 2.5 half-way to the next;
        or, of a slider, the value itself as a text.
    dragged : list, optional
        Where the reader has put what can be dragged.

    Returns
    -------
    dict
        ``pictures`` (a fragment of SVG for each panel), ``sentence``, ``colours`` (variable to its
        value), and for each control its place (``places``), its value as an address has it
        (``values``) and as a reader does (``names``); ``axes``, those of the first panel, if
        something in it can be dragged.
    """
    if name not in explorers:
        raise LookupError("Run this explorer's cell again: the Python that drew it has ended.")
    explorer = explorers[name]
    offered = [control.values for control in explorer.options.values()]
    places = [
        place_of(values, float(at)) if isinstance(at, str) else at
        for values, at in zip(offered, setting, strict=True)
    ]
    values = list(map(between, offered, places))
    moved = {} if dragged is None else {explorer.drag.name: explorer.drag.argument(dragged)}
    arguments = dict(zip(explorer.options, values, strict=True))
    pictures, sentence = explorer.frames.frame(**arguments, **moved)
    return {
        "pictures": pictures,
        "sentence": sentence,
        "colours": explorer.frames.colours.pairs(),
        "places": places,
        "values": [str(value) for value in values],
        "names": [names([value])[0] for value in values],
        "axes": axes_box(explorer.frames.axes[0]) if explorer.drag else None,
    }
