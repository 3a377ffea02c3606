"""Draw the graph that a computation with `nnlib.autodiff.Value` has left behind.

Nothing is drawn by hand: the circles are the engine's own values, the arrows its ``parents``, the
numbers its ``data``, ``local_derivatives()`` and ``grad``. What was put in is on the left, the
result on the right, and every value stands to the right of what it was made of.
"""

import numpy as np

from .plots import BLUE, GREEN, ORANGE

INK, PALE = "#222222", "#9a9a9a"
RADIUS = 12  # of a circle, in points
SYMBOLS = {"*": "×", "/": "÷", "-": "−", "neg": "−", "sigmoid": "σ", "sum": "Σ"}
SUPERSCRIPT = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")


def layout(result):
    """A place for each value that ``result`` was made of.

    A value stands one column to the right of its rightmost parent; what was put in stands just left
    of where it is first used. The longest chain runs straight on, the rest joins it from below.

    Parameters
    ----------
    result : Value

    Returns
    -------
    dict
        Value to its (column, row), in the order of ``result.graph()``. Rows count downwards, and
        two values of a column are at least one row apart.
    """
    order = result.graph()
    users = {value: [child for child in order if value in child.parents] for value in order}
    column = {}
    for value in order:  # parents come first
        column[value] = 1 + max((column[parent] for parent in value.parents), default=-1)
    for value in order:
        if not value.parents and users[value]:
            column[value] = min(column[child] for child in users[value]) - 1
    columns = [[v for v in order if column[v] == c] for c in range(column[result] + 1)]

    row = {result: 0.0}
    for here in reversed(columns[:-1]):  # every value where its children would like to have it
        _spread(here, row, lambda v: _asked_by_children(v, users, column, row), users)
    for here in columns[1:]:  # then every child in the middle of its parents
        _spread(here, row, lambda v: _asked_by_parents(v, column, row), users)
    for here in reversed(columns[:-1]):  # and what was put in follows
        _spread(
            here,
            row,
            lambda v: row[v] if v.parents else _asked_by_children(v, users, column, row),
            users,
        )
    return {value: (column[value], row[value]) for value in order}


def _trunk(value, column):
    """The parent that ends the longest chain, if it is a single one."""
    parents = set(value.parents)
    deepest = max(column[parent] for parent in parents)
    longest = [p for p in parents if column[p] == deepest and (p.parents or len(parents) == 1)]
    return longest[0] if len(longest) == 1 else None


def _asked_by_children(value, users, column, row):
    """The mean of the rows in which its children want a value."""
    wishes = []
    for child in users[value]:
        parents, trunk = list(dict.fromkeys(child.parents)), _trunk(child, column)
        if trunk is None:
            offset = parents.index(value) - (len(parents) - 1) / 2
        else:
            rest = [parent for parent in parents if parent is not trunk]
            offset = 0 if value is trunk else 1 + rest.index(value)
        wishes.append(row[child] + offset)
    return float(np.mean(wishes))


def _asked_by_parents(value, column, row):
    """The row of the longest chain that comes in, else the mean of the parents' rows."""
    if not value.parents:
        return row[value]
    trunk = _trunk(value, column)
    return row[trunk] if trunk else float(np.mean([row[p] for p in dict.fromkeys(value.parents)]))


def _spread(here, row, wish, users):
    """Put the values of one column near their wishes, at least one row apart."""
    wishes = {value: wish(value) for value in here}
    near = {value: min((row[child] for child in users[value]), default=0) for value in here}
    here = sorted(here, key=lambda value: (round(wishes[value], 6), near[value]))
    rows = []
    for value in here:
        rows.append(max(wishes[value], rows[-1] + 1) if rows else wishes[value])
    shift = np.mean([wishes[value] for value in here]) - np.mean(rows)
    row.update((value, float(r + shift)) for value, r in zip(here, rows, strict=True))


