"""Training: batch after batch, epoch after epoch, and notes on how it went."""

import math
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from ._check import count, finite, function, generator, numbers, positive
from .clipping import shorten
from .schedules import rates_kept, set_rate
from .stepping import fresh, rate_in_words


@dataclass
class History:
    """What `train` noted. The lists have one entry per epoch; labels are needed for accuracies.

    ``loss`` and ``accuracy`` are taken while training: means over the epoch's batches, of a network
    that still changes, with dropout at work. ``val_loss`` and ``val_accuracy`` are those of the
    network at the epoch's end. Losses are without the penalty, so that they can be compared.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)  # of the epoch's last step
    best_epoch: int | None = None  # index of the lowest val_loss
    diverged: bool = False
    stopped: str = ""  # how it ended, in a sentence

    def __repr__(self):
        notes = [
            f"{name} {values[-1]:.4f}"
            for name, values in vars(self).items()
            if isinstance(values, list) and values and name != "lr"
        ]
        return f"History({self.stopped}: {', '.join(notes)})"


def minibatches(X, y, batch_size: int, rng: np.random.Generator):
    """Deal the samples into random batches; one pass over them all is an epoch.

    One permutation moves X and y together. The last batch holds what is left over, and may be
    smaller. Batches are copies.

    Parameters
    ----------
    X, y : arrays with N >= 1 rows each
    batch_size : int >= 1
    rng : numpy.random.Generator

    Yields
    ------
    X_batch, y_batch : arrays with batch_size rows

    Raises
    ------
    ValueError
        If there are no rows, or not as many in X as in y, or batch_size is not an int >= 1.
    """
    X, y = np.asarray(X), np.asarray(y)
    _check_rows(X, y, "X", "y")
    order, batch_size = generator(rng).permutation(len(X)), count("batch_size", batch_size)
    batches = (order[i : i + batch_size] for i in range(0, len(X), batch_size))
    return ((X.take(rows, axis=0), y.take(rows, axis=0)) for rows in batches)


def evaluate(net, loss, X, y) -> tuple[float, float | None]:
    """The mean loss of a network on some data, and its accuracy if y holds labels (else None).

    Integer targets (N,) or (N, 1) are taken as labels: classes 0 … K - 1 for K logits; 0 and 1, or
    -1 and 1, for one. One-hot rows, also of integers, and floats are not.
    """
    X, y = _data(net, X, y, "X", "y")
    notes = _Notes(loss, net)
    for i in range(0, len(X), 1000):  # a piece at a time: activations take memory
        notes(net.forward(X[i : i + 1000]), y[i : i + 1000])
    return notes.loss, notes.accuracy


def train(
    net,
    loss,
    X,
    y,
    *,
    optimizer,
    epochs,
    batch_size,
    rng,
    validation=None,
    schedule=None,
    penalty=None,
    max_norm=None,
    early_stopping=None,
    progress=False,
    after_step=None,
) -> History:
    """Fit a network to data.

    For each batch: forward, loss, backward, one step of the optimizer. After each epoch: the loss
    on the validation data.

    Parameters
    ----------
    net : Network
        Trained in place, from the parameters it has.
    loss : function
        ``loss(pred, y) -> (float, dpred)``, from `nnlib.losses`.
    X, y : arrays with N rows each
        Inputs and targets; floats are converted to the network's dtype. Integer targets of one
        number each are taken as labels, see `evaluate`.
    optimizer : Optimizer
        Reset before the first step. Its learning rate and momentum are put back at the end.
    epochs, batch_size : int >= 1
    rng : numpy.random.Generator
        Shuffles the samples before each epoch.
    validation : (X, y), optional
        Data that is not trained on.
    schedule : function of the step, optional
        ``schedule(t)`` is the learning rate of step t = 0, 1, 2, …, counted over all epochs;
        see `nnlib.schedules`. A `Plateau` is told the validation loss after each epoch (the
        training loss if there is no validation data).
    penalty : L1, L2 or ElasticNet, optional
        Added to the loss; see `nnlib.penalties`. (For L2 with `SGD` its ``weight_decay`` is the
        same thing, and faster.)
    max_norm : float > 0, optional
        Gradients (of loss and penalty) that are longer are shortened, see
        `nnlib.clipping.clip_norm`.
    early_stopping : int >= 1, optional
        Patience: stop when the validation loss has had no new minimum for so many epochs, and give
        the network back its parameters of the best epoch.
    progress : bool
        Show a progress bar.
    after_step : function, optional
        ``after_step(t, value)`` is called after step t with the loss (and penalty) before it: the
        place for `max_norm`, or for watching.

    Returns
    -------
    History
        If the loss, the norm to be clipped, a parameter or the validation loss (these two after
        each epoch) becomes nan or infinite, training stops there: no exception and no warning, but
        ``diverged`` is True and ``stopped`` says what and at which step.

    Raises
    ------
    ValueError, TypeError
        If the data is empty, holds nan, or X and y differ in length; if an argument is not as
        above.
    """
    X, y = _data(net, X, y, "X", "y")
    epochs, optimizer = count("epochs", epochs), fresh(optimizer)
    if schedule is not None:
        function("schedule", schedule, "of the step")
    if after_step is not None:
        function("after_step", after_step, "(t, value)")
    if penalty is not None and not hasattr(penalty, "gradient"):
        raise TypeError(f"penalty must be one such as L2(1e-4), got {penalty!r}")
    max_norm = math.inf if max_norm is None else positive("max_norm", max_norm)
    if validation is not None:
        if not isinstance(validation, tuple) or len(validation) != 2:
            raise TypeError(f"validation must be a pair (X, y), got {type(validation).__name__}")
        validation = _data(net, *validation, "validation X", "validation y")
    if early_stopping is not None:
        early_stopping = count("early_stopping", early_stopping)
        if validation is None:
            raise ValueError("early_stopping needs validation=(X, y), got None")

    history, best, best_loss, t = History(), None, math.inf, 0
    with rates_kept(optimizer), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        bar = tqdm(range(epochs), unit="epoch", disable=not progress)
        for epoch in bar:
            notes, wrong = _Notes(loss, net), ""
            for X_batch, y_batch in minibatches(X, y, batch_size, rng):
                if schedule is not None:
                    set_rate(optimizer, schedule, t)
                value, grads = net.value_and_grad(notes, X_batch, y_batch, penalty)
                norm = shorten(grads, max_norm) if max_norm < math.inf else 0.0
                if not math.isfinite(value + norm):
                    what = "loss" if not math.isfinite(value) else "gradient's norm"
                    wrong = f"the {what} was {value + norm}"
                    break
                optimizer.step(net.params, grads)
                if after_step is not None:
                    after_step(t, value)
                t += 1
            history.lr.append(optimizer.lr)
            history.loss.append(notes.loss)
            if notes.has_labels:
                history.accuracy.append(notes.accuracy)
            if not wrong and not np.isfinite(net.params).all():
                wrong = "a parameter was not finite"
            if validation is not None and not wrong:
                val_loss, val_accuracy = evaluate(net, loss, *validation)
                history.val_loss.append(val_loss)
                if val_accuracy is not None:
                    history.val_accuracy.append(val_accuracy)
                if not math.isfinite(val_loss):
                    wrong = f"the validation loss was {val_loss}"
                elif val_loss < best_loss:
                    history.best_epoch, best_loss = epoch, val_loss
                    if early_stopping is not None:
                        best = net.params.copy(), net.state.copy()
            if wrong:
                history.diverged = True
                history.stopped = (
                    f"diverged: {wrong} at step {t}, in epoch {epoch + 1}, "
                    f"with lr = {rate_in_words(optimizer.lr)}"
                )
                break
            if hasattr(schedule, "report"):
                schedule.report(history.loss[-1] if validation is None else val_loss)
            bar.set_postfix(loss=f"{notes.loss:.4f}", refresh=False)
            if early_stopping is not None and epoch - (history.best_epoch or 0) >= early_stopping:
                history.stopped = (
                    f"stopped after {epoch + 1} epochs: no better validation loss "
                    f"in {early_stopping}"
                )
                break
        else:
            history.stopped = f"trained for {epochs} epochs"
    if best is not None:
        net.params[:], net.state[:] = best
    return history


class _Notes:
    """A loss function that also keeps count: of its values, and of the labels that were right."""

    def __init__(self, loss, net):
        self.function, self.net = function("loss", loss, "(pred, y) -> (value, gradient)"), net
        self.n, self.total, self.right = 0, 0.0, 0
        self.has_labels = False

    def __call__(self, pred, y):
        value, dpred = self.function(pred, y)
        self.n += len(y)
        self.total += len(y) * value
        self.has_labels = y.dtype.kind in "iu" and y.size == len(y)
        if self.has_labels:
            labels = np.maximum(y.ravel(), 0)  # -1 counts as 0
            self.right += int(np.count_nonzero(self.net.decide(pred) == labels))
        return value, dpred

    @property
    def loss(self):
        return self.total / self.n

    @property
    def accuracy(self):
        return self.right / self.n if self.has_labels else None


def _check_rows(X, y, X_name, y_name):
    if len(X) != len(y):
        raise ValueError(
            f"{X_name} and {y_name} must have the same number of rows, got {len(X)} and {len(y)}"
        )
    if len(X) == 0:
        raise ValueError(f"{X_name} must hold at least one sample, got shape {X.shape}")


def _data(net, X, y, X_name, y_name):
    """Inputs and targets as arrays in the network's dtype (labels stay integers), checked."""
    X = finite(X_name, numbers(X_name, X).astype(net.dtype, copy=False))
    y = finite(y_name, y)
    _check_rows(X, y, X_name, y_name)
    return X, y.astype(net.dtype, copy=False) if y.dtype.kind == "f" else y
