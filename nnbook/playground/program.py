"""The playground's run as a program: the lines that a reader copies are the lines that are run.

There is no second description of a run beside them, so what is copied cannot differ from what was
seen.
"""

from math import ceil

LAST = 200  # epochs until a schedule has come to its end
NORMS = {"batch": "BatchNorm", "layer": "LayerNorm"}


def program(setting: dict) -> str:
    """The lines that make the data, the network, and all that ``train`` takes."""
    blocks = [_imports(setting), _data(setting), _network(setting), _training(setting)]
    return "\n".join(line for block in blocks for line in block)


def training(epochs: int, resumed: bool) -> str:
    """The line that trains: the first one, or one that goes on."""
    more = ", resume=history" if resumed else ""
    return f"history = train(net, binary_cross_entropy, X, y, epochs={epochs}{more}, **how)"


def move(setting: dict, name: str) -> str:
    """The line that gives a run, on its way, the setting's learning rate or strength."""
    if name == "strength":
        return f'how["penalty"].strength = {setting["strength"]}'
    if setting["schedule"] == "constant":
        return f"optimizer.lr = {setting['lr']}"
    return f'how["schedule"] = {_schedule(setting)}'


def _imports(setting):
    layers, norm = setting["layers"], setting["norm"]
    names = [
        ("data", [setting["data"], "split"] if setting["data"] != "own" else []),
        ("init", [setting["init"]]),
        ("layers", ["Activation"] * (layers > 0) + ["Dropout"] * _drops(setting) + ["Linear"]),
        ("losses", ["binary_cross_entropy"]),
        ("network", ["Network"]),
        ("norms", [NORMS[norm]] if layers and norm != "none" else []),
        ("optim", [setting["optimizer"]]),
        ("penalties", [setting["penalty"]] if setting["penalty"] != "none" else []),
        ("schedules", _schedule_names(setting["schedule"])),
        ("train", ["train"]),
    ]
    lines = [f"from nnlib.{module} import {', '.join(what)}" for module, what in names if what]
    return ["import numpy as np", "", *lines, ""]


def _data(setting):
    lines = [f"rng = np.random.default_rng({setting['seed']})"]
    if setting["data"] != "own":
        points = f"{setting['data']}({setting['n']}, {setting['noise']}, rng)"
        halves = f"split(*{points}, fractions=(0.5, 0.5), rng=rng)"
        return [*lines, f"(X, y), validation = {halves}"]
    rows = [f"    {point}," for point in map(list, setting["points"])]
    return [
        *lines,
        "points = np.array([  # x, y, class",
        *rows,
        "]).reshape(-1, 3)",
        "X, y = points[:, :2].astype(np.float32), points[:, 2].astype(np.int64)",
    ]


def _network(setting):
    init, widths = setting["init"], [2] + [setting["width"]] * setting["layers"]
    norm = NORMS.get(setting["norm"])
    bias = ", bias=False" if norm == "BatchNorm" else ""  # it would be subtracted again
    lines = []
    for n_in, n_out in zip(widths, widths[1:], strict=False):
        lines.append(f"Linear({n_in}, {n_out}, {init}{bias})")
        lines += [f"{norm}({n_out})"] * (norm is not None)
        lines.append(f'Activation("{setting["activation"]}")')
        lines += [f"Dropout({setting['dropout']}, rng)"] * _drops(setting)
    lines.append(f"Linear({widths[-1]}, 1, {init})")
    return ["net = Network([", *(f"    {line}," for line in lines), "], rng=rng)"]


def _training(setting):
    how = {"optimizer": "optimizer", "batch_size": setting["batch"], "rng": "rng"}
    if setting["data"] != "own":
        how["validation"] = "validation"
    if setting["penalty"] != "none":
        how["penalty"] = f"{setting['penalty']}({setting['strength']})"
    if setting["schedule"] != "constant":
        how["schedule"] = _schedule(setting)
    return [
        f"optimizer = {setting['optimizer']}(lr={setting['lr']})",
        "how = {",
        *(f'    "{name}": {value},' for name, value in how.items()),
        "}",
    ]


def _schedule(setting):
    lr, steps = setting["lr"], LAST * _steps_per_epoch(setting)
    return {
        "warmup": f"warmup(constant({lr}), {steps // 10})",
        "step_decay": f"step_decay({lr}, every={steps // 4})",
        "cosine": f"cosine({lr}, {steps})",
        "warm_restarts": f"warm_restarts({lr}, {steps // 4})",
        "one_cycle": f"one_cycle({lr}, {steps})",
    }[setting["schedule"]]


def _schedule_names(schedule):
    if schedule == "constant":
        return []
    return ["constant", "warmup"] if schedule == "warmup" else [schedule]


def _steps_per_epoch(setting):
    rows = len(setting["points"]) if setting["data"] == "own" else setting["n"] // 2
    return max(1, ceil(rows / setting["batch"]))


def _drops(setting):
    return setting["layers"] > 0 and setting["dropout"] > 0
