"""Explorers in a page whose Python runs: any frame is drawn when it is asked for.

The built page holds the frames of the values that a control offers. Here a slider also stands
between two of them: at ``2.5`` it is half-way from the third value to the fourth.
"""

import math

from ..card import card
from ..explore import MIME, Shown

explorers = {}  # by name: those that this Python has made


class LiveExplorer(Shown):
    """An explorer that draws what the page asks for."""

    def __init__(self, *what):
        self._keep(*what)
        self.frame(**self.start)
        explorers[self.frames.name] = self

    def _repr_mimebundle_(self, **kwargs):
        first = self.frame(**self.start)
        html = card(
            self.frames.name,
            self.frames,
            self.options,
            question=self.question,
            caption=self.caption,
            tries=self.tries,
            start=self.start,
            draw=self.frames.draw.__name__,
            frame=first,
            longest=first[1],
        )
        return {"text/plain": repr(self), MIME: {"name": self.frames.name, "card": html}}


def frame(name, setting):
    """What an explorer shows at a setting.

    Parameters
    ----------
    name : str
    setting : list of float
        For each control how far along its values it is: 2 is the third, 2.5 half-way to the next.

    Returns
    -------
    dict
        ``pictures`` (a fragment of SVG for each panel), ``sentence``, ``colours`` (variable to its
        value) and ``values`` (what each control stands at, as it is written).
    """
    if name not in explorers:
        raise LookupError("Run this explorer's cell again: the Python that drew it has ended.")
    explorer = explorers[name]
    pairs = zip(explorer.options.items(), setting, strict=True)
    values = {key: between(control.values, place) for (key, control), place in pairs}
    pictures, sentence = explorer.frames.frame(**values)
    return {
        "pictures": pictures,
        "sentence": sentence,
        "colours": explorer.frames.colours.pairs(),
        "values": [written(value) for value in values.values()],
    }


def between(values, place):
    """The value at a place among others: 2 is the third of them, 2.5 lies half-way to the fourth.

    Where the values grow by a factor rather than by a step, half-way is the geometric mean. Whole
    numbers stay whole.
    """
    low = math.floor(place)
    share = place - low
    if not share:
        return values[low]
    a, b = values[low], values[low + 1]
    if by_factors(values):
        value = a * (b / a) ** share
    else:
        value = a + (b - a) * share
    return round(value) if all(isinstance(v, int) for v in values) else float(f"{value:.3g}")


def by_factors(values):
    """Whether values are spaced more evenly on a logarithmic scale than on a plain one."""
    if min(values) <= 0 or len(values) < 3:
        return False
    steps = [b - a for a, b in zip(values, values[1:], strict=False)]
    factors = [math.log(b / a) for a, b in zip(values, values[1:], strict=False)]
    return spread(factors) < spread(steps)


def spread(steps):
    """How unequal some steps are: from the smallest to the largest, against the longest."""
    return (max(steps) - min(steps)) / max(map(abs, steps))


def written(value):
    return f"{value:g}" if isinstance(value, float) else str(value)
