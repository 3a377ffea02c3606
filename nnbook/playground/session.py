"""One run of the playground: it takes epochs when asked, and shows what the network has learned."""

import math
from base64 import b64encode

import numpy as np

from nnlib.layers import Linear
from nnlib.train import History

from .program import move, program, training
from .setting import REACH, with_changes

SIDE = 48  # points along each side of the plane where the network is looked at
DOTS = 150  # of a curve, however long the run
ON_THE_WAY = ("lr", "strength")  # what can be set while a run goes on
CENTRES = {"moons": (0.5, 0.25)}  # of the window onto the plane; elsewhere its origin


class Session:
    """A network that trains by the lines of `program`, epochs at a time.

    Parameters
    ----------
    setting : dict
        See `nnbook.playground.setting`.

    Attributes
    ----------
    setting : dict
        As it is now: the learning rate and the penalty's strength can be set on the way.
    """

    def __init__(self, setting: dict):
        self.setting, self.lines = setting, program(setting)
        self.pieces = []  # of the run so far: how many epochs, or a line that changed it
        self.names = {}  # the program's
        exec(self.lines, self.names)
        self.net = self.names["net"]
        self.grid = self._plane()
        self.last_view = None

    @property
    def history(self) -> History | None:
        """The run's notes; None before the first epoch."""
        return self.names.get("history")

    def step(self, epochs: int = 1) -> None:
        """Train for some epochs more; a run that has diverged stays where it is.

        Raises
        ------
        ValueError
            If there is nothing to learn from, or a batch that cannot be normalized.
        """
        if len(self.names["X"]) == 0:
            raise ValueError("There is nothing to learn from: set points of both classes first.")
        before = self._epochs()
        if before and self.history.diverged:
            return
        exec(training(epochs, resumed=before > 0), self.names)
        taken = self._epochs() - before
        if self.pieces and isinstance(self.pieces[-1], int):
            self.pieces[-1] += taken
        else:
            self.pieces.append(taken)

    def move(self, name: str, value: str | float) -> None:
        """Set what can be set on the way, one of `ON_THE_WAY`."""
        self.setting = with_changes(self.setting, {name: value})
        line = move(self.setting, name)
        exec(line, self.names)
        self.pieces.append(line)

    def code(self) -> str:
        """The run so far as a program of its own, which ends with the same numbers."""
        lines, resumed = [self.lines], False
        for piece in self.pieces:
            lines.append(training(piece, resumed) if isinstance(piece, int) else piece)
            resumed = resumed or isinstance(piece, int)
        return "\n".join([*lines, "print(history)" if resumed else training(100, False), ""])

    def data(self) -> dict:
        """The points, rows (x, y, class), and the window that they are looked at through."""
        x, y = CENTRES.get(self.setting["data"], (0.0, 0.0))
        validation = self.names.get("validation", ([], []))
        return {
            "window": [x - REACH, x + REACH, y - REACH, y + REACH],
            "training": _rows(self.names["X"], self.names["y"]),
            "validation": _rows(*validation),
        }

    def view(self) -> dict:
        """What there is to see now, in numbers and text that JSON can hold.

        Returns
        -------
        dict
            ``output``: the logits over the plane, SIDE rows from the top of the window down, each
            from left to right, float32 as base64. ``units``: every hidden unit's activation at the
            same places, bytes as base64, 128 for 0, each unit on a scale of its own. ``weights``: a
            matrix for each layer. ``curves``: losses by epoch, thinned out. ``stopped``: a sentence
            if the run has diverged; the pictures are then as they were last seen.
        """
        if self.history is not None and self.history.diverged and self.last_view:
            return self.last_view | self._notes() | {"stopped": _sentence(self.history.stopped)}
        with np.errstate(all="ignore"):  # a run that is about to diverge has large numbers
            output = self.net(self.grid)
        # A dense layer keeps its input for the way back: the activations of the layer before it.
        inputs = [layer.x for layer in self.net.layers if isinstance(layer, Linear)][1:]
        self.last_view = {
            "side": SIDE,
            "output": _base64(np.nan_to_num(output).astype("<f4")),
            "units": _base64(np.concatenate([_shades(a.T) for a in inputs]) if inputs else b""),
            "weights": [np.nan_to_num(W).round(4).tolist() for W, _ in self.net.weights],
            "stopped": "",
        }
        return self.last_view | self._notes()

    def _epochs(self):
        return 0 if self.history is None else len(self.history.loss)

    def _notes(self):
        epochs = self._epochs()
        if epochs == 0:
            return {"epoch": 0, "now": {}, "curves": {}}
        dots = np.unique(np.linspace(0, epochs - 1, min(epochs, DOTS)).round().astype(int))
        lists = {"loss", "val_loss", "accuracy", "val_accuracy", "lr"}
        noted = {
            name: values for name, values in vars(self.history).items() if name in lists and values
        }
        curves = {
            name: [_finite(noted[name][k]) for k in dots if k < len(noted[name])]
            for name in ("loss", "val_loss")  # the epoch of a divergence may lack the second
            if name in noted
        }
        return {
            "epoch": epochs,
            "now": {name: _finite(values[-1]) for name, values in noted.items()},
            "curves": {"epoch": (dots + 1).tolist(), **curves},
        }

    def _plane(self):
        left, right, bottom, top = self.data()["window"]
        x, y = np.linspace(left, right, SIDE), np.linspace(top, bottom, SIDE)
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)


def _rows(X, y):
    return [[*map(float, x), int(label)] for x, label in zip(X, y, strict=True)]


def _base64(values):
    return b64encode(bytes(values) if isinstance(values, bytes) else values.tobytes()).decode()


def _shades(activations):
    """Rows of activations as bytes: 128 for 0, 1 and 255 for the largest on either side."""
    activations = np.nan_to_num(activations)
    scale = np.abs(activations).max(axis=1, keepdims=True)
    shares = np.divide(activations, scale, out=np.zeros_like(activations), where=scale > 0)
    return np.rint(128 + 127 * shares).astype(np.uint8)


def _finite(value):
    """A number for JSON, which has no infinity."""
    return float(value) if math.isfinite(value) else None


def _sentence(words):
    return f"{words[0].upper()}{words[1:]}."
