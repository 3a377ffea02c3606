"""A Matplotlib figure as SVG that stands in a page: small, and in the page's own colours.

Words stay words, in the page's font, those with a halo (`nnbook.plots.halo`), too; formulas become
outlines. Coordinates are rounded to a tenth of a point. What Matplotlib writes for programs that
edit SVG (names of groups, metadata) goes.
"""

import io
import re
from contextlib import contextmanager
from html import escape
from itertools import pairwise
from math import hypot
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.cbook import is_math_text

from .marks import HREF, SVG, declarations, draw_in_place

LONG = re.compile(r"-?\d+\.\d{2,}")
SPACE = re.compile(r"\s+")
PLACE = re.compile(r"translate\([^)]*\)")
NUMBER = re.compile(r"\$\\mathdefault\{([−-]?[\d.]+)\}\$")
POWER = re.compile(r"\$\\mathdefault\{([−-]?)10\^\{([−-]?\d+)\}\}\$")
RAISED = str.maketrans("−-0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
TEXT_SIZE = 11  # of the style; only other sizes are written
NOT_OURS = {"font-family", "stroke-linejoin", "font-stretch"}  # the page's style sheet decides
HALO = "nn-halo"  # the class of words whose pale edge the page's style sheet draws
KEPT = set("class x y cx cy r width height d points transform clip-path".split())


class Renderer(RendererSVG):
    """Matplotlib's, with text as text, but formulas, which no page's font can set, as outlines.

    Numbers and powers of ten, the ticks of a logarithmic axis, are text, too.
    """

    def _draw_text_as_text(self, gc, x, y, s, prop, angle, ismath, mtext=None):
        if ismath and (number := NUMBER.fullmatch(s)):
            s, ismath = number[1].replace("-", "−"), False
        elif ismath and (power := POWER.fullmatch(s)):
            s, ismath = f"{power[1].replace('-', '−')}10{power[2].translate(RAISED)}", False
        if ismath:
            return self._draw_text_as_path(gc, x, y, s, prop, angle, ismath, mtext)
        return super()._draw_text_as_text(gc, x, y, s, prop, angle, ismath, mtext)


def fragment(fig, colours, prefix):
    """What a figure shows, as SVG elements without the ``<svg>`` around them.

    Parameters
    ----------
    fig : matplotlib Figure
        Drawn under the book's style, with ``svg.fonttype: none``.
    colours : Colours
        Gives the variables that colours become.
    prefix : str
        Begins each id, so that no two fragments of a page share one.
    """
    dpi, fig.dpi = fig.dpi, 72  # points
    buffer = io.StringIO()
    width, height = 72 * fig.get_size_inches()
    renderer = Renderer(width, height, buffer, image_dpi=dpi, metadata={"Date": None})
    with _words_without_effects(fig):
        fig.draw(renderer)
    renderer.finalize()
    fig.dpi = dpi
    root = ElementTree.fromstring(buffer.getvalue())
    draw_in_place(root)
    for group in root.iterfind(f".//{SVG}g[@id='{HALO}']"):
        for text in group.iterfind(f"{SVG}text"):
            text.set("class", HALO)
    return "".join(_Writer(colours, prefix).element(child) for child in root)


@contextmanager
def _words_without_effects(fig):
    """Have words with a halo drawn as words, in groups of that id: an effect makes outlines."""
    found = {text: text.get_path_effects() for ax in fig.axes for text in ax.texts}
    found = {text: e for text, e in found.items() if e and not is_math_text(text.get_text())}
    for text in found:
        text.set(path_effects=None, gid=HALO)
    try:
        yield
    finally:
        for text, effects in found.items():
            text.set(path_effects=effects, gid=None)


class _Writer:
    def __init__(self, colours, prefix):
        self.colours, self.prefix = colours, prefix

    def element(self, node):
        tag = node.tag.removeprefix(SVG)
        if tag in ("metadata", "style") or "}" in tag:
            return ""
        style = declarations(node.get("style", ""))
        inner = "".join(map(self.element, node))
        if tag == "path" and style.get("fill") == "none" and "stroke" not in style:
            return ""  # the figure's and the axes' ground
        text = escape(node.text or "", quote=False) if tag in ("text", "tspan") else ""
        attributes = self._attributes(tag, node, style)
        if tag == "defs":
            return f"<defs>{inner}</defs>" if inner else ""
        if tag == "g" and not (inner and attributes):
            return inner
        end = f">{text}{inner}</{tag}>" if text or inner else "/>"
        return f"<{tag}{attributes}{end}"

    def _attributes(self, tag, node, style):
        found = {}
        if "id" in node.attrib and tag in ("path", "clipPath", "linearGradient"):
            found["id"] = self.prefix + node.get("id")
        for name, value in node.attrib.items():
            if name in KEPT:
                found[name] = self._links(SHORTEN.get(name, _rounded)(value))
            elif name == HREF:
                image = value.startswith("data:")
                found["href"] = SPACE.sub("", value) if image else f"#{self.prefix}{value[1:]}"
        if found.get("transform", "").startswith("rotate(-0 "):
            del found["transform"]
        if css := self._css(tag, style):
            found["style"] = css
        return "".join(f' {name}="{escape(value)}"' for name, value in found.items())

    def _css(self, tag, style):
        parts = []
        for name, value in style.items():
            if name in NOT_OURS or (name == "fill" and value == "#222222" and tag == "text"):
                continue
            if name == "font-size":
                size = float(value.removesuffix("px"))
                parts += [f"--t:{size:g}px"] if size != TEXT_SIZE else []
            else:
                parts.append(f"{name}:{self.colours.paint(self._links(value))}")
        return ";".join(parts)

    def _links(self, value):
        return value.replace("url(#", f"url(#{self.prefix}")


def _lines(path):
    """Lines by their steps, which are short and alike: ``M x y L x y …`` as ``M x y l dx dy …``."""
    if set(re.findall("[A-Za-z]", path)) - set("MLz") or re.search(r"z\s*L", path):
        return _rounded(path)
    return " ".join(map(_line, re.findall("M[^M]*", path)))


def _line(path):
    numbers = [round(10 * float(n)) for n in re.findall(r"[-+.\de]+", path)]
    points = _thinned(list(zip(numbers[::2], numbers[1::2], strict=True)))
    steps = [b - a for p, q in pairwise(points) for a, b in zip(p, q, strict=True)]
    first, rest = (" ".join(f"{n / 10:g}" for n in part) for part in (points[0], steps))
    return f"M {first}" + (f" l {rest}" if rest else "") + (" z" if "z" in path else "")


def _thinned(points, tolerance=2, window=30):
    """Fewer points: each that is left out lies within 0.2 points of the line that stays."""
    kept, start = points[:1], 0
    for end in range(2, len(points)):
        between = range(start + 1, end)
        if len(between) == window or any(
            _distance(points[k], points[start], points[end]) > tolerance for k in between
        ):
            start = end - 1
            kept.append(points[start])
    return kept + points[1:][-1:]


def _distance(point, a, b):
    """From a point to the segment between a and b."""
    ax, ay, bx, by = point[0] - a[0], point[1] - a[1], b[0] - a[0], b[1] - a[1]
    length = bx * bx + by * by
    share = min(1, max(0, (ax * bx + ay * by) / length)) if length else 0
    return hypot(ax - share * bx, ay - share * by)


def _rounded(value):
    value = LONG.sub(lambda n: f"{float(n[0]):.1f}".replace("-0.0", "0").removesuffix(".0"), value)
    return SPACE.sub(" ", value).strip()


def _placed(transform):
    return PLACE.sub(lambda place: _rounded(place[0]), transform)  # a scale may be 0.02


SHORTEN = {"d": _lines, "transform": _placed}
