"""The walks that the chapter on optimizers shows are those of torch.optim, gradients and all."""

import json
import math

import numpy as np
import pytest
from book_files import ROOT

from nnlib import optim
from nnlib.descend import descend
from nnlib.landscapes import mccormick, rosenbrock

NAMES = [
    "SGD",
    "Momentum",
    "Nesterov",
    "AdaGrad",
    "RMSprop",
    "Adadelta",
    "Adam",
    "AdaMax",
    "Nadam",
    "AMSGrad",
    "AdamW",
    "Lion",
]
PLACES = ["McCormick", "Rosenbrock", "Himmelblau", "Beale", "quadratic", "saddle"]
STARTS = {"McCormick": (mccormick, (-1.0, 2.75)), "Rosenbrock": (rosenbrock, (-1.5, 2.0))}
PEERS = {  # torch.optim has no Lion
    "SGD": ("SGD", {}),
    "Momentum": ("SGD", {"momentum": 0.9}),
    "Nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": ("Adagrad", {}),
    "RMSprop": ("RMSprop", {}),
    "Adadelta": ("Adadelta", {}),
    "Adam": ("Adam", {}),
    "AdaMax": ("Adamax", {}),
    "Nadam": ("NAdam", {}),
    "AMSGrad": ("Adam", {"amsgrad": True}),
    "AdamW": ("AdamW", {}),
}


def fields(caption):
    """The fields of the table with this caption, as the notebook has it: a list for each name."""
    cells = json.loads((ROOT / "chapters/optimizers.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [o for c in cells for o in c.get("outputs", [])]
    texts = ["".join(o.get("data", {}).get("text/plain", "")) for o in outputs]
    (text,) = [t for t in texts if t.startswith(caption)]
    head, _, *rows = text.split("\n\n", 1)[1].splitlines()
    assert head.split() == ["optimizer", *PLACES]
    return {row.split()[0]: row.replace("★", "").split()[1:] for row in rows}


def table():
    """The race's result as the notebook has it: (optimizer, landscape) -> (rate, steps)."""
    counts, rates = fields("Steps to the goal"), fields("Tuned learning rates")
    found = {}
    for name in counts:
        steps = [int(s.replace(",", "")) for s in counts[name]]
        # two digits of the rate are enough to tell which of 4 in each factor of 10 it was
        near = [10 ** (round(4 * math.log10(float(r))) / 4) for r in rates[name]]
        pairs = zip(near, steps, strict=True)
        found |= {(name, place): pair for place, pair in zip(PLACES, pairs, strict=True)}
    return found


def test_the_table_is_complete():
    assert set(table()) == {(name, place) for name in NAMES for place in PLACES}


@pytest.mark.parametrize("place", STARTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_table_holds_for_a_single_walker(name, place):
    """The race moved 99 walkers at once; one by itself takes as many steps."""
    rate, steps = table()[name, place]
    function, start = STARTS[place]
    path = descend(function, getattr(optim, name)(lr=rate), start, int(1.06 * steps) + 101)
    there = np.abs(path.values - function.minimum) < 1e-4
    runs = np.convolve(there, np.ones(101, int), mode="valid")  # 101 heights in a row
    arrived = int(np.argmax(runs == 101))
    assert arrived == pytest.approx(steps, rel=0.05 if steps >= 1000 else 0)


@pytest.mark.parametrize("place", STARTS)
@pytest.mark.parametrize("name", PEERS)
def test_paths_agree_with_pytorch(torch, name, place):
    """Each goes its own way from the start, with its own gradients: torch's come from autograd."""
    rate, steps = table()[name, place]
    function, start = STARTS[place]
    steps = min(steps, 1000)  # torch takes 0.2 ms for a step
    path = descend(function, getattr(optim, name)(lr=rate), start, steps).theta
    theirs, arguments = PEERS[name]
    torch.set_default_dtype(torch.float64)
    try:
        theta = torch.tensor(start, requires_grad=True)
        optimizer = getattr(torch.optim, theirs)([theta], lr=rate, **arguments)
        walk = [theta.detach().clone()]
        for _ in range(steps):
            x, y = theta
            if place == "McCormick":
                f = torch.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1
            else:
                f = (1 - x) ** 2 + 100 * (y - x**2) ** 2
            optimizer.zero_grad()
            f.backward()
            optimizer.step()
            walk.append(theta.detach().clone())
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(path, torch.stack(walk).numpy(), rtol=0, atol=1e-8)