def draw_graph(
    ax,
    result,
    *,
    values=None,
    grads=None,
    passed=(),
    carried=None,
    mark=None,
    notes=None,
    edge_text=None,
    digits=4,
    fontsize=11,
):
    """Draw the graph of ``result``: its values as circles, an arrow from each parent to its child.

    On an arrow stand the parent's value (blue), the child's derivative with respect to that parent
    (black, with a ×), and the parent's gradient so far (orange).

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits are set, and its frame and ticks are removed.
    result : Value
        What was computed last.
    values : collection of Value, optional
        Whose numbers are known already; all, if not given.
    grads : dict, optional
        Value to its gradient so far; every ``grad``, if not given.
    passed : collection of (child, k), optional
        Arrows, between the k-th parent and the child, on which a gradient came back: orange.
    carried : list of (child, k, share), optional
        What came back so far, in this order. Then a passed arrow shows the shares that it carried,
        and a parent, below its circle, what arrived there and the sum.
    mark : Value or (child, k), optional
        The circle or the arrow to point out.
    notes : dict, optional
        Value to a text below it.
    edge_text : callable, optional
        ``edge_text(parent, child, k)`` gives other lines for an arrow, as (text, colour) pairs;
        child is None for the numbers at the result itself.
    digits : int
        Decimals of the numbers.
    fontsize : float
        In points.

    Returns
    -------
    dict
        Value to its place (x, y) in data units.
    """
    place = {value: (x, -y) for value, (x, y) in layout(result).items()}
    if result.parents:  # room for the numbers of the last arrow
        place[result] = (place[result][0] + 0.3, place[result][1])
    xs, ys = np.array(list(place.values())).T
    ax.set(xlim=(xs.min() - 0.4, xs.max() + 0.5), ylim=(ys.min() - 0.5, ys.max() + 0.5))
    ax.set_axis_off()
    if edge_text is None:
        known = set(place) if values is None else set(values)
        grads = {value: value.grad for value in place} if grads is None else grads

        def edge_text(parent, child, k):
            lines = _numbers(parent, child, k, known, grads, digits)
            if child is not None and carried is not None:
                shares = [short(g, digits) for c, j, g in carried if c is child and j == k]
                lines[-1] = (", then ".join(shares), ORANGE)
            return lines

    arrived = {}
    for child, k, share in carried or ():
        arrived.setdefault(child.parents[k], []).append(share)
        passed = {*passed, (child, k)}

    for child, end in place.items():
        for k, parent in enumerate(child.parents):
            back = (child, k) in passed
            width = 3 if mark == (child, k) else 1.3
            bend = _bend(child, k)
            _arrow(ax, place[parent], end, bend, back, ORANGE if back else PALE, width)
            middle = _middle(ax, place[parent], end, bend, 0.57 if notes else 0.43)
            _lines(ax, edge_text(parent, child, k), middle, fontsize)
    for value, xy in place.items():
        _circle(ax, value, xy, fontsize, marked=mark is value)
        if value.op and value.name and value is not result:
            _text(ax, value.name, xy, RADIUS + 3, fontsize, "bottom", INK, weight="bold")
        shares, below = arrived.get(value, ()), RADIUS + 3
        if len(shares) > 1 or shares and not value.op:  # else it stands on the arrow
            below += 9 * (len(shares) > 1)  # below the tips of bent arrows
            _text(ax, _total(shares, digits), xy, -below, fontsize, "top", ORANGE)
        if notes and value in notes:
            below += (fontsize + 2.5) * (carried is not None)
            _text(ax, notes[value], xy, -below, fontsize, "top", GREEN)
    _lines(ax, edge_text(result, None, 0), place[result], fontsize, room=RADIUS)
    return place


def _numbers(parent, child, k, known, grads, digits):
    """The three lines of an arrow, as far as they are known; an empty one keeps its place."""
    value = short(parent.data, digits) if parent in known else ""
    grad = short(grads[parent], digits) if parent in grads else ""
    if child is None:
        name = f"{parent.name} = " if value and parent.name else ""
        return [(name + value, BLUE), (grad, ORANGE)]
    local = f"×{short(child.local_derivatives()[k], digits)}" if child in known else ""
    return [(value, BLUE), (local, INK), (grad, ORANGE)]


def _total(shares, digits):
    """What arrived at a value, as a sum if it came in parts."""
    terms = " + ".join(short(share, digits) for share in shares).replace("+ −", "− ")
    return terms if len(shares) == 1 else f"{terms} = {short(sum(shares), digits)}"


def short(number, digits=4):
    """A number with so many decimals and no zeros at its end; of an array the shape."""
    number = np.asarray(number)
    if number.size > 1:
        return f"({', '.join(map(str, number.shape))})"
    text = f"{number.item():.{digits}f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace("-", "−")


def _bend(child, k):
    """How much an arrow is bent, as a share of its length: only twins, as in a + a, are."""
    parent = child.parents[k]
    twins = child.parents.count(parent)
    return 0.7 * (child.parents[:k].count(parent) / (twins - 1) - 0.5) if twins > 1 else 0.0


def _arrow(ax, start, end, bend, back, colour, width):
    tail, tip, bend = (end, start, -bend) if back else (start, end, bend)
    ax.annotate(
        "",
        tip,
        tail,
        zorder=1,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "lw": width,
            "shrinkA": RADIUS + 1,
            "shrinkB": RADIUS + 1,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )


def _middle(ax, start, end, bend, slanting):
    """Where an arrow has room for text, in data units: its middle, or that share if it slants."""
    a, b = ax.transData.transform([start, end])
    across = np.array([b[1] - a[1], a[0] - b[0]])  # an arrow is bent in units of the screen
    along = 0.5 if bend or start[1] == end[1] else slanting
    return ax.transData.inverted().transform(a + along * (b - a) + bend / 2 * across)


def _circle(ax, value, xy, fontsize, marked):
    """A circle with the operation in it, or the name of what was put in."""
    inside = SYMBOLS.get(value.op, value.op) or value.name or short(value.data)
    if inside.startswith("**"):
        inside = "( )" + inside[2:].translate(SUPERSCRIPT)
    ax.plot(
        *xy,
        "o",
        ms=2 * RADIUS,
        mfc="#f4f4f4" if value.op else "#dcebf5",
        zorder=3,
        mec=BLUE if marked else INK,
        mew=3 if marked else 1.2,
    )
    ax.annotate(
        inside,
        xy,
        ha="center",
        va="center",
        zorder=4,
        fontsize=fontsize + 1 if len(inside) <= 2 else fontsize - 1,
    )


def _lines(ax, lines, middle, fontsize, room=0):
    """Lines of text at a point: the first above it, the others below."""
    for i, (text, colour) in enumerate(lines):
        if text and i == 0:
            _text(ax, text, middle, 2 + room, fontsize, "bottom", colour)
        elif text:
            _text(ax, text, middle, -2 - room - (i - 1) * (fontsize + 1.5), fontsize, "top", colour)


def _text(ax, text, xy, dy, fontsize, va, colour, **style):
    """Text dy points above a point, on a pale ground that hides the arrows."""
    ground = {"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.8}
    ax.annotate(
        text,
        xy,
        (0, dy),
        textcoords="offset points",
        ha="center",
        va=va,
        color=colour,
        fontsize=fontsize,
        bbox=ground,
        zorder=2,
        **style,
    )
