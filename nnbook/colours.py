"""Colours that follow the page: what is drawn in one colour has a light and a dark one there.

The book's own colours become variables of its style sheet (``explorer.css``), which names both. Any
other colour gets its dark partner by turning its lightness round and keeping its hue: paper becomes
night, a pale blue a deep one. Lightness and hue are those of Oklab (B. Ottosson, 2020).
"""

import re

import numpy as np

NAMED = {  # what figures are drawn in, and the variable for it
    "#0072b2": "--f-1",
    "#d55e00": "--f-2",
    "#009e73": "--f-3",
    "#cc79a7": "--f-4",
    "#e69f00": "--f-5",
    "#56b4e9": "--f-6",
    "#000000": "--f-ink",
    "#222222": "--f-ink",
    "#444444": "--f-axis",
    "#555555": "--f-soft",
    "#666666": "--f-soft",
    "#777777": "--f-soft",
    "#999999": "--f-grid",
    "#b0b0b0": "--f-grid",
    "#ffffff": "--f-paper",
    "#44617b": "--f-contour",
}
LIGHTEST, DARKEST = 0.93, 0.20  # Oklab lightness of the dark page's ink and paper
HEX = re.compile(r"#[0-9a-f]{6}")
TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class Colours:
    """The colours of one explorer: each gets a variable, and the card says what it stands for.

    A variable is named by its colour: pictures that are drawn later, or by another Python, fit.
    """

    def __init__(self):
        self.variables = {}  # of the colours that are not the book's own

    def paint(self, css):
        """A CSS value with each colour #rrggbb replaced by its variable: ``var(--f-1)``."""
        return HEX.sub(lambda colour: f"var({self._variable(colour[0])})", css.lower())

    def _variable(self, colour):
        if colour in NAMED:
            return NAMED[colour]
        return self.variables.setdefault(colour, f"--{colour[1:]}")

    def pairs(self):
        """Variable to what it stands for: ``{"--f7fbff": "light-dark(#f7fbff,#161b20)", …}``."""
        return {
            name: f"light-dark({light},{dark(light)})" for light, name in self.variables.items()
        }

    def css(self):
        """The same as declarations for the card's ``style``."""
        return "".join(f"{name}:{value};" for name, value in self.pairs().items())


def dark(colour):
    """The colour #rrggbb for a dark page: its Oklab lightness turned round, its hue kept."""
    lightness, a, b = oklab(colour)
    lightness = LIGHTEST - (LIGHTEST - DARKEST) * lightness
    for share in np.linspace(1, 0, 21):  # of its chroma: as much as a screen can show
        rgb = linear_rgb(lightness, share * a, share * b)
        if np.all((rgb > -1e-3) & (rgb < 1 + 1e-3)):
            break
    rgb = np.clip(rgb, 0, 1)
    rgb = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * c):02x}" for c in rgb)


def oklab(colour):
    """Lightness in [0, 1], and the two axes of hue, of a colour #rrggbb."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    rgb = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_LMS @ rgb)


def linear_rgb(lightness, a, b):
    """The inverse of `oklab`, before the screen's gamma; outside of [0, 1] if it can't be shown."""
    return np.linalg.solve(TO_LMS, np.linalg.solve(TO_LAB, [lightness, a, b]) ** 3)
