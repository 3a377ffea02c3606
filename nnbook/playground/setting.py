"""What can be set in the playground, and how a link writes it.

A setting is a dict: a value for each name in `CHOICES`, and the reader's own ``points``. A link
holds only what differs from the start: ``layers=3&lr=0.3``.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from nnlib import optim
from nnlib.activations import ACTIVATIONS
from nnlib.stepping import Optimizer

REACH, MOST = 2.0, 100  # of own points: the largest coordinate, and how many there may be


class Choice(NamedTuple):
    """One thing to set: its name for a reader, the values that it can have, and the first one."""

    label: str
    values: list
    start: str | float


OPTIMIZERS = [
    name
    for name, kind in vars(optim).items()
    if isinstance(kind, type) and issubclass(kind, Optimizer) and kind is not Optimizer
]
CHOICES = {
    "data": Choice("Data", ["moons", "circles", "spirals", "own"], "moons"),
    "n": Choice("Points", [20, 50, 100, 200, 400], 200),
    "noise": Choice("Noise", [0.0, 0.05, 0.1, 0.2, 0.3, 0.4], 0.1),
    "layers": Choice("Hidden layers", [0, 1, 2, 3, 4], 2),
    "width": Choice("Units in each", [1, 2, 3, 4, 5, 6, 7, 8], 4),
    "activation": Choice("Activation", [*ACTIVATIONS], "tanh"),
    "optimizer": Choice("Optimizer", OPTIMIZERS, "SGD"),
    "lr": Choice(
        "Learning rate",
        [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0],
        0.3,
    ),
    "schedule": Choice(
        "Schedule",
        ["constant", "warmup", "step_decay", "cosine", "warm_restarts", "one_cycle"],
        "constant",
    ),
    "batch": Choice("Batch size", [5, 10, 20, 50, 200], 10),
    "penalty": Choice("Penalty", ["none", "L1", "L2"], "none"),
    "strength": Choice("Its strength", [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1], 0.001),
    "dropout": Choice("Dropout", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], 0.0),
    "norm": Choice("Normalization", ["none", "batch", "layer"], "none"),
    "init": Choice(
        "Initialization",
        [
            "he_normal",
            "he_uniform",
            "glorot_normal",
            "glorot_uniform",
            "lecun_normal",
            "orthogonal",
            "normal",
            "zeros",
        ],
        "glorot_normal",
    ),
    "seed": Choice("Seed", [*range(10)], 0),
}
CORNERS = "-1,-1,0;-0.7,-1.2,0;1,1,0;0.7,1.2,0;-1,1,1;-1.2,0.7,1;1,-1,1;1.2,-0.7,1"  # XOR


def text(value: str | float) -> str:
    """A value as links and controls write it: 10 for 10.0."""
    return value if isinstance(value, str) else f"{value:g}"


def start() -> dict:
    """The setting that a reader finds."""
    return {name: choice.start for name, choice in CHOICES.items()} | {"points": points(CORNERS)}


def with_changes(setting: dict, changes: dict) -> dict:
    """The setting with some values, given as text or as themselves, changed.

    Raises
    ------
    ValueError
        For a name that can't be set, or a value that it can't have.
    """
    known = {name: value_of(name, value) for name, value in changes.items() if name != "points"}
    if "points" in changes:
        known["points"] = points(changes["points"])
    return setting | known


def value_of(name: str, value: str | float) -> str | float:
    """The value of this name that is written like this."""
    if name not in CHOICES:
        raise ValueError(f"a setting has {', '.join([*CHOICES, 'points'])}, but no {name!r}")
    written = {text(known): known for known in CHOICES[name].values}
    if text(value) not in written:
        raise ValueError(f"{name} must be one of {', '.join(written)}, got {text(value)}")
    return written[text(value)]


def points(written: str) -> list[tuple[float, float, int]]:
    """Points ``x,y,class`` with semicolons between them, in hundredths: "-1,0.5,0;1,1,1"."""
    found = [_point(one) for one in written.split(";") if one]
    if len(found) > MOST:
        raise ValueError(f"points must be at most {MOST}, got {len(found)}")
    return found


def _point(written: str) -> tuple[float, float, int]:
    try:
        x, y, label = written.split(",")
        point = round(float(x), 2), round(float(y), 2), int(label)
    except ValueError:
        raise ValueError(f"points must be like -1,0.5,0;1,1,1, got {written!r}") from None
    if not (max(abs(point[0]), abs(point[1])) <= REACH and point[2] in (0, 1)):
        raise ValueError(
            f"a point must lie within ±{REACH:g} and be of class 0 or 1, got {written}"
        )
    return point


def from_query(query: str) -> dict:
    """The setting that a link names, such as ``layers=3&lr=0.3``."""
    return with_changes(start(), dict(parse_qsl(query, keep_blank_values=True)))


def to_query(setting: dict) -> str:
    """What a link to the setting holds: what differs from the start."""
    first = start()
    changed = {name: text(setting[name]) for name in CHOICES if setting[name] != first[name]}
    if setting["data"] == "own" and setting["points"] != first["points"]:
        changed["points"] = ";".join(",".join(map(text, point)) for point in setting["points"])
    return urlencode(changed, safe=",;")


def idle(setting: dict) -> list[str]:
    """The names that change nothing in this setting."""
    names = []
    if setting["data"] == "own":
        names += ["n", "noise"]
    if setting["layers"] == 0:
        names += ["width", "activation", "dropout", "norm"]
    if setting["penalty"] == "none":
        names += ["strength"]
    return names
