"""A microscope for backpropagation: the engine's own graph, one step at a time, in two orders."""

from itertools import islice

import numpy as np

from nnlib.autodiff import Value

from ..graphs import SYMBOLS, draw_graph, short
from ..plots import BLUE, ORANGE


def hand_on(child, k):
    """Give the k-th parent its share of the child's gradient."""
    parent, share = child.parents[k], child.backs[k](child.grad)
    parent.grad = parent.grad + share
    return child, k, share


def naive_order(value):
    """Straight on against the arrows, wherever one is; yields what `hand_on` returns."""
    for k, parent in enumerate(value.parents):
        yield hand_on(value, k)
        yield from naive_order(parent)


def sorted_order(result):
    """Every value after all that use it; yields what `hand_on` returns."""
    for value in reversed(result.graph()):
        for k in range(len(value.parents)):
            yield hand_on(value, k)


ORDERS = {"sorted": sorted_order, "naive": naive_order}


def one_neuron(w, x, b, y):
    return ((w * x + b).sigmoid() - y) ** 2


def input_used_twice(a, b):
    return (a + b) * b


def value_used_twice(a):
    b = a + a
    b.name = "b"
    return b + b


# name: the program, its inputs, the name of its result, and its formula
PROGRAMS = {
    "one neuron": (
        one_neuron,
        {"w": 0.18, "x": 1.4, "b": 0.6068, "y": 1.0},
        "L",
        "L = (σ(w·x + b) − y)²",
    ),
    "(a + b) · b": (input_used_twice, {"a": 2.0, "b": 3.0}, "d", "d = (a + b) · b"),
    "b = a + a; c = b + b": (value_used_twice, {"a": 3.0}, "c", "b = a + a, c = b + b"),
}


def build(program, **changed):
    """A program's result, and its inputs by name, some of them with another number."""
    f, numbers, name, _ = PROGRAMS[program]
    leaves = {key: Value(number, name=key) for key, number in (numbers | changed).items()}
    result = f(**leaves)
    result.name = name
    return result, leaves


def nudge(program, name, h=1e-5):
    """The slope of a program's result against one of its inputs, by a central difference."""
    v = PROGRAMS[program][1][name]
    above, below = (build(program, **{name: v + step})[0].data for step in (h, -h))
    return (above - below) / (2 * h)


def name_of(value):
    return value.name or SYMBOLS.get(value.op, value.op)


def state(program, order, step):
    """What there is after so many steps: the operations forwards, a 1 at the result, the arrows.

    Returns
    -------
    result : Value
    leaves : dict of str to Value
        The inputs.
    known : list of Value
        Whose number is there.
    arrows : list of (child, k, share)
        What was handed on.
    sentence : str
    """
    result, leaves = build(program)
    operations = [v for v in result.graph() if v.op]
    known = [*leaves.values(), *operations[:step]]
    if step == 0:
        return result, leaves, known, [], "the inputs are there."
    if step <= len(operations):
        sentence = f"forwards, {name_of(known[-1])} gives {short(known[-1].data)}."
        return result, leaves, known, [], sentence
    back = step - len(operations) - 1
    result.grad = np.array(1.0)
    arrows = list(islice(ORDERS[order](result), back))
    if back == 0:
        sentence = "backwards, the result starts with 1."
    elif len(arrows) < back:
        sentence = f"done after {step - back + len(arrows)}"
    else:
        child, k, share = arrows[-1]
        parent = child.parents[k]
        sentence = (
            f"backwards, {name_of(child)} has {short(child.grad)} and hands on "
            f"{short(share)}; {name_of(parent)} now has {short(parent.grad)}."
        )
    return result, leaves, known, arrows, sentence


def microscope(ax, program, order, step):
    """Draw a `state`, and under each input its slope by nudging."""
    result, leaves, known, arrows, sentence = state(program, order, step)
    nudged = {v: short(nudge(program, name), 3) for name, v in leaves.items()}
    done = sentence.startswith("done")
    mark = arrows[-1][:2] if arrows else known[-1] if step else None
    ax.set_position((0, 0.08, 1, 0.92))
    draw_graph(
        ax,
        result,
        values=known,
        carried=arrows,
        digits=3,
        mark=None if done else mark,
        fontsize=10,
        grads={result: result.grad} if result.grad else {},
        notes={v: f"nudged\n{text}" for v, text in nudged.items()},
    )
    ax.text(0.01, 0.99, PROGRAMS[program][3], transform=ax.transAxes, va="top")
    keys = [("value", BLUE), ("×local derivative", "k"), ("gradient", ORANGE)]
    for k, (key, colour) in enumerate(keys):
        place = {"transform": ax.transAxes, "va": "top", "ha": "right"}
        ax.text(0.99, 0.99 - 0.06 * k, key, color=colour, fontsize=10, **place)
    if done:
        found = [f"{v.name} has {short(v.grad, 3)}, nudged {nudged[v]}" for v in nudged]
        sentence += f": {'; '.join(found)}."
    return f"Step {step} of {program}, {order} order: {sentence}"
