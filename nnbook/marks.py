"""The marks of a plot, its points and ticks, each drawn where it stands.

Matplotlib writes a mark's shape once and refers to it from each place. A browser makes a copy of
the shape for each reference, and takes longer for those than for all else in a picture of 300
points. So a round mark becomes a circle, and any other of straight lines a path at its place. Dots
and strokes of one solid colour, whose overlaps don't show, become a single path.
"""

import re
from itertools import cycle, groupby
from math import hypot, isclose
from xml.etree.ElementTree import Element

SVG, HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
DEFS, PATH, USE, CIRCLE = (SVG + tag for tag in ("defs", "path", "use", "circle"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
ROUND = re.compile(r"M\s*0\s+(?P<radius>[\d.]+)\s+(C[^CLMQ]*){8}z")  # Matplotlib's circle
STRAIGHT = re.compile(r"[MLz\d\s.e-]*")
STROKES = re.compile(r"(?:M[^MLz]*L[^MLz]*)*")  # lines around nothing
DASHED = "stroke-dasharray"  # begins elsewhere on a circle than on Matplotlib's curves


def draw_in_place(root):
    """Replace, in an SVG's root element, each reference to a mark by the mark."""
    named = {use.get(HREF)[1:] for use in root.iter(USE) if "x" in use.keys()}  # no letters
    named -= {use.get(HREF)[1:] for use in root.iter(USE) if DASHED in use.get("style", "")}
    shapes = {path.get("id"): path for defs in root.iter(DEFS) for path in defs.iterfind(PATH)}
    shapes = {n: shape for n, shape in shapes.items() if n in named and _is_known(_path(shape))}
    for group in list(root.iter()):
        children = []
        for mark, nodes in groupby(group, lambda node: _mark(node, shapes)):
            nodes = list(nodes)
            children += _drawn(shapes[mark[0]], mark[1], nodes) if mark else nodes
        group[:] = [node for node in children if node.get("id") not in shapes]


def _path(shape):
    return shape.get("d", "").strip()  # none of what lies outside of the picture


def _is_known(d):
    return bool(_radius(d) or STRAIGHT.fullmatch(d))


def _radius(d):
    """Of a circle around 0, which is written as eight curves; None for any other shape."""
    found = ROUND.fullmatch(d)
    if not found:
        return None
    radius = float(found["radius"])
    ends = [tuple(map(float, NUMBER.findall(curve)[-2:])) for curve in d.split("C")[1:]]
    return radius if all(isclose(hypot(*end), radius, rel_tol=1e-3) for end in ends) else None


def _mark(node, shapes):
    """(name of the shape, style) of a reference to a mark; None for any other element."""
    name = node.get(HREF, "")[1:]
    return (name, node.get("style", "")) if node.tag == USE and name in shapes else None


def _drawn(shape, style, uses):
    places = [(use.get("x"), use.get("y")) for use in uses]
    style, d = declarations(f"{style};{shape.get('style', '')}"), _path(shape)
    if radius := _radius(d):
        return _round(radius, style, places)
    paths = [_moved(d, *place) for place in places if d]
    is_one = STROKES.fullmatch(d) and _is_solid(style)  # faces may cancel where they overlap
    paths = [" ".join(paths)] if paths and is_one else paths
    return [_element(PATH, style, d=path) for path in paths]


def _round(radius, style, places):
    """Circles; or all as one path of lines without length, of which the round ends are seen."""
    if style.get("fill") == "none" or not _is_solid(style):
        return [_element(CIRCLE, style, cx=x, cy=y, r=radius) for x, y in places]
    edge = 0 if style.get("stroke", "none") == "none" else float(style.get("stroke-width", 1))
    dot = {
        "stroke": style.get("fill", "#000000"),
        "stroke-width": f"{round(2 * radius + edge, 2):g}",
    }
    lines = " ".join(f"M {x} {y} L {x} {y}" for x, y in places)
    return [_element(PATH, dot | {"stroke-linecap": "round"}, d=lines)]


def _is_solid(style):
    """Whether all of a mark has one colour, through which nothing is seen."""
    fill, stroke = style.get("fill", "#000000"), style.get("stroke", "none")
    one = stroke in ("none", fill) or fill == "none"
    return one and not any(name.endswith("opacity") for name in style)


def _moved(d, x, y):
    shifts = cycle((float(x), float(y)))
    return NUMBER.sub(lambda n: f"{float(n[0]) + next(shifts):.3f}", d)


def declarations(style):
    """A dict of what a ``style`` attribute declares; of two for one name, the last."""
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _element(tag, style, **attributes):
    style = "; ".join(f"{name}: {value}" for name, value in style.items())
    return Element(tag, {n: str(v) for n, v in attributes.items()} | {"style": style})
